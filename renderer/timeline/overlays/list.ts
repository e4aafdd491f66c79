import { annotationsOverlay } from './annotations.js'
import { blameOverlay } from './blame.js'
import { chainOverlay } from './chain.js'
import { departureOverlay } from './departure.js'
import { markersOverlay } from './markers.js'
import { matchesOverlay } from './matches.js'
import type { Hit, Overlay, OverlayView, Spot } from './overlay.js'
import { pointerOverlay } from './pointer.js'
import { rangeOverlay } from './range.js'
import { rowsOverlay } from './rows.js'
import { selectionOverlay } from './selection.js'
import { wakeupsOverlay } from './wakeups.js'

/** From the lowest to the highest. */
export const overlays: readonly Overlay[] = [
  departureOverlay,
  rowsOverlay,
  rangeOverlay,
  wakeupsOverlay,
  chainOverlay,
  matchesOverlay,
  selectionOverlay,
  markersOverlay,
  blameOverlay,
  annotationsOverlay,
  pointerOverlay,
]

/** What the highest overlay that lies at a place has to offer. */
export function hitAt(at: Spot, view: Pick<OverlayView, 'scale' | 'height' | 'scroll'>): Hit | null {
  for (const overlay of overlays.toReversed()) {
    const hit = overlay.hit?.(at, view)
    if (hit) return hit
  }
  return null
}

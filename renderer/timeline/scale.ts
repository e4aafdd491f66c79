// Time <-> pixels. All arithmetic is relative to the view's start: at 10^13 ns from the epoch a double still resolves 1/500 ns, and
// the difference `t - from` of two such times is exact, so nothing jitters at the deepest zoom.

import { sessionTime, type SessionTime } from '../../workers/units.js'
import type { TimeRange } from '../state/session-state.js'

/** What maps a time to a horizontal place: the visible range over `width` pixels (CSS or device pixels, the caller's choice). */
export interface Scale extends TimeRange {
  readonly width: number
}

/** Deepest zoom: one unit of time takes this many CSS pixels. */
export const PIXELS_PER_UNIT_MAX = 20
export const xOf = (s: Scale, t: number): number => ((t - s.from) * s.width) / (s.to - s.from)
export const timeAt = (s: Scale, x: number): SessionTime => sessionTime(s.from + (x / s.width) * (s.to - s.from))
/** Length of `pixels` in session units. */
export const lengthOf = (s: Scale, pixels: number): number => (pixels / s.width) * (s.to - s.from)

/** Zooms so that `t` keeps its place; `factor` < 1 comes nearer. The far limit is the state's, the near one stands here. */
export function zoomAt(view: Scale, t: number, factor: number): TimeRange {
  const length = Math.max((view.to - view.from) * factor, view.width / PIXELS_PER_UNIT_MAX)
  const share = (t - view.from) / (view.to - view.from)
  const from = t - share * length
  return { from: sessionTime(from), to: sessionTime(from + length) }
}

/** The range with 5 % of air at its ends. */
export function withAir(r: TimeRange): TimeRange {
  const air = (r.to - r.from) * 0.05
  return { from: sessionTime(r.from - air), to: sessionTime(r.to + air) }
}

/**
 * Window and resolution to ask the engine for: twice as wide as the view, with a power of two of time units a pixel (so that
 * panning and small zooms meet the same buckets again) that is never coarser than the screen.
 */
export function bufferedWindow(view: Scale): Scale {
  const length = view.to - view.from
  const unitsPerPixel = 2 ** Math.floor(Math.log2(length / view.width))
  const from = Math.floor((view.from - length / 2) / unitsPerPixel) * unitsPerPixel
  const pixels = Math.ceil((length * 2) / unitsPerPixel)
  return { from: sessionTime(from), to: sessionTime(from + pixels * unitsPerPixel), width: pixels }
}

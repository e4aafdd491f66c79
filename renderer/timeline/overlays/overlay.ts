// What lies over the rows on a canvas of its own, drawing which repaints no row: each kind of thing is an Overlay, list.ts names
// them all.

import type { SessionInfo } from '../../../workers/thread/contract.js'
import type { SessionTime } from '../../../workers/units.js'
import type { Row } from '../../state/rows.js'
import type { MenuEntry } from '../../widgets/menu.js'
import type { PaintTheme } from '../paint/theme.js'
import type { BandPaint } from '../paint/uncertainty.js'
import type { Scale } from '../scale.js'
import type { PaintContext } from '../paint/context.js'

export type Ctx = PaintContext

/** What is in view, in CSS pixels; the rows begin AXIS_HEIGHT below the canvas' top. */
export interface OverlayView extends BandPaint {
  readonly scale: Scale
  /** Of the canvas, axis included. */
  readonly height: number
  readonly scroll: number
  /** Rows on screen. */
  readonly rows: readonly Row[]
  readonly theme: PaintTheme
  readonly session: SessionInfo
}

/** A place on the canvas, CSS pixels from its top left corner, and its time: `t` as it is, `caught` by what lies nearby. */
export interface Spot {
  readonly x: number
  readonly y: number
  readonly t: SessionTime
  readonly caught: SessionTime
}

/** A drag in hand, from the press to its end. */
export interface Grip {
  readonly move: (to: Spot) => void
  readonly drop?: () => void
  /** Escape, or the pointer was taken away. */
  readonly cancel?: () => void
}

/** What lies under the pointer. All of it is optional: what is absent, the rows below do. */
export interface Hit {
  readonly cursor?: string
  /** Beside the pointer, in place of the row's. */
  readonly tip?: string
  readonly click?: () => void
  readonly grab?: (from: Spot) => Grip
  /** Above the row's own entries. */
  readonly menu?: readonly MenuEntry[]
}

export interface Overlay {
  readonly id: string
  /** Belongs on pictures for reports too: it says something of the trace, not of the pointer. */
  readonly pictured?: true
  /** Reads the signals that the picture depends on: it is repainted when one changes. Time range, rows and theme go without saying. */
  readonly watch: () => void
  /** The context is scaled to CSS pixels. */
  readonly paint?: (ctx: Ctx, view: OverlayView) => void
  /** Texts: after everything that the overlays paint, so that no line crosses them. */
  readonly flags?: (ctx: Ctx, view: OverlayView) => void
  /** The overlay painted last is asked first. */
  readonly hit?: (at: Spot, view: Pick<OverlayView, 'scale' | 'height' | 'scroll'>) => Hit | null
  /** Starts finding out what it needs to know; answers a function that stops. */
  readonly start?: () => () => void
}

export const inView = (scale: Scale, t: number): boolean => t >= scale.from && t <= scale.to

// Measures that the canvas, the track tree beside it and the gestures share, in CSS pixels.

import type { RowHeight } from '../state/rows.js'

/** Height of the time axis; the tree leaves as much room above its rows. */
export const AXIS_HEIGHT = 36
/** Width from which a span carries a label. */
export const LABEL_MIN = 28
/** How far from a boundary or event a click or drag still catches it. */
export const SNAP_PIXELS = 6

/** Vertical parts of a row: event ticks on top, the bar below them. */
export interface RowParts {
  readonly tickTop: number
  readonly tickBottom: number
  readonly barTop: number
  readonly barBottom: number
  readonly font: number
}

export const rowParts: Readonly<Record<RowHeight, RowParts>> = {
  16: { tickTop: 1, tickBottom: 4, barTop: 4, barBottom: 15, font: 10 },
  22: { tickTop: 1, tickBottom: 5, barTop: 6, barBottom: 20, font: 11 },
  28: { tickTop: 2, tickBottom: 7, barTop: 8, barBottom: 26, font: 12 },
}

import { rowsBetween, type Row } from '../state/rows.js'
import { rowLayout, rowScroll } from '../state/session-state.js'
import { AXIS_HEIGHT } from './geometry.js'

/** Row at a height of the canvas (axis included), CSS pixels; null on the axis and below the last row. */
export function rowAt(y: number): Row | null {
  if (y < AXIS_HEIGHT) return null
  const at = y - AXIS_HEIGHT + rowScroll.peek()
  const layout = rowLayout.peek()
  const [first, end] = rowsBetween(layout, at, at + 1e-6)
  return first < end ? layout.rows[first]! : null
}

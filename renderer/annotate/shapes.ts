// Where annotations lie on the canvas, and what of them a place touches. Pure: CSS pixels, axis included.

import type { Row } from '../state/rows.js'
import { AXIS_HEIGHT } from '../timeline/geometry.js'
import { xOf, type Scale } from '../timeline/scale.js'
import type { Annotation, Place } from './model.js'

export interface ShapeView {
  readonly scale: Scale
  readonly scroll: number
  readonly height: number
  /** The row with this id, or the nearest header that it is folded below; null where neither is on the timeline. */
  readonly rowOf: (id: string) => Row | null
  readonly timeOf: (p: Place) => number
}

export interface Shape {
  readonly of: Annotation
  readonly x0: number
  /** Equal to x0 where there is no other end. */
  readonly x1: number
  /** Top and bottom of the first end's row, then of the other's; without a row those of the axis. */
  readonly y0: readonly [number, number]
  readonly y1: readonly [number, number]
}

/** How near counts as touching. */
export const REACH = 6
export const CALLOUT_RADIUS = 9
/** Where the brackets of ranges lie, below the axis. */
export const BRACKET_Y = AXIS_HEIGHT + 9

/** null where its row is not on the timeline, or all of it is out of view. */
export function shapeOf(a: Annotation, view: ShapeView): Shape | null {
  const span = (p: Place): readonly [number, number] | null => {
    if (p.row === null) return [AXIS_HEIGHT, AXIS_HEIGHT]
    const row = view.rowOf(p.row)
    return row && [AXIS_HEIGHT + row.y - view.scroll, AXIS_HEIGHT + row.y - view.scroll + row.height]
  }
  const x0 = xOf(view.scale, view.timeOf(a.from))
  const x1 = a.to ? xOf(view.scale, view.timeOf(a.to)) : x0
  const y0 = span(a.from)
  const y1 = a.to ? span(a.to) : y0
  if (!y0 || !y1) return null
  const margin = 400
  const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)]
  const whole = a.kind === 'highlight' && !a.to
  if (!whole && (right < -margin || left > view.scale.width + margin)) return null
  const [top, bottom] = [Math.min(y0[0], y1[0]), Math.max(y0[1], y1[1])]
  if (a.kind !== 'range' && (bottom < AXIS_HEIGHT - margin || top > view.height + margin)) return null
  return { of: a, x0, x1, y0, y1 }
}

export const middle = ([top, bottom]: readonly [number, number]): number => (top + bottom) / 2

/** Where a note's text box begins, by its anchor. */
export const noteAt = (s: Shape): { readonly x: number; readonly y: number } => ({
  x: s.x0 + s.of.dx,
  y: middle(s.y0) + s.of.dy,
})

export type Part = 'from' | 'to' | 'body'

/** What of a shape lies at a place: an end, or its body; null = nothing. `box` is where its text stands. */
export function partAt(
  s: Shape,
  x: number,
  y: number,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | null,
): Part | null {
  const near = (px: number, py: number, reach = REACH): boolean => Math.hypot(px - x, py - y) <= reach
  const { kind } = s.of
  if (kind === 'callout') return near(s.x0, middle(s.y0), CALLOUT_RADIUS + 2) ? 'body' : null
  if (kind === 'arrow') {
    if (near(s.x1, middle(s.y1))) return 'to'
    if (near(s.x0, middle(s.y0))) return 'from'
    return onLine(x, y, s.x0, middle(s.y0), s.x1, middle(s.y1)) || inBox(x, y, box) ? 'body' : null
  }
  if (kind === 'range') {
    if (Math.abs(y - BRACKET_Y) > REACH + 2 && !inBox(x, y, box)) return null
    if (Math.abs(x - s.x0) <= REACH) return 'from'
    if (Math.abs(x - s.x1) <= REACH) return 'to'
    return inBox(x, y, box) || (x > Math.min(s.x0, s.x1) && x < Math.max(s.x0, s.x1)) ? 'body' : null
  }
  if (kind === 'box') {
    const { left, right, top, bottom } = frameOf(s)
    if (near(left, top)) return s.x0 <= s.x1 ? 'from' : 'to'
    if (near(right, bottom)) return s.x0 <= s.x1 ? 'to' : 'from'
    const inside = x >= left - REACH && x <= right + REACH && y >= top - REACH && y <= bottom + REACH
    const deep = x > left + REACH && x < right - REACH && y > top + REACH && y < bottom - REACH
    // The inside is left to the rows: only its edge and its text are its own.
    return (inside && !deep) || inBox(x, y, box) ? 'body' : null
  }
  if (inBox(x, y, box)) return 'body'
  return kind === 'note' && near(s.x0, middle(s.y0)) ? 'from' : null
}

/** Edges of a box: from the upper row's top to the lower row's bottom. */
export function frameOf(s: Shape): { left: number; right: number; top: number; bottom: number } {
  return {
    left: Math.min(s.x0, s.x1),
    right: Math.max(s.x0, s.x1),
    top: Math.min(s.y0[0], s.y1[0]),
    bottom: Math.max(s.y0[1], s.y1[1]),
  }
}

export const inBox = (
  x: number,
  y: number,
  b: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | null,
): boolean => b !== null && x >= b.x && x <= b.x + b.width && y >= b.y && y <= b.y + b.height

/** Whether a place touches a line. */
export function onLine(x: number, y: number, x0: number, y0: number, x1: number, y1: number): boolean {
  const length = Math.hypot(x1 - x0, y1 - y0)
  if (length === 0) return false
  const along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length
  const off = Math.abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length
  return along >= 0 && along <= length && off <= REACH
}

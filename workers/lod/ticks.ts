// Event ticks of a row at a zoom: the events themselves while there are no more of them than pixels, else one tick for every
// column that holds any, so that no event disappears.

import type { EventTable } from '../columns/event-table.js'
import type { EventList } from './events.js'
import type { Columns, FrameBuilder } from './frame.js'
import { seek } from './seek.js'

interface Cursor {
  readonly list: EventList
  at: number
  /** Events that the column before held. */
  held: number
  readonly end: number
}

/** Where the columns of a frame begin among the merged events: looked up once for all rows. */
export class ColumnEdges {
  readonly #known: Float64Array
  #near = 0

  constructor(
    private readonly table: EventTable,
    private readonly columns: Columns,
  ) {
    this.#known = new Float64Array(columns.count + 1).fill(-1)
  }

  /** First position at or after the beginning of the column. */
  position(column: number): number {
    const known = this.#known[column]!
    if (known >= 0) return known
    const time = (i: number): number => this.table.time(i)
    this.#near = seek(time, 0, this.table.count, this.columns.start(column), this.#near)
    return (this.#known[column] = this.#near)
  }
}

/** Appends the ticks of the events from columns.from to columns.to, both included. */
export function addTicks(out: FrameBuilder, lists: readonly EventList[], columns: Columns, edges: ColumnEdges): void {
  const cursors: Cursor[] = []
  let total = 0
  for (const list of lists) {
    const at = seek(list.time, 0, list.count, columns.from)
    const past = (i: number): number => (list.time(i) > columns.to ? 1 : 0)
    const end = seek(past, at, list.count, 1)
    total += end - at
    if (end > at) cursors.push({ list, at, held: 0, end })
  }
  if (total <= columns.count) addEvents(out, cursors, total)
  else addCounts(out, cursors, columns, edges)
}

function addEvents(out: FrameBuilder, cursors: readonly Cursor[], total: number): void {
  for (let n = 0; n < total; n++) {
    const c = earliest(cursors)!
    out.tick(c.list.time(c.at), 1, c.list.type(c.at))
    c.at++
  }
}

function addCounts(out: FrameBuilder, cursors: readonly Cursor[], columns: Columns, edges: ColumnEdges): void {
  for (let c = earliest(cursors); c; c = earliest(cursors)) {
    const t = c.list.time(c.at)
    const type = c.list.type(c.at)
    const column = columns.of(t)
    const last = column === columns.count - 1
    const end = columns.start(column + 1)
    let count = 0
    for (const k of cursors) {
      // Positions lie beside each other in memory; the times that belong to them do not.
      const { position, time, byPosition } = k.list
      const guess = k.at + k.held
      const next = last
        ? k.end
        : byPosition
          ? seek(position, k.at, k.end, edges.position(column + 1), guess)
          : seek(time, k.at, k.end, end, guess)
      k.held = next - k.at
      count += k.held
      k.at = next
    }
    out.tick(t, count, type)
  }
}

function earliest(cursors: readonly Cursor[]): Cursor | null {
  let first: Cursor | null = null
  let least = Infinity
  for (const c of cursors) {
    if (c.at >= c.end) continue
    const t = c.list.time(c.at)
    if (first === null || t < least) {
      first = c
      least = t
    }
  }
  return first
}

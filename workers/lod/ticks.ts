// Event ticks of a row at a zoom: the events themselves while there are no more of them than pixels, else one tick for every
// column that holds any, so that no event disappears.

import type { EventList } from './events.js'
import type { Columns, FrameBuilder } from './frame.js'
import { seek } from './seek.js'

interface Cursor {
  readonly list: EventList
  at: number
  readonly end: number
}

/** Appends the ticks of the events from columns.from to columns.to, both included. */
export function addTicks(out: FrameBuilder, lists: readonly EventList[], columns: Columns): void {
  const cursors: Cursor[] = []
  let total = 0
  for (const list of lists) {
    const at = seek(list.time, 0, list.count, columns.from)
    const past = (i: number): number => (list.time(i) > columns.to ? 1 : 0)
    const end = seek(past, at, list.count, 1)
    total += end - at
    if (end > at) cursors.push({ list, at, end })
  }
  if (total <= columns.count) addEvents(out, cursors, total)
  else addCounts(out, cursors, columns)
}

function addEvents(out: FrameBuilder, cursors: readonly Cursor[], total: number): void {
  for (let n = 0; n < total; n++) {
    const c = earliest(cursors)!
    out.tick(c.list.time(c.at), 1, c.list.type(c.at))
    c.at++
  }
}

function addCounts(out: FrameBuilder, cursors: readonly Cursor[], columns: Columns): void {
  for (let c = earliest(cursors); c; c = earliest(cursors)) {
    const t = c.list.time(c.at)
    const type = c.list.type(c.at)
    const column = columns.of(t)
    const end = column === columns.count - 1 ? Infinity : columns.start(column + 1)
    let count = 0
    for (const k of cursors) {
      const next = seek(k.list.time, k.at, k.end, end)
      count += next - k.at
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

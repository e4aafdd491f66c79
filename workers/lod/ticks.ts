// Event ticks of a row at a zoom: the events themselves while there are no more of them than pixels, else one tick for every
// column that holds any, so that no event disappears.

import type { EventList } from './events.js'
import type { Columns, FrameBuilder } from './frame.js'
import { seekIn } from './seek.js'

interface Cursor {
  readonly list: EventList
  readonly t: Float64Array
  at: number
  /** Events that the column before held. */
  held: number
  readonly end: number
}

/** Events that are looked at one by one before it is searched. */
const NEAR = 16

/** Appends the ticks of the events from columns.from to columns.to, both included. */
export function addTicks(out: FrameBuilder, lists: readonly EventList[], columns: Columns): void {
  const cursors: Cursor[] = []
  let total = 0
  for (const list of lists) {
    const t = list.times()
    const at = seekIn(t, 0, list.count, columns.from, 0)
    let end = seekIn(t, at, list.count, columns.to, list.count)
    while (end < list.count && t[end] === columns.to) end++
    total += end - at
    if (end > at) cursors.push({ list, t, at, held: 0, end })
  }
  if (total <= columns.count) addEvents(out, cursors, total)
  else addCounts(out, cursors, columns)
}

function addEvents(out: FrameBuilder, cursors: readonly Cursor[], total: number): void {
  for (let n = 0; n < total; n++) {
    const c = earliest(cursors)!
    out.tick(c.t[c.at]!, 1, c.list.type(c.at))
    c.at++
  }
}

function addCounts(out: FrameBuilder, cursors: readonly Cursor[], columns: Columns): void {
  for (let c = earliest(cursors); c; c = earliest(cursors)) {
    const t = c.t[c.at]!
    const type = c.list.type(c.at)
    const column = columns.of(t)
    const last = column === columns.count - 1
    const end = columns.start(column + 1)
    let count = 0
    for (const k of cursors) {
      const next = last ? k.end : nextFrom(k, end)
      k.held = next - k.at
      count += k.held
      k.at = next
    }
    out.tick(t, count, type)
  }
}

/** First event at or after `time`: beside the last one where columns hold few, else about as far as in the column before. */
function nextFrom({ t, at, end, held }: Cursor, time: number): number {
  if (held >= NEAR) return seekIn(t, at, end, time, at + held)
  const near = Math.min(end, at + NEAR)
  let next = at
  while (next < near && t[next]! < time) next++
  return next < near ? next : seekIn(t, next, end, time, next)
}

function earliest(cursors: readonly Cursor[]): Cursor | null {
  let first: Cursor | null = null
  let least = Infinity
  for (const c of cursors) {
    if (c.at >= c.end) continue
    const t = c.t[c.at]!
    if (first === null || t < least) {
      first = c
      least = t
    }
  }
  return first
}

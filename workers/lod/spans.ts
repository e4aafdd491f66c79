// Spans of a row at a zoom: intervals at least a pixel wide as they are, the others by pixel columns.

import { lastAtOrBefore } from '../model/intervals.js'
import { SpanFlag } from '../thread/contract.js'
import { seekIn } from './seek.js'
import type { Columns, FrameBuilder } from './frame.js'
import { Kind, kindOf } from './kinds.js'
import { kindShare, SHOWN, type Nodes, type Pyramid } from './pyramid.js'
import { Sum } from './sum.js'

/**
 * Appends the spans of `row` between columns.from and columns.to. A column that any interval narrower than a column touches
 * becomes one Mixed span; wider intervals are exact and yield to such columns at their ends. A Mixed span shows what ran the most in
 * its column, in sum, and of that the owner of the most; what was kept from running only where nothing ran, and what is idle or not
 * known only where nothing else is. Its shares are never 0 when there is any.
 */
export function addSpans(out: FrameBuilder, pyramid: Pyramid, row: number, columns: Columns): void {
  const { t, first, value, state, flags } = pyramid.of
  const lo = first[row]!
  const end = first[row + 1]! - 1
  if (end <= lo || t[end]! < columns.from || t[lo]! >= columns.to) return
  const narrow = (i: number): boolean => t[i + 1]! - t[i]! < columns.width
  /** Intervals that the column before held. */
  let held = 0
  /** Everything before this time has been put out. */
  let done = -Infinity
  const nodes = pyramid.nodes(row)
  const [firstNode, lastNode] = nodesOf(nodes, columns)
  let node = firstNode
  let i = lastAtOrBefore(t, lo, end, columns.from)
  while (i > lo && t[i]! === columns.from && t[i - 1]! === t[i]!) i--
  if (t[end] === columns.from && t[i]! < t[end]!) return
  while (i < end && t[i]! < columns.to && done < columns.to) {
    if (!narrow(i)) {
      const next = i + 1
      let stop = t[next]!
      if (next < end && stop < columns.to && narrow(next)) stop = Math.min(stop, columns.start(columns.of(stop)))
      const start = Math.max(t[i]!, done)
      if (stop > start && stop > columns.from) {
        const kind = kindOf[state[i]!]!
        const all = (yes: boolean): number => (yes ? 255 : 0)
        out.span(
          start,
          stop,
          value[i]!,
          state[i]!,
          flags[i]! & SHOWN,
          all(pyramid.busy(i)),
          all(kind === Kind.Taken),
          all(kind === Kind.Waits),
          all(kind === Kind.Blocked),
        )
        done = stop
      }
      i++
      continue
    }
    const column = columns.of(Math.max(t[i]!, done))
    const c0 = columns.start(column)
    while (node < lastNode && nodes.at[node]! < c0) node++
    if (node < lastNode && nodes.at[node] === c0) {
      const stop = adjacent(nodes, node, lastNode, columns)
      out.nodes(nodes, node, stop, columns.width, t[lo]!, t[end]!)
      done = nodes.at[stop - 1]! + columns.width
      const next = nodes.next[stop - 1]!
      i = t[next]! > done && t[next - 1]! < done ? next - 1 : next
      node = stop
      continue
    }
    const c1 = columns.start(column + 1)
    const next = seekIn(t, i + 1, end, c1, i + 1 + held)
    held = next - i
    addMixed(out, pyramid, i > lo && t[i]! > c0 ? i - 1 : i, next, Math.max(c0, t[lo]!), Math.min(c1, t[end]!))
    done = c1
    i = t[next]! > c1 && t[next - 1]! < c1 ? next - 1 : next
  }
}

/** The nodes of a row that are columns, from the first of these on: none where columns are not at whole multiples of a power of two. */
function nodesOf({ first, at }: Nodes, { from, width }: Columns): readonly [first: number, last: number] {
  const level = Math.log2(width)
  if (!Number.isInteger(level) || level < 0 || level + 1 >= first.length || from % width !== 0) return [0, 0]
  return [seekIn(at, first[level]!, first[level + 1]!, from, first[level]!), first[level + 1]!]
}

/** End of the nodes that follow each other without a gap from `node` on, within the columns. */
function adjacent({ at }: Nodes, node: number, last: number, { width, to }: Columns): number {
  let stop = node + 1
  while (stop < last && at[stop]! === at[stop - 1]! + width && at[stop]! < to) stop++
  return stop
}

const sum = new Sum()

/** One Mixed span over c0..c1, which the intervals a..b-1 touch; the first and the last may stick out. */
function addMixed(out: FrameBuilder, pyramid: Pyramid, a: number, b: number, c0: number, c1: number): void {
  const { of, owners } = pyramid
  sum.clear()
  sum.addTime(of, a, b, c0, c1)
  const kind = sum.kind()
  sum.addOwners(of, owners, a, b, c0, c1, 1 << kind)
  const best = sum.best(kind)
  const whole = c1 - c0
  out.span(
    c0,
    c1,
    of.value[best]!,
    of.state[best]!,
    (sum.flags & SHOWN) | SpanFlag.Mixed,
    pyramid.busyShare(sum, whole),
    kindShare(sum, Kind.Taken, whole),
    kindShare(sum, Kind.Waits, whole),
    kindShare(sum, Kind.Blocked, whole),
  )
}

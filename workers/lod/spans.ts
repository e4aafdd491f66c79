// Spans of a row at a zoom: intervals at least a pixel wide as they are, the others by pixel columns.

import { lastAtOrBefore } from '../model/intervals.js'
import { SpanFlag } from '../thread/contract.js'
import { seekIn } from './seek.js'
import type { Columns, FrameBuilder } from './frame.js'
import { Kind, kindOf, KINDS } from './kinds.js'
import { emptySummary, type Pyramid } from './pyramid.js'

/** Flags that are for the screen; the model has more. */
const SHOWN = SpanFlag.Inferred | SpanFlag.Lost | SpanFlag.Unsplit

/** 0..255; 0 and 255 only when exactly none or all of it is. */
export function share(part: number, whole: number, any: boolean): number {
  if (!any) return 0
  if (part >= whole) return 255
  return Math.min(254, Math.max(1, Math.round((part / whole) * 255)))
}

/**
 * Appends the spans of `row` between columns.from and columns.to. A column that any interval narrower than a column touches
 * becomes one Mixed span; wider intervals are exact and yield to such columns at their ends. A Mixed span shows the kind of state
 * that its column holds the most of, in sum, and of that the owner of the most; what is idle or not known only where nothing else
 * is. Its shares are never 0 when there is any.
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
    const c1 = columns.start(column + 1)
    const next = seekIn(t, i + 1, end, c1, i + 1 + held)
    held = next - i
    addMixed(out, pyramid, row, i > lo && t[i]! > c0 ? i - 1 : i, next, Math.max(c0, t[lo]!), Math.min(c1, t[end]!))
    done = c1
    i = t[next]! > c1 && t[next - 1]! < c1 ? next - 1 : next
  }
}

const found = emptySummary()

/** One Mixed span over c0..c1, which the intervals a..b-1 touch; the first and the last may stick out. */
function addMixed(
  out: FrameBuilder,
  pyramid: Pyramid,
  row: number,
  a: number,
  b: number,
  c0: number,
  c1: number,
): void {
  const { value, state } = pyramid.of
  pyramid.summarize(found, row, a, b, c0, c1)
  const { best, time, kinds, flags } = found
  const whole = c1 - c0
  let busy = 0
  for (let kind = 0; kind < KINDS; kind++) if ((pyramid.busyKinds >> kind) & 1) busy += time[kind]!
  out.span(
    c0,
    c1,
    value[best]!,
    state[best]!,
    (flags & SHOWN) | SpanFlag.Mixed,
    share(busy, whole, (kinds & pyramid.busyKinds) !== 0),
    (kinds >> Kind.Taken) & 1 ? share(time[Kind.Taken]!, whole, true) : 0,
    (kinds >> Kind.Waits) & 1 ? share(time[Kind.Waits]!, whole, true) : 0,
    (kinds >> Kind.Blocked) & 1 ? share(time[Kind.Blocked]!, whole, true) : 0,
  )
}

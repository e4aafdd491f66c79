// Intervals of many rows in one set of columns: what each CPU runs, what each task does.

import type { FusedState, RunState } from '../thread/contract.js'

/**
 * Row r owns entries first[r]..first[r+1]. All but the last of them are intervals that begin at t[i] and end at t[i+1]; the last
 * only carries the end. A row without intervals owns no entries.
 */
export interface Intervals {
  readonly rows: number
  readonly first: Uint32Array
  readonly t: Float64Array
  /** pid (CPU rows), CPU (task rows) or label (fused rows), -1 = none. */
  readonly value: Int32Array
  /** RunState, or FusedState. */
  readonly state: Uint8Array
  /** SpanFlag bits. */
  readonly flags: Uint8Array
}

/** Number of intervals of a row. */
export function intervalsOf(x: Intervals, row: number): number {
  return Math.max(0, x.first[row + 1]! - x.first[row]! - 1)
}

/** Entry whose interval holds `time` (begins at or before, ends after), -1 outside the row. */
export function intervalAt(x: Intervals, row: number, time: number): number {
  const lo = x.first[row]!
  const end = x.first[row + 1]! - 1
  if (end <= lo || time < x.t[lo]! || time >= x.t[end]!) return -1
  return lastAtOrBefore(x.t, lo, end, time)
}

/** Last i in lo..hi-1 with t[i] <= time; lo when there is none. */
export function lastAtOrBefore(t: Float64Array, lo: number, hi: number, time: number): number {
  while (hi - lo > 1) {
    const mid = (lo + hi) >>> 1
    if (t[mid]! <= time) lo = mid
    else hi = mid
  }
  return lo
}

export interface Range {
  readonly from: number
  readonly to: number
}

/** Calls visit(entry, from, to) for each interval of the row that touches the range, cut to it. Without length: at `from`. */
export function eachSpan(
  x: Intervals,
  row: number,
  range: Range,
  visit: (entry: number, from: number, to: number) => void,
): void {
  const lo = x.first[row]!
  const end = x.first[row + 1]! - 1
  if (end <= lo) return
  let i = lastAtOrBefore(x.t, lo, end, range.from)
  while (i > lo && x.t[i - 1]! >= range.from) i--
  // What has no length belongs to the range that begins with it; at the very end of the row there is none but this.
  const within = (t: number): boolean => t < range.to || (t === range.to && t === x.t[end])
  for (; i < end && within(x.t[i]!); i++) {
    const from = Math.max(x.t[i]!, range.from)
    const to = Math.min(x.t[i + 1]!, range.to)
    if (to > from || (to === from && x.t[i]! >= range.from)) visit(i, from, to)
  }
}

export function intervalBytes(x: Intervals): number {
  return x.first.byteLength + x.t.byteLength + x.value.byteLength + x.state.byteLength + x.flags.byteLength
}

/** Collects intervals row after row. */
export class IntervalWriter {
  #n = 0
  #t: Float64Array
  #value: Int32Array
  #state: Uint8Array
  #flags: Uint8Array
  #first: number[] = [0]

  constructor(capacity = 1024) {
    this.#t = new Float64Array(capacity)
    this.#value = new Int32Array(capacity)
    this.#state = new Uint8Array(capacity)
    this.#flags = new Uint8Array(capacity)
  }

  add(t: number, value: number, state: RunState | FusedState, flags: number): void {
    if (this.#n === this.#t.length) this.#resize(Math.max(1024, this.#n * 2))
    const i = this.#n++
    this.#t[i] = t
    this.#value[i] = value
    this.#state[i] = state
    this.#flags[i] = flags
  }

  /** Ends the row at time `end`; a row to which nothing was added stays empty. */
  endRow(end: number): void {
    if (this.#n > this.#first.at(-1)!) this.add(end, -1, 0, 0)
    this.#first.push(this.#n)
  }

  /** Call once, at the end. */
  finish(): Intervals {
    if (this.#n < this.#t.length) this.#resize(this.#n)
    return {
      rows: this.#first.length - 1,
      first: Uint32Array.from(this.#first),
      t: this.#t,
      value: this.#value,
      state: this.#state,
      flags: this.#flags,
    }
  }

  #resize(size: number): void {
    const n = this.#n
    const t = new Float64Array(size)
    const value = new Int32Array(size)
    const state = new Uint8Array(size)
    const flags = new Uint8Array(size)
    t.set(this.#t.subarray(0, n))
    value.set(this.#value.subarray(0, n))
    state.set(this.#state.subarray(0, n))
    flags.set(this.#flags.subarray(0, n))
    this.#t = t
    this.#value = value
    this.#state = state
    this.#flags = flags
  }
}

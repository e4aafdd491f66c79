// The columns of all events: struct of typed arrays per stream, and one permutation that gives the merged order. 18 bytes an
// event in the stream (26 where a machine's time is mapped and its own ticks must be kept) + 4 for the order.

import { WakeHow } from '../readers/types.js'
import type { EventTypeIndex, MachineIndex, Position, StreamIndex } from '../units.js'

/** Columns of one stream (one CPU of one buffer of one file), in the order of the stream. Arrays may be longer than `count`. */
export interface StreamColumns {
  readonly stream: StreamIndex
  /** Index into the session's files. */
  readonly file: number
  /** Index of the stream within its file (TraceFileMeta.streams). */
  readonly inFile: number
  readonly machine: MachineIndex
  readonly cpu: number
  readonly buffer: string
  count: number
  /** FileTicks, as decoded. */
  ticks: Float64Array
  /** SessionTime. The same array as `ticks` where the clock relation is the identity. */
  t: Float64Array
  pid: Int32Array
  /** File-local event type. */
  type: Uint16Array
  /** Position of the raw record in the stream's uncompressed bytes, units of 4 bytes. */
  where: Uint32Array
  /** sched_switch rows (ascending), next_pid and folded prev_state. */
  switchRow: Uint32Array
  switchNext: Int32Array
  switchState: Uint8Array
  switches: number
  /** Wake events, as in DecodedBlock: rows (ascending), pid of the task, target_cpu or dest_cpu (-1 = not told), and WakeHow. */
  wakeRow: Uint32Array
  wakePid: Int32Array
  wakeCpu: Int16Array
  wakeHow: Uint8Array
  wakes: number
  /** Rows before which events were lost, ascending (count = after the last one), and how many (-1 unknown). */
  lost: { readonly row: number; readonly events: number }[]
  /** File-local event type -> EventTypeIndex of the session. */
  types: Uint16Array
}

/** The wake events of a stream that begin a wake-up, in its order: their times (or ticks) and who is woken. */
export function wakingsOf(s: StreamColumns, of: 't' | 'ticks' = 't'): { t: Float64Array; pid: Int32Array } {
  const t = new Float64Array(s.wakes)
  const pid = new Int32Array(s.wakes)
  const from = s[of]
  let n = 0
  for (let i = 0; i < s.wakes; i++) {
    if ((s.wakeHow[i]! & WakeHow.First) === 0) continue
    t[n] = from[s.wakeRow[i]!]!
    pid[n++] = s.wakePid[i]!
  }
  return { t: t.subarray(0, n), pid: pid.subarray(0, n) }
}

/** Where an event lies. */
export interface EventAddress {
  readonly stream: StreamColumns
  readonly row: number
}

export class EventTable {
  /** First event id of each stream; ids number the events stream after stream. Has streams.length + 1 entries. */
  readonly base: Float64Array
  readonly count: number

  constructor(
    readonly streams: readonly StreamColumns[],
    /** Merged order: position -> event id, ascending in time; ties go to the lower stream, then the lower row. */
    readonly order: Uint32Array,
  ) {
    this.base = new Float64Array(streams.length + 1)
    streams.forEach((s, i) => (this.base[i + 1] = this.base[i]! + s.count))
    this.count = order.length
  }

  /** Index of the stream that owns event id `id`. O(log streams). */
  streamIndexOf(id: number): number {
    const base = this.base
    let lo = 0
    let hi = base.length - 2
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1
      if (base[mid]! <= id) lo = mid
      else hi = mid - 1
    }
    return lo
  }

  address(pos: Position): EventAddress {
    const id = this.order[pos]!
    const i = this.streamIndexOf(id)
    return { stream: this.streams[i]!, row: id - this.base[i]! }
  }

  /** SessionTime of a position. */
  time(pos: number): number {
    const id = this.order[pos]!
    const i = this.streamIndexOf(id)
    return this.streams[i]!.t[id - this.base[i]!]!
  }

  typeAt(pos: Position): EventTypeIndex {
    const { stream, row } = this.address(pos)
    return stream.types[stream.type[row]!]! as EventTypeIndex
  }

  /** First position with time >= t (count when there is none). O(log n · log streams). */
  positionAtTime(t: number): number {
    let lo = 0
    let hi = this.count
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      if (this.time(mid) < t) lo = mid + 1
      else hi = mid
    }
    return lo
  }

  /** First position with time > t (count when there is none). O(log n · log streams). */
  positionAfterTime(t: number): number {
    let lo = 0
    let hi = this.count
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      if (this.time(mid) <= t) lo = mid + 1
      else hi = mid
    }
    return lo
  }

  /** Merged position of a stream's row. O(log n · log streams). */
  positionOf(streamIdx: number, row: number): number {
    const id = this.base[streamIdx]! + row
    const t = this.streams[streamIdx]!.t[row]!
    // Events of equal time are ordered by stream and row, hence by id.
    let lo = this.positionAtTime(t)
    let hi = this.positionAfterTime(t)
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      if (this.order[mid]! < id) lo = mid + 1
      else hi = mid
    }
    // Where the time of a stream runs backwards, nothing is sorted.
    return this.order[lo] === id ? lo : this.order.indexOf(id)
  }
}

/** First index in a[0..n) with a[i] >= x. */
export function lowerBound(a: Float64Array | Uint32Array, n: number, x: number): number {
  let lo = 0
  let hi = n
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (a[mid]! < x) lo = mid + 1
    else hi = mid
  }
  return lo
}

/** First index in a[0..n) with a[i] > x. */
export function upperBound(a: Float64Array | Uint32Array, n: number, x: number): number {
  let lo = 0
  let hi = n
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (a[mid]! <= x) lo = mid + 1
    else hi = mid
  }
  return lo
}

// Records and the recording of the same machine tell of the same wake-ups: they are joined by the woken task, the waking CPU and
// the time. Records are stamped a few microseconds away from the tracepoint that they sit on.

import type { Session } from '../../model/session.js'
import { RecordKind, STAGES, WAKE_STAGES, type WakeRecords } from '../../model/wake-record.js'
import type { Wakeups } from '../wakeups/columns.js'

/** How far a record may be from its tracepoint, ns. The nearest one within this counts. */
const REACH = 1_000_000

/** What a probe on the same tracepoint may be late by, ns. */
const NEAR = 50_000

/** A wake-up of a file of records. */
interface RecordRef {
  readonly file: number
  readonly wake: number
}

interface JoinReport {
  readonly file: number
  /** Wake-ups with a stage that the recording could have, while it was recording. */
  readonly wakes: number
  readonly joined: number
  /** Of those, how many within 50 us. */
  readonly near: number
  /** Distances of the joined from their tracepoints, ns: median, 99th percentile; NaN where none joined. */
  readonly median: number
  readonly p99: number
}

export class JoinedRecords {
  /** Per wake-up of the session: index of `refs`, -1 = no record. */
  readonly #of: Int32Array
  readonly #refs: RecordRef[] = []
  readonly reports: readonly JoinReport[]

  constructor(session: Session, w: Wakeups) {
    this.#of = new Int32Array(w.count).fill(-1)
    this.reports = session.files.flatMap((file, f) =>
      file.wakeRecords ? [this.#join(session, w, f, file.wakeRecords)] : [],
    )
  }

  /** The record of a wake-up; null where none joined. */
  of(wakeup: number): RecordRef | null {
    const at = this.#of[wakeup]!
    return at < 0 ? null : this.#refs[at]!
  }

  #join(session: Session, w: Wakeups, file: number, records: WakeRecords): JoinReport {
    const machine = session.table.streams.find((s) => s.file === file)?.machine ?? -1
    const times = recordTimes(session, file, records)
    const perUnit = session.unit === 'ns' ? 1 : ticksPerNs(session, machine)
    const known = new Map<number, { readonly t: number[]; readonly index: number[] }>()
    let from = Infinity
    let to = -Infinity
    for (let i = 0; i < w.count; i++) {
      if (w.machine[i] !== machine) continue
      const t = w.wakingT[i]!
      from = Math.min(from, t)
      to = Math.max(to, t)
      const list = known.get(w.wakee[i]!)
      if (list) {
        list.t.push(t)
        list.index.push(i)
      } else known.set(w.wakee[i]!, { t: [t], index: [i] })
    }
    const reach = REACH * perUnit
    const pairs: { readonly wakeup: number; readonly wake: number; readonly away: number }[] = []
    let wakes = 0
    for (let wake = 0; wake < records.wakes.count; wake++) {
      const at = wakingRecord(records, wake)
      if (at < 0) continue
      const t = times[at]!
      if (t < from - reach || t > to + reach) continue
      wakes++
      const list = known.get(records.wakes.pid[wake]!)
      if (!list) continue
      for (let k = lowerBound(list.t, t - reach); k < list.t.length && list.t[k]! <= t + reach; k++) {
        const cpu = session.table.streams[w.wakingStream[list.index[k]!]!]!.cpu
        if (cpu === records.records.cpu[at])
          pairs.push({ wakeup: list.index[k]!, wake, away: Math.abs(list.t[k]! - t) })
      }
    }
    return this.#take(file, wakes, pairs, perUnit)
  }

  /** Nearest first; each wake-up and each record once. */
  #take(
    file: number,
    wakes: number,
    pairs: { readonly wakeup: number; readonly wake: number; readonly away: number }[],
    perUnit: number,
  ): JoinReport {
    pairs.sort((a, b) => a.away - b.away || a.wakeup - b.wakeup || a.wake - b.wake)
    const taken = new Set<number>()
    const away: number[] = []
    for (const pair of pairs) {
      if (this.#of[pair.wakeup]! >= 0 || taken.has(pair.wake)) continue
      taken.add(pair.wake)
      this.#of[pair.wakeup] = this.#refs.push({ file, wake: pair.wake }) - 1
      away.push(pair.away / perUnit)
    }
    const at = (q: number): number =>
      away.length === 0 ? Number.NaN : away[Math.min(away.length - 1, Math.floor(away.length * q))]!
    const near = away.filter((ns) => ns <= NEAR).length
    return { file, wakes, joined: away.length, near, median: at(0.5), p99: at(0.99) }
  }
}

const WAKING = WAKE_STAGES.indexOf(RecordKind.Waking)
const TTWU = WAKE_STAGES.indexOf(RecordKind.Ttwu)

/** The record that stands where sched_waking does; -1 = the call woke nobody (it was not needed), or was not recorded. */
function wakingRecord({ wakes }: WakeRecords, wake: number): number {
  const waking = wakes.stages[wake * STAGES + WAKING]!
  if (waking >= 0) return waking
  // A collector that sees no tracepoints has the entries alone.
  const later = wakes.stages.subarray(wake * STAGES + WAKING + 1, (wake + 1) * STAGES)
  return later.some((r) => r >= 0) ? wakes.stages[wake * STAGES + TTWU]! : -1
}

/** Session times of a file's records, by their index. */
export function recordTimes(session: Session, file: number, { records }: WakeRecords): Float64Array {
  const times = new Float64Array(records.count).fill(Number.NaN)
  for (const s of session.table.streams) {
    if (s.file !== file) continue
    for (let row = 0; row < s.count; row++) times[s.where[row]!] = s.t[row]!
  }
  return times
}

/** Position of a record's own event; -1 where it was not loaded. */
export function recordPosition(session: Session, file: number, record: number): number {
  const { wakeRecords, meta } = session.files[file]!
  const { records, epoch } = wakeRecords!
  const tick = records.t[record]! + Number(epoch - meta.epoch)
  for (const [k, s] of session.table.streams.entries()) {
    if (s.file !== file || s.cpu !== Math.max(0, records.cpu[record]!)) continue
    const ticks = s.ticks.subarray(0, s.count)
    for (let row = lowerBound(ticks, tick); row < s.count && ticks[row] === tick; row++) {
      if (s.where[row] === record) return session.table.positionOf(k, row)
    }
  }
  return -1
}

/** Ticks of a session that counts ticks, a ns. */
export function ticksPerNs(session: Session, machine: number): number {
  const m = session.machines[machine]
  const tsc = m && session.files[m.files[0]!]!.meta.tsc2nsec
  return tsc ? 2 ** tsc.shift / tsc.mult : 1
}

function lowerBound(t: ArrayLike<number>, value: number): number {
  let lo = 0
  let hi = t.length
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (t[mid]! < value) lo = mid + 1
    else hi = mid
  }
  return lo
}

// A file of records counts in a clock of its own choice (bpf_ktime_get_ns(): mono), its machine's recording perhaps in another.
// From one to the other leads: nothing where the clocks are the same; the header's paired readings of both clocks; or the
// wake-ups that both have recorded.

import { type StreamColumns, wakingsOf } from '../columns/event-table.js'
import type { Fault } from '../fault.js'
import { RecordKind, STAGES, WAKE_STAGES, type ClockReading, type WakeRecords } from '../model/wake-record.js'
import type { TraceFile } from '../readers/types.js'
import type { Family } from '../thread/contract.js'
import { chain, interpolateStage, offsetStage, rationalStage, type Stage } from './stages.js'

export interface Bridge {
  readonly file: number
  /** From the records' clock to that of the machine's recording. */
  readonly stage: Stage
  /** Still to be found among the events. */
  readonly open: boolean
  readonly fault: Fault
}

/** Names of a trace clock among a header's readings. */
const READINGS: Readonly<Record<string, keyof ClockReading>> = {
  mono: 'mono',
  mono_raw: 'raw',
  boot: 'boot',
  'x86-tsc': 'tsc',
}

/** What the files' heads tell, for each file of records whose clock is not the one of its machine's recording. */
export function bridgesByHead(files: readonly TraceFile[], family: Family): Bridge[] {
  return family.machines.flatMap((m) =>
    m.files.slice(1).flatMap((f): Bridge[] => {
      const file = files[f]!
      const trace = files[m.files[0]!]!
      if (!file.wakeRecords || file.meta.clock === trace.meta.clock) return []
      const stage = byReadings(file.wakeRecords.header.clocks, file.meta.clock, trace.meta.clock)
      const clocks = `The records count in ${file.meta.clock}, the recording in ${trace.meta.clock || 'a clock that is not recorded'}`
      if (stage) {
        const { spread } = stage
        const within = spread === null ? '' : `, each read within ${spread} ns`
        const message = `${clocks}; they are related by ${stage.readings} readings of both${within}.`
        return [{ file: f, stage: stage.stage, open: false, fault: note(file, 'note', message) }]
      }
      const start = chain([offsetStage(startOf(trace, true) - startOf(file, false)), ...toTicks(files, m.files[0]!)])
      const message = `${clocks}, and nothing relates them: the records are shown from the recording's start, and times must not be compared between them.`
      return [{ file: f, stage: start, open: true, fault: note(file, 'warning', message) }]
    }),
  )
}

const note = (file: TraceFile, severity: Fault['severity'], message: string): Fault => ({
  severity,
  code: 'records-clock',
  message,
  file: file.meta.name,
})

/** Interpolation between paired readings of two clocks; null where there are too few. */
function byReadings(
  all: readonly ClockReading[],
  from: string,
  to: string,
): { readonly stage: Stage; readonly readings: number; readonly spread: bigint | null } | null {
  const [a, b] = [READINGS[from], READINGS[to]]
  if (!a || !b) return null
  const points = all.flatMap((r) => {
    const [x, y] = [r[a], r[b]]
    return x === undefined || y === undefined ? [] : [{ x, offset: y - x }]
  })
  points.sort((p, q) => (p.x < q.x ? -1 : p.x > q.x ? 1 : 0))
  const distinct = points.filter((p, i) => i === 0 || p.x !== points[i - 1]!.x)
  const spread = all.reduce<bigint | null>(
    (most, r) => (r.spread !== undefined && (most === null || r.spread > most) ? r.spread : most),
    null,
  )
  if (distinct.length === 0) return null
  // Two clocks of ns differ by little more than a constant; a TSC's rate needs two readings.
  if (distinct.length === 1) {
    return to === 'x86-tsc' ? null : { stage: offsetStage(distinct[0]!.offset), readings: 1, spread }
  }
  const pieces = distinct.slice(1).map((q, i) => {
    const p = distinct[i]!
    return { t0: p.x, o0: p.offset, t1: q.x, o1: q.offset }
  })
  const stage = interpolateStage((raw) => {
    let at = pieces.findIndex((p) => raw < p.t1)
    if (at < 0) at = pieces.length - 1
    const last = at === pieces.length - 1
    return { piece: pieces[at]!, from: at === 0 ? null : pieces[at]!.t0, to: last ? null : pieces[at]!.t1 - 1n }
  })
  return { stage, readings: distinct.length, spread }
}

/** From ns to the ticks of a recording that says how its ticks become ns. */
function toTicks(files: readonly TraceFile[], trace: number): Stage[] {
  const tsc = files[trace]!.meta.tsc2nsec
  return tsc && tsc.mult > 0 ? [rationalStage(0n, 1n << BigInt(tsc.shift), BigInt(tsc.mult))] : []
}

/** First timestamp of a file; `asNs`: of a recording in ns as far as it says how. */
function startOf(file: TraceFile, asNs: boolean): bigint {
  const spans = file.meta.streams.map((_, i) => file.span(i)).filter((s) => s !== null)
  const first = spans.reduce((min, s) => (s.first < min ? s.first : min), spans[0]?.first ?? 0n)
  const tsc = file.meta.tsc2nsec
  return asNs && tsc ? (first * BigInt(tsc.mult)) >> BigInt(tsc.shift) : first
}

/** A wake-up as one side saw it; ns since that side's epoch. */
interface Seen {
  readonly t: Float64Array
  readonly pid: Int32Array
}

/**
 * The relation that the wake-ups tell which both the records and the recording have: a straight line through their differences.
 * null where they do not agree on one.
 */
export function bridgeByEvents(
  files: readonly TraceFile[],
  family: Family,
  streams: readonly StreamColumns[],
  bridge: Bridge,
): Bridge | null {
  const file = files[bridge.file]!
  const trace = family.machines[family.files[bridge.file]!.machine]!.files[0]!
  const { meta } = files[trace]!
  const scale = meta.tsc2nsec ? meta.tsc2nsec.mult / 2 ** meta.tsc2nsec.shift : 1
  const seen = allWakings(
    streams.filter((s) => s.file === trace),
    scale,
  )
  const own = recordedWakings(file.wakeRecords!)
  const line = relate(own, seen)
  if (!line) return null
  const epoch = file.wakeRecords!.epoch
  const base = meta.tsc2nsec ? (meta.epoch * BigInt(meta.tsc2nsec.mult)) >> BigInt(meta.tsc2nsec.shift) : meta.epoch
  const offsetAt = (x: number): bigint => BigInt(Math.round(line.at(x))) + base - epoch
  const [x0, x1] = [line.from, Math.max(line.to, line.from + 1)]
  const piece = {
    t0: epoch + BigInt(Math.round(x0)),
    o0: offsetAt(x0),
    t1: epoch + BigInt(Math.round(x1)),
    o1: offsetAt(x1),
  }
  const stage = chain([interpolateStage(() => ({ piece, from: null, to: null })), ...toTicks(files, trace)])
  const us = (ns: number): string => `${(Math.ceil(ns / 100) / 10).toFixed(1)} us`
  const message = `The records count in ${file.meta.clock}, the recording in ${meta.clock || 'a clock that is not recorded'}; they are related by ${line.matched} of ${own.t.length} wake-ups that both have, half of which agree to ${us(line.median)} and 99 % to ${us(line.most)}.`
  return { file: bridge.file, stage, open: false, fault: note(file, 'note', message) }
}

function allWakings(streams: readonly StreamColumns[], scale: number): Seen {
  const all = streams.flatMap((s) => {
    const { t, pid } = wakingsOf(s, 'ticks')
    return Array.from(t, (ticks, i) => ({ t: ticks * scale, pid: pid[i]! }))
  })
  all.sort((a, b) => a.t - b.t)
  return { t: Float64Array.from(all, (a) => a.t), pid: Int32Array.from(all, (a) => a.pid) }
}

/** sched_waking of the records; where they have none, the entries of try_to_wake_up a moment before. */
function recordedWakings({ wakes, records }: WakeRecords): Seen {
  const stage = (kind: (typeof WAKE_STAGES)[number]): number => WAKE_STAGES.indexOf(kind)
  const all: { t: number; pid: number }[] = []
  for (const kind of [RecordKind.Waking, RecordKind.Ttwu] as const) {
    if (all.length > 0) break
    for (let i = 0; i < wakes.count; i++) {
      const at = wakes.stages[i * STAGES + stage(kind)]!
      if (at >= 0) all.push({ t: records.t[at]!, pid: wakes.pid[i]! })
    }
  }
  all.sort((a, b) => a.t - b.t)
  return { t: Float64Array.from(all, (a) => a.t), pid: Int32Array.from(all, (a) => a.pid) }
}

interface Line {
  /** Offset at a time of the records. */
  at(x: number): number
  readonly from: number
  readonly to: number
  readonly matched: number
  /** Median and 99th percentile of the residuals' sizes, ns. */
  readonly median: number
  readonly most: number
}

const VOTE_BIN = 50_000
const VOTERS = 400
/** A wake-up that both saw lies within this of where it is expected, ns. */
const REACH = 200_000
const LEAST_MATCHES = 8
const SEGMENTS = 32

/** The straight line through the differences of the wake-ups that two sides have seen. */
export function relate(own: Seen, other: Seen): Line | null {
  if (own.t.length < LEAST_MATCHES || other.t.length < LEAST_MATCHES) return null
  const theirs = timesByPid(other)
  const start = vote(own, theirs)
  if (start === null) return null
  // The offset is followed from where it was voted for to both ends, so that a drift does not lose it.
  const x: number[] = []
  const d: number[] = []
  const follow = (from: number, to: number, step: 1 | -1): void => {
    let offset = start.offset
    const recent: number[] = []
    for (let i = from; i !== to; i += step) {
      const t = nearest(theirs.get(own.pid[i]!), own.t[i]! + offset)
      if (Number.isNaN(t)) continue
      const difference = t - own.t[i]!
      if (Math.abs(difference - offset) > REACH) continue
      x.push(own.t[i]!)
      d.push(difference)
      recent.push(difference)
      if (recent.length >= 15) offset = median(recent.splice(0))
    }
  }
  follow(start.at, own.t.length, 1)
  follow(start.at - 1, -1, -1)
  if (x.length < LEAST_MATCHES || x.length * 3 < Math.min(own.t.length, other.t.length)) return null
  return fit(x, d)
}

function timesByPid({ t, pid }: Seen): Map<number, Float64Array> {
  const lists = new Map<number, number[]>()
  for (let i = 0; i < t.length; i++) {
    const list = lists.get(pid[i]!)
    if (list) list.push(t[i]!)
    else lists.set(pid[i]!, [t[i]!])
  }
  return new Map([...lists].map(([p, list]) => [p, Float64Array.from(list)]))
}

/** The offset that the most pairs of one task's wake-ups agree on, by wake-ups around the middle. */
function vote(own: Seen, theirs: ReadonlyMap<number, Float64Array>): { offset: number; at: number } | null {
  const middle = own.t.length >> 1
  const from = Math.max(0, middle - VOTERS / 2)
  const bins = new Map<number, number>()
  for (let i = from; i < Math.min(own.t.length, from + VOTERS); i++) {
    for (const t of theirs.get(own.pid[i]!) ?? []) {
      const bin = Math.floor((t - own.t[i]!) / VOTE_BIN)
      bins.set(bin, (bins.get(bin) ?? 0) + 1)
    }
  }
  let best: number | null = null
  let most = 0
  for (const [bin, n] of bins) {
    const votes = n + (bins.get(bin + 1) ?? 0)
    if (votes > most || (votes === most && bin < best!)) [most, best] = [votes, bin]
  }
  return best === null || most < LEAST_MATCHES ? null : { offset: (best + 1) * VOTE_BIN, at: middle }
}

function nearest(times: Float64Array | undefined, t: number): number {
  if (!times) return NaN
  let lo = 0
  let hi = times.length
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (times[mid]! < t) lo = mid + 1
    else hi = mid
  }
  const [before, after] = [times[lo - 1] ?? NaN, times[lo] ?? NaN]
  if (Number.isNaN(before)) return after
  return Number.isNaN(after) || t - before <= after - t ? before : after
}

/** Least squares through the medians of segments, which outliers do not move. */
function fit(x: readonly number[], d: readonly number[]): Line {
  const order = x.map((_, i) => i).sort((a, b) => x[a]! - x[b]!)
  const segments = Math.min(SEGMENTS, Math.floor(order.length / LEAST_MATCHES))
  const points = Array.from({ length: segments }, (_, k) => {
    const own = order.slice(Math.floor((k * order.length) / segments), Math.floor(((k + 1) * order.length) / segments))
    return { x: median(own.map((i) => x[i]!)), d: median(own.map((i) => d[i]!)) }
  })
  const mx = points.reduce((n, p) => n + p.x, 0) / segments
  const md = points.reduce((n, p) => n + p.d, 0) / segments
  const sxx = points.reduce((n, p) => n + (p.x - mx) ** 2, 0)
  const sxd = points.reduce((n, p) => n + (p.x - mx) * (p.d - md), 0)
  const slope = sxx > 0 ? sxd / sxx : 0
  const at = (t: number): number => md + slope * (t - mx)
  const sizes = order.map((i) => Math.abs(d[i]! - at(x[i]!))).sort((a, b) => a - b)
  return {
    at,
    from: x[order[0]!]!,
    to: x[order.at(-1)!]!,
    matched: order.length,
    median: sizes[sizes.length >> 1]!,
    most: sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * 0.99))]!,
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const mid = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[mid]! : (sorted[mid - 1]! + sorted[mid]!) / 2
}

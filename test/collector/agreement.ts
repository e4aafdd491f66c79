// Whether the collector's records and a trace.dat of the same seconds agree: every sched_waking of the one has one of the other
// with the same task, CPU and time. Run by hand on a folder of `remora record --preset wake-ups`:
//   node dist/main/agreement-run.js FOLDER/host.dat FOLDER/host.wire

import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ByteSource } from '../../workers/bytes.js'
import { RecordKind } from '../../workers/model/wake-record.js'
import { decodeBlock, openTrace } from '../../workers/readers/registry.js'
import * as layout from '../../workers/readers/wire/layout.js'

/** Wakings of one side; times in ns of the trace clock. */
export interface Wakings {
  readonly time: readonly bigint[]
  readonly pid: readonly number[]
  readonly cpu: readonly number[]
}

export interface Agreement {
  /** Wakings of the trace within the time that both have. */
  readonly trace: number
  readonly records: number
  readonly matched: number
  /** Of those of the trace, percent. */
  readonly percent: number
  /** |difference| of matched pairs, ns. */
  readonly median: number
  readonly p99: number
  readonly limitNs: number
  /** Those of the trace without a record, in order of time. */
  readonly unmatched: readonly Unmatched[]
}

export interface Unmatched {
  readonly pid: number
  readonly cpu: number
  /** ns after the first waking that both have. */
  readonly after: number
  /** From it to the nearest record of that task on that CPU, ns; null = there is none. */
  readonly nearest: number | null
}

/** Pairs each waking of the trace with the nearest of the records, of the same pid and CPU, each used once. */
export function agree(trace: Wakings, records: Wakings, limitNs: number): Agreement {
  const key = (w: Wakings, i: number): string => `${w.pid[i]}/${w.cpu[i]}`
  const lists = new Map<string, bigint[]>()
  records.time.forEach((t, i) => {
    const list = lists.get(key(records, i))
    if (list) list.push(t)
    else lists.set(key(records, i), [t])
  })
  const positions = new Map<string, number>()
  const differences: number[] = []
  const unmatched: Unmatched[] = []
  let within = 0
  const min = (times: readonly bigint[]): bigint => times.reduce((a, b) => (b < a ? b : a))
  const max = (times: readonly bigint[]): bigint => times.reduce((a, b) => (b > a ? b : a))
  if (records.time.length === 0 || trace.time.length === 0) {
    return { trace: 0, records: records.time.length, matched: 0, percent: 0, median: NaN, p99: NaN, limitNs, unmatched }
  }
  const limit = BigInt(limitNs)
  const from = max([min(records.time), min(trace.time)]) + limit
  const to = min([max(records.time), max(trace.time)]) - limit
  const order = trace.time.map((_, i) => i).sort((a, b) => Number(trace.time[a]! - trace.time[b]!))
  for (const list of lists.values()) list.sort((a, b) => Number(a - b))
  for (const i of order) {
    const t = trace.time[i]!
    if (t < from || t > to) continue
    within++
    const list = lists.get(key(trace, i)) ?? []
    let at = positions.get(key(trace, i)) ?? 0
    while (at < list.length && list[at]! < t - limit) at++
    if (at < list.length && list[at]! <= t + limit) {
      differences.push(Math.abs(Number(list[at]! - t)))
      at++
    } else {
      const nearest = nearestOf(list, t)
      unmatched.push({ pid: trace.pid[i]!, cpu: trace.cpu[i]!, after: Number(t - from), nearest })
    }
    positions.set(key(trace, i), at)
  }
  differences.sort((a, b) => a - b)
  const at = (q: number): number =>
    differences[Math.min(differences.length - 1, Math.floor(q * differences.length))] ?? NaN
  const shared = records.time.filter((t) => t >= from && t <= to).length
  const matched = differences.length
  const percent = within === 0 ? 0 : (100 * matched) / within
  return { trace: within, records: shared, matched, percent, median: at(0.5), p99: at(0.99), limitNs, unmatched }
}

function nearestOf(sorted: readonly bigint[], t: bigint): number | null {
  const found = sorted.findIndex((other) => other >= t)
  const neighbours = found < 0 ? sorted.slice(-1) : sorted.slice(Math.max(0, found - 1), found + 1)
  const distances = neighbours.map((other) => Number(other - t)).sort((a, b) => Math.abs(a) - Math.abs(b))
  return distances[0] ?? null
}

/**
 * Threads of the processes that the collector left out: its own and its caller's. And those of process 1: there are kernels that
 * run no BPF programs while it is current.
 */
export async function leftOut(source: ByteSource): Promise<Set<number>> {
  const { wakeRecords } = await openTrace(source)
  const setting = wakeRecords?.header.settings.find(({ name }) => name === 'processes left out')?.value ?? ''
  const processes = new Set([1, ...setting.split(' ').map(Number)])
  const threads = new Set(processes)
  const bytes = await source.read(0, source.size)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = layout.FILE_BYTES + view.getUint32(12, true)
  while (at + layout.task.bytes <= bytes.length) {
    if (
      view.getUint16(at, true) === layout.WireKind.Task &&
      processes.has(view.getUint32(at + layout.task.tgid, true))
    ) {
      threads.add(view.getUint32(at + layout.task.task, true))
    }
    at += view.getUint16(at + layout.head.size, true)
  }
  return threads
}

/** sched_waking events of a trace.dat, without what the threads `own` do and without their wake-ups. */
export async function wakingsOfTrace(source: ByteSource, own: ReadonlySet<number>): Promise<Wakings> {
  const file = await openTrace(source)
  const { blocks, plan } = await file.layOut()
  const time: bigint[] = []
  const pid: number[] = []
  const cpu: number[] = []
  const waking = file.meta.eventTypes.findIndex((t) => t.name === 'sched_waking')
  for (const block of blocks) {
    const decoded = await decodeBlock(plan, block, source)
    for (let i = 0; i < decoded.wakeRow.length; i++) {
      const row = decoded.wakeRow[i]!
      if (decoded.type[row] !== waking || own.has(decoded.pid[row]!) || own.has(decoded.wakePid[i]!)) continue
      time.push(file.meta.epoch + BigInt(decoded.ticks[row]!))
      pid.push(decoded.wakePid[i]!)
      cpu.push(file.meta.streams[block.stream]!.cpu)
    }
  }
  return { time, pid, cpu }
}

export async function wakingsOfRecords(source: ByteSource): Promise<Wakings> {
  const { wakeRecords } = await openTrace(source)
  if (!wakeRecords) throw new Error(`${source.name} holds no records`)
  const { records, wakes, epoch } = wakeRecords
  const time: bigint[] = []
  const pid: number[] = []
  const cpu: number[] = []
  for (let i = 0; i < records.count; i++) {
    if (records.kind[i] !== RecordKind.Waking) continue
    time.push(epoch + BigInt(records.t[i]!))
    pid.push(wakes.pid[records.wake[i]!]!)
    cpu.push(records.cpu[i]!)
  }
  return { time, pid, cpu }
}

export async function fileSource(path: string): Promise<ByteSource & { close(): Promise<void> }> {
  const file = await open(path, 'r')
  const { size } = await file.stat()
  return {
    name: basename(path),
    size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset)
      return bytes.subarray(0, bytesRead)
    },
    close: () => file.close(),
  }
}

export const agreementText = (a: Agreement): string =>
  `${a.matched} of ${a.trace} sched_waking of the trace (${a.percent.toFixed(3)} %) have a record with the same task and CPU ` +
  `within ${a.limitNs / 1000} us; median ${(a.median / 1000).toFixed(1)} us, 99 % within ${(a.p99 / 1000).toFixed(1)} us; ` +
  `${a.records} records in that time.` +
  a.unmatched
    .slice(0, 10)
    .map(({ pid, cpu, after, nearest }) => {
      const where = nearest === null ? 'has none' : `is ${(nearest / 1000).toFixed(1)} us away`
      return `\n  task ${pid} on CPU ${cpu}, ${(after / 1e9).toFixed(3)} s after the first: its nearest record ${where}`
    })
    .join('') +
  (a.unmatched.length > 10 ? `\n  and ${a.unmatched.length - 10} more` : '')

// What wake-ups need from records beside the columns: who is woken, from which CPU to which, and in what context. Read once per
// session; times stay in the columns, so that other clocks need no second reading.

import type { StreamColumns } from '../../columns/event-table.js'
import { numberOf } from '../../model/fuse/handlers/marks.js'
import type { Session } from '../../model/session.js'
import type { RecordView } from '../../readers/types.js'
import { Pacer } from '../../table/pause.js'
import { visitRows } from '../../table/records.js'
import type { OnProgress } from '../../thread/contract.js'
import { Context } from './columns.js'

export const WakeKind = { Ignored: 0, Waking: 1, Wakeup: 2, WakeupNew: 3, Migrate: 4 } as const
export type WakeKind = (typeof WakeKind)[keyof typeof WakeKind]

/** Wake-up events of one stream, in its order. */
export interface WakeSide {
  /** Index of the stream in the session's table. */
  readonly stream: number
  readonly count: number
  readonly row: Uint32Array
  /** WakeKind. */
  readonly kind: Uint8Array
  readonly pid: Int32Array
  /** target_cpu, or dest_cpu of a migration; -1 = not told. */
  readonly cpu: Int16Array
  /** Index of `contexts`. */
  readonly context: Uint8Array
}

const kinds: Readonly<Record<string, WakeKind>> = {
  sched_waking: WakeKind.Waking,
  sched_wakeup: WakeKind.Wakeup,
  sched_wakeup_new: WakeKind.WakeupNew,
  sched_migrate_task: WakeKind.Migrate,
}

export const kindOf = (event: { readonly name: string }): WakeKind => kinds[event.name] ?? WakeKind.Ignored

const BATCH = 1 << 15

/** Reads the wake-up events of all streams. Rejects with the signal's reason. */
export async function readWakes(session: Session, onProgress?: OnProgress, signal?: AbortSignal): Promise<WakeSide[]> {
  const ofType = Uint8Array.from(session.eventTypes, kindOf)
  const total = session.eventTypes.reduce((n, e, i) => n + (ofType[i] === 0 ? 0 : e.count), 0)
  const sides: WakeSide[] = []
  const pacer = new Pacer(signal)
  let done = 0
  for (const [i, stream] of session.table.streams.entries()) {
    const side = sideOf(stream, i, ofType)
    if (!side) continue
    for (let start = 0; start < side.count; start += BATCH) {
      const end = Math.min(side.count, start + BATCH)
      if (!(await readMany(session, stream, side, start, end, signal))) {
        const rows = side.row.subarray(start, end)
        await visitRows(session, stream, rows, (record, k) => takeRecord(side, start + k, record), signal)
      }
      done += end - start
      onProgress?.({ phase: 'indexing', done, total, unit: 'events' })
      if (pacer.due()) await pacer.pause()
    }
    sides.push(side)
  }
  return withoutDoubles(session, sides)
}

const FIELDS = ['pid', 'target_cpu', 'dest_cpu', 'common_flags', 'success'] as const

/** Reads the fields of many records at once; false where the file's reader cannot. */
async function readMany(
  session: Session,
  stream: StreamColumns,
  side: WakeSide,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const { records } = session.files[stream.file]!
  if (!records.integers) return false
  const where = new Uint32Array(end - start)
  for (let i = start; i < end; i++) where[i - start] = stream.where[side.row[i]!]!
  await records.load(stream.inFile, where, signal)
  const read = records.integers(stream.inFile, where, FIELDS)
  if (!read) return false
  const [pid, target, dest, flags, success] = read as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array]
  for (let k = 0; k < where.length; k++) take(side, start + k, pid[k]!, target[k]!, dest[k]!, flags[k]!, success[k]!)
  return true
}

function sideOf(stream: StreamColumns, index: number, ofType: Uint8Array): WakeSide | null {
  const local = Uint8Array.from(stream.types, (type) => ofType[type] ?? 0)
  if (!local.some((kind) => kind !== 0)) return null
  let count = 0
  for (let i = 0; i < stream.count; i++) if (local[stream.type[i]!] !== 0) count++
  if (count === 0) return null
  const row = new Uint32Array(count)
  const kind = new Uint8Array(count)
  for (let i = 0, n = 0; i < stream.count; i++) {
    const k = local[stream.type[i]!]!
    if (k === 0) continue
    row[n] = i
    kind[n++] = k
  }
  return {
    stream: index,
    count,
    row,
    kind,
    pid: new Int32Array(count),
    cpu: new Int16Array(count),
    context: new Uint8Array(count),
  }
}

function takeRecord(side: WakeSide, i: number, record: RecordView): void {
  const [pid, target, dest, flags, success] = FIELDS.map((name) => numberOf(record, name, -1))
  take(side, i, pid!, target!, dest!, flags!, success!)
}

/** Notes what an event says; -1 = it does not say. */
function take(
  side: WakeSide,
  i: number,
  pid: number,
  target: number,
  dest: number,
  flags: number,
  success: number,
): void {
  // Before 4.14 the event was also written for wake-ups that did not succeed.
  if (pid < 0 || success === 0) {
    side.kind[i] = WakeKind.Ignored
    return
  }
  side.pid[i] = pid
  side.cpu[i] = side.kind[i] === WakeKind.Migrate ? dest : target
  side.context[i] = contextOf(flags)
}

/** Bits of common_flags: include/linux/trace_events.h, TRACE_FLAG_HARDIRQ, _SOFTIRQ and _NMI. */
function contextOf(flags: number): number {
  if (flags < 0) return Context.Unknown
  if (flags & 0x40) return Context.Nmi
  if (flags & 0x08) return Context.Irq
  return flags & 0x10 ? Context.Softirq : Context.Task
}

/** The same event in a second buffer follows within this time (ns or ticks). */
const DOUBLE = 2000

/** Of events that a CPU recorded into several buffers one stays. */
function withoutDoubles(session: Session, sides: readonly WakeSide[]): WakeSide[] {
  const { streams } = session.table
  for (const [k, side] of sides.entries()) {
    const stream = streams[side.stream]!
    for (const other of sides.slice(0, k)) {
      const first = streams[other.stream]!
      if (first.machine !== stream.machine || first.cpu !== stream.cpu) continue
      let at = 0
      for (let i = 0; i < side.count; i++) {
        const t = stream.t[side.row[i]!]!
        while (at < other.count && first.t[other.row[at]!]! < t - DOUBLE) at++
        for (let j = at; j < other.count && first.t[other.row[j]!]! <= t + DOUBLE; j++) {
          if (other.kind[j] === side.kind[i] && other.pid[j] === side.pid[i]) side.kind[i] = WakeKind.Ignored
        }
      }
    }
  }
  return [...sides]
}

// A file of records as a recording like any other: each record is an event `remora:<kind>` on the CPU and the task that were
// current, in the clock of the file's header. Whatever format the bytes have, its reader gives WakeRecords and a way to read one
// record again; see json.ts.

import { offsetIn, symbolOf, withoutInstrumentation } from '../../analysis/stacks/frames.js'
import type { ByteSource } from '../../bytes.js'
import type { Fault } from '../../fault.js'
import { RECORD_NAMES, RecordKind, type ProbeRecord, type WakeRecords } from '../../model/wake-record.js'
import type {
  BlockPlan,
  DecodedBlock,
  EventTypeMeta,
  RecordAccess,
  RecordView,
  StackFrame,
  TraceFile,
} from '../types.js'
import { fieldsOf, infoOf } from './fields.js'

/** Name of the system of all record events, and of the buffer they are in. */
export const RECORD_SYSTEM = 'remora'
export const RECORD_BUFFER = 'records'

export interface RecordFile {
  readonly format: string
  readonly source: ByteSource
  readonly records: WakeRecords
  readonly comms: ReadonlyMap<number, string>
  readonly faults: readonly Fault[]
  readonly bigEndian?: boolean
  /** Reads a record again from its bytes; null when they no longer hold one. `index` = its place among the file's records. */
  readonly reread: (bytes: Uint8Array, index: number) => ProbeRecord | null
}

/** What a block of a record file is decoded from: the columns, made when the file was opened. */
export interface RecordBlock {
  readonly ticks: Float64Array
  readonly pid: Int32Array
  readonly type: Uint16Array
  readonly where: Uint32Array
}

const BLOCK = 1 << 16
const NOTHING = { u32: new Uint32Array(0), i32: new Int32Array(0), i16: new Int16Array(0), u8: new Uint8Array(0) }

/** The events of a block; a pure function of its plan. */
export function decodeRecordBlock(block: BlockPlan): DecodedBlock {
  const { ticks, pid, type, where } = block.at as RecordBlock
  return {
    count: ticks.length,
    ticks: ticks.slice(),
    pid: pid.slice(),
    type: type.slice(),
    where: where.slice(),
    // Records tell of woken tasks only: no CPU's runs follow from them.
    switchRow: NOTHING.u32.slice(),
    switchNext: NOTHING.i32.slice(),
    switchState: NOTHING.u8.slice(),
    wakeRow: NOTHING.u32.slice(),
    wakePid: NOTHING.i32.slice(),
    wakeCpu: NOTHING.i16.slice(),
    wakeHow: NOTHING.u8.slice(),
    lost: [],
    faults: [],
  }
}

/** Records of one CPU in the order of their times. */
interface Lane {
  readonly cpu: number
  readonly rows: Uint32Array
}

function lanesOf({ records }: WakeRecords): Lane[] {
  const byCpu = new Map<number, number[]>()
  for (let i = 0; i < records.count; i++) {
    // Documents without CPUs have one row.
    const cpu = Math.max(0, records.cpu[i]!)
    const rows = byCpu.get(cpu)
    if (rows) rows.push(i)
    else byCpu.set(cpu, [i])
  }
  return [...byCpu]
    .sort(([a], [b]) => a - b)
    .map(([cpu, rows]) => ({
      cpu,
      rows: Uint32Array.from(rows).sort((a, b) => records.t[a]! - records.t[b]! || a - b),
    }))
}

/** Records by kind; those of probes with labels by their label. */
function typesOf({ records, strings }: WakeRecords): { readonly types: EventTypeMeta[]; readonly of: Uint16Array } {
  const types: EventTypeMeta[] = RECORD_NAMES.map((name, id) => ({ system: RECORD_SYSTEM, name, id: id + 1 }))
  types.unshift({ system: RECORD_SYSTEM, name: 'unknown', id: -1 })
  const labels = new Map<number, number>()
  const of = Uint16Array.from(records.kind, (kind, i) => {
    const label = records.label[i]!
    if (kind !== RecordKind.Probe || label < 0) return kind + 1
    let type = labels.get(label)
    if (type === undefined && types.length < 0xffff) {
      type = types.push({ system: RECORD_SYSTEM, name: strings[label]!, id: types.length }) - 1
      labels.set(label, type)
    }
    return type ?? kind + 1
  })
  return { types, of }
}

/** The file as a TraceFile. */
export function recordTraceFile(file: RecordFile): TraceFile {
  const { records: all, source } = file
  const { records, header, epoch } = all
  const lanes = lanesOf(all)
  const { types, of } = typesOf(all)
  const earliest = lanes.reduce((min, l) => Math.min(min, records.t[l.rows[0]!]!), 0)
  const blocks = lanes.flatMap((lane, stream) => {
    const plans: BlockPlan[] = []
    for (let from = 0; from < lane.rows.length; from += BLOCK) {
      const where = lane.rows.slice(from, from + BLOCK)
      const at: RecordBlock = {
        ticks: Float64Array.from(where, (i) => records.t[i]! - earliest),
        pid: Int32Array.from(where, (i) => records.pid[i]!),
        type: Uint16Array.from(where, (i) => of[i]!),
        where,
      }
      const bytes = where.reduce((n, i) => n + records.length[i]!, 0)
      plans.push({ stream, index: plans.length, bytes, at })
    }
    return plans
  })
  const comms = new Map(file.comms)
  const own = epoch + BigInt(earliest)
  return {
    meta: {
      format: file.format,
      name: source.name,
      size: source.size,
      version: header.format,
      compression: 'none',
      bigEndian: file.bigEndian ?? false,
      longSize: 8,
      pageSize: 0,
      clock: header.clock,
      bufferClocks: {},
      uname: header.kernel,
      tracerVersion: header.collector,
      cpuCount: lanes.length,
      traceId: null,
      guests: [],
      timeShift: null,
      tsc2nsec: null,
      dateOffset: 0n,
      options: [],
      epoch: own,
      streams: lanes.map(({ cpu, rows }) => ({
        cpu,
        buffer: RECORD_BUFFER,
        bytes: rows.reduce((n, i) => n + records.length[i]!, 0),
      })),
      eventTypes: types,
      comms,
      text: '',
    },
    faults: file.faults,
    layOut(within) {
      const wanted = blocks.filter(({ stream, at }) => {
        const { ticks } = at as RecordBlock
        const range = within?.[stream]
        return !range || (ticks[0]! <= range.to && ticks.at(-1)! >= range.from)
      })
      const plan = { format: file.format, fileName: source.name, data: null }
      return Promise.resolve({ plan, blocks: wanted, faults: [] })
    },
    span(stream) {
      const rows = lanes[stream]?.rows
      if (!rows || rows.length === 0) return null
      const at = (i: number): bigint => epoch + BigInt(records.t[i]!)
      return { first: at(rows[0]!), last: at(rows.at(-1)!) }
    },
    records: new Access(file, of),
    wakeRecords: all,
    comm: (pid) => (pid === 0 ? '<idle>' : (comms.get(pid) ?? '<...>')),
    learn(names) {
      for (const [pid, name] of names) if (!comms.has(pid)) comms.set(pid, name)
    },
  }
}

/** Records that are near each other are read together. */
const GAP = 1 << 16
const MOST_CACHED = 1 << 16

class Access implements RecordAccess {
  #cache = new Map<number, { readonly record: ProbeRecord; readonly bytes: Uint8Array }>()
  constructor(
    private readonly file: RecordFile,
    private readonly types: Uint16Array,
  ) {}

  async load(_stream: number, where: Uint32Array | readonly number[], signal?: AbortSignal): Promise<void> {
    const { offset, length } = this.file.records.records
    const wanted = [...where].filter((i) => !this.#cache.has(i)).sort((a, b) => offset[a]! - offset[b]!)
    if (this.#cache.size + wanted.length > MOST_CACHED) {
      // What was asked for stays, whatever else goes.
      const keep = new Set(where)
      for (const i of this.#cache.keys()) if (!keep.has(i)) this.#cache.delete(i)
    }
    for (let from = 0; from < wanted.length;) {
      let to = from + 1
      const start = offset[wanted[from]!]!
      const endOf = (k: number): number => offset[wanted[k]!]! + length[wanted[k]!]!
      while (to < wanted.length && offset[wanted[to]!]! - endOf(to - 1) < GAP && endOf(to) - start < GAP * 64) to++
      const bytes = await this.file.source.read(start, endOf(to - 1) - start, signal)
      for (let k = from; k < to; k++) {
        const i = wanted[k]!
        const own = bytes.subarray(offset[i]! - start, offset[i]! - start + length[i]!)
        const record = this.file.reread(own, i)
        if (record) this.#cache.set(i, { record, bytes: own })
      }
      from = to
    }
  }

  has(_stream: number, where: number): boolean {
    return this.#cache.has(where)
  }

  at(_stream: number, where: number): RecordView {
    const { record, bytes } = this.#cache.get(where)!
    const { records, flagNames } = this.file.records
    const flags = flagNames.table()
    const fields = fieldsOf(record, flags)
    const { offset } = records
    return {
      type: this.types[where]!,
      pid: record.pid,
      latency: () => '.....',
      info: () => infoOf(record, flags),
      field(name) {
        const raw = fields.find((f) => f.name === name)?.raw
        if (typeof raw !== 'bigint') return typeof raw === 'string' ? raw : undefined
        return raw >= -(2n ** 53n) && raw <= 2n ** 53n ? Number(raw) : raw
      },
      fields: () => fields,
      stack: () => (record.stack ? { kind: 'kernel', frames: stackFrames(record) } : null),
      bytes: () => bytes,
      fileOffset: () => offset[where]!,
    }
  }
}

/** Frames of a record, without those of the tracing. */
function stackFrames(record: ProbeRecord): StackFrame[] {
  return withoutInstrumentation(record.stack ?? []).map((frame) => {
    const bare = /^0x[0-9a-f]+$/.test(frame)
    return {
      address: bare ? BigInt(frame) : 0n,
      symbol: bare ? '' : symbolOf(frame),
      offset: offsetIn(frame),
    }
  })
}

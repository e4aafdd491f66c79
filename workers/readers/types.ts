// What a reader of one format gives the engine. Two halves: the file's head is read once on the engine's thread
// (TraceReader.open -> TraceFile); the events are decoded block by block on any thread by BlockDecoder, a pure function of a
// plain-data plan, so that nothing but that plan crosses the wall.

import type { ByteSource } from '../bytes.js'
import type { Fault } from '../fault.js'
import type { WakeRecords } from '../model/wake-record.js'

/** One CPU of one buffer of one file. */
export interface StreamMeta {
  /** Kernel CPU number as the file states it (ids may be sparse). */
  readonly cpu: number
  /** Buffer (ftrace instance) name, '' for the top one. */
  readonly buffer: string
  /** Bytes on disk. */
  readonly bytes: number
}

export interface EventTypeMeta {
  readonly system: string
  readonly name: string
  /** The kernel's id in this file; -1 for the stand-in of all unknown ids, which is always type 0 of a file. */
  readonly id: number
}

/** GUEST option: one guest known to this (host) file. */
export interface GuestRef {
  readonly name: string
  /** Trace id of the guest's file. */
  readonly traceId: bigint
  /** Host thread of each vCPU; tid -1 = not known. */
  readonly vcpus: readonly { readonly cpu: number; readonly tid: number }[]
}

/** TIME_SHIFT option: samples per CPU of this (guest) file; index in `cpus` = guest CPU. Values are the file's own, untouched. */
export interface TimeShift {
  readonly peer: bigint
  readonly interpolate: boolean
  readonly cpus: readonly {
    readonly time: readonly bigint[]
    readonly offset: readonly bigint[]
    readonly scaling: readonly bigint[]
    /** Fraction bits per sample; empty where the file has none. */
    readonly fraction: readonly bigint[]
  }[]
  /** The option's lengths do not add up as written and were re-derived (see fault `time-shift-counts`). */
  readonly repaired: boolean
}

export interface TraceFileMeta {
  readonly format: string
  readonly name: string
  readonly size: number
  readonly version: string
  /** 'none' | 'zlib' | 'zstd' | ... */
  readonly compression: string
  readonly bigEndian: boolean
  /** Bytes in a long of the traced kernel (4 or 8). */
  readonly longSize: number
  /** Ring-buffer page size in bytes. */
  readonly pageSize: number
  /** Trace clock name: local, global, mono, boot, x86-tsc, ...; '' = not recorded. */
  readonly clock: string
  /** Clocks per buffer where they differ from `clock`. */
  readonly bufferClocks: Readonly<Record<string, string>>
  readonly uname: string
  readonly tracerVersion: string
  readonly cpuCount: number
  readonly traceId: bigint | null
  readonly guests: readonly GuestRef[]
  readonly timeShift: TimeShift | null
  readonly tsc2nsec: { readonly mult: number; readonly shift: number; readonly offset: bigint } | null
  /** Sum of DATE (x1000) and OFFSET options, ns (ticks), added after everything else. 0n when there is none. */
  readonly dateOffset: bigint
  readonly options: readonly {
    readonly id: number
    readonly name: string
    readonly size: number
    readonly known: boolean
  }[]
  /** Raw clock value that FileTicks 0 stands for. */
  readonly epoch: bigint
  readonly streams: readonly StreamMeta[]
  readonly eventTypes: readonly EventTypeMeta[]
  /** saved_cmdlines: pid -> comm. */
  readonly comms: ReadonlyMap<number, string>
  /** Non-event text of the file (latency tracers, CPU stats), '' if none. */
  readonly text: string
}

/** One unit of decoding. Blocks of a stream are consecutive; concatenating their results gives the stream. */
export interface BlockPlan {
  readonly stream: number
  readonly index: number
  /** Bytes on disk, for progress. */
  readonly bytes: number
  /** The decoder's own plain data (file offset, chunk sizes, ...). */
  readonly at: unknown
}

/** Everything a decoder needs besides the block: plain, clonable data. */
export interface DecodePlan {
  readonly format: string
  readonly fileName: string
  readonly data: unknown
}

/** FileTicks, both ends included. */
export interface TickRange {
  readonly from: number
  readonly to: number
}

/** What is to be decoded of a file, and how. */
export interface DecodeLayout {
  readonly plan: DecodePlan
  readonly blocks: readonly BlockPlan[]
  /** What was found wrong while laying out, beside TraceFile.faults. */
  readonly faults: readonly Fault[]
}

/** Columns of one decoded block. Arrays have exactly `count` entries (views are allowed) and their buffers may be transferred. */
export interface DecodedBlock {
  readonly count: number
  /** FileTicks, ascending in a sound stream. */
  readonly ticks: Float64Array
  /** common_pid of each event. */
  readonly pid: Int32Array
  /** File-local event type, index into TraceFileMeta.eventTypes. */
  readonly type: Uint16Array
  /** Where the raw record lies in the stream's uncompressed bytes, in units of 4 bytes. */
  readonly where: Uint32Array
  /** sched_switch events: row in the block, next_pid, and prev_state folded by foldPrevState(). */
  readonly switchRow: Uint32Array
  readonly switchNext: Int32Array
  readonly switchState: Uint8Array
  /**
   * sched_waking, sched_wakeup, sched_wakeup_new and sched_migrate_task events: row in the block, pid of the task, target_cpu or
   * dest_cpu (-1 = not told), and WakeHow. Those of kernels before 4.14 that tell of no success are left out.
   */
  readonly wakeRow: Uint32Array
  readonly wakePid: Int32Array
  readonly wakeCpu: Int16Array
  readonly wakeHow: Uint8Array
  /** Events lost before a row: row in the block (== count: after its last event), how many (-1 = unknown). */
  readonly lost: readonly { readonly row: number; readonly events: number }[]
  readonly faults: readonly Fault[]
}

/** prev_state folded to one byte: what the task rows need. The raw value is in the record. */
export const PrevState = {
  /** Still runnable: preempted (R, R+). */
  Runnable: 0,
  /** Interruptible sleep (S), or an idle kernel thread (I). */
  Sleeping: 1,
  /** Uninterruptible (D). */
  DiskSleep: 2,
  /** Stopped or traced (T, t). */
  Stopped: 3,
  /** Dead or zombie (X, Z). */
  Dead: 4,
  /** Other or unknown. */
  Other: 5,
} as const
export type PrevState = (typeof PrevState)[keyof typeof PrevState]

/** task_struct state bits as sched_switch reports them (report values: low 8 bits states, 0x100 = preempted (TASK_REPORT_MAX) or 0x400/0x800 on older kernels). */
export function foldPrevState(state: number): PrevState {
  const bits = state & 0xff
  if (bits === 0) return PrevState.Runnable
  if (bits & 0x30) return PrevState.Dead
  if (bits & 0x0c) return PrevState.Stopped
  if (bits & 0x02) return PrevState.DiskSleep
  // 0x80 is an idle kernel thread (I): uninterruptible to the kernel, asleep to everybody else.
  if (bits & 0x81) return PrevState.Sleeping
  return PrevState.Other
}

/** What a wake event is, in one byte: a kind, bits of common_flags where the kernel has them, and whether it begins a wake-up. */
export const WakeHow = {
  /** Bits of the kind. */
  Kind: 0x07,
  Waking: 1,
  Wakeup: 2,
  WakeupNew: 3,
  Migrate: 4,
  /** include/linux/trace_events.h: TRACE_FLAG_HARDIRQ, _SOFTIRQ, _NMI. */
  HardIrq: 0x08,
  SoftIrq: 0x10,
  Nmi: 0x40,
  /** The event does not say in what context it happened. */
  NoContext: 0x20,
  /** A sched_waking, or what stands for it in a block without any. */
  First: 0x80,
} as const

export type BlockDecoder = (
  plan: DecodePlan,
  block: BlockPlan,
  source: ByteSource,
  signal?: AbortSignal,
) => Promise<DecodedBlock>

/** One decoded field of a record. */
export interface FieldValue {
  readonly name: string
  /** C declaration from the format, `pid_t prev_pid`. */
  readonly type: string
  /** Integer as bigint, string for char arrays and __data_loc strings, array of integers otherwise. */
  readonly raw: bigint | string | readonly bigint[]
  /** As a person reads it: symbol, flag names, comm, hex for pointers. */
  readonly text: string
}

export interface StackFrame {
  readonly address: bigint
  /** Symbol, '' when unknown. */
  readonly symbol: string
  /** Offset into the symbol, bytes; -1 = not recorded. */
  readonly offset: number
}

/** Synchronous view of one raw record, given out by RecordAccess.at(). Valid until the next at() of the same access. */
export interface RecordView {
  /** File-local event type. */
  readonly type: number
  readonly pid: number
  /** Five latency columns as trace-cmd prints them: irqs-off, need-resched, hardirq/softirq, preempt depth, migrate disable: `d..2.` */
  latency(): string
  /** Info column; equals libtraceevent's with the plugins trace-cmd ships. `raw` = as `trace-cmd report -R`. */
  info(raw?: boolean): string
  /** Value of a field for filter expressions: number when it fits 2^53 exactly, else bigint; string for strings; undefined = this event has no such field. */
  field(name: string): number | bigint | string | undefined
  fields(): FieldValue[]
  /** Frames if this is a kernel_stack or user_stack event, else null. */
  stack(): { readonly kind: 'kernel' | 'user'; readonly frames: readonly StackFrame[] } | null
  /** Bytes of the record's payload (common fields included). */
  bytes(): Uint8Array
  /** Position in the file (for compressed data: of the chunk that holds it). */
  fileOffset(): number
}

/** Random access to records. load() brings the bytes in (cached, limited memory); at() is then synchronous and fast. */
export interface RecordAccess {
  /** Makes records `where` (units of 4 bytes, ascending or not) of `stream` available to at(); resolves at once when they are. */
  load(stream: number, where: Uint32Array | readonly number[], signal?: AbortSignal): Promise<void>
  /** True when at(stream, where) can be called. */
  has(stream: number, where: number): boolean
  at(stream: number, where: number): RecordView
  /**
   * Integer fields (of up to 4 bytes) of many records at once, where a reader can do that faster than one by one: out[f][i] is field
   * `names[f]` of the record at `where[i]`, -1 where it has none. Null when a record is not loaded.
   */
  integers?(stream: number, where: Uint32Array, names: readonly string[]): Int32Array[] | null
}

/** What a trace.dat that holds some of a file's events needs besides them, as it lies in the file. */
export interface HeadCopy {
  readonly start: { readonly bigEndian: boolean; readonly longSize: number; readonly pageSize: number }
  /** Parts of the head, unpacked, by the ids of version 7's sections. */
  readonly sections: readonly { readonly id: number; readonly name: string; readonly bytes: Uint8Array }[]
  /** Options that stay true of some of the events. */
  readonly options: readonly { readonly id: number; readonly data: Uint8Array }[]
  readonly buffers: readonly { readonly name: string; readonly clock: string; readonly pageSize: number }[]
  /** Bytes of a page's commit word, and where its records begin. */
  readonly commitSize: number
  readonly dataOffset: number
}

export interface TraceFile {
  readonly meta: TraceFileMeta
  readonly faults: readonly Fault[]
  /**
   * Lays out the decoding of all events, or of those that may lie in `within` (one range a stream; events outside of it may come
   * too). Reads what must be known for that, and makes `records` usable; called once.
   */
  layOut(within?: readonly TickRange[], signal?: AbortSignal): Promise<DecodeLayout>
  /** Raw clock values of the first and last page of a stream, without decoding; null where unknown. */
  span(stream: number): { readonly first: bigint; readonly last: bigint } | null
  readonly records: RecordAccess
  /** Absent where the format is not trace.dat. Rejects with InputError where the head is damaged. */
  copyHead?(signal?: AbortSignal): Promise<HeadCopy>
  /** Files of wake-up records (collector, JSON lines): what they hold, put together. */
  readonly wakeRecords?: WakeRecords
  /** comm of a pid in this file: '<idle>' for 0, a learned name where the file's own list has none, '<...>' if unknown. */
  comm(pid: number): string
  /** Takes in names that the events told; those of meta.comms stay. */
  learn(names: ReadonlyMap<number, string>): void
}

export interface TraceReader {
  readonly format: string
  /** Whether `head` (first 64 bytes or fewer) looks like this format. */
  recognises(head: Uint8Array, name: string): boolean
  /** Reads the head of the file. Throws InputError when nothing can be read; lesser damage becomes faults. */
  open(source: ByteSource, signal?: AbortSignal): Promise<TraceFile>
  readonly decode: BlockDecoder
}

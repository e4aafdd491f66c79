// Records of probes at wake-ups, whoever wrote them: the collector's wire format, its JSON lines, the seeds' documents. A reader
// turns what it reads into ProbeRecords and gives them to a WakeRecordBuilder; all else works on WakeRecords, whatever the format.
// Times are ns of the header's clock, bigint at the edge, Float64 since `epoch` in columns.

import type { FlagNames } from '../analysis/wake-flags.js'

/** What a record is about. The numbers are stored (columns, wire format): append only. */
export const RecordKind = {
  /** Entry of try_to_wake_up: the caller's flags, the stack. */
  Ttwu: 0,
  /** ttwu_do_activate (or ttwu_do_wakeup): the final flags. */
  Activate: 1,
  /** Tracepoints sched_waking, sched_wakeup (and _new), sched_switch to the woken task. */
  Waking: 2,
  Wakeup: 3,
  SwitchIn: 4,
  /** First timekeeping read of the woken task after it was switched in. */
  FirstRead: 5,
  /** A clocksource switch: its request, the first read from the new one, the recalculation. See ClocksourceStage. */
  Clocksource: 6,
  Hrtimer: 7,
  IrqEntry: 8,
  IrqExit: 9,
  SoftirqEntry: 10,
  SoftirqExit: 11,
  KvmEntry: 12,
  KvmExit: 13,
  CpuIdle: 14,
  /** A probe with a label of the user's own. */
  Probe: 15,
  /** A correlation id with its task and time only (CorrelationData). */
  Correlation: 16,
  /** A trace id with flags and time only (TraceData). */
  Trace: 17,
} as const
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind]

/** Event names by kind, in the system `remora`. */
export const RECORD_NAMES: readonly string[] = [
  'ttwu',
  'activate',
  'waking',
  'wakeup',
  'switch_in',
  'first_read',
  'clocksource',
  'hrtimer',
  'irq_entry',
  'irq_exit',
  'softirq_entry',
  'softirq_exit',
  'kvm_entry',
  'kvm_exit',
  'cpu_idle',
  'probe',
  'correlation',
  'trace',
]

/** Kinds that are stages of one wake-up, in the order in which they happen. */
export const WAKE_STAGES = [
  RecordKind.Ttwu,
  RecordKind.Waking,
  RecordKind.Activate,
  RecordKind.Wakeup,
  RecordKind.SwitchIn,
  RecordKind.FirstRead,
] as const
export const STAGES = WAKE_STAGES.length

/** How try_to_wake_up went on. */
export const WakePath = {
  Unknown: 0,
  /** The task was still on its runqueue (ttwu_runnable): no activation. */
  Runnable: 1,
  /** Handed to the target CPU's wakelist; its sched_ttwu_pending activates, and WF_SYNC is lost on the way. */
  Wakelist: 2,
  /** Activated by the waker itself. */
  Direct: 3,
  /** The task woke itself (p == current). */
  Current: 4,
} as const
export type WakePath = (typeof WakePath)[keyof typeof WakePath]
export const PATH_NAMES: readonly string[] = ['unknown', 'runnable', 'wakelist', 'direct', 'current']

/** Parts of a clocksource switch. */
export const ClocksourceStage = { Entry: 0, Change: 1, FirstRead: 2, Recalculation: 3 } as const
export type ClocksourceStage = (typeof ClocksourceStage)[keyof typeof ClocksourceStage]
export const CLOCKSOURCE_STAGES: readonly string[] = ['entry', 'change', 'first_read', 'recalculation']

/** What attached the probe that saw something. */
export type RecordSource = 'fentry' | 'fexit' | 'kprobe' | 'kretprobe' | 'tp_btf' | 'raw_tp' | 'tracepoint' | ''

/** One probe hit. What the format or the kernel does not give is absent, never 0. */
export interface ProbeRecord {
  readonly kind: RecordKind
  /** ns of the header's clock. */
  readonly time: bigint
  readonly cpu: number
  /** Where the record lies in its file, bytes; the line for text formats starts there. */
  readonly offset: number
  readonly length: number
  /** The task that was current on `cpu`: the waker at stages up to the wake-up, prev at switch-in, the reader at first read. */
  readonly pid: number
  readonly comm?: string
  /** Correlation id of the wake-up: XXH64, see analysis/correlation-id.ts. */
  readonly id?: bigint
  /** The writer's own number of the wake-up, where records carry no correlation id. 0 = belongs to none. */
  readonly serial?: number
  /** The woken task. */
  readonly wakee?: number
  readonly wakeeTgid?: number
  readonly wakeeComm?: string
  readonly runSeq?: number
  /** The ktime_ns that went into the correlation id. */
  readonly ktime?: bigint
  /** wake_flags as try_to_wake_up was called, and as the activation had them. */
  readonly flagsEntry?: number
  readonly flagsActivate?: number
  readonly path?: WakePath
  /** task_struct.__state before and after, raw bits. */
  readonly stateBefore?: number
  readonly stateAfter?: number
  readonly prevCpu?: number
  readonly targetCpu?: number
  readonly rqClock?: bigint
  readonly source?: RecordSource
  /** Innermost frame first; without instrumentation frames; `symbol` or `symbol+0x1f`, or `0xffff...` where there is no symbol. */
  readonly stack?: readonly string[]
  /** Timekeeping function, probe label, irq or timer handler. */
  readonly function?: string
  /** Value that the timekeeping function returned, ns. */
  readonly value?: bigint
  readonly clocksource?: string
  readonly clocksourceStage?: ClocksourceStage
  /** irq or softirq number, vector, vcpu id, exit reason, C-state: what the kind calls its number. */
  readonly number?: number
  /** vCPU of kvm records. */
  readonly vcpu?: number
  /** Session and chain of probe records. */
  readonly session?: string
  readonly chain?: string
  /** What else the record holds, as it is written there. */
  readonly extra?: Readonly<Record<string, string>>
}

/** Readings of several clocks at one moment, ns; tsc in ticks. Absent = not readable there. */
export interface ClockReading {
  readonly mono: bigint
  readonly raw?: bigint
  readonly boot?: bigint
  readonly real?: bigint
  readonly tsc?: bigint
  /** Longest time between two of these readings, ns; half of it is their uncertainty. */
  readonly spread?: bigint
}

/** What a record file says of itself; JSON lines without a header have '' and empty lists. */
export interface RecordHeader {
  /** `wire 1`, `json lines`, `json`. */
  readonly format: string
  /** Version of the writer. */
  readonly collector: string
  /** 64 or 128 bits: tells machines apart, is no part of the ids. */
  readonly machineId: bigint | null
  readonly machine: string
  readonly bootId: string
  /** `uname -a` or the release alone. */
  readonly kernel: string
  /** Trace clock of the same name: mono, boot, ... */
  readonly clock: string
  readonly clocks: readonly ClockReading[]
  /** CPU model, governor, max_cstate, VM configuration, ...: as the writer calls them. */
  readonly settings: readonly { readonly name: string; readonly value: string }[]
  /** Probe map: what each label was attached to; '' = to nothing, `because` says why. */
  readonly probes: readonly {
    readonly label: string
    readonly attached: string
    readonly source: RecordSource
    readonly because: string
  }[]
  /** Fields that no record has, and why. */
  readonly absent: readonly { readonly field: string; readonly because: string }[]
  /** Lost records per CPU. */
  readonly lost: readonly { readonly cpu: number; readonly records: number }[]
}

export const NO_HEADER: RecordHeader = {
  format: '',
  collector: '',
  machineId: null,
  machine: '',
  bootId: '',
  kernel: '',
  clock: 'mono',
  clocks: [],
  settings: [],
  probes: [],
  absent: [],
  lost: [],
}

/** All records of a file as columns, in the order of the file; index = record. */
export interface RecordColumns {
  readonly count: number
  /** ns since `epoch`. */
  readonly t: Float64Array
  readonly kind: Uint8Array
  readonly cpu: Int32Array
  readonly pid: Int32Array
  /** Index into `strings`: the function, or the label of a probe; -1 = none. */
  readonly label: Int32Array
  /** Wake-up that the record belongs to, index into WakeColumns; -1 = none. */
  readonly wake: Int32Array
  /** Bytes in the file. */
  readonly offset: Float64Array
  readonly length: Uint32Array
}

/** All wake-ups of a file as columns, in the order of their first record; index = wake-up. Absent: NaN, -1, or 0n for ids. */
export interface WakeColumns {
  readonly count: number
  /** Correlation ids; made from tgid, pid, run_seq and ktime where the file has none but all of these. */
  readonly id: BigUint64Array
  readonly serial: Float64Array
  readonly tgid: Int32Array
  readonly pid: Int32Array
  /** Index into `strings`; -1 = not known. */
  readonly comm: Int32Array
  readonly runSeq: Float64Array
  /** ns since `epoch`. */
  readonly ktime: Float64Array
  /** Its first record in the file. */
  readonly first: Int32Array
  /** Record of each stage (WAKE_STAGES), row-major [wake][stage]; -1 = none. */
  readonly stages: Int32Array
  /** Waker: the current task at the first stage. */
  readonly wakerPid: Int32Array
  readonly wakerComm: Int32Array
  readonly flagsEntry: Int32Array
  readonly flagsActivate: Int32Array
  readonly path: Uint8Array
  readonly stateBefore: Int32Array
  readonly stateAfter: Int32Array
  /** CPU before selection, and the one it was woken on. */
  readonly prevCpu: Int32Array
  readonly targetCpu: Int32Array
  /** 1 = target and previous CPU differ, 0 = they do not, -1 = one of them is not known. */
  readonly derivedMigrated: Int8Array
  /** ns as the kernel's runqueue clock has it (its own base, not the header's clock). */
  readonly rqClock: BigUint64Array
  /** Index into `stacks`: at the wake-up, and at the first timekeeping read; -1 = none. */
  readonly stack: Int32Array
  readonly readStack: Int32Array
  /** Function of the first timekeeping read and what it returned (ns since `epoch`). */
  readonly readFunction: Int32Array
  readonly readValue: Float64Array
  /** Index into `strings`: RecordSource of flags and CPUs. */
  readonly source: Int32Array
}

/** One clocksource switch with what followed from it; record indices, -1 = not seen. */
export interface ClocksourceSwitch {
  readonly to: string
  readonly entry: number
  readonly change: number
  readonly firstRead: number
  readonly recalculation: number
  /** Index into `stacks`; -1 = none. */
  readonly stack: number
  /** No probe saw it: a task was woken out of timekeeping_notify, as its stack shows. */
  readonly inferred: boolean
}

/** What a record file holds. */
export interface WakeRecords {
  readonly header: RecordHeader
  readonly flagNames: FlagNames
  /** Clock value that 0 in the columns stands for. */
  readonly epoch: bigint
  readonly records: RecordColumns
  readonly wakes: WakeColumns
  readonly clocksources: readonly ClocksourceSwitch[]
  readonly strings: readonly string[]
  /** Distinct stacks, innermost frame first, indices into `strings`. */
  readonly stacks: readonly Uint32Array[]
}

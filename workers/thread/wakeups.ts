// What may be asked about wake-ups: the table of them, their distribution, their stacks, and arrows for the timeline. Part of
// the contract; the chain that one of them is part of is told in chains.ts.
//
// A wake-up is one sched_waking with the sched_wakeup(_new) and the switch to the task that follow from it. Where sched_waking is
// not recorded, sched_wakeup stands for it. Lengths are in session units.

import type { MachineIndex, Position, SessionTime } from '../units.js'
import type { ChainLimits, ChainTarget, WakeupChain, WakeupLayers } from './chains.js'
import type { OnProgress } from './contract.js'
import type { Actor, TimeRange } from './fused.js'

/** Index of a wake-up in the session's list, in the order of time; void when the session's version changes. `id` stays. */
export type WakeupIndex = number

/** What is special about a wake-up: bits. */
export const WakeupMark = {
  /** The first wake-up of a new task: sched_wakeup_new. */
  New: 1,
  /** No sched_waking is recorded: its time, CPU and waker are those of sched_wakeup. */
  NoWaking: 2,
  /** No sched_wakeup is recorded: whether the task moved is judged by where it ran. */
  NoWakeup: 4,
  /** No sched_switch to the task is recorded: the true switch lies before the time given, `inferred` says since when. */
  RunInferred: 8,
  /** Woken again before it ran: the run belongs to the first of these wake-ups. */
  Repeated: 16,
  /** The task ran when it was woken and went on: nothing had to be waited for. */
  WhileRunning: 32,
  /** The task had been preempted and could run anyway. */
  WhileRunnable: 64,
  /** Events were lost on a CPU of the machine between waking and running. */
  Lost: 128,
  /** It runs on another CPU than before: sched_waking.target_cpu differs from sched_wakeup's, or sched_migrate_task lies between. */
  Migrated: 256,
  /** Not seen running before the recording ends. */
  NeverRan: 512,
} as const
export type WakeupMark = (typeof WakeupMark)[keyof typeof WakeupMark]

/** Who called: a task, or an interrupt on top of whatever task ran. 'unknown': the recording does not say. */
export type WakeContext = 'task' | 'softirq' | 'irq' | 'nmi' | 'unknown'

/**
 * EXACT: every step is recorded (across the boundary: the injected vector is that of the guest's interrupt). LIKELY: one step is
 * inferred, or follows from being the only candidate. AMBIGUOUS: several candidates, or steps that may have been lost.
 */
export type Grade = 'EXACT' | 'LIKELY' | 'AMBIGUOUS'

/** A moment of a wake-up. */
export interface WakeMoment {
  readonly t: SessionTime
  /** CPU on which the event was recorded. */
  readonly cpu: number
  /** null: no event says so, it is inferred. */
  readonly position: Position | null
  /** Inferred moments: it lies after this time; null = recorded. */
  readonly notBefore: SessionTime | null
}

export interface Waker {
  /** The task that had the CPU; for interrupts the one that was interrupted. */
  readonly task: Actor
  readonly context: WakeContext
  /** `bash-4711`, `softirq NET_RX`, `irq 24 virtio0`, `local_timer`, `interrupt`. */
  readonly label: string
}

export interface WakeupRow {
  readonly wakeup: WakeupIndex
  /** 16 hex digits: the correlation id of the record that joined, or one derived from the recording; the same in every session. */
  readonly id: string
  readonly machine: MachineIndex
  readonly wakee: Actor
  readonly waker: Waker
  readonly waking: WakeMoment
  readonly activated: WakeMoment | null
  readonly running: WakeMoment | null
  /** Where the task was before (sched_waking.target_cpu), and where it was put (sched_wakeup.target_cpu, or where it ran); -1 = not known. */
  readonly cpuBefore: number
  readonly cpuAfter: number
  /** null = cannot be told. `source` of what is told is always the tracepoints. */
  readonly migrated: boolean | null
  /** waking to running; null where it did not run, or ran already. */
  readonly latency: number | null
  readonly wakingToWakeup: number | null
  readonly wakeupToRunning: number | null
  /** WakeupMark bits. */
  readonly marks: number
  /** Of these moments alone; what lies beyond the machine's boundary is graded in the chain. */
  readonly grade: Grade
  /** The stack at sched_waking (or sched_wakeup): its innermost functions below the wake-up itself; null = none recorded. */
  readonly stack: string | null
  /** What a collector's record says of the same wake-up. */
  readonly record: WakeRecord | null
}

/** wake_flags as a record holds them, decoded for the kernel that it comes from. */
export interface WakeFlags {
  /** `0x30`. */
  readonly raw: string
  /** `SYNC`, `MIGRATED`. */
  readonly names: readonly string[]
  /** Bits without a name, 0 = none. */
  readonly unknown: number
  /** The kernel is not known: names could differ. */
  readonly ambiguous: boolean
  /** `SYNC|MIGRATED|0x400`. */
  readonly text: string
}

export interface WakeRecord {
  /** File that the record comes from, and its index in SessionInfo.files. */
  readonly file: string
  readonly source: number
  /** Whose names the flags have: one of WakeFlagKernels, by choice or by the recorded kernel (`usual`); null = it is not known. */
  readonly names: string | null
  readonly chosen: boolean
  readonly usual: string | null
  readonly entry: WakeFlags | null
  readonly activate: WakeFlags | null
  /** Everything else it says, as name and text. */
  readonly fields: readonly { readonly name: string; readonly text: string }[]
}

/** All that are given must hold. Times are those of the waking. */
export interface WakeupFilter extends Partial<TimeRange> {
  readonly machines?: readonly number[]
  readonly wakees?: readonly { readonly machine: number; readonly pid: number }[]
  readonly wakers?: readonly { readonly machine: number; readonly pid: number }[]
  /** Part of the wakee's or waker's name and pid (`bash-4711`), whatever the case. */
  readonly text?: string
  /** Part of the wakee's name, or its whole pid. */
  readonly task?: string
  readonly contexts?: readonly WakeContext[]
  readonly migrated?: boolean
  readonly minLatency?: number
  readonly maxLatency?: number
  readonly grades?: readonly Grade[]
  /** Marks of which one must be set, and marks of which none may be. */
  readonly marks?: number
  readonly notMarks?: number
  /** Names of wake_flags of which one must be in a record of it, at entry or at activation: `SYNC`. */
  readonly flags?: readonly string[]
  /** WakeupStacks.stacks index; reads the stacks of the recording if that has not been done. */
  readonly stacks?: readonly number[]
}

export type WakeupSort =
  | 'time'
  | 'latency'
  | 'wakingToWakeup'
  | 'wakeupToRunning'
  | 'wakee'
  | 'waker'
  | 'cpuBefore'
  | 'cpuAfter'
  | 'context'
  | 'grade'
  /** By the names of a record's flags, those at activation first. */
  | 'flags'
  /** By functions, innermost first; reads the stacks of the recording if that has not been done. */
  | 'stack'

/** Of one value per run: wake-ups marked Repeated, WhileRunning and NeverRan do not count. Quantiles are nearest ranks. */
export interface LatencySummary {
  readonly n: number
  readonly mean: number
  readonly min: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export interface WakeupQuery extends WakeupFilter {
  readonly sort?: WakeupSort
  readonly descending?: boolean
  /** Rows wanted. */
  readonly start: number
  readonly count: number
}

export interface WakeupTable {
  readonly version: number
  /** Wake-ups that pass the filter. */
  readonly total: number
  readonly rows: readonly WakeupRow[]
  /** null where none of them ran. */
  readonly latency: LatencySummary | null
}

/** What there is to be told of wake-ups. */
export interface WakeupSurvey {
  readonly version: number
  readonly count: number
  /** Switches to a task that follow from a wake-up. */
  readonly runs: number
  readonly machines: readonly {
    readonly machine: MachineIndex
    readonly wakings: number
    readonly wakeups: number
    readonly chained: number
    readonly inferred: number
    readonly stacks: boolean
  }[]
  /** Sentences: what is missing in the recording and what cannot be told for that reason. */
  readonly lacking: readonly string[]
  readonly bytes: number
}

export interface LatencyHistogram {
  readonly version: number
  /** Bin i holds edges[i] <= latency < edges[i + 1]; logarithmic, four bins an octave from 64 on, the first begins at 0. */
  readonly edges: Float64Array
  readonly counts: Uint32Array
  readonly latency: LatencySummary | null
}

/** Tasks of a selection by their latencies, the one with the longest first. */
export interface WakeupTasks {
  readonly version: number
  readonly count: number
  readonly tasks: readonly {
    readonly task: Actor
    /** Runs that followed a wake-up, and their latencies. */
    readonly runs: number
    readonly total: number
    readonly mean: number
    readonly max: number
    readonly slowest: WakeupIndex
    /** When that one was woken. */
    readonly at: SessionTime
  }[]
}

/** Wake-ups by time and latency. */
export interface LatencyHeat {
  readonly version: number
  readonly from: SessionTime
  readonly to: SessionTime
  readonly columns: number
  readonly edges: Float64Array
  /** Row-major [bin][column], bins as in LatencyHistogram. */
  readonly counts: Uint32Array
  /** Longest latency of each column, 0 = none. */
  readonly longest: Float64Array
}

/**
 * The stacks of a selection as a tree. Node 0 is the root; parents come before their children. Functions of the tracing itself and
 * of try_to_wake_up's insides are left out.
 */
export interface StackTree {
  readonly version: number
  readonly parent: Int32Array
  /** Index of `names`. */
  readonly name: Int32Array
  readonly names: readonly string[]
  /** Wake-ups, and their latencies added up, of the node and all below. */
  readonly count: Uint32Array
  readonly latency: Float64Array
  /** Wake-ups of the selection with and without a stack. */
  readonly withStack: number
  readonly without: number
}

export interface WakeupStacks {
  readonly version: number
  /** Stacks that differ in the selection, and wake-ups of it without one. */
  readonly distinct: number
  readonly without: number
  /** Most frequent first. `stack` is what WakeupFilter.stacks takes; frames are innermost first. */
  readonly stacks: readonly {
    readonly stack: number
    readonly frames: readonly string[]
    readonly count: number
    readonly latency: LatencySummary | null
  }[]
}

/** Arrows for a window: at most a few per pair of rows and pixel; each stands for `count` wake-ups and is the slowest of them. */
export interface WakeupArrows {
  readonly version: number
  readonly tracks: readonly string[]
  readonly t0: Float64Array
  readonly t1: Float64Array
  /** Index of `tracks`: row of the waker and row of the woken task; -1 = not among them. */
  readonly fromRow: Int32Array
  readonly toRow: Int32Array
  readonly wakeup: Uint32Array
  readonly count: Uint32Array
  /** Wake-ups for which there was no room: each shorter than all that are shown. */
  readonly hidden: number
}

export interface ArrowQuery extends TimeRange {
  readonly tracks: readonly string[]
  readonly pixels: number
  readonly filter?: WakeupFilter
}

/** Wake-ups are built when first asked for after loading and after each change of the clocks. Part of EngineApi. */
export interface WakeupsApi {
  /** What there is; builds it. */
  wakeupSurvey(onProgress?: OnProgress, signal?: AbortSignal): Promise<WakeupSurvey>
  wakeups(query: WakeupQuery, signal?: AbortSignal): Promise<WakeupTable>
  /** Row of a wake-up in such a table, -1 where the filter leaves it out: to scroll to it. */
  wakeupRowOf(query: WakeupFilter & Pick<WakeupQuery, 'sort' | 'descending'>, wakeup: WakeupIndex): Promise<number>
  wakeupTasks(filter: WakeupFilter, limit: number): Promise<WakeupTasks>
  wakeupLayers(filter: WakeupFilter): Promise<WakeupLayers>
  wakeupHistogram(filter: WakeupFilter): Promise<LatencyHistogram>
  /** Of the filter's range, absent = all of the recording. */
  wakeupHeat(filter: WakeupFilter, columns: number): Promise<LatencyHeat>
  wakeupArrows(query: ArrowQuery): Promise<WakeupArrows>
  /** Stacks of a selection, at most `limit` of them. Reads the stacks of all wake-ups at first use. */
  wakeupStacks(
    filter: WakeupFilter,
    limit: number,
    onProgress?: OnProgress,
    signal?: AbortSignal,
  ): Promise<WakeupStacks>
  wakeupStackTree(filter: WakeupFilter, onProgress?: OnProgress, signal?: AbortSignal): Promise<StackTree>
  /**
   * The chain of a wake-up, an event, an id, or what a row shows; null where nothing woke it. An id is looked for among all
   * wake-ups, which takes a while with millions of them.
   */
  wakeupChain(
    target: ChainTarget,
    limits?: ChainLimits,
    onProgress?: OnProgress,
    signal?: AbortSignal,
  ): Promise<WakeupChain | null>
}

// What may be asked about records of collectors and scripts: the files of them, and clusters of the stacks of a selection of
// wake-ups with their flag constellations, the machines beside each other. Part of the contract.

import type { MachineIndex, SessionTime } from '../units.js'
import type { OnProgress } from './contract.js'
import type { WakeupFilter } from './wakeups.js'

/** Kernels by the names of their wake_flags, oldest first. */
export const WakeFlagKernels = ['<=5.7', '5.8-5.10', '5.11-5.19', '6.0-6.5', '6.6-6.11', '>=6.12'] as const

export interface RecordFileInfo {
  readonly file: number
  readonly name: string
  readonly machine: MachineIndex
  /** Machine and kernel as the file's header names them, '' where it has none. */
  readonly hostname: string
  readonly kernel: string
  /** Whose names its wake_flags have unless others are chosen: `6.0-6.5`, one of WakeFlagKernels; null = the kernel is not known. */
  readonly flags: string | null
  /** Whose names were chosen; null = none were. */
  readonly chosen: string | null
  readonly records: number
  readonly wakes: number
  /** Wake-ups with a correlation id, with flags at entry and at activation, with a stack, with a first timekeeping read. */
  readonly withId: number
  readonly withEntry: number
  readonly withActivation: number
  readonly withStack: number
  readonly withRead: number
  /** Wake-ups that the recording could have, and those that it has: distances from its tracepoints in ns, null = none joined. */
  readonly expected: number
  readonly joined: number
  /** Joined within 50 us. */
  readonly near: number
  readonly median: number | null
  readonly p99: number | null
  readonly absent: readonly { readonly field: string; readonly because: string }[]
  readonly lost: number
  readonly settings: readonly { readonly name: string; readonly value: string }[]
  readonly clocksources: readonly ClocksourceInfo[]
}

/** A clocksource switch; times null where no record tells them. */
export interface ClocksourceInfo {
  /** Name of the new one, '' = not known. */
  readonly to: string
  readonly entry: SessionTime | null
  readonly change: SessionTime | null
  readonly firstRead: SessionTime | null
  readonly recalculation: SessionTime | null
  readonly frames: readonly string[]
  /** Seen only in the stack of a wake-up. */
  readonly inferred: boolean
}

/** Until when a delta lasts, from the wake-up's first stage: first timekeeping read, switch to the task, sched_wakeup. */
export type DeltaStage = 'first_read' | 'switch_in' | 'wakeup'

export interface ClusterQuery {
  readonly filter: WakeupFilter
  /** Average distance up to which stacks are one cluster, 0..1 (default 0.3). */
  readonly cut?: number
  /** Weight of the functions in the distance, the rest is the common beginning, 0..1 (default 0.5). */
  readonly jaccard?: number
  /** Where a common beginning counts (default innermost). */
  readonly end?: 'innermost' | 'outermost'
  /** Default: the first that at least half of the wake-ups have. */
  readonly delta?: DeltaStage
}

/** Lengths in session units. */
export interface DeltaFigures {
  readonly n: number
  readonly mean: number
  /** NaN for one value. */
  readonly sd: number
  readonly median: number
  readonly mad: number
  readonly iqr: number
  readonly min: number
  readonly max: number
  /** 1, 5, 10, 25, 50, 75, 90, 95, 99 %. */
  readonly percentiles: readonly number[]
}

/** Of one machine. */
export interface ClusterShare {
  readonly count: number
  /** Of the machine's wake-ups with a stack, 0..1. */
  readonly share: number
  readonly deltas: DeltaFigures | null
}

export interface FlagConstellation {
  /** `SYNC|MIGRATED`, `SYNC at entry, migrated`, `flags not recorded, not migrated`. */
  readonly text: string
  /** `0x30`; null = not recorded. */
  readonly raw: string | null
  readonly captured: 'activation' | 'entry' | 'none'
  readonly names: readonly string[]
  /** By the flag, or by the CPUs where no flag tells; null = cannot be told. */
  readonly migrated: boolean | null
  readonly count: number
  readonly sides: readonly ClusterShare[]
  readonly deltas: DeltaFigures | null
}

export interface WakeupCluster {
  /** 16 hex digits, made of its most frequent stack: the same in other sessions. */
  readonly id: string
  /** `A`, `B`, ..: by falling count. */
  readonly name: string
  readonly count: number
  /** The most frequent stack, innermost function first. */
  readonly frames: readonly string[]
  /** Greatest distance of a stack to that one. */
  readonly radius: number
  /** Most frequent first. */
  readonly stacks: readonly { readonly frames: readonly string[]; readonly count: number }[]
  readonly flags: readonly FlagConstellation[]
  /** As WakeupClusters.sides. */
  readonly sides: readonly ClusterShare[]
  readonly deltas: DeltaFigures | null
  /** Its wake-ups (WakeupIndex), ascending. Those of records without a recording beside them are counted, but are not among them. */
  readonly wakeups: Uint32Array
}

export interface WakeupClusters {
  readonly version: number
  readonly delta: DeltaStage
  /**
   * Machines with wake-ups in the selection; files of records alone whose headers name the same machine are one side, `machine` being
   * the first of them. `without`: those that have no stack.
   */
  readonly sides: readonly (ClusterShare & {
    readonly machine: MachineIndex
    readonly name: string
    readonly without: number
  })[]
  /** Most frequent first. */
  readonly clusters: readonly WakeupCluster[]
}

/** Part of EngineApi. */
export interface RecordsApi {
  recordFiles(): Promise<readonly RecordFileInfo[]>
  /**
   * Names the wake_flags of a file of records (index of SessionInfo.files) as a kernel does: by its version or one of
   * WakeFlagKernels; null = as the file or the recording beside it tell. Holds until the session is closed. Rejects with RequestError.
   */
  chooseWakeFlags(file: number, kernel: string | null): Promise<void>
  /** Clusters of the stacks of a selection. Reads the stacks of all wake-ups at first use. */
  wakeupClusters(query: ClusterQuery, onProgress?: OnProgress, signal?: AbortSignal): Promise<WakeupClusters>
}

// What the timeline is drawn from.

import type { SessionTime } from '../units.js'
import type { EventRow } from './events.js'
import type { FusedLabel, FusedState } from './fused.js'

/** What a task or CPU does during a span. */
export const RunState = {
  Unknown: 0,
  Idle: 1,
  /** CPU rows: `value` = pid that runs. Task rows: `value` = CPU it runs on. */
  Running: 2,
  Runnable: 3,
  Sleeping: 4,
  DiskSleep: 5,
  Stopped: 6,
  Dead: 7,
} as const
export type RunState = (typeof RunState)[keyof typeof RunState]
export const SpanFlag = {
  /** No sched_switch says so: follows from common_pid; the true switch lies between `from` and the event before it. */
  Inferred: 1,
  /**
   * Several spans share these pixels. Shown is what ran, the kind of state that there is the most of, in sum, and of that the owner
   * of the most; what was kept from running only where nothing ran, idleness and what is not known only where nothing else is.
   * `busy`, `taken`, `waits` and `blocked` say how much is what.
   */
  Mixed: 2,
  /** Events were lost inside or just before. */
  Lost: 4,
  /** Fused rows: guest or hypervisor, which cannot be told apart without kvm_entry and kvm_exit. */
  Unsplit: 8,
} as const
export type SpanFlag = (typeof SpanFlag)[keyof typeof SpanFlag]

/**
 * Rows of one frame. All rows use one set of arrays; row r owns spans spanStart[r]..spanStart[r+1]. Spans of a row ascend and do
 * not overlap; the first may begin before `from`, the last may end after `to` (so that what leaves the view still has an end).
 */
export interface LodFrame {
  readonly version: number
  readonly from: SessionTime
  readonly to: SessionTime
  readonly pixels: number
  readonly tracks: readonly string[]
  readonly spanStart: Uint32Array
  readonly t0: Float64Array
  readonly t1: Float64Array
  /** pid (CPU rows), CPU (task rows) or index into `labels` (fused rows); -1 = none. */
  readonly value: Int32Array
  /** RunState, or FusedState on fused rows. */
  readonly state: Uint8Array
  readonly flags: Uint8Array
  /** Share of the span that was not idle (fused rows: nor asleep) / was running, 0..255; neither 0 nor 255 by rounding. */
  readonly busy: Uint8Array
  /** Fused rows: the part of `busy` for which the vCPU was preempted by the machine below. As all shares. */
  readonly taken: Uint8Array
  /** Runnable and not running, by its own scheduler; woken and not running yet. On fused rows a part of `busy`. */
  readonly waits: Uint8Array
  /** Asleep and not to be interrupted (tasks' rows). */
  readonly blocked: Uint8Array
  /** Event ticks: row r owns tickStart[r]..tickStart[r+1]. Where events are denser than columns, one tick a column with its count. */
  readonly tickStart: Uint32Array
  readonly tickT: Float64Array
  readonly tickCount: Uint32Array
  /** Type of the tick's (first) event, EventTypeIndex. */
  readonly tickType: Uint16Array
  /** Rows that were asked for and are not here, because making them would take longer than the query's patience; absent = none. */
  readonly missing?: number
  /** What `value` means on fused rows; absent where none was asked for. */
  readonly labels?: readonly FusedLabel[]
}
export interface LodQuery {
  readonly tracks: readonly string[]
  readonly from: SessionTime
  readonly to: SessionTime
  /**
   * Width in device pixels. What is narrower is summed up by columns: a power of two of time units wide, at whole multiples of
   * that, and never wider than a pixel, so that all frames at a zoom share theirs.
   */
  readonly pixels: number
  /** View whose events alone make ticks; 0 = all. */
  readonly view?: number
  /**
   * ms after which rows that must be made first are left out (at least one is made; 0: none is), to be asked for again. Absent: all
   * rows come.
   */
  readonly patience?: number
}

/** Events per column of the whole session, one row a machine: the overview strip. */
export interface Overview {
  readonly from: SessionTime
  readonly to: SessionTime
  readonly columns: number
  /** Row-major [machine][column], events per column. */
  readonly density: Uint32Array
  /** Row-major [machine][column], 0..255 share of CPU time not idle. */
  readonly busy: Uint8Array
}

export interface HoverInfo {
  readonly track: string
  readonly span: {
    readonly from: SessionTime
    readonly to: SessionTime
    /** On fused rows the nearest of these; `fused` says it exactly. */
    readonly state: RunState
    readonly fused?: FusedState
    readonly value: number
    /** Fused rows: the label. */
    readonly task: string
    readonly flags: number
  } | null
  readonly event: EventRow | null
}

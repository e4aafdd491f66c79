// All wake-ups of a session, struct of typed arrays, in the order of time.

import { WakeupMark, type WakeContext } from '../../thread/contract.js'

export const contexts: readonly WakeContext[] = ['task', 'softirq', 'irq', 'nmi', 'unknown']
export const Context = { Task: 0, Softirq: 1, Irq: 2, Nmi: 3, Unknown: 4 } as const

/** Wake-ups whose latency is no latency: their run belongs to another one, or there was none. */
export const NOT_A_RUN = WakeupMark.Repeated | WakeupMark.WhileRunning | WakeupMark.NeverRan

export interface Wakeups {
  readonly count: number
  readonly machine: Uint8Array
  readonly wakee: Int32Array
  /** common_pid of the waking. */
  readonly waker: Int32Array
  readonly context: Uint8Array
  /** WakeupMark bits. */
  readonly marks: Uint16Array
  /** SessionTime; of the wake-up and the run NaN where there is none. */
  readonly wakingT: Float64Array
  readonly wakeupT: Float64Array
  readonly runT: Float64Array
  /** Where the events are: index of the stream in the table and row in it; NONE where there is none. */
  readonly wakingStream: Uint16Array
  readonly wakingRow: Uint32Array
  readonly wakeupStream: Uint16Array
  readonly wakeupRow: Uint32Array
  /** Row of the CPU in Runs and entry of its intervals; NONE where it did not run. */
  readonly runCpu: Uint16Array
  readonly runEntry: Uint32Array
  /** sched_waking.target_cpu and sched_wakeup.target_cpu, -1 = not known. */
  readonly cpuBefore: Int16Array
  readonly cpuAfter: Int16Array
}

export const NONE_16 = 0xffff
export const NONE = 0xffffffff

/** waking to running; NaN where that is no latency. */
export const latencyOf = (w: Wakeups, i: number): number =>
  (w.marks[i]! & NOT_A_RUN) === 0 ? w.runT[i]! - w.wakingT[i]! : Number.NaN

export function emptyWakeups(capacity: number): { -readonly [K in keyof Wakeups]: Wakeups[K] } {
  return {
    count: 0,
    machine: new Uint8Array(capacity),
    wakee: new Int32Array(capacity),
    waker: new Int32Array(capacity),
    context: new Uint8Array(capacity),
    marks: new Uint16Array(capacity),
    wakingT: new Float64Array(capacity),
    wakeupT: new Float64Array(capacity).fill(Number.NaN),
    runT: new Float64Array(capacity).fill(Number.NaN),
    wakingStream: new Uint16Array(capacity),
    wakingRow: new Uint32Array(capacity),
    wakeupStream: new Uint16Array(capacity).fill(NONE_16),
    wakeupRow: new Uint32Array(capacity).fill(NONE),
    runCpu: new Uint16Array(capacity).fill(NONE_16),
    runEntry: new Uint32Array(capacity).fill(NONE),
    cpuBefore: new Int16Array(capacity),
    cpuAfter: new Int16Array(capacity),
  }
}

/** Bytes of a list of so many. */
export const wakeupBytes = (w: Wakeups): number =>
  Object.values(w).reduce<number>((n, a) => n + (ArrayBuffer.isView(a) ? a.byteLength : 0), 0)

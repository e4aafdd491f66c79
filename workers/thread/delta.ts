// What may be asked about the time between two instants. Part of the contract.

import type { MachineIndex } from '../units.js'
import type { Culprit, TimeRange } from './fused.js'

/** What a subject did by its own kernel: a task, or the thread that a vCPU is; a physical CPU is always 'running' or 'unknown'. */
export type DeltaPhase = 'running' | 'preempted' | 'ready' | 'blocked' | 'unknown'

/** Which layer the time of a phase went to. */
export type DeltaLayer =
  /** A task had the CPU (`by`): the subject itself, its vCPU's guest, or who ran instead. */
  | 'task'
  /** The CPU was idle, in guest mode where it is a vCPU. */
  | 'idle'
  /** An interrupt or softirq (`what`) of the machine of the subject. */
  | 'interrupt'
  /** KVM or its user space, `what`: the reason of the exit. */
  | 'hypervisor'
  /** The vCPU below was preempted, `by` whom. */
  | 'vcpuPreempted'
  /** The thread of the vCPU below was woken and had no CPU yet. */
  | 'vcpuReady'
  /** The vCPU below waited, `what` for. */
  | 'vcpuBlocked'
  /** A task of a host that was asleep. */
  | 'asleep'
  | 'unknown'

export interface DeltaPart {
  readonly phase: DeltaPhase
  readonly layer: DeltaLayer
  /** `EPT_VIOLATION`, `irq 4 disk`, `halted`; '' where the layer says it all. */
  readonly what: string
  readonly by: Culprit | null
  readonly time: number
  /** Stretches of time that this sums. */
  readonly count: number
  /** The longest of them: where to look. */
  readonly longest: TimeRange
}

/** Between two instants A (`from`) and B (`to`). */
export interface DeltaQuery extends TimeRange {
  /**
   * Rows of vCPUs (`m0/vcpu/4711`, or as their guest's CPU `m1/cpu0`), of physical CPUs (`m0/pcpu1`, `m0/cpu1`), and of tasks of any
   * machine (`m1/task/50`, `m1/thread/50`); absent: every vCPU.
   */
  readonly tracks?: readonly string[]
}

/** What the time from A to B went to; the parts of a subject sum to B - A, exactly. */
export interface DeltaByLayer extends TimeRange {
  readonly version: number
  /** B - A. */
  readonly delta: number
  readonly subjects: readonly {
    readonly track: string
    readonly machine: MachineIndex
    readonly label: string
    /** Phase after phase, within a phase layer after layer in the order of DeltaLayer, the longest first. */
    readonly parts: readonly DeltaPart[]
  }[]
}

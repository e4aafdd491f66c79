// What may be asked about virtual machines: fused rows, totals, preemption, and what ran at an instant. Part of the contract.

import type { MachineIndex, SessionTime } from '../units.js'

/**
 * What a span of a fused row says, in LodFrame.state. The numbers are apart from RunState's. Rows of kind 'vcpu' use Unknown and
 * Guest .. Ready; rows of kind 'pcpu' use Unknown .. VmmUser; rows of threads what their CPU's row says while they are current, and
 * TaskPreempted .. TaskBlocked while they are not. States of a row never overlap and leave nothing out.
 */
export const FusedState = {
  /** Nothing recorded says what went on. */
  Unknown: 16,
  HostIdle: 17,
  /** Label: the host's task. */
  HostTask: 18,
  /** The same, within a system call (FusedLabel.detail). */
  HostSyscall: 19,
  /** Label: `irq 24 virtio0`, `local_timer`. */
  HostIrq: 20,
  /** Label: `softirq TIMER`. */
  HostSoftirq: 21,
  /** In guest mode; which task the guest ran is not known. */
  Guest: 22,
  /** Label: the guest's task. */
  GuestTask: 23,
  GuestSyscall: 24,
  GuestIdle: 25,
  GuestIrq: 26,
  GuestSoftirq: 27,
  /** Label: why the guest was left, `EPT_VIOLATION`. */
  VmmKernel: 28,
  /** Label: why KVM returned to user space, `KVM_EXIT_IO`. */
  VmmUser: 29,
  /** The vCPU's thread could run and did not. Label: the task that ran on its CPU instead. */
  Preempted: 30,
  /** Label: what it waited for: `halted`, `user space`. */
  Blocked: 31,
  /** Woken, and not running yet. */
  Ready: 32,
  /** Threads: switched out by their own kernel though they could go on. Label: the task that ran on its CPU instead. */
  TaskPreempted: 33,
  /** Threads: woken, and not switched in yet by their own kernel. */
  TaskReady: 34,
  /** Threads: asleep. Label: `asleep`, `asleep in read`, `stopped`. */
  TaskBlocked: 35,
} as const
export type FusedState = (typeof FusedState)[keyof typeof FusedState]

/** `value` of a span of a fused row is an index into LodFrame.labels (-1 = no label). */
export interface FusedLabel {
  /** `bash-4711`, `EPT_VIOLATION`, `irq 24 virtio0`. */
  readonly text: string
  /** The machine that owns it, whose colour it takes: the guest's for guest tasks and exits. */
  readonly machine: MachineIndex
  /** The task, null where the label is none. */
  readonly pid: number | null
  /** The system call that the task is in. */
  readonly detail: string | null
  /** Of the vCPU thread that preempted a span: the guest's task that had the CPU the longest meanwhile. Absent where not known. */
  readonly behind?: Actor
}

/** Fused rows: `m0/pcpu1` (a CPU of a machine that is nobody's guest), `m0/vcpu/4711` (the vCPU whose thread is 4711 of m0). */
export interface FusedTrack {
  readonly id: string
  readonly kind: 'pcpu' | 'vcpu'
  /** pcpu: the host. vcpu: the guest, or the thread's own machine where the guest's recording is not open. */
  readonly machine: MachineIndex
  /** `CPU 0`; `vCPU 1`; `vCPU 1 (CPU 1/KVM-4711)` where the guest is not known. */
  readonly label: string
  /** CPU of that machine; for vCPUs the number of the vCPU (-1 = not known). */
  readonly cpu: number
  /** The row of the same CPU in its own machine: `m1/cpu1` (null: the guest's recording is not open). */
  readonly cpuTrack: string | null
  /** vCPUs only. */
  readonly vcpu: {
    readonly host: MachineIndex
    readonly tid: number
    readonly guest: MachineIndex | null
    /** Row of its thread, `m0/task/4711`. */
    readonly threadTrack: string
    /** How the thread was found. */
    readonly by: 'GUEST option' | 'thread name' | 'kvm_entry'
    /** Whether guest and hypervisor can be told apart: kvm_entry and kvm_exit of this thread are recorded. */
    readonly split: boolean
    /** 1 = guest of the physical machine, 2 = guest of a guest. */
    readonly level: number
  } | null
}

/** A fused row of a thread, `m1/thread/50`: what its own kernel calls running is split by the layers below. */
export interface FusedThread {
  readonly id: string
  readonly machine: MachineIndex
  readonly pid: number
  /** `bash-4711` */
  readonly label: string
  /** The row of the same task as its own kernel sees it: `m1/task/50`. */
  readonly taskTrack: string
  /** As TrackInfo.container. */
  readonly container: string | null
  /** As its own kernel sees it, in the whole recording. */
  readonly running: number
}

/** Events that would tell more, and how to record them. */
export interface Lacking {
  readonly machine: MachineIndex
  readonly events: readonly string[]
  /** One sentence: what cannot be told without them. */
  readonly sentence: string
  /** The `trace-cmd record` line for the host, that records everything the view can use. */
  readonly command: string
}

export interface FusedTracks {
  readonly version: number
  readonly tracks: readonly FusedTrack[]
  /** Threads that ran or waited for a CPU, the busiest of each machine first; those that are vCPUs are among `tracks`. */
  readonly threads: readonly FusedThread[]
  readonly lacking: readonly Lacking[]
}

export interface TimeRange {
  readonly from: SessionTime
  readonly to: SessionTime
}

/** A task, or what stands for one. */
export interface Actor {
  readonly machine: MachineIndex
  /** 0 = idle, -1 = not known. */
  readonly pid: number
  /** `bash-4711`, `idle`, `not known`. */
  readonly name: string
}

/** Lengths are in session units; those of one vCPU sum to the range, exactly. */
export interface VcpuTotals {
  readonly track: string
  readonly label: string
  readonly machine: MachineIndex
  /** Guest mode (with the hypervisor where the two cannot be told apart), of that idle. */
  readonly guest: number
  readonly guestIdle: number
  readonly vmmKernel: number
  readonly vmmUser: number
  readonly preempted: number
  readonly blocked: number
  readonly ready: number
  readonly unknown: number
  /** preempted + ready: what the guest's kernel calls steal. */
  readonly steal: number
  /** Of the time the vCPU wanted to run (all but blocked and unknown), percent. */
  readonly stealPercent: number
  readonly split: boolean
  readonly exits: readonly ExitTotals[]
  readonly preemptedBy: readonly Share[]
  readonly blockedBy: readonly { readonly why: string; readonly time: number }[]
  /** Exits without an entry before them, and entries without an exit. */
  readonly missing: { readonly entries: number; readonly exits: number }
  /** What the guest itself says of the time that was taken from it; null where its recording is not open. */
  readonly guestView: GuestView | null
}

/** What a guest believes of one of its CPUs, beside what the recording of its host proves. */
export interface GuestView {
  /** What its tasks ran, by its own sched_switch .. */
  readonly believed: number
  /** .. and what of that was guest mode. The rest went to the hypervisor or to others. */
  readonly really: number
  /** Where the guest's figure of steal comes from; null: its recording has none. */
  readonly source: 'steal event' | 'sched_stat_runtime' | null
  /** Name of that event. */
  readonly event: string | null
  /** Events of that kind within the range. */
  readonly samples: number
  /** Steal by the guest's own account. */
  readonly steal: number
  /** preempted + ready of the vCPU in the very time of which these events speak. */
  readonly hostSteal: number
  /** What the figures are, and where the guest's is missing, why. */
  readonly sentence: string
  /** The `trace-cmd record` line that would give the guest's figure; null where it is there. */
  readonly command: string | null
}

export interface Share {
  readonly by: Actor
  readonly time: number
}

/** Time on a CPU from the exits of one reason to the next entries; not what the thread spent off the CPU meanwhile. */
export interface ExitTotals {
  readonly reason: string
  readonly count: number
  readonly time: number
  /** Of that in user space. */
  readonly user: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/**
 * One guest task. running = guestMode + vmm + hostPreempted + vcpuReady + vcpuBlocked + vcpuUnknown, and
 * running + preempted + ready + blocked + unknown = the range.
 */
export interface TaskTotals {
  readonly machine: MachineIndex
  readonly pid: number
  readonly name: string
  readonly track: string
  /** As TrackInfo.container. */
  readonly container: string | null
  /** As the guest sees it. */
  readonly running: number
  readonly guestMode: number
  readonly vmm: number
  readonly vmmBy: readonly { readonly why: string; readonly time: number }[]
  readonly hostPreempted: number
  readonly hostPreemptedBy: readonly Share[]
  readonly vcpuReady: number
  readonly vcpuBlocked: number
  readonly vcpuUnknown: number
  /** Runnable and not running, after it was switched out. */
  readonly preempted: number
  readonly preemptedBy: readonly Share[]
  /** Woken and not running yet. */
  readonly ready: number
  readonly blocked: number
  readonly unknown: number
}

export interface PcpuTotals {
  readonly track: string
  readonly machine: MachineIndex
  readonly label: string
  readonly host: number
  readonly idle: number
  /** Guest mode, guest after guest (idle guests included). */
  readonly guests: readonly { readonly machine: MachineIndex; readonly time: number }[]
  readonly vmm: number
  readonly unknown: number
}

/** The tasks of a container, on a host or in a guest, together. */
export interface ContainerTotals {
  readonly machine: MachineIndex
  readonly container: string
  /** Tasks that ran or waited. */
  readonly tasks: number
  /** As the machine's own kernel sees it. */
  readonly running: number
  /** What of that was really run: guest mode in guests, all of it on a host. */
  readonly ran: number
  readonly vmm: number
  /** The vCPU below them was preempted, or ready and without a CPU. */
  readonly taken: number
  /** Preempted by tasks of their own machine, and woken without running yet. */
  readonly preempted: number
  readonly ready: number
}

export interface FusedTotals extends TimeRange {
  readonly version: number
  readonly pcpus: readonly PcpuTotals[]
  readonly vcpus: readonly VcpuTotals[]
  /** Guest tasks that ran or waited, the busiest first. */
  readonly tasks: readonly TaskTotals[]
  /** The busiest first; none where no recording tells of any. */
  readonly containers: readonly ContainerTotals[]
  readonly lacking: readonly Lacking[]
}

/** Who took a CPU away; `through` are the vCPU threads by which a guest's task did so, outermost first. */
export interface Culprit extends Actor {
  readonly through: readonly Actor[]
}

export interface Preemption extends TimeRange {
  readonly kind: 'vcpu' | 'task'
  /** A vCPU's thread, or a guest's task. */
  readonly victim: Actor
  /** Row of the victim: `m0/vcpu/4711`, `m1/task/50`. */
  readonly track: string
  /** to - from. */
  readonly lost: number
  /** Where it waited: CPU of the victim's machine. */
  readonly cpu: number
  /** Who took the CPU. */
  readonly culprit: Culprit
  /** Row of the culprit. */
  readonly culpritTrack: string | null
  /** Who ran there meanwhile, longest first; sums to `lost`. */
  readonly shares: readonly { readonly by: Culprit; readonly time: number }[]
  /** The guest's task that stood still: that of the vCPU, or the victim itself. */
  readonly stoodStill: Actor
  /** A boundary is inferred: the true one lies before it. */
  readonly inferred: boolean
}

export interface PreemptionTotal {
  readonly count: number
  readonly lost: number
}

export interface PreemptionQuery extends Partial<TimeRange> {
  /** Rows of the list at most. */
  readonly limit: number
  /** 'lost' (default): longest first; 'time': earliest first. */
  readonly sort?: 'lost' | 'time'
  readonly kind?: 'vcpu' | 'task'
}

/** Preemptions that touch the range; those that cross its ends count with what lies within. */
export interface PreemptionReport extends PreemptionTotal, TimeRange {
  readonly version: number
  readonly rows: readonly Preemption[]
  readonly byVictim: readonly (PreemptionTotal & { readonly kind: Preemption['kind']; readonly victim: Actor })[]
  readonly byCulprit: readonly (PreemptionTotal & { readonly culprit: Culprit })[]
  readonly byPair: readonly (PreemptionTotal & { readonly victim: Actor; readonly culprit: Culprit })[]
  readonly lacking: readonly Lacking[]
}

/** One layer of what a physical CPU does at an instant, the host's first. */
export interface Layer {
  readonly machine: MachineIndex
  /** CPU of that machine. */
  readonly cpu: number
  readonly cpuTrack: string
  readonly task: Actor
  readonly taskTrack: string | null
  /** System call that the task is in, interrupt that it is interrupted by; null where there is none or none is recorded. */
  readonly syscall: string | null
  readonly interrupt: string | null
  /** The vCPU that the task is, with its state; null for all other tasks. */
  readonly vcpu: {
    readonly track: string
    readonly guest: MachineIndex | null
    readonly cpu: number
    readonly state: FusedState
    readonly label: string
  } | null
}

export interface FusedLayers {
  readonly version: number
  readonly t: SessionTime
  readonly cpus: readonly {
    readonly track: string
    readonly state: FusedState
    readonly label: string
    readonly condition: 'IN_VM' | 'OUT_VM' | 'UNKNOWN'
    /** Whose code it runs. */
    readonly machine: MachineIndex
    readonly layers: readonly Layer[]
  }[]
  /** vCPUs that are on no CPU, with what they wait for and the guest task that stands still. */
  readonly waiting: readonly {
    readonly track: string
    readonly label: string
    readonly state: FusedState
    readonly why: string
    readonly since: SessionTime
    readonly task: Actor
  }[]
}

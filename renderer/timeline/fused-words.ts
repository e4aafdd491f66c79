// What a span of a fused row says, in words.

import { FusedState, SpanFlag, type FusedState as State } from '../../workers/thread/contract.js'

const STATES: Readonly<Record<State, string>> = {
  [FusedState.Unknown]: 'not known',
  [FusedState.HostIdle]: 'idle',
  [FusedState.HostTask]: 'host task',
  [FusedState.HostSyscall]: 'host task, in a system call',
  [FusedState.HostIrq]: 'interrupt of the host',
  [FusedState.HostSoftirq]: 'softirq of the host',
  [FusedState.Guest]: 'guest, its task is not known',
  [FusedState.GuestTask]: 'guest task',
  [FusedState.GuestSyscall]: 'guest task, in a system call',
  [FusedState.GuestIdle]: 'guest idle',
  [FusedState.GuestIrq]: 'interrupt of the guest',
  [FusedState.GuestSoftirq]: 'softirq of the guest',
  [FusedState.VmmKernel]: 'hypervisor, in the kernel',
  [FusedState.VmmUser]: 'hypervisor, in user space',
  [FusedState.Preempted]: 'preempted',
  [FusedState.Blocked]: 'blocked',
  [FusedState.Ready]: 'ready, waits for a CPU',
  [FusedState.TaskPreempted]: 'preempted in its own machine',
  [FusedState.TaskReady]: 'woken, waits for a CPU of its own machine',
  [FusedState.TaskBlocked]: 'asleep',
}

/** Headline of a span: what it is, and whose. `label` may be ''. */
export function spanHeadline(state: State, label: string): string {
  switch (state) {
    case FusedState.Preempted:
      return label === '' ? 'preempted' : `preempted by ${label}`
    case FusedState.Blocked:
      return label === '' ? 'blocked' : `blocked: ${label}`
    case FusedState.HostTask:
    case FusedState.HostSyscall:
    case FusedState.GuestTask:
    case FusedState.GuestSyscall:
    case FusedState.HostIrq:
    case FusedState.HostSoftirq:
    case FusedState.GuestIrq:
    case FusedState.GuestSoftirq:
      return label === '' ? STATES[state] : label
    case FusedState.VmmKernel:
      return label === '' ? 'hypervisor' : `exit ${label}`
    case FusedState.VmmUser:
      return label === '' ? 'hypervisor, in user space' : label
    default:
      return STATES[state]
  }
}

/** What is to be known of a span besides. */
export function spanNotes(state: State, flags: number): readonly string[] {
  const headlines: readonly State[] = [
    FusedState.Unknown,
    FusedState.HostIdle,
    FusedState.Guest,
    FusedState.GuestIdle,
    FusedState.Preempted,
    FusedState.Blocked,
    FusedState.Ready,
  ]
  return [
    ...(headlines.includes(state) ? [] : [`${STATES[state][0]!.toUpperCase()}${STATES[state].slice(1)}.`]),
    ...(flags & SpanFlag.Unsplit ? ['Guest or hypervisor, cannot be told apart without kvm_entry and kvm_exit.'] : []),
    ...(flags & SpanFlag.Inferred ? ['Start inferred: no sched_switch was recorded.'] : []),
    ...(flags & SpanFlag.Lost ? ['Events were lost here.'] : []),
  ]
}

// What the states of rows have in common where many share a pixel: few kinds, whose time adds up.

import { FusedState, RunState } from '../thread/contract.js'

export const Kind = {
  Unknown: 0,
  /** Idle, asleep, stopped, dead: nothing wants to run. */
  Quiet: 1,
  /** A task, a guest, an interrupt. */
  Runs: 2,
  /** The hypervisor. */
  Vmm: 3,
  /** Preempted by the scheduler of the machine below. */
  Taken: 4,
  /** Could run and does not, by its own scheduler; woken and not running yet. */
  Waits: 5,
  /** Asleep and not to be interrupted. */
  Blocked: 6,
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** Number of kinds. Sets of kinds are bits. */
export const KINDS = 7

const KIND_OF: Readonly<Record<RunState | FusedState, Kind>> = {
  [RunState.Unknown]: Kind.Unknown,
  [RunState.Idle]: Kind.Quiet,
  [RunState.Running]: Kind.Runs,
  [RunState.Runnable]: Kind.Waits,
  [RunState.Sleeping]: Kind.Quiet,
  [RunState.DiskSleep]: Kind.Blocked,
  [RunState.Stopped]: Kind.Quiet,
  [RunState.Dead]: Kind.Quiet,
  [FusedState.Unknown]: Kind.Unknown,
  [FusedState.HostIdle]: Kind.Quiet,
  [FusedState.HostTask]: Kind.Runs,
  [FusedState.HostSyscall]: Kind.Runs,
  [FusedState.HostIrq]: Kind.Runs,
  [FusedState.HostSoftirq]: Kind.Runs,
  [FusedState.Guest]: Kind.Runs,
  [FusedState.GuestTask]: Kind.Runs,
  [FusedState.GuestSyscall]: Kind.Runs,
  [FusedState.GuestIdle]: Kind.Quiet,
  [FusedState.GuestIrq]: Kind.Runs,
  [FusedState.GuestSoftirq]: Kind.Runs,
  [FusedState.VmmKernel]: Kind.Vmm,
  [FusedState.VmmUser]: Kind.Vmm,
  [FusedState.Preempted]: Kind.Taken,
  [FusedState.Blocked]: Kind.Quiet,
  [FusedState.Ready]: Kind.Waits,
  [FusedState.TaskPreempted]: Kind.Waits,
  [FusedState.TaskReady]: Kind.Waits,
  [FusedState.TaskBlocked]: Kind.Quiet,
}

/** Kind by state. */
export const kindOf = Uint8Array.from({ length: 64 }, (_, state) => KIND_OF[state as FusedState] ?? Kind.Unknown)

const bits = (...kinds: readonly Kind[]): number => kinds.reduce<number>((n, k) => n | (1 << k), 0)

/** What is shown rather than the rest, however short: an idle second must not hide a microsecond of work. */
export const LOUD = bits(Kind.Runs, Kind.Vmm, Kind.Taken, Kind.Waits, Kind.Blocked)
/** Of these, what is shown first: what kept it from running has shares of its own. */
export const RAN = bits(Kind.Runs, Kind.Vmm)
/** What a row of a CPU or of a task counts as busy .. */
export const RUNNING = bits(Kind.Runs)
/** .. and a fused one: what was taken from a vCPU is not to be overlooked. */
export const NOT_IDLE = bits(Kind.Runs, Kind.Vmm, Kind.Taken, Kind.Waits)

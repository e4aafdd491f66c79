// Scheduling: who is switched in and out, woken, moved. Switches come from the runs, which know those that were not recorded.

import { PrevState } from '../../../readers/types.js'
import { FusedState, SpanFlag } from '../../../thread/contract.js'
import { NotRecorded } from '../../runs.js'
import type { Cpu, Vcpu, World } from '../world.js'
import { mark, MarkKind, numberOf, type EventName, type Family } from './marks.js'

export function schedFamily({ name }: EventName): Family | null {
  if (name !== 'sched_migrate_task') return null
  return { of: (r) => mark(MarkKind.Migrate, numberOf(r, 'pid', -1), numberOf(r, 'dest_cpu', -1)) }
}

/**
 * `next` (-1: nobody knows) runs on `cpu` from here on.
 * @param outcome PrevState of the task that leaves, or NotRecorded
 * @param flags SpanFlag of the run that begins
 */
export function switchTo(world: World, cpu: Cpu, next: number, outcome: number, flags: number): void {
  const leaving = cpu.seat
  const seat = next > 0 ? world.seatOf(cpu.machine, next) : null
  cpu.pid = next
  cpu.inferred = (flags & SpanFlag.Inferred) !== 0
  cpu.seat = seat
  if (leaving && leaving !== seat) leave(world, leaving, cpu, next, outcome)
  if (seat && seat !== leaving) enter(world, seat, cpu)
  world.changed(cpu)
}

function enter(world: World, v: Vcpu, cpu: Cpu): void {
  // Last seen on another CPU that never told of its leaving.
  if (v.on && v.on !== cpu) {
    v.on.seat = null
    world.up(v.on)
  }
  world.stopWaiting(v)
  // Nothing woke it since events were lost: it was awake already.
  if (v.lost === 'since') world.rows.amend(v.row, FusedState.Ready, -1)
  v.lost = 'no'
  // Woken before it was off its CPU: it was never blocked.
  if (v.early && v.off === FusedState.Blocked) world.rows.amend(v.row, FusedState.Ready, -1)
  v.early = false
  // Before a thread's first switch its mode is what its first kvm event says.
  if (v.seen || !cpu.inferred) v.mode = v.split ? (v.mode === 'user' ? 'user' : 'kernel') : v.mode
  v.seen = true
  v.on = cpu
}

function leave(world: World, v: Vcpu, cpu: Cpu, next: number, outcome: number): void {
  if (v.on !== cpu) return
  v.on = null
  v.seen = true
  v.offBy = -1
  if (v.mode === 'guest' && v.split) {
    // It left without an exit that was recorded.
    if (next >= 0) v.missing.exits++
    v.mode = 'kernel'
    v.reason = -1
  }
  if (world.gaps(cpu.machine) > 0) {
    v.off = FusedState.Unknown
    v.lost = 'meanwhile'
  } else if (next < 0 || outcome === NotRecorded || outcome === PrevState.Dead) v.off = FusedState.Unknown
  else if (outcome === PrevState.Runnable) {
    v.off = FusedState.Preempted
    world.wait(v, cpu)
  } else {
    v.off = FusedState.Blocked
    v.offBy = world.labels.text(v.owner, world.whyBlocked(v))
  }
  world.changedVcpu(v)
}

export function wake(world: World, v: Vcpu): void {
  // It may get a CPU unseen.
  if (v.lost === 'meanwhile') return
  // Who is woken was asleep.
  if (v.lost === 'since') world.rows.amend(v.row, FusedState.Blocked, world.labels.text(v.owner, 'waiting'))
  v.lost = 'no'
  if (v.on) v.early = true
  else if (v.off !== FusedState.Preempted && v.off !== FusedState.Ready) {
    v.off = FusedState.Ready
    v.offBy = -1
    world.changedVcpu(v)
  }
}

/** A task that waits for a CPU waits for another one from here on. */
export function migrate(world: World, cpu: Cpu, pid: number, to: number): void {
  const v = world.seatOf(cpu.machine, pid)
  const target = world.cpuOf(cpu.machine, to)
  if (!v || !target || !v.waitsOn || v.waitsOn === target) return
  world.wait(v, target)
  world.changedVcpu(v)
}

/**
 * Events of a CPU are lost from here on: who runs on it is not known, nor what comes of those who are on no CPU of that machine:
 * they may run there, unseen.
 */
export function gap(world: World, cpu: Cpu): void {
  cpu.irqs.length = 0
  cpu.softirq = -1
  world.countGap(cpu.machine, 1)
  cpu.lost = true
  switchTo(world, cpu, -1, NotRecorded, 0)
  for (const v of world.vcpus) {
    if (v.host !== cpu.machine || v.on) continue
    world.stopWaiting(v)
    v.off = FusedState.Unknown
    v.offBy = -1
    v.reason = -1
    if (v.lost === 'since') world.rows.cut(v.row)
    v.lost = 'meanwhile'
    world.changedVcpu(v)
  }
}

/** The first event after lost ones is of `pid`. */
export function gapEnd(world: World, cpu: Cpu, pid: number): void {
  world.countGap(cpu.machine, -1)
  cpu.lost = false
  if (cpu.pid < 0) {
    const v = world.seatOf(cpu.machine, pid)
    if (v?.split) v.mode = 'unknown'
    if (v) v.seen = false
    switchTo(world, cpu, pid, NotRecorded, SpanFlag.Inferred)
  }
  if (world.gaps(cpu.machine) > 0) return
  for (const v of world.vcpus) {
    if (v.host !== cpu.machine || v.lost !== 'meanwhile') continue
    v.lost = 'since'
    world.rows.cut(v.row)
    world.changedVcpu(v)
  }
}

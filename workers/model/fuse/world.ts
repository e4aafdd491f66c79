// The state of all machines at one instant, while the events pass by: CPUs, the vCPUs among their tasks, and the rows in which
// every change is written down. Handlers change it; nothing else does.

import { FusedState, SpanFlag } from '../../thread/contract.js'
import type { MachineIndex } from '../../units.js'
import { Calls } from './calls.js'
import type { Labels } from './labels.js'
import type { RowLog } from './log.js'
import { isHalt } from './reasons.js'

/** A CPU of any machine. */
export interface Cpu {
  readonly machine: MachineIndex
  readonly cpu: number
  /** Row of a physical CPU, -1 for the CPUs of guests. */
  readonly row: number
  /** The vCPU that this CPU is, null for physical ones. */
  readonly vcpu: Vcpu | null
  /** Task that runs, 0 = idle, -1 = not known. */
  pid: number
  inferred: boolean
  /** Events of it are being lost. */
  lost: boolean
  /** The vCPU whose thread that task is. */
  seat: Vcpu | null
  /** Texts of the interrupts that are being handled, the innermost last. */
  readonly irqs: number[]
  /** Text of the softirq that is being handled, -1 = none. */
  softirq: number
  /** vCPUs that could run if somebody else did not. */
  readonly waiting: Set<Vcpu>
}

/** Where a vCPU's thread is while it runs. 'unsplit': in the guest or in the hypervisor. */
export type Mode = 'guest' | 'kernel' | 'user' | 'unsplit' | 'unknown'

export interface Vcpu {
  readonly row: number
  readonly host: MachineIndex
  readonly tid: number
  /** Whose colour its exits take: the guest, or the host where the guest is not open. */
  readonly owner: MachineIndex
  /** The guest's own CPU, null where its recording is not open. */
  guest: Cpu | null
  readonly split: boolean
  /** Whether something tells when user space calls KVM_RUN again. */
  readonly hasRun: boolean
  on: Cpu | null
  /** State while on no CPU, and its label where that stays. */
  off: FusedState
  offBy: number
  waitsOn: Cpu | null
  mode: Mode
  /** Texts; -1 = not known. */
  reason: number
  userReason: number
  nestedReason: number
  /** Which of its guest's levels runs, as far as KVM says: 0 nothing, 1 the guest's hypervisor, 2 the guest's guest. */
  nested: 0 | 1 | 2
  /** Woken while running. */
  early: boolean
  /** Its thread was switched in or out before. */
  seen: boolean
  /** It was on no CPU while events were lost: what came of it is not known; after the loss, what is told next says. */
  lost: 'no' | 'meanwhile' | 'since'
  readonly missing: { entries: number; exits: number }
}

interface Shown {
  state: FusedState
  label: number
  flags: number
}

export class World {
  readonly #cpus = new Map<number, Cpu>()
  readonly #seats: Map<number, Vcpu>[] = []
  readonly #calls: Calls[] = []
  readonly #gaps: number[] = []
  readonly #shown: Shown = { state: FusedState.Unknown, label: -1, flags: 0 }

  constructor(
    readonly labels: Labels,
    readonly rows: RowLog,
    readonly texts: readonly string[],
    cpus: readonly Cpu[],
    readonly vcpus: readonly Vcpu[],
  ) {
    for (const c of cpus) this.#cpus.set(key(c.machine, c.cpu), c)
    for (const v of vcpus) (this.#seats[v.host] ??= new Map()).set(v.tid, v)
  }

  cpuOf(machine: MachineIndex, cpu: number): Cpu | undefined {
    return this.#cpus.get(key(machine, cpu))
  }

  seatOf(machine: MachineIndex, pid: number): Vcpu | null {
    return this.#seats[machine]?.get(pid) ?? null
  }

  /** System call of each task that is in one. */
  callsOf(machine: MachineIndex): Calls {
    return (this.#calls[machine] ??= new Calls())
  }

  /** Events of one more CPU of a machine are lost from here on, or of one less. */
  countGap(machine: MachineIndex, change: 1 | -1): void {
    this.#gaps[machine] = Math.max(0, this.gaps(machine) + change)
  }

  /** Of how many CPUs of a machine events are being lost. */
  gaps(machine: MachineIndex): number {
    return this.#gaps[machine] ?? 0
  }

  wait(v: Vcpu, cpu: Cpu): void {
    this.stopWaiting(v)
    v.waitsOn = cpu
    cpu.waiting.add(v)
  }

  stopWaiting(v: Vcpu): void {
    v.waitsOn?.waiting.delete(v)
    v.waitsOn = null
  }

  whyBlocked(v: Vcpu): string {
    if (v.mode === 'user') return 'user space'
    if (v.mode !== 'kernel') return v.guest?.pid === 0 ? 'guest idle' : 'waiting'
    const reason = this.texts[v.reason]
    return reason === undefined ? 'waiting' : isHalt(reason) ? 'halted' : reason
  }

  /** Something about a CPU has changed: writes down all rows that show it. */
  changed(cpu: Cpu): void {
    this.up(cpu)
    if (cpu.seat) this.#down(cpu.seat)
    for (const v of cpu.waiting) this.#writeVcpu(v)
  }

  changedVcpu(v: Vcpu): void {
    this.#down(v)
    if (v.on) this.up(v.on)
  }

  /** The row of a CPU, and those of the CPUs that it runs upon. */
  up(cpu: Cpu): void {
    if (cpu.row >= 0) this.#writePcpu(cpu)
    if (!cpu.vcpu) return
    this.#writeVcpu(cpu.vcpu)
    if (cpu.vcpu.on) this.up(cpu.vcpu.on)
  }

  /** The row of a vCPU, and those of the vCPUs that run upon it. */
  #down(v: Vcpu): void {
    this.#writeVcpu(v)
    const inner = v.guest?.seat
    if (inner) this.#down(inner)
    if (v.guest) for (const w of v.guest.waiting) this.#writeVcpu(w)
  }

  #writeVcpu(v: Vcpu): void {
    const s = this.#shown
    s.flags = 0
    this.#vcpuState(v, s)
    this.rows.set(v.row, s.state, s.label, s.flags)
  }

  #writePcpu(cpu: Cpu): void {
    const s = this.#shown
    s.label = -1
    s.flags = flagsOf(cpu)
    if (this.#interrupted(cpu, s, FusedState.HostIrq, FusedState.HostSoftirq)) {
      // An interrupt is the host's, whatever it interrupts.
    } else if (cpu.pid < 0) s.state = FusedState.Unknown
    else if (cpu.pid === 0) s.state = FusedState.HostIdle
    else if (cpu.seat) this.#innermost(cpu.seat, s)
    else this.#taskState(cpu, s, FusedState.HostTask, FusedState.HostSyscall)
    this.rows.set(cpu.row, s.state, s.label, s.flags)
  }

  #vcpuState(v: Vcpu, s: Shown): void {
    const cpu = v.on
    if (!cpu) {
      s.state = v.off
      s.label = v.offBy
      if (v.lost !== 'no') s.flags |= SpanFlag.Lost
      const by = v.waitsOn
      if (v.off !== FusedState.Preempted || !by) return
      // The CPU on which it waited is told of no more.
      if (by.pid < 0) s.state = FusedState.Unknown
      // That CPU, a vCPU itself, was taken away from whoever has it: who took it ran instead.
      else if (by.vcpu && !by.vcpu.on && by.vcpu.off === FusedState.Preempted) this.#vcpuState(by.vcpu, s)
      else s.label = this.labels.task(by.machine, by.pid)
      return
    }
    if (cpu.vcpu) {
      // A guest's guest is what its host is, unless that is in guest mode.
      this.#vcpuState(cpu.vcpu, s)
      if (!inGuest(s.state)) return
    }
    if (cpu.inferred) s.flags |= SpanFlag.Inferred
    this.#modeState(v, s)
  }

  /** What a physical CPU runs: the innermost machine that is in guest mode. */
  #innermost(v: Vcpu, s: Shown): void {
    const inner = v.guest?.seat
    const runsGuest = v.mode === 'guest' || v.mode === 'unsplit'
    if (inner && runsGuest && v.guest!.irqs.length === 0 && v.guest!.softirq < 0) {
      if (v.mode === 'unsplit') s.flags |= SpanFlag.Unsplit
      this.#innermost(inner, s)
    } else this.#modeState(v, s)
  }

  #modeState(v: Vcpu, s: Shown): void {
    s.label = -1
    // KVM of the physical host has handed this exit on to the guest's own hypervisor.
    const handedOn = v.on?.vcpu?.nested === 1
    switch (handedOn && v.mode === 'guest' ? 'kernel' : v.mode) {
      case 'guest':
        this.#guestState(v, s)
        break
      case 'unsplit':
        s.flags |= SpanFlag.Unsplit
        this.#guestState(v, s)
        break
      case 'kernel': {
        s.state = FusedState.VmmKernel
        const text = this.texts[handedOn ? v.on!.vcpu!.nestedReason : v.reason]
        if (text !== undefined) s.label = this.labels.text(v.owner, text)
        break
      }
      case 'user': {
        s.state = FusedState.VmmUser
        const text = this.texts[v.userReason]
        if (text !== undefined) s.label = this.labels.text(v.owner, text)
        break
      }
      case 'unknown':
        // So it is only after a loss.
        s.state = FusedState.Unknown
        s.flags = SpanFlag.Lost
    }
  }

  #guestState(v: Vcpu, s: Shown): void {
    const cpu = v.guest
    if (!cpu) {
      s.state = FusedState.Guest
      s.label = this.labels.task(v.owner, -1)
      return
    }
    if (this.#interrupted(cpu, s, FusedState.GuestIrq, FusedState.GuestSoftirq)) return
    if (cpu.pid > 0) this.#taskState(cpu, s, FusedState.GuestTask, FusedState.GuestSyscall)
    else {
      s.state = cpu.pid < 0 ? FusedState.Guest : FusedState.GuestIdle
      s.label = this.labels.task(cpu.machine, cpu.pid)
    }
    s.flags |= flagsOf(cpu)
  }

  #interrupted(cpu: Cpu, s: Shown, irq: FusedState, softirq: FusedState): boolean {
    const text = cpu.irqs.at(-1) ?? cpu.softirq
    if (text < 0) return false
    s.state = cpu.irqs.length > 0 ? irq : softirq
    s.label = this.labels.text(cpu.machine, this.texts[text]!)
    return true
  }

  #taskState(cpu: Cpu, s: Shown, task: FusedState, syscall: FusedState): void {
    const call = this.#calls[cpu.machine]?.of(cpu.pid) ?? -1
    s.state = call < 0 ? task : syscall
    s.label =
      call < 0
        ? this.labels.task(cpu.machine, cpu.pid)
        : this.labels.call(cpu.machine, cpu.pid, call, this.texts[call]!)
  }
}

const flagsOf = (cpu: Cpu): number => (cpu.inferred ? SpanFlag.Inferred : 0) | (cpu.lost ? SpanFlag.Lost : 0)

export const inGuest = (state: number): boolean => state >= FusedState.Guest && state <= FusedState.GuestSoftirq

const key = (machine: number, cpu: number): number => machine * 2 ** 20 + cpu

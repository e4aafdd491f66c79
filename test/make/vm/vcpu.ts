// The thread of a vCPU: into the guest, out of it, and what KVM does about the exit.

import { LOCAL_TIMER, type Cpu, type Seat, type Task } from './cpu.js'
import { exitCodes, type Device, type Exit, type Grant } from './machine.js'
import * as f from './formats.js'

/** What was made, ns; of a vCPU's thread. */
export class Truth {
  guest = 0
  on = 0
  preempted = 0
  ready = 0
  blocked = 0
  readonly exits = new Map<string, number>()
  add(what: 'on' | 'preempted' | 'ready' | 'blocked', ns: number): void {
    this[what] += ns
  }
  /** On a CPU and not in the guest. */
  get vmm(): number {
    return this.on - this.guest
  }
}

export interface Request {
  readonly ns: number
  readonly done: () => void
}

export class Vcpu implements Seat {
  readonly truth = new Truth()
  readonly pending: number[] = []
  readonly requests: Request[] = []
  /** The thread that does the device's work. */
  iothread: Task | null = null
  /** The physical CPU's guest mode is that of the guest's own guest. */
  nested = false
  interruptible = true
  running = false
  /** Where it was left. */
  rip = f.ripOf('HLT')
  timer: ReturnType<Cpu['timer']> | null = null
  readonly gen: Generator<Exit, void, Grant>
  constructor(readonly guest: Cpu) {
    this.gen = guest.run()
    this.gen.next()
  }

  bracket(cpu: Cpu, thread: Task): Generator<Exit, void, Grant> {
    return bracket(cpu, thread, this)
  }
}

/** A vCPU and its thread. */
export interface Seated {
  readonly vcpu: Vcpu
  readonly thread: Task
}

/** Gives the vCPU an interrupt, and wakes its thread where that sleeps. */
function inject(outer: Cpu, thread: Task, v: Vcpu, vector: number, path: 'apicTimer' | 'inject'): void {
  const id = BigInt(v.guest.id)
  outer.put(f.kvmApicAcceptIrq, { apicid: id, dm: 0n, tm: 0n, vec: BigInt(vector) })
  outer.t += 160
  if (!v.pending.includes(vector)) v.pending.push(vector)
  outer.wake(thread, path)
}

/** An interrupt of a device with what its handler does in the guest. */
export function injectDevice(outer: Cpu, { thread, vcpu }: Seated, device: Device, work: () => void): void {
  vcpu.guest.raise(device, 0, work)
  inject(outer, thread, vcpu, device.vector, 'inject')
}

function putExit(cpu: Cpu, v: Vcpu, reason: Exit['reason']): void {
  v.rip = f.ripOf(reason)
  v.truth.exits.set(reason, (v.truth.exits.get(reason) ?? 0) + 1)
  cpu.put(f.kvmExit, {
    exit_reason: BigInt(exitCodes[reason]),
    guest_rip: v.rip,
    isa: 1n,
    info1: reason === 'EPT_VIOLATION' ? 0x182n : reason === 'IO_INSTRUCTION' ? 0x3f80001n : 0n,
    info2: 0n,
    intr_info: reason === 'EXTERNAL_INTERRUPT' ? 0x800000ecn : 0n,
    error_code: 0n,
    vcpu_id: BigInt(v.guest.id),
  })
}

function* bracket(cpu: Cpu, task: Task, v: Vcpu): Generator<Exit, void, Grant> {
  if (!v.running) {
    v.running = true
    cpu.t += cpu.about(900)
  }
  cpu.t += cpu.about(500)
  let vector: number | null = null
  let injected = 0n
  if (v.pending.length > 0 && (v.nested || v.interruptible)) {
    vector = v.pending.shift()!
    if (v.nested) leaveNested(cpu, v, 'EXTERNAL_INTERRUPT')
    else {
      injected = 0x80000000n | BigInt(vector)
      cpu.put(f.kvmInjVirq, { vector: BigInt(vector), soft: 0n, reinjected: 0n })
      cpu.t += 140
    }
  }
  const values = { vcpu_id: BigInt(v.guest.id), rip: v.rip, immediate_exit: 0n, intr_info: injected, error_code: 0n }
  cpu.put(f.kvmEntry, values)
  const entered = cpu.t
  cpu.t += 330 + cpu.about(150)
  const grant = { vector, window: v.pending.length > 0 }
  const exit = cpu.virtual ? yield* nestedTime(cpu, v, grant) : outerTime(cpu, v, grant)
  cpu.t += 300 + cpu.about(120)
  putExit(cpu, v, exit.reason)
  v.truth.guest += cpu.t - entered
  v.interruptible = exit.interruptible
  cpu.t += 200
  if (exit.nested === 'leave') {
    cpu.t += cpu.about(500)
    leaveNested(cpu, v, exit.reason)
  } else if (exit.nested === 'enter') {
    cpu.t += cpu.about(900)
    cpu.put(f.kvmNestedVmenter, {
      rip: v.rip,
      vmcb: 0x10a2f000n,
      nested_rip: f.ripOf('HLT'),
      int_ctl: 0n,
      event_inj: 0n,
      isa: 1n,
    })
    cpu.t += 400
    v.nested = true
  } else if (exit.delivered !== null) yield* cpu.interrupt(exit.delivered)
  else handle(cpu, task, v, exit)
}

function leaveNested(cpu: Cpu, v: Vcpu, reason: Exit['reason']): void {
  cpu.put(f.kvmNestedVmexitInject, {
    exit_code: BigInt(exitCodes[reason]),
    exit_info1: 0n,
    exit_info2: 0n,
    exit_int_info: 0n,
    exit_int_info_err: 0n,
    isa: 1n,
  })
  cpu.t += 450
  v.nested = false
}

interface Left extends Exit {
  /** The interrupt of this CPU that ended it, where its own hypervisor has delivered one. */
  readonly delivered: number | null
}

type Order = Pick<Grant, 'vector' | 'window'>

function enter(cpu: Cpu, v: Vcpu, order: Order): Exit {
  const { value } = v.gen.next({ t: cpu.t, until: cpu.horizon, ...order })
  if (!value) throw new Error('a vCPU never ends')
  cpu.t = value.t
  return value
}

const outerTime = (cpu: Cpu, v: Vcpu, order: Order): Left => ({ ...enter(cpu, v, order), delivered: null })

/** A guest that runs a guest: every way in and out leads through the outer machine. */
function* nestedTime(cpu: Cpu, v: Vcpu, order: Order): Generator<Exit, Left, Grant> {
  const ended = (delivered: number): Left => ({
    reason: 'EXTERNAL_INTERRUPT',
    t: cpu.t,
    interruptible: true,
    delivered,
  })
  const first = yield { reason: 'VMRESUME', t: cpu.t, interruptible: false, nested: 'enter' }
  cpu.resume(first)
  if (first.vector !== null) {
    // The entry's own interrupt was not delivered.
    if (order.vector !== null) v.pending.unshift(order.vector)
    return { ...ended(first.vector), interruptible: v.interruptible }
  }
  let exit = enter(cpu, v, order)
  while (exit.reason === 'EXTERNAL_INTERRUPT') {
    const grant = yield { ...exit, interruptible: true, nested: 'through' }
    cpu.resume(grant)
    if (grant.vector !== null) return ended(grant.vector)
    exit = enter(cpu, v, { vector: null, window: false })
  }
  const { reason, t, interruptible } = exit
  const grant = yield { reason, t, interruptible: false, nested: 'leave' }
  cpu.resume(grant)
  return { ...exit, interruptible, delivered: null }
}

/** What KVM does about an exit. */
function handle(cpu: Cpu, task: Task, v: Vcpu, exit: Left): void {
  const userspace = (reason: bigint, ns: number): void => {
    cpu.put(f.kvmUserspaceExit, { reason, errno: 0n })
    cpu.t += cpu.about(ns)
  }
  switch (exit.reason) {
    case 'HLT':
      cpu.t += cpu.about(700)
      if (v.pending.length === 0) {
        v.running = false
        cpu.block(task, 'wait')
      }
      break
    case 'MSR_WRITE': {
      cpu.t += cpu.about(500)
      cpu.cancel(v.timer)
      v.timer = null
      const at = exit.deadline ?? Infinity
      if (at < Infinity) {
        const fire = (): void => inject(cpu, task, v, LOCAL_TIMER, 'apicTimer')
        v.timer = cpu.timer(Math.max(at, cpu.t + 300), 'apic_timer_fn', fire)
      }
      break
    }
    case 'EPT_MISCONFIG':
      cpu.t += cpu.about(1_400)
      if (exit.request && v.iothread) {
        v.requests.push(exit.request)
        cpu.wake(v.iothread, 'ioeventfd')
      }
      break
    case 'IO_INSTRUCTION':
      cpu.t += cpu.about(2_000)
      userspace(2n, 18_000)
      break
    case 'EPT_VIOLATION':
      cpu.t += cpu.about(2_600)
      break
    case 'CPUID':
      cpu.t += cpu.about(500)
      break
    default:
      cpu.t += cpu.about(300)
  }
}

// One CPU of one kernel while a made recording is played: its tasks, timers and interrupts, and what the kernel's tracepoints say of
// them. A guest's CPU is the same thing one level up: it gets its time from the CPU that runs its vCPU's thread and gives it back
// with an exit. Each is a generator, so that guests may have guests.

import type { Format } from '../event-format.js'
import { kernelStack, schedSwitch, schedWaking, schedWakeup } from '../known-formats.js'
import type { EventItem } from '../ring-buffer.js'
import * as f from './formats.js'
import type { WakePath } from './formats.js'
import { latencyOf, type Context } from './latency.js'
import type { Act, Device, Exit, Grant, Kernel } from './machine.js'

export type Program = (cpu: Cpu) => Generator<Act, void, void>

/** What a task does that is a vCPU. */
export interface Seat {
  readonly truth: { add(what: 'on' | 'preempted' | 'ready' | 'blocked', ns: number): void }
  /** One time in the guest, from an entry to what the exit asks for. */
  bracket(cpu: Cpu, thread: Task): Generator<Exit, void, Grant>
}

export interface Task {
  readonly pid: number
  readonly comm: string
  readonly prio: number
  /** Lower ones take the CPU from higher ones at once: 0 real time, 1 kernel's helpers, 2 all others. */
  readonly rank: 0 | 1 | 2
  readonly vcpu: Seat | null
  readonly program: Generator<Act, void, void> | null
  act: Act | null
  /** What it sleeps for. */
  waits: keyof typeof STATES | null
  /** What is left of the work, ns. */
  left: number
  state: 'running' | 'ready' | 'blocked'
  vruntime: number
  since: number
  preempted: boolean
}

interface Timer {
  readonly at: number
  readonly fn: string
  readonly address: bigint
  readonly fire: () => void
}

export const LOCAL_TIMER = 236
const SLICE = 3_000_000
/** prev_state of a task that was preempted. */
const PREEMPTED = 256n
const STATES = { sleep: 1n, wait: 1n, disk: 2n } as const

export class Cpu {
  t = 0
  until = Infinity
  window = false
  readonly items: EventItem[] = []
  readonly idle: Task
  current: Task
  needResched = false
  /** What handlers of a vector are to do, in the order of arrival. */
  readonly arrived: { readonly device: Device; readonly at: number; readonly work: () => void }[] = []
  readonly tasks: Task[] = []
  #timers: Timer[] = []
  #armed = Infinity
  #in: Context = 'task'
  #tick: Timer | null = null
  #timerCount = 0
  #softirqs: { readonly vec: number; readonly work: () => void }[] = []

  constructor(
    readonly kernel: Kernel,
    readonly id: number,
    /** It is a vCPU. */
    readonly virtual: boolean,
  ) {
    this.idle = this.#task({ pid: 0, comm: `swapper/${id}`, prio: 120, rank: 2 })
    this.current = this.idle
  }

  #task(of: Pick<Task, 'pid' | 'comm' | 'prio' | 'rank'>, vcpu: Seat | null = null, program?: Task['program']): Task {
    const rest = { act: null, waits: null, left: 0, vruntime: 0, since: 0, preempted: false }
    return { ...of, vcpu, program: program ?? null, state: 'blocked', ...rest }
  }

  /** A task that is asleep until `wakeAt`. */
  add(of: Pick<Task, 'pid' | 'comm' | 'prio' | 'rank'>, run: Program | Seat, wakeAt = 0): Task {
    const task = typeof run === 'function' ? this.#task(of, null, run(this)) : this.#task(of, run)
    this.tasks.push(task)
    if (wakeAt < Infinity) this.timer(wakeAt, 'hrtimer_wakeup', () => this.wake(task, 'timer'), false)
    return task
  }

  /** A mean with a tail, ns. */
  about(mean: number): number {
    const u = this.kernel.random()
    return Math.round(mean * (0.4 + 1.65 * u * u + (u > 0.98 ? 2.5 : 0)))
  }

  put(format: Format, values: EventItem['values']): void {
    const time = this.kernel.start + BigInt(this.t) - this.kernel.shift
    const { flags, preempt } = latencyOf(format, this.#in, this.needResched && this.current !== this.idle)
    this.items.push({ kind: 'event', time, pid: this.current.pid, flags, preempt, format, values })
  }

  stack(path: WakePath): void {
    this.t += 120
    const caller = f.stackOf(path)
    this.put(kernelStack, { size: BigInt(caller.length), caller })
  }

  timer(at: number, fn: string, fire: () => void, told = true): Timer {
    const timer: Timer = { at, fn, address: 0xffff888100200000n + BigInt((this.#timerCount++ % 64) * 0x80), fire }
    this.#timers.push(timer)
    this.#timers.sort((a, b) => a.at - b.at)
    if (told) {
      const expires = this.kernel.start + BigInt(at) - this.kernel.shift
      this.put(f.hrtimerStart, {
        hrtimer: timer.address,
        function: f.addressOf(fn),
        expires,
        softexpires: expires,
      })
      this.t += 90
    }
    return timer
  }

  cancel(timer: Timer | null): void {
    if (!timer || !this.#timers.includes(timer)) return
    this.#timers = this.#timers.filter((x) => x !== timer)
    this.put(f.hrtimerCancel, { hrtimer: timer.address })
    this.t += 80
  }

  wake(task: Task, path: WakePath): void {
    if (task.state !== 'blocked') return
    const values = { comm: task.comm, pid: BigInt(task.pid), prio: BigInt(task.prio), target_cpu: BigInt(this.id) }
    this.put(schedWaking, values)
    this.stack(path)
    this.t += 260
    this.put(schedWakeup, values)
    this.stack(path)
    this.t += 180
    task.state = 'ready'
    task.waits = null
    task.vcpu?.truth.add('blocked', this.t - 560 - task.since)
    task.since = this.t - 560
    task.preempted = false
    const c = this.current
    // A sleeper comes back with at most one slice of credit.
    const least = Math.min(...this.tasks.filter((x) => x.state !== 'blocked' && x !== task).map((x) => x.vruntime))
    if (least < Infinity) task.vruntime = Math.max(task.vruntime, least - SLICE)
    const ahead = task.rank < c.rank || (task.rank === c.rank && c.vruntime - task.vruntime > 1_000_000)
    if (c === this.idle || ahead) this.needResched = true
  }

  /** The CPU of a guest goes on where it stood. */
  resume(grant: Grant): void {
    this.t = grant.t
    this.until = grant.until
    this.window = grant.window
  }

  /** Until when nothing interrupts what runs. */
  get horizon(): number {
    if (this.virtual) return this.until
    const device = Math.min(...this.arrived.map((a) => a.at))
    return Math.min(this.kernel.end, this.#timers[0]?.at ?? Infinity, device)
  }

  /** Gives the CPU to the hypervisor, where there is one. */
  *trap(exit: Omit<Exit, 't'>): Generator<Exit, void, Grant> {
    if (!this.virtual) return
    this.t += 110 + this.about(80)
    const grant = yield { ...exit, t: this.t }
    this.resume(grant)
    if (grant.vector !== null) yield* this.interrupt(grant.vector)
  }

  /** Everything this CPU does, for ever (a vCPU) or until the story ends. */
  *run(): Generator<Exit, void, Grant> {
    if (this.virtual) {
      // It was in there before the recording began, idle.
      const grant = yield { reason: 'HLT', t: 0, interruptible: true }
      this.resume(grant)
      if (grant.vector !== null) yield* this.interrupt(grant.vector)
    }
    while (this.virtual || this.t < this.kernel.end) {
      if (this.window) {
        yield* this.trap({ reason: 'INTERRUPT_WINDOW', interruptible: true })
        continue
      }
      if (!this.virtual && this.horizon <= this.t) {
        yield* this.service()
        continue
      }
      if (this.needResched || this.current.state === 'blocked') this.schedule()
      yield* this.reprogram()
      if (this.window || this.needResched) continue
      if (this.current === this.idle) yield* this.sleep()
      else if (this.current.vcpu) yield* this.current.vcpu.bracket(this, this.current)
      else yield* this.work(this.current)
    }
  }

  /** What is due on a CPU without a hypervisor. */
  *service(): Generator<Exit, void, Grant> {
    const device = this.arrived.find((a) => a.at <= this.t)
    if (device) yield* this.interrupt(device.device.vector)
    else yield* this.interrupt(LOCAL_TIMER)
  }

  *interrupt(vector: number): Generator<Exit, void, Grant> {
    this.t += 420
    this.#in = 'hardirq'
    if (vector === LOCAL_TIMER) yield* this.#timerInterrupt()
    else this.#deviceInterrupt(vector)
    this.#in = 'softirq'
    while (this.#softirqs.length > 0) {
      const { vec, work } = this.#softirqs.shift()!
      this.put(f.softirqEntry, { vec: BigInt(vec) })
      this.t += this.about(900)
      work()
      this.put(f.softirqExit, { vec: BigInt(vec) })
      this.t += 150
    }
    this.#in = 'task'
  }

  *#timerInterrupt(): Generator<Exit, void, Grant> {
    this.put(f.localTimerEntry, { vector: BigInt(LOCAL_TIMER) })
    this.t += 210
    this.#armed = Infinity
    while (this.#timers.length > 0 && this.#timers[0]!.at <= this.t) {
      const timer = this.#timers.shift()!
      const now = this.kernel.start + BigInt(this.t) - this.kernel.shift
      this.put(f.hrtimerExpireEntry, { hrtimer: timer.address, now, function: f.addressOf(timer.fn) })
      this.t += 180
      timer.fire()
      this.put(f.hrtimerExpireExit, { hrtimer: timer.address })
      this.t += 120
    }
    yield* this.reprogram()
    this.put(f.localTimerExit, { vector: BigInt(LOCAL_TIMER) })
    this.t += 130
  }

  #deviceInterrupt(vector: number): void {
    const due = this.arrived.filter((a) => a.device.vector === vector && a.at <= this.t)
    const device = due[0]?.device
    if (!device) return
    for (const d of due) this.arrived.splice(this.arrived.indexOf(d), 1)
    this.put(f.irqHandlerEntry, { irq: BigInt(device.irq), name: device.name })
    this.t += this.about(700)
    if (device.softirq === null) for (const d of due) d.work()
    else {
      this.put(f.softirqRaise, { vec: BigInt(device.softirq) })
      this.t += 90
      this.softirq(device.softirq, () => due.forEach((d) => d.work()))
    }
    this.put(f.irqHandlerExit, { irq: BigInt(device.irq), ret: 1n })
    this.t += 140
  }

  softirq(vec: number, work: () => void): void {
    this.#softirqs.push({ vec, work })
  }

  /** A device will interrupt at `at`; `work` is what its handler does. */
  raise(device: Device, at: number, work: () => void): void {
    this.arrived.push({ device, at, work })
  }

  #onTick(): void {
    this.#startTick()
    const c = this.current
    this.#account()
    const others = this.tasks.filter((x) => x.state === 'ready' && x.rank <= c.rank)
    if (others.length > 0 && this.t - c.since >= SLICE) this.needResched = true
    if (this.kernel.random() < 0.25) {
      this.put(f.softirqRaise, { vec: BigInt(f.Softirq.Sched) })
      this.t += 60
      this.softirq(f.Softirq.Sched, () => (this.t += this.about(800)))
    }
  }

  #startTick(): void {
    const { tick } = this.kernel
    // CPUs tick at different times, as with skew_tick.
    const skew = Math.round((tick / 5) * this.id)
    const at = (Math.floor((this.t - skew) / tick) + 1) * tick + skew
    this.#tick = this.timer(at, 'tick_nohz_handler', () => this.#onTick())
  }

  #charged = 0
  #account(): void {
    this.current.vruntime += this.t - this.#charged
    this.#charged = this.t
  }

  schedule(): void {
    const prev = this.current
    this.#account()
    this.needResched = false
    const able = this.tasks.filter((x) => x.state !== 'blocked')
    able.sort((a, b) => a.rank - b.rank || a.vruntime - b.vruntime || a.pid - b.pid)
    // Who was running when its slice ended goes behind those that waited.
    let next = able[0] ?? this.idle
    if (next === prev && prev.state === 'running' && this.t - prev.since >= SLICE) {
      next = able.find((x) => x !== prev && x.rank <= prev.rank) ?? next
    }
    if (next === prev) return
    this.t += 350
    const runnable = prev !== this.idle && prev.state === 'running'
    const blocked = STATES[prev.waits ?? 'wait']
    this.put(schedSwitch, {
      prev_comm: prev.comm,
      prev_pid: BigInt(prev.pid),
      prev_prio: BigInt(prev.prio),
      prev_state: prev === this.idle ? 0n : runnable ? PREEMPTED : blocked,
      next_comm: next.comm,
      next_pid: BigInt(next.pid),
      next_prio: BigInt(next.prio),
    })
    prev.vcpu?.truth.add('on', this.t - prev.since)
    next.vcpu?.truth.add(next.preempted ? 'preempted' : 'ready', this.t - next.since)
    if (runnable) {
      prev.state = 'ready'
      prev.preempted = true
    }
    prev.since = this.t
    next.since = this.t
    next.state = 'running'
    this.current = next
    this.#charged = this.t
    this.t += 200
    if (next === this.idle) {
      this.cancel(this.#tick)
      this.#tick = null
    } else if (!this.#tick) this.#startTick()
  }

  /** Tells the timer's hardware when the next timer is due. */
  *reprogram(): Generator<Exit, void, Grant> {
    const next = this.#timers[0]?.at ?? Infinity
    if (next === this.#armed) return
    this.#armed = next
    yield* this.trap({ reason: 'MSR_WRITE', deadline: next, interruptible: false })
  }

  *sleep(): Generator<Exit, void, Grant> {
    this.put(f.cpuIdle, { state: 1n, cpu_id: BigInt(this.id) })
    this.t += 300
    if (this.virtual) yield* this.trap({ reason: 'HLT', interruptible: true })
    else {
      this.t = Math.max(this.t, this.horizon)
      if (this.t >= this.kernel.end) return
      this.t += this.about(900)
      yield* this.service()
    }
    this.put(f.cpuIdle, { state: 0xffffffffn, cpu_id: BigInt(this.id) })
    this.t += 150
  }

  *work(task: Task): Generator<Exit, void, Grant> {
    if (!task.act) {
      const step = task.program!.next()
      task.act = step.done ? { kind: 'wait' } : step.value
      if (task.act.kind === 'work') task.left = task.act.ns
    }
    const act = task.act
    if (act.kind === 'work') {
      const most = Math.max(0, this.horizon - this.t)
      const ns = Math.min(task.left, most)
      this.t += ns
      task.left -= ns
      if (task.left === 0) task.act = null
      else yield* this.trap({ reason: 'EXTERNAL_INTERRUPT', interruptible: true })
      return
    }
    if (act.kind === 'trap') {
      task.act = null
      this.t += 200
      return yield* this.trap({ reason: act.reason, interruptible: true })
    }
    this.t += 400
    if (act.kind === 'sleep') {
      this.timer(Math.max(act.until, this.t + 2_000), 'hrtimer_wakeup', () => this.wake(task, 'timer'))
    } else if (act.kind === 'disk') {
      const { disk } = this.kernel.devices
      const done = (): void => this.wake(task, disk.path)
      this.t += 900
      // The thread is not off its CPU before the request is told; the answer may come meanwhile.
      const request = { ns: act.ns, done }
      if (this.virtual) yield* this.trap({ reason: 'EPT_MISCONFIG', interruptible: false, request })
      else this.raise(disk, this.t + act.ns, done)
    }
    task.act = null
    this.block(task, act.kind)
  }

  /** `task` goes to sleep. */
  block(task: Task, waits: NonNullable<Task['waits']>): void {
    task.state = 'blocked'
    task.waits = waits
    this.schedule()
  }
}

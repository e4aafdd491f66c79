// What the time between two instants went to, for a CPU, a vCPU or a task: by what its own kernel says of it, and within that by the
// layers below.

import { RequestError } from '../fault.js'
import type { FusedModel } from '../model/fuse/build.js'
import { cpuRowsOf } from '../model/fuse/threads.js'
import { eachSpan, type Range } from '../model/intervals.js'
import { wasPreempted, type TaskIntervals } from '../model/tasks.js'
import { trackId } from '../model/tracks.js'
import {
  FusedState,
  RunState,
  type DeltaByLayer,
  type DeltaLayer,
  type DeltaPart,
  type DeltaPhase,
} from '../thread/contract.js'
import { machineIndex, sessionTime, type MachineIndex } from '../units.js'
import type { CulpritIndex, Culprits } from './culprits.js'

type Subject = DeltaByLayer['subjects'][number]

const PHASES: readonly DeltaPhase[] = ['running', 'preempted', 'ready', 'blocked', 'unknown']
const LAYERS: readonly DeltaLayer[] = [
  'task',
  'idle',
  'interrupt',
  'hypervisor',
  'vcpuPreempted',
  'vcpuReady',
  'vcpuBlocked',
  'asleep',
  'unknown',
]

interface Sum {
  readonly phase: number
  readonly layer: number
  readonly what: string
  readonly by: CulpritIndex
  time: number
  count: number
  /** The stretch at hand. */
  begin: number
  end: number
  longest: Range
}

/** Texts and culprits of one session have numbers below this. */
const MANY = 2 ** 22

class Parts {
  readonly #all = new Map<number, Sum>()
  readonly #texts = new Map<string, number>()

  /** Pieces that follow each other count as one stretch. */
  add(phase: DeltaPhase, layer: DeltaLayer, from: number, to: number, what = '', by: CulpritIndex = -1): void {
    if (to <= from) return
    const [p, l] = [PHASES.indexOf(phase), LAYERS.indexOf(layer)]
    const key = ((p * LAYERS.length + l) * MANY + this.#text(what)) * MANY + by + 1
    const known = this.#all.get(key)
    if (known) {
      known.time += to - from
      if (known.end !== from) {
        known.count++
        known.begin = from
      }
      known.end = to
      if (to - known.begin > known.longest.to - known.longest.from) known.longest = { from: known.begin, to }
    } else {
      const stretch = { begin: from, end: to, longest: { from, to } }
      this.#all.set(key, { phase: p, layer: l, what, by, time: to - from, count: 1, ...stretch })
    }
  }

  sorted(culprits: Culprits): DeltaPart[] {
    return [...this.#all.values()]
      .sort((a, b) => a.phase - b.phase || a.layer - b.layer || b.time - a.time)
      .map(({ phase, layer, what, by, time, count, longest }) => {
        const whom = by < 0 ? null : culprits.describe(by)
        const where = { from: sessionTime(longest.from), to: sessionTime(longest.to) }
        return { phase: PHASES[phase]!, layer: LAYERS[layer]!, what, by: whom, time, count, longest: where }
      })
  }

  #text(text: string): number {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    this.#texts.set(text, this.#texts.size)
    return this.#texts.size - 1
  }
}

export class Deltas {
  constructor(
    private readonly model: FusedModel,
    private readonly culprits: Culprits,
    private readonly tasksOf: (machine: MachineIndex) => TaskIntervals,
    private readonly machines: number,
  ) {}

  /** @param id a row of a CPU, a vCPU, or a task. Throws RequestError for any other. */
  subject(id: string, range: Range): Subject {
    const at = /^m(\d+)\/(?:p?(cpu)(\d+)|(vcpu|task|thread)\/(\d+))$/.exec(id)
    const machine = machineIndex(Number(at?.[1] ?? 0))
    if (!at || machine >= this.machines) {
      throw new RequestError(
        `${id} is neither a CPU nor a vCPU nor a task; those look like m0/pcpu1, m0/vcpu/4711 and m1/task/50.`,
      )
    }
    if (at[2]) {
      const row = cpuRowsOf(this.model, machine).get(Number(at[3]))
      if (row === undefined) throw new RequestError(`Nothing below ${id} is known in this session.`)
      return this.cpu(row, range)
    }
    const pid = Number(at[5])
    const vcpu = this.culprits.vcpuOf(machine, pid)
    if (vcpu) return this.cpu(vcpu.row, range)
    if (at[4] === 'vcpu') throw new RequestError(`There is no vCPU ${id} in this session.`)
    return this.#task(machine, pid, range)
  }

  /** @param row of a physical CPU or a vCPU */
  cpu(row: number, range: Range): Subject {
    const parts = new Parts()
    const { id, machine, label } = this.model.tracks[row]!
    this.#below(parts, row, range, null)
    return { track: id, machine, label, parts: parts.sorted(this.culprits) }
  }

  #task(machine: MachineIndex, pid: number, range: Range): Subject {
    const tasks = this.tasksOf(machine)
    const row = tasks.rowOf(pid)
    if (row < 0) throw new RequestError(`There is no task ${pid} on this machine.`)
    const x = tasks.intervals
    const cpus = cpuRowsOf(this.model, machine)
    const inGuest = this.model.vcpus.some((v) => v.guest === machine)
    const parts = new Parts()
    let done = range.from
    eachSpan(x, row, range, (i, from, to) => {
      if (to <= from) return
      parts.add('unknown', 'unknown', done, from)
      done = to
      const at = { from, to }
      const on = (phase: DeltaPhase, cpu: number): void => {
        const below = cpus.get(cpu)
        if (below === undefined) parts.add(phase, 'unknown', from, to)
        else if (inGuest || phase === 'running') this.#below(parts, below, at, phase)
        else this.#whoRan(parts, machine, cpu, at, phase)
      }
      switch (x.state[i]! as RunState) {
        case RunState.Running:
          return on('running', x.value[i]!)
        case RunState.Runnable:
          return wasPreempted(x, row, i) ? on('preempted', x.value[i - 1]!) : on('ready', cpuAround(x, row, i))
        case RunState.Sleeping:
        case RunState.DiskSleep:
        case RunState.Stopped:
          return inGuest ? on('blocked', cpuAround(x, row, i)) : parts.add('blocked', 'asleep', from, to)
        default:
          parts.add('unknown', 'unknown', from, to)
      }
    })
    parts.add('unknown', 'unknown', done, range.to)
    const track = trackId({ kind: 'task', machine, pid })
    return { track, machine, label: this.model.nameOf(machine, pid), parts: parts.sorted(this.culprits) }
  }

  /** Who had the CPU of a host for which a task waited. */
  #whoRan(parts: Parts, machine: MachineIndex, cpu: number, range: Range, phase: DeltaPhase): void {
    this.culprits.ran(machine, cpu, range, (pid, from, to) => {
      if (pid < 0) parts.add(phase, 'unknown', from, to)
      else if (pid === 0) parts.add(phase, 'idle', from, to)
      else this.culprits.resolve(machine, pid, { from, to }, (by, a, b) => parts.add(phase, 'task', a, b, '', by))
    })
  }

  /** What the row of a CPU says. @param phase null: what the state of the vCPU makes of it */
  #below(parts: Parts, row: number, range: Range, phase: DeltaPhase | null): void {
    const x = this.model.intervals
    const { machine, vcpu } = this.model.tracks[row]!
    eachSpan(x, row, range, (i, from, to) => {
      const label = this.model.labels[x.value[i]!]
      const what = label?.text ?? ''
      const add = (usual: DeltaPhase, layer: DeltaLayer, text = '', by = -1): void =>
        parts.add(phase ?? usual, layer, from, to, text, by)
      switch (x.state[i]! as FusedState) {
        case FusedState.HostTask:
        case FusedState.HostSyscall:
        case FusedState.Guest:
        case FusedState.GuestTask:
        case FusedState.GuestSyscall:
          return add('running', 'task', '', this.culprits.index(label?.machine ?? machine, label?.pid ?? -1))
        case FusedState.HostIdle:
        case FusedState.GuestIdle:
          return add('running', 'idle')
        case FusedState.HostIrq:
        case FusedState.HostSoftirq:
        case FusedState.GuestIrq:
        case FusedState.GuestSoftirq:
          return add('running', 'interrupt', what)
        case FusedState.VmmKernel:
        case FusedState.VmmUser:
          return add('running', 'hypervisor', what)
        case FusedState.Preempted:
          return this.culprits.preemptor(i, vcpu!.host, { from, to }, (by, a, b) =>
            parts.add(phase ?? 'preempted', 'vcpuPreempted', a, b, '', by),
          )
        case FusedState.Ready:
          return add('ready', 'vcpuReady')
        case FusedState.Blocked:
          return add('blocked', 'vcpuBlocked', what)
        default:
          return add('unknown', 'unknown')
      }
    })
  }
}

/** The CPU on which a task that waits runs next or, where that is not recorded, ran last; -1 = neither is known. */
function cpuAround(x: TaskIntervals['intervals'], row: number, i: number): number {
  const end = x.first[row + 1]! - 1
  for (let k = i + 1; k < end && k <= i + 2; k++) if (x.state[k] === RunState.Running) return x.value[k]!
  for (let k = i - 1; k >= x.first[row]! && k >= i - 2; k--) if (x.state[k] === RunState.Running) return x.value[k]!
  return -1
}

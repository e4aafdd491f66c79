// Every task of a guest by the layers below it: what the guest calls running is guest mode, hypervisor, or the host running
// somebody else.

import type { FusedModel } from '../model/fuse/build.js'
import { seekIn } from '../lod/seek.js'
import { inGuest } from '../model/fuse/world.js'
import { eachSpan, intervalsOf, type Range } from '../model/intervals.js'
import { runRow, type Runs } from '../model/runs.js'
import { wasPreempted, type TaskIntervals } from '../model/tasks.js'
import { trackId } from '../model/tracks.js'
import { FusedState, RunState, type TaskTotals } from '../thread/contract.js'
import type { Steps } from '../steps.js'
import type { MachineIndex } from '../units.js'
import { sharesOf } from './actors.js'
import { Sums } from './sums.js'

/** A machine as its own kernel sees it. */
export interface GuestTasks {
  readonly machine: MachineIndex
  readonly pids: readonly number[]
  readonly tasks: TaskIntervals
  readonly runs: Runs
  readonly containers: ReadonlyMap<number, string>
}

/** What a vCPU does for a guest's task that is current on it. */
const Layer = { Unknown: 0, Guest: 1, Vmm: 2, Preempted: 3, Ready: 4, Blocked: 5 } as const
const layerOf = Uint8Array.from({ length: 64 }, (_, state) => {
  if (inGuest(state)) return Layer.Guest
  if (state === FusedState.VmmKernel || state === FusedState.VmmUser) return Layer.Vmm
  if (state === FusedState.Preempted) return Layer.Preempted
  if (state === FusedState.Ready) return Layer.Ready
  return state === FusedState.Blocked ? Layer.Blocked : Layer.Unknown
})

class Split {
  /** By Layer. */
  readonly layers = new Float64Array(6)
  running = 0
  preempted = 0
  ready = 0
  blocked = 0
  unknown = 0
  readonly vmmBy = new Sums<number>()
  readonly hostBy = new Sums<number>()
  readonly guestBy = new Sums<number>()
}

export function* taskTotals(model: FusedModel, guest: GuestTasks, range: Range): Steps<TaskTotals[]> {
  const { machine, tasks } = guest
  const below = new Below(model)
  const vcpuRow = new Map(model.vcpus.filter((v) => v.guest === machine).map((v) => [v.vcpu, v.row]))
  const totals: TaskTotals[] = []
  for (const pid of guest.pids) {
    const row = pid === 0 ? -1 : tasks.rowOf(pid)
    if (row < 0 || intervalsOf(tasks.intervals, row) === 0) continue
    yield
    const split = splitOf(below, guest, row, vcpuRow, range)
    if (split.running + split.preempted + split.ready === 0) continue
    const name = model.nameOf(machine, pid)
    const by = (sums: Sums<number>): TaskTotals['preemptedBy'] =>
      sums.sorted.map(([p, time]) => ({ by: { machine, pid: p, name: model.nameOf(machine, p) }, time }))
    totals.push({
      machine,
      pid,
      name,
      track: trackId({ kind: 'task', machine, pid }),
      container: guest.containers.get(pid) ?? null,
      running: split.running,
      guestMode: split.layers[Layer.Guest]!,
      vmm: split.layers[Layer.Vmm]!,
      vmmBy: split.vmmBy.sorted.map(([l, time]) => ({ why: model.labels[l]?.text ?? 'not known', time })),
      hostPreempted: split.layers[Layer.Preempted]!,
      hostPreemptedBy: sharesOf(model, split.hostBy),
      vcpuReady: split.layers[Layer.Ready]!,
      vcpuBlocked: split.layers[Layer.Blocked]!,
      vcpuUnknown: split.layers[Layer.Unknown]!,
      preempted: split.preempted,
      preemptedBy: by(split.guestBy),
      ready: split.ready,
      blocked: split.blocked,
      unknown: split.unknown,
    })
  }
  return totals
}

function splitOf(
  below: Below,
  { machine, tasks, runs }: GuestTasks,
  row: number,
  vcpuRow: ReadonlyMap<number, number>,
  range: Range,
): Split {
  const x = tasks.intervals
  const split = new Split()
  let inside = 0
  eachSpan(x, row, range, (i, from, to) => {
    const time = to - from
    inside += time
    switch (x.state[i]! as RunState) {
      case RunState.Running: {
        split.running += time
        const vcpu = vcpuRow.get(x.value[i]!)
        if (vcpu === undefined) split.layers[Layer.Unknown]! += time
        else below.add(split.layers, vcpu, from, to)
        break
      }
      case RunState.Runnable: {
        if (!wasPreempted(x, row, i)) {
          split.ready += time
          break
        }
        split.preempted += time
        const cpu = runRow(runs, machine, x.value[i - 1]!)
        if (cpu >= 0)
          eachSpan(runs.intervals, cpu, { from, to }, (k, a, b) => split.guestBy.add(runs.intervals.value[k]!, b - a))
        break
      }
      case RunState.Sleeping:
      case RunState.DiskSleep:
      case RunState.Stopped:
        split.blocked += time
        break
      default:
        split.unknown += time
    }
  })
  split.unknown += range.to - range.from - inside
  below.vmmBy.moveTo(split.vmmBy)
  below.hostBy.moveTo(split.hostBy)
  return split
}

/** Times by label, for very many of them; -1 is one as well. */
class LabelTimes {
  #time = new Float64Array(256)
  #seen: number[] = []

  add(label: number, time: number): void {
    const at = label + 1
    if (at >= this.#time.length) {
      const grown = new Float64Array(Math.max(at + 1, this.#time.length * 2))
      grown.set(this.#time)
      this.#time = grown
    }
    if (this.#time[at] === 0) this.#seen.push(label)
    this.#time[at]! += time
  }

  moveTo(sums: Sums<number>): void {
    for (const label of this.#seen) {
      sums.add(label, this.#time[label + 1]!)
      this.#time[label + 1] = 0
    }
    this.#seen = []
  }
}

/** What the vCPUs did while a guest's tasks ran upon them. */
class Below {
  readonly vmmBy = new LabelTimes()
  readonly hostBy = new LabelTimes()
  /** Where each row was left: the runs of a task ascend. */
  readonly #left = new Map<number, number>()

  constructor(private readonly model: FusedModel) {}

  /** Adds what row `row` did from `from` to `to`. */
  add(layers: Float64Array, row: number, from: number, to: number): void {
    const { first, t, state, value } = this.model.intervals
    const lo = first[row]!
    const end = first[row + 1]! - 1
    if (end <= lo) return
    let i = Math.max(lo, seekIn(t, lo, end, from, this.#left.get(row) ?? lo) - 1)
    for (let a = Math.max(from, t[i]!); i < end && a < to; i++) {
      const b = Math.min(to, t[i + 1]!)
      if (b <= a) continue
      const layer = layerOf[state[i]!]!
      layers[layer]! += b - a
      if (layer === Layer.Vmm) this.vmmBy.add(value[i]!, b - a)
      else if (layer === Layer.Preempted) this.hostBy.add(value[i]!, b - a)
      a = b
    }
    this.#left.set(row, i)
  }
}

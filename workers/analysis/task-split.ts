// Every task of a guest by the layers below it: what the guest calls running is guest mode, hypervisor, or the host running
// somebody else.

import type { FusedModel } from '../model/fuse/build.js'
import { inGuest } from '../model/fuse/world.js'
import { eachSpan, intervalsOf, type Range } from '../model/intervals.js'
import { runRow, type Runs } from '../model/runs.js'
import { wasPreempted, type TaskIntervals } from '../model/tasks.js'
import { trackId } from '../model/tracks.js'
import { FusedState, RunState, type TaskTotals } from '../thread/contract.js'
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

class Split {
  guestMode = 0
  vmm = 0
  hostPreempted = 0
  vcpuReady = 0
  vcpuBlocked = 0
  vcpuUnknown = 0
  running = 0
  preempted = 0
  ready = 0
  blocked = 0
  unknown = 0
  readonly vmmBy = new Sums<number>()
  readonly hostBy = new Sums<number>()
  readonly guestBy = new Sums<number>()
}

export function taskTotals(model: FusedModel, guest: GuestTasks, range: Range): TaskTotals[] {
  const { machine, tasks } = guest
  const vcpuRow = new Map(model.vcpus.filter((v) => v.guest === machine).map((v) => [v.vcpu, v.row]))
  const totals: TaskTotals[] = []
  for (const pid of guest.pids) {
    const row = pid === 0 ? -1 : tasks.rowOf(pid)
    if (row < 0 || intervalsOf(tasks.intervals, row) === 0) continue
    const split = splitOf(model, guest, row, vcpuRow, range)
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
      guestMode: split.guestMode,
      vmm: split.vmm,
      vmmBy: split.vmmBy.sorted.map(([l, time]) => ({ why: model.labels[l]?.text ?? 'not known', time })),
      hostPreempted: split.hostPreempted,
      hostPreemptedBy: sharesOf(model, split.hostBy),
      vcpuReady: split.vcpuReady,
      vcpuBlocked: split.vcpuBlocked,
      vcpuUnknown: split.vcpuUnknown,
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
  model: FusedModel,
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
        const below = vcpuRow.get(x.value[i]!)
        if (below === undefined) split.vcpuUnknown += time
        else addLayers(model, below, { from, to }, split)
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
  return split
}

/** What the vCPU did while the guest's task ran upon it. */
function addLayers(model: FusedModel, row: number, range: Range, split: Split): void {
  const x = model.intervals
  eachSpan(x, row, range, (i, from, to) => {
    const time = to - from
    const state = x.state[i]!
    if (inGuest(state)) split.guestMode += time
    else if (state === FusedState.VmmKernel || state === FusedState.VmmUser) {
      split.vmm += time
      split.vmmBy.add(x.value[i]!, time)
    } else if (state === FusedState.Preempted) {
      split.hostPreempted += time
      split.hostBy.add(x.value[i]!, time)
    } else if (state === FusedState.Ready) split.vcpuReady += time
    else if (state === FusedState.Blocked) split.vcpuBlocked += time
    else split.vcpuUnknown += time
  })
}

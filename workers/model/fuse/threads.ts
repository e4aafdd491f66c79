// The threads of one machine by all layers: while a thread is current on its CPU, what the row of that CPU says; while it is not,
// what its own kernel says. Memory is proportional to the changes of both.

import { FusedState, RunState } from '../../thread/contract.js'
import type { MachineIndex } from '../../units.js'
import { eachSpan, IntervalWriter, type Intervals } from '../intervals.js'
import { runRow, type Runs } from '../runs.js'
import { wasPreempted, type TaskIntervals } from '../tasks.js'
import type { FusedModel } from './build.js'

/** Rows that say what each CPU of a machine does: of vCPUs in guests, of physical CPUs on hosts. Index = number of the CPU. */
export function cpuRowsOf(model: FusedModel, machine: MachineIndex): ReadonlyMap<number, number> {
  const physical = model.pcpus.filter((p) => p.machine === machine).map((p) => [p.cpu, p.row] as const)
  const virtual = model.vcpus.filter((v) => v.guest === machine).map((v) => [v.vcpu, v.row] as const)
  return new Map([...physical, ...virtual])
}

/** The same tasks in the same rows; values are indices of the model's labels, states are FusedStates. */
export function fuseThreads(model: FusedModel, tasks: TaskIntervals, runs: Runs): TaskIntervals {
  return { ...tasks, intervals: fuseRows(model, tasks, runs, 0, tasks.intervals.rows) }
}

/** One of these rows, alone. */
export const fuseThread = (model: FusedModel, tasks: TaskIntervals, runs: Runs, row: number): Intervals =>
  fuseRows(model, tasks, runs, row, row + 1)

function fuseRows(model: FusedModel, tasks: TaskIntervals, runs: Runs, lo: number, hi: number): Intervals {
  const { machine, intervals: own } = tasks
  const rows = cpuRowsOf(model, machine)
  const writer = new IntervalWriter(Math.max(1, own.first[hi]! - own.first[lo]!) * 2)
  const asleep = new Map<string | null, number>()
  const sleepLabel = (call: string | null): number => {
    const known = asleep.get(call)
    if (known !== undefined) return known
    const label = model.labelOf.text(machine, call === null ? 'asleep' : `asleep in ${call}`)
    asleep.set(call, label)
    return label
  }
  for (let row = lo; row < hi; row++) {
    const end = own.first[row + 1]! - 1
    let call: string | null = null
    for (let i = own.first[row]!; i < end; i++) {
      const range = { from: own.t[i]!, to: own.t[i + 1]! }
      if (range.to <= range.from) continue
      switch (own.state[i]! as RunState) {
        case RunState.Running: {
          call = addRunning(writer, model, rows.get(own.value[i]!), range)
          break
        }
        case RunState.Runnable:
          if (wasPreempted(own, row, i)) addPreempted(writer, model, runs, machine, own.value[i - 1]!, range)
          else writer.add(range.from, -1, FusedState.TaskReady, own.flags[i]!)
          break
        case RunState.Sleeping:
        case RunState.DiskSleep:
          writer.add(range.from, sleepLabel(call), FusedState.TaskBlocked, own.flags[i]!)
          break
        case RunState.Stopped:
          writer.add(range.from, model.labelOf.text(machine, 'stopped'), FusedState.TaskBlocked, own.flags[i]!)
          break
        default:
          writer.add(range.from, -1, FusedState.Unknown, own.flags[i]!)
      }
    }
    writer.endRow(end < own.first[row]! ? 0 : own.t[end]!)
  }
  return writer.finish()
}

interface Stretch {
  readonly from: number
  readonly to: number
}

/** What its CPU did while the task was current there. Returns the system call that it was in at the end. */
function addRunning(writer: IntervalWriter, model: FusedModel, row: number | undefined, range: Stretch): string | null {
  const x = model.intervals
  let done = range.from
  let call: string | null = null
  const unknownTo = (t: number): void => {
    if (t > done) writer.add(done, -1, FusedState.Unknown, 0)
  }
  if (row !== undefined) {
    eachSpan(x, row, range, (i, from, to) => {
      if (to <= from) return
      unknownTo(from)
      writer.add(from, x.value[i]!, x.state[i]! as FusedState, x.flags[i]!)
      const state = x.state[i]!
      if (state >= FusedState.HostTask && state <= FusedState.GuestSoftirq)
        call = model.labels[x.value[i]!]?.detail ?? null
      done = to
    })
  }
  unknownTo(range.to)
  return call
}

/** Who ran on its CPU meanwhile. */
function addPreempted(
  writer: IntervalWriter,
  model: FusedModel,
  runs: Runs,
  machine: MachineIndex,
  cpu: number,
  range: Stretch,
): void {
  const row = runRow(runs, machine, cpu)
  let done = range.from
  const notKnownTo = (t: number): void => {
    if (t > done) writer.add(done, model.labelOf.task(machine, -1), FusedState.TaskPreempted, 0)
  }
  if (row >= 0) {
    eachSpan(runs.intervals, row, range, (i, from, to) => {
      if (to <= from) return
      notKnownTo(from)
      writer.add(from, model.labelOf.task(machine, runs.intervals.value[i]!), FusedState.TaskPreempted, 0)
      done = to
    })
  }
  notKnownTo(range.to)
}

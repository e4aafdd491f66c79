// Which wake-up a chain is asked for: by event, by what a row shows, by id.

import { RequestError } from '../../../fault.js'
import type { FusedModel } from '../../../model/fuse/build.js'
import { intervalAt } from '../../../model/intervals.js'
import { runRow, type Runs } from '../../../model/runs.js'
import { trackKey } from '../../../model/tracks.js'
import { recordAt } from '../../../table/details.js'
import { checkPosition } from '../../../table/rows.js'
import { numberOf } from '../../../model/fuse/handlers/marks.js'
import { position, type MachineIndex } from '../../../units.js'
import { NOT_A_RUN, type Wakeups } from '../columns.js'
import type { TaskWakeups } from '../tasks.js'
import type { Around } from './around.js'
import { isRaise } from './vector.js'

interface TargetWorld {
  readonly around: Around
  readonly runs: Runs
  readonly w: Wakeups
  readonly tasks: TaskWakeups
}

/** How far on the wake-up of an interrupt is looked for. */
const AHEAD = 200

/** The wake-up that an event is part of, or that led to it; -1 = none. Throws RequestError for a position that is none. */
export async function wakeupOfEvent(world: TargetWorld, pos: number, signal?: AbortSignal): Promise<number> {
  const { around, w, tasks } = world
  const { session } = around
  checkPosition(session, pos)
  const { stream: s, row } = session.table.address(position(pos))
  const stream = session.table.streams.indexOf(s)
  const name = around.name(s, row)
  const t = s.t[row]!
  if (/^sched_(waking|wakeup|wakeup_new)$/.test(name)) {
    const pid = numberOf(await recordAt(session, s, row, signal), 'pid', -1)
    const own = tasks.of(s.machine, pid)
    const is = (i: number): boolean =>
      (w.wakingStream[i] === stream && w.wakingRow[i] === row) ||
      (w.wakeupStream[i] === stream && w.wakeupRow[i] === row)
    return own.find(is) ?? -1
  }
  if (name === 'sched_switch') {
    const next = numberOf(await recordAt(session, s, row, signal), 'next_pid', -1)
    const own = tasks.of(s.machine, next)
    const i = own.find((k) => w.runT[k] === t && (w.marks[k]! & NOT_A_RUN) === 0)
    return i ?? tasks.ranBefore(s.machine, next > 0 ? next : s.pid[row]!, t)
  }
  if (/_(entry|raise)$/.test(name) || isRaise(name)) {
    const i = wokenAhead(world, stream, row)
    if (i >= 0) return i
  }
  return tasks.ranBefore(s.machine, s.pid[row]!, t)
}

/** The first wake-up made while what begins at an event goes on. */
function wokenAhead({ around, w, tasks }: TargetWorld, stream: number, from: number): number {
  const s = around.stream(stream)
  for (let row = from + 1; row < Math.min(s.count, from + AHEAD); row++) {
    const name = around.name(s, row)
    if (name === 'sched_switch' || name === 'irq_handler_exit' || name === 'softirq_exit') return -1
    if (name !== 'sched_waking') continue
    for (const i of tasks.at(s.t[row]!)) if (w.wakingStream[i] === stream && w.wakingRow[i] === row) return i
  }
  return -1
}

/** The wake-up that led to what a row shows at a time; -1 = none. Throws RequestError for no row. */
export function wakeupOnTrack(world: TargetWorld, model: FusedModel | null, track: string, t: number): number {
  const { runs, tasks, w } = world
  const ran = (machine: MachineIndex, cpu: number): number => {
    const row = runRow(runs, machine, cpu)
    const entry = row < 0 ? -1 : intervalAt(runs.intervals, row, t)
    return entry < 0 ? -1 : tasks.ranBefore(machine, runs.intervals.value[entry]!, t)
  }
  const fused = model?.tracks.find((f) => f.id === track)
  if (fused?.kind === 'pcpu') return ran(fused.machine, fused.cpu)
  const key = fused?.vcpu ? ({ kind: 'task', machine: fused.vcpu.host, pid: fused.vcpu.tid } as const) : trackKey(track)
  if (key.kind === 'cpu') return ran(key.machine, key.cpu)
  if (key.kind !== 'task') throw new RequestError(`${track} is a whole machine; nothing of it was woken.`)
  const i = tasks.wokenBefore(key.machine, key.pid, t)
  // A wake-up that came for nothing leads to nothing.
  return i >= 0 && (w.marks[i]! & NOT_A_RUN) !== 0 ? tasks.ranBefore(key.machine, key.pid, t) : i
}

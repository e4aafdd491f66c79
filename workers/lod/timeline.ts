// Answers what a timeline asks of a session: frames, what lies under the pointer, where to snap, the next event of a row.

import { RequestError } from '../fault.js'
import type { FusedModel } from '../model/fuse/build.js'
import { intervalAt, intervalBytes, lastAtOrBefore, type Intervals } from '../model/intervals.js'
import type { PidIndex } from '../model/pids.js'
import type { Runs } from '../model/runs.js'
import type { Session } from '../model/session.js'
import { taskSteps, type TaskIntervals } from '../model/tasks.js'
import { taskLabel, trackKey, type TrackKey } from '../model/tracks.js'
import { RunState } from '../thread/contract.js'
import type { Steps } from '../steps.js'
import type { HoverInfo, LodFrame, LodQuery, Overview } from '../thread/contract.js'
import { machineIndex, sessionTime, type MachineIndex, type SessionTime } from '../units.js'
import { PositionGroups, firstAfter, streamEvents, type EventList, type StreamGroups } from './events.js'
import { BusyTime } from './busy.js'
import { Columns, columnsFor, FrameBuilder } from './frame.js'
import { buildOverview } from './overview.js'
import { FusedRows, isFusedTrack, type Behind, type Row, type Strip } from './fused-rows.js'
import { Pyramid } from './pyramid.js'
import { seek } from './seek.js'
import { addSpans } from './spans.js'
import { addTicks } from './ticks.js'

interface TaskRows {
  readonly tasks: TaskIntervals
  readonly pyramid: Pyramid
}

/** Indices of one view's positions; built when first asked for, forgotten when another view is asked for. */
interface ViewIndex {
  readonly view: number
  readonly groups: Map<string, PositionGroups>
}

const MAX_PIXELS = 1 << 16

export class Timeline {
  readonly #cpuRow = new Map<string, number>()
  readonly #cpuPyramid: Pyramid
  readonly #busyTime: BusyTime
  readonly #out = new FrameBuilder()
  readonly #tasks = new Map<MachineIndex, TaskRows>()
  /** Of machines whose tasks are being told, pause by pause. */
  readonly #telling = new Map<MachineIndex, Steps<TaskIntervals>>()
  readonly #all: ViewIndex = { view: 0, groups: new Map() }
  #filtered: ViewIndex = { view: 0, groups: new Map() }
  #fused: FusedRows | null = null

  /**
   * @param pids all pids of each machine
   * @param viewPositions positions of a view, null = all; throws RequestError for a view that is no more
   */
  constructor(
    private readonly session: Session,
    private readonly runs: Runs,
    private readonly pids: readonly PidIndex[],
    private readonly viewPositions: (view: number) => Uint32Array | null,
  ) {
    runs.cpus.forEach((c, row) => this.#cpuRow.set(`${c.machine}/${c.cpu}`, row))
    this.#cpuPyramid = new Pyramid(runs.intervals)
    this.#busyTime = new BusyTime(runs.intervals)
  }

  /** Bytes of all indices built so far. */
  get bytes(): number {
    let sum = intervalBytes(this.runs.intervals) + this.runs.outcome.byteLength
    sum += this.#cpuPyramid.bytes + this.#busyTime.bytes
    for (const { tasks, pyramid } of this.#tasks.values()) sum += intervalBytes(tasks.intervals) + pyramid.bytes
    for (const index of [this.#all, this.#filtered]) for (const g of index.groups.values()) sum += g.bytes
    for (const p of this.pids) sum += p.bytes
    return sum + (this.#fused?.bytes ?? 0)
  }

  /** From here on the rows of the fused model can be asked for as well, and those of threads by all layers. */
  addFused(model: FusedModel, thread: (machine: MachineIndex, pid: number) => Intervals | null, behind: Behind): void {
    this.#fused ??= new FusedRows(model, thread, behind)
  }

  /** The tasks of a machine by what they do when. */
  tasksOf(machine: MachineIndex): TaskIntervals {
    if (machine >= this.session.machines.length)
      throw new RequestError(`There is no machine ${machine} in this session.`)
    return this.#tasksOf(machine).tasks
  }

  frame(query: LodQuery, signal?: AbortSignal): LodFrame {
    const { from, to, pixels, tracks } = query
    if (!(from < to) || !Number.isFinite(to - from))
      throw new RequestError(`There is nothing between ${from} and ${to}.`)
    if (!Number.isInteger(pixels) || pixels < 1 || pixels > MAX_PIXELS)
      throw new RequestError(`A frame cannot be ${pixels} pixels wide.`)
    const columns = columnsFor(from, to, pixels)
    const out = this.#out.begin()
    const { patience } = query
    const until = patience === undefined ? Infinity : Date.now() + patience
    let made = 0
    let missing = 0
    for (const id of tracks) {
      signal?.throwIfAborted()
      if (patience !== undefined && !this.#isReady(id)) {
        // With some patience at least one is made, so that asking again comes to an end.
        if (patience <= 0 || (Date.now() > until && made > 0)) {
          missing++
          continue
        }
        made++
        if (!this.#tellTasks(id, until) || !this.#buildRow(id, until)) {
          missing++
          continue
        }
      }
      const { key, strip, labels } = this.#rowOf(id)
      if (strip) addSpans(out, strip.pyramid, strip.row, columns)
      if (labels) out.useLabels(labels, this.#fused!.behindIn(strip, columns))
      addTicks(out, this.#events(key, query.view ?? 0), columns)
      out.endRow(id)
    }
    const frame = out.finish(this.session.version, from, to, pixels)
    return missing > 0 ? { ...frame, missing } : frame
  }

  overview(columns: number): Overview {
    if (!Number.isInteger(columns) || columns < 1 || columns > MAX_PIXELS)
      throw new RequestError(`An overview cannot have ${columns} columns.`)
    const { from, to, table, machines } = this.session
    const range = new Columns(from, Math.max(to, from + 1), columns)
    return buildOverview(table, this.runs, this.#busyTime, machines.length, range)
  }

  spanAt(track: string, t: SessionTime): HoverInfo['span'] {
    const { key, strip, labels } = this.#rowOf(track)
    if (!strip) return null
    const x = strip.pyramid.of
    const i = intervalAt(x, strip.row, t)
    if (i < 0) return null
    if (labels) return this.#fused!.spanAt(x, i)
    const machine = this.session.machines[key.machine]!
    const pid = key.kind === 'task' ? key.pid : x.value[i]!
    return {
      from: sessionTime(x.t[i]!),
      to: sessionTime(x.t[i + 1]!),
      state: x.state[i]! as RunState,
      value: x.value[i]!,
      task: pid === 0 ? '<idle>' : taskLabel(this.session.files, machine, pid),
      flags: x.flags[i]!,
    }
  }

  /** Position of the row's event nearest to `t`, the earlier one of two; null when none is within `tolerance`. */
  nearestEvent(track: string, t: number, tolerance: number, view = 0): number | null {
    let best: { list: EventList; i: number } | null = null
    let distance = tolerance
    for (const list of this.#events(this.#rowOf(track).key, view)) {
      const after = seek(list.time, 0, list.count, t)
      for (const i of [after - 1, after]) {
        if (i < 0 || i >= list.count) continue
        const d = Math.abs(list.time(i) - t)
        if (d > distance || (best && d === distance)) continue
        best = { list, i }
        distance = d
      }
    }
    return best ? best.list.position(best.i) : null
  }

  /** Nearest boundary of a span, or event, of the row. */
  snap(track: string, t: number, tolerance: number): SessionTime | null {
    const { key, strip } = this.#rowOf(track)
    let best: number | null = null
    const offer = (x: number): void => {
      const d = Math.abs(x - t)
      if (d <= tolerance && (best === null || d < Math.abs(best - t))) best = x
    }
    if (strip) for (const x of boundariesNear(strip.pyramid.of, strip.row, t)) offer(x)
    for (const list of this.#events(key, 0)) {
      const after = seek(list.time, 0, list.count, t)
      if (after > 0) offer(list.time(after - 1))
      if (after < list.count) offer(list.time(after))
    }
    return best === null ? null : sessionTime(best)
  }

  /** Position of the row's next or previous event, seen from a position or else from a time. */
  step(track: string, from: { position: number | null; t: number }, direction: 1 | -1, view = 0): number | null {
    const { position } = from
    const t = position === null ? from.t : this.session.table.time(position)
    let best: number | null = null
    for (const list of this.#events(this.#rowOf(track).key, view)) {
      let i: number
      if (position !== null) {
        i = firstAfter(list, direction > 0 ? position : position - 1, t)
      } else {
        const past = (k: number): number => (list.time(k) > t ? 1 : 0)
        i = direction > 0 ? seek(past, 0, list.count, 1) : seek(list.time, 0, list.count, t)
      }
      if (direction < 0) i--
      if (i < 0 || i >= list.count) continue
      const p = list.position(i)
      if (best === null || (direction > 0 ? p < best : p > best)) best = p
    }
    return best
  }

  /** Whether a row can be drawn without making much first. Rows that are not there are: it is said when they are looked up. */
  #isReady(id: string): boolean {
    if (isFusedTrack(id)) return this.#fused?.isReady(id) ?? true
    const key = trackKey(id)
    if (key.kind === 'task' && !this.#tasks.has(key.machine)) return false
    const strip = this.#strip(key)
    return strip === null || strip.pyramid.isReady(strip.row)
  }

  /** What a row is drawn from, whose events stand on it, and the labels of its spans where it is a fused one. */
  #rowOf(id: string): Row {
    if (isFusedTrack(id)) {
      if (!this.#fused) throw new RequestError(`${id} is not built yet.`)
      return this.#fused.row(id)
    }
    const key = trackKey(id)
    return { key, strip: this.#strip(key), labels: null }
  }

  /** Intervals of the row and their pyramid; null for rows without intervals. */
  #strip(key: TrackKey): Strip | null {
    if (key.machine >= this.session.machines.length)
      throw new RequestError(`There is no machine ${key.machine} in this session.`)
    if (key.kind === 'machine') return null
    if (key.kind === 'cpu') {
      const row = this.#cpuRow.get(`${key.machine}/${key.cpu}`)
      return row === undefined ? null : { pyramid: this.#cpuPyramid, row }
    }
    const { tasks, pyramid } = this.#tasksOf(key.machine)
    const row = tasks.rowOf(key.pid)
    return row < 0 ? null : { pyramid, row }
  }

  #tasksOf(machine: MachineIndex): TaskRows {
    this.#advance(machine, Infinity)
    return this.#tasks.get(machine)!
  }

  /** Tells the tasks that a row needs, for a while. Returns whether that is done. */
  #tellTasks(id: string, until: number): boolean {
    const machine = /^m(\d+)\/(?:task|thread)\//.exec(id)?.[1]
    // A machine that is not there is complained of when its row is looked up.
    return (
      machine === undefined ||
      !(Number(machine) in this.session.machines) ||
      this.#advance(machineIndex(Number(machine)), until)
    )
  }

  /** Builds a row on, for a while. Returns whether it can be drawn. */
  #buildRow(id: string, until: number): boolean {
    const { strip } = this.#rowOf(id)
    return strip === null || strip.pyramid.advance(strip.row, until)
  }

  /** A pause at least further. */
  #advance(machine: MachineIndex, until: number): boolean {
    if (this.#tasks.has(machine)) return true
    const telling = this.#telling.get(machine) ?? this.#tell(machine)
    this.#telling.set(machine, telling)
    let step = telling.next()
    while (!step.done && Date.now() < until) step = telling.next()
    if (!step.done) return false
    this.#telling.delete(machine)
    this.#tasks.set(machine, { tasks: step.value, pyramid: new Pyramid(step.value.intervals) })
    return true
  }

  #tell(machine: MachineIndex): Steps<TaskIntervals> {
    const { streams } = this.session.table
    // Beyond the machine's own recording nothing is known of its tasks, however long the others' lasts.
    const own = streams.filter((s) => s.machine === machine && s.count > 0)
    const from = own.reduce((t, s) => Math.min(t, s.t[0]!), this.session.to)
    const to = own.reduce((t, s) => Math.max(t, s.t[s.count - 1]!), this.session.from)
    return taskSteps(machine, this.runs, streams, from, to)
  }

  #events(key: TrackKey, view: number): EventList[] {
    const { table } = this.session
    const positions = this.viewPositions(view)
    if (!positions && key.kind !== 'task') {
      return table.streams.flatMap((s, i) =>
        s.machine === key.machine && (key.kind === 'machine' || s.cpu === key.cpu) ? [streamEvents(table, i)] : [],
      )
    }
    if (positions && this.#filtered.view !== view) this.#filtered = { view, groups: new Map() }
    const index = positions ? this.#filtered : this.#all
    const { name, groups, by, group } = this.#grouping(key)
    const known = index.groups.get(name) ?? new PositionGroups(table, positions, groups, by)
    index.groups.set(name, known)
    return [known.of(group)]
  }

  /** How positions are grouped for rows like this one, and the row's own group. */
  #grouping(key: TrackKey): { name: string; groups: number; by: StreamGroups[]; group: number } {
    const { machines, table } = this.session
    const { streams } = table
    if (key.kind === 'machine') {
      return { name: 'machine', groups: machines.length, by: streams.map((s) => s.machine), group: key.machine }
    }
    if (key.kind === 'cpu') {
      const rowOf = (machine: number, cpu: number): number => this.#cpuRow.get(`${machine}/${cpu}`) ?? -1
      const by = streams.map((s) => rowOf(s.machine, s.cpu))
      return { name: 'cpu', groups: this.runs.cpus.length, by, group: rowOf(key.machine, key.cpu) }
    }
    const pids = this.pids[key.machine]!
    return {
      name: `tasks of ${key.machine}`,
      groups: pids.pids.length,
      by: streams.map((s) => (s.machine === key.machine ? pids : -1)),
      group: pids.of(key.pid),
    }
  }
}

function boundariesNear(x: Intervals, row: number, t: number): number[] {
  const lo = x.first[row]!
  const hi = x.first[row + 1]!
  if (hi <= lo) return []
  const i = lastAtOrBefore(x.t, lo, hi, t)
  return [x.t[i]!, x.t[Math.min(i + 1, hi - 1)]!]
}

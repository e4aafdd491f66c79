// The views of virtual machines of one session under one choice of clocks.

import { RequestError } from '../fault.js'
import type { Timeline } from '../lod/timeline.js'
import { fuse, type FusedModel } from '../model/fuse/build.js'
import type { Side } from '../model/fuse/side.js'
import { fuseThread, fuseThreads } from '../model/fuse/threads.js'
import type { Intervals, Range } from '../model/intervals.js'
import { gapsOf, runsWithGaps, tasksWithGaps } from '../model/gaps.js'
import type { PidIndex } from '../model/pids.js'
import type { Runs } from '../model/runs.js'
import type { Session } from '../model/session.js'
import type { TaskIntervals } from '../model/tasks.js'
import {
  type DeltaByLayer,
  type DeltaQuery,
  type FusedLayers,
  type FusedThread,
  type FusedTotals,
  type FusedTracks,
  type Lacking,
  type PreemptionQuery,
  type PreemptionReport,
  type TaskTotals,
  type TimeRange,
} from '../thread/contract.js'
import { atOnce, type Steps } from '../steps.js'
import { sessionTime, type MachineIndex } from '../units.js'
import { containersOf, containerTotals } from './containers.js'
import { Culprits } from './culprits.js'
import { Deltas } from './delta.js'
import { guestViewOf } from './guest-view.js'
import { lackingEvents } from './lacking.js'
import { layersAt } from './layers.js'
import { Preemptions } from './preemption.js'
import { taskTotals, type GuestTasks } from './task-split.js'
import { threadsOf } from './threads.js'
import { fusedTotals } from './totals.js'

/** Made for a machine when first asked for. */
function once(make: (machine: MachineIndex) => TaskIntervals): (machine: MachineIndex) => TaskIntervals {
  const known = new Map<MachineIndex, TaskIntervals>()
  return (machine) => {
    const made = known.get(machine) ?? make(machine)
    known.set(machine, made)
    return made
  }
}

export class FusedViews {
  readonly lacking: readonly Lacking[]
  readonly #culprits: Culprits
  /** Runs and tasks as the timeline has them, but for the time in which events were lost. */
  private readonly runs: Runs
  private readonly tasksOf: (machine: MachineIndex) => TaskIntervals
  /** The threads of a machine by all layers: values are indices of the model's labels. Throws RequestError for no machine. */
  readonly threadsOf: (machine: MachineIndex) => TaskIntervals
  #machines: { readonly guests: readonly GuestTasks[]; readonly hosts: readonly GuestTasks[] } | null = null
  #threads: readonly FusedThread[] | null = null

  static *make(
    session: Session,
    runs: Runs,
    pids: readonly PidIndex[],
    timeline: Timeline,
    side: Side,
  ): Steps<FusedViews> {
    return new FusedViews(session, runs, pids, timeline, side, yield* fuse(session, runs, side))
  }

  private constructor(
    private readonly session: Session,
    runs: Runs,
    private readonly pids: readonly PidIndex[],
    timeline: Timeline,
    private readonly side: Side,
    readonly model: FusedModel,
  ) {
    const gaps = gapsOf(session.table.streams)
    this.lacking = lackingEvents(session, this.model, gaps)
    this.runs = runsWithGaps(runs, gaps)
    this.#culprits = new Culprits(this.model, this.runs)
    this.tasksOf = once((machine) => tasksWithGaps(timeline.tasksOf(machine), gaps))
    this.threadsOf = once((machine) => fuseThreads(this.model, this.tasksOf(machine), this.runs))
    const thread = (machine: MachineIndex, pid: number): Intervals | null => {
      const tasks = this.tasksOf(machine)
      const row = tasks.rowOf(pid)
      return row < 0 ? null : fuseThread(this.model, tasks, this.runs, row)
    }
    timeline.addFused(this.model, thread, (machine, pid, range) => this.#culprits.behind(machine, pid, range))
  }

  tracks(): FusedTracks {
    this.#threads ??= threadsOf(this.session, this.model, this.runs, this.#culprits)
    return {
      version: this.session.version,
      tracks: this.model.tracks,
      threads: this.#threads,
      lacking: this.lacking,
    }
  }

  totals(asked?: TimeRange): FusedTotals {
    return atOnce(this.totalSteps(asked))
  }

  /** The same with pauses. */
  *totalSteps(asked?: TimeRange): Steps<FusedTotals> {
    const range = this.#range(asked ?? {})
    const { session, model, runs, side } = this
    const { guests, hosts } = this.#family
    const tasks: TaskTotals[] = []
    for (const g of guests) tasks.push(...(yield* taskTotals(model, g, range)))
    tasks.sort((a, b) => b.running - a.running)
    const onHosts: TaskTotals[] = []
    for (const h of hosts) if (h.containers.size > 0) onHosts.push(...(yield* taskTotals(model, h, range)))
    return yield* fusedTotals(model, range, {
      version: session.version,
      lacking: this.lacking,
      tasks,
      containers: containerTotals(tasks, onHosts),
      viewOf: (v) => guestViewOf(session, model, runs, side.claims, v, range),
    })
  }

  preemptions(query: PreemptionQuery): PreemptionReport {
    return atOnce(this.preemptionSteps(query))
  }

  /** The same with pauses. */
  preemptionSteps(query: PreemptionQuery): Steps<PreemptionReport> {
    const all = new Preemptions(this.model, this.runs, this.#culprits, this.#family.guests)
    return all.report(query, this.#range(query), this.session.version, this.lacking)
  }

  /** Throws RequestError for a row that is neither a CPU nor a vCPU nor a task. */
  deltaByLayer({ tracks, ...asked }: DeltaQuery): DeltaByLayer {
    const range = this.#range(asked)
    const { machines, version } = this.session
    const deltas = new Deltas(this.model, this.#culprits, this.tasksOf, machines.length)
    const subjects =
      tracks?.map((id) => deltas.subject(id, range)) ?? this.model.vcpus.map((v) => deltas.cpu(v.row, range))
    const [from, to] = [sessionTime(range.from), sessionTime(range.to)]
    return { version, from, to, delta: to - from, subjects }
  }

  layersAt(t: number): FusedLayers {
    const { from, to, version } = this.session
    if (!(t >= from && t <= to)) throw new RequestError(`${t} is not within the recording.`)
    return layersAt(this.model, this.runs, t, version)
  }

  /** The guests whose vCPUs are known, and the machines below them that are nobody's guests. */
  get #family(): { readonly guests: readonly GuestTasks[]; readonly hosts: readonly GuestTasks[] } {
    if (this.#machines) return this.#machines
    const containers = containersOf(this.session)
    const of = (machine: MachineIndex): GuestTasks => ({
      machine,
      pids: this.pids[machine]!.pids,
      tasks: this.tasksOf(machine),
      runs: this.runs,
      containers: containers[machine]!,
    })
    const guests = new Set(this.model.vcpus.flatMap((v) => (v.guest === null ? [] : [v.guest])))
    const hosts = new Set(this.model.pcpus.map((p) => p.machine))
    return (this.#machines = { guests: [...guests].map(of), hosts: [...hosts].map(of) })
  }

  #range({ from, to }: Partial<TimeRange>): Range {
    const range = {
      from: Math.max(from ?? -Infinity, this.session.from),
      to: Math.min(to ?? Infinity, this.session.to),
    }
    if (!(range.from <= range.to)) throw new RequestError(`There is nothing between ${from} and ${to}.`)
    return range
  }
}

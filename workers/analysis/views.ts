// The views of virtual machines of one session under one choice of clocks.

import { RequestError } from '../fault.js'
import type { Timeline } from '../lod/timeline.js'
import { fuse, type FusedModel } from '../model/fuse/build.js'
import type { Side } from '../model/fuse/side.js'
import type { PidIndex } from '../model/pids.js'
import type { Runs } from '../model/runs.js'
import type { Session } from '../model/session.js'
import type {
  FusedLayers,
  FusedTotals,
  FusedTracks,
  Lacking,
  PreemptionQuery,
  PreemptionReport,
  TimeRange,
} from '../thread/contract.js'
import { lackingEvents } from './lacking.js'
import { layersAt } from './layers.js'
import { Preemptions } from './preemption.js'
import type { Range } from './spans.js'
import type { GuestTasks } from './task-split.js'
import { fusedTotals } from './totals.js'

export class FusedViews {
  readonly model: FusedModel
  readonly lacking: readonly Lacking[]
  #guests: readonly GuestTasks[] | null = null

  constructor(
    private readonly session: Session,
    private readonly runs: Runs,
    private readonly pids: readonly PidIndex[],
    private readonly timeline: Timeline,
    side: Side,
  ) {
    this.model = fuse(session, runs, side)
    this.lacking = lackingEvents(session, this.model)
    timeline.addFused(this.model)
  }

  tracks(): FusedTracks {
    return { version: this.session.version, tracks: this.model.tracks, lacking: this.lacking }
  }

  totals(range?: TimeRange): FusedTotals {
    return fusedTotals(this.model, this.#tasks, this.#range(range ?? {}), this.session.version, this.lacking)
  }

  preemptions(query: PreemptionQuery): PreemptionReport {
    const all = new Preemptions(this.model, this.runs, this.#tasks)
    return all.report(query, this.#range(query), this.session.version, this.lacking)
  }

  layersAt(t: number): FusedLayers {
    const { from, to, version } = this.session
    if (!(t >= from && t <= to)) throw new RequestError(`${t} is not within the recording.`)
    return layersAt(this.model, this.runs, t, version)
  }

  /** The guests whose vCPUs are known. */
  get #tasks(): readonly GuestTasks[] {
    const machines = new Set(this.model.vcpus.flatMap((v) => (v.guest === null ? [] : [v.guest])))
    this.#guests ??= [...machines].map((machine) => ({
      machine,
      pids: this.pids[machine]!.pids,
      tasks: this.timeline.tasksOf(machine),
      runs: this.runs,
    }))
    return this.#guests
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

// The views of wake-ups of one session under one choice of clocks.

import { RequestError } from '../../fault.js'
import type { Runs } from '../../model/runs.js'
import type { Session } from '../../model/session.js'
import { taskLabel } from '../../model/tracks.js'
import {
  WakeupMark,
  type ChainLimits,
  type ChainTarget,
  type OnProgress,
  type WakeupChain,
  type LatencyHeat,
  type LatencyHistogram,
  type WakeupFilter,
  type WakeupQuery,
  type WakeupSurvey,
  type WakeupTable,
} from '../../thread/contract.js'
import type { MachineIndex } from '../../units.js'
import { buildWakeups } from './build.js'
import { NONE, NOT_A_RUN, wakeupBytes, type Wakeups } from './columns.js'
import { heat, histogram, latenciesOf, summarise } from './latency.js'
import type { WakeSide } from './read.js'
import { Chains } from './chain/chain.js'
import { wakeupOfEvent, wakeupOnTrack } from './chain/target.js'
import { findId } from './ids.js'
import { Rows } from './rows.js'
import { TaskWakeups } from './tasks.js'
import { JoinedRecords } from '../records/join.js'
import type { FusedViews } from '../views.js'
import { select, sortWakeups, type Names } from './select.js'

/** Rows of one answer at most. */
const MOST_ROWS = 100_000

export class WakeupViews {
  readonly wakeups: Wakeups
  readonly rows: Rows
  /** Records of collectors that tell of the same wake-ups. */
  readonly joined: JoinedRecords
  readonly names: Names
  /** The latest selection and order, by what was asked: scrolling asks the same again. */
  #selected: { readonly key: string; readonly wakeups: Uint32Array } | null = null
  #sorted: { readonly key: string; readonly wakeups: Uint32Array } | null = null
  #tasks: TaskWakeups | null = null
  #chains: Chains | null = null
  #summary: { readonly key: string; readonly latency: WakeupTable['latency'] } | null = null

  constructor(
    private readonly session: Session,
    private readonly runs: Runs,
    sides: readonly WakeSide[],
    /** What really ran, where there are virtual machines. */
    private readonly fused: () => Promise<FusedViews>,
  ) {
    this.wakeups = buildWakeups(session, runs, sides)
    this.names = namesOf(session)
    this.joined = new JoinedRecords(session, this.wakeups)
    this.rows = new Rows(session, runs, this.wakeups, this.names, this.joined)
  }

  survey(): WakeupSurvey {
    const w = this.wakeups
    const machines = this.session.machines.map((m) => ({
      machine: m.machine,
      wakings: 0,
      wakeups: 0,
      chained: 0,
      inferred: 0,
      stacks: this.#hasStacks(m.machine),
    }))
    let runs = 0
    for (let i = 0; i < w.count; i++) {
      const m = machines[w.machine[i]!]!
      if ((w.marks[i]! & WakeupMark.NoWaking) === 0) m.wakings++
      if (w.wakeupRow[i] !== NONE) m.wakeups++
      if ((w.marks[i]! & NOT_A_RUN) !== 0) continue
      runs++
      m.chained++
      if (w.marks[i]! & WakeupMark.RunInferred) m.inferred++
    }
    const lacking = this.#lacking(machines)
    return { version: this.session.version, count: w.count, runs, machines, lacking, bytes: wakeupBytes(w) }
  }

  async table(query: WakeupQuery, signal?: AbortSignal): Promise<WakeupTable> {
    const { start, count, sort = 'time', descending = false, ...filter } = query
    if (!Number.isInteger(start) || !Number.isInteger(count) || start < 0 || count < 0 || count > MOST_ROWS)
      throw new RequestError(
        `Rows ${start} to ${start + count} cannot be asked for; ${MOST_ROWS} at once are the most.`,
      )
    const selected = this.select(filter)
    const sorted = this.#inOrder(selected, sort, descending)
    const rows = await this.rows.describe(sorted.subarray(start, start + count), signal)
    return { version: this.session.version, total: selected.length, rows, latency: this.#latency(selected) }
  }

  histogram(filter: WakeupFilter): LatencyHistogram {
    return histogram(this.wakeups, this.select(filter), this.session.version)
  }

  heat(filter: WakeupFilter, columns: number): LatencyHeat {
    if (!Number.isInteger(columns) || columns < 1 || columns > 1 << 14)
      throw new RequestError(`A heat map cannot have ${columns} columns.`)
    const range = { from: filter.from ?? this.session.from, to: filter.to ?? this.session.to }
    if (!(range.from <= range.to)) throw new RequestError(`There is nothing between ${range.from} and ${range.to}.`)
    return heat(this.wakeups, this.select(filter), range, columns, this.session.version)
  }

  async chain(
    target: ChainTarget,
    limits: ChainLimits = {},
    onProgress?: OnProgress,
    signal?: AbortSignal,
  ): Promise<WakeupChain | null> {
    const { session, runs, wakeups: w, rows } = this
    const tasks = (this.#tasks ??= new TaskWakeups(w))
    const model = this.#virtual ? (await this.fused()).model : null
    const chains = (this.#chains ??= new Chains({ session, runs, w, tasks, rows, model }))
    const world = { around: chains.around, runs, w, tasks }
    let i = -1
    if ('wakeup' in target) i = this.#checked(target.wakeup)
    else if ('id' in target) i = await findId(session, w, this.joined, target.id, onProgress, signal)
    else if ('position' in target) i = await wakeupOfEvent(world, target.position, signal)
    else i = wakeupOnTrack(world, model, target.track, target.t)
    return i < 0 ? null : chains.of(i, limits, signal)
  }

  #checked(i: number): number {
    if (!Number.isInteger(i) || i < 0 || i >= this.wakeups.count)
      throw new RequestError(`There is no wake-up ${i}; the session has ${this.wakeups.count}.`)
    return i
  }

  /** Whether there may be vCPUs among the threads. */
  get #virtual(): boolean {
    const { machines, eventTypes } = this.session
    return machines.some((m) => m.parent !== null) || eventTypes.some((e) => e.system === 'kvm' && e.count > 0)
  }

  /** Wake-ups that pass a filter, in the order of time. */
  select(filter: WakeupFilter): Uint32Array {
    const key = JSON.stringify(filter)
    if (this.#selected?.key !== key) this.#selected = { key, wakeups: select(this.wakeups, filter, this.names) }
    return this.#selected.wakeups
  }

  #inOrder(selected: Uint32Array, sort: WakeupQuery['sort'] & string, descending: boolean): Uint32Array {
    if (sort === 'time' && !descending) return selected
    const key = `${this.#selected!.key} ${sort} ${descending}`
    if (this.#sorted?.key !== key)
      this.#sorted = { key, wakeups: sortWakeups(this.wakeups, selected, sort, descending, this.names) }
    return this.#sorted.wakeups
  }

  #latency(selected: Uint32Array): WakeupTable['latency'] {
    const { key } = this.#selected!
    if (this.#summary?.key !== key) this.#summary = { key, latency: summarise(latenciesOf(this.wakeups, selected)) }
    return this.#summary.latency
  }

  #hasStacks(machine: MachineIndex): boolean {
    const { eventTypes, table } = this.session
    return table.streams.some(
      (s) =>
        s.machine === machine &&
        s.types.some((t) => eventTypes[t]!.name === 'kernel_stack' && eventTypes[t]!.count > 0),
    )
  }

  #lacking(machines: WakeupSurvey['machines']): string[] {
    const say = (m: WakeupSurvey['machines'][number]): string[] => {
      const { name } = this.session.machines[m.machine]!
      const has = (event: string): boolean =>
        this.session.table.streams.some(
          (s) =>
            s.machine === m.machine &&
            s.types.some((t) => this.session.eventTypes[t]!.name === event && this.session.eventTypes[t]!.count > 0),
        )
      const said: string[] = []
      if (m.wakings + m.wakeups === 0)
        said.push(`${name} recorded neither sched_waking nor sched_wakeup: none of its wake-ups are known.`)
      else {
        if (m.wakings === 0)
          said.push(
            `${name} did not record sched_waking: who woke is told by sched_wakeup, which an interrupt of the target may write.`,
          )
        if (!has('sched_wakeup'))
          said.push(
            `${name} did not record sched_wakeup: how latencies divide, and whether tasks moved, cannot be told.`,
          )
        if (!has('sched_switch'))
          said.push(`${name} did not record sched_switch: when woken tasks ran is inferred from their events.`)
        if (!m.stacks) said.push(`${name} recorded no stacks; \`trace-cmd record -T\` records them with every event.`)
      }
      return said
    }
    return machines.flatMap(say)
  }
}

function namesOf(session: Session): Names {
  const known = session.machines.map(() => new Map<number, string>())
  return {
    of(machine, pid) {
      const own = known[machine]!
      let name = own.get(pid)
      if (name === undefined) {
        name = pid < 0 ? 'not known' : pid === 0 ? 'idle' : taskLabel(session.files, session.machines[machine]!, pid)
        own.set(pid, name)
      }
      return name
    },
  }
}

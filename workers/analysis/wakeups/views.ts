// The views of wake-ups of one session under one choice of clocks.

import { RequestError } from '../../fault.js'
import type { Runs } from '../../model/runs.js'
import type { Session } from '../../model/session.js'
import { taskLabel } from '../../model/tracks.js'
import {
  WakeFlagKernels,
  WakeupMark,
  type ArrowQuery,
  type ChainLimits,
  type ClusterQuery,
  type RecordFileInfo,
  type WakeupClusters,
  type ChainTarget,
  type OnProgress,
  type StackTree,
  type WakeupArrows,
  type WakeupChain,
  type WakeupLayers,
  type WakeupSort,
  type WakeupStacks,
  type WakeupTasks,
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
import { wakeSides } from './read.js'
import { isFusedTrack } from '../../lod/fused-rows.js'
import { SharedWork } from '../../shared-work.js'
import { arrows } from './arrows.js'
import { byTask } from './by-task.js'
import { Chains } from './chain/chain.js'
import { wakeupOfEvent, wakeupOnTrack } from './chain/target.js'
import { WakeupIds } from './ids.js'
import { latencyLayers } from './layers.js'
import { Rows } from './rows.js'
import { readStacks } from './stacks/index.js'
import { stackList, stackTree } from './stacks/tree.js'
import { TaskWakeups } from './tasks.js'
import { clusterWakeups } from '../records/clusters.js'
import { JoinedRecords } from '../records/join.js'
import { surveyRecords } from '../records/survey.js'
import type { FusedViews } from '../views.js'
import { select, sortWakeups, type Names } from './select.js'

/** Rows of one answer at most. */
const MOST_ROWS = 100_000

/** Selections kept. */
const KEPT = 6

/** Wake-ups that pass a filter, with what has been asked of them. */
interface Selection {
  readonly key: string
  readonly wakeups: Uint32Array
  sorted: { readonly key: string; readonly wakeups: Uint32Array } | null
  latency: WakeupTable['latency'] | undefined
}

export class WakeupViews {
  readonly rows: Rows
  /** Records of collectors that tell of the same wake-ups. */
  readonly joined: JoinedRecords
  readonly ids: WakeupIds
  readonly names: Names
  /** The latest selections: several panels ask for the same, and scrolling does. */
  #selections: readonly Selection[] = []
  readonly #stacks = new SharedWork(async (onProgress, signal) => {
    const index = await readStacks(this.session, this.wakeups, (i) => this.rows.recordedStack(i), onProgress, signal)
    this.rows.stacks = index
    return index
  })
  #tasks: TaskWakeups | null = null
  #chains: Chains | null = null

  private constructor(
    private readonly session: Session,
    private readonly runs: Runs,
    readonly wakeups: Wakeups,
    /** What really ran, where there are virtual machines. */
    private readonly fused: () => Promise<FusedViews>,
  ) {
    this.names = namesOf(session)
    this.joined = new JoinedRecords(session, this.wakeups)
    this.ids = new WakeupIds(session, this.wakeups, this.joined)
    this.rows = new Rows(session, runs, this.wakeups, this.names, this.joined, this.ids)
  }

  /** Finds the wake-ups. Rejects with the signal's reason. */
  static async find(
    session: Session,
    runs: Runs,
    fused: () => Promise<FusedViews>,
    onProgress?: OnProgress,
    signal?: AbortSignal,
  ): Promise<WakeupViews> {
    const wakeups = await buildWakeups(session, runs, wakeSides(session), onProgress, signal)
    return new WakeupViews(session, runs, wakeups, fused)
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
    if (sort === 'stack') await this.#stacks.get(undefined, signal)
    const selection = await this.#select(filter, signal)
    const sorted = this.#inOrder(selection, sort, descending)
    const rows = await this.rows.describe(sorted.subarray(start, start + count), signal)
    const total = selection.wakeups.length
    return { version: this.session.version, total, rows, latency: this.#latency(selection) }
  }

  async rowOf(query: WakeupFilter & Pick<WakeupQuery, 'sort' | 'descending'>, wakeup: number): Promise<number> {
    const { sort = 'time', descending = false, ...filter } = query
    if (sort === 'stack') await this.#stacks.get()
    return this.#inOrder(await this.#select(filter), sort, descending).indexOf(this.#checked(wakeup))
  }

  async tasks(filter: WakeupFilter, limit: number): Promise<WakeupTasks> {
    return byTask(this.wakeups, this.rows, await this.select(filter), limit, this.session.version)
  }

  async layers(filter: WakeupFilter): Promise<WakeupLayers> {
    const { runs, wakeups, session } = this
    const model = this.#virtual ? (await this.fused()).model : null
    const isGuest = session.machines.map((m) => m.parent !== null)
    return latencyLayers(wakeups, runs, await this.select(filter), isGuest, model, session.version)
  }

  async arrows(query: ArrowQuery): Promise<WakeupArrows> {
    const { session, runs, wakeups } = this
    const fused = query.tracks.some(isFusedTrack) ? (await this.fused()).model.tracks : []
    const { filter = {} } = query
    const all = Object.keys(filter).length === 0
    const passes = all ? null : new Uint8Array(wakeups.count)
    if (passes) for (const i of await this.select(filter)) passes[i] = 1
    const cpu = (stream: number): number => session.table.streams[stream]!.cpu
    return arrows(wakeups, runs, cpu, query, fused, passes, session.version)
  }

  async stacks(
    filter: WakeupFilter,
    limit: number,
    onProgress?: OnProgress,
    signal?: AbortSignal,
  ): Promise<WakeupStacks> {
    const index = await this.#stacks.get(onProgress, signal)
    return stackList(this.wakeups, await this.select(filter, signal), index, limit, this.session.version)
  }

  recordFiles(): RecordFileInfo[] {
    return surveyRecords(this.session, this.joined)
  }

  chooseWakeFlags(file: number, kernel: string | null): void {
    const { meta, wakeRecords } = this.session.files[file] ?? {}
    if (!wakeRecords) throw new RequestError(`${meta?.name ?? `File ${file}`} holds no records of wake-ups.`)
    if (!wakeRecords.flagNames.choose(kernel))
      throw new RequestError(`"${kernel}" is neither a kernel's version nor one of ${WakeFlagKernels.join(', ')}.`)
    // Some ask for names of flags, or are in their order.
    this.#selections = []
  }

  /** Clusters of the selection's stacks, the machines beside each other. */
  async clusters(query: ClusterQuery, onProgress?: OnProgress, signal?: AbortSignal): Promise<WakeupClusters> {
    const index = await this.#stacks.get(onProgress, signal)
    const selected = await this.select(query.filter, signal)
    return clusterWakeups(this.session, this.wakeups, this.joined, index, selected, query)
  }

  async stackTree(filter: WakeupFilter, onProgress?: OnProgress, signal?: AbortSignal): Promise<StackTree> {
    const index = await this.#stacks.get(onProgress, signal)
    return stackTree(this.wakeups, await this.select(filter, signal), index, this.session.version)
  }

  async histogram(filter: WakeupFilter): Promise<LatencyHistogram> {
    return histogram(this.wakeups, await this.select(filter), this.session.version)
  }

  async heat(filter: WakeupFilter, columns: number): Promise<LatencyHeat> {
    if (!Number.isInteger(columns) || columns < 1 || columns > 1 << 14)
      throw new RequestError(`A heat map cannot have ${columns} columns.`)
    const range = { from: filter.from ?? this.session.from, to: filter.to ?? this.session.to }
    if (!(range.from <= range.to)) throw new RequestError(`There is nothing between ${range.from} and ${range.to}.`)
    return heat(this.wakeups, await this.select(filter), range, columns, this.session.version)
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
    else if ('id' in target) i = await this.ids.find(target.id, onProgress, signal)
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
  async select(filter: WakeupFilter, signal?: AbortSignal): Promise<Uint32Array> {
    return (await this.#select(filter, signal)).wakeups
  }

  async #select(filter: WakeupFilter, signal?: AbortSignal): Promise<Selection> {
    const key = JSON.stringify(filter)
    const known = this.#selections.find((s) => s.key === key)
    if (known) return known
    if (filter.stacks) await this.#stacks.get(undefined, signal)
    const wakeups = select(this.wakeups, filter, this.names, this.rows)
    const selection = { key, wakeups, sorted: null, latency: undefined }
    this.#selections = [selection, ...this.#selections.slice(0, KEPT - 1)]
    return selection
  }

  #inOrder(of: Selection, sort: WakeupSort, descending: boolean): Uint32Array {
    if (sort === 'time' && !descending) return of.wakeups
    const key = `${sort} ${descending}`
    if (of.sorted?.key !== key)
      of.sorted = { key, wakeups: sortWakeups(this.wakeups, of.wakeups, sort, descending, this.names, this.rows) }
    return of.sorted.wakeups
  }

  #latency(of: Selection): WakeupTable['latency'] {
    if (of.latency === undefined) of.latency = summarise(latenciesOf(this.wakeups, of.wakeups))
    return of.latency
  }

  #hasStacks(machine: MachineIndex): boolean {
    const { eventTypes, files, machines, table } = this.session
    const recorded = machines[machine]!.files.some((f) => (files[f]!.wakeRecords?.stacks.length ?? 0) > 0)
    return (
      recorded ||
      table.streams.some(
        (s) =>
          s.machine === machine &&
          s.types.some((t) => eventTypes[t]!.name === 'kernel_stack' && eventTypes[t]!.count > 0),
      )
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

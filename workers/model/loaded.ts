// A session from opening to closing: heads, columns, order, and everything that is derived from them.

import type { SourceRef } from '../bytes.js'
import type { Scene } from '../clocks/estimate/gather.js'
import { NO_MARKS, readClockMarks } from '../clocks/marks.js'
import type { Relation } from '../clocks/relate.js'
import type { Allocate, StreamBuilder } from '../columns/builder.js'
import type { StreamColumns } from '../columns/event-table.js'
import { loadColumns, type DecodePool } from '../columns/load.js'
import { mergeOrder, surveyTimes } from '../columns/merge.js'
import { RequestError, type Fault } from '../fault.js'
import { Timeline } from '../lod/timeline.js'
import { RECORD_SYSTEM } from '../readers/records/trace-file.js'
import type { TraceFile } from '../readers/types.js'
import { Tables } from '../table/tables.js'
import type {
  ClockChoice,
  ClockHealth,
  ClockPlaces,
  LoadWindow,
  OnProgress,
  OwnMoment,
  SessionInfo,
} from '../thread/contract.js'
import {
  buildSession,
  describeSession,
  layOut,
  partialCensus,
  runFaults,
  takeCensus,
  type Census,
  type Layout,
} from './assemble.js'
import { ClockBook, type ClockChoices } from './clock-book.js'
import type { Heads } from './heads.js'
import { readContainers, type Containers } from './containers.js'
import { learnNames } from './names.js'
import { onItsClock } from './own-moments.js'
import { partialSentence } from './partial.js'
import { clippedEnds, plannedEnds, streamsWithin } from './planned.js'
import { collectRuns, cpusOf, RunBuilder, type Runs } from './runs.js'
import type { Session } from './session.js'
import { FusedViews } from '../analysis/views.js'
import { WakeupViews } from '../analysis/wakeups/views.js'
import { readSide, type Side } from './fuse/side.js'
import { SharedWork } from '../shared-work.js'
import { inSlices } from '../steps.js'
import { buildTracks } from './tracks.js'
import { resolveWindow, windowSentence } from './window.js'
import { type MachineIndex, sessionTime } from '../units.js'

export interface LoadOptions {
  readonly choices: ClockChoices
  /** Assess the clocks, and use what the events say where they contradict a recorded relation. */
  readonly assess: boolean
  readonly pool: DecodePool
  readonly allocate: Allocate
  readonly budget: number
  /** The part of the recording that is loaded; absent = all. */
  readonly window?: LoadWindow
  /** Version of the first state shown; each later one has the next number. */
  readonly nextVersion: () => number
  readonly onProgress?: OnProgress
  readonly onPartial?: (state: LoadedState) => void
  readonly signal?: AbortSignal
}

/** One state of a session: for one choice of clocks, or while still loading. */
export interface LoadedState {
  readonly session: Session
  readonly timeline: Timeline
  readonly tables: Tables
  readonly info: () => SessionInfo
  /** The views of virtual machines, built when first asked for. Rejects with RequestError while still loading. */
  readonly fused: () => Promise<FusedViews>
  /** The views of wake-ups, likewise. */
  readonly wakeups: (onProgress?: OnProgress, signal?: AbortSignal) => Promise<WakeupViews>
}

/** What a state is made of, besides what all states share. */
interface StateParts {
  readonly relation: Relation
  readonly streams: readonly StreamColumns[]
  readonly order: Uint32Array
  readonly runs: Runs
  readonly census: Census
  readonly ends: { readonly from: number; readonly to: number }
  readonly faults: readonly Fault[]
}

export class LoadedSession {
  state: LoadedState
  #loading = true
  #partial: string | null = null
  #window: SessionInfo['window']
  /** Per file and stream, the ticks that were laid out; null = all. */
  #within: Session['within']
  /** What the views of virtual machines read from records; the same for all clocks. */
  #side: Promise<Side> | null = null
  /** What the views of wake-ups read from records, likewise. */
  #decodeFaults: readonly Fault[] = []
  #census: Census
  #choices: ClockChoices
  #containers: Containers = []
  #runs: Runs
  /** What the clocks read from records; the same for all choices. */
  #marks = NO_MARKS
  readonly #clocks: ClockBook

  private constructor(
    private readonly heads: Heads,
    private readonly layout: Layout,
    private readonly options: LoadOptions,
    clocks: ClockBook,
    relation: Relation,
  ) {
    this.#clocks = clocks
    this.#choices = options.choices
    this.#within = heads.files.map(() => null)
    const machines = heads.family.machines.length
    this.#census = takeCensus([], layout.types, machines)
    const runs = (this.#runs = collectRuns([], false))
    const recorded = plannedEnds(heads.files, layout)
    if (options.window) {
      const whole = { ...relation, ...recorded }
      const window = resolveWindow(options.window, whole)
      this.#window = { ...window, recorded: { from: sessionTime(recorded.from), to: sessionTime(recorded.to) } }
      this.#partial = windowSentence(window, whole)
      this.#within = heads.files.map((file, f) => streamsWithin(file, f, layout, window))
    }
    const ends = clippedEnds(recorded, this.#window)
    this.state = this.#stateOf({ relation, streams: [], order: NO_ORDER, runs, census: this.#census, ends, faults: [] })
  }

  /** Decodes everything (or as much as the budget allows). */
  static async load(heads: Heads, options: LoadOptions): Promise<LoadedSession> {
    const clocks = new ClockBook(heads.files, heads.family)
    const relation = clocks.relate(options.choices)
    const layout = layOut(heads.files, heads.family, relation)
    const session = new LoadedSession(heads, layout, options, clocks, relation)
    await session.#decode(relation)
    if (clocks.bridge(session.state.session.table.streams)) session.#retime()
    if (options.assess) session.#heedEvents()
    return session
  }

  /** Where the session's files are, in their order. */
  get sources(): readonly SourceRef[] {
    return this.heads.sources
  }

  /** The clock choices in use: those asked for, and those made after assessing the events. */
  get choices(): ClockChoices {
    return this.#choices
  }

  /** What the events say about a guest's clock. */
  async clockHealth(machine: MachineIndex): Promise<ClockHealth> {
    return this.#clocks.health(machine, this.#choices, this.#scene())
  }

  /** Where a guest's events would lie under another choice. */
  clockPlaces(machine: MachineIndex, choice: ClockChoice): ClockPlaces {
    return this.#clocks.places(machine, { ...this.#choices, [machine]: choice }, this.#scene())
  }

  /** Moments on machines' own clocks, under the choices in use: `t` from `raw`, or `raw` from `t` where it is null. */
  ownMoments(moments: readonly OwnMoment[]): (OwnMoment & { readonly raw: string })[] {
    const relation = this.#clocks.relate(this.#choices)
    return moments.map((moment) => onItsClock(moment, this.heads, relation))
  }

  /** Assesses all guests; those whose recorded relation the events contradict get the one estimated from the events. */
  #heedEvents(): void {
    for (const guest of this.#clocks.guests) {
      const { method } = this.state.session.clocks[guest.machine]!
      const better = this.#clocks.better(guest, method, this.#scene())
      if (better !== method && !this.options.choices[guest.machine]) {
        this.#choices = { ...this.#choices, [guest.machine]: { method: better } }
      }
      // A guest's own guests are held against its times as they are from here on.
      this.#retime()
    }
  }

  #scene(): Scene {
    const { session } = this.state
    const { files, machines, eventTypes, table } = session
    const streams = withoutRecords(files, table.streams)
    return { files, machines, eventTypes, streams, runs: this.#runs, marks: this.#marks }
  }

  /** Re-times all machines by other clock choices; decodes nothing. Throws RequestError for a choice that cannot be. */
  retime(choices: ClockChoices): void {
    const before = this.#choices
    const hostMoved = this.heads.family.machines.some(
      (m) => m.parent === null && !sameChoice(before[m.machine], choices[m.machine]),
    )
    if (hostMoved) {
      const withoutEvents = Object.fromEntries(Object.entries(choices).filter(([, c]) => c.method !== 'events'))
      // Fails before anything is changed.
      this.#clocks.relate(withoutEvents)
      // What the events say was said about the host's old times.
      this.#clocks.forget()
      this.#choices = withoutEvents
      this.#retime()
    }
    for (const guest of this.#clocks.guests) {
      if (choices[guest.machine]?.method === 'events') this.#clocks.assess(guest, this.#scene())
    }
    this.#clocks.relate(choices)
    this.#choices = choices
    this.#retime()
  }

  #retime(): void {
    const relation = this.#clocks.relate(this.#choices)
    const streams = this.state.session.table.streams.map((s): StreamColumns => {
      const clock = relation.clockOf(s.file, s.cpu)
      if (clock.identity) return { ...s, t: s.ticks }
      const t = new Float64Array(this.options.allocate(s.count * Float64Array.BYTES_PER_ELEMENT))
      clock.apply(s.ticks, s.count, t)
      return { ...s, t }
    })
    this.#settle(relation, streams, this.#buildersFor(streams))
  }

  async #decode(relation: Relation): Promise<void> {
    const { files, sources, family } = this.heads
    const { signal, onPartial, onProgress } = this.options
    const window = this.#window
    const ends = clippedEnds(plannedEnds(files, this.layout), window)
    let growing: RunBuilder[] = []
    const showMore = (streams: readonly StreamBuilder[]): void => {
      const columns = streams.map((s) => s.columns)
      if (growing.length === 0) growing = this.#buildersFor(columns)
      const runs = collectRuns(growing, false)
      const census = partialCensus(this.layout, columns, family)
      const frozen = columns.map((c) => ({ ...c }))
      this.state = this.#stateOf({ relation, streams: frozen, order: NO_ORDER, runs, census, ends, faults: [] })
      onPartial?.(this.state)
    }
    const layouts = await Promise.all(files.map((f, i) => f.layOut(this.#within[i] ?? undefined, signal)))
    const loaded = await loadColumns({
      files,
      layouts,
      window,
      sources,
      plans: this.layout.plans,
      pool: this.options.pool,
      allocate: this.options.allocate,
      budget: this.options.budget,
      onProgress,
      onMore: onPartial && showMore,
      signal,
    })
    const streams = loaded.streams.map((s) => s.columns)
    const count = streams.reduce((n, s) => n + s.count, 0)
    this.#decodeFaults = loaded.faults
    if (loaded.stoppedAt !== null) {
      growing = []
      const full = partialSentence(loaded.streams, ends, loaded.stoppedAt, relation.unit, this.options.budget)
      this.#partial = this.#partial === null ? full : `${this.#partial} ${full}`
    }
    onProgress?.({ phase: 'merging', done: 0, total: count, unit: 'events' })
    await learnNames(files, streams, signal)
    this.#census = takeCensus(streams, this.layout.types, family.machines.length)
    this.#containers = await readContainers(files, family.machines, streams, this.#census.eventTypes, signal)
    if (this.#clocks.guests.length > 0) this.#marks = await readClockMarks(files, streams, this.#census.eventTypes)
    this.#settle(relation, streams, growing.length > 0 ? growing : this.#buildersFor(streams))
    this.#loading = false
    onProgress?.({ phase: 'indexing', done: count, total: count, unit: 'events', events: count })
  }

  #buildersFor(streams: readonly StreamColumns[]): RunBuilder[] {
    const { types } = this.layout
    const isFollower = (type: number): boolean =>
      types[type]!.system === RECORD_SYSTEM || /^(kernel|user)_stack$/.test(types[type]!.name)
    // Records are stamped a little after what they tell of: what a CPU runs, and until when, follows from the recording alone.
    const isRecords = (s: StreamColumns): boolean => this.heads.files[s.file]!.wakeRecords !== undefined
    const recorded = new Set(streams.filter((s) => !isRecords(s)).map((s) => `${s.machine}/${s.cpu}`))
    const telling = streams.filter((s) => !isRecords(s) || !recorded.has(`${s.machine}/${s.cpu}`))
    return cpusOf(telling).map((cpu) => new RunBuilder(cpu, isFollower))
  }

  #settle(relation: Relation, streams: readonly StreamColumns[], builders: readonly RunBuilder[]): void {
    const surveys = streams.map(surveyTimes)
    const order = mergeOrder(streams)
    const from = Math.min(...surveys.map((s) => s.from))
    const to = Math.max(...surveys.map((s) => s.to))
    const backwards = surveys.flatMap((s, i): Fault[] => {
      const { file, cpu } = streams[i]!
      if (s.backwards === 0) return []
      const message = `The time of CPU ${cpu} runs backwards ${s.backwards} times; its events are kept in the order in which they were recorded.`
      const { name } = this.heads.family.files[file]!
      return [{ severity: 'warning', code: 'time-backwards', message, file: name, cpu, times: s.backwards }]
    })
    const runs = (this.#runs = collectRuns(builders, true))
    const ends = from <= to ? { from, to } : { from: this.#window?.from ?? 0, to: this.#window?.to ?? 0 }
    const faults = [...backwards, ...runFaults(builders, this.heads.family)]
    const scene = { ...this.#scene(), streams: withoutRecords(this.heads.files, streams), runs }
    const judged = { ...relation, states: this.#clocks.states(relation, scene) }
    this.state = this.#stateOf({ relation: judged, streams, order, runs, census: this.#census, ends, faults })
  }

  #stateOf(parts: StateParts): LoadedState {
    const { files, family } = this.heads
    const { census } = parts
    const session = buildSession({
      version: this.options.nextVersion(),
      files,
      family,
      eventTypes: census.eventTypes,
      tracks: buildTracks(files, family.machines, census.machines, this.#containers),
      within: this.#within,
      ...parts,
    })
    const tables = new Tables(session)
    const timeline = new Timeline(session, parts.runs, census.pids, (view) => tables.viewPositions(view))
    const faults = [
      ...family.faults,
      ...this.#clocks.bridgeFaults,
      ...parts.relation.faults,
      ...this.#decodeFaults,
      ...parts.faults,
    ]
    let fused: Promise<FusedViews> | null = null
    const build = async (): Promise<FusedViews> => {
      if (this.#loading) throw new RequestError('Virtual machines can be looked at when everything is loaded.')
      this.#side ??= readSide(session)
      return inSlices(FusedViews.make(session, parts.runs, census.pids, timeline, await this.#side))
    }
    const fusedViews = (): Promise<FusedViews> =>
      (fused ??= build().catch((e: unknown) => {
        // A reading that failed may be tried again.
        fused = null
        this.#side = null
        throw e
      }))
    const wakeups = new SharedWork((onProgress, signal) =>
      WakeupViews.find(session, parts.runs, fusedViews, onProgress, signal),
    )
    return {
      session,
      timeline,
      tables,
      wakeups: async (onProgress, signal) => {
        if (this.#loading) throw new RequestError('Wake-ups can be looked at when everything is loaded.')
        return wakeups.get(onProgress, signal)
      },
      fused: fusedViews,
      info: () => ({
        ...describeSession(session, family, faults, timeline.bytes, this.#loading ? LOADING : this.#partial),
        ...(this.#window ? { window: this.#window } : {}),
      }),
    }
  }
}

const sameChoice = (a: ClockChoice | undefined, b: ClockChoice | undefined): boolean =>
  a?.method === b?.method && (a?.offset ?? '0') === (b?.offset ?? '0')

/** The streams as the clocks see them: records prove nothing about clocks, and keep their place in the list. */
const withoutRecords = (files: readonly TraceFile[], streams: readonly StreamColumns[]): readonly StreamColumns[] =>
  streams.map((s) => (files[s.file]!.wakeRecords ? { ...s, count: 0, switches: 0, wakes: 0, lost: [] } : s))

const LOADING = 'Still loading.'
const NO_ORDER = new Uint32Array(0)

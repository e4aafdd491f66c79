// The engine: opens recordings and answers questions about them. Knows no thread; its parts do the work.

import type { SourceOpener } from './bytes.js'
import type { Allocate } from './columns/builder.js'
import type { DecodePool } from './columns/load.js'
import { runsService } from './analysis/runs/service.js'
import type { FusedViews } from './analysis/views.js'
import { RequestError } from './fault.js'
import { isFusedTrack } from './lod/fused-rows.js'
import { readHeads } from './model/heads.js'
import { LoadedSession, type LoadedState } from './model/loaded.js'
import type { Session } from './model/session.js'
import { fingerprintsOf, hashFiles, trimFiles } from './write/files.js'
import { reportSections } from './report/sections.js'
import { headerLines, type LineOptions } from './table/lines.js'
import type { EngineApi, EventRow } from './thread/contract.js'
import { inSlices } from './steps.js'
import { viewRow, type ViewRow } from './units.js'

export interface EngineEnvironment {
  readonly open: SourceOpener
  readonly pool: DecodePool
  /** Where columns live; absent = plain ArrayBuffers. */
  readonly allocate?: Allocate
  /** Bytes for the events' columns when a request names no budget. */
  readonly defaultBudget: number
}

/** The engine as its own thread sees it: beside the contract, output that is streamed. */
export interface Engine extends EngineApi {
  /** The loaded session itself, for work on this thread that no request covers; null when none is open. */
  session(): Session | null
  /** The views of virtual machines, with their model. */
  fused(): Promise<FusedViews>
  /** What `trace-cmd report` prints before the events. */
  header(): string[]
  /** Events as `trace-cmd report` prints them, in batches of lines. */
  lines(view: number, start: ViewRow, count: number, options?: LineOptions): AsyncGenerator<string[]>
}

export function createEngine(env: EngineEnvironment): Engine {
  const allocate = env.allocate ?? ((bytes: number) => new ArrayBuffer(bytes))
  let version = 0
  const nextVersion = (): number => ++version
  /** Opening or closing makes whatever opening is still under way give up. */
  let turn = 0
  let session: LoadedSession | null = null
  let shown: LoadedState | null = null
  /** Digests of the files of `session`. */
  let hashes: Promise<readonly string[]> | null = null

  const state = (): LoadedState => {
    if (!shown) throw new RequestError('No recording is open.')
    return shown
  }
  /** The state in which the row can be asked for. */
  const stateFor = async (...tracks: readonly string[]): Promise<LoadedState> => {
    const s = state()
    if (tracks.some(isFusedTrack)) await s.fused()
    return s
  }
  const rowAt = async (position: number | null): Promise<EventRow | null> =>
    position === null ? null : ((await state().tables.rows(0, viewRow(position), 1))[0] ?? null)

  return {
    async inspect(sources, signal) {
      return (await readHeads(sources, env.open, signal)).family
    },

    async open(request, onProgress, onPartial, signal) {
      const mine = ++turn
      const check = (): void => {
        signal?.throwIfAborted()
        if (mine !== turn) throw new RequestError('Another recording was opened meanwhile.')
      }
      const size = request.sources.reduce((n, s) => n + s.size, 0)
      onProgress?.({ phase: 'reading', done: 0, total: size, unit: 'bytes' })
      const heads = await readHeads(request.sources, env.open, signal, request.pair)
      check()
      const { beside = false } = request
      if (!beside) {
        // Two sessions at once would take twice the memory that was set aside.
        session = null
        shown = null
        hashes = null
      }
      try {
        const loaded = await LoadedSession.load(heads, {
          choices: request.clocks ?? {},
          assess: request.assess ?? false,
          pool: env.pool,
          allocate,
          budget: request.budget ?? env.defaultBudget,
          window: request.window,
          nextVersion,
          onProgress: (p) => {
            check()
            onProgress?.(p)
          },
          onPartial:
            onPartial && !beside
              ? (partial) => {
                  check()
                  shown = partial
                  onPartial(partial.info())
                }
              : undefined,
          signal,
        })
        check()
        session = loaded
        shown = loaded.state
        hashes = null
        return shown.info()
      } catch (e) {
        if (mine === turn && !beside) shown = null
        throw e
      }
    },

    async close() {
      turn++
      session = null
      shown = null
      hashes = null
    },

    async setClock(machine, choice) {
      if (!session) throw new RequestError('No recording is open, or it is still loading.')
      if (!session.state.session.machines[machine])
        throw new RequestError(`There is no machine ${machine} in this session.`)
      session.retime({ ...session.choices, [machine]: choice })
      shown = session.state
      return shown.info()
    },

    async clockHealth(machine) {
      if (!session) throw new RequestError('No recording is open, or it is still loading.')
      return session.clockHealth(machine)
    },

    async clockPlaces(machine, choice) {
      if (!session) throw new RequestError('No recording is open, or it is still loading.')
      return session.clockPlaces(machine, choice)
    },

    async lod(query, signal) {
      signal?.throwIfAborted()
      return (await stateFor(...query.tracks)).timeline.frame(query, signal)
    },

    fusedTracks: async () => (await state().fused()).tracks(),
    fusedTotals: async (range) => inSlices((await state().fused()).totalSteps(range)),
    preemptions: async (query) => inSlices((await state().fused()).preemptionSteps(query)),
    deltaByLayer: async (query) => (await state().fused()).deltaByLayer(query),
    layersAt: async (t) => (await state().fused()).layersAt(t),

    wakeupSurvey: async (onProgress, signal) => (await state().wakeups(onProgress, signal)).survey(),
    wakeups: async (query, signal) => (await state().wakeups(undefined, signal)).table(query, signal),
    wakeupHistogram: async (filter) => (await state().wakeups()).histogram(filter),
    wakeupRowOf: async (query, wakeup) => (await state().wakeups()).rowOf(query, wakeup),
    wakeupLayers: async (filter) => (await state().wakeups()).layers(filter),
    wakeupTasks: async (filter, limit) => (await state().wakeups()).tasks(filter, limit),
    wakeupArrows: async (query) => (await state().wakeups()).arrows(query),
    wakeupStacks: async (filter, limit, onProgress, signal) =>
      (await state().wakeups(onProgress, signal)).stacks(filter, limit, onProgress, signal),
    wakeupStackTree: async (filter, onProgress, signal) =>
      (await state().wakeups(onProgress, signal)).stackTree(filter, onProgress, signal),
    wakeupChain: async (target, limits, onProgress, signal) =>
      (await state().wakeups(onProgress, signal)).chain(target, limits, onProgress, signal),
    recordFiles: async () => (await state().wakeups()).recordFiles(),
    chooseWakeFlags: async (file, kernel) => (await state().wakeups()).chooseWakeFlags(file, kernel),
    wakeupClusters: async (query, onProgress, signal) =>
      (await state().wakeups(onProgress, signal)).clusters(query, onProgress, signal),
    wakeupHeat: async (filter, columns) => (await state().wakeups()).heat(filter, columns),

    fingerprints: async (sources, signal) => fingerprintsOf(sources.map(env.open), signal),
    async ownMoments(moments) {
      if (!session) throw new RequestError('No recording is open, or it is still loading.')
      return session.ownMoments(moments)
    },
    async fileHashes(onProgress, signal) {
      if (!session) throw new RequestError('No recording is open, or it is still loading.')
      const { sources } = session
      hashes ??= hashFiles(sources.map(env.open), onProgress, signal).catch((e: unknown) => {
        // One that failed or was called off may be asked for again.
        hashes = null
        throw e
      })
      return hashes
    },
    async trim(query, onProgress, signal) {
      if (!session) throw new RequestError('No recording is open, or it is still loading.')
      return trimFiles(session.state.session, query, onProgress, signal)
    },

    async reportSections(query) {
      return reportSections(this, state().info(), query)
    },

    async overview(columns) {
      return state().timeline.overview(columns)
    },

    async hover(track, t, tolerance, view) {
      const { timeline } = await stateFor(track)
      const span = timeline.spanAt(track, t)
      return { track, span, event: await rowAt(timeline.nearestEvent(track, t, tolerance, view)) }
    },

    async snap(track, t, tolerance) {
      return (await stateFor(track)).timeline.snap(track, t, tolerance)
    },

    async step(track, from, direction, view) {
      return rowAt((await stateFor(track)).timeline.step(track, from, direction, view))
    },

    createView: async (filter, onProgress, signal) => state().tables.createView(filter, onProgress, signal),
    dropView: async (view) => state().tables.dropView(view),
    checkExpression: async (expression) => state().tables.checkExpression(expression),
    rows: async (view, start, count, signal) => state().tables.rows(view, start, count, signal),
    rowAtTime: async (view, t) => state().tables.rowAtTime(view, t),
    rowOf: async (view, position) => state().tables.rowOf(view, position),
    details: async (position, signal) => state().tables.details(position, signal),
    search: async (view, spec, from, limitMs, signal) => state().tables.search(view, spec, from, limitMs, signal),
    searchMore: async (search, limitMs, signal) => state().tables.searchMore(search, limitMs, signal),
    searchStep: async (search, from, direction) => state().tables.searchStep(search, from, direction),
    searchDensity: async (search, from, to, columns) => state().tables.searchDensity(search, from, to, columns),

    ...runsService(
      env.open,
      () => session?.state.session ?? null,
      async () => (await state().fused()).model.vcpus,
    ),

    session: () => session?.state.session ?? null,
    fused: () => state().fused(),
    header: () => headerLines(state().session),
    lines: (view, start, count, options) => state().tables.lines(view, start, count, options),
  }
}

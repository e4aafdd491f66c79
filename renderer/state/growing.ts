// A recording that goes on, on the timeline: what is recorded so far is loaded again and again beside what is shown, and takes
// its place when it is there. How it is looked at stays.

import { batch, effect, signal } from '@preact/signals'
import type { ClockChoice, EngineApi, EventDetails, SessionInfo } from '../../workers/thread/contract.js'
import { sessionTime, viewRow, type Position } from '../../workers/units.js'
import { chosenUrl, setTitle, type Chosen } from '../host-api.js'
import { letSoFarGo, recordedSoFar, type RecordedSoFar, type RecordLive } from '../remote-api.js'
import type { RemoteMachine } from '../remote-api.js'
import { setClockSteps } from './clock-choices.js'
import { fusing } from './fused.js'
import { isAbort, sentence } from './messages.js'
import { keep, loaded, missing, refreshRecent, remembered, type Heads } from './opening.js'
import { firstTasks } from './rows.js'
import {
  cpuTrack,
  details,
  engine,
  extent,
  loading,
  moveTimes,
  range,
  rowLayout,
  selection,
  session,
  setRange,
  setSession,
  staying,
  type Selection,
  type TimeRange,
} from './session-state.js'
import { clearView, contentToKeep, restoreView } from './view-memory.js'
import { ownClocks } from './view-fit.js'

export interface Growing {
  /** Session time from which nothing is lacking; null = all of the recording is there. */
  readonly since: number | null
  /** Why the timeline does not grow for now, a sentence; null = it does. */
  readonly waits: string | null
  readonly notes: readonly string[]
}
/** null = no recording that goes on is on the timeline. */
export const growing = signal<Growing | null>(null)
/** The view moves with the end of the recording. */
export const followsEnd = signal(true)

/** Bytes that are looked at; less where loading them takes long. */
const MOST = 64 << 20
const LEAST = 4 << 20
/** ms that loading and working out the rows may take before less is looked at. */
const SLOW = 2500
/** ms between two looks, and how many times as long as a look took: the rest is left to the recording. */
const PAUSE = 1000
const REST = 2
const LONGEST = 5000
/** A buffer that is this full has no time for looks. */
const STRAINED = 0.5
/** ns that are followed when the recording has become longer. */
const FOLLOWED = 10e9

/** Tasks stay as long as they are among this many times as many of the busiest. */
const NEAR = 1.5

/** The range that was last set here, whether it is to be all that there is, and whether somebody wants that. */
let ours: { readonly range: TimeRange; readonly whole: boolean; readonly chosen: boolean } | null = null

// Whoever pans or zooms away from the end stays there.
effect(() => {
  const now = range.value
  if (!growing.peek() || !followsEnd.peek() || !ours || same(now, ours.range)) return
  const all = extent.peek()
  if (now.to < all.to) followsEnd.value = false
  else ours = { range: now, whole: now.from <= all.from, chosen: true }
})

const same = (a: TimeRange, b: TimeRange): boolean => a.from === b.from && a.to === b.to

/** Moves to the end and stays with it, or stays where it is. */
export function followEnd(on: boolean): void {
  batch(() => {
    followsEnd.value = on
    if (on) toEnd(range.peek(), false, true)
  })
}

function toEnd(view: TimeRange, whole: boolean, chosen: boolean): void {
  const all = extent.peek()
  const from = whole ? all.from : Math.max(all.from, all.to - (view.to - view.from))
  setRange(from, all.to)
  ours = { range: range.peek(), whole, chosen }
}

export interface Growth {
  /** Looks no more; whether it is on the timeline, null = something else is by now. */
  stop(): Promise<boolean | null>
  /** The whole recording takes the place of what is shown. Rejects where it cannot be loaded. */
  finish(files: readonly Chosen[], signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/**
 * Begins to look at the recording of a machine.
 * @param live its figures as they were told last
 * @param onShown called when it is on the timeline
 */
export function grow(at: RemoteMachine, live: () => RecordLive | null, onShown: () => void): Growth {
  const abort = new AbortController()
  let shown: { readonly heads: Heads; readonly info: SessionInfo } | null = null
  /** The user's own. */
  let clocks: Readonly<Record<number, ClockChoice>> = {}
  /** Something else was opened, or the session was closed: it is left alone. */
  const left = (): boolean => shown !== null && loaded.peek() !== shown.heads

  const openBeside = async (api: EngineApi, chosen: readonly Chosen[], signal: AbortSignal, last: boolean) => {
    const event = await selectedEvent(api)
    if (left()) return null
    const before = session.peek()
    if (shown && before) clocks = { ...clocks, ...ownClocks(before, shown.info) }
    const found = await api.open(
      { sources: chosen.map((c) => c.source), beside: true, assess: last || chosen.length > 1, clocks },
      (progress) => {
        const now = loading.peek()
        if (last && now) loading.value = { ...now, progress }
      },
      undefined,
      signal,
    )
    if (left()) return null
    // That it goes on is no fault of the recording.
    const info = last ? found : { ...found, faults: found.faults.filter((f) => f.code !== 'not-ended') }
    const again = await sameSelection(api, event)
    const heads: Heads = {
      family: { files: info.files, machines: info.machines, faults: info.faults },
      files: chosen,
      sample: false,
      pairs: [],
    }
    return { info, heads, chosen: again }
  }

  const look = async (api: EngineApi, found: RecordedSoFar): Promise<void> => {
    const next = await openBeside(api, found.files.map(chosenUrl), abort.signal, false)
    if (!next) return
    const first = shown === null
    batch(() => {
      if (first) {
        clearView()
        setClockSteps(next.info)
        missing.value = null
        followsEnd.value = true
      }
      replace(next.info, next.heads, next.chosen, first)
      growing.value = { since: sinceIn(next.info, found.since), waits: null, notes: found.notes }
    })
    shown = next
    if (!first) return
    setTitle(`Recording ${at.label} - Remora`)
    onShown()
  }

  const wait = (why: string | null): void => {
    const now = growing.peek()
    if (now && now.waits !== why) growing.value = { ...now, waits: why }
  }
  const loop = async (): Promise<void> => {
    const { signal } = abort
    let limit = MOST
    for (;;) {
      if (left()) {
        growing.value = null
        return
      }
      const began = performance.now()
      let pause = PAUSE
      const api = engine.peek()
      const now = live()
      try {
        if (document.hidden || !api) wait(null)
        else if (now?.recorders.some((r) => (r.figures.fill ?? 0) > STRAINED))
          wait('The timeline waits while a buffer is filling up.')
        else {
          const found = await recordedSoFar(at.machine, limit, signal)
          const asked = performance.now()
          if (found.files.length > 0) {
            if (leaves(found.since)) wait('The timeline waits: what you look at would be left behind.')
            else {
              await look(api, found)
              // What is drawn of it comes first: the next look would make it void.
              await workedOut(signal)
              await api.overview(1)
            }
          }
          const loading = performance.now() - asked
          if (loading > SLOW) limit = Math.max(LEAST, limit / 2)
          else if (loading < SLOW / 4) limit = Math.min(MOST, limit * 2)
          const took = performance.now() - began
          pause = Math.min(Math.max(PAUSE, REST * took), LONGEST)
        }
      } catch (e) {
        if (signal.aborted) return
        if (!isAbort(e) && !left()) wait(sentence(e))
      }
      if (!(await rested(pause, signal))) return
    }
  }
  const done = loop()

  return {
    async stop() {
      abort.abort()
      await done
      return left() ? null : shown !== null
    },
    async finish(files, signal) {
      const api = engine.peek()
      if (!api) return
      const next = await openBeside(api, files, signal, true)
      if (!next) return
      const { info, heads } = next
      batch(() => {
        growing.value = null
        replace(info, heads, next.chosen, false)
      })
      shown = next
      setTitle(`${info.name} - Remora`)
      const memory = await remembered(api, heads)
      const now = contentToKeep(clocks)
      const content = { ...now, view: now.view && { ...now.view, selected: null } }
      await keep(memory, info, heads, content)
      if (left()) return
      // The same view once more, and kept from now on.
      const kept = batch(() => {
        clearView()
        return restoreView(memory.key, content)
      })
      await kept
      await refreshRecent()
    },
    async close() {
      abort.abort()
      await done
      growing.value = null
      ours = null
      await letSoFarGo(at.machine).catch(() => undefined)
    },
  }
}

/** Shows a later state of what is shown, in the same way. */
function replace(info: SessionInfo, heads: Heads, again: Again | null, first: boolean): void {
  const before = session.peek()
  const view = range.peek()
  const by = before && !first ? Number(BigInt(before.epoch) - BigInt(info.epoch)) : 0
  if (!first) staying.value = stillThere(info)
  loaded.value = heads
  const chosen = selection.peek()
  moveTimes(by)
  setSession(info, first)
  if (!first) {
    if (chosen) selection.value = again?.of === chosen.position ? { ...chosen, ...again.now } : null
    if (!followsEnd.peek()) return setRange(view.from + by, view.to + by)
  }
  const { whole, chosen: wanted } = ours && !first ? ours : { whole: true, chosen: false }
  // All of it until it is long, unless somebody wants to see all of it.
  const long = info.unit === 'ns' && info.to - info.from > FOLLOWED
  if (long && whole && !wanted) toEnd({ from: sessionTime(0), to: sessionTime(FOLLOWED) }, false, false)
  else toEnd(view, whole, wanted)
}

/** The tasks that stay where they stand: all, or with the end those that have not fallen far behind others. */
function stillThere({ tracks }: SessionInfo): string[] {
  const first = firstTasks(rowLayout.peek())
  if (!followsEnd.peek()) return first
  const busiest = tracks.filter((t) => t.kind === 'task').sort((a, b) => b.events - a.events)
  const near = new Set<string>()
  for (const machine of new Set(busiest.map((t) => t.machine))) {
    const own = busiest.filter((t) => t.machine === machine)
    const shown = own.filter((t) => first.includes(t.id)).length
    for (const t of own.slice(0, Math.ceil(shown * NEAR))) near.add(t.id)
  }
  return first.filter((id) => near.has(id))
}

/** Session time of a value of the host's trace clock. */
const sinceIn = (info: SessionInfo, since: string | null): number | null =>
  since === null ? null : Number(BigInt(since) - BigInt(info.epoch))

/** What is looked at lies before the time from which all is there. */
function leaves(since: string | null): boolean {
  const now = session.peek()
  if (!now || followsEnd.peek() || !growing.peek()) return false
  const from = sinceIn(now, since)
  return from !== null && from > range.peek().from
}

/** What an event that was selected before is called now. */
interface Again {
  readonly of: Position
  readonly now: Pick<Selection, 'position' | 't'>
}

/** The selected event, as it is called in every state of the recording. */
async function selectedEvent(api: EngineApi): Promise<EventDetails | null> {
  const chosen = selection.peek()
  if (!chosen || !growing.peek()) return null
  const known = details.peek()
  return known?.position === chosen.position ? known : api.details(chosen.position)
}

/** `before`: what was selected when loading began. */
async function sameSelection(api: EngineApi, before: EventDetails | null): Promise<Again | null> {
  const chosen = selection.peek()
  const event = [before, details.peek()].find((d) => d && d.position === chosen?.position)
  const now = event && (await sameEvent(api, event))
  return now ? { of: event.position, now: { position: now.position, t: now.t } } : null
}

/** Rows of the same time that are looked through for an event. */
const BATCH = 256

/** The event in the session that is open now; null = it is not there any more. */
async function sameEvent(api: EngineApi, event: EventDetails): Promise<EventDetails | null> {
  const { machine, cpu, rawTime } = event
  const [moment] = await api.ownMoments([{ machine, cpu, t: sessionTime(0), raw: rawTime }])
  if (!moment) return null
  const start = await api.rowAtTime(0, moment.t)
  const rows = await api.rows(0, viewRow(start), BATCH)
  for (const row of rows) {
    if (row.t > moment.t) break
    if (row.machine !== machine || row.cpu !== cpu || row.event !== event.event || row.info !== event.info) continue
    const found = await api.details(row.position)
    if (found.rawTime === rawTime && cpuTrack(found) === cpuTrack(event)) return found
  }
  return null
}

/** Resolves when the rows of virtual machines are there, or at the signal. */
function workedOut(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let stop: (() => void) | null = null
    const done = (): void => {
      signal.removeEventListener('abort', done)
      stop?.()
      resolve()
    }
    signal.addEventListener('abort', done)
    stop = effect(() => {
      if (fusing.value === null || signal.aborted) queueMicrotask(done)
    })
  })
}

/** false = it was called off. */
function rested(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false)
    const timer = setTimeout(() => resolve(true), ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve(false)), { once: true })
  })
}

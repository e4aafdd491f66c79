// From files to a session: start the engine, show the family tree, load, and bring back how the session looked.

import { batch, signal } from '@preact/signals'
import type { DeclaredPair, Family, LoadWindow, OpenRequest, SessionInfo } from '../../workers/thread/contract.js'
import { connect } from '../../workers/thread/web.js'
import type { Connection } from '../../workers/thread/web.js'
import { chosenUrl, pickFiles, reopen, samples as findSamples, setTitle, startup } from '../host-api.js'
import type { Chosen, Sample } from '../host-api.js'
import { recentSessions, savedSession, saveSession, sessionKey } from '../store/db.js'
import type { SavedSession, SavedView } from '../store/db.js'
import { forgetClockChoices } from './clock-choices.js'
import { plural } from './format.js'
import { handle, isAbort, messages, say, sentence } from './messages.js'
import { engine, loading, setSession } from './session-state.js'
import { clearView, restoreRows, restoreView } from './view-memory.js'

/** Files with what their heads say. */
export interface Heads {
  readonly family: Family
  /** In the order of the family's files. */
  readonly files: readonly Chosen[]
  /** The sample that comes with the program. */
  readonly sample: boolean
  /** Guests and their hosts that the user has declared. */
  readonly pairs: readonly DeclaredPair[]
  /** The part that is loaded; absent = all. */
  readonly window?: LoadWindow
}
/** Files that were chosen and not loaded yet. */
export const offered = signal<Heads | null>(null)
/** Files of the session. */
export const loaded = signal<Heads | null>(null)
/** The family tree is open as a dialog: of the offered files, else of the session. */
export const familyOpen = signal(false)
/** Recordings that come with the program. */
export const samples = signal<readonly Sample[]>([])
export const recent = signal<readonly SavedSession[]>([])
export const version = signal('')
/** Files of a recent session that could not be found again: they are to be chosen. */
export const missing = signal<SavedSession | null>(null)

let connection: Connection | null = null

function startEngine(): void {
  connection ??= connect((text) => {
    batch(() => {
      loading.value = null
      say('error', text)
    })
  })
  engine.value = connection.engine
}

/** At the start of the window: the engine, the recent sessions and whatever the program was started with. */
export async function begin(): Promise<void> {
  startEngine()
  handle(refreshRecent())
  handle(findSamples().then((found) => (samples.value = found)))
  const start = await startup()
  version.value = start.version
  if (start.notice) say('note', start.notice)
  if (start.sources.length > 0) await openFiles(start.sources.map(chosenUrl), { ask: false, sample: start.sample })
}

export const refreshRecent = async (): Promise<void> => void (recent.value = await recentSessions())

export const openSample = (sample: Sample): Promise<void> =>
  openFiles(sample.sources.map(chosenUrl), { ask: false, sample: true })

/** What is said of files wherever their session is named: none of a user's recordings. */
export function labelOf(family: Pick<Family, 'files'>, sample: boolean): SavedSession['label'] {
  if (family.files.some((f) => f.generated)) return 'generated'
  return sample ? 'sample' : null
}

/** Asks for files and opens them. */
export async function chooseAndOpen(input: HTMLInputElement): Promise<void> {
  const files = await pickFiles(input)
  if (files && files.length > 0) await openFiles(files, { ask: true })
}

let inspecting: AbortController | null = null

/** Reads the heads of the files. `ask`: shows the family tree and waits; otherwise loads at once. */
export async function openFiles(
  files: readonly Chosen[],
  how: {
    readonly ask: boolean
    readonly sample?: boolean
    readonly pairs?: readonly DeclaredPair[]
    readonly window?: LoadWindow
  },
): Promise<void> {
  const api = engine.peek()
  if (!api) return
  inspecting?.abort()
  const abort = new AbortController()
  inspecting = abort
  messages.value = []
  loading.value = {
    title: `Reading the heads of ${plural(files.length, 'file')}`,
    progress: null,
    cancel: () => abort.abort(),
  }
  try {
    const family = await api.inspect(
      files.map((c) => c.source),
      abort.signal,
    )
    if (abort.signal.aborted) return
    batch(() => {
      const { sample = false, pairs = [], window } = how
      offered.value = { family, files, sample, pairs, ...(window ? { window } : {}) }
      familyOpen.value = how.ask
    })
  } catch (e) {
    if (!isAbort(e)) say('error', sentence(e))
    return
  } finally {
    if (inspecting === abort) loading.value = null
  }
  if (!how.ask) await load()
}

export function closeFamily(): void {
  batch(() => {
    familyOpen.value = false
    offered.value = null
  })
}

let opening = new AbortController()

/** Loads the offered files, or the session's own once more. */
export async function load(): Promise<void> {
  const api = engine.peek()
  const heads = offered.peek() ?? loaded.peek()
  if (!api || !heads) return
  opening.abort()
  const mine = new AbortController()
  opening = mine
  const superseded = () => opening !== mine
  closeFamily()
  const key = sessionKey(heads.family.files, heads.pairs)
  const saved = await savedSession(key).catch(() => undefined)
  if (superseded()) return
  clearView()
  batch(() => {
    loaded.value = heads
    missing.value = null
  })
  loading.value = { title: 'Loading', progress: null, cancel: () => mine.abort() }
  // Another window has other events at the same places of the list.
  const same = JSON.stringify(saved?.window) === JSON.stringify(heads.window)
  const view = saved?.view ? { ...saved.view, selected: same ? saved.view.selected : null } : null
  let fresh = true
  const show = (info: SessionInfo) => {
    if (superseded()) return
    batch(() => {
      setSession(info, fresh)
      if (fresh) {
        forgetClockChoices()
        restoreRows(view)
      }
      fresh = false
    })
  }
  const open = (clocks: OpenRequest['clocks']) =>
    api.open(
      {
        sources: heads.files.map((c) => c.source),
        assess: true,
        pair: heads.pairs,
        ...(heads.window ? { window: heads.window } : {}),
        ...(clocks ? { clocks } : {}),
      },
      (progress) => {
        const now = loading.peek()
        if (now && !superseded()) loading.value = { ...now, progress }
      },
      show,
      mine.signal,
    )
  try {
    // A clock choice of an earlier version may be one that these files no longer allow.
    const info = await open(view?.clocks).catch((e: unknown) => {
      if (view && e instanceof Error && e.name === 'RequestError' && !superseded()) return open(undefined)
      throw e
    })
    show(info)
    setTitle(`${info.name} - Remora`)
    handle(keep(key, info, heads, view))
    await restoreView(key, view)
  } catch (e) {
    if (superseded()) return
    batch(() => {
      setSession(null, true)
      loaded.value = null
      // Whoever cancelled may want other files, or these after all.
      if (isAbort(e)) offered.value = heads
      familyOpen.value = isAbort(e)
    })
    if (!isAbort(e)) say('error', sentence(e))
  } finally {
    if (!superseded()) loading.value = null
  }
}

async function keep(key: string, info: SessionInfo, heads: Heads, view: SavedView | null): Promise<void> {
  await saveSession({
    key,
    name: info.name,
    files: heads.files.map((c) => ({ name: c.source.name, size: c.source.size, anchor: c.anchor })),
    pairs: heads.pairs,
    ...(heads.window ? { window: heads.window } : {}),
    events: info.count,
    label: labelOf(info, heads.sample),
    opened: Date.now(),
    view,
  })
  await refreshRecent()
}

/** Opens a session of the list again; what cannot be found is named. */
export async function openRecent(saved: SavedSession): Promise<void> {
  const found = await Promise.all(saved.files.map((f) => reopen(f.anchor, f.name, f.size).catch(() => null)))
  const files = found.filter((f) => f !== null)
  if (files.length === saved.files.length)
    await openFiles(files, {
      ask: false,
      sample: saved.label === 'sample',
      pairs: saved.pairs ?? [],
      ...(saved.window ? { window: saved.window } : {}),
    })
  else missing.value = saved
}

/** Loads another part of the session's files, null = all. */
export async function loadWindow(window: LoadWindow | null): Promise<void> {
  const heads = loaded.peek()
  if (!heads) return
  const { window: _before, ...rest } = heads
  offered.value = window ? { ...rest, window } : rest
  await load()
}

/** Declares that the recording `guest` is one of a guest of the machine recorded in `host` (null: of nobody). Takes effect on loading. */
export function declarePair(guest: number, host: number | null): void {
  const heads = offered.peek() ?? loaded.peek()
  if (!heads) return
  const others = heads.pairs.filter((p) => p.guest !== guest)
  offered.value = { ...heads, pairs: host === null ? others : [...others, { guest, host }] }
}

/** Back to the start page. */
export async function closeSession(): Promise<void> {
  opening.abort()
  clearView()
  batch(() => {
    setSession(null, true)
    loaded.value = null
  })
  setTitle('Remora')
  await engine.peek()?.close()
  await refreshRecent()
}

// From files to a session: start the engine, show the family tree, load, and bring back how the session looked.

import { batch, signal } from '@preact/signals'
import type {
  DeclaredPair,
  EngineApi,
  Family,
  LoadWindow,
  OpenRequest,
  SessionInfo,
} from '../../workers/thread/contract.js'
import { connect } from '../../workers/thread/web.js'
import type { Connection } from '../../workers/thread/web.js'
import { chosenUrl, pickFiles, reopen, samples as findSamples, setTitle, startup } from '../host-api.js'
import type { Chosen, RecordedRuns, Sample } from '../host-api.js'
import { contentKey, findSession, sessionWith, recentSessions, saveSession, thumbsOf, tracesOf } from '../store/db.js'
import type { Found, SavedSession, SessionContent } from '../store/db.js'
import { SCHEMA } from '../store/session.js'
import { takeWaiting, unpack, waiting, type Unpacked } from './bundles.js'
import { setClockSteps } from './clock-choices.js'
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
  /** What somebody did to these files, which came along with them. */
  readonly brought?: SessionContent
  /** From the list of recent sessions. */
  readonly again?: boolean
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
/** Small pictures of the recent sessions, by key. */
export const thumbs = signal<ReadonlyMap<string, string>>(new Map())
export const version = signal('')
/** Files of a recent session that could not be found again: they are to be chosen. */
export const missing = signal<SavedSession | null>(null)

/** The folder of runs that the window was opened with. */
export const recordedRuns = signal<RecordedRuns | null>(null)

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
  recordedRuns.value = start.runs ?? null
  if (start.notice) say('note', start.notice)
  if (start.sources.length > 0) await openFiles(start.sources.map(chosenUrl), { ask: false, sample: start.sample })
}

export async function refreshRecent(): Promise<void> {
  const sessions = await recentSessions()
  const images = await thumbsOf(sessions.map((s) => s.key))
  batch(() => {
    recent.value = sessions
    thumbs.value = images
  })
}

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
    readonly brought?: SessionContent
    readonly again?: boolean
  },
): Promise<void> {
  const api = engine.peek()
  if (!api) return
  const unpacked = await unpack(files)
  if (unpacked) return openUnpacked(unpacked, how)
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
      const { sample = false, pairs = [], window, brought, again = false } = how
      offered.value = {
        family,
        files,
        sample,
        pairs,
        again,
        ...(window ? { window } : {}),
        ...(brought ? { brought } : {}),
      }
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

/** What came out of a bundle: its traces with what was done to them, or that alone, for files that are here or yet to be chosen. */
async function openUnpacked(
  { files, pairs, brought, bundle }: Unpacked,
  how: Parameters<typeof openFiles>[1],
): Promise<void> {
  const { manifest } = bundle
  if (files.length > 0) return openFiles(files, { ...how, ask: false, pairs, brought })
  const prints = manifest.files.map((f) => f.print)
  const known = await sessionWith(prints, manifest.pairs)
  waiting.value = { name: manifest.name, files: manifest.files.map((f) => f.name), prints, content: brought }
  if (known) await openRecent(known)
  if (waiting.peek()) {
    const names = manifest.files.map((f) => f.name).join(', ')
    say('note', `This file holds notes and views without their traces. Open or drop ${names}, and they are shown.`)
  }
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
  const found = await remembered(api, heads)
  if (superseded()) return
  if (found.said !== null) say('note', found.said)
  clearView()
  batch(() => {
    loaded.value = heads
    missing.value = null
  })
  loading.value = { title: 'Loading', progress: null, cancel: () => mine.abort() }
  // Another window has other events at the same places of the list.
  const same = JSON.stringify(found.session?.window) === JSON.stringify(heads.window)
  const brought = heads.brought ?? takeWaiting(found.prints)
  // Opened again by itself, its own later changes count.
  const content = together(found.session, heads.again && found.session ? undefined : brought, same)
  const view = content?.view ?? null
  let fresh = true
  const show = (info: SessionInfo) => {
    if (superseded()) return
    batch(() => {
      setSession(info, fresh)
      if (fresh) {
        setClockSteps(info)
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
    await keep(found, info, heads, content).catch((e: unknown) => say('error', `Nothing is kept: ${sentence(e)}`))
    await restoreView(found.key, content)
    handle(refreshRecent())
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

export type Memory = Found & { readonly prints: readonly string[] }

/** What is stored about the files. Nothing of what is wrong with it keeps them from being opened. */
export async function remembered(api: EngineApi, heads: Heads): Promise<Memory> {
  const { files } = heads.family
  const prints = await api.fingerprints(heads.files.map((c) => c.source))
  try {
    return { ...(await findSession(files, prints, heads.pairs)), prints }
  } catch (e) {
    const said = `What was stored about these files cannot be read: ${sentence(e)} They are shown as they are.`
    return { session: null, key: contentKey(prints, heads.pairs), replaces: null, said, prints }
  }
}

/** What is shown at first: as it was left here, with what came along with the files. `same`: the same part is loaded as then. */
function together(
  saved: SessionContent | null,
  brought: SessionContent | undefined,
  same: boolean,
): SessionContent | null {
  const own = saved && {
    view: saved.view && { ...saved.view, selected: same ? saved.view.selected : null },
    views: saved.views,
  }
  if (!brought) return own
  const joined = <T extends { readonly id: string }>(mine: readonly T[], theirs: readonly T[]): T[] => [
    ...mine.filter((m) => !theirs.some((t) => t.id === m.id)),
    ...theirs,
  ]
  const view = brought.view && { ...brought.view, notes: joined(own?.view?.notes ?? [], brought.view.notes ?? []) }
  return { view: view ?? own?.view ?? null, views: joined(own?.views ?? [], brought.views) }
}

export const keep = (memory: Memory, info: SessionInfo, heads: Heads, content: SessionContent | null): Promise<void> =>
  saveSession(
    {
      key: memory.key,
      schema: SCHEMA,
      name: info.name,
      files: heads.files.map((c, i) => ({
        name: c.source.name,
        size: c.source.size,
        anchor: c.anchor,
        traceId: heads.family.files[i]?.traceId ?? null,
        print: memory.prints[i] ?? '',
      })),
      traces: tracesOf(heads.family.files.map((f) => f.traceId)),
      pairs: heads.pairs,
      ...(heads.window ? { window: heads.window } : {}),
      events: info.count,
      label: labelOf(info, heads.sample),
      opened: Date.now(),
      view: content?.view ?? null,
      views: content?.views ?? [],
    },
    memory.replaces,
  )

/** Opens a session of the list again; what cannot be found is named. */
export async function openRecent(saved: SavedSession): Promise<void> {
  const inside = saved.files[0]?.anchor
  if (inside?.kind === 'bundle') {
    const bundle = await reopen(inside.of, inside.name, inside.size).catch(() => null)
    if (bundle) await openFiles([bundle], { ask: false, again: true })
    else missing.value = { ...saved, files: [{ name: inside.name, size: inside.size, anchor: inside.of }] }
    return
  }
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
  // What of a loading session is still under way is not to be shown any more.
  opening = new AbortController()
  clearView()
  batch(() => {
    loading.value = null
    setSession(null, true)
    loaded.value = null
  })
  setTitle('Remora')
  await engine.peek()?.close()
  await refreshRecent()
}

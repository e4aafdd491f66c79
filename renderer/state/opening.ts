// From files to a session: start the engine, show the family tree, load, and bring back how the session looked.

import { batch, signal } from '@preact/signals'
import type { ClockChoice, SessionInfo } from '../../workers/thread/contract.js'
import { connect } from '../../workers/thread/web.js'
import type { Connection } from '../../workers/thread/web.js'
import { chosenUrl, pickFiles, reopen, setTitle, startup, traceFiles } from '../host-api.js'
import type { Chosen } from '../host-api.js'
import { recentSessions, savedSession, saveSession, sessionKey } from '../store/db.js'
import type { SavedSession, SavedView } from '../store/db.js'
import { plural } from './format.js'
import { handle, isAbort, say, sentence } from './messages.js'
import { tasksGroup } from './rows.js'
import { engine, family, loading, session, setSession, toggled } from './session-state.js'
import { clearView, restoreView } from './view-memory.js'

/** Files that `family` describes, in its order. */
export const chosen = signal<readonly Chosen[]>([])
/** The family tree is open as a dialog. */
export const familyOpen = signal(false)
/** The session is the sample that comes with the program. */
export const isSample = signal(false)
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
  const start = await startup()
  version.value = start.version
  if (start.notice) say('note', start.notice)
  if (start.sources.length > 0) await openFiles(start.sources.map(chosenUrl), { ask: false, sample: start.sample })
}

export const refreshRecent = async (): Promise<void> => void (recent.value = await recentSessions())

/** Asks for files and opens them. */
export async function chooseAndOpen(input: HTMLInputElement): Promise<void> {
  const files = await pickFiles(input)
  if (files && files.length > 0) await openFiles(files, { ask: true })
}

let inspecting: AbortController | null = null

/** Reads the heads of the files. `ask`: shows the family tree and waits; otherwise loads at once. */
export async function openFiles(
  files: readonly Chosen[],
  how: { readonly ask: boolean; readonly sample?: boolean },
): Promise<void> {
  const api = engine.peek()
  if (!api) return
  inspecting?.abort()
  const abort = new AbortController()
  inspecting = abort
  const traces = traceFiles(files)
  loading.value = {
    title: `Reading the heads of ${plural(traces.length, 'file')}`,
    progress: null,
    cancel: () => abort.abort(),
  }
  try {
    const found = await api.inspect(
      traces.map((c) => c.source),
      abort.signal,
    )
    if (abort.signal.aborted) return
    batch(() => {
      chosen.value = traces
      family.value = found
      isSample.value = how.sample ?? false
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

/** Loads what the family tree shows. */
export async function load(): Promise<void> {
  const api = engine.peek()
  const heads = family.peek()
  if (!api || !heads) return
  familyOpen.value = false
  const key = sessionKey(heads.files)
  const saved = await savedSession(key).catch(() => undefined)
  const abort = new AbortController()
  let fresh = true
  const show = (info: SessionInfo) => {
    setSession(info, fresh)
    fresh = false
  }
  clearView()
  loading.value = { title: 'Loading', progress: null, cancel: () => abort.abort() }
  try {
    const clocks: Readonly<Record<number, ClockChoice>> | undefined = saved?.view?.clocks
    const info = await api.open(
      { sources: chosen.peek().map((c) => c.source), ...(clocks ? { clocks } : {}) },
      (progress) => {
        const now = loading.peek()
        if (now && !abort.signal.aborted) loading.value = { ...now, progress }
      },
      show,
      abort.signal,
    )
    show(info)
    setTitle(`${info.name} - Remora`)
    handle(keep(key, info, saved?.view ?? null))
    // One machine leaves room: its tasks are shown at once.
    const [only, ...others] = info.tracks.filter((t) => t.kind === 'machine')
    if (!saved?.view && only && others.length === 0) toggled.value = new Set([tasksGroup(only.id)])
    await restoreView(key, saved?.view ?? null)
  } catch (e) {
    batch(() => {
      setSession(null, true)
      familyOpen.value = !isAbort(e) ? false : heads.files.length > 0
    })
    if (!isAbort(e)) say('error', sentence(e))
  } finally {
    loading.value = null
  }
}

async function keep(key: string, info: SessionInfo, view: SavedView | null): Promise<void> {
  await saveSession({
    key,
    name: info.name,
    files: chosen.peek().map((c) => ({ name: c.source.name, size: c.source.size, anchor: c.anchor })),
    events: info.count,
    opened: Date.now(),
    view,
  })
  await refreshRecent()
}

/** Opens a session of the list again; what cannot be found is named. */
export async function openRecent(saved: SavedSession): Promise<void> {
  const found = await Promise.all(saved.files.map((f) => reopen(f.anchor, f.name, f.size).catch(() => null)))
  const files = found.filter((f) => f !== null)
  if (files.length === saved.files.length) await openFiles(files, { ask: false })
  else missing.value = saved
}

/** Back to the start page. */
export async function closeSession(): Promise<void> {
  clearView()
  batch(() => {
    setSession(null, true)
    family.value = null
    familyOpen.value = false
  })
  setTitle('Remora')
  await engine.peek()?.close()
  await refreshRecent()
}

/** Takes over what setClock answers. */
export async function retime(machine: SessionInfo['machines'][number]['machine'], choice: ClockChoice): Promise<void> {
  const api = engine.peek()
  if (!api || !session.peek()) return
  setSession(await api.setClock(machine, choice), false)
}

// Another machine: the connection, what lies there, what was chosen of it, and on its way here.

import { batch, computed, signal } from '@preact/signals'
import type { Family, LoadWindow } from '../../workers/thread/contract.js'
import type { Chosen } from '../host-api.js'
import {
  connectTo,
  copyRemote,
  disconnect,
  forgetSecrets,
  listRemote,
  placeRemote,
  RemoteError,
  remoteHosts,
  type CopyProgress,
  type KnownHost,
  type Listing,
  type Answer,
  type Asked,
  type Question,
  type RecordLive,
  type RemoteFile,
  type RemoteMachine,
} from '../remote-api.js'
import type { SavedSession } from '../store/db.js'
import { isAbort, say, sentence } from './messages.js'
import { openFiles, openRecent } from './opening.js'
import { engine } from './session-state.js'
import { remotePlaces } from './settings.js'

export const remoteOpen = signal(false)
export const knownHosts = signal<readonly KnownHost[]>([])
export const machine = signal<RemoteMachine | null>(null)
/** What is being done, with its end. */
export const busy = signal<{ readonly text: string; readonly cancel: () => void } | null>(null)
export const question = signal<{
  readonly question: Question
  readonly answer: (value: Answer) => void
} | null>(null)
export const listing = signal<Listing | null>(null)
export const nameFilter = signal('')
/** Every file, or only those that can be opened. */
export const showAll = signal(false)
/** Names of the chosen files of the directory. */
export const chosen = signal<ReadonlySet<string>>(new Set())
export interface Look {
  readonly paths: readonly string[]
  readonly files: readonly RemoteFile[]
  readonly family: Family
}
/** What the heads of the chosen files say. */
export const look = signal<Look | null>(null)
export const copying = signal<{
  readonly name: string
  readonly nth: number
  readonly of: number
  readonly progress: CopyProgress | null
} | null>(null)
/** How a recording goes, null = there is none. */
export const recordLive = signal<RecordLive | null>(null)
/** What the dialog was opened for. */
export const openedFor = signal<'files' | 'record'>('files')
/** What the dialog shows. */
export const purpose = signal<'files' | 'record'>('files')
export const remoteFault = signal<string | null>(null)
/** A session that is opened again once its machine is reached. */
export const reopening = signal<SavedSession | null>(null)

export const shownEntries = computed(() => {
  const text = nameFilter.value.toLowerCase()
  return (listing.value?.entries ?? []).filter(
    (e) =>
      e.name.toLowerCase().includes(text) &&
      (showAll.value || e.kind === 'directory' || e.format !== null) &&
      (showAll.value || !e.name.startsWith('.')),
  )
})

/** One piece of work at a time; what goes wrong stands in the dialog. */
export async function working(text: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  busy.peek()?.cancel()
  const abort = new AbortController()
  const mine = { text, cancel: () => abort.abort() }
  batch(() => {
    busy.value = mine
    remoteFault.value = null
  })
  try {
    await work(abort.signal)
  } catch (e) {
    if (!isAbort(e)) remoteFault.value = sentence(e)
    // The local server was started anew: its connections went with it.
    if (e instanceof RemoteError && e.code === 'connection-closed') machine.value = null
  } finally {
    if (busy.peek() === mine) {
      batch(() => {
        busy.value = null
        question.value = null
        copying.value = null
      })
    }
  }
}

/** Opens the dialog where it was left, nothing being chosen yet. */
export async function showRemote(): Promise<void> {
  // While something is recorded the dialog is about that.
  if (recordLive.peek()) {
    remoteOpen.value = true
    return
  }
  batch(() => {
    remoteOpen.value = true
    openedFor.value = 'files'
    purpose.value = 'files'
    chosen.value = new Set()
    look.value = null
    remoteFault.value = null
  })
  knownHosts.value = await remoteHosts().catch(() => [])
}

export function hideRemote(): void {
  // A recording is ended by its own button, never by the way.
  if (!recordLive.peek()) busy.peek()?.cancel()
  batch(() => {
    remoteOpen.value = false
    reopening.value = null
    remoteFault.value = null
  })
}

/** Questions go to the dialog. */
export const answering = (signal: AbortSignal): Asked => ({
  answer: (asked) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      question.value = {
        question: asked,
        answer: (value) => {
          question.value = null
          resolve(value)
        },
      }
    }),
  note: (text) => say('note', text),
})

export async function forgetKept(): Promise<void> {
  const n = await forgetSecrets()
  const gone =
    n === 0 ? 'Nothing was kept' : n === 1 ? 'One kept secret is forgotten' : `${n} kept secrets are forgotten`
  say('note', `${gone}. What was typed for a connection that stands is forgotten when you disconnect.`)
}

/** Connects to a machine and shows a directory of it, '' = the user's home. */
export async function connectRemote(address: string, path = ''): Promise<void> {
  await working(`Connecting to ${address.replace(/^ssh:\/\//i, '').replace(/\/.*/, '')}`, async (signal) => {
    const before = machine.peek()
    const typed = /^(?:ssh:\/\/)?([^/]+)(\/.*)?$/i.exec(address.trim())
    const made = await connectTo(`ssh://${typed?.[1] ?? address}`, answering(signal), signal)
    if (before) await disconnect(before.machine).catch(() => undefined)
    machine.value = made
    await enter(made, path || (typed?.[2] ?? '').replace(/^\/~\/?/, ''), signal)
  })
}

export async function leaveMachine(): Promise<void> {
  busy.peek()?.cancel()
  const before = machine.peek()
  batch(() => {
    machine.value = null
    purpose.value = openedFor.peek()
    listing.value = null
    look.value = null
    chosen.value = new Set()
  })
  if (before) await disconnect(before.machine)
}

async function enter(at: RemoteMachine, path: string, signal: AbortSignal): Promise<void> {
  const found = await listRemote(at.machine, path, signal)
  batch(() => {
    listing.value = found
    chosen.value = new Set()
    look.value = null
    nameFilter.value = ''
  })
}

export const openDirectory = (path: string): Promise<void> =>
  working(`Reading ${path}`, async (signal) => {
    const at = machine.peek()
    if (at) await enter(at, path, signal)
  })

export const inDirectory = (name: string): string => `${listing.peek()?.path.replace(/\/$/, '') ?? ''}/${name}`
export const parentOf = (path: string): string => path.replace(/\/[^/]*\/?$/, '') || '/'

/** Chooses files and reads their heads where they are: nothing else crosses the line. */
export async function choose(names: ReadonlySet<string>): Promise<void> {
  chosen.value = names
  look.value = null
  const at = machine.peek()
  if (!at || names.size === 0) return
  await working('Reading heads', async (signal) => {
    const paths = [...names].map(inDirectory)
    const files = await Promise.all(paths.map((path) => placeRemote(at.machine, path, signal)))
    const family = await engine.peek()!.inspect(files.map(sourceOf), signal)
    if (chosen.peek() === names) look.value = { paths, files, family }
  })
}

export const sourceOf = ({ name, size, url }: RemoteFile) =>
  ({ kind: 'url', name, size, url: new URL(url, location.href).href }) as const

const chosenOf = (file: RemoteFile, at: RemoteMachine, path: string, way: 'copy' | 'place'): Chosen => ({
  source: sourceOf(file),
  anchor: { kind: 'remote', address: at.address, path, way },
})

function remember(at: RemoteMachine, path: string): void {
  const others = remotePlaces.peek().filter((p) => p.address !== at.address || p.path !== path)
  remotePlaces.value = [{ address: at.address, path }, ...others].slice(0, 8)
}

/** Copies the chosen files here and opens them. */
export const copyAndOpen = (): Promise<void> => {
  const at = machine.peek()
  const found = look.peek()
  if (!at || !found) return Promise.resolve()
  return working('Copying', async (signal) => {
    const files = await copyAll(at, found.paths, signal)
    remember(at, listing.peek()?.path ?? parentOf(found.paths[0]!))
    remoteOpen.value = false
    await openFiles(files, { ask: false })
  })
}

async function copyAll(at: RemoteMachine, paths: readonly string[], signal: AbortSignal): Promise<Chosen[]> {
  const files: Chosen[] = []
  for (const [i, path] of paths.entries()) {
    const name = path.split('/').at(-1)!
    const show = (progress: CopyProgress | null) => (copying.value = { name, nth: i + 1, of: paths.length, progress })
    show(null)
    files.push(chosenOf(await copyRemote(at.machine, path, show, signal), at, path, 'copy'))
  }
  return files
}

/** Opens the chosen files where they are: all of them, or the events of a window. */
export async function openInPlace(window: LoadWindow | null): Promise<void> {
  const at = machine.peek()
  const found = look.peek()
  if (!at || !found) return
  remember(at, listing.peek()?.path ?? parentOf(found.paths[0]!))
  remoteOpen.value = false
  const files = found.files.map((file, i) => chosenOf(file, at, found.paths[i]!, 'place'))
  await openFiles(files, { ask: false, ...(window ? { window } : {}) })
}

/** Opens a session of the list again: its machines are connected first, where its files are on some. */
export async function openSaved(saved: SavedSession): Promise<void> {
  const anchors = saved.files.flatMap(({ anchor }) => (anchor.kind === 'remote' ? [anchor] : []))
  if (anchors.length !== saved.files.length || anchors.length === 0) return openRecent(saved)
  if (recordLive.peek()) return say('note', 'A recording goes on: end it before another machine is asked for files.')
  batch(() => {
    reopening.value = saved
    openedFor.value = 'files'
    purpose.value = 'files'
    remoteOpen.value = true
  })
  const { address } = anchors[0]!
  await working(`Connecting to ${address.replace(/^ssh:\/\//i, '')}`, async (signal) => {
    let at = machine.peek()
    if (at?.address !== address) {
      at = await connectTo(address, answering(signal), signal)
      machine.value = at
      listing.value = null
    }
    const files: Chosen[] = []
    for (const { path, way } of anchors) {
      if (way === 'copy') files.push(...(await copyAll(at, [path], signal)))
      else files.push(chosenOf(await placeRemote(at.machine, path, signal), at, path, way))
    }
    const changed = files.find((f, i) => f.source.size !== saved.files[i]!.size)
    if (changed) {
      throw new Error(
        `${changed.source.name} on ${at.label} has another size than when its session was kept: it is another recording now. Choose it anew to open it`,
      )
    }
    batch(() => {
      reopening.value = null
      remoteOpen.value = false
    })
    const { window, pairs = [] } = saved
    await openFiles(files, { ask: false, pairs, ...(window ? { window } : {}) })
  })
}

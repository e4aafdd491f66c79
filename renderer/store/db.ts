// What comes back the next time: sessions that were open and how they looked, and the frame's own choices.

import { Dexie } from 'dexie'
import type { Table } from 'dexie'
import type { DeclaredPair, LoadWindow } from '../../workers/thread/contract.js'
import type { Anchor } from '../host-api.js'
import { readContent, SCHEMA, StoredProblem, type SessionContent } from './session.js'

export type { NamedView, SavedView, SessionContent } from './session.js'

export interface SavedFile {
  readonly name: string
  readonly size: number
  readonly anchor: Anchor
  readonly traceId?: string | null
  /** See FilesApi.fingerprints; absent: stored before they were taken. */
  readonly print?: string
  /** Below the folder that it was chosen with; absent = it was chosen by itself. */
  readonly path?: string
}

export interface SavedSession {
  /** See contentKey; of those stored by schema 1 and not opened since, nameKey. */
  readonly key: string
  readonly schema: number
  readonly name: string
  readonly files: readonly SavedFile[]
  /** Trace ids of the files that have one, sorted and joined; '' = none. */
  readonly traces: string
  /** Guests and hosts that the user declared, indices of `files`. */
  readonly pairs?: readonly DeclaredPair[]
  /** The part that was loaded; absent = all. */
  readonly window?: LoadWindow
  /** Of probe records: runs. */
  readonly events: number
  /** Probe records to be compared, which have no timeline; absent = recordings. */
  readonly runs?: true
  /** What its label says; absent = neither. */
  readonly label?: 'sample' | 'generated' | null
  /** ms since 1970. */
  readonly opened: number
  readonly view: SessionContent['view']
  readonly views: SessionContent['views']
}

/** A stored session that could not be used, kept as it was. */
interface Aside {
  readonly key: string
  readonly at: number
  readonly why: string
  readonly value: unknown
}

class Store extends Dexie {
  readonly sessions!: Table<SavedSession, string>
  readonly settings!: Table<{ readonly name: string; readonly value: unknown }, string>
  /** A small picture of each session, as a data: address. */
  readonly thumbs!: Table<{ readonly key: string; readonly image: string }, string>
  readonly aside!: Table<Aside, number>
  constructor() {
    super('remora')
    this.version(1).stores({ sessions: 'key, opened', settings: 'name' })
    this.version(2)
      .stores({ sessions: 'key, opened, traces', settings: 'name', thumbs: 'key', aside: '++, key' })
      .upgrade((change) =>
        change
          .table<Record<string, unknown>>('sessions')
          .toCollection()
          .modify((row) => {
            row.traces = tracesOfNameKey(String(row.key))
            row.views = []
            row.schema = SCHEMA
          }),
      )
  }
}

const store = new Store()

interface KeyedFile {
  readonly name: string
  readonly size: number
  readonly traceId: string | null
}

const withPairs = (names: readonly string[], pairs: readonly DeclaredPair[]): string =>
  [...names, ...pairs.map((p) => `${names[p.guest]}<${names[p.host]}`)].sort().join('|')

/** Of schema 1: same names, sizes, trace ids and declared pairs, same key, whatever order they were given in. */
export const nameKey = (files: readonly KeyedFile[], pairs: readonly DeclaredPair[] = []): string =>
  withPairs(
    files.map((f) => `${f.name}:${f.size}:${f.traceId ?? ''}`),
    pairs,
  )

/** Same contents and declared pairs, same key: whatever the files are called and wherever they lie. */
export const contentKey = (prints: readonly string[], pairs: readonly DeclaredPair[] = []): string =>
  `content:${withPairs(prints, pairs)}`

/** Of files of probe records, which are told by what they are called and how long they are. */
export const runsKey = (files: readonly Pick<SavedFile, 'name' | 'path' | 'size'>[]): string =>
  `runs:${files
    .map((f) => `${f.path ?? f.name}:${f.size}`)
    .sort()
    .join('|')}`

export const tracesOf = (ids: readonly (string | null)[]): string =>
  ids
    .filter((id) => id !== null && id !== '')
    .toSorted()
    .join(' ')

export const tracesOfNameKey = (key: string): string =>
  tracesOf(
    key
      .split('|')
      .filter((part) => !part.includes('<'))
      .map((part) => /:\d+:([\da-f]*)$/.exec(part)?.[1] ?? null),
  )

export interface Found {
  /** null: nothing is stored, or nothing that can be used. */
  readonly session: SavedSession | null
  /** Where to keep it from now on. */
  readonly key: string
  /** Key of what that takes the place of; null = of nothing. */
  readonly replaces: string | null
  /** A sentence for the user; null = none. */
  readonly said: string | null
}

/** What is stored about files: by their contents, else (schema 1) by their names, else by their trace ids. */
export async function findSession(
  files: readonly KeyedFile[],
  prints: readonly string[],
  pairs: readonly DeclaredPair[],
): Promise<Found> {
  const key = contentKey(prints, pairs)
  const old = nameKey(files, pairs)
  const own = (await store.sessions.get(key)) ?? (await store.sessions.get(old))
  if (own) return usable(own, key)
  const traces = tracesOf(files.map((f) => f.traceId))
  const kin = traces === '' ? [] : await store.sessions.where('traces').equals(traces).toArray()
  const latest = kin.toSorted((a, b) => b.opened - a.opened)[0]
  const found = latest && (await usable(latest, key))
  if (!found?.session) return { session: null, key, replaces: null, said: null }
  // Another part of the same recording: what is bound to time holds here too, places in the list of events do not.
  const { window: _window, ...rest } = found.session
  const view = rest.view && { ...rest.view, selected: null }
  return {
    session: { ...rest, view },
    key,
    replaces: null,
    said: `These files have the trace ids of ${rest.name}, which was open before: its notes, markers and views are shown here too.`,
  }
}

/** The session of files with these fingerprints, if there was one here. */
export const sessionWith = async (prints: readonly string[], pairs: readonly DeclaredPair[]) =>
  (await store.sessions.get(contentKey(prints, pairs))) ?? null

async function usable(stored: SavedSession, key: string): Promise<Found> {
  try {
    const { view, views } = readContent({ view: stored.view, views: stored.views }, stored.schema)
    return { session: { ...stored, view, views }, key, replaces: stored.key, said: null }
  } catch (e) {
    if (!(e instanceof StoredProblem)) throw e
    const fact = `What was stored about these files cannot be used: ${e.message}. They are shown as they are`
    if (e.newer) {
      // It stays where the newer version will look for it; what is done here has a place beside it.
      const beside = `${key}#${SCHEMA}`
      const mine = await store.sessions.get(beside)
      const found = mine && (await usable(mine, beside))
      return {
        session: found?.session ?? null,
        key: beside,
        replaces: null,
        said: `${fact}, and what is stored is left alone.`,
      }
    }
    await store.aside.add({ key: stored.key, at: Date.now(), why: e.message, value: stored })
    await store.sessions.delete(stored.key)
    return { session: null, key, replaces: null, said: `${fact}; a copy of what was stored is put aside.` }
  }
}

const isListable = (s: SavedSession): boolean =>
  typeof s.name === 'string' && Array.isArray(s.files) && typeof s.opened === 'number' && typeof s.events === 'number'

/** Latest first. */
export async function recentSessions(limit = 12): Promise<SavedSession[]> {
  return (await store.sessions.orderBy('opened').reverse().filter(isListable).limit(limit).toArray()).map((s) => ({
    ...s,
    views: Array.isArray(s.views) ? s.views : [],
  }))
}
export const thumbsOf = async (keys: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  new Map((await store.thumbs.bulkGet([...keys])).flatMap((t) => (t ? [[t.key, t.image] as const] : [])))
export const saveThumb = async (key: string, image: string): Promise<void> =>
  void (await store.thumbs.put({ key, image }))

/** The session that is open, as it was stored last. */
let latest: SavedSession | null = null

/** Stores a session; what the same files had under another key goes. */
export const saveSession = (session: SavedSession, before: string | null): Promise<void> =>
  store.transaction('rw', store.sessions, store.thumbs, async () => {
    await store.sessions.put(session)
    latest = session
    if (before === null || before === session.key) return
    await store.sessions.delete(before)
    const thumb = await store.thumbs.get(before)
    if (!thumb) return
    await store.thumbs.put({ ...thumb, key: session.key })
    await store.thumbs.delete(before)
  })
/** Stores what was done to the session that was stored last, or another that is there. */
export const saveContent = async (key: string, content: SessionContent): Promise<void> => {
  // Reading it back first would take as long as writing it.
  if (latest?.key === key) await store.sessions.put((latest = { ...latest, ...content }))
  else await store.sessions.update(key, content)
}
export const forgetSession = (key: string): Promise<void> =>
  store.transaction('rw', store.sessions, store.thumbs, async () => {
    await store.sessions.delete(key)
    await store.thumbs.delete(key)
    if (latest?.key === key) latest = null
  })

export const loadSettings = async (): Promise<ReadonlyMap<string, unknown>> =>
  new Map((await store.settings.toArray()).map((s) => [s.name, s.value]))
export const saveSetting = async (name: string, value: unknown): Promise<void> =>
  void (await store.settings.put({ name, value }))

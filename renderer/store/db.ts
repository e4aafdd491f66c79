// What comes back the next time: sessions that were open and how they looked, and the frame's own choices.

import { Dexie } from 'dexie'
import type { Table } from 'dexie'
import type { ClockChoice, DeclaredPair, FilterSpec, LoadWindow } from '../../workers/thread/contract.js'
import type { Annotation } from '../annotate/model.js'
import type { Anchor } from '../host-api.js'

export interface SavedView {
  readonly range: { readonly from: number; readonly to: number }
  readonly markers: { readonly a: number | null; readonly b: number | null }
  readonly pinned: readonly string[]
  readonly hidden: readonly string[]
  readonly toggled: readonly string[]
  readonly filter: FilterSpec
  /** Clock choices that differ from the engine's own, by machine index. */
  readonly clocks: Readonly<Record<number, ClockChoice>>
  /** Position of the selected event. */
  readonly selected: number | null
  /** Absent: the session was stored before there were any. */
  readonly notes?: readonly Annotation[]
}

export interface SavedSession {
  /** See sessionKey. */
  readonly key: string
  readonly name: string
  readonly files: readonly { readonly name: string; readonly size: number; readonly anchor: Anchor }[]
  /** Guests and hosts that the user declared, indices of `files`. */
  readonly pairs?: readonly DeclaredPair[]
  /** The part that was loaded; absent = all. */
  readonly window?: LoadWindow
  readonly events: number
  /** What its label says; absent = neither. */
  readonly label?: 'sample' | 'generated' | null
  /** ms since 1970. */
  readonly opened: number
  readonly view: SavedView | null
}

class Store extends Dexie {
  readonly sessions!: Table<SavedSession, string>
  readonly settings!: Table<{ readonly name: string; readonly value: unknown }, string>
  constructor() {
    super('remora')
    this.version(1).stores({ sessions: 'key, opened', settings: 'name' })
  }
}

const store = new Store()

interface KeyedFile {
  readonly name: string
  readonly size: number
  readonly traceId: string | null
}

/** Same files and declared pairs, same key, whatever order they were given in. */
export function sessionKey(files: readonly KeyedFile[], pairs: readonly DeclaredPair[] = []): string {
  const names = files.map((f) => `${f.name}:${f.size}:${f.traceId ?? ''}`)
  return [...names, ...pairs.map((p) => `${names[p.guest]}<${names[p.host]}`)].sort().join('|')
}

/** Latest first. */
export const recentSessions = (limit = 12): Promise<SavedSession[]> =>
  store.sessions.orderBy('opened').reverse().limit(limit).toArray()
export const savedSession = (key: string): Promise<SavedSession | undefined> => store.sessions.get(key)
export const saveSession = async (session: SavedSession): Promise<void> => void (await store.sessions.put(session))
export const saveView = async (key: string, view: SavedView): Promise<void> =>
  void (await store.sessions.update(key, { view }))
export const forgetSession = (key: string): Promise<void> => store.sessions.delete(key)

export const loadSettings = async (): Promise<ReadonlyMap<string, unknown>> =>
  new Map((await store.settings.toArray()).map((s) => [s.name, s.value]))
export const saveSetting = async (name: string, value: unknown): Promise<void> =>
  void (await store.settings.put({ name, value }))

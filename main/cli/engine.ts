import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { SourceRef } from '../../workers/bytes.js'
import type { FusedViews } from '../../workers/analysis/views.js'
import { InputError, RequestError } from '../../workers/fault.js'
import type { Session } from '../../workers/model/session.js'
import type {
  ClockChoice,
  DeclaredPair,
  EngineApi,
  Family,
  OpenRequest,
  SessionInfo,
} from '../../workers/thread/contract.js'
import { machineIndex } from '../../workers/units.js'
import { distinctNames, pathError, tracePaths } from '../api/files.js'
import { isBundle, openBundle, tracesOf } from './bundle.js'
import { isRemote } from '../remote/address.js'
import { UsageError, type Io } from './io.js'
import { pathsHere } from './paths-here.js'
import { progressLine } from './progress.js'
import { windowHelp, windowOption } from './window.js'

/** The engine as commands use it: with the session at hand, since it lives on the same thread. */
export interface Connection {
  readonly engine: EngineApi & { session(): Session | null; fused(): Promise<FusedViews> }
  dispose(): void
}
export type Connect = () => Promise<Connection>

/** Loaded when called for, because the engine is most of what there is to load. */
export const connect: Connect = async () => (await import('../../workers/thread/node.js')).connectNode()

/**
 * What the engine is to open: the files, and those in the directories, here and on other machines (`ssh://…`). Those are copied,
 * or read in place where `part` says that only a part of them is wanted. Throws InputError, and UsageError for nothing.
 */
export async function sourcesOf(
  command: string,
  paths: readonly string[],
  io: Io,
  { part = false }: { readonly part?: boolean } = {},
): Promise<SourceRef[]> {
  if (paths.length === 0) throw new UsageError('A file or a directory is missing.', command)
  if (!part || !paths.some(isRemote)) return localSources(await pathsHere(paths, io))
  const { inPlace } = await import('./remote.js')
  const sources: SourceRef[] = []
  for (const path of paths) sources.push(...(isRemote(path) ? await inPlace([path], io) : await localSources([path])))
  return sources
}

async function localSources(paths: readonly string[]): Promise<SourceRef[]> {
  const bundles = paths.filter(isBundle)
  if (bundles.length > 0) {
    const inside = (await Promise.all(bundles.map(openBundle))).flatMap(tracesOf)
    const others = paths.filter((p) => !isBundle(p))
    if (others.length > 0) return [...inside, ...(await localSources(others))]
    if (inside.length > 0) return inside
    const { manifest } = await openBundle(bundles[0]!)
    const names = manifest.files.map((f) => f.name).join(', ')
    throw new InputError(
      `${bundles[0]} holds a session without its traces; give them too: ${names}.`,
      'no-traces',
      basename(bundles[0]!),
    )
  }
  const all = await tracePaths(paths)
  const names = distinctNames(all)
  return Promise.all(
    all.map(async (path, i) => {
      try {
        const found = await stat(path)
        if (!found.isFile()) throw new InputError(`${path} is not a file.`, 'not-a-file', basename(path))
        return { kind: 'path', name: names[i]!, size: found.size, path }
      } catch (error) {
        throw error instanceof InputError ? error : pathError(path, error)
      }
    }),
  )
}

const clockMethods = ['recorded', 'compat', 'events', 'none'] as const
export type ClockOption = (typeof clockMethods)[number]

/** `--clock` (or another name for it) as given; absent = what the files record, unless their events contradict it. */
export function clockOption(command: string, text: string | undefined, name = '--clock'): ClockOption | undefined {
  const clock = clockMethods.find((method) => method === text)
  if (text !== undefined && clock === undefined)
    throw new UsageError(`${name} takes ${clockMethods.join(', ')}, not "${text}".`, command)
  return clock
}

/** The options of all commands that say something about recordings, and what their help says of them. */
export const wholeOptions = { clock: { type: 'string' }, pair: { type: 'string', multiple: true } } as const
/** The same where a part of the recordings will do. */
export const sessionOptions = { ...wholeOptions, window: { type: 'string' } } as const

/**
 * @param width of the column of names
 * @param usual what holds without `--clock`
 */
export const wholeHelp = (width: number, usual = 'what is recorded, unless the events contradict it'): string => {
  const line = (name: string, text: string): string => `  ${name.padEnd(width - 2)}${text}\n`
  return [
    line('--clock METHOD', "how guests' times are related to the host's: recorded, compat (as trace-cmd does), events"),
    line('', `(from the sequence of events), none; default: ${usual}`),
    line(
      '--pair GUEST=HOST',
      'take these two files for a guest and its host, though nothing in them says so; may repeat',
    ),
  ].join('')
}

export const sessionHelp = (width: number, usual?: string): string => `${wholeHelp(width, usual)}${windowHelp(width)}`

/** One method for all machines it can apply to: guests, and for `none` everybody. */
export function clockChoices(family: Pick<Family, 'machines'>, method: ClockOption | undefined): OpenRequest['clocks'] {
  if (method === undefined) return undefined
  const choices: Record<number, ClockChoice> = {}
  for (const { machine, role } of family.machines) {
    if (method === 'none' || role === 'guest') choices[machine] = { method }
  }
  if (Object.keys(choices).length === 0) {
    throw new RequestError(`--clock ${method} relates a guest to its host, and there is no guest among the files.`)
  }
  return choices
}

/**
 * Guests and hosts named by `--pair GUEST=HOST`, each by its path as given or by its file name, as indices of the sources.
 * Throws UsageError for a name that fits no file or several.
 */
export function pairsOf(
  command: string,
  texts: readonly string[] | undefined,
  sources: readonly SourceRef[],
): DeclaredPair[] {
  return (texts ?? []).map((text) => {
    const at = text.indexOf('=')
    if (at < 1 || at === text.length - 1) throw new UsageError(`--pair takes GUEST=HOST, not "${text}".`, command)
    return { guest: sourceNamed(text.slice(0, at)), host: sourceNamed(text.slice(at + 1)) }
  })

  function sourceNamed(name: string): number {
    const byPath = sources.findIndex((s) => s.kind === 'path' && s.path === name)
    if (byPath >= 0) return byPath
    const found = sources.flatMap((s, i) => (s.name === name ? [i] : []))
    if (found.length === 1) return found[0]!
    const what = found.length === 0 ? 'is none of the files' : `is the name of ${found.length} files; give its path`
    throw new UsageError(`--pair: "${name}" ${what}.`, command)
  }
}

export interface OpenOptions {
  /** Absent = what the files record, or what the events say where `assess` finds them contradicted. */
  readonly clock?: ClockOption
  /** Hold the recorded relations against the events, as the screens do; always for pairs that only the user knows of. */
  readonly assess?: boolean
  readonly pair?: readonly DeclaredPair[]
  /** Of a session that was saved; passed over where the files do not allow them. */
  readonly clocks?: OpenRequest['clocks']
  /** `--window` as given. */
  readonly window?: string
}

/** Loads everything, saying how far it is when that takes long. Rejects with the engine's errors. */
export async function openSession(
  { engine }: Connection,
  sources: readonly SourceRef[],
  { clock, assess = false, pair = [], clocks: saved, window: text }: OpenOptions,
  io: Io,
): Promise<{ info: SessionInfo; session: Session }> {
  // Declared guests are none before loading, and what the events say is known only after it.
  const early = clock !== undefined && clock !== 'events' && pair.length === 0
  const family = early || text !== undefined ? await engine.inspect(sources, io.signal) : null
  const clocks = early && family ? clockChoices(family, clock) : clock === undefined ? saved : undefined
  const window = text !== undefined && family ? windowOption(text, family) : undefined
  const progress = progressLine(io)
  try {
    const request = { sources, clocks, pair, window, assess: (assess || pair.length > 0) && clock === undefined }
    const open = (r: OpenRequest) => engine.open(r, progress.show, undefined, io.signal)
    let info = await open(request).catch((error: unknown) => {
      if (saved && clocks === saved && error instanceof RequestError) return open({ ...request, clocks: undefined })
      throw error
    })
    if (clock !== undefined && !early) {
      for (const [machine, choice] of Object.entries(clockChoices(info, clock) ?? {})) {
        info = await engine.setClock(machineIndex(Number(machine)), choice)
      }
    }
    const session = engine.session()
    if (!session) throw new Error('the engine opened no session')
    return { info, session }
  } finally {
    progress.clear()
  }
}

import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { SourceRef } from '../../workers/bytes.js'
import { InputError, RequestError } from '../../workers/fault.js'
import type { Session } from '../../workers/model/session.js'
import type { ClockChoice, EngineApi, Family, OpenRequest, SessionInfo } from '../../workers/thread/contract.js'
import { pathError, tracePaths } from '../api/files.js'
import { UsageError, type Io } from './io.js'
import { progressLine } from './progress.js'

/** The engine as commands use it: with the session at hand, since it lives on the same thread. */
export interface Connection {
  readonly engine: EngineApi & { session(): Session | null }
  dispose(): void
}
export type Connect = () => Promise<Connection>

/** Loaded when called for, because the engine is most of what there is to load. */
export const connect: Connect = async () => (await import('../../workers/thread/node.js')).connectNode()

/** What the engine is to open: the files, and those in the directories. Throws InputError, and UsageError for nothing. */
export async function sourcesOf(command: string, paths: readonly string[]): Promise<SourceRef[]> {
  if (paths.length === 0) throw new UsageError('A file or a directory is missing.', command)
  const all = await tracePaths(paths)
  return Promise.all(
    all.map(async (path) => {
      try {
        const found = await stat(path)
        if (!found.isFile()) throw new InputError(`${path} is not a file.`, 'not-a-file', basename(path))
        return { kind: 'path', name: basename(path), size: found.size, path }
      } catch (error) {
        throw error instanceof InputError ? error : pathError(path, error)
      }
    }),
  )
}

export const clockMethods = ['recorded', 'compat', 'events', 'none'] as const
export type ClockOption = (typeof clockMethods)[number]

/** One method for all machines it can apply to: guests, and for `none` everybody. */
export function clockChoices(family: Family, method: ClockOption | undefined): OpenRequest['clocks'] {
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

/** Loads everything, saying how far it is when that takes long. Rejects with the engine's errors. */
export async function openSession(
  { engine }: Connection,
  sources: readonly SourceRef[],
  clock: ClockOption | undefined,
  io: Io,
): Promise<{ info: SessionInfo; session: Session }> {
  const clocks = clock === undefined ? undefined : clockChoices(await engine.inspect(sources, io.signal), clock)
  const progress = progressLine(io)
  try {
    // Assessed as the screens do, so that all doors show the same times; who names a method gets that and nothing else.
    const request = clock === 'events' ? { sources } : { sources, clocks, assess: clock === undefined }
    let info = await engine.open(request, progress.show, undefined, io.signal)
    if (clock === 'events') {
      // What the events say is known once they are loaded.
      for (const { machine } of info.machines.filter(({ role }) => role === 'guest')) {
        info = await engine.setClock(machine, { method: clock })
      }
    }
    const session = engine.session()
    if (!session) throw new Error('the engine opened no session')
    return { info, session }
  } finally {
    progress.clear()
  }
}

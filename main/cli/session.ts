import type { SourceRef } from '../../workers/bytes.js'
import type { Session } from '../../workers/model/session.js'
import type { SessionInfo } from '../../workers/thread/contract.js'
import { bundleAmong, type Bundle } from './bundle.js'
import {
  clockOption,
  openSession,
  pairsOf,
  sourcesOf,
  type Connect,
  type Connection,
  type OpenOptions,
} from './engine.js'
import type { Io } from './io.js'
import { ExitCode, reportUnread } from './report.js'

/** What a command works with. */
export interface Opened {
  readonly engine: Connection['engine']
  readonly sources: readonly SourceRef[]
  readonly info: SessionInfo
  readonly session: Session
  /** The session saved as a file (.remora) among what was given. */
  readonly bundle: Bundle | null
}

/** The command line of a command that opens recordings. */
export interface Asked {
  readonly command: string
  readonly paths: readonly string[]
  /** What the option is called that chooses how clocks are related. */
  readonly clockName?: string
  readonly values: {
    readonly clock?: string | undefined
    readonly pair?: readonly string[] | undefined
    readonly window?: string | undefined
    readonly json?: boolean | undefined
  }
  /** Hold the recorded relations against the events, as the screens do; default: true. */
  readonly assess?: boolean
  /** The command says itself that not all is loaded. */
  readonly tellsPart?: boolean
}

/**
 * Opens what a command was given, lets it work, and closes it again. The sentences that `work` returns are checks that failed.
 * Resolves to the exit code: what could not be read is said before checks are.
 */
export async function withSession(
  { command, paths, values, clockName = '--clock', assess = true, tellsPart = false }: Asked,
  io: Io,
  connect: Connect,
  work: (opened: Opened) => Promise<readonly string[] | void>,
): Promise<number> {
  const clock = clockOption(command, values.clock, clockName)
  const { window, json = false } = values
  const sources = await sourcesOf(command, paths, io, { part: window !== undefined })
  const declared = pairsOf(command, values.pair, sources)
  const bundle = await bundleAmong(paths)
  const connection = await connect()
  try {
    const options: OpenOptions = {
      clock,
      assess,
      window,
      pair: [...(bundle?.manifest.pairs ?? []), ...declared],
      clocks: bundle?.content.view?.clocks,
    }
    const { info, session } = await openSession(connection, sources, options, io)
    if (info.partial && !tellsPart) io.err(`remora: ${info.partial}\n`)
    const failures = await work({ engine: connection.engine, sources, info, session, bundle })
    const unread = reportUnread(info, json, io)
    if (unread !== ExitCode.Fine || !failures?.length) return unread
    if (!json) for (const sentence of failures) io.err(`remora: ${sentence}\n`)
    return ExitCode.CheckFailed
  } finally {
    connection.dispose()
  }
}

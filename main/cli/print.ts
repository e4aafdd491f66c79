import type { SourceRef } from '../../workers/bytes.js'
import type { StreamColumns } from '../../workers/columns/event-table.js'
import type { Session } from '../../workers/model/session.js'
import type { FirstName } from '../../workers/table/comms.js'
import { eventLines } from '../../workers/table/lines.js'
import { eventJson } from './event-json.js'

export interface PrintLayout {
  readonly json: boolean
  /** Microseconds in place of nanoseconds, in text. */
  readonly us: boolean
}

/** The text of rows start..end of `positions` (null = all events) as UTF-8, in pieces. Rejects with the signal's reason. */
export async function* printRange(
  session: Session,
  positions: Uint32Array | null,
  start: number,
  end: number,
  { json, us }: PrintLayout,
  names: readonly FirstName[] = [],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder()
  const batches = json
    ? eventJson(session, positions, start, end, signal)
    : eventLines(session, positions, start, end, { us, names, signal })
  for await (const lines of batches) yield encoder.encode(`${lines.join('\n')}\n`)
}

/** What a printing thread is given: the columns are shared memory, the files it opens again itself. */
export interface PrintPlan {
  readonly sources: readonly SourceRef[]
  readonly session: Omit<Session, 'files' | 'table'>
  readonly streams: readonly StreamColumns[]
  readonly order: Uint32Array
  readonly positions: Uint32Array | null
  readonly layout: PrintLayout
  /** Tasks that are named by an event before the one that a thread begins with. */
  readonly names: readonly FirstName[]
}

export interface PrintTask {
  readonly start: number
  readonly end: number
}

export type PrintAnswer = { readonly pieces: Uint8Array[] } | { readonly error: unknown }

// A session's files as a whole: what they are by content, and what is left of them in a range.

import type { ByteSource } from '../bytes.js'
import { RequestError } from '../fault.js'
import type { Session } from '../model/session.js'
import { Sha256 } from '../sha256.js'
import { firstNames } from '../table/comms.js'
import type { OnProgress, TrimmedFile, TrimQuery } from '../thread/contract.js'
import { MemorySink, trimFile, type TrimChoice } from './trim.js'

const PIECE = 1 << 22

/** SHA-256 of each source, hex. */
export async function hashFiles(
  sources: readonly ByteSource[],
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<string[]> {
  const total = sources.reduce((n, s) => n + s.size, 0)
  let done = 0
  const hashes: string[] = []
  for (const source of sources) {
    const hash = new Sha256()
    for (let at = 0; at < source.size;) {
      const bytes = await source.read(at, Math.min(PIECE, source.size - at), signal)
      signal?.throwIfAborted()
      // A file that became shorter under our eyes has no digest worth having.
      if (bytes.length === 0) throw new RequestError(`${source.name} ended before its size was read.`)
      hash.update(bytes)
      at += bytes.length
      done += bytes.length
      onProgress?.({ phase: 'reading', done, total, unit: 'bytes' })
    }
    hashes.push(hash.hex())
  }
  return hashes
}

const PROBE = 1 << 16

/** See FilesApi.fingerprints. */
export const fingerprintsOf = (sources: readonly ByteSource[], signal?: AbortSignal): Promise<string[]> =>
  Promise.all(
    sources.map(async (source) => {
      const hash = new Sha256()
      hash.update(new TextEncoder().encode(`${source.size}:`))
      const last = Math.max(0, source.size - PROBE)
      for (const at of [0, Math.floor(last / 2), last]) {
        hash.update(await source.read(at, Math.min(PROBE, source.size - at), signal))
      }
      return hash.hex()
    }),
  )

/** Files of which anything is kept: those without streams are kept for what their heads say. */
export function filesOf(session: Session, { keeps }: TrimChoice): Set<number> {
  const files = new Set(session.files.keys())
  for (const file of files) {
    const streams = session.table.streams.filter((s) => s.file === file)
    if (streams.length > 0 && keeps && !streams.some(keeps)) files.delete(file)
  }
  return files
}

/** The files of the machines and CPUs asked for, trimmed to the range. */
export async function trimFiles(
  session: Session,
  { from, to, machines, tracks }: TrimQuery,
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<TrimmedFile[]> {
  const { streams } = session.table
  const rows = tracks && new Set(tracks)
  const choice: TrimChoice = {
    from,
    to,
    keeps: (s) => (!machines || machines.includes(s.machine)) && (!rows || rows.has(`m${s.machine}/cpu${s.cpu}`)),
  }
  const files = [...filesOf(session, choice)].toSorted((a, b) => a - b)
  const total = streams.reduce((n, s) => n + (files.includes(s.file) ? s.count : 0), 0)
  const names = await firstNames(session, null, signal)
  const trimmed: TrimmedFile[] = []
  let before = 0
  for (const file of files) {
    const sink = new MemorySink()
    const show = (events: number): void =>
      onProgress?.({ phase: 'writing', done: before + events, total, unit: 'events' })
    const { bytes, events } = await trimFile(session, file, choice, names, sink, show, signal)
    trimmed.push({ name: session.files[file]!.meta.name, parts: sink.finish(), bytes, events })
    before += events
  }
  return trimmed
}

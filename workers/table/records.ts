// Raw records of many events at once. Reading is grouped by stream, so that each compressed chunk is unpacked once, and done in
// batches, so that the reader's cache need not hold more than one of them.

import type { StreamColumns } from '../columns/event-table.js'
import type { Session } from '../model/session.js'
import type { RecordView } from '../readers/types.js'

const BATCH = 8192

/**
 * Calls `visit(record, i)` for each `rows[i]` of one stream, in the order of `rows`. The record is valid during the call only.
 * `visit` returns nothing; the promise rejects with the signal's reason when it aborts.
 */
export async function visitRows(
  { files }: Pick<Session, 'files'>,
  stream: StreamColumns,
  rows: ArrayLike<number>,
  visit: (record: RecordView, i: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const { records } = files[stream.file]!
  for (let start = 0; start < rows.length; start += BATCH) {
    signal?.throwIfAborted()
    const end = Math.min(start + BATCH, rows.length)
    const where = new Uint32Array(end - start)
    for (let i = start; i < end; i++) where[i - start] = stream.where[rows[i]!]!
    await records.load(stream.inFile, where, signal)
    for (let i = start; i < end; i++) {
      const at = where[i - start]!
      // Another request may have pushed this record out of the cache while this one waited.
      if (!records.has(stream.inFile, at)) await records.load(stream.inFile, [at], signal)
      visit(records.at(stream.inFile, at), i)
    }
  }
}

/** Calls `visit(record, i)` for each `positions[i]`, stream after stream: not in the order of `positions`. */
export async function visitPositions(
  session: Session,
  positions: ArrayLike<number>,
  visit: (record: RecordView, i: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const { order, base, streams } = session.table
  const groups: ({ readonly rows: number[]; readonly index: number[] } | undefined)[] = []
  for (let i = 0; i < positions.length; i++) {
    const id = order[positions[i]!]!
    const stream = session.table.streamIndexOf(id)
    const group = (groups[stream] ??= { rows: [], index: [] })
    group.rows.push(id - base[stream]!)
    group.index.push(i)
  }
  for (const [stream, group] of groups.entries()) {
    if (group)
      await visitRows(session, streams[stream]!, group.rows, (record, k) => visit(record, group.index[k]!), signal)
  }
}

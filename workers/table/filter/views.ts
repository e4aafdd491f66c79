// Views: the positions of the events that pass a filter.

import type { StreamColumns } from '../../columns/event-table.js'
import { RequestError } from '../../fault.js'
import type { Session } from '../../model/session.js'
import type { FilterSpec, OnProgress } from '../../thread/contract.js'
import { Pacer } from '../pause.js'
import { visitRows } from '../records.js'
import type { Compiled } from './compile.js'
import { compileSpec } from './spec.js'
import { fully, Quick, quickly } from './tests.js'
import type { Test } from './tests.js'

const SLICE = 32_768
/** Records read at once: few at first, because the first ones show which types lack a field and need no reading at all. */
const FIRST_BATCH = 64
const LARGEST_BATCH = 65_536
/** Records between two looks at the clock. */
const READ_AT_ONCE = 2048

/**
 * Positions (ascending) of the events that pass `spec`. Shares the thread: pauses every few milliseconds. Rejects with
 * RequestError for a senseless filter and with the signal's reason when it aborts.
 */
export async function filterPositions(
  session: Session,
  spec: FilterSpec,
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<Uint32Array> {
  const filter = compileSpec(session, spec)
  const { order, base, streams, count } = session.table
  // While a recording is being loaded, its streams grow before there is an order.
  if (count === 0) return new Uint32Array(0)
  const marks = new Uint8Array(count)
  const pacer = new Pacer(signal)
  let done = 0
  const tell = (rows: number): void =>
    onProgress?.({ phase: 'filtering', done: (done += rows), total: count, unit: 'events' })
  for (const [i, stream] of streams.entries()) {
    const own = marks.subarray(base[i]!, base[i + 1]!)
    await markStream(session, stream, filter, own, pacer, tell, signal)
  }
  const positions = await gather(marks, order, pacer)
  const missing = positions.length === 0 ? filter.missingField() : null
  if (missing) {
    throw new RequestError(`No event that this filter looks into has a field ${missing.name}.`, missing.at)
  }
  return positions
}

/** Sets `marks[row]` to 1 for each row of `stream` that passes. */
async function markStream(
  session: Session,
  stream: StreamColumns,
  filter: Compiled,
  marks: Uint8Array,
  pacer: Pacer,
  tell: (rows: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const tests = Array.from(stream.types, (type, fileType): Test => {
    const info = session.eventTypes[type]
    return info ? filter.bind({ session, stream, type: info, fileType }) : false
  })
  const testOf = (row: number): Test => tests[stream.type[row]!]!
  let unread: number[] = []
  let batch = FIRST_BATCH
  const readUnread = async (): Promise<void> => {
    // Tests learn while they read: what was put off may be settled by now.
    const rows = unread.filter((row) => {
      const answer = quickly(testOf(row), row)
      if (answer === Quick.Yes) marks[row] = 1
      return answer === Quick.NeedsRecord
    })
    unread = []
    batch = Math.min(batch * 4, LARGEST_BATCH)
    for (let start = 0; start < rows.length; start += READ_AT_ONCE) {
      const part = rows.slice(start, start + READ_AT_ONCE)
      await visitRows(
        session,
        stream,
        part,
        (record, k) => {
          const row = part[k]!
          if (fully(testOf(row), record, row)) marks[row] = 1
        },
        signal,
      )
      if (pacer.due()) await pacer.pause()
    }
  }
  if (tests.every((t) => t === true)) marks.fill(1)
  if (tests.every((t) => typeof t === 'boolean' && t === tests[0])) return tell(stream.count)
  for (let start = 0; start < stream.count; start += SLICE) {
    const end = Math.min(start + SLICE, stream.count)
    for (let row = start; row < end; row++) {
      const answer = quickly(testOf(row), row)
      if (answer === Quick.Yes) marks[row] = 1
      else if (answer === Quick.NeedsRecord && unread.push(row) >= batch) await readUnread()
    }
    tell(end - start)
    if (pacer.due()) await pacer.pause()
  }
  await readUnread()
}

async function gather(marks: Uint8Array, order: Uint32Array, pacer: Pacer): Promise<Uint32Array> {
  let total = 0
  for (let id = 0; id < marks.length; id++) total += marks[id]!
  const positions = new Uint32Array(total)
  let n = 0
  for (let start = 0; start < order.length; start += SLICE) {
    const end = Math.min(start + SLICE, order.length)
    for (let pos = start; pos < end; pos++) if (marks[order[pos]!]) positions[n++] = pos
    if (pacer.due()) await pacer.pause()
  }
  return positions
}

// Rows of the event table: cheap cells come from the columns, the fat ones (latency, info) from the raw record.

import { lowerBound } from '../columns/event-table.js'
import type { StreamColumns } from '../columns/event-table.js'
import { RequestError } from '../fault.js'
import type { Session } from '../model/session.js'
import type { RecordView } from '../readers/types.js'
import type { EventRow, EventTypeInfo } from '../thread/contract.js'
import { position, sessionTime } from '../units.js'
import { visitPositions } from './records.js'

export function eventTypeOf(session: Session, stream: StreamColumns, row: number): EventTypeInfo {
  return session.eventTypes[stream.types[stream.type[row]!]!]!
}

function taskOf(session: Session, stream: StreamColumns, pid: number): string {
  return session.files[stream.file]!.comm(pid)
}

/** Events lost just before `row`: 0 none, -1 unknown number. */
export function lostBefore(stream: StreamColumns, row: number): number {
  const lost = stream.lost
  let lo = 0
  let hi = lost.length
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (lost[mid]!.row < row) lo = mid + 1
    else hi = mid
  }
  let sum = 0
  for (; lo < lost.length && lost[lo]!.row === row; lo++) {
    if (lost[lo]!.events < 0) return -1
    sum += lost[lo]!.events
  }
  return sum
}

/** Throws RequestError unless `pos` is a position of the session. */
export function checkPosition(session: Session, pos: number): void {
  if (!Number.isInteger(pos) || pos < 0 || pos >= session.table.count) {
    throw new RequestError(`There is no event ${pos}; the session has ${session.table.count}.`)
  }
}

/** One row; `record` is the event's own. */
export function eventRow(session: Session, pos: number, record: RecordView): EventRow {
  const { stream, row } = session.table.address(position(pos))
  const type = eventTypeOf(session, stream, row)
  const pid = stream.pid[row]!
  return {
    position: position(pos),
    t: sessionTime(stream.t[row]!),
    machine: stream.machine,
    stream: stream.stream,
    buffer: stream.buffer,
    cpu: stream.cpu,
    task: taskOf(session, stream, pid),
    pid,
    latency: record.latency(),
    system: type.system,
    event: type.name,
    info: record.info(),
    lost: lostBefore(stream, row),
  }
}

/** Rows of `positions`, in that order. Rejects with the signal's reason when it aborts. */
export async function eventRows(
  session: Session,
  positions: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<EventRow[]> {
  const rows: EventRow[] = Array.from({ length: positions.length })
  await visitPositions(
    session,
    positions,
    (record, i) => {
      rows[i] = eventRow(session, positions[i]!, record)
    },
    signal,
  )
  return rows
}

/** First view row whose time is >= t; `positions` null = the whole session. */
export function firstRowAtTime(session: Session, positions: Uint32Array | null, t: number): number {
  const first = session.table.positionAtTime(t)
  return positions ? lowerBound(positions, positions.length, first) : first
}

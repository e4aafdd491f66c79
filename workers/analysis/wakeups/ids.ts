// The id of a wake-up without a record of its own: made as a collector makes it, of what the recording tells. The thread group is
// not recorded and counts as 0, run_seq is how often the task was switched in before, ktime the waking's raw timestamp.

import type { Session } from '../../model/session.js'
import { correlationId, idText, xxh64 } from '../correlation-id.js'
import type { Wakeups } from './columns.js'

export function derivedId(session: Session, w: Wakeups, i: number): string {
  const stream = session.table.streams[w.wakingStream[i]!]!
  const { meta } = session.files[stream.file]!
  return idText(
    correlationId({
      tgid: 0,
      pid: w.wakee[i]!,
      runSeq: BigInt(w.runSeq[i]!),
      ktime: BigInt.asUintN(64, meta.epoch + BigInt(Math.round(stream.ticks[w.wakingRow[i]!]!))),
      machineId: meta.traceId,
    }),
  )
}

const encoder = new TextEncoder()

/** The id of a link between two wake-ups, or from an event of another kind to one: hashed from what it joins. */
export const linkId = (from: string, to: string): string => idText(xxh64(encoder.encode(`${from}>${to}`)))

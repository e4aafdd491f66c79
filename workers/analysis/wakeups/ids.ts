// The id of a wake-up without a record of its own: made as a collector makes it, of what the recording tells. The thread group is
// not recorded and counts as 0, run_seq is how often the task was switched in before, ktime the waking's raw timestamp.

import { RequestError } from '../../fault.js'
import { Pacer } from '../../table/pause.js'
import type { OnProgress } from '../../thread/contract.js'
import type { Session } from '../../model/session.js'
import { correlationId, idText, xxh64 } from '../correlation-id.js'
import type { JoinedRecords } from '../records/join.js'
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

/** The id of a wake-up: that of the record that joined it, where that has one. */
export function wakeupId(session: Session, w: Wakeups, i: number, joined: JoinedRecords): string {
  const ref = joined.of(i)
  const id = ref === null ? 0n : session.files[ref.file]!.wakeRecords!.wakes.id[ref.wake]!
  return id === 0n ? derivedId(session, w, i) : idText(id)
}

const encoder = new TextEncoder()

/** The id of the link that leads to a wake-up: hashed from that wake-up's own. */
export const linkId = (kind: 'woken waker' | 'boundary', to: string): string =>
  idText(xxh64(encoder.encode(`${kind} > ${to}`)))

/** The wake-up that has an id, or to which the link of that id leads. Throws RequestError where there is none. */
export async function findId(
  session: Session,
  w: Wakeups,
  joined: JoinedRecords,
  text: string,
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<number> {
  const id = text.trim().toLowerCase().replace(/^0x/, '').padStart(16, '0')
  if (!/^[0-9a-f]{16}$/.test(id)) throw new RequestError(`"${text}" is no id; ids are 16 hexadecimal digits.`)
  const pacer = new Pacer(signal)
  for (let i = 0; i < w.count; i++) {
    const own = wakeupId(session, w, i, joined)
    if (own === id || linkId('woken waker', own) === id || linkId('boundary', own) === id) return i
    if (i % 64 !== 0 || !pacer.due()) continue
    onProgress?.({ phase: 'searching', done: i, total: w.count, unit: 'events' })
    await pacer.pause()
  }
  throw new RequestError(`No wake-up has the id ${id}, and no link.`)
}

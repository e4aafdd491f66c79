import type { Session } from '../../workers/model/session.js'
import type { FieldValue, RecordView } from '../../workers/readers/types.js'
import { visitPositions } from '../../workers/table/records.js'
import { eventRow } from '../../workers/table/rows.js'

const batchSize = 4096

/**
 * One JSON object a line for rows start..end of `positions` (null = all events), in batches: docs/schema/event.schema.json.
 * 64-bit numbers are written with all their digits. Rejects with the signal's reason when it aborts.
 */
export async function* eventJson(
  session: Session,
  positions: Uint32Array | null,
  start: number,
  end: number,
  signal?: AbortSignal,
): AsyncGenerator<string[]> {
  for (let row = start; row < end; row += batchSize) {
    const batch = Uint32Array.from(
      { length: Math.min(batchSize, end - row) },
      (_, i) => positions?.[row + i] ?? row + i,
    )
    const lines: string[] = Array.from({ length: batch.length })
    await visitPositions(session, batch, (record, i) => (lines[i] = jsonLine(session, batch[i]!, record)), signal)
    yield lines
  }
}

function jsonLine(session: Session, position: number, record: RecordView): string {
  const row = eventRow(session, position, record)
  const parts = {
    t: String(session.epoch + BigInt(Math.round(row.t))),
    machine: JSON.stringify(session.machines[row.machine]?.name ?? ''),
    cpu: String(row.cpu),
    task: JSON.stringify(row.task),
    pid: String(row.pid),
    latency: JSON.stringify(row.latency),
    system: JSON.stringify(row.system),
    event: JSON.stringify(row.event),
    info: JSON.stringify(row.info),
    fields: fieldsJson(record.fields()),
    ...(row.buffer ? { buffer: JSON.stringify(row.buffer) } : {}),
    ...(row.lost !== 0 ? { lost: String(row.lost) } : {}),
  }
  return objectJson(Object.entries(parts))
}

const objectJson = (entries: readonly (readonly [string, string])[]): string =>
  `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`

const fieldsJson = (fields: readonly FieldValue[]): string =>
  objectJson(fields.map(({ name, raw }) => [name, rawJson(raw)]))

function rawJson(raw: FieldValue['raw']): string {
  if (typeof raw === 'string') return JSON.stringify(raw)
  return typeof raw === 'bigint' ? String(raw) : `[${raw.join(',')}]`
}

// A wake-up of a file of records in words, for panels and tables.

import type { WakeRecord } from '../../thread/contract.js'
import { PATH_NAMES, STAGES, WAKE_STAGES, RECORD_NAMES, type WakeRecords } from '../../model/wake-record.js'
import { idText } from '../correlation-id.js'
import { decodeWakeFlags } from '../wake-flags.js'

const MIGRATED: Readonly<Record<number, string>> = { 0: 'no', 1: 'yes' }

/** What a record says of its wake-up. `uname` = of the recording beside it. */
export function describeWake(
  file: { readonly name: string; readonly index: number },
  all: WakeRecords,
  wake: number,
  uname: string,
): WakeRecord {
  const { wakes: w, records, strings, epoch, flagNames } = all
  const table = flagNames.table(uname)
  const fields: { readonly name: string; readonly text: string }[] = []
  const add = (name: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') fields.push({ name, text })
  }
  const number = (name: string, value: number): void => add(name, value >= 0 ? String(value) : undefined)
  const flags = (value: number): WakeRecord['entry'] => (value < 0 ? null : decodeWakeFlags(value, table))
  add('correlation_id', w.id[wake] === 0n ? undefined : idText(w.id[wake]!))
  number('record', w.serial[wake]!)
  number('tgid', w.tgid[wake]!)
  number('run_seq', w.runSeq[wake]!)
  add('ktime_ns', Number.isNaN(w.ktime[wake]!) ? undefined : String(epoch + BigInt(w.ktime[wake]!)))
  add('path', w.path[wake] === 0 ? undefined : PATH_NAMES[w.path[wake]!])
  add('derived_migrated', MIGRATED[w.derivedMigrated[wake]!])
  number('prev_cpu', w.prevCpu[wake]!)
  number('target_cpu', w.targetCpu[wake]!)
  number('state_before', w.stateBefore[wake]!)
  number('state_after', w.stateAfter[wake]!)
  add('rq_clock', w.rqClock[wake] === 0n ? undefined : String(w.rqClock[wake]!))
  add('source', strings[w.source[wake]!])
  const first = WAKE_STAGES.findIndex((_, s) => w.stages[wake * STAGES + s]! >= 0)
  const start = first < 0 ? -1 : w.stages[wake * STAGES + first]!
  WAKE_STAGES.forEach((kind, s) => {
    const at = w.stages[wake * STAGES + s]!
    if (at < 0 || at === start) return
    const since = records.t[at]! - records.t[start]!
    add(`${RECORD_NAMES[kind]!} after`, `${since} ns on CPU ${records.cpu[at]!}`)
  })
  add('first timekeeping read', strings[w.readFunction[wake]!])
  const read = w.readValue[wake]!
  add('value read', Number.isNaN(read) ? undefined : String(epoch + BigInt(read)))
  for (const { field, because } of all.header.absent) add(`${field} is absent`, because)
  return {
    file: file.name,
    source: file.index,
    names: table?.name ?? null,
    chosen: flagNames.chosen !== null,
    usual: flagNames.usual(uname)?.name ?? null,
    entry: flags(w.flagsEntry[wake]!),
    activate: flags(w.flagsActivate[wake]!),
    fields,
  }
}

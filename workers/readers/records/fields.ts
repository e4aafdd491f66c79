// What a record says, field by field and as one line. The names are those of docs/records.md.

import { idText } from '../../analysis/correlation-id.js'
import { decodeWakeFlags, type WakeFlagTable } from '../../analysis/wake-flags.js'
import { CLOCKSOURCE_STAGES, PATH_NAMES, RecordKind, type ProbeRecord } from '../../model/wake-record.js'
import type { FieldValue } from '../types.js'

/** wake_flags as shown: `SYNC|MIGRATED (0x30)`. */
export function flagsText(value: number, table: WakeFlagTable | null): string {
  const { text, raw, ambiguous } = decodeWakeFlags(value, table)
  if (value === 0) return raw
  return ambiguous || text === raw ? text : `${text} (${raw})`
}

/** Bits of task_struct.__state as sched_switch spells them. */
function stateText(state: number): string {
  if (state === 0) return 'R'
  const names = ['S', 'D', 'T', 't', 'X', 'Z', 'P', 'I']
  const known = names.filter((_, i) => state & (1 << i))
  return known.length > 0 ? known.join('|') : `0x${state.toString(16)}`
}

/** All fields that a record has. Integers come as bigints. */
export function fieldsOf(r: ProbeRecord, table: WakeFlagTable | null): FieldValue[] {
  const fields: FieldValue[] = []
  const num = (name: string, type: string, value: number | bigint | undefined, text?: string): void => {
    if (value !== undefined)
      fields.push({ name, type: `${type} ${name}`, raw: BigInt(value), text: text ?? String(value) })
  }
  const str = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') fields.push({ name, type: `char ${name}[]`, raw: value, text: value })
  }
  const flags = (name: string, value: number | undefined): void =>
    num(name, 'int', value, value === undefined ? undefined : flagsText(value, table))
  if (r.id !== undefined) num('correlation_id', 'u64', r.id, idText(r.id))
  num('id', 'u64', r.serial)
  num('pid', 'pid_t', r.wakee)
  str('comm', r.wakeeComm)
  num('tgid', 'pid_t', r.wakeeTgid)
  num('by_pid', 'pid_t', r.pid < 0 ? undefined : r.pid)
  str('by_comm', r.comm)
  num('run_seq', 'u64', r.runSeq)
  num('ktime_ns', 'u64', r.ktime)
  flags('flags_entry', r.flagsEntry)
  flags('flags_activate', r.flagsActivate)
  str('path', r.path === undefined ? undefined : PATH_NAMES[r.path])
  num('state_before', 'unsigned int', r.stateBefore, r.stateBefore === undefined ? '' : stateText(r.stateBefore))
  num('state_after', 'unsigned int', r.stateAfter, r.stateAfter === undefined ? '' : stateText(r.stateAfter))
  num('prev_cpu', 'int', r.prevCpu)
  num('target_cpu', 'int', r.targetCpu)
  num('rq_clock', 'u64', r.rqClock)
  str(r.kind === RecordKind.Probe ? 'label' : 'function', r.function)
  num('value', 's64', r.value)
  str('clocksource', r.clocksource)
  str('stage', r.clocksourceStage === undefined ? undefined : CLOCKSOURCE_STAGES[r.clocksourceStage])
  num('number', 'int', r.number)
  num('vcpu', 'int', r.vcpu)
  str('session_id', r.session)
  str('delta_chain_id', r.chain)
  str('source', r.source)
  for (const [name, value] of Object.entries(r.extra ?? {})) str(name, value)
  if (r.stack && r.stack.length > 0) {
    const frames = r.stack.join(' < ')
    fields.push({ name: 'stack', type: 'stack', raw: frames, text: frames })
  }
  return fields
}

/** One line: what a table shows of a record. The stack is not in it. */
export function infoOf(r: ProbeRecord, table: WakeFlagTable | null): string {
  return fieldsOf(r, table)
    .filter(({ name }) => name !== 'stack' && name !== 'by_pid' && name !== 'by_comm')
    .map(({ name, text }) => `${name}=${text}`)
    .join(' ')
}

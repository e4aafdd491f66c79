// Wake-ups of collectors and scripts as runs: each stage that a record tells is a probe.

import type { ByteSource } from '../../bytes.js'
import { STAGES, PATH_NAMES, type WakeRecords } from '../../model/wake-record.js'
import { idText } from '../correlation-id.js'
import type { Book } from './book.js'

/** Labels of WAKE_STAGES, as the chains that come with Remora call them. */
const LABELS = ['try_to_wake_up', 'sched_waking', 'ttwu_do_activate', 'sched_wakeup', 'sched_switch', 'first tk read']
/** Parts of a clocksource switch, likewise. */
const SWITCH = ['do_clocksource_switch_entry', 'change_clocksource', 'first_read', 'baseline_recalc']

/** Adds the wake-ups and clocksource switches of a file to the book. */
export async function addWakeRecords(
  book: Book,
  r: WakeRecords,
  source: ByteSource,
  environment: (session: string) => string,
  signal?: AbortSignal,
): Promise<void> {
  const file = source.name
  const path = file.split('/')
  const machine = r.header.machine || path.at(-1)!.replace(/\.[^.]*$/, '')
  // Recordings of one session lie in folders of their own.
  const session = /^run[-_ ]?\d+$/i.test(path.at(-2) ?? '') ? `${machine} ${path.at(-2)}` : machine
  const group = environment(session)
  const lines = await lineNumbers(r, source, signal)
  const add = (record: number, probe: string, chain: string, attributes: [string, string][], stack: number): void => {
    const time = r.epoch + BigInt(Math.round(r.records.t[record]!))
    const row = {
      line: lines[record]!,
      seconds: Number(time / 1_000_000_000n),
      ns: Number(time % 1_000_000_000n),
      probe,
      session,
      chain,
      environment: null,
      attributes,
      stack: stack < 0 ? null : Array.from(r.stacks[stack]!, (s) => r.strings[s]!).join(';'),
    }
    book.add(row, group, session, file)
  }
  const { wakes } = r
  for (let i = 0; i < wakes.count; i++) {
    const id = wakes.id[i] !== 0n ? idText(wakes.id[i]!) : wakes.serial[i]! > 0 ? String(wakes.serial[i]) : `#${i + 1}`
    const attributes = attributesOf(r, i)
    for (let stage = 0; stage < STAGES; stage++) {
      const record = wakes.stages[i * STAGES + stage]!
      if (record >= 0) add(record, LABELS[stage]!, id, attributes, wakes.stack[i]!)
    }
  }
  r.clocksources.forEach((s, i) => {
    const attributes: [string, string][] = s.to ? [['clocksource', s.to]] : []
    ;[s.entry, s.change, s.firstRead, s.recalculation].forEach((record, k) => {
      if (record >= 0) add(record, SWITCH[k]!, `switch ${i + 1}`, attributes, s.stack)
    })
  })
  const of = book.session(group, session)
  if (!of) return
  if (r.header.kernel) of.metadata.set('kernel', r.header.kernel)
  for (const { name, value } of r.header.settings) of.metadata.set(name, value)
}

function attributesOf(r: WakeRecords, i: number): [string, string][] {
  const { wakes } = r
  const text = (index: number): string => r.strings[index] ?? ''
  const flags = wakes.flagsActivate[i]! >= 0 ? wakes.flagsActivate[i]! : wakes.flagsEntry[i]!
  const all: [string, string][] = [
    ['task', text(wakes.comm[i]!)],
    ['cpu', wakes.targetCpu[i]! >= 0 ? String(wakes.targetCpu[i]) : ''],
    ['wake_flags', flags >= 0 ? `0x${flags.toString(16)}` : ''],
    ['path', wakes.path[i] === 0 ? '' : PATH_NAMES[wakes.path[i]!]!],
    ['migrated', wakes.derivedMigrated[i]! < 0 ? '' : wakes.derivedMigrated[i] === 1 ? 'yes' : 'no'],
    ['read', text(wakes.readFunction[i]!)],
  ]
  return all.filter(([, value]) => value !== '')
}

/** Lines of the records in a text file; their numbers in any other. */
async function lineNumbers(r: WakeRecords, source: ByteSource, signal?: AbortSignal): Promise<Uint32Array> {
  const { count, offset } = r.records
  const lines = Uint32Array.from({ length: count }, (_, i) => i + 1)
  if (!r.header.format.startsWith('json')) return lines
  const bytes = await source.read(0, source.size, signal)
  let at = 0
  let line = 1
  for (let i = 0; i < count; i++) {
    if (offset[i]! < at) [at, line] = [0, 1]
    for (; at < offset[i]!; at++) if (bytes[at] === 10) line++
    lines[i] = line
  }
  return lines
}

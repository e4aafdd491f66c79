// The collector's binary stream (native-collector/wire.h). Read once from front to end; whatever the end of the file cuts off, or
// damage hides, the records before it stand.

import type { ByteSource } from '../../bytes.js'
import { FaultList, InputError } from '../../fault.js'
import { WakeRecordBuilder } from '../../model/wake-builder.js'
import type { ClockReading, RecordHeader } from '../../model/wake-record.js'
import { asObject, readHeader } from '../records/json-record.js'
import { parseExact } from '../records/numbers.js'
import { decodeRecordBlock, recordTraceFile } from '../records/trace-file.js'
import type { TraceFile, TraceReader } from '../types.js'
import { clocks, counts, FILE_BYTES, head, leastBytes, MAGIC, note, UNNUMBERED, VERSION, WireKind } from './layout.js'
import { probeRecord, textAt, WireNames } from './record.js'

const FORMAT = 'collector records'
const PIECE = 4 << 20

export const wireReader: TraceReader = {
  format: FORMAT,
  recognises: (bytes) => bytes.length >= 8 && new TextDecoder().decode(bytes.subarray(0, 8)) === MAGIC,
  open: openWire,
  decode: (_plan, block) => Promise.resolve(decodeRecordBlock(block)),
}

/** What the records of one CPU were numbered, and what its counters said last. */
interface CpuTally {
  seen: number
  next: number
  numbered: number
  lost: number
}

class Tally {
  readonly cpus = new Map<number, CpuTally>()
  readonly clocks: ClockReading[] = []
  readonly notes: string[] = []
  lostStacks = 0
  lostTasks = 0
  unknown = 0
  end = ''

  cpu(cpu: number): CpuTally {
    let t = this.cpus.get(cpu)
    if (!t) this.cpus.set(cpu, (t = { seen: 0, next: 0, numbered: 0, lost: 0 }))
    return t
  }
}

async function openWire(source: ByteSource, signal?: AbortSignal): Promise<TraceFile> {
  const { header, start } = await readHead(source, signal)
  const faults = new FaultList()
  const builder = new WakeRecordBuilder()
  builder.header = header
  const names = new WireNames()
  const tally = new Tally()
  let at = start
  while (at < source.size) {
    const bytes = await source.read(at, Math.min(PIECE, source.size - at), signal)
    const used = takePiece(bytes, at, builder, names, tally)
    if (used === 0) break
    at += used
  }
  if (at < source.size) tellCut(source, at, await source.read(at, Math.min(head.bytes, source.size - at)), faults)
  builder.header = {
    ...header,
    clocks: [...header.clocks, ...tally.clocks],
    lost: [...tally.cpus].map(([cpu, t]) => ({ cpu, records: lostOf(t) })),
  }
  tell(source.name, tally, builder.header, faults)
  for (const [pid, comm] of names.comms) if (!builder.comms.has(pid)) builder.comms.set(pid, comm)
  const records = builder.finish()
  return recordTraceFile({
    format: FORMAT,
    source,
    records,
    comms: builder.comms,
    faults: faults.list,
    reread(bytes, index) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      // The file was changed since it was opened: the caller says that the record cannot be read again.
      if (bytes.length < head.bytes || view.getUint16(head.size, true) !== bytes.length) return null
      return probeRecord(bytes, view, records.records.offset[index] ?? 0, names, records.header)
    },
  })
}

async function readHead(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<{ readonly header: RecordHeader; readonly start: number }> {
  const first = await source.read(0, FILE_BYTES, signal)
  const bad = (why: string, code: string): InputError => new InputError(`${source.name} ${why}.`, code, source.name)
  if (first.length < FILE_BYTES) throw bad('ends within its first 16 bytes', 'truncated-head')
  const view = new DataView(first.buffer, first.byteOffset, first.length)
  const version = view.getUint16(8, true)
  if (version !== VERSION) {
    throw bad(`holds records of version ${version}; this version of Remora reads version ${VERSION}`, 'unknown-version')
  }
  const size = view.getUint32(12, true)
  if (FILE_BYTES + size > source.size) throw bad('ends within its header', 'truncated-head')
  try {
    const text = new TextDecoder().decode(await source.read(FILE_BYTES, size, signal))
    const header = readHeader(asObject(parseExact(text)) ?? {})
    return { header: { ...header, format: `wire ${version}` }, start: FILE_BYTES + size }
  } catch {
    throw bad('has a header that is no JSON', 'bad-head')
  }
}

/** Takes in the whole records of a piece of the file; returns their bytes. 0 = not even one, or one that makes no sense. */
function takePiece(
  bytes: Uint8Array,
  offset: number,
  builder: WakeRecordBuilder,
  names: WireNames,
  tally: Tally,
): number {
  const whole = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  while (at + head.bytes <= bytes.length) {
    const kind = whole.getUint16(at + head.kind, true)
    const size = whole.getUint16(at + head.size, true)
    if (size % 8 !== 0 || size < leastBytes(kind) || at + size > bytes.length) break
    const own = bytes.subarray(at, at + size)
    take(kind, own, new DataView(own.buffer, own.byteOffset, size), offset + at, builder, names, tally)
    at += size
  }
  return at
}

function take(
  kind: number,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  builder: WakeRecordBuilder,
  names: WireNames,
  tally: Tally,
): void {
  const cpu = view.getUint16(head.cpu, true)
  const seq = Number(view.getBigUint64(head.seq, true))
  if (kind < WireKind.Stack && (view.getUint16(head.flags, true) & UNNUMBERED) === 0) {
    const t = tally.cpu(cpu)
    t.seen++
    t.next = Math.max(t.next, seq + 1)
  }
  if (names.learn(kind, bytes, view)) return
  if (kind <= WireKind.LastProbe) builder.push(probeRecord(bytes, view, offset, names, builder.header))
  else if (kind === WireKind.Clocks) tally.clocks.push(clockReading(view))
  else if (kind === WireKind.Counts) {
    const t = tally.cpu(cpu)
    t.numbered = Number(view.getBigUint64(counts.records, true))
    t.lost = Number(view.getBigUint64(counts.lost, true))
    tally.lostStacks = Math.max(tally.lostStacks, Number(view.getBigUint64(counts.lostStacks, true)))
    tally.lostTasks = Math.max(tally.lostTasks, Number(view.getBigUint64(counts.lostTasks, true)))
  } else if (kind === WireKind.Note || kind === WireKind.End) {
    const text = textAt(bytes, note.text, note.text + view.getUint32(note.bytes, true))
    if (kind === WireKind.End) tally.end = text
    else tally.notes.push(text)
  } else tally.unknown++
}

function clockReading(view: DataView): ClockReading {
  const at = (field: number): bigint => view.getBigUint64(field, true)
  const tsc = at(clocks.tsc)
  return {
    mono: at(clocks.mono),
    raw: at(clocks.raw),
    boot: at(clocks.boot),
    real: at(clocks.real),
    ...(tsc > 0n ? { tsc } : {}),
    spread: at(clocks.width),
  }
}

/** Numbers that no record has: lost in the kernel, or with a part of the file. */
const lostOf = (t: CpuTally): number => Math.max(0, Math.max(t.next, t.numbered) - t.seen)

function tellCut(source: ByteSource, at: number, bytes: Uint8Array, faults: FaultList): void {
  const rest = source.size - at
  const size = bytes.length >= 4 ? bytes[2]! | (bytes[3]! << 8) : 0
  // The record would be sound if there were more of it: the recording was cut off while it was written.
  const cut = bytes.length < head.bytes || (size % 8 === 0 && size > rest)
  faults.add({
    severity: cut ? 'note' : 'error',
    code: cut ? 'truncated-record' : 'bad-record',
    message: cut
      ? `The last record is not whole: the recording was cut off; ${rest} bytes are left out.`
      : `What begins here is no record; the ${rest} bytes from here on are left out.`,
    file: source.name,
    offset: at,
  })
}

function tell(file: string, tally: Tally, header: RecordHeader, faults: FaultList): void {
  for (const [cpu, t] of tally.cpus) {
    const lost = lostOf(t)
    if (lost > 0) {
      const message = `The collector lost ${lost} records: the numbers that no record has.`
      faults.add({ severity: 'warning', code: 'records-lost', message, file, cpu })
    }
    if (tally.end && t.lost !== lost) {
      const message = `The collector counted ${t.lost} lost records, and ${lost} are lacking.`
      faults.add({ severity: 'warning', code: 'lost-differ', message, file, cpu })
    }
  }
  if (tally.lostStacks > 0) {
    const message = `${tally.lostStacks} records have no stack because there was no room for it.`
    faults.add({ severity: 'note', code: 'stacks-lost', message, file })
  }
  if (tally.lostTasks > 0) {
    const message = `${tally.lostTasks} wake-ups were not followed because there were too many tasks.`
    faults.add({ severity: 'warning', code: 'tasks-lost', message, file })
  }
  if (!tally.end) {
    const message = 'The recording was not ended: the collector was killed, or its machine went down.'
    faults.add({ severity: 'note', code: 'not-ended', message, file })
  }
  if (tally.unknown > 0) {
    const message = `${tally.unknown} records are of kinds that this version of Remora does not know; they are left out.`
    faults.add({ severity: 'note', code: 'unknown-record', message, file })
  }
  for (const message of new Set(tally.notes)) {
    faults.add({ severity: 'note', code: 'collector-note', message: `The collector says: ${message}.`, file })
  }
  for (const { field, because } of header.absent) {
    const message = `No record has ${field}: ${because || 'the writer does not say why'}.`
    faults.add({ severity: 'note', code: 'field-absent', message, file })
  }
}

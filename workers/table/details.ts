// Everything about one event: all fields, its place in the file, its stacks.

import { RequestError } from '../fault.js'
import type { StreamColumns } from '../columns/event-table.js'
import type { Session } from '../model/session.js'
import type { FieldValue, RecordView } from '../readers/types.js'
import type { EventDetails } from '../thread/contract.js'
import { position } from '../units.js'
import type { Position } from '../units.js'
import { checkPosition, eventRow, eventTypeOf } from './rows.js'

/** How far behind an event its stack is looked for; interrupts may write their own events in between. */
const STACK_REACH = 64

type Stack = EventDetails['stacks'][number]

export async function eventDetails(session: Session, pos: Position, signal?: AbortSignal): Promise<EventDetails> {
  checkPosition(session, pos)
  const { stream, row } = session.table.address(pos)
  const file = session.files[stream.file]!
  const record = await recordAt(session, stream, row, signal)
  const own = ownStack(record, pos)
  const details = {
    ...eventRow(session, pos, record),
    time: (session.epoch + wholeTicks(stream.t[row]!)).toString(),
    rawTime: (file.meta.epoch + wholeTicks(stream.ticks[row]!)).toString(),
    file: file.meta.name,
    fileOffset: record.fileOffset(),
    fields: record.fields().map(plainField),
    hex: hexDump(record.bytes()),
  }
  return { ...details, stacks: own ? [own] : await stacksBehind(session, stream, row, signal) }
}

/** A mapped time may carry a fraction of a tick. */
const wholeTicks = (t: number): bigint => BigInt(Math.round(t))

export async function recordAt(
  session: Session,
  stream: StreamColumns,
  row: number,
  signal?: AbortSignal,
): Promise<RecordView> {
  signal?.throwIfAborted()
  const { records } = session.files[stream.file]!
  const where = stream.where[row]!
  await records.load(stream.inFile, [where], signal)
  if (!records.has(stream.inFile, where)) {
    throw new RequestError(
      `The record of this event could not be read again from ${session.files[stream.file]!.meta.name}.`,
    )
  }
  return records.at(stream.inFile, where)
}

/**
 * The kernel writes an event's stacks right behind it, in the same context; only an interrupt of a higher context can put its
 * own events in between. So the event's stacks are the stack events that come next in its own context, if any do.
 */
export async function stacksBehind(
  session: Session,
  stream: StreamColumns,
  row: number,
  signal?: AbortSignal,
): Promise<Stack[]> {
  const end = Math.min(stream.count, row + 1 + STACK_REACH)
  if (!stackWithin(session, stream, row + 1, end)) return []
  const level = contextLevel(await recordAt(session, stream, row, signal))
  const stacks: Stack[] = []
  for (let next = row + 1; next < end && stream.pid[next] === stream.pid[row]; next++) {
    const record = await recordAt(session, stream, next, signal)
    const nextLevel = contextLevel(record)
    if (nextLevel > level) continue
    if (nextLevel < level || !isStack(session, stream, next)) break
    const stack = ownStack(record, 0)
    if (!stack || stacks.some((s) => s.kind === stack.kind)) break
    stacks.push({ ...stack, position: position(session.table.positionOf(session.table.streams.indexOf(stream), next)) })
  }
  return stacks
}

function stackWithin(session: Session, stream: StreamColumns, from: number, to: number): boolean {
  for (let row = from; row < to; row++) if (isStack(session, stream, row)) return true
  return false
}

function isStack(session: Session, stream: StreamColumns, row: number): boolean {
  const { name } = eventTypeOf(session, stream, row)
  return name === 'kernel_stack' || name === 'user_stack'
}

/** 0 task, 1 softirq, 2 hard interrupt, 3 NMI: TRACE_FLAG_SOFTIRQ, _HARDIRQ, _NMI of common_flags. */
function contextLevel(record: RecordView): number {
  const flags = Number(record.field('common_flags') ?? 0)
  if (flags & 0x40) return 3
  if (flags & 0x08) return 2
  return flags & 0x10 ? 1 : 0
}

function ownStack(record: RecordView, pos: number): Stack | null {
  const stack = record.stack()
  if (!stack) return null
  const frames = stack.frames.map((f) => ({
    address: `0x${f.address.toString(16)}`,
    symbol: f.symbol,
    offset: f.offset,
  }))
  return { kind: stack.kind, position: position(pos), frames }
}

function plainField(field: FieldValue): EventDetails['fields'][number] {
  const raw = field.raw
  const text = typeof raw === 'string' ? raw : typeof raw === 'bigint' ? raw.toString() : `[${raw.join(', ')}]`
  return { name: field.name, type: field.type, raw: text, text: field.text }
}

/** Sixteen bytes a line: offset, bytes in hex, printable ASCII. */
function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const part = Array.from(bytes.subarray(at, at + 16))
    const hex = part.map((b) => b.toString(16).padStart(2, '0')).join(' ')
    const ascii = part.map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.')).join('')
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${ascii}`)
  }
  return lines.join('\n')
}

// The event table's columns: their order, widths and text.

import type { EventRow } from '../../../workers/thread/contract.js'
import { formatCount, formatTime } from '../../state/format.js'
import type { TimeBase } from '../../state/format.js'

export interface ColumnContext {
  readonly base: TimeBase
  readonly timeFormat: 'relative' | 'trace'
  readonly machine: (index: EventRow['machine']) => string
}
export interface Column {
  readonly name: string
  readonly title: string
  readonly tip: string
  /** CSS pixels. */
  readonly width: number
  readonly right?: boolean
  readonly mono?: boolean
  readonly text: (e: EventRow, c: ColumnContext) => string
}

export const columns: readonly Column[] = [
  {
    name: 'number',
    title: '#',
    tip: 'Number of the event in the merged order',
    width: 92,
    right: true,
    text: (e) => formatCount(e.position),
  },
  {
    name: 'time',
    title: 'Time',
    tip: 'Time of the event, in the time format of the toolbar',
    width: 168,
    right: true,
    text: (e, c) => formatTime(e.t, c.base, c.timeFormat),
  },
  {
    name: 'machine',
    title: 'Machine',
    tip: 'Host or guest that recorded the event',
    width: 96,
    text: (e, c) => c.machine(e.machine),
  },
  { name: 'cpu', title: 'CPU', tip: 'CPU that recorded the event', width: 44, right: true, text: (e) => String(e.cpu) },
  { name: 'task', title: 'Task', tip: 'Task that was running', width: 136, text: (e) => e.task },
  { name: 'pid', title: 'PID', tip: 'Its pid', width: 68, right: true, text: (e) => String(e.pid) },
  {
    name: 'latency',
    title: 'Latency',
    tip: 'Interrupts off, need resched, hard or soft interrupt, preemption depth, migration disabled',
    width: 72,
    mono: true,
    text: (e) => e.latency,
  },
  { name: 'event', title: 'Event', tip: 'Event type', width: 160, text: (e) => e.event },
  {
    name: 'info',
    title: 'Info',
    tip: 'The fields as the event’s print format writes them',
    width: 600,
    mono: true,
    text: (e) => e.info,
  },
]

/** With a single machine its name in every row says nothing. */
export const columnsFor = (machines: number): readonly Column[] =>
  machines > 1 ? columns : columns.filter((c) => c.name !== 'machine')

export const minColumnWidth = 32
export const maxColumnWidth = 2000

/** Widths of all columns: the user's own where there are some. The last column is at least as wide as its longest text. */
export function layoutColumns(
  shown: readonly Column[],
  own: Readonly<Record<string, number>>,
  longestInfo: number,
  available: number,
): { readonly widths: readonly number[]; readonly total: number } {
  const widths = shown.map((c) => Math.min(Math.max(own[c.name] ?? c.width, minColumnWidth), maxColumnWidth))
  const last = widths.length - 1
  const before = widths.slice(0, last).reduce((a, b) => a + b, 0)
  widths[last] = Math.max(own['info'] ?? 0, longestInfo, available - before)
  return { widths, total: before + widths[last]! }
}

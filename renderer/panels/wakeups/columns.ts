// The columns of the table of wake-ups.

import type { SessionInfo, WakeupRow, WakeupSort } from '../../../workers/thread/contract.js'
import { formatDelta, formatTime } from '../../state/format.js'
import { cpuText, markWords, rowFlags } from './words.js'

export interface WakeColumnContext {
  readonly info: SessionInfo
  readonly timeFormat: 'relative' | 'trace'
  readonly machine: (m: WakeupRow['machine']) => string
}
export interface WakeColumn {
  readonly name: string
  readonly title: string
  readonly tip: string
  /** CSS pixels. */
  readonly width: number
  readonly right?: boolean
  readonly mono?: boolean
  /** What a click on the head sorts by. */
  readonly sort?: WakeupSort
  readonly text: (row: WakeupRow, c: WakeColumnContext) => string
}

const length = (n: number | null, c: WakeColumnContext) => (n === null ? '' : formatDelta(n, c.info.unit))

export const wakeColumns: readonly WakeColumn[] = [
  {
    name: 'time',
    title: 'Woken at',
    tip: 'Time of sched_waking, or of sched_wakeup where that alone is recorded',
    width: 138,
    right: true,
    sort: 'time',
    text: (r, c) => formatTime(r.waking.t, c.info, c.timeFormat),
  },
  {
    name: 'latency',
    title: 'Latency',
    tip: 'From waking to running',
    width: 114,
    right: true,
    sort: 'latency',
    text: (r, c) => length(r.latency, c),
  },
  { name: 'machine', title: 'Machine', tip: 'Whose kernel woke', width: 72, text: (r, c) => c.machine(r.machine) },
  { name: 'wakee', title: 'Woken task', tip: 'Who was woken', width: 138, sort: 'wakee', text: (r) => r.wakee.name },
  {
    name: 'waker',
    title: 'Woken by',
    tip: 'The task or interrupt that woke',
    width: 146,
    sort: 'waker',
    text: (r) => r.waker.label,
  },
  {
    name: 'cpu',
    title: 'CPU',
    tip: 'Where it was put; before → after where that differs',
    width: 58,
    sort: 'cpuAfter',
    text: cpuText,
  },
  {
    name: 'migrated',
    title: 'Moved',
    tip: 'Whether it was put on another CPU than before',
    width: 62,
    text: (r) => (r.migrated === null ? '?' : r.migrated ? 'yes' : ''),
  },
  {
    name: 'flags',
    title: 'wake_flags',
    tip: 'From a collector’s record of the same wake-up; tracepoints do not hold them',
    width: 150,
    mono: true,
    text: rowFlags,
  },
  {
    name: 'activation',
    title: 'To wakeup',
    tip: 'From sched_waking to sched_wakeup',
    width: 84,
    right: true,
    sort: 'wakingToWakeup',
    text: (r, c) => length(r.wakingToWakeup, c),
  },
  {
    name: 'running',
    title: 'To running',
    tip: 'From sched_wakeup to the switch to the task',
    width: 114,
    right: true,
    sort: 'wakeupToRunning',
    text: (r, c) => length(r.wakeupToRunning, c),
  },
  {
    name: 'grade',
    title: 'Grade',
    tip: 'EXACT: every step is recorded',
    width: 84,
    sort: 'grade',
    text: (r) => r.grade,
  },
  { name: 'marks', title: 'Notes', tip: 'What is special about it', width: 100, text: (r) => markWords(r.marks).short },
  { name: 'id', title: 'Id', tip: 'Correlation id', width: 138, mono: true, text: (r) => r.id },
  {
    name: 'stack',
    title: 'Stack',
    tip: 'Innermost functions of the stack at sched_waking, below the wake-up itself',
    width: 360,
    mono: true,
    text: (r) => r.stack ?? '',
  },
]

/** Without columns that are empty here: machine names of a single machine, flags without records. */
export const wakeColumnsFor = (machines: number, records: boolean): readonly WakeColumn[] =>
  wakeColumns.filter((c) => (c.name !== 'machine' || machines > 1) && (c.name !== 'flags' || records))

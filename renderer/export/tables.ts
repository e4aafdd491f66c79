// Tables as files for other programs: CSV (RFC 4180) and JSON. Times are values of the trace clock, whole and decimal, lengths are
// numbers; both in the session's unit, which the names of the columns say.

import type { EventRow, SessionInfo, WakeupRow } from '../../workers/thread/contract.js'
import { sessionTime, viewRow } from '../../workers/units.js'
import { formatBytes, plural } from '../state/format.js'
import { say } from '../state/messages.js'
import { scope } from '../state/scope.js'
import { engine, loading, rangeSelection, session, tableCount, tableView } from '../state/session-state.js'
import { saveFile } from '../widgets/save-file.js'

export type Cell = string | number | boolean | null
export interface TableFile {
  readonly name: string
  readonly columns: readonly string[]
  /** As many as there will be. */
  readonly total: number
  readonly rows: AsyncIterable<readonly (readonly Cell[])[]> | Iterable<readonly (readonly Cell[])[]>
}
export type TableFormat = 'csv' | 'json'

const quoted = (cell: Cell): string => {
  const text = cell === null ? '' : String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(quoted).join(',')}\r\n`

/** The pieces of the file, a batch of rows each. */
export async function* tableText(table: TableFile, format: TableFormat, unit: string): AsyncGenerator<string> {
  const { name, columns } = table
  yield format === 'csv'
    ? csvLine(columns)
    : `${JSON.stringify({ remora: name, version: 1, unit }).slice(0, -1)},"rows":[`
  let first = true
  for await (const batch of table.rows) {
    if (format === 'csv') yield batch.map(csvLine).join('')
    else {
      const objects = batch.map((cells) => JSON.stringify(Object.fromEntries(columns.map((c, i) => [c, cells[i]]))))
      if (objects.length > 0) yield `${first ? '\n' : ',\n'}${objects.join(',\n')}`
      first &&= objects.length === 0
    }
  }
  if (format === 'json') yield '\n]}\n'
}

const BATCH = 4096
const clockOf =
  (info: SessionInfo) =>
  (t: number): string =>
    String(BigInt(info.epoch) + BigInt(Math.round(t)))
const nameOf = (info: SessionInfo, machine: number): string => info.machines[machine]?.name ?? String(machine)

/** What there is of a table in the session: null where it cannot be told. */
type Source = (info: SessionInfo, api: NonNullable<typeof engine.value>, signal: AbortSignal) => Promise<TableFile>

const events: Source = async (info, api, signal) => {
  const view = tableView.peek()
  const chosen = rangeSelection.peek()
  const start = chosen ? await api.rowAtTime(view, chosen.from) : 0
  const end = chosen ? await api.rowAtTime(view, sessionTime(Math.floor(chosen.to) + 1)) : tableCount.peek()
  const clock = clockOf(info)
  const cells = (e: EventRow): Cell[] => [
    clock(e.t),
    nameOf(info, e.machine),
    e.cpu,
    e.task,
    e.pid,
    e.latency,
    e.system,
    e.event,
    e.info,
  ]
  async function* batches() {
    for (let row = start; row < end; row += BATCH) {
      yield (await api.rows(view, viewRow(row), Math.min(BATCH, end - row), signal)).map(cells)
    }
  }
  return {
    name: 'events',
    columns: [`time_${info.unit}`, 'machine', 'cpu', 'task', 'pid', 'latency', 'system', 'event', 'info'],
    total: Math.max(0, end - start),
    rows: batches(),
  }
}

const preemptions: Source = async (info, api) => {
  const { rows: list } = await api.preemptions({ ...scope.peek(), limit: 10_000_000, sort: 'time' })
  const clock = clockOf(info)
  const unit = info.unit
  return {
    name: 'preemptions',
    columns: [
      `from_${unit}`,
      `to_${unit}`,
      `lost_${unit}`,
      'kind',
      'machine',
      'victim',
      'victim_pid',
      'cpu',
      'culprit_machine',
      'culprit',
      'culprit_pid',
      'stood_still_machine',
      'stood_still',
      'inferred',
    ],
    total: list.length,
    rows: [
      list.map((p): Cell[] => [
        clock(p.from),
        clock(p.to),
        p.lost,
        p.kind,
        nameOf(info, p.victim.machine),
        p.victim.name,
        p.victim.pid,
        p.cpu,
        nameOf(info, p.culprit.machine),
        p.culprit.name,
        p.culprit.pid,
        nameOf(info, p.stoodStill.machine),
        p.stoodStill.name,
        p.inferred,
      ]),
    ],
  }
}

const wakeupCells = (info: SessionInfo, w: WakeupRow): Cell[] => {
  const clock = clockOf(info)
  const at = (m: { readonly t: number } | null) => (m ? clock(m.t) : null)
  return [
    w.id,
    at(w.waking),
    at(w.activated),
    at(w.running),
    w.latency,
    nameOf(info, w.machine),
    w.wakee.name,
    w.wakee.pid,
    w.waker.task.name,
    w.waker.task.pid,
    w.waker.label,
    w.cpuBefore,
    w.cpuAfter,
    w.migrated,
    w.grade,
    w.stack,
    w.record?.entry?.text ?? null,
    w.record?.activate?.text ?? null,
  ]
}

/** @param filter those that the tab shows */
const wakeups =
  (filter: () => Parameters<NonNullable<typeof engine.value>['wakeupTasks']>[0]): Source =>
  async (info, api, signal) => {
    const query = filter()
    const { total } = await api.wakeups({ ...query, start: 0, count: 0 }, signal)
    async function* batches() {
      for (let start = 0; start < total; start += BATCH) {
        const { rows } = await api.wakeups({ ...query, sort: 'time', start, count: BATCH }, signal)
        yield rows.map((w) => wakeupCells(info, w))
      }
    }
    const unit = info.unit
    return {
      name: 'wakeups',
      columns: [
        'id',
        `waking_${unit}`,
        `wakeup_${unit}`,
        `running_${unit}`,
        `latency_${unit}`,
        'machine',
        'task',
        'pid',
        'waker',
        'waker_pid',
        'by',
        'cpu_before',
        'cpu_after',
        'migrated',
        'grade',
        'stack',
        'wake_flags_entry',
        'wake_flags_activate',
      ],
      total,
      rows: batches(),
    }
  }

const vcpuTotals: Source = async (info, api) => {
  const { vcpus } = await api.fusedTotals(scope.peek())
  const keys = [
    'guest',
    'guestIdle',
    'vmmKernel',
    'vmmUser',
    'preempted',
    'ready',
    'blocked',
    'unknown',
    'steal',
  ] as const
  return {
    name: 'vcpu-totals',
    columns: ['machine', 'vcpu', 'row', ...keys.map((k) => `${k}_${info.unit}`), 'steal_percent'],
    total: vcpus.length,
    rows: [
      vcpus.map((v): Cell[] => [nameOf(info, v.machine), v.label, v.track, ...keys.map((k) => v[k]), v.stealPercent]),
    ],
  }
}

const taskTotals: Source = async (info, api) => {
  const { tasks } = await api.fusedTotals(scope.peek())
  const keys = [
    'running',
    'guestMode',
    'vmm',
    'hostPreempted',
    'vcpuReady',
    'vcpuBlocked',
    'vcpuUnknown',
    'preempted',
    'ready',
    'blocked',
    'unknown',
  ] as const
  return {
    name: 'task-totals',
    columns: ['machine', 'task', 'pid', 'container', ...keys.map((k) => `${k}_${info.unit}`)],
    total: tasks.length,
    rows: [tasks.map((t): Cell[] => [nameOf(info, t.machine), t.name, t.pid, t.container, ...keys.map((k) => t[k])])],
  }
}

export const tableWords = {
  events: 'the event table',
  wakeups: 'the wake-ups',
  preemptions: 'the preemptions',
  'vcpu-totals': 'where the time of vCPUs went',
  'task-totals': 'where the time of guest tasks went',
} as const
export type TableName = keyof typeof tableWords
export const tableNames = Object.keys(tableWords) as TableName[]
export const formats: readonly TableFormat[] = ['csv', 'json']

/** Saves a table of the session: what its filter and the range in hand leave. */
export async function saveTable(
  which: TableName,
  format: TableFormat,
  wakeFilter: Parameters<typeof wakeups>[0],
): Promise<void> {
  const info = session.peek()
  const api = engine.peek()
  if (!info || !api) return
  const sources: Readonly<Record<TableName, Source>> = {
    events,
    preemptions,
    wakeups: wakeups(wakeFilter),
    'vcpu-totals': vcpuTotals,
    'task-totals': taskTotals,
  }
  const stop = new AbortController()
  const title = 'Saving the table'
  const cancel = () => stop.abort()
  loading.value = { title, progress: null, cancel }
  try {
    const table = await sources[which](info, api, stop.signal)
    const parts: Blob[] = []
    let done = 0
    for await (const piece of tableText(table, format, info.unit)) {
      stop.signal.throwIfAborted()
      // A Blob may lie on disk: millions of lines need not be in memory together.
      parts.push(new Blob([piece]))
      done = Math.min(table.total, done + BATCH)
      loading.value = {
        title,
        progress: { phase: 'writing', done, total: table.total, unit: 'events' },
        cancel,
      }
    }
    const type = format === 'csv' ? 'text/csv' : 'application/json'
    const blob = new Blob(parts, { type })
    const name = `${info.name.replace(/[^\p{L}\p{N} ._+-]+/gu, '-').slice(0, 80)}.${which}.${format}`
    saveFile(name, blob, type)
    say('note', `${name}, ${plural(table.total, 'row')}, ${formatBytes(blob.size)}, went to your downloads.`)
  } catch (e) {
    if (!stop.signal.aborted) throw e
  } finally {
    loading.value = null
  }
}

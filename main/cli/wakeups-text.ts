import { lengthText } from '../../workers/clocks/sentence.js'
import { TimeWriter } from '../../workers/table/time-text.js'
import { section } from './fused-text.js'
import { aligned, grouped, plural } from './text.js'
import type { ChainReport, WakeupEntry, WakeupsReport } from './wakeups-json.js'

/** What marks say, in words; Migrated and New have columns or words of their own. */
const MARKS: Readonly<Record<string, string>> = {
  New: 'new task',
  NoWaking: 'no sched_waking',
  NoWakeup: 'no sched_wakeup',
  RunInferred: 'run inferred',
  Repeated: 'woken before',
  WhileRunning: 'ran already',
  WhileRunnable: 'was preempted',
  Lost: 'events lost',
  Migrated: 'migrated',
  NeverRan: 'not seen running',
}

const notes = (row: WakeupEntry): string => row.marks.map((m) => MARKS[m] ?? m).join(', ')

/** `remora wakeups` for people. */
export function wakeupsText(report: WakeupsReport): string {
  const { unit, machines, latency } = report
  const writer = new TimeWriter(BigInt(report.epoch))
  const length = (x: number | null): string => (x === null ? '-' : lengthText(x, unit))
  const machine = (index: number): string => (machines.length > 1 ? `${machines[index]} ` : '')
  const sum = latency
    ? `${plural(latency.n, 'run')} after a wake-up: p50 ${length(latency.p50)}, p90 ${length(latency.p90)}, p99 ${length(latency.p99)}, p99.9 ${length(latency.p999)}, max ${length(latency.max)}, mean ${length(latency.mean)}\n`
    : ''
  const tasks = report.tasks.map((t) => [
    `${machine(t.task.machine)}${t.task.name}`,
    grouped(t.runs),
    ...[t.total, t.mean, t.max].map(length),
    writer.shown(t.at, unit),
  ])
  const rows = report.rows.map((r) => [
    r.id,
    writer.shown(r.waking.t, unit),
    `${machine(r.machine)}${r.wakee.name}`,
    r.waker.label,
    cpus(r),
    ...[r.latency, r.wakingToWakeup, r.wakeupToRunning].map(length),
    r.grade,
    notes(r),
  ])
  const lead = `${plural(report.total, 'wake-up')} in ${lengthText(report.to - report.from, unit)} of ${machines.join(', ')}\n`
  return (
    lead +
    sum +
    section(
      report.taskCount > tasks.length
        ? `The ${tasks.length} slowest tasks of ${grouped(report.taskCount)}`
        : 'Tasks, the slowest first',
      [['task', 'runs', 'latency in all', 'mean', 'max', 'woken at'], ...tasks],
      [1, 2, 3, 4, 5],
    ) +
    section(
      report.total > rows.length ? `The ${rows.length} slowest wake-ups` : 'Wake-ups, the slowest first',
      [['id', 'woken at', 'task', 'by', 'CPU', 'latency', 'to wakeup', 'to running', 'grade', ''], ...rows],
      [1, 5, 6, 7],
    ) +
    (machines.length > 1 ? whereTo('Where all latencies went', report.split, unit) : '') +
    said('Not told', report.lacking)
  )
}

function whereTo(title: string, split: ChainReport['split'], unit: 'ns' | 'ticks'): string {
  const total = Object.values(split).reduce((n, time) => n + time, 0)
  const parts = Object.entries(split)
    .filter(([, time]) => time > 0)
    .map(([layer, time]) => [layer, lengthText(time, unit), `${((100 * time) / total).toFixed(1)} %`])
  if (parts.length === 0) return ''
  return `\n${title}\n${aligned(parts, [1, 2])
    .map((l) => `  ${l}\n`)
    .join('')}`
}

const said = (title: string, sentences: readonly string[]): string =>
  sentences.length === 0 ? '' : `\n${title}\n${sentences.map((s) => `  ${s}\n`).join('')}`

function cpus({ cpuBefore, cpuAfter, running }: WakeupEntry): string {
  const places = [cpuBefore, cpuAfter, running?.cpu ?? -1].filter((c) => c >= 0)
  return places.filter((c, i) => i === 0 || c !== places[i - 1]).join(' > ')
}

/** `remora chain` for people. */
export function chainText(report: ChainReport): string {
  const { unit, machines } = report
  const length = (x: number): string => lengthText(x, unit)
  const writer = new TimeWriter(BigInt(report.epoch))
  const name = (index: number): string => machines[index]!
  const hops = report.hops.map((h) => [
    String(h.number),
    writer.shown(h.t, unit),
    h.since === null ? '' : `${h.since < 0 ? '-' : '+'}${length(Math.abs(h.since))}${h.orderCertain ? '' : ' ?'}`,
    h.layer,
    `${name(h.machine)} CPU ${h.cpu}`,
    h.actor.name,
    h.label,
  ])
  const links = report.links.map((l) => [l.id, l.kind, l.grade, l.because])
  const stacks = report.hops.flatMap((h) =>
    h.stack
      ? [
          `\nStack at hop ${h.number}${h.stack.folded > 0 ? `, ${h.stack.folded} frames of the wake-up itself left out` : ''}\n`,
          ...h.stack.frames.slice(h.stack.folded).map((f) => `  ${frameText(f)}\n`),
        ]
      : [],
  )
  const flags = report.hops.flatMap((h) =>
    h.record
      ? [
          `\nwake_flags at hop ${h.number}, from ${h.record.file}\n`,
          ...flagLines(h.record).map((line) => `  ${line}\n`),
        ]
      : [],
  )
  const unsure = report.hops.some((h) => !h.orderCertain)
  return (
    `Chain ${report.id}, ${report.grade}: ${length(report.to - report.from)} from the first cause to ${report.wakeups.at(-1)!.wakee.name}\n` +
    section('Hops', [['', 'at', 'since', 'layer', 'where', 'task', ''], ...hops], [0, 1, 2]) +
    (unsure ? '  ? which of the two came first is not certain\n' : '') +
    whereTo('Where the time went', report.split, unit) +
    (report.unsplit ? '  guest and hypervisor cannot be told apart: both count as guest\n' : '') +
    section('Links', [['id', 'kind', 'grade', 'because'], ...links], []) +
    flags.join('') +
    stacks.join('') +
    said('Not told', report.notes)
  )
}

function flagLines({ entry, activate, fields }: NonNullable<ChainReport['hops'][number]['record']>): string[] {
  const line = (when: string, f: typeof entry): string[] => (f ? [`${when}: ${f.text} (${f.raw})`] : [])
  return [...line('at entry', entry), ...line('at activation', activate), ...fields.map((f) => `${f.name}: ${f.text}`)]
}

/** `symbol+0x1f`, the symbol alone where no offset is recorded, or the address. */
function frameText({ symbol, offset, address }: { symbol: string; offset: number; address: string }): string {
  if (symbol === '') return address
  return offset < 0 ? symbol : `${symbol}+0x${offset.toString(16)}`
}

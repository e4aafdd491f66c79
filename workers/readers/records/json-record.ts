// One JSON object as a record. The names of fields are those of docs/records.md, the seeds' documents and the collector's.

import type { FaultList } from '../../fault.js'
import {
  CLOCKSOURCE_STAGES,
  NO_HEADER,
  PATH_NAMES,
  RECORD_NAMES,
  RecordKind,
  type ClocksourceStage,
  type ClockReading,
  type ProbeRecord,
  type RecordHeader,
  type RecordSource,
  type WakePath,
} from '../../model/wake-record.js'
import { toBigInt, toId, toNumber, toTime } from './numbers.js'

export type Json = Readonly<Record<string, unknown>>

/** What an object is: a record, the file's header, or neither, and then why. */
export type Reading =
  | { readonly is: 'record'; readonly record: ProbeRecord }
  | { readonly is: 'header'; readonly header: RecordHeader }
  | { readonly is: 'clocks'; readonly readings: readonly ClockReading[] }
  | { readonly is: 'lost'; readonly cpu: number; readonly records: number }
  | { readonly is: 'note'; readonly text: string }
  | { readonly is: 'analysis' }
  | { readonly is: 'bad'; readonly why: string }

/** Names of events besides RECORD_NAMES. */
const KINDS: ReadonlyMap<string, RecordKind> = new Map([
  ...RECORD_NAMES.map((name, kind) => [name, kind as RecordKind] as const),
  ['try_to_wake_up', RecordKind.Ttwu],
  ['ttwu_do_activate', RecordKind.Activate],
  ['ttwu_do_wakeup', RecordKind.Activate],
  ['sched_waking', RecordKind.Waking],
  ['sched_wakeup', RecordKind.Wakeup],
  ['sched_wakeup_new', RecordKind.Wakeup],
  ['sched_switch', RecordKind.SwitchIn],
  ['hrtimer_expire_entry', RecordKind.Hrtimer],
  ['irq_handler_entry', RecordKind.IrqEntry],
  ['irq_handler_exit', RecordKind.IrqExit],
])

/** A function of the timekeeping family as the name of an event: the first read of the task's window. */
const READS = /^(ktime_get\w*|read_tsc|kvm_clock_get_cycles)$/

const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v)
export const asObject = (v: unknown): Json | null => (isObject(v) ? v : null)

const text = (v: unknown): string | undefined => (typeof v === 'string' && v !== '' ? v : undefined)
const first = (o: Json, ...names: readonly string[]): unknown => {
  for (const name of names) if (o[name] !== undefined && o[name] !== null) return o[name]
  return undefined
}

const TIMES = ['timestamp_ns', 'ts', 'timestamp', 'time_ns', 'time']

/** Reads one object of a file. */
export function readObject(o: Json, offset: number, length: number): Reading {
  const event = text(first(o, 'ev', 'kind', 'event', 'type'))
  const aside = text(o.record)
  const untimed = first(o, ...TIMES) === undefined
  if (event === 'header' || (untimed && o.collector !== undefined)) return { is: 'header', header: readHeader(o) }
  if (aside === 'clocks') return { is: 'clocks', readings: clockReading(o) }
  if (aside === 'counts') return { is: 'lost', cpu: toNumber(o.cpu_id) ?? -1, records: toNumber(o.lost) ?? 0 }
  if (aside === 'note' || aside === 'end') return { is: 'note', text: text(o.text) ?? '' }
  if (first(o, 'cluster_a', 'cluster_b') !== undefined) return { is: 'analysis' }
  const time = first(o, ...TIMES)
  if (untimed) return bad('it has no timestamp (timestamp_ns, ts or timestamp)')
  const ns = toTime(time)
  if (ns === undefined) return bad(`its timestamp "${short(time)}" is neither whole ns nor seconds with decimals`)
  const what = kindOf(o, event)
  if (what === null) return bad(event ? `its event "${short(event)}" is not known` : 'it does not say what it records')
  const wrong = wrongField(o)
  if (wrong) return bad(wrong)
  return { is: 'record', record: recordOf(o, what, event, ns, offset, length) }
}

const bad = (why: string): Reading => ({ is: 'bad', why })
const short = (v: unknown): string => String(typeof v === 'object' ? JSON.stringify(v) : v).slice(0, 40)

function kindOf(o: Json, event: string | undefined): RecordKind | null {
  if (event !== undefined) {
    const kind = KINDS.get(event)
    if (kind !== undefined) return kind
    if (READS.test(event)) return RecordKind.FirstRead
    return text(first(o, 'probe_name', 'label')) === undefined ? null : RecordKind.Probe
  }
  if (first(o, 'probe_name', 'label') !== undefined) return RecordKind.Probe
  if (o.correlation_id !== undefined) return RecordKind.Correlation
  return o.trace_id === undefined ? null : RecordKind.Trace
}

const INTEGERS = ['cpu', 'cpu_id', 'pid', 'tgid', 'by_pid', 'prev_cpu', 'target_cpu', 'run_seq', 'wake_flags', 'flags']

function wrongField(o: Json): string | null {
  for (const name of INTEGERS) {
    const v = o[name]
    if (v !== undefined && v !== null && toNumber(v) === undefined && !(name === 'flags' && typeof v === 'string')) {
      return `its ${name} "${short(v)}" is not a whole number`
    }
  }
  const id = o.correlation_id
  return id !== undefined && toId(id) === undefined ? `its correlation_id "${short(id)}" is not hex` : null
}

/** Fields that have a place in ProbeRecord; all others are kept as they are. */
const PLACED = new Set(
  (
    'ev kind event type timestamp_ns ts timestamp time_ns time cpu cpu_id by_pid by_comm pid comm tgid id ' +
    'correlation_id run_seq ktime_ns ktime wake_flags flags flags_entry flags_activate wake_flags_activate path state_before ' +
    'state_after prev_cpu target_cpu rq_clock source stack function value clocksource stage number vcpu ' +
    'session_id delta_chain_id probe_name label'
  ).split(' '),
)

function recordOf(
  o: Json,
  kind: RecordKind,
  event: string | undefined,
  time: bigint,
  offset: number,
  length: number,
): ProbeRecord {
  const num = (...names: readonly string[]): number | undefined => toNumber(first(o, ...names))
  const big = (...names: readonly string[]): bigint | undefined => toBigInt(first(o, ...names))
  const task = num('pid')
  const by = num('by_pid')
  const hasWakee = kind <= RecordKind.FirstRead || kind === RecordKind.Correlation
  const path = PATH_NAMES.indexOf(text(o.path) ?? '')
  const traceId = kind === RecordKind.Trace ? toId(o.trace_id) : undefined
  const ktime = big('ktime_ns', ...(kind === RecordKind.FirstRead ? [] : ['ktime']))
  // TraceData may name its flags instead of giving their bits.
  const labelled = kind === RecordKind.Probe || kind === RecordKind.FirstRead
  const extra = Object.entries(o).filter(
    ([name, v]) =>
      !PLACED.has(name) || (name === 'probe_name' && !labelled) || (name === 'flags' && toNumber(v) === undefined),
  )
  return {
    kind,
    time,
    cpu: num('cpu', 'cpu_id') ?? -1,
    offset,
    length,
    pid: by ?? (kind === RecordKind.Clocksource || hasWakee ? undefined : task) ?? (hasWakee ? (task ?? -1) : -1),
    comm: text(o.by_comm) ?? (by === undefined && !hasWakee ? text(o.comm) : undefined),
    id: toId(o.correlation_id) ?? traceId,
    serial: kind === RecordKind.Clocksource ? undefined : num('id'),
    wakee: hasWakee ? task : undefined,
    wakeeTgid: num('tgid'),
    wakeeComm: hasWakee ? text(o.comm) : undefined,
    runSeq: num('run_seq'),
    ktime,
    flagsEntry: num('flags_entry', 'wake_flags', 'flags'),
    flagsActivate: num('flags_activate', 'wake_flags_activate'),
    path: path > 0 ? (path as WakePath) : undefined,
    stateBefore: num('state_before'),
    stateAfter: num('state_after'),
    prevCpu: num('prev_cpu'),
    targetCpu: num('target_cpu'),
    rqClock: big('rq_clock'),
    source: text(o.source) as RecordSource | undefined,
    stack: stackOf(o.stack),
    function: functionOf(o, kind, event),
    value: big('value', ...(kind === RecordKind.FirstRead ? ['ktime'] : [])),
    clocksource: text(o.clocksource),
    clocksourceStage: kind === RecordKind.Clocksource ? clocksourceStage(o) : undefined,
    number: num('number', 'vector', 'irq', 'vec', 'reason', 'state'),
    vcpu: num('vcpu', 'vcpu_id'),
    session: scalar(o.session_id),
    chain: scalar(o.delta_chain_id),
    extra:
      extra.length > 0 ? Object.fromEntries(extra.map(([k, v]) => [k, scalar(v) ?? JSON.stringify(v)])) : undefined,
  }
}

/** What read the clock, a probe's label, a handler. Of other records probe_name says what their probe is attached to. */
function functionOf(o: Json, kind: RecordKind, event: string | undefined): string | undefined {
  const labelled = kind === RecordKind.Probe || kind === RecordKind.FirstRead
  const named = text(o.function) ?? (labelled ? text(first(o, 'probe_name', 'label')) : undefined)
  return named ?? (event && READS.test(event) ? event : undefined)
}

const scalar = (v: unknown): string | undefined =>
  typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean' ? String(v) : undefined

/** Frames as a list, or as one text with a frame a line (or `;` between frames, outermost first, as flame graphs fold them). */
function stackOf(v: unknown): readonly string[] | undefined {
  if (Array.isArray(v)) return v.map((f) => (typeof f === 'string' ? f : (text(asObject(f)?.symbol) ?? short(f))))
  if (typeof v !== 'string' || v === '') return undefined
  if (v.includes(';')) return v.split(';').reverse()
  return v.split('\n').flatMap((line) => line.trim() || [])
}

/** The stage by name; without one, by what the probe's program was attached to: 0 = timekeeping_notify, 1 = change_clocksource. */
function clocksourceStage(o: Json): ClocksourceStage {
  const named = CLOCKSOURCE_STAGES.indexOf(text(o.stage) ?? '')
  if (named >= 0) return named as ClocksourceStage
  const number = toNumber(o.id)
  return (number !== undefined && number >= 0 && number < CLOCKSOURCE_STAGES.length ? number : 0) as ClocksourceStage
}

const list = (v: unknown): readonly Json[] => (Array.isArray(v) ? v.filter(isObject) : [])

/** The header of a file of JSON lines; what it lacks stays empty. */
export function readHeader(o: Json): RecordHeader {
  const machineId = hexId(o.machine_id)
  const clocks = asObject(o.clocks)
  const settings = asObject(o.settings)
  return {
    format: 'json lines',
    collector: text(first(o, 'collector', 'version')) ?? '',
    machineId,
    machine: text(first(o, 'machine', 'host', 'hostname', 'nodename')) ?? '',
    bootId: text(o.boot_id) ?? '',
    kernel: text(first(o, 'kernel', 'uname', 'release')) ?? '',
    clock: clockName(text(o.clock)),
    clocks: clocks ? clockReading(clocks) : list(o.clocks).flatMap(clockReading),
    settings: settings
      ? Object.entries(settings).map(([name, v]) => ({ name, value: scalar(v) ?? '' }))
      : list(o.settings).map((s) => ({ name: text(s.name) ?? '', value: scalar(s.value) ?? '' })),
    probes: list(o.probes).map((p) => ({
      label: text(p.label) ?? '',
      attached: text(p.attached) ?? '',
      source: (text(p.source) ?? '') as RecordSource,
      because: text(p.because) ?? '',
    })),
    absent: list(o.absent).map((a) => ({ field: text(a.field) ?? '', because: text(a.because) ?? '' })),
    lost: list(o.lost).map((l) => ({ cpu: toNumber(l.cpu) ?? -1, records: toNumber(l.records) ?? 0 })),
  }
}

/** As in /etc/machine-id, or a number of 64 bits. */
const hexId = (v: unknown): bigint | null => {
  if (typeof v === 'number') return toBigInt(v) ?? null
  return typeof v === 'string' && /^[0-9a-fA-F]{1,32}$/.test(v) ? BigInt(`0x${v}`) : null
}

const clockName = (name: string | undefined): string =>
  name === undefined
    ? NO_HEADER.clock
    : name
        .toLowerCase()
        .replace(/^clock_/, '')
        .replace(/^monotonic/, 'mono')

function clockReading(o: Json): ClockReading[] {
  const mono = toBigInt(first(o, 'mono', 'monotonic'))
  if (mono === undefined) return []
  return [
    {
      mono,
      raw: toBigInt(o.raw),
      boot: toBigInt(o.boot),
      real: toBigInt(first(o, 'real', 'realtime')),
      tsc: toBigInt(o.tsc),
      spread: toBigInt(first(o, 'spread', 'width')),
    },
  ]
}

/** Names a bad object with file and line. */
export function reportBad(faults: FaultList, file: string, line: number, offset: number, why: string): void {
  faults.add({
    severity: 'warning',
    code: 'bad-record',
    message: `Line ${line} was left out: ${why}.`,
    file,
    offset,
  })
}

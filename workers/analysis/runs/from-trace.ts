// Runs of a chain in the open recording. A chain follows a task: each of its events concerns one (the woken, the switched in, else
// whoever ran). Events of interrupts concern a CPU instead: after them the chain goes on with the next event of that CPU.

import { FaultList, type Fault } from '../../fault.js'
import type { StreamColumns } from '../../columns/event-table.js'
import type { Session } from '../../model/session.js'
import type { RecordView } from '../../readers/types.js'
import { visitRows } from '../../table/records.js'
import type {
  ChainDefinition,
  MachineInfo,
  OnRunsProgress,
  ResolvedChain,
  RunsDefinitions,
} from '../../thread/contract.js'
import { inOrder, type ChainRuns, type Run } from './chains.js'
import { counted } from './words.js'

/** Field that holds the task which the event concerns, where that is not the one that ran. */
const SUBJECT: Readonly<Record<string, string>> = {
  sched_waking: 'pid',
  sched_wakeup: 'pid',
  sched_wakeup_new: 'pid',
  sched_switch: 'next_pid',
  sched_migrate_task: 'pid',
  // Of records: the woken task.
  ttwu: 'pid',
  activate: 'pid',
  waking: 'pid',
  wakeup: 'pid',
  switch_in: 'pid',
  first_read: 'pid',
}
/** Events of a CPU, whoever ran on it. The value is a field that both ends of a stretch have in common. */
const OF_CPU: readonly (readonly [pattern: RegExp, same: string | null])[] = [
  [/^softirq_/, 'vec'],
  [/^irq_handler_/, 'irq'],
  [/^(hrtimer_expire|local_timer|reschedule|call_function|external_interrupt)/, null],
]
const FUNCTIONS = new Set(['function', 'funcgraph_entry'])

/** What of a machine's events one candidate means. */
interface Meaning {
  readonly candidate: string
  /** Session-wide event types. */
  readonly types: ReadonlySet<number>
  /** Function events: only those of this symbol. */
  readonly symbol: string | null
  readonly subject: string | null
  readonly ofCpu: boolean
  readonly same: string | null
}

export interface Resolved {
  readonly chain: ChainDefinition
  /** Per machine the meaning of each step; null: the machine has not all of them. */
  readonly machines: readonly (readonly Meaning[] | null)[]
  readonly report: ResolvedChain
}

/** Takes for each label and machine the first candidate that the recording holds. */
export function resolveChain(session: Session, chain: ChainDefinition, definitions: RunsDefinitions): Resolved {
  const types = session.machines.map(() => new Set<number>())
  for (const s of session.table.streams) {
    const own = types[s.machine]!
    const seen = new Uint8Array(s.types.length)
    for (let i = 0; i < s.count; i++) seen[s.type[i]!] = 1
    seen.forEach((yes, type) => yes && own.add(s.types[type]!))
  }
  const candidates = chain.steps.map((label) => definitions.probes[label] ?? [label])
  const taken = session.machines.map((_, m) => candidates.map((list) => firstOf(list, session, types[m]!)))
  const steps = chain.steps.map((label, i) => ({
    label,
    candidates: candidates[i]!,
    taken: session.machines.map((m, k) => ({ machine: m.name, candidate: taken[k]![i]?.candidate ?? null })),
  }))
  const machines = taken.map((own) => (own.every((m) => m !== null) ? own : null))
  return { chain, machines, report: { chain, steps } }
}

function firstOf(candidates: readonly string[], session: Session, present: ReadonlySet<number>): Meaning | null {
  for (const candidate of candidates) {
    const [event = '', field = null] = candidate.split('@')
    const colon = event.indexOf(':')
    const [system, name] = colon < 0 ? [null, event] : [event.slice(0, colon), event.slice(colon + 1)]
    // kprobe events are called after their function, or p_FUNCTION_0.
    const probe = new RegExp(`^(?:[prf]_)?${name.replace(/[^\w]/g, '\\$&')}(?:_\\d+)?$`)
    const found = [...present].filter((t) => {
      const type = session.eventTypes[t]!
      if (system !== null && type.system !== system) return false
      return type.name === name || (system === null && type.system.endsWith('probes') && probe.test(type.name))
    })
    if (found.length > 0) {
      const [, same = null] = OF_CPU.find(([pattern]) => pattern.test(name)) ?? []
      const ofCpu = field === null && OF_CPU.some(([pattern]) => pattern.test(name))
      return { candidate, types: new Set(found), symbol: null, subject: field ?? SUBJECT[name] ?? null, ofCpu, same }
    }
    if (system !== null) continue
    const functions = [...present].filter((t) => FUNCTIONS.has(session.eventTypes[t]!.name))
    // Whether the function was traced shows when its events are read; the first of the list that has any is taken there.
    if (functions.length > 0) {
      const rest = candidates.slice(candidates.indexOf(candidate)).filter((c) => !c.includes(':'))
      return {
        candidate: rest.join(', '),
        types: new Set(functions),
        symbol: rest.join('\n'),
        subject: null,
        ofCpu: false,
        same: null,
      }
    }
  }
  return null
}

/** One event that some step means. */
interface Hit {
  readonly t: number
  readonly stream: number
  readonly row: number
  readonly step: number
  readonly subject: number
  readonly same: number
  /** Function events: which of the candidates. */
  readonly rank: number
  readonly target: number
}

/** Runs of the chain on every machine that has all of its events. */
export async function takeChain(
  session: Session,
  resolved: Resolved,
  onProgress?: OnRunsProgress,
  signal?: AbortSignal,
): Promise<{ found: ChainRuns; faults: readonly Fault[]; resolved: ResolvedChain }> {
  const { chain, machines, report } = resolved
  const faults = new FaultList()
  const runs: Run[] = []
  const incomplete = new Map<string, number>()
  /** Functions that were found, by machine and step: known once their events are read. */
  const functions = new Map<string, string>()
  const total = session.table.streams.length
  for (const [m, machine] of session.machines.entries()) {
    const meanings = machines[m]
    if (!meanings) {
      const lacks = report.steps.filter((s) => s.taken[m]!.candidate === null)
      const what = lacks.map((s) => `${s.label} (${s.candidates.join(', ')})`).join(' and ')
      faults.add({
        severity: 'warning',
        code: 'no-probe',
        message: `The recording of ${machine.name} holds nothing that means ${what}; no run is taken from it.`,
      })
      continue
    }
    const hits: Hit[] = []
    for (const [i, stream] of session.table.streams.entries()) {
      if (stream.machine !== machine.machine) continue
      onProgress?.({ phase: 'reading', done: i, total })
      await readHits(session, stream, i, meanings, hits, signal)
    }
    const kept = firstFunctions(hits, meanings, machine, faults, (step, name) => functions.set(`${m}/${step}`, name))
    kept.sort((a, b) => a.t - b.t || a.stream - b.stream || a.row - b.row || a.step - b.step)
    const lost = follow(session, machine, meanings, kept, chain, runs)
    const environment = environmentOf(machine)
    if (lost > 0) {
      incomplete.set(environment, (incomplete.get(environment) ?? 0) + lost)
      faults.add({
        severity: 'note',
        code: 'incomplete-run',
        message: `${counted(lost, 'run')} of ${machine.name} began and did not reach ${chain.steps.at(-1)}; left out.`,
      })
    }
  }
  runs.sort(inOrder)
  const steps = report.steps.map((s, step) => ({
    ...s,
    taken: s.taken.map((t, m) => ({ ...t, candidate: functions.get(`${m}/${step}`) ?? t.candidate })),
  }))
  return { found: { chain, runs, incomplete }, faults: faults.list, resolved: { chain, steps } }
}

const environmentOf = (machine: MachineInfo): string => (machine.role === 'guest' ? 'vm' : 'host')

async function readHits(
  session: Session,
  stream: StreamColumns,
  index: number,
  meanings: readonly Meaning[],
  hits: Hit[],
  signal?: AbortSignal,
): Promise<void> {
  const wanted = Array.from(stream.types, (type) => meanings.flatMap((m, step) => (m.types.has(type) ? [step] : [])))
  const rows: number[] = []
  for (let i = 0; i < stream.count; i++) if (wanted[stream.type[i]!]!.length > 0) rows.push(i)
  const symbols = new Map<unknown, string>()
  const number = (record: RecordView, field: string): number => Number(record.field(field) ?? -1)
  await visitRows(
    session,
    stream,
    rows,
    (record, i) => {
      const row = rows[i]!
      for (const step of wanted[stream.type[row]!]!) {
        const m = meanings[step]!
        let rank = 0
        if (m.symbol !== null) {
          rank = m.symbol.split('\n').indexOf(symbolOf(record, symbols))
          if (rank < 0) continue
        }
        hits.push({
          t: stream.t[row]!,
          stream: index,
          row,
          step,
          subject: m.ofCpu ? -1 : m.subject === null ? stream.pid[row]! : number(record, m.subject),
          same: m.same === null ? -1 : number(record, m.same),
          rank,
          target: m.subject === 'pid' ? number(record, 'target_cpu') : -1,
        })
      }
    },
    signal,
  )
}

/** Of a function event the function, without its caller. Rendered once an address. */
function symbolOf(record: RecordView, known: Map<unknown, string>): string {
  const address = record.field('ip') ?? record.field('func')
  let symbol = known.get(address)
  if (symbol === undefined) {
    symbol = /[\w.]+/.exec(record.info().replace(/^func=/, ''))?.[0] ?? ''
    known.set(address, symbol)
  }
  return symbol
}

/** Of several functions that a label may mean, only the first that the machine's events hold. */
function firstFunctions(
  hits: readonly Hit[],
  meanings: readonly Meaning[],
  machine: MachineInfo,
  faults: FaultList,
  found: (step: number, name: string) => void,
): Hit[] {
  const first = meanings.map((m, step) =>
    m.symbol === null ? 0 : hits.reduce((least, h) => (h.step === step && h.rank < least ? h.rank : least), Infinity),
  )
  first.forEach((rank, step) => {
    const { symbol } = meanings[step]!
    if (symbol !== null && rank < Infinity) found(step, symbol.split('\n')[rank]!)
    if (rank === Infinity) {
      const message = `None of ${meanings[step]!.candidate} was traced on ${machine.name}.`
      faults.add({ severity: 'warning', code: 'no-probe', message })
    }
  })
  return hits.filter((h) => h.rank === first[h.step])
}

interface Open {
  readonly hits: Hit[]
  next: number
}

/** Joins hits to runs; answers how many began and did not end. */
function follow(
  session: Session,
  machine: MachineInfo,
  meanings: readonly Meaning[],
  hits: readonly Hit[],
  chain: ChainDefinition,
  runs: Run[],
): number {
  const { streams } = session.table
  const last = chain.steps.length - 1
  const ofTask = new Map<number, Open>()
  const ofCpu = new Map<string, Open>()
  const cpuKey = (h: Hit, same: number): string => `${streams[h.stream]!.cpu}/${same}`
  const environment = environmentOf(machine)
  const attributes = new Map<string, ReadonlyMap<string, string>>()
  let lost = 0
  let count = 0

  /** Where an open chain waits for its next step. */
  const wait = (open: Open, h: Hit): void => {
    const [now, next] = [meanings[h.step]!, meanings[open.next]!]
    const before = now.ofCpu || next.ofCpu ? ofCpu : ofTask
    const key = now.ofCpu || next.ofCpu ? cpuKey(h, now.same === next.same ? h.same : -1) : h.subject
    const map = before as Map<string | number, Open>
    if (map.has(key)) lost++
    map.set(key, open)
  }
  const finish = (open: Open): void => {
    const end = open.hits.at(-1)!
    const own = streams[end.stream]!
    const pid = end.subject >= 0 ? end.subject : own.pid[end.row]!
    const targets = open.hits.filter((h) => h.target >= 0).map((h) => h.target)
    const migrated = targets.length > 1 ? (targets[0] === targets.at(-1) ? 'no' : 'yes') : ''
    const key = `${own.cpu}/${pid}/${migrated}`
    let map = attributes.get(key)
    if (!map) {
      const task = session.files[own.file]!.comm(pid)
      map = new Map([['cpu', String(own.cpu)], ['task', task], ...(migrated ? [['migrated', migrated] as const] : [])])
      attributes.set(key, map)
    }
    const times = Float64Array.from(open.hits, (h) => h.t)
    const positions = Uint32Array.from(open.hits, (h) => session.table.positionOf(h.stream, h.row))
    runs.push({
      environment,
      session: machine.name,
      id: String(++count),
      attributes: map,
      stack: null,
      times,
      epoch: 0,
      place: null,
      positions,
    })
  }

  for (const h of hits) {
    if (h.step === 0) {
      wait({ hits: [h], next: 1 }, h)
      continue
    }
    const m = meanings[h.step]!
    const before = meanings[h.step - 1]!
    const map = (m.ofCpu || before.ofCpu ? ofCpu : ofTask) as Map<string | number, Open>
    const key = m.ofCpu || before.ofCpu ? cpuKey(h, m.same === before.same ? h.same : -1) : h.subject
    const open = map.get(key)
    if (!open || open.next !== h.step) continue
    map.delete(key)
    open.hits.push(h)
    open.next++
    if (h.step === last) finish(open)
    else wait(open, h)
  }
  return lost + ofTask.size + ofCpu.size
}

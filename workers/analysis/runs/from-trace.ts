// Runs of a chain in the open recording: what its labels mean there, the events that they mean, and the runs that these make.

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
import type { MachineIndex } from '../../units.js'
import { inOrder, type ChainRuns, type Run } from './chains.js'
import { follow, type Bridge, type Hit } from './follow.js'
import { firstOf, type Meaning } from './meanings.js'
import { routesOf, type Route } from './places.js'
import { counted } from './words.js'

/** Meaning of each step on one machine; null: it has none, or the step is not looked for there. */
type Steps = readonly (Meaning | null)[]

export interface Resolved {
  readonly chain: ChainDefinition
  readonly routes: readonly Route[]
  /** By machine. */
  readonly steps: readonly Steps[]
  readonly report: ResolvedChain
}

/** Takes for each label and machine the first candidate that the recording holds. Throws RequestError for places that are none. */
export function resolveChain(session: Session, chain: ChainDefinition, definitions: RunsDefinitions): Resolved {
  const { labels, routes } = routesOf(session, chain.steps, definitions.probes)
  const types = session.machines.map(() => new Set<number>())
  for (const s of session.table.streams) {
    const own = types[s.machine]!
    const seen = new Uint8Array(s.types.length)
    for (let i = 0; i < s.count; i++) seen[s.type[i]!] = 1
    seen.forEach((yes, type) => yes && own.add(s.types[type]!))
  }
  const candidates = labels.map((label) => definitions.probes[label] ?? [label])
  const isOn = (m: number, step: number): boolean => routes.some((r) => r.machines[step] === m)
  const steps = session.machines.map((_, m): Steps =>
    candidates.map((list, step) => (isOn(m, step) ? firstOf(list, session, types[m]!) : null)),
  )
  const told = chain.steps.map((label, step) => ({
    label,
    candidates: candidates[step]!,
    taken: session.machines.flatMap((m, k) =>
      isOn(k, step) ? [{ machine: m.name, candidate: steps[k]![step]?.candidate ?? null }] : [],
    ),
  }))
  return { chain, routes, steps, report: { chain, steps: told } }
}

/**
 * Runs of the chain on every route that has all of its events.
 * @param vcpus threads of the host by guest: asked for where a chain goes from one machine to another
 */
export async function takeChain(
  session: Session,
  resolved: Resolved,
  vcpus: () => Promise<readonly VcpuThread[]>,
  onProgress?: OnRunsProgress,
  signal?: AbortSignal,
): Promise<{ found: ChainRuns; faults: readonly Fault[]; resolved: ResolvedChain }> {
  const { chain, routes, steps, report } = resolved
  const faults = new FaultList()
  const runs: Run[] = []
  const incomplete = new Map<string, number>()
  /** Functions that were found, by machine and step: known once their events are read. */
  const functions = new Map<string, string>()
  const events = new Map<MachineIndex, readonly Hit[]>()
  const warn = (code: string, message: string): void => faults.add({ severity: 'warning', code, message })
  const total = session.table.streams.length
  const hitsOf = async (m: MachineIndex): Promise<readonly Hit[]> => {
    const known = events.get(m)
    if (known) return known
    const hits: Hit[] = []
    for (const [i, stream] of session.table.streams.entries()) {
      if (stream.machine !== m) continue
      onProgress?.({ phase: 'reading', done: i, total })
      await readHits(session, stream, i, steps[m]!, hits, signal)
    }
    const found = (step: number, name: string): unknown => functions.set(`${session.machines[m]!.name}/${step}`, name)
    const kept = firstFunctions(hits, steps[m]!, session.machines[m]!, faults, found)
    events.set(m, kept)
    return kept
  }
  for (const route of routes) {
    const own = route.machines.map((m, step) => steps[m]![step] ?? null)
    if (!own.every((m) => m !== null)) {
      const lacks = own.flatMap((m, step) => (m === null ? [step] : []))
      for (const machine of new Set(lacks.map((step) => route.machines[step]!))) {
        const what = lacks
          .filter((step) => route.machines[step] === machine)
          .map((step) => `${chain.steps[step]} (${report.steps[step]!.candidates.join(', ')})`)
        const { name } = session.machines[machine]!
        warn(
          'no-probe',
          `The recording of ${name} holds nothing that means ${what.join(' and ')}; no run is taken from it.`,
        )
      }
      continue
    }
    const bridge = route.guest === null ? null : bridgeTo(session, route.guest, await vcpus())
    if (typeof bridge === 'string') {
      warn('no-crossing', bridge)
      continue
    }
    const hits: Hit[] = []
    for (const m of new Set(route.machines))
      for (const h of await hitsOf(m)) if (route.machines[h.step] === m) hits.push(h)
    hits.sort((a, b) => a.t - b.t || a.stream - b.stream || a.row - b.row || a.step - b.step)
    const { runs: taken, lost, unclear } = follow(session, route, own, hits, chain, bridge)
    for (const run of taken) runs.push(run)
    incomplete.set(route.environment, (incomplete.get(route.environment) ?? 0) + lost + unclear)
    const left = (n: number, what: string): void => {
      if (n > 0)
        faults.add({
          severity: 'note',
          code: 'incomplete-run',
          message: `${counted(n, 'run')} of ${route.name} ${what}; left out.`,
        })
    }
    left(lost, `began and did not reach ${chain.steps.at(-1)}`)
    left(
      unclear,
      'cannot be told from another: an event that would have been part of it lies before, closer than the clocks are known',
    )
  }
  for (const [environment, n] of incomplete) if (n === 0) incomplete.delete(environment)
  runs.sort(inOrder)
  const told = report.steps.map((s, step) => ({
    ...s,
    taken: s.taken.map((t) => ({ ...t, candidate: functions.get(`${t.machine}/${step}`) ?? t.candidate })),
  }))
  return { found: { chain, runs, incomplete }, faults: faults.list, resolved: { chain, steps: told } }
}

/** The thread of a vCPU. */
export interface VcpuThread {
  readonly host: MachineIndex
  readonly tid: number
  readonly guest: MachineIndex | null
  readonly vcpu: number
}

/** What leads from a guest to its host; a sentence where nothing does. */
function bridgeTo({ machines, clocks }: Session, guest: MachineIndex, vcpus: readonly VcpuThread[]): Bridge | string {
  const { name } = machines[guest]!
  const threads = new Map(vcpus.filter((v) => v.guest === guest && v.vcpu >= 0).map((v) => [v.tid, v.vcpu]))
  if (threads.size === 0)
    return `Which threads of the host are the vCPUs of ${name} is not known; no run goes to it or comes from it.`
  const accuracy = clocks.find((c) => c.machine === guest)?.accuracy ?? null
  if (accuracy === null)
    return `How well the clock of ${name} is related to its host's is not known; no run goes from one to the other.`
  return { vcpuOf: (tid) => threads.get(tid) ?? -1, accuracy }
}

async function readHits(
  session: Session,
  stream: StreamColumns,
  index: number,
  meanings: Steps,
  hits: Hit[],
  signal?: AbortSignal,
): Promise<void> {
  const wanted = Array.from(stream.types, (type) => meanings.flatMap((m, step) => (m?.types.has(type) ? [step] : [])))
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
  meanings: Steps,
  machine: MachineInfo,
  faults: FaultList,
  found: (step: number, name: string) => void,
): Hit[] {
  const first = meanings.map((m, step) =>
    m === null || m.symbol === null
      ? 0
      : hits.reduce((least, h) => (h.step === step && h.rank < least ? h.rank : least), Infinity),
  )
  first.forEach((rank, step) => {
    const symbol = meanings[step]?.symbol ?? null
    if (symbol !== null && rank < Infinity) found(step, symbol.split('\n')[rank]!)
    if (rank === Infinity) {
      const message = `None of ${meanings[step]!.candidate} was traced on ${machine.name}.`
      faults.add({ severity: 'warning', code: 'no-probe', message })
    }
  })
  return hits.filter((h) => h.rank === first[h.step])
}

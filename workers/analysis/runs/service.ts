// Runs behind the contract: what was read, what was taken from the open recording, and the reports on both.

import type { SourceOpener } from '../../bytes.js'
import { FaultList, RequestError, type Fault } from '../../fault.js'
import type { Session } from '../../model/session.js'
import type { RunDetails, RunsApi, RunsInput, RunsQuery, RunsReport, RunsValues } from '../../thread/contract.js'
import { position, sessionTime } from '../../units.js'
import type { Book } from './book.js'
import {
  accuracyOf,
  chainRuns,
  inOrder,
  measuresOf,
  suggestChain,
  valueOf,
  type ChainRuns,
  type Run,
} from './chains.js'
import { clustersOf, type ClusteredRuns } from './clusters.js'
import { chainOf, chainText, defaultDefinitions, parseDefinitions } from './definitions.js'
import { resolveChain, takeChain, type VcpuThread } from './from-trace.js'
import { alignedTime, edgesOf, exactTime } from './pps.js'
import { newBook, readRuns } from './read.js'
import { makeReport, strataOf } from './report.js'
import { environmentsOf, partsOf, strataKeys } from './strata.js'
import { byEnvironment } from './words.js'
import { writeReport } from './write/write.js'

interface Taken {
  readonly found: ChainRuns
  readonly faults: readonly Fault[]
  /** Version of the session that the positions belong to. */
  readonly session: number
}

interface Prepared {
  readonly found: ChainRuns & { readonly clustered: ClusteredRuns }
  readonly faults: readonly Fault[]
}

/**
 * @param session the recording that is open, null when there is none or it is still loading
 * @param vcpus threads of its vCPUs
 */
export function runsService(
  open: SourceOpener,
  session: () => Session | null,
  vcpus: () => Promise<readonly VcpuThread[]> = () => Promise.resolve([]),
): RunsApi {
  let version = 0
  let book: Book = newBook()
  let files = 0
  let opened: Parameters<RunsApi['runsOpen']>[0] = []
  let taken: Taken | null = null
  let prepared: { readonly key: string; readonly value: Prepared } | null = null
  let last: { readonly key: string; readonly report: RunsReport } | null = null

  /** Runs of the query's chain, of both sources, with their clusters. */
  const prepare = (query: RunsQuery): Prepared => {
    const chain = chainOf(query.chain)
    const key = `${version}\0${chainText(chain.steps)}`
    if (prepared?.key === key) return prepared.value
    const faults = new FaultList()
    faults.addAll(book.faults.list)
    const read = chainRuns(book, chain, faults)
    const own = taken && chainText(taken.found.chain.steps) === chainText(chain.steps) ? taken : null
    if (own) faults.addAll(own.faults)
    const incomplete = new Map(read.incomplete)
    for (const [e, n] of own?.found.incomplete ?? []) incomplete.set(e, (incomplete.get(e) ?? 0) + n)
    const all = own ? [...read.runs, ...own.found.runs].sort(inOrder) : read.runs
    const clustered = clustersOf(all)
    const value = { found: { chain, runs: clustered.runs, incomplete, clustered }, faults: faults.list }
    prepared = { key, value }
    return value
  }
  const report: RunsApi['runsReport'] = async (query, ...rest) => {
    const key = `${version}\0${JSON.stringify(query)}`
    if (last?.key === key) return last.report
    const { found, faults } = prepare(query)
    if (found.runs.length === 0) throw new RequestError(nothing(query, found, book, taken))
    const unit = taken && found.runs.some((r) => r.positions) ? (session()?.unit ?? 'ns') : 'ns'
    const made = await makeReport({ version, unit, found, book, faults }, query, ...rest)
    last = { key, report: made }
    return made
  }
  const input = (): RunsInput => ({ version, files, ...describe(book, taken) })
  const changed = (): void => {
    version++
    prepared = null
    last = null
  }

  return {
    runsDefaults: async () => defaultDefinitions,
    runsDefinitions: async (text) => parseDefinitions(text),
    async runsOpen(sources, replace, onProgress, signal) {
      // Read into a book of its own, so that what fails or is cancelled half-way changes nothing.
      const next = newBook()
      const all = replace ? sources : [...opened, ...sources]
      await readRuns(next, all, open, onProgress, signal)
      book = next
      files = all.length
      opened = all
      changed()
      return input()
    },
    async runsTake(chain, definitions, onProgress, signal) {
      const s = session()
      if (!s) throw new RequestError('No recording is open, or it is still loading.')
      const definition = chainOf(chain, definitions)
      const resolved = resolveChain(s, definition, definitions)
      const { found, faults, resolved: meant } = await takeChain(s, resolved, vcpus, onProgress, signal)
      taken = { found, faults, session: s.version }
      changed()
      return { input: input(), resolved: meant }
    },
    async runsClose() {
      book = newBook()
      opened = []
      files = 0
      taken = null
      changed()
    },
    runsReport: report,
    async runsValues(query, measure, stratum) {
      const { found } = prepare(query)
      return valuesOf(found, query, measure, stratum)
    },
    async runsRun(query, run) {
      const { found } = prepare(query)
      const one = found.runs[run]
      if (!one) throw new RequestError(`There is no run ${run}.`)
      const s = session()
      const own = one.positions ? undefined : book.session(one.environment, one.session)
      const edges = own ? edgesOf(own, new FaultList()) : null
      const there = s && (one.positions === null || taken?.session === s.version) ? s : null
      return { ...detailsOf(one, run, found, there), aligned: edges && alignedTime(edges, one.times[0]!) }
    },
    runsExport: async (query, format) => writeReport(await report(query), format),
  }
}

function nothing(query: RunsQuery, found: ChainRuns, book: Book, taken: Taken | null): string {
  if (book.runCount === 0 && taken && chainText(taken.found.chain.steps) === chainText(found.chain.steps)) {
    const why = taken.faults.map((f) => f.message).join(' ') || 'None of its events begin one.'
    return `The recording holds no run of "${query.chain}". ${why}`
  }
  if (book.runCount === 0) return 'No probe records are open: choose files of them, or take a chain from the recording.'
  const met = new Set([...book.runs].flatMap((r) => r.probe.map((p) => book.labels[p]!)))
  const lacking = found.chain.steps.filter((step) => !met.has(step))
  const known = [...met].slice(0, 12)
  const what =
    lacking.length > 0
      ? `no record of ${lacking.join(' or ')}; there is ${known.join(', ')}`
      : 'no run that passes all of its probes in this order'
  return `There is ${what} (chain "${query.chain}").`
}

function describe(book: Book, taken: Taken | null): Omit<RunsInput, 'version' | 'files'> {
  const counts = new Map<string, number>()
  const orders: ReadonlyMap<string, string>[] = []
  for (const run of book.runs) {
    for (const p of run.probe) counts.set(book.labels[p]!, (counts.get(book.labels[p]!) ?? 0) + 1)
    orders.push(new Map([...book.session(run.environment, run.session)!.metadata, ...run.attributes]))
  }
  const own = taken?.found.runs ?? []
  const sessions = [...book.sessions].map((s) => ({
    session: s.session,
    environment: s.environment,
    runs: s.runs,
    metadata: Object.fromEntries(s.metadata),
  }))
  for (const environment of environmentsOf(own)) {
    for (const name of new Set(own.filter((r) => r.environment === environment).map((r) => r.session))) {
      const runs = own.filter((r) => r.environment === environment && r.session === name).length
      sessions.push({ session: name, environment, runs, metadata: {} })
    }
  }
  return {
    rows: book.rows,
    runs: book.runCount + own.length,
    sessions: sessions.sort((a, b) => byEnvironment(a.environment, b.environment) || (a.session < b.session ? -1 : 1)),
    probes: [...counts]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .map(([label, count]) => ({ label, count })),
    strata: strataKeys([...orders, ...own.map((r) => r.attributes)]),
    suggested: suggestChain(book) ?? taken?.found.chain ?? null,
    faults: [...book.faults.list, ...(taken?.faults ?? [])],
  }
}

function valuesOf(found: Prepared['found'], query: RunsQuery, measure: string, stratum: string): RunsValues {
  const { runs, chain, incomplete } = found
  const index = measuresOf(chain).indexOf(measure)
  if (index < 0) throw new RequestError(`The chain has no measure "${measure}".`)
  const part = partsOf(runs, strataOf(query, found.clustered)).filter((p) => p.stratum === stratum)
  const names = [...new Set([...environmentsOf(runs), ...incomplete.keys()])].sort(byEnvironment)
  const at = new Map(runs.map((r, i) => [r, i]))
  const list = part.flatMap((p) =>
    p.runs
      .map((run) => ({ group: names.indexOf(p.environment), value: valueOf(run, index), run: at.get(run)! }))
      .sort((a, b) => a.value - b.value),
  )
  return {
    measure,
    group: Uint8Array.from(list, (v) => v.group),
    value: Float64Array.from(list, (v) => v.value),
    run: Uint32Array.from(list, (v) => v.run),
  }
}

function detailsOf(run: Run, index: number, { chain }: ChainRuns, s: Session | null): Omit<RunDetails, 'aligned'> {
  const { positions, times } = run
  const steps = chain.steps.map((label, i) => ({
    label,
    time: positions && s ? String(s.epoch + BigInt(Math.round(times[i]!))) : exactTime(run.epoch, times[i]!),
    since: i === 0 ? 0 : times[i]! - times[i - 1]!,
    accuracy: i === 0 ? null : accuracyOf(run, i),
    position: positions && s ? position(positions[i]!) : null,
  }))
  return {
    run: index,
    id: run.id,
    session: run.session,
    environment: run.environment,
    attributes: Object.fromEntries(run.attributes),
    place: run.place,
    steps,
    shown: s && shownIn(run, steps, s),
  }
}

function shownIn(run: Run, steps: RunDetails['steps'], s: Session): RunDetails['shown'] {
  if (run.positions) {
    const [first, last] = [run.positions[0]!, run.positions.at(-1)!].map((p) => s.table.address(position(p)))
    const at = (a: typeof first): number => a!.stream.t[a!.row]!
    const { machine, cpu } = last!.stream
    return { from: sessionTime(at(first)), to: sessionTime(at(last)), track: `m${machine}/cpu${cpu}` }
  }
  const at = (text: string): number => Number(BigInt(text) - s.epoch)
  const [from, to] = [at(steps[0]!.time), at(steps.at(-1)!.time)]
  return s.unit === 'ns' && from >= s.from && to <= s.to
    ? { from: sessionTime(from), to: sessionTime(to), track: null }
    : null
}

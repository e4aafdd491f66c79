// The whole report on the runs of one chain: groups, samples, comparisons, clocks, and what it all comes to.

import { FaultList, RequestError, type Fault } from '../../fault.js'
import type {
  OnRunsProgress,
  RunsCategories,
  RunsComparison,
  RunsFinding,
  RunsGroup,
  RunsQuery,
  RunsReport,
  RunsShares,
  RunsWarning,
} from '../../thread/contract.js'
import { benjaminiHochberg, holm } from '../statistics/multiple.js'
import { generator, Random } from '../statistics/random.js'
import { varianceShares } from '../statistics/shares.js'
import type { Book } from './book.js'
import { categories, countedPairs, type CountedPair } from './categories.js'
import { measuresOf, valueOf, type ChainRuns, type Run } from './chains.js'
import { OTHERS, type ClusteredRuns } from './clusters.js'
import { compare, comparison, type Adjusted, type Compared, type Pair } from './comparison.js'
import { offsetsOf } from './offsets.js'
import { edgesOf, ppsReport } from './pps.js'
import { binsOf, intervalWarnings, LISTED, sampleOf, type Bins, type Sample, type Settings } from './sample.js'
import { CONTROLLED, environmentsOf, partsOf, valueAt, type Part } from './strata.js'
import { byEnvironment, counted, environmentName, lengthOf, type Unit } from './words.js'

/** Values of one attribute that are compared with each other at most. */
const MOST_LEVELS = 6

/** The query with everything that it leaves open. Throws RequestError for what cannot be. */
function settingsOf(query: RunsQuery): Settings {
  const { resamples = 500, seed = 1, confidence = 0.95, level = 0.05, margin = null } = query
  if (!Number.isInteger(resamples) || resamples < 100 || resamples > 100_000)
    throw new RequestError(`Between 100 and 100000 resamples can be drawn, not ${resamples}.`)
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
    throw new RequestError(`A seed is a whole number below 2^32, not ${seed}.`)
  if (!(confidence >= 0.5 && confidence <= 0.999))
    throw new RequestError(`Intervals can cover 50 to 99.9 %, not ${100 * confidence} %.`)
  if (!(level > 0 && level < 0.5)) throw new RequestError(`The level must lie between 0 and 0.5, not ${level}.`)
  if (margin !== null && !(margin > 0)) throw new RequestError(`A margin is a length above 0, not ${margin}.`)
  return { resamples, seed, confidence, level, margin }
}

interface ReportInput {
  readonly version: number
  readonly unit: Unit
  readonly found: ChainRuns & { readonly clustered: ClusteredRuns }
  /** Sessions and faults of the records; null for runs of a recording alone. */
  readonly book: Book | null
  readonly faults: readonly Fault[]
}

/** Yields to the event loop now and then, so that it can be cancelled. */
export async function makeReport(
  input: ReportInput,
  query: RunsQuery,
  onProgress?: OnRunsProgress,
  signal?: AbortSignal,
): Promise<RunsReport> {
  const settings = settingsOf(query)
  const { found, unit } = input
  const faults = new FaultList()
  faults.addAll(input.faults)
  const { clustered } = found
  const { runs } = clustered
  const stratify = strataOf(query, clustered)
  const measures = measuresOf(found.chain)
  const parts = partsOf(runs, stratify)
  const pause = pauser(parts.length * measures.length * 2, onProgress, signal)
  const samples = await samplesOf(parts, measures, runs, settings, pause)
  const compared: Compared[] = []
  for (const pair of pairsOf(samples)) {
    compared.push(compare(pair, settings.margin))
    await pause()
  }
  const judged = await judge(compared, countedPairs(runs, settings), settings, unit, pause)
  const edges = input.book ? [...input.book.sessions].map((s) => edgesOf(s, faults)).filter((e) => e !== null) : []
  const pps = edges
    .map((e) => ppsReport(e, runs))
    .sort((a, b) => byEnvironment(a.environment, b.environment) || (a.session < b.session ? -1 : 1))
  const offsets = offsetsOf(edges, runs)
  const groups = groupsOf(found, runs, parts)
  for (const g of groups) {
    if (g.runs > 0) continue
    faults.add({
      severity: 'warning',
      code: 'empty-group',
      message: `${environmentName(g.environment)} has no complete run of ${found.chain.name}.`,
    })
  }
  const report: Omit<RunsReport, 'findings'> = {
    version: input.version,
    unit,
    chain: found.chain,
    measures,
    stratify,
    ...settings,
    generator,
    tests: judged.tests,
    groups,
    samples: samples.map((s) => s.report),
    comparisons: judged.comparisons,
    categories: judged.categories,
    clusters: clustered.clusters,
    shares: measures.length > 1 ? sharesOf(parts, measures, settings) : [],
    pps,
    offsets,
    warnings: [...generalWarnings(settings, judged.comparisons), ...strataWarnings(stratify, runs)],
    faults: faults.list,
  }
  return { ...report, findings: findingsOf(report) }
}

const undecided: Adjusted = { holm: 1, benjaminiHochberg: 1 }

interface Judged {
  readonly comparisons: readonly RunsComparison[]
  readonly categories: readonly RunsCategories[]
  /** How many decide something. */
  readonly tests: number
}

/** What the comparisons come to, p adjusted over all tests that decide; those of equivalence among themselves. */
async function judge(
  compared: readonly Compared[],
  counts: readonly CountedPair[],
  settings: Settings,
  unit: Unit,
  pause: () => Promise<void>,
): Promise<Judged> {
  const decided = compared.filter((c) => !c.few)
  const tests = [
    ...decided.map((c) => c.mannWhitney.p),
    ...decided.map((c) => c.brownForsythe.p),
    ...counts.filter((c) => !c.few).map((c) => c.p),
  ]
  const [byHolm, byBh] = [holm(tests), benjaminiHochberg(tests)]
  const at = (i: number): Adjusted => ({ holm: byHolm[i]!, benjaminiHochberg: byBh[i]! })
  const equivalences = holm(compared.flatMap((c) => c.tost ?? []))
  const comparisons: RunsComparison[] = []
  let test = 0
  let equivalence = 0
  for (const c of compared) {
    const location = c.few ? undecided : at(test)
    const spread = c.few ? undecided : at(decided.length + test)
    if (!c.few) test++
    const equivalent = c.tost === null ? 1 : equivalences[equivalence++]!
    comparisons.push(comparison(c, { location, spread, equivalent }, settings, unit, halfWidth(c)))
    await pause()
  }
  let next = decided.length * 2
  return {
    comparisons,
    categories: counts.map((c) => categories(c, c.few ? undecided : at(next++), settings)),
    tests: tests.length,
  }
}

/** What was asked for, and clusters where the records tell of them. */
export function strataOf(query: RunsQuery, { runs, clusters }: ClusteredRuns): string[] {
  const asked = [...new Set(query.stratify ?? [])]
  const known = new Set(runs.flatMap((r) => [...r.attributes.keys()]))
  for (const key of asked) {
    if (runs.length > 0 && !known.has(key)) {
      const list = [...known].sort().join(', ') || 'nothing'
      throw new RequestError(`No run says anything of "${key}"; there is ${list}.`)
    }
  }
  if (clusters.length > 1 && !asked.includes('cluster')) asked.push('cluster')
  return asked
}

async function samplesOf(
  parts: readonly Part[],
  measures: readonly string[],
  runs: readonly Run[],
  settings: Settings,
  pause: () => Promise<void>,
): Promise<Sample[]> {
  const bins = measures.map((_, i): Bins => binsOf(Float64Array.from(runs, (r) => valueOf(r, i)).sort()))
  const samples: Sample[] = []
  for (const part of parts) {
    for (const [i, measure] of measures.entries()) {
      samples.push(sampleOf(part, i, measure, bins[i]!, settings))
      await pause()
    }
  }
  return samples
}

/** Group against group, whole and in each stratum; within a group stratum against stratum, one attribute at a time. */
function* pairsOf(samples: readonly Sample[]): Generator<Pair> {
  const strata = new Map<string, Sample[]>()
  const levels = new Map<string, Sample[]>()
  const push = (map: Map<string, Sample[]>, key: string, s: Sample): void =>
    void (map.get(key)?.push(s) ?? map.set(key, [s]))
  for (const s of samples) {
    if (s.part.stratum.split(', ').includes(`cluster=${OTHERS}`)) continue
    push(strata, `${s.part.stratum}\0${s.measure}`, s)
    if (s.part.keys.length === 1) push(levels, `${s.part.environment}\0${s.part.keys[0]!}\0${s.measure}`, s)
  }
  for (const list of strata.values()) for (const [a, b] of two(list)) yield { kind: 'environments', a, b }
  for (const list of levels.values()) {
    const key = list[0]!.part.keys[0]!
    const controlled = (CONTROLLED as readonly string[]).includes(key)
    for (const [a, b] of two(largest(list))) yield { kind: controlled ? 'control' : 'strata', a, b }
  }
}

/** The strata with the most runs, in the order of their names. */
function largest(list: readonly Sample[]): Sample[] {
  const kept = new Set(list.toSorted((a, b) => b.values.length - a.values.length).slice(0, MOST_LEVELS))
  return list.filter((s) => kept.has(s))
}

function* two(list: readonly Sample[]): Generator<readonly [Sample, Sample]> {
  for (const [i, a] of list.entries()) for (const b of list.slice(i + 1)) yield [a, b]
}

/** Largest uncertainty of the clocks that the runs of a comparison state for themselves, ns. */
function halfWidth({ a, b }: Compared): number {
  let most = 0
  for (const run of [...a.runs, ...b.runs]) {
    const stated = Number(run.attributes.get('clock_half_width_ns') ?? 0)
    if (stated > most) most = stated
  }
  return most
}

function groupsOf({ incomplete }: ChainRuns, runs: readonly Run[], parts: readonly Part[]): RunsGroup[] {
  const environments = [...new Set([...environmentsOf(runs), ...incomplete.keys()])].sort(byEnvironment)
  return environments.map((environment) => ({
    environment,
    runs: runs.filter((r) => r.environment === environment).length,
    incomplete: incomplete.get(environment) ?? 0,
    strata: parts
      .filter((p) => p.environment === environment && p.stratum !== '')
      .map((p) => ({ stratum: p.stratum, runs: p.runs.length })),
  }))
}

function sharesOf(parts: readonly Part[], measures: readonly string[], settings: Settings): RunsShares[] {
  return parts
    .filter((p) => p.stratum === '')
    .map(({ environment, runs }) => {
      const segments = measures.slice(1)
      const values = segments.map((_, i) => Float64Array.from(runs, (r) => valueOf(r, i + 1)))
      const few = runs.length < 30
      const { shares, intervals } = varianceShares(
        values,
        few ? 0 : settings.resamples,
        settings.confidence,
        new Random(settings.seed, `shares/${environment}`),
      )
      const warnings: RunsWarning[] = intervalWarnings(runs.length, settings.resamples)
      return {
        environment,
        n: runs.length,
        segments: shares.map((share, i) => ({ measure: segments[i]!, share, interval: intervals[i]! })),
        warnings,
      }
    })
}

function generalWarnings({ margin }: Settings, comparisons: readonly RunsComparison[]): RunsWarning[] {
  const warnings: RunsWarning[] = []
  if (margin === null && comparisons.some((c) => c.location === 'not shown')) {
    warnings.push({
      code: 'listed-only',
      text: '"No difference is shown" is no proof that there is none: with a margin it is tested whether groups are equivalent.',
    })
  }
  const few = comparisons.filter((c) => c.location === 'too few').length
  if (few > 0) {
    warnings.push({
      code: 'few-runs',
      text: `${counted(few, 'comparison')} with fewer than ${LISTED} runs on one side decided nothing.`,
    })
  }
  return warnings
}

function strataWarnings(stratify: readonly string[], runs: readonly Run[]): RunsWarning[] {
  return stratify.flatMap((key): RunsWarning[] => {
    const values = new Set(runs.map((r) => valueAt(r, key))).size
    if (values === 1)
      return [{ code: 'listed-only', text: `All runs have ${key} ${valueAt(runs[0]!, key)}: it divides nothing.` }]
    if (values <= MOST_LEVELS) return []
    const text = `${key} has ${values} values: within a group the ${MOST_LEVELS} with the most runs are compared with each other.`
    return [{ code: 'listed-only', text }]
  })
}

function findingsOf(r: Omit<RunsReport, 'findings'>): RunsFinding[] {
  const found: RunsFinding[] = []
  for (const o of r.offsets) if (o.constant || o.drift) found.push({ kind: 'offset', sentence: o.sentence })
  for (const p of r.pps) {
    if (p.lost.length === 0) continue
    const list = p.lost.slice(0, 8).map((l) => l.edge)
    const more = p.lost.length > list.length ? ', ...' : ''
    const which = p.numbered ? 'number' : 'second'
    const gaps = p.runsInGaps > 0 ? ` ${counted(p.runsInGaps, 'run')} in the gaps cannot be aligned.` : ''
    found.push({
      kind: 'lost-edges',
      sentence: `${environmentName(p.environment)} ${p.session} lost ${counted(p.lost.length, 'edge')} of the pulse (${which} ${list.join(', ')}${more}).${gaps}`,
    })
  }
  if (r.clusters.length > 1) {
    const list = r.clusters
      .map((c) => `${c.name} ${c.runs}${c.flags[0] && c.top.length > 0 ? ` with ${c.flags[0].constellation}` : ''}`)
      .join(', ')
    const named = r.clusters.filter((c) => c.name !== OTHERS).length
    const ways = named < r.clusters.length ? `${named} frequent ways and others` : `${named} ways`
    found.push({ kind: 'clusters', sentence: `The runs pass in ${ways}: ${list}.` })
  }
  for (const c of r.comparisons) {
    if (c.location !== 'differs' && c.spread !== 'differs') continue
    found.push({ kind: c.location === 'differs' ? 'location' : 'spread', sentence: c.sentence })
  }
  for (const c of r.categories) if (c.differs) found.push({ kind: 'categories', sentence: c.sentence })
  return [...found, ...equivalentOf(r)]
}

/** Groups as a whole one by one; of their strata only how many. */
function equivalentOf({ comparisons, margin, unit }: Omit<RunsReport, 'findings'>): RunsFinding[] {
  const all = comparisons.filter((c) => c.location === 'equivalent' && c.spread !== 'differs')
  const whole = all.filter((c) => c.kind === 'environments' && c.a.stratum === '')
  const others = all.length - whole.length
  const found = whole.map((c): RunsFinding => ({ kind: 'equivalent', sentence: c.sentence }))
  if (others === 0 || margin === null) return found
  const sentence = `The medians of ${counted(others, 'further pair')} of strata are equivalent within ${lengthOf(margin, unit)}.`
  return [...found, { kind: 'equivalent', sentence }]
}

/** Lets others run every 30 ms or so, and tells how far it is. */
function pauser(total: number, onProgress?: OnRunsProgress, signal?: AbortSignal): () => Promise<void> {
  let done = 0
  let last = performance.now()
  return async () => {
    done++
    if (performance.now() - last < 30) return
    onProgress?.({ phase: 'analysing', done: Math.min(done, total), total })
    await new Promise<void>((go) => void setTimeout(go))
    last = performance.now()
    signal?.throwIfAborted()
  }
}

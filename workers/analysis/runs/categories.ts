// How often clusters and flag constellations were met on both sides.

import type { RunsCategories, RunsSide, RunsWarning } from '../../thread/contract.js'
import {
  chiSquare,
  fisher,
  jensenShannon,
  permutation,
  totalVariation,
  type ChiSquare,
  type CountTable,
} from '../statistics/counts.js'
import { Random } from '../statistics/random.js'
import type { Run } from './chains.js'
import { adjusted, sideName, type Adjusted } from './comparison.js'
import { LISTED, type Settings } from './sample.js'
import { environmentsOf, valueAt } from './strata.js'
import { percentOf } from './words.js'

/** Attributes whose distribution is compared wherever runs have them. */
const COMPARED = ['cluster', 'wake_flags'] as const
/** Fewest members of a cluster about which anything is said. */
export const SMALL_CLUSTER = 5
const EXPECTED = 5

export interface CountedPair {
  readonly by: string
  readonly a: RunsSide
  readonly b: RunsSide
  readonly names: readonly string[]
  readonly table: CountTable
  readonly chi: ChiSquare
  /** Decides: exact where there are two categories, else by permutation where counts are small. */
  readonly p: number
  readonly fisher: number | null
  readonly permutation: number
  readonly few: boolean
}

/** All pairs of groups, for each attribute that any run has. */
export function countedPairs(runs: readonly Run[], settings: Settings): CountedPair[] {
  const environments = environmentsOf(runs)
  return COMPARED.filter((by) => runs.some((r) => r.attributes.has(by))).flatMap((by) =>
    environments.flatMap((a, i) => environments.slice(i + 1).map((b) => countPair(runs, by, a, b, settings))),
  )
}

function countPair(runs: readonly Run[], by: string, a: string, b: string, settings: Settings): CountedPair {
  const count = (environment: string): Map<string, number> => {
    const counts = new Map<string, number>()
    for (const run of runs) {
      if (run.environment !== environment) continue
      const value = valueAt(run, by)
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    return counts
  }
  const [x, y] = [count(a), count(b)]
  const names = [...new Set([...x.keys(), ...y.keys()])].sort()
  const table = { a: names.map((n) => x.get(n) ?? 0), b: names.map((n) => y.get(n) ?? 0) }
  const sum = (values: readonly number[]): number => values.reduce((s, v) => s + v, 0)
  const chi = chiSquare(table)
  const exact = names.length === 2 ? fisher(table) : null
  const permuted = permutation(table, Math.max(settings.resamples, 999), new Random(settings.seed, `${by}/${a}/${b}`))
  const [n, m] = [sum(table.a), sum(table.b)]
  return {
    by,
    a: { environment: a, stratum: '', n },
    b: { environment: b, stratum: '', n: m },
    names,
    table,
    chi,
    p: exact ?? (chi.smallest < EXPECTED ? permuted : chi.p),
    fisher: exact,
    permutation: permuted,
    few: Math.min(n, m) < LISTED,
  }
}

export function categories(c: CountedPair, by: Adjusted, settings: Settings): RunsCategories {
  const { table, chi, names } = c
  const [a, b] = [sideName('environments', c.a), sideName('environments', c.b)]
  const differs = !c.few && by.holm < settings.level
  const warnings: RunsWarning[] = []
  if (c.few) warnings.push({ code: 'listed-only', text: `Fewer than ${LISTED} runs on one side: listed only.` })
  if (chi.df > 0 && chi.smallest < EXPECTED) {
    warnings.push({
      code: 'small-counts',
      text: `A count of ${chi.smallest.toFixed(1)} is expected in some category: chi-square is not to be trusted, ${c.fisher === null ? 'the permutation' : "Fisher's test"} decides.`,
    })
  }
  const small = names.filter((_, i) => table.a[i]! + table.b[i]! < SMALL_CLUSTER)
  if (small.length > 0) {
    warnings.push({
      code: 'small-cluster',
      text: `Fewer than ${SMALL_CLUSTER} runs in ${small.join(', ')}: nothing is said of them alone.`,
    })
  }
  const shares = names
    .map((name, i) => ({ name, a: table.a[i]! / c.a.n, b: table.b[i]! / c.b.n }))
    .sort((p, q) => Math.abs(q.b - q.a) - Math.abs(p.b - p.a))
  const most = shares[0]
  const distance = totalVariation(table)
  const sentence = c.few
    ? `${c.by}: too few runs to compare ${a} with ${b}.`
    : differs
      ? `${c.by}: ${a} and ${b} are distributed differently (total variation ${percentOf(distance)}); most by ${most!.name}, ${percentOf(most!.a)} of ${a} and ${percentOf(most!.b)} of ${b}.`
      : `${c.by}: no difference between the distributions of ${a} and ${b} is shown (total variation ${percentOf(distance)}).`
  return {
    by: c.by,
    a: c.a,
    b: c.b,
    categories: names.map((name, i) => ({ name, a: table.a[i]!, b: table.b[i]! })),
    totalVariation: distance,
    jensenShannon: Math.sqrt(jensenShannon(table)),
    chiSquare: { ...adjusted({ statistic: chi.statistic, p: chi.p }, by), df: chi.df, cramersV: chi.cramersV },
    fisher: c.fisher,
    permutation: c.permutation,
    differs,
    sentence,
    warnings,
  }
}

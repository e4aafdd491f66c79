// One measure of one group in one stratum: figures with intervals, outliers with and without, and the warnings that belong to each.

import type { RunsEstimate, RunsOutliers, RunsSample, RunsWarning } from '../../thread/contract.js'
import { medianRanks, percentileInterval, resample, type Resampled } from '../statistics/bootstrap.js'
import { deviation, figures, mean, median, medianDeviation, percentiles } from '../statistics/describe.js'
import { maskedFrom, robust, threeSigma, within, type OutlierRule } from '../statistics/outliers.js'
import { Random } from '../statistics/random.js'
import { accuracyOf, valueOf, type Run } from './chains.js'
import type { Part } from './strata.js'
import { counted } from './words.js'

export interface Settings {
  readonly resamples: number
  readonly seed: number
  readonly confidence: number
  readonly level: number
  readonly margin: number | null
}

/** Fewest runs for a bootstrap interval, and for one without a warning. */
export const FEW = 30
const ENOUGH = 100
/** Fewest runs of a comparison that decides anything. */
export const LISTED = 10
const TIES = 0.1
const SKEWED = 1
const NAMED = 20

/** A measure of the runs of a part, ready to be compared. */
export interface Sample {
  readonly part: Part
  readonly measure: string
  readonly runs: readonly Run[]
  /** Ascending. */
  readonly values: Float64Array
  readonly resampled: Resampled
  readonly report: RunsSample
}

export interface Bins {
  readonly from: number
  readonly width: number
  readonly count: number
}

export function sampleOf(part: Part, index: number, measure: string, bins: Bins, settings: Settings): Sample {
  const order = part.runs.map((run) => ({ run, value: valueOf(run, index) })).sort((a, b) => a.value - b.value)
  const runs = order.map((o) => o.run)
  const values = Float64Array.from(order, (o) => o.value)
  const name = `${part.environment}/${part.stratum}/${measure}`
  const n = values.length
  // Too few for an interval: nothing is drawn.
  const resampled = resample(values, n < FEW ? 0 : settings.resamples, new Random(settings.seed, name))
  const f = figures(values)
  const ties = tieWarnings(f.ties)
  const estimate = (value: number, drawn: Float64Array, more: readonly RunsWarning[] = []): RunsEstimate => ({
    value,
    interval: n < FEW ? null : percentileInterval(drawn, settings.confidence),
    warnings: [...intervalWarnings(n, settings.resamples), ...more],
  })
  const ranks = medianRanks(n, settings.confidence)
  const clocks = clocksOf(runs, index)
  const report: RunsSample = {
    environment: part.environment,
    stratum: part.stratum,
    measure,
    n,
    median: estimate(f.median, resampled.median, ties),
    medianByRanks: ranks && {
      low: values[ranks.low - 1]!,
      high: values[ranks.high - 1]!,
      lowRank: ranks.low,
      highRank: ranks.high,
    },
    mean: estimate(f.mean, resampled.mean),
    sd: estimate(f.sd, resampled.sd, Math.abs(f.skewness) > SKEWED ? [skewed] : []),
    mad: estimate(f.mad, resampled.mad, ties),
    iqr: f.iqr,
    min: f.min,
    max: f.max,
    skewness: f.skewness,
    ties: f.ties,
    percentiles: percentiles.map((percent, i) => ({ percent, value: f.percentiles[i]! })),
    outliers: outliersOf(values, runs),
    clocks,
    histogram: { from: bins.from, width: bins.width, counts: histogram(values, bins) },
    warnings: [
      ...(n < LISTED
        ? [{ code: 'few-runs' as const, text: `Only ${counted(n, 'run')}: listed, and compared with nothing.` }]
        : []),
      ...(clocks ? [twoClocks] : []),
    ],
  }
  return { part, measure, runs, values, resampled, report }
}

export const twoClocks: RunsWarning = {
  code: 'two-clocks',
  text: 'Begins on one machine and ends on another: every figure may be off by the accuracy of their clocks’ relation, all values alike. Values below twice that do not tell which end came first, nor for certain that the two belong together.',
}

function clocksOf(runs: readonly Run[], measure: number): RunsSample['clocks'] {
  let most: number | null = null
  let notCertain = 0
  for (const run of runs) {
    const accuracy = accuracyOf(run, measure)
    if (accuracy === null) continue
    most = Math.max(most ?? 0, accuracy)
    if (valueOf(run, measure) < 2 * accuracy) notCertain++
  }
  return most === null ? null : { accuracy: most, notCertain }
}

/** Worded without the sample's own numbers, which stand beside them: one note then serves a whole table. */
export function intervalWarnings(n: number, resamples: number): RunsWarning[] {
  if (n < FEW) return [{ code: 'no-interval', text: `Fewer than ${FEW} runs: no bootstrap interval.` }]
  const warnings: RunsWarning[] = []
  if (n < ENOUGH) {
    warnings.push({ code: 'wide-interval', text: `Fewer than ${ENOUGH} runs: intervals may cover less than they say.` })
  }
  if (resamples < 1000) {
    const text = `${resamples} resamples, fewer than 1000: the ends of intervals still depend on the seed.`
    warnings.push({ code: 'few-resamples', text })
  }
  return warnings
}

export const tieWarnings = (ties: number): RunsWarning[] =>
  ties > TIES
    ? [
        {
          code: 'ties',
          text: 'More than 10 % of the values equal another one: medians and ranks are as coarse as they are.',
        },
      ]
    : []

const skewed: RunsWarning = {
  code: 'skewed-spread',
  text: 'Skewed values: a bootstrap interval of the SD covers far less than it says; take the MAD.',
}

function outliersOf(values: Float64Array, runs: readonly Run[]): RunsSample['outliers'] {
  const n = values.length
  const [sigma, byMad] = [threeSigma(values), robust(values)]
  const most = maskedFrom(n)
  const told: RunsWarning[] = []
  if (n < LISTED) {
    told.push({
      code: 'outliers-not-told',
      text: `The 3 SD rule says nothing of fewer than ${LISTED} runs: none of them is ever 3 SD away.`,
    })
  } else if (byMad.rejected > sigma.rejected && byMad.rejected > most) {
    told.push({
      code: 'masking',
      text: `The robust rule rejects ${byMad.rejected}, the 3 SD rule ${sigma.rejected}: more than ${most} outliers among ${n} hide one another from it.`,
    })
  }
  const flat: RunsWarning[] =
    byMad.low === null
      ? [
          {
            code: 'outliers-not-told',
            text: 'The robust rule says nothing here: more than half of the values are equal.',
          },
        ]
      : []
  return { threeSigma: outlierReport(values, runs, sigma, told), robust: outlierReport(values, runs, byMad, flat) }
}

function outlierReport(
  values: Float64Array,
  runs: readonly Run[],
  rule: OutlierRule,
  warnings: readonly RunsWarning[],
): RunsOutliers {
  const { low, high, rejected } = rule
  if (low === null || high === null) return { low, high, rejected: 0, runs: [], without: null, warnings }
  const kept = within(values, rule)
  const centre = (low + high) / 2
  const far = runs
    .map((run, i) => ({ run, distance: Math.abs(values[i]! - centre), out: values[i]! < low || values[i]! > high }))
    .filter((r) => r.out)
    .sort((a, b) => b.distance - a.distance)
  return {
    low,
    high,
    rejected,
    runs: far.slice(0, NAMED).map(({ run }) => `${run.session}/${run.id}`),
    without: {
      n: kept.length,
      mean: mean(kept),
      sd: deviation(kept),
      median: median(kept),
      mad: medianDeviation(kept),
    },
    warnings,
  }
}

/** Bins for all groups of a measure (after Freedman and Diaconis, on all values), 10 to 120 of them, of a round width. */
export function binsOf(values: Float64Array): Bins {
  const n = values.length
  if (n === 0) return { from: 0, width: 1, count: 1 }
  const at = (q: number): number => values[Math.min(n - 1, Math.floor(q * n))]!
  const [min, max] = [values[0]!, values[n - 1]!]
  if (min === max) return { from: min - 0.5, width: 1, count: 1 }
  // Half of the rule's width: runs often come in clusters, which widen the quartiles.
  const ideal = (at(0.75) - at(0.25)) / Math.cbrt(n) || (max - min) / 30
  const bounded = Math.min(Math.max(ideal, (max - min) / 120), (max - min) / 10)
  const power = 10 ** Math.floor(Math.log10(bounded))
  const width = Math.max([1, 2, 5, 10].find((m) => m * power >= bounded)! * power, 1)
  const from = Math.floor(min / width) * width
  return { from, width, count: Math.floor((max - from) / width) + 1 }
}

function histogram(values: Float64Array, { from, width, count }: Bins): number[] {
  const counts = Array.from({ length: count }, () => 0)
  for (const x of values) counts[Math.min(count - 1, Math.max(0, Math.floor((x - from) / width)))]!++
  return counts
}

// Two samples against each other: first what the data say of each pair, then, when all pairs are known, p adjusted over all of them
// and one sentence each.

import type { RunsComparison, RunsSide, RunsTest, RunsWarning } from '../../thread/contract.js'
import { differences, percentileInterval } from '../statistics/bootstrap.js'
import {
  brownForsythe,
  deltaWord,
  hodgesLehmann,
  kolmogorovSmirnov,
  mannWhitney,
  tost,
  type Test,
} from '../statistics/compare.js'
import { mean, tieShare } from '../statistics/describe.js'
import { FEW, intervalWarnings, LISTED, tieWarnings, type Sample, type Settings, twoClocks } from './sample.js'
import { environmentName, intervalOf, lengthOf, percentOf, type Unit } from './words.js'

export interface Pair {
  readonly kind: RunsComparison['kind']
  readonly a: Sample
  readonly b: Sample
}

/** A pair before its tests are adjusted. */
export interface Compared extends Pair {
  readonly mannWhitney: Test & { readonly delta: number }
  readonly brownForsythe: Test
  /** Of the two one-sided tests; null without a margin, and where too few runs decide nothing. */
  readonly tost: number | null
  readonly few: boolean
}

export function compare(pair: Pair, margin: number | null): Compared {
  const [a, b] = [pair.a.values, pair.b.values]
  const few = Math.min(a.length, b.length) < LISTED
  return {
    ...pair,
    mannWhitney: mannWhitney(a, b),
    brownForsythe: brownForsythe([a, b]),
    tost: margin === null || few ? null : tost(a, b, margin).p,
    few,
  }
}

export interface Adjusted {
  readonly holm: number
  readonly benjaminiHochberg: number
}
export const adjusted = ({ statistic, p }: Test, by: Adjusted): RunsTest => ({ statistic, p, ...by })

const side = ({ part, values }: Sample): RunsSide => ({
  environment: part.environment,
  stratum: part.stratum,
  n: values.length,
})

/** What a side is called in a sentence about this comparison. */
export function sideName(kind: RunsComparison['kind'], s: RunsSide): string {
  const environment = environmentName(s.environment)
  if (kind !== 'environments')
    return s.stratum
      .split(', ')
      .map((t) => t.replace('=', ' '))
      .join(', ')
  return environment
}

/** Adjusted p of the three tests that decide about a pair. */
interface Judgement {
  readonly location: Adjusted
  readonly spread: Adjusted
  readonly equivalent: number
}

export function comparison(
  c: Compared,
  { location, spread, equivalent }: Judgement,
  settings: Settings,
  unit: Unit,
  /** What the clocks are known to, ns; 0 where one clock saw all. */
  halfWidth: number,
): RunsComparison {
  const [x, y] = [c.a.values, c.b.values]
  const n = Math.min(x.length, y.length)
  const drawn = n < FEW ? new Float64Array(0) : differences(c.a.resampled.median, c.b.resampled.median)
  const value = c.b.report.median.value - c.a.report.median.value
  const interval = percentileInterval(drawn, settings.confidence)
  const ties = tieWarnings(Math.max(tieShare(x), tieShare(y)))
  const warnings: RunsWarning[] = [...ties]
  if (c.few) {
    warnings.push({
      code: 'listed-only',
      text: `Fewer than ${LISTED} runs on one side: listed only, nothing is decided.`,
    })
  }
  if (halfWidth > 0 && Math.abs(value) < halfWidth) {
    warnings.push({
      code: 'below-clock',
      text: `The difference is smaller than what the clocks are known to (${lengthOf(halfWidth, unit)}).`,
    })
  }
  const bound = clockBound(c.a, c.b)
  const clocks = c.a.report.clocks || c.b.report.clocks ? clockSentence(bound, unit) : ''
  if (clocks) warnings.push(twoClocks)
  const equivalence = equivalenceOf(c, drawn, equivalent, settings, bound)
  const beyond = (low: number, high: number): boolean => low > bound || high < -bound
  const apart = location.holm < settings.level && beyond(interval?.low ?? value, interval?.high ?? value)
  const decided = c.few ? 'too few' : apart ? 'differs' : equivalence?.equivalent ? 'equivalent' : 'not shown'
  const wide = c.few ? 'too few' : spread.holm < settings.level ? 'differs' : 'not shown'
  const half: Omit<RunsComparison, 'sentence'> = {
    kind: c.kind,
    a: side(c.a),
    b: side(c.b),
    measure: c.a.measure,
    difference: { value, interval, warnings: intervalWarnings(n, settings.resamples) },
    hodgesLehmann: hodgesLehmann(x, y),
    mannWhitney: adjusted(c.mannWhitney, location),
    cliffsDelta: c.mannWhitney.delta,
    effect: deltaWord(c.mannWhitney.delta),
    brownForsythe: adjusted(c.brownForsythe, spread),
    spreadRatio: c.a.report.mad.value > 0 ? c.b.report.mad.value / c.a.report.mad.value : null,
    kolmogorovSmirnov: kolmogorovSmirnov(x, y),
    equivalence,
    location: decided,
    spread: wide,
    warnings,
  }
  return { ...half, sentence: sentenceOf(c, half, settings, unit) + clocks }
}

/** How far the clocks alone may set two samples apart: what runs of one guest are off by, they are off by alike. */
function clockBound(a: Sample, b: Sample): number {
  if (!a.report.clocks && !b.report.clocks) return 0
  const guests = new Set([...a.runs, ...b.runs].map((r) => `${r.environment}/${r.session}`))
  if (a.report.clocks && b.report.clocks && guests.size === 1) return 0
  return (a.report.clocks?.accuracy ?? 0) + (b.report.clocks?.accuracy ?? 0)
}

const clockSentence = (bound: number, unit: Unit): string =>
  bound === 0
    ? ' Two clocks tell these times; both sides are off by the same.'
    : ` Two clocks tell these times: ${lengthOf(bound, unit)} may be theirs alone.`

/** Both ways must agree: the means by two one-sided tests, the medians by the interval that matches them. */
function equivalenceOf(
  c: Compared,
  drawn: Float64Array,
  holm: number,
  { margin, level }: Settings,
  bound: number,
): RunsComparison['equivalence'] {
  if (margin === null || c.tost === null) return null
  const interval = drawn.length === 0 ? null : percentileInterval(drawn, 1 - 2 * level)
  const room = margin - bound
  const inside = interval !== null && interval.low > -room && interval.high < room
  return { margin, p: c.tost, holm, interval, equivalent: inside && holm < level }
}

/** Mean distance from the median: what Brown and Forsythe compare. */
const distance = ({ values, report }: Sample): number => mean(values.map((v) => Math.abs(v - report.median.value)))

function sentenceOf(c: Compared, r: Omit<RunsComparison, 'sentence'>, { confidence }: Settings, unit: Unit): string {
  const [a, b] = [sideName(r.kind, r.a), sideName(r.kind, r.b)]
  const where =
    r.kind === 'environments' ? (r.a.stratum ? ` (${r.a.stratum})` : '') : ` on ${environmentName(r.a.environment)}`
  const of = `${r.measure}${where}: `
  if (c.few) return `${of}too few runs to compare ${a} (${r.a.n}) with ${b} (${r.b.n}).`
  const { value, interval } = r.difference
  const bounds = interval ? `, interval ${intervalOf(interval, unit)} (${percentOf(confidence)})` : ''
  const [slow, fast] = value >= 0 ? [b, a] : [a, b]
  const location =
    r.location === 'differs'
      ? `the medians differ by ${lengthOf(Math.abs(value), unit)}, ${slow} is longer than ${fast} (${b} - ${a}${bounds || ` ${lengthOf(value, unit)}`})`
      : r.location === 'equivalent'
        ? `the medians of ${a} and ${b} are equivalent within ${lengthOf(r.equivalence!.margin, unit)} (${b} - ${a} ${lengthOf(value, unit)}${bounds})`
        : `no difference of the medians of ${a} and ${b} is shown (${b} - ${a} ${lengthOf(value, unit)}${bounds})`
  const [wide, narrow] = distance(c.b) >= distance(c.a) ? ([c.b, c.a] as const) : ([c.a, c.b] as const)
  const [wideName, narrowName] = wide === c.b ? [b, a] : [a, b]
  const mad = (s: Sample): string => lengthOf(s.report.mad.value, unit)
  const spread =
    r.spread === 'differs'
      ? `the spread of ${wideName} is larger than that of ${narrowName} (MAD ${mad(wide)} against ${mad(narrow)})`
      : 'a difference in spread is not shown'
  return `${of}${location}; ${spread}.`
}

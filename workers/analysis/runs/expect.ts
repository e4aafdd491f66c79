// Bounds that a report is held against: stored once, compared in every run of a pipeline.

import { RequestError } from '../../fault.js'
import type { RunsComparison, RunsReport, RunsSample } from '../../thread/contract.js'
import { digits } from './words.js'

/** One bound of an expectations file. What is left out matches: no group means every group. */
interface Bound {
  readonly figure: string
  readonly group?: string
  readonly a?: string
  readonly b?: string
  /** Absent: the whole group. */
  readonly stratum?: string
  /** Absent: `total`. */
  readonly measure?: string
  readonly min?: number
  readonly max?: number
  /** A word: `differs`, `equivalent`, `not shown`. */
  readonly is?: string
}

interface Expectations {
  readonly chain?: string
  readonly expect: readonly Bound[]
}

type Value = number | string
interface Found {
  readonly where: string
  readonly value: Value
}

const ofSample: Readonly<Record<string, (s: RunsSample) => number>> = {
  n: (s) => s.n,
  median: (s) => s.median.value,
  mean: (s) => s.mean.value,
  sd: (s) => s.sd.value,
  mad: (s) => s.mad.value,
  iqr: (s) => s.iqr,
  min: (s) => s.min,
  max: (s) => s.max,
  outliers: (s) => s.outliers.threeSigma.rejected,
  'robust outliers': (s) => s.outliers.robust.rejected,
}
const ofComparison: Readonly<Record<string, (c: RunsComparison) => Value>> = {
  difference: (c) => c.difference.value,
  'hodges-lehmann': (c) => c.hodgesLehmann,
  delta: (c) => c.cliffsDelta,
  'spread ratio': (c) => c.spreadRatio ?? Number.NaN,
  'p medians': (c) => c.mannWhitney.holm,
  'p spread': (c) => c.brownForsythe.holm,
  medians: (c) => c.location,
  spread: (c) => c.spread,
}
const figureNames = [
  ...Object.keys(ofSample),
  'p1 .. p99',
  ...Object.keys(ofComparison),
  'runs',
  'incomplete',
  'lost edges',
  'offset',
  'total variation',
  'faults',
]

/** An expectations file. Throws RequestError naming the bound that is wrong. */
export function parseExpectations(text: string, name: string): Expectations {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (e) {
    throw new RequestError(`${name} is not JSON: ${e instanceof Error ? e.message : String(e)}.`)
  }
  const list = (json as { expect?: unknown } | null)?.expect
  if (!Array.isArray(list) || list.length === 0) throw new RequestError(`${name} needs "expect", a list of bounds.`)
  list.forEach((bound: unknown, i) => {
    const wrong = mistake(bound)
    if (wrong) throw new RequestError(`${name}: bound ${i + 1} ${wrong}.`)
  })
  return json as Expectations
}

function mistake(bound: unknown): string | null {
  if (typeof bound !== 'object' || bound === null) return 'is no object'
  const known: Readonly<Record<string, 'string' | 'number'>> = {
    figure: 'string',
    group: 'string',
    a: 'string',
    b: 'string',
    stratum: 'string',
    measure: 'string',
    min: 'number',
    max: 'number',
    is: 'string',
  }
  for (const [key, value] of Object.entries(bound)) {
    const type = known[key]
    if (!type) return `has "${key}", which means nothing; there is ${Object.keys(known).join(', ')}`
    if (typeof value !== type) return `has a "${key}" that is no ${type}`
  }
  const b = bound as Partial<Bound>
  if (b.figure === undefined) return 'names no "figure"'
  if (!figureNames.includes(b.figure) && !/^p\d+$/.test(b.figure))
    return `names the figure "${b.figure}"; there is ${figureNames.join(', ')}`
  return b.min === undefined && b.max === undefined && b.is === undefined
    ? 'has neither "min" nor "max" nor "is"'
    : null
}

/** One sentence a bound that does not hold, and one for each that nothing in the report answers to. */
export function unmet(report: RunsReport, { expect }: Expectations): string[] {
  return expect.flatMap((bound) => {
    const found = valuesOf(report, bound)
    if (found.length === 0) return [`Nothing in the report is ${describe(bound)}.`]
    return found.flatMap(({ where, value }) => {
      const text = typeof value === 'number' ? digits(value) : value
      const is = `The ${bound.figure} of ${where} is ${text}`
      if (bound.is !== undefined && value !== bound.is) return [`${is}, not ${bound.is}.`]
      if (bound.min !== undefined && !(Number(value) >= bound.min))
        return [`${is}, less than the ${digits(bound.min)} expected.`]
      if (bound.max !== undefined && !(Number(value) <= bound.max))
        return [`${is}, more than the ${digits(bound.max)} expected.`]
      return []
    })
  })
}

const describe = (b: Bound): string =>
  [
    b.figure,
    b.group && `of ${b.group}`,
    b.a && `of ${b.a}`,
    b.b && `against ${b.b}`,
    b.stratum && `in ${b.stratum}`,
    b.measure && `for ${b.measure}`,
  ]
    .filter(Boolean)
    .join(' ')

function valuesOf(r: RunsReport, bound: Bound): Found[] {
  const { figure, group, a, b, stratum = '', measure = 'total' } = bound
  const percent = /^p(\d+)$/.exec(figure)?.[1]
  const sampleFigure =
    percent === undefined
      ? ofSample[figure]
      : (s: RunsSample) => s.percentiles.find((p) => p.percent === Number(percent))?.value ?? Number.NaN
  if (sampleFigure) {
    return r.samples
      .filter((s) => s.measure === measure && s.stratum === stratum && (group ?? s.environment) === s.environment)
      .map((s) => ({ where: place(s.environment, s.stratum, s.measure), value: sampleFigure(s) }))
  }
  const comparisonFigure = ofComparison[figure]
  if (comparisonFigure) {
    const fits = (asked: string | undefined, side: RunsComparison['a']): boolean =>
      asked === undefined || asked === side.environment || asked === side.stratum
    return r.comparisons
      .filter((c) => c.measure === measure && fits(a, c.a) && fits(b, c.b))
      .filter((c) => (c.kind === 'environments' ? c.a.stratum === stratum : a !== undefined && a !== c.a.environment))
      .map((c) => ({
        where: `${place(c.a.environment, c.a.stratum, measure)} against ${place(c.b.environment, c.b.stratum, '')}`,
        value: comparisonFigure(c),
      }))
  }
  const groups = r.groups.filter((g) => (group ?? g.environment) === g.environment)
  switch (figure) {
    case 'runs':
      return groups.map((g) => ({ where: g.environment, value: g.runs }))
    case 'incomplete':
      return groups.map((g) => ({ where: g.environment, value: g.incomplete }))
    case 'lost edges': {
      const own = r.pps.filter((p) => (group ?? p.environment) === p.environment)
      if (own.length === 0) return []
      return [{ where: group ?? 'all sessions', value: own.reduce((n, p) => n + p.lost.length, 0) }]
    }
    case 'offset':
      return r.offsets
        .filter((o) => !o.moduloSecond && o.a.startsWith(a ?? '') && o.b.toLowerCase().startsWith(b ?? ''))
        .map((o) => ({ where: `${o.b} against ${o.a} (${o.by})`, value: Number(o.offset) }))
    case 'total variation':
      return r.categories.map((c) => ({ where: c.by, value: c.totalVariation }))
    case 'faults':
      return [{ where: 'the input', value: r.faults.reduce((n, f) => n + (f.times ?? 1), 0) }]
    default:
      return []
  }
}

const place = (environment: string, stratum: string, measure: string): string =>
  [environment, stratum, measure].filter((t) => t !== '').join(', ')

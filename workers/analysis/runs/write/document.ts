// A report on runs as a document: sections of sentences and tables, with each warning as a note to the number it is about. Text,
// Markdown and HTML are three ways to write it down.

import type {
  RunsCategories,
  RunsComparison,
  RunsEstimate,
  RunsInterval,
  RunsOutliers,
  RunsReport,
  RunsSample,
  RunsWarning,
} from '../../../thread/contract.js'
import { counted, digits, environmentName, intervalOf, lengthOf, percentOf, pText } from '../words.js'

export interface Cell {
  readonly text: string
  readonly warnings?: readonly RunsWarning[]
}
export interface Table {
  readonly kind: 'table'
  readonly title: string
  readonly heads: readonly string[]
  /** Columns of text; all others are numbers and stand to the right. */
  readonly left: readonly number[]
  readonly rows: readonly (readonly Cell[])[]
}
export interface List {
  readonly kind: 'list'
  readonly title: string
  readonly items: readonly Cell[]
}
/** Histograms of all groups of one measure, for those who can draw. */
export interface Picture {
  readonly kind: 'picture'
  readonly title: string
  readonly samples: readonly RunsSample[]
}
export type Block = Table | List | Picture

/** Numbers notes in the order in which they are met. */
export class Notes {
  readonly texts: string[] = []
  /** `[1][3]` */
  mark(warnings: readonly RunsWarning[] = []): string {
    return warnings
      .map(({ text }) => {
        let at = this.texts.indexOf(text)
        if (at < 0) at = this.texts.push(text) - 1
        return `[${at + 1}]`
      })
      .join('')
  }
}

export function documentOf(r: RunsReport): Block[] {
  const tables = [
    findings(r),
    groups(r),
    ...r.measures.flatMap((m) => [picture(r, m), figuresOf(r, m)]),
    outliers(r),
    ...(['environments', 'strata', 'control'] as const).map((kind) => comparisons(r, kind)),
    ...r.categories.map(categoriesTable),
    clusters(r),
    shares(r),
    pulses(r),
    offsets(r),
    general(r),
    faults(r),
  ]
  return tables.filter((b) => b.kind === 'picture' || (b.kind === 'list' ? b.items.length > 0 : b.rows.length > 0))
}

const cell = (text: string, warnings?: readonly RunsWarning[]): Cell => (warnings ? { text, warnings } : { text })
const table = (
  title: string,
  heads: readonly string[],
  left: readonly number[],
  rows: readonly (readonly Cell[])[],
): Table => ({
  kind: 'table',
  title,
  heads,
  left,
  rows,
})
const bounds = (i: RunsInterval | null, r: RunsReport): string => (i ? intervalOf(i, r.unit) : '-')
const partName = (s: { readonly environment: string; readonly stratum: string }): string =>
  environmentName(s.environment) + (s.stratum ? `, ${s.stratum}` : '')

const findings = (r: RunsReport): List => ({
  kind: 'list',
  title: 'Findings',
  items:
    r.findings.length > 0
      ? r.findings.map((f) => cell(f.sentence))
      : [cell('Nothing was found: no difference, no lost edge, no offset.')],
})

const groups = (r: RunsReport): Table =>
  table(
    `Runs of ${r.chain.name}`,
    ['group', 'runs', 'incomplete', 'strata'],
    [0, 3],
    r.groups.map((g) => [
      cell(environmentName(g.environment)),
      cell(String(g.runs)),
      cell(String(g.incomplete)),
      cell(g.strata.map((s) => `${s.stratum} (${s.runs})`).join('; ')),
    ]),
  )

const picture = (r: RunsReport, measure: string): Picture => ({
  kind: 'picture',
  title: measure,
  samples: r.samples.filter((s) => s.measure === measure && s.stratum === ''),
})

function figuresOf(r: RunsReport, measure: string): Table {
  const length = (x: number): string => lengthOf(x, r.unit)
  const covered = percentOf(r.confidence)
  const samples = r.samples.filter((s) => s.measure === measure)
  const crosses = samples.some((s) => s.clocks)
  const estimate = (e: RunsEstimate): Cell[] => [cell(length(e.value)), cell(bounds(e.interval, r), e.warnings)]
  const clocks = ({ clocks: c }: RunsSample): string => (c ? `±${length(c.accuracy)}` : '-')
  return table(
    `${measure}: figures`,
    [
      'group',
      'n',
      ...(crosses ? ['clocks', 'order not certain'] : []),
      'median',
      `interval (${covered})`,
      'by ranks',
      'mean',
      'interval',
      'MAD',
      'interval',
      'IQR',
      'SD',
      'interval',
      'p1',
      'p5',
      'p95',
      'p99',
    ],
    [0],
    samples.map((s) => [
      cell(partName(s), s.warnings),
      cell(String(s.n)),
      ...(crosses ? [cell(clocks(s)), cell(s.clocks ? String(s.clocks.notCertain) : '-')] : []),
      ...estimate(s.median),
      cell(s.medianByRanks ? bounds(s.medianByRanks, r) : '-'),
      ...estimate(s.mean),
      ...estimate(s.mad),
      cell(length(s.iqr)),
      ...estimate(s.sd),
      ...[1, 5, 95, 99].map((p) => cell(length(s.percentiles.find((q) => q.percent === p)!.value))),
    ]),
  )
}

function outliers(r: RunsReport): Table {
  const length = (x: number): string => lengthOf(x, r.unit)
  const rows = r.samples
    .filter((s) => s.stratum === '')
    .flatMap((s) =>
      (
        [
          ['3 SD from the median', s.outliers.threeSigma],
          ['3.5 scaled MAD', s.outliers.robust],
        ] as const
      )
        .filter(([, o]: readonly [string, RunsOutliers]) => o.rejected > 0 || o.warnings.length > 0)
        .map(([name, o]) => [
          cell(
            `${partName(s)}, ${s.measure}`,
            s.warnings.filter((w) => w.code === 'two-clocks'),
          ),
          cell(name, o.warnings),
          cell(String(o.rejected)),
          cell(`${length(s.median.value)} -> ${o.without ? length(o.without.median) : '-'}`),
          cell(`${length(s.mean.value)} -> ${o.without ? length(o.without.mean) : '-'}`),
          cell(`${length(s.sd.value)} -> ${o.without ? length(o.without.sd) : '-'}`),
          cell(o.runs.slice(0, 5).join(' ') + (o.rejected > 5 ? ' ...' : '')),
        ]),
    )
  return table(
    'Outliers, with and without',
    ['group', 'rule', 'rejected', 'median', 'mean', 'SD', 'furthest runs'],
    [0, 1, 6],
    rows,
  )
}

const kindTitles = {
  environments: 'Group against group',
  strata: 'Stratum against stratum',
  control: 'Control of C-states and governor',
} as const

function comparisons(r: RunsReport, kind: RunsComparison['kind']): Table {
  const sideText = (c: RunsComparison): string =>
    kind === 'environments'
      ? `${environmentName(c.a.environment)}, ${environmentName(c.b.environment)}${c.a.stratum ? ` (${c.a.stratum})` : ''}`
      : `${environmentName(c.a.environment)}: ${c.a.stratum}, ${c.b.stratum}`
  return table(
    kindTitles[kind],
    [
      'measure',
      'a, b',
      'n',
      'median b - a',
      `interval (${percentOf(r.confidence)})`,
      'Hodges-Lehmann',
      'U',
      'p (Holm)',
      "Cliff's delta",
      'Brown-Forsythe W',
      'p (Holm)',
      'KS',
      'p',
      'equivalent',
      'medians',
      'spread',
    ],
    [0, 1, 14, 15],
    r.comparisons
      .filter((c) => c.kind === kind)
      .map((c) => [
        cell(c.measure),
        cell(sideText(c), c.warnings),
        cell(`${c.a.n}, ${c.b.n}`),
        cell(lengthOf(c.difference.value, r.unit)),
        cell(bounds(c.difference.interval, r), c.difference.warnings),
        cell(lengthOf(c.hodgesLehmann, r.unit)),
        cell(digits(c.mannWhitney.statistic)),
        cell(pText(c.mannWhitney.holm)),
        cell(`${c.cliffsDelta.toFixed(3)} ${c.effect}`),
        cell(c.brownForsythe.statistic.toFixed(3)),
        cell(pText(c.brownForsythe.holm)),
        cell(c.kolmogorovSmirnov.statistic.toFixed(3)),
        cell(pText(c.kolmogorovSmirnov.p)),
        cell(c.equivalence ? `${c.equivalence.equivalent ? 'yes' : 'no'} (p ${pText(c.equivalence.holm)})` : '-'),
        cell(c.location),
        cell(c.spread),
      ]),
  )
}

function categoriesTable(c: RunsCategories): Table {
  const share = (n: number, of: number): string => `${n} (${percentOf(of > 0 ? n / of : 0)})`
  return table(
    `${c.by}: ${c.sentence.slice(c.by.length + 2)}`,
    [c.by, environmentName(c.a.environment), environmentName(c.b.environment), ''],
    [0, 3],
    [
      ...c.categories.map((k, i) => [
        cell(k.name, i === 0 ? c.warnings : []),
        cell(share(k.a, c.a.n)),
        cell(share(k.b, c.b.n)),
        cell(''),
      ]),
      [
        cell('all'),
        cell(String(c.a.n)),
        cell(String(c.b.n)),
        cell(
          `total variation ${digits(c.totalVariation)}, Jensen-Shannon distance ${digits(c.jensenShannon)}, chi-square ${digits(c.chiSquare.statistic)} (df ${c.chiSquare.df}, p ${pText(c.chiSquare.p)}), Cramer's V ${digits(c.chiSquare.cramersV)}, ${c.fisher === null ? '' : `Fisher p ${pText(c.fisher)}, `}permutation p ${pText(c.permutation)}`,
        ),
      ],
    ],
  )
}

const clusters = (r: RunsReport): Table =>
  table(
    'Clusters',
    ['cluster', 'runs', 'where', 'stacks', 'flags', 'innermost functions'],
    [0, 2, 4, 5],
    r.clusters.map((c) => [
      cell(c.name, c.warnings),
      cell(String(c.runs)),
      cell(c.byEnvironment.map((e) => `${environmentName(e.environment)} ${e.count}`).join(', ')),
      cell(String(c.stacks)),
      cell(c.flags.map((f) => `${f.constellation} (${f.count})`).join(', ')),
      cell(c.top.join(' < ')),
    ]),
  )

const shares = (r: RunsReport): Table =>
  table(
    'Whose variance it is: Cov(segment, total) / Var(total)',
    ['group', 'segment', 'share', `interval (${percentOf(r.confidence)})`],
    [0, 1],
    r.shares.flatMap((s) =>
      s.segments.map((g) => [
        cell(environmentName(s.environment)),
        cell(g.measure),
        cell(percentOf(g.share)),
        cell(g.interval ? `${percentOf(g.interval.low)} .. ${percentOf(g.interval.high)}` : '-', s.warnings),
      ]),
    ),
  )

const pulses = (r: RunsReport): Table =>
  table(
    'Clocks against the pulse per second',
    ['session', 'edges', 'lost', 'rate', 'residual SD', 'largest', 'runs in gaps', 'beyond the edges'],
    [0, 2],
    r.pps.map((p) => [
      cell(`${environmentName(p.environment)} ${p.session}`, p.warnings),
      cell(String(p.edges)),
      cell(p.lost.length === 0 ? 'none' : p.lost.map((l) => l.edge).join(', ')),
      cell(`${ppmText(p.ppm)} ppm`),
      cell(lengthOf(p.residualSd, 'ns')),
      cell(lengthOf(p.residualMax, 'ns')),
      cell(String(p.runsInGaps)),
      cell(String(p.runsOutside)),
    ]),
  )

/** Four decimals, never a zero with a sign. */
const ppmText = (ppm: number): string => ppm.toFixed(4).replace(/^-(0\.0+)$/, '$1')

const offsets = (r: RunsReport): List => ({
  kind: 'list',
  title: 'Clocks of the groups',
  items: r.offsets.map((o) => cell(o.sentence)),
})

const general = (r: RunsReport): List => ({
  kind: 'list',
  title: 'How it was computed',
  items: [
    cell(
      `The unit is the run. Intervals: percentile bootstrap, ${r.resamples} resamples, seed ${r.seed} (${r.generator}), ${percentOf(r.confidence)}; "by ranks" holds whatever the distribution. Quantiles of type 7, SD with n-1, MAD not scaled.`,
    ),
    cell(
      `${counted(r.tests, 'test')} decide something; p is adjusted over all of them after Holm and held against ${r.level}.`,
    ),
    ...r.warnings.map((w) => cell(w.text)),
  ],
})

const faults = (r: RunsReport): List => ({
  kind: 'list',
  title: 'Left out, or worth knowing',
  items: r.faults.map((f) =>
    cell(
      `${f.file ? `${f.file}: ` : ''}${f.message}${(f.times ?? 1) > 1 ? ` (and ${f.times! - 1} more like it)` : ''}`,
    ),
  ),
})

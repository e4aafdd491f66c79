// The numbers behind the sentences: tests of the groups that are shown, distributions over clusters and flags, the clusters.

import type { ComponentChildren } from 'preact'
import type { RunsCategories, RunsCluster, RunsComparison, RunsReport } from '../../../workers/thread/contract.js'
import { formatCount, formatShare, formatShort } from '../../state/format.js'
import { environmentName, runsMeasure, runsShown, sameSeries, seriesName } from '../../state/runs.js'

const p = (value: number): string => (value < 0.0001 ? '< 0.0001' : value >= 0.9995 ? '1' : value.toPrecision(2))
const three = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '\u2212')

/** Comparisons whose sides are both shown, of the measure at hand. */
export function shownComparisons(report: RunsReport): readonly RunsComparison[] {
  const among = (side: RunsComparison['a']) => runsShown.value.some((s) => sameSeries(s, side))
  return report.comparisons.filter((c) => c.measure === runsMeasure.value && among(c.a) && among(c.b))
}

export function Tests({ report }: { readonly report: RunsReport }) {
  const list = shownComparisons(report)
  return (
    <>
      {list.length > 0 && <Pairs list={list} report={report} />}
      {report.categories.length > 0 && <Categories list={report.categories} />}
      {report.clusters.length > 0 && <Clusters list={report.clusters} />}
    </>
  )
}

function Pairs({ list, report }: { readonly list: readonly RunsComparison[]; readonly report: RunsReport }) {
  const short = (x: number) => formatShort(x, report.unit)
  const row = (name: string, about: string, cell: (c: RunsComparison) => ComponentChildren) => (
    <tr>
      <th scope="row" title={about}>
        {name}
      </th>
      {list.map((c) => (
        <td key={`${seriesName(c.a)} ${seriesName(c.b)}`}>{cell(c)}</td>
      ))}
    </tr>
  )
  const interval = (i: RunsComparison['difference']['interval']) =>
    i && (
      <small>
        {short(i.low)} .. {short(i.high)}
      </small>
    )
  return (
    <section>
      <h3>Tests</h3>
      <table class="runs-figures">
        <thead>
          <tr>
            <td />
            {list.map((c) => (
              <th key={`${seriesName(c.a)} ${seriesName(c.b)}`} scope="col">
                {seriesName(c.b)} − {seriesName(c.a)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {row('Medians', 'Difference of the medians with its bootstrap interval', (c) => (
            <>
              {short(c.difference.value)}
              {interval(c.difference.interval)}
            </>
          ))}
          {row('Hodges-Lehmann', 'Median of all differences', (c) => short(c.hodgesLehmann))}
          {row('Mann-Whitney', 'U, and p adjusted after Holm over all tests of the report', (c) => (
            <>
              U {formatCount(c.mannWhitney.statistic)}
              <small>p {p(c.mannWhitney.holm)}</small>
            </>
          ))}
          {row(
            'Cliff’s delta',
            'P(first is longer) minus P(second is longer)',
            (c) => `${three(c.cliffsDelta)} ${c.effect}`,
          )}
          {row('Brown-Forsythe', 'Spread: W, and p adjusted after Holm', (c) => (
            <>
              W {three(c.brownForsythe.statistic)}
              <small>p {p(c.brownForsythe.holm)}</small>
            </>
          ))}
          {row('MAD ratio', 'Second over first', (c) => (c.spreadRatio === null ? '–' : three(c.spreadRatio)))}
          {row('Kolmogorov-Smirnov', 'D and its own p: decides nothing here', (c) => (
            <>
              D {three(c.kolmogorovSmirnov.statistic)}
              <small>p {p(c.kolmogorovSmirnov.p)}</small>
            </>
          ))}
          {report.margin !== null &&
            row(
              'Equivalent',
              `Within ${short(report.margin)}: two one-sided tests, and the interval of the medians`,
              (c) =>
                c.equivalence ? (
                  <>
                    {c.equivalence.equivalent ? 'yes' : 'not shown'}
                    <small>p {p(c.equivalence.holm)}</small>
                  </>
                ) : (
                  '–'
                ),
            )}
        </tbody>
      </table>
    </section>
  )
}

function Categories({ list }: { readonly list: readonly RunsCategories[] }) {
  return (
    <section>
      <h3>Distributions</h3>
      {list.map((c) => (
        <div key={`${c.by} ${c.a.environment} ${c.b.environment}`} class="runs-distribution">
          <table class="runs-figures">
            <thead>
              <tr>
                <th scope="col">{c.by}</th>
                <th scope="col">{environmentName(c.a.environment)}</th>
                <th scope="col">{environmentName(c.b.environment)}</th>
              </tr>
            </thead>
            <tbody>
              {c.categories.map((k) => (
                <tr key={k.name}>
                  <th scope="row">{k.name}</th>
                  <td>
                    {formatCount(k.a)} <small>{formatShare(k.a, c.a.n)}</small>
                  </td>
                  <td>
                    {formatCount(k.b)} <small>{formatShare(k.b, c.b.n)}</small>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="muted runs-note">
            Total variation {three(c.totalVariation)}, Jensen-Shannon distance {three(c.jensenShannon)}, chi-square{' '}
            {three(c.chiSquare.statistic)} ({c.chiSquare.df} df, p {p(c.chiSquare.p)}, after Holm {p(c.chiSquare.holm)}
            ), Cramér’s V {three(c.chiSquare.cramersV)}
            {c.fisher !== null && `, Fisher p ${p(c.fisher)}`}, permutation p {p(c.permutation)}
            {c.warnings.map((w) => ` ${w.text}`)}
          </p>
        </div>
      ))}
    </section>
  )
}

function Clusters({ list }: { readonly list: readonly RunsCluster[] }) {
  return (
    <section>
      <h3>Clusters</h3>
      <dl class="facts">
        {list.map((c) => (
          <>
            <dt key={c.name}>{c.name}</dt>
            <dd key={`${c.name} is`}>
              {c.byEnvironment.map((e) => `${environmentName(e.environment)} ${formatCount(e.count)}`).join(', ')}
              {c.flags.length > 0 &&
                `; ${c.flags
                  .slice(0, 3)
                  .map((f) => `${f.constellation} ${formatCount(f.count)}`)
                  .join(', ')}`}
              {c.top.length > 0 && <span class="mono muted runs-stack">{c.top.join(' < ')}</span>}
              {c.warnings.map((w) => (
                <span key={w.code} class="muted">
                  {' '}
                  {w.text}
                </span>
              ))}
            </dd>
          </>
        ))}
      </dl>
    </section>
  )
}

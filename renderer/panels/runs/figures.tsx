import type { ComponentChildren } from 'preact'
import type { RunsEstimate, RunsSample, RunsWarning } from '../../../workers/thread/contract.js'
import { formatShort } from '../../state/format.js'
import { runsMeasure, seriesName } from '../../state/runs.js'

/** Figures side by side; a warning has a number, and its words stand below. */
export function Figures({ samples, unit }: { readonly samples: readonly RunsSample[]; readonly unit: 'ns' | 'ticks' }) {
  if (samples.length === 0) return null
  const notes: string[] = []
  const mark = (warnings: readonly RunsWarning[]): ComponentChildren => {
    const numbers = warnings.map(({ text }) => {
      if (!notes.includes(text)) notes.push(text)
      return notes.indexOf(text) + 1
    })
    return numbers.length > 0 ? <sup>{numbers.join(' ')}</sup> : null
  }
  const short = (x: number): string => (Number.isFinite(x) ? formatShort(x, unit) : '–')
  const estimate = (e: RunsEstimate) => (
    <>
      {short(e.value)}
      {mark(e.warnings)}
      {e.interval && (
        <small>
          {short(e.interval.low)} .. {short(e.interval.high)}
        </small>
      )}
    </>
  )
  const row = (name: string, about: string, cell: (s: RunsSample) => ComponentChildren) => (
    <tr key={name}>
      <th scope="row" title={about}>
        {name}
      </th>
      {samples.map((s) => (
        <td key={seriesName(s)} class="right">
          {cell(s)}
        </td>
      ))}
    </tr>
  )
  const percent = (s: RunsSample, p: number) => short(s.percentiles.find((q) => q.percent === p)?.value ?? Number.NaN)
  const outliers = (o: RunsSample['outliers']['robust']) => (
    <>
      {o.low === null ? '–' : o.rejected}
      {mark(o.warnings)}
      {o.without && o.rejected > 0 && <small>median {short(o.without.median)} without</small>}
    </>
  )
  const body = [
    row('Runs', 'Complete runs', (s) => (
      <>
        {s.n}
        {mark(s.warnings)}
      </>
    )),
    ...(samples.some((s) => s.clocks)
      ? [
          row('Clocks', 'How far every value may be off to either side: its ends are on two machines', (s) =>
            s.clocks ? (
              <>
                ±{short(s.clocks.accuracy)}
                {s.clocks.notCertain > 0 && <small>order of {s.clocks.notCertain} not certain</small>}
              </>
            ) : (
              '–'
            ),
          ),
        ]
      : []),
    row('Median', 'With its percentile bootstrap interval', (s) => estimate(s.median)),
    row('by ranks', 'Interval by order statistics, whatever the distribution', (s) =>
      s.medianByRanks ? `${short(s.medianByRanks.low)} .. ${short(s.medianByRanks.high)}` : '–',
    ),
    row('Mean', 'With its percentile bootstrap interval', (s) => estimate(s.mean)),
    row('MAD', 'Median absolute deviation, not scaled', (s) => estimate(s.mad)),
    row('IQR', 'Distance of the quartiles', (s) => short(s.iqr)),
    row('SD', 'Standard deviation with n-1', (s) => estimate(s.sd)),
    row('1 %, 99 %', 'Percentiles of type 7', (s) => `${percent(s, 1)}, ${percent(s, 99)}`),
    row('Longest', 'Largest value', (s) => short(s.max)),
    row('Outliers, 3 SD', 'More than 3 SD from the median, one pass', (s) => outliers(s.outliers.threeSigma)),
    row('3.5 MAD', 'More than 3.5 scaled MAD from the median', (s) => outliers(s.outliers.robust)),
  ]
  return (
    <section>
      <h3>{runsMeasure.value}</h3>
      <table class="runs-figures">
        <thead>
          <tr>
            <td />
            {samples.map((s, k) => (
              <th key={seriesName(s)} scope="col" class="right">
                <span class={`runs-swatch series-${k}`} /> {seriesName(s)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{body}</tbody>
      </table>
      {notes.map((text, i) => (
        <p key={text} class="muted runs-note">
          <sup>{i + 1}</sup> {text}
        </p>
      ))}
    </section>
  )
}

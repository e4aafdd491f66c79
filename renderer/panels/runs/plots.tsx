// In the middle: the measure and the plot of the groups that are shown.

import type { RunsReport, RunsSample } from '../../../workers/thread/contract.js'
import { PlotFrame, type Drawn, type PlotBox } from '../../charts/runs/frame.js'
import { boxes, ecdf, histogram, quantiles, residuals, variance, type PlotInput } from '../../charts/runs/plots.js'
import { handle } from '../../state/messages.js'
import { session } from '../../state/session-state.js'
import {
  chooseMeasure,
  chooseRun,
  chosenRun,
  environmentName,
  runsMeasure,
  runsPlot,
  runsSeries,
  runsTails,
  seriesName,
  shownSamples,
  type PlotKind,
} from '../../state/runs.js'
import { Figures } from './figures.js'
import { Tests } from './tests.js'

interface Kind {
  readonly id: PlotKind
  readonly name: string
  readonly when?: (report: RunsReport) => boolean
}
const kinds: readonly Kind[] = [
  { id: 'histogram', name: 'Histogram' },
  { id: 'ecdf', name: 'ECDF' },
  { id: 'box', name: 'Box' },
  { id: 'qq', name: 'Q-Q' },
  { id: 'shares', name: 'Shares', when: (r) => r.shares.some((s) => s.segments.length > 0) },
  { id: 'clocks', name: 'Clocks', when: (r) => r.pps.length > 0 },
]
/** Those of one measure, with a run behind every point. */
const ofRuns: readonly PlotKind[] = ['histogram', 'ecdf', 'box', 'qq']

/** With them, nine tenths of the values still have a tenth of the width. */
function tailsFit(samples: readonly RunsSample[]): boolean {
  const percent = (s: RunsSample, p: number) => s.percentiles.find((q) => q.percent === p)!.value
  const all = Math.max(...samples.map((s) => s.max)) - Math.min(...samples.map((s) => s.min))
  const most = Math.max(...samples.map((s) => percent(s, 95))) - Math.min(...samples.map((s) => percent(s, 5)))
  return samples.length === 0 || most >= all / 10
}

export function Plots({ report }: { readonly report: RunsReport }) {
  const kind = runsPlot.value
  const series = runsSeries.value
  const samples = series.flatMap((s) => shownSamples.value.find((x) => seriesName(x) === s.name) ?? [])
  const tails = runsTails.value ?? tailsFit(samples)
  const input: PlotInput = {
    series,
    samples,
    unit: report.unit,
    tails,
  }
  const widest = Math.max(...report.measures.map((m) => m.length + 6))
  const left =
    kind === 'box'
      ? Math.min(190, 24 + 6.2 * Math.max(4, ...series.map((s) => s.name.length)))
      : kind === 'shares'
        ? Math.min(330, 6.2 * widest)
        : 46
  const draw = (box: PlotBox): Drawn | null => {
    switch (kind) {
      case 'histogram':
        return histogram(input, box)
      case 'ecdf':
        return ecdf(input, box)
      case 'box':
        return boxes(input, box)
      case 'qq':
        return quantiles(input, box)
      case 'shares':
        return variance(report.shares, box)
      case 'clocks':
        return residuals(report.pps, box)
    }
  }
  return (
    <section class="runs-plots" aria-label="Plots">
      <div class="panel-bar">
        {kinds
          .filter((k) => k.when?.(report) ?? true)
          .map((k) => (
            <button
              key={k.id}
              type="button"
              class={`quiet ${kind === k.id ? 'on' : ''}`}
              aria-pressed={kind === k.id}
              onClick={() => (runsPlot.value = k.id)}
            >
              {k.name}
            </button>
          ))}
        <span class="fill" />
        {kind === 'clocks' &&
          [...new Set(report.pps.map((p) => p.environment))].map((e, k) => (
            <span key={e} class="check">
              <span class={`runs-swatch series-${k}`} /> {environmentName(e)}
            </span>
          ))}
        {ofRuns.includes(kind) && (
          <>
            <label class="check" title="All values; without, the middle 98 % of each group">
              <input type="checkbox" checked={tails} onChange={() => (runsTails.value = !tails)} />
              Tails
            </label>
            <select
              class="field"
              aria-label="Measure"
              value={runsMeasure.value}
              onChange={(e) => chooseMeasure(e.currentTarget.value)}
            >
              {report.measures.map((m) => (
                <option key={m} value={m}>
                  {m}
                </option>
              ))}
            </select>
          </>
        )}
      </div>
      <PlotFrame
        title={`${kinds.find((k) => k.id === kind)!.name} of ${runsMeasure.value}`}
        left={left}
        draw={draw}
        empty="There is nothing to draw: choose a group to the left."
        onChoose={(run) => handle(chooseRun(run))}
        chosen={ofRuns.includes(kind) ? (chosenRun.value?.run ?? null) : null}
      />
      {/* In the drawer there is no height for them here. */}
      {!session.value && ofRuns.includes(kind) && (
        <div class="runs-below scroll" tabIndex={0} aria-label="Figures">
          <Figures samples={shownSamples.value} unit={report.unit} />
          <Tests report={report} />
        </div>
      )}
    </section>
  )
}

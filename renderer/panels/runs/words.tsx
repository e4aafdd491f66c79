// To the right: the run that was chosen, what was found, one sentence a comparison, and the figures with their warnings.

import type {
  RunsCategories,
  RunsComparison,
  RunsFormat,
  RunsReport,
  RunsWarning,
} from '../../../workers/thread/contract.js'
import { formatDelta, formatInteger, formatShort } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import { engine, select, session } from '../../state/session-state.js'
import {
  answeredQuery,
  chosenRun,
  environmentName,
  runsShown,
  sameSeries,
  shownSamples,
  showChosenRun,
} from '../../state/runs.js'
import { saveText } from '../../widgets/save.js'
import { Figures } from './figures.js'
import { shownComparisons, Tests } from './tests.js'

export function Words({ report }: { readonly report: RunsReport }) {
  const shown = runsShown.value
  const among = (side: { readonly environment: string; readonly stratum: string }) =>
    shown.some((s) => sameSeries(s, side))
  const here = shownComparisons(report)
  const categories = report.categories.filter((c) => among(c.a) && among(c.b))
  return (
    <div class="runs-words scroll" tabIndex={0} aria-label="Findings">
      <Chosen unit={report.unit} />
      {here.length + categories.length > 0 && <Shown sentences={[...here.map(said), ...categories.map(saidOf)]} />}
      <section>
        <h3>Found in all of it</h3>
        {report.findings.length === 0 ? (
          <p class="muted">No difference, no lost edge, no offset.</p>
        ) : (
          <ul>
            {report.findings.map((f) => (
              <li key={f.sentence} class="found">
                {f.sentence}
              </li>
            ))}
          </ul>
        )}
        {report.warnings.map((w) => (
          <p key={w.text} class="muted runs-note">
            {w.text}
          </p>
        ))}
      </section>
      {session.value && (
        <>
          <Figures samples={shownSamples.value} unit={report.unit} />
          <Tests report={report} />
        </>
      )}
      <section class="muted runs-note">
        <p>
          The unit is the run; {report.resamples} resamples, seed {report.seed}, {100 * report.confidence} % intervals;
          p adjusted after Holm over {report.tests} tests.
        </p>
        <p class="button-row">
          {(['html', 'md', 'csv', 'json'] as const).map((format) => (
            <button key={format} type="button" class="button" onClick={() => handle(save(format))}>
              Save {format.toUpperCase()}
            </button>
          ))}
        </p>
      </section>
    </div>
  )
}

interface Sentence {
  readonly text: string
  readonly found: boolean
  readonly warnings: readonly RunsWarning[]
}
const said = (c: RunsComparison): Sentence => ({
  text: c.sentence,
  found: c.location === 'differs' || c.spread === 'differs',
  warnings: [...c.warnings, ...c.difference.warnings],
})
const saidOf = (c: RunsCategories): Sentence => ({ text: c.sentence, found: c.differs, warnings: c.warnings })

/** One sentence a comparison; a warning has a number there, and its words stand below. */
function Shown({ sentences }: { readonly sentences: readonly Sentence[] }) {
  const notes = [...new Set(sentences.flatMap((s) => s.warnings.map((w) => w.text)))]
  return (
    <section>
      <h3>Shown groups</h3>
      <ul>
        {sentences.map((s) => (
          <li key={s.text} class={s.found ? 'found' : ''}>
            {s.text}
            {s.warnings.length > 0 && (
              <sup>{[...new Set(s.warnings.map((w) => notes.indexOf(w.text) + 1))].join(' ')}</sup>
            )}
          </li>
        ))}
      </ul>
      {notes.map((text, i) => (
        <p key={text} class="muted runs-note">
          <sup>{i + 1}</sup> {text}
        </p>
      ))}
    </section>
  )
}

async function save(format: RunsFormat): Promise<void> {
  const query = answeredQuery()
  if (!query) return
  const text = await engine.peek()!.runsExport(query, format)
  saveText(`runs.${format}`, text)
}

function Chosen({ unit }: { readonly unit: 'ns' | 'ticks' }) {
  const run = chosenRun.value
  if (!run) return null
  const total = run.steps.reduce((n, s) => n + s.since, 0)
  const about = Object.entries(run.attributes)
  return (
    <section class="runs-chosen">
      <h3>
        Run {run.id} of {environmentName(run.environment)} {run.session}
        <button type="button" class="quiet end" aria-label="Forget this run" onClick={() => (chosenRun.value = null)}>
          ×
        </button>
      </h3>
      <ol>
        {run.steps.map((s, i) => (
          <li key={s.label}>
            <span class="runs-step" style={{ width: total > 0 ? `${(100 * s.since) / total}%` : '0' }} />
            <span class="one-line" title={`${formatInteger(BigInt(s.time))} ${unit}`}>
              {s.position !== null && run.shown ? (
                <button type="button" class="link" onClick={() => handle(goToStep(run.steps[i]!.position!))}>
                  {s.label}
                </button>
              ) : (
                s.label
              )}
            </span>
            <span class="right">
              {i === 0 ? '' : `+${formatDelta(s.since, unit)}`}
              {s.accuracy !== null && <span class="muted"> ±{formatShort(s.accuracy, unit)}</span>}
            </span>
          </li>
        ))}
      </ol>
      <p class="muted">
        {formatDelta(total, unit)} in all
        {run.place && `; ${run.place.file} line ${run.place.line}`}
        {run.aligned && `; edge ${run.aligned.edge} of the pulse and ${formatDelta(run.aligned.ns, 'ns')}`}
        {about.length > 0 && `; ${about.map(([k, v]) => `${k} ${v}`).join(', ')}`}
      </p>
      {run.shown ? (
        <button type="button" class="button" onClick={showChosenRun}>
          Show on the timeline
        </button>
      ) : (
        <p class="muted runs-note">
          {run.place === null
            ? 'The recording that this run was taken from was closed, or its clocks were changed: take the runs again.'
            : session.value
              ? 'The open recording does not cover the time of this run.'
              : 'With the recording of the same time open, the run would be shown on its timeline.'}
        </p>
      )}
    </section>
  )
}

async function goToStep(position: Parameters<typeof select>[0]): Promise<void> {
  const event = await engine.peek()?.details(position)
  if (event) select(event.position, event.t, `m${event.machine}/cpu${event.cpu}`, 'inspector')
}

// To the left: the chain, what it is divided by, the groups with their strata, and what was left out.

import { formatCount, parseDelta, plural } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import {
  analyse,
  closeRuns,
  environmentName,
  runsInput,
  runsMargin,
  runsReport,
  runsResamples,
  runsResolved,
  runsSeed,
  runsShown,
  runsStratify,
  sameSeries,
  takeFromRecording,
  toggleSeries,
  type SeriesKey,
} from '../../state/runs.js'
import { session } from '../../state/session-state.js'
import { ChainField } from './chain.js'
import { definitionsOpen } from './definitions.js'
import { openRecordsDialog } from './open.js'

export function Asked() {
  const input = runsInput.value!
  return (
    <div class="runs-asked scroll" tabIndex={0} aria-label="Groups of runs">
      <button
        type="button"
        class="quiet runs-close"
        title="Forget these runs"
        aria-label="Close the runs"
        onClick={() => handle(closeRuns())}
      >
        ×
      </button>
      <ChainField />
      <p class="button-row">
        <button type="button" class="button" title="Read other records in place of these" onClick={openRecordsDialog}>
          Open
        </button>
        {session.value && (
          <button
            type="button"
            class="button"
            title="Take the runs of this chain from the open recording"
            onClick={() => handle(takeFromRecording())}
          >
            From recording
          </button>
        )}
        <button
          type="button"
          class="button"
          title="What the labels of a chain stand for"
          onClick={() => (definitionsOpen.value = true)}
        >
          Labels
        </button>
      </p>
      <Strata />
      <Groups />
      <Settings />
      <Resolved />
      <Faults />
      <p class="muted runs-read">
        {plural(input.rows, 'record')} of {plural(input.files, 'file')}
      </p>
    </div>
  )
}

function Strata() {
  const keys = runsInput.value?.strata ?? []
  if (keys.length === 0) return null
  const chosen = runsStratify.value
  return (
    <fieldset class="runs-strata">
      <legend>Divide by</legend>
      {keys.map(({ key, values }) => (
        <label key={key} class="check" title={plural(values, 'value')}>
          <input
            type="checkbox"
            checked={chosen.includes(key)}
            onChange={() => {
              runsStratify.value = chosen.includes(key) ? chosen.filter((k) => k !== key) : [...chosen, key]
              handle(analyse())
            }}
          />
          {key}
        </label>
      ))}
    </fieldset>
  )
}

function Groups() {
  const report = runsReport.value
  if (!report) return null
  return (
    <table class="runs-groups">
      <thead>
        <tr>
          <th scope="col">Group</th>
          <th scope="col" class="right">
            Runs
          </th>
        </tr>
      </thead>
      <tbody>
        {report.groups.map((g) => (
          <>
            <Group
              key={g.environment}
              of={{ environment: g.environment, stratum: '' }}
              name={environmentName(g.environment)}
              runs={g.runs}
            />
            {g.incomplete > 0 && (
              <tr key={`${g.environment} incomplete`} class="muted">
                <td>lacking a probe</td>
                <td class="right">{formatCount(g.incomplete)}</td>
              </tr>
            )}
            {g.strata.map((s) => (
              <Group
                key={`${g.environment} ${s.stratum}`}
                of={{ environment: g.environment, stratum: s.stratum }}
                name={s.stratum.replaceAll('=', ' ')}
                runs={s.runs}
                inner
              />
            ))}
          </>
        ))}
      </tbody>
    </table>
  )
}

interface GroupProps {
  readonly of: SeriesKey
  readonly name: string
  readonly runs: number
  readonly inner?: boolean
}
function Group({ of, name, runs, inner = false }: GroupProps) {
  const at = runsShown.value.findIndex((s) => sameSeries(s, of))
  return (
    <tr>
      <td class={inner ? 'inner' : ''}>
        <button
          type="button"
          class="runs-group"
          aria-pressed={at >= 0}
          disabled={runs === 0}
          title={at >= 0 ? 'Shown; click to take it away' : 'Click to show it beside the others'}
          onClick={() => toggleSeries(of)}
        >
          <span class={`runs-swatch ${at >= 0 ? `series-${at}` : ''}`} />
          <span class="one-line">{name}</span>
        </button>
      </td>
      <td class="right">{formatCount(runs)}</td>
    </tr>
  )
}

function Settings() {
  const again = () => handle(analyse())
  return (
    <details class="runs-settings">
      <summary>How it is computed</summary>
      <label title="Differences below this are of no concern: it is tested whether groups are equivalent within it">
        Margin
        <input
          class="field"
          placeholder="none; 500 ns, 2 us"
          defaultValue={runsMargin.peek() === null ? '' : `${runsMargin.peek()} ns`}
          onChange={(e) => {
            const ns = Number(parseDelta(e.currentTarget.value, 'ns') ?? Number.NaN)
            const wrong = e.currentTarget.value.trim() !== '' && !(ns > 0)
            e.currentTarget.classList.toggle('wrong', wrong)
            if (wrong) return
            runsMargin.value = ns > 0 ? ns : null
            again()
          }}
        />
      </label>
      <label>
        Resamples
        <input
          class="field"
          type="number"
          min={100}
          max={100_000}
          step={100}
          defaultValue={String(runsResamples.peek())}
          onChange={(e) => {
            if (!e.currentTarget.checkValidity()) return
            runsResamples.value = e.currentTarget.valueAsNumber
            again()
          }}
        />
      </label>
      <label title="The same seed gives the same intervals">
        Seed
        <input
          class="field"
          type="number"
          min={0}
          max={4_294_967_295}
          defaultValue={String(runsSeed.peek())}
          onChange={(e) => {
            if (!e.currentTarget.checkValidity()) return
            runsSeed.value = e.currentTarget.valueAsNumber
            again()
          }}
        />
      </label>
    </details>
  )
}

function Resolved() {
  const resolved = runsResolved.value
  if (!resolved) return null
  return (
    <details>
      <summary>What was taken for the labels</summary>
      <dl class="facts">
        {resolved.steps.map((s) => (
          <>
            <dt key={s.label}>{s.label}</dt>
            <dd key={`${s.label} is`}>
              {s.taken.map((t) => `${t.machine}: ${t.candidate ?? `none of ${s.candidates.join(', ')}`}`).join('; ')}
            </dd>
          </>
        ))}
      </dl>
    </details>
  )
}

function Faults() {
  const faults = runsReport.value?.faults ?? runsInput.value?.faults ?? []
  if (faults.length === 0) return null
  const count = faults.reduce((n, f) => n + (f.times ?? 1), 0)
  return (
    <details class="runs-faults" open={!runsReport.value}>
      <summary class="warning">{plural(count, 'remark')} on the input</summary>
      <ul>
        {faults.slice(0, 200).map((f, i) => (
          <li key={i}>
            {f.file && <b>{f.file}: </b>}
            {f.message}
            {(f.times ?? 1) > 1 && <span class="muted"> {formatCount(f.times!)} like it.</span>}
          </li>
        ))}
      </ul>
    </details>
  )
}

// Who took a CPU from whom: single preemptions, sums, and the split of every vCPU's time, over the range or what is visible.

import { batch, computed, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { FusedTotals, Lacking, Preemption, PreemptionReport } from '../../workers/thread/contract.js'
import { formatCount, formatDelta, formatShort, formatTime, plural } from '../state/format.js'
import { askFused, fusing, hasVcpus, lacking } from '../state/fused.js'
import { isAbort, sentence } from '../state/messages.js'
import {
  engine,
  extent,
  fusedTracks,
  range,
  rangeSelection,
  revealRow,
  rowLayout,
  session,
  setRange,
  timeFormat,
} from '../state/session-state.js'
import type { TimeRange } from '../state/session-state.js'
import { chosenPreemption, culpritRows } from '../timeline/blame.js'
import { LatestOnly } from '../timeline/latest.js'
import { copyText } from '../widgets/copy.js'
import { Band, machineName } from '../widgets/machine.js'
import { goToRow } from './menus.js'
import { Exits, Tasks, Vcpus } from './fused-tables.js'
import { culpritName } from './preemption-text.js'

type Part = 'list' | 'victims' | 'culprits' | 'pairs' | 'vcpus' | 'tasks' | 'exits'
const parts: readonly (readonly [Part, string])[] = [
  ['list', 'Longest'],
  ['victims', 'By victim'],
  ['culprits', 'By culprit'],
  ['pairs', 'By pair'],
  ['vcpus', 'vCPUs'],
  ['tasks', 'Guest tasks'],
  ['exits', 'Exits'],
]
/** These split time, whoever was preempted. */
const sums: readonly Part[] = ['vcpus', 'tasks', 'exits']
type Kind = 'all' | 'vcpu' | 'task'
const kinds: readonly (readonly [Kind, string])[] = [
  ['all', 'vCPUs and tasks'],
  ['vcpu', 'vCPUs'],
  ['task', 'guest tasks'],
]

const part = signal<Part>('list')
const kind = signal<Kind>('all')
const report = signal<PreemptionReport | null>(null)
const totals = signal<FusedTotals | null>(null)
const trouble = signal<string | null>(null)
/** Rows of any one table. */
const ROWS = 300
/** Pause after the last move of the view, ms. */
const SETTLED = 200

/** The scope from before this table moved the view: going to one of its rows must not empty it. */
const held = signal<{
  readonly scope: TimeRange
  readonly range: TimeRange
  readonly chosen: TimeRange | null
} | null>(null)

/** What the numbers are about: the chosen range, else what is visible, within the recording. */
const scope = computed<TimeRange>(() => {
  const kept = held.value
  if (kept && kept.range === range.value && kept.chosen === rangeSelection.value) return kept.scope
  const { from, to } = rangeSelection.value ?? range.value
  const all = extent.value
  return from < all.to && to > all.from
    ? { from: from < all.from ? all.from : from, to: to > all.to ? all.to : to }
    : all
})

interface Question {
  readonly scope: TimeRange
  readonly kind: Kind
}
const asking = new LatestOnly<Question, readonly [PreemptionReport, FusedTotals] | null>(
  async (q) => {
    const api = engine.peek()
    if (!api) return null
    try {
      const query = { ...q.scope, limit: ROWS, ...(q.kind === 'all' ? {} : { kind: q.kind }) }
      return await Promise.all([api.preemptions(query), api.fusedTotals(q.scope)])
    } catch (e) {
      if (!isAbort(e)) trouble.value = sentence(e)
      return null
    }
  },
  (found) => {
    if (!found) return
    batch(() => {
      trouble.value = null
      ;[report.value, totals.value] = found
    })
  },
)

export function Preemptions() {
  const info = session.value
  const { from, to } = scope.value
  const version = fusedTracks.value?.version
  useEffect(() => {
    if (version === undefined || !hasVcpus.peek()) return undefined
    const timer = setTimeout(() => asking.ask({ scope: scope.peek(), kind: kind.peek() }), SETTLED)
    return () => clearTimeout(timer)
  }, [from, to, version, kind.value])
  if (!info) return null
  if (!hasVcpus.value) return <Nothing />
  const now = report.value
  const stale = now?.version !== info.version || now.from !== from || now.to !== to
  return (
    <div class="panel-fill">
      <div class="panel-bar">
        {parts.map(([p, name]) => (
          <button
            key={p}
            type="button"
            class={`quiet ${part.value === p ? 'on' : ''}`}
            onClick={() => (part.value = p)}
          >
            {name}
          </button>
        ))}
        {!sums.includes(part.value) && (
          <label class="check">
            of{' '}
            <select
              class="field"
              aria-label="Whose preemptions"
              value={kind.value}
              onChange={(e) => (kind.value = kinds.find(([k]) => k === e.currentTarget.value)?.[0] ?? 'all')}
            >
              {kinds.map(([k, name]) => (
                <option key={k} value={k}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <span class="fill" />
        {now && (
          <span class="muted one-line">
            {plural(now.count, 'preemption')}, {formatShort(now.lost, info.unit)} lost in{' '}
            {held.value && scope.value === held.value.scope
              ? ''
              : rangeSelection.value
                ? 'the range of '
                : 'the visible '}
            {formatShort(now.to - now.from, info.unit)}
          </span>
        )}
      </div>
      {trouble.value !== null && <p class="warning">{trouble.value}</p>}
      <div class={`scroll panel-table ${stale ? 'stale' : ''}`} tabIndex={0} aria-label="Preemptions">
        {now && part.value === 'list' && <List rows={now.rows} total={now.count} />}
        {now && part.value === 'victims' && <Victims report={now} />}
        {now && part.value === 'culprits' && <Culprits report={now} />}
        {now && part.value === 'pairs' && <Pairs report={now} />}
        {totals.value && part.value === 'vcpus' && <Vcpus totals={totals.value} />}
        {totals.value && part.value === 'tasks' && <Tasks totals={totals.value} />}
        {totals.value && part.value === 'exits' && <Exits totals={totals.value} />}
        <LackingList list={lacking.value ?? []} />
      </div>
    </div>
  )
}

function Nothing() {
  const version = session.value?.version
  useEffect(() => {
    if (fusedTracks.peek() === null) askFused()
  }, [version])
  return (
    <div class="scroll panel-fill" tabIndex={0} aria-label="Preemptions">
      <p class="empty">
        {fusing.value !== null
          ? 'What the CPUs really ran is being worked out.'
          : 'Shows who took a CPU away from a vCPU or a guest’s task. It needs a recording of a host with its guests.'}
      </p>
      <LackingList list={lacking.value ?? []} />
    </div>
  )
}

function LackingList({ list }: { readonly list: readonly Lacking[] }) {
  const commands = [...new Set(list.map((l) => l.command))]
  if (list.length === 0) return null
  return (
    <section class="lacking">
      <h3>More could be told</h3>
      <ul>
        {list.map((l, i) => (
          <li key={i}>{l.sentence}</li>
        ))}
      </ul>
      {commands.map((c) => (
        <p key={c} class="command">
          <code>{c}</code>
          <button type="button" class="button" onClick={() => copyText(c)}>
            Copy
          </button>
        </p>
      ))}
    </section>
  )
}

/** Shows a preemption: its time in the middle of the view, its row active, its range chosen, an arrow to its culprit. */
function show(p: Preemption): void {
  const air = Math.max((p.to - p.from) * 1.5, 20)
  batch(() => {
    const before = scope.peek()
    const chosen = { from: p.from, to: p.to }
    setRange(p.from - air, p.to + air, true)
    rangeSelection.value = chosen
    held.value = { scope: before, range: range.peek(), chosen }
    chosenPreemption.value = { version: session.peek()?.version ?? -1, of: p }
    // Both ends of the arrow in sight, where they fit; the victim's in any case.
    const end = culpritRows(p).find((id) => rowLayout.peek().index.has(id))
    if (end !== undefined) revealRow(end)
    goToRow(p.track)
  })
}

function List({ rows, total }: { readonly rows: readonly Preemption[]; readonly total: number }) {
  const info = session.value
  if (!info) return null
  if (rows.length === 0) return <p class="empty">Nobody was preempted here.</p>
  return (
    <table class="sums">
      <thead>
        <tr>
          <th scope="col" class="right">
            Lost
          </th>
          <th scope="col">Victim</th>
          <th scope="col">Culprit</th>
          <th scope="col">Stood still</th>
          <th scope="col">Where</th>
          <th scope="col" class="right">
            From
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((p) => (
          <tr
            key={`${p.track} ${p.from}`}
            class={chosenPreemption.value?.of === p ? 'chosen' : ''}
            onClick={() => show(p)}
          >
            <td class="right">
              <button type="button" class="link" title="Go there">
                {formatDelta(p.lost, info.unit)}
              </button>
            </td>
            <td>
              <Band machine={p.victim.machine} />
              {p.victim.name} <span class="muted">{p.kind === 'vcpu' ? 'vCPU' : machineName(p.victim.machine)}</span>
            </td>
            <td>
              <Band machine={p.culprit.machine} />
              <span title={p.shares.map((s) => `${s.by.name} ${formatShort(s.time, info.unit)}`).join('\n')}>
                {culpritName(p.culprit, machineName)}
              </span>
              {p.shares.length > 1 && <span class="muted"> and {p.shares.length - 1} more</span>}
            </td>
            <td>{p.stoodStill.pid === 0 ? <span class="muted">idle</span> : p.stoodStill.name}</td>
            <td class="muted">
              {machineName(p.victim.machine)} CPU {p.cpu}
            </td>
            <td class="right">{formatTime(p.from, info, timeFormat.value)}</td>
          </tr>
        ))}
      </tbody>
      {total > rows.length && (
        <caption>
          {formatCount(rows.length)} longest of {formatCount(total)}; zoom in or choose a range to see others.
        </caption>
      )}
    </table>
  )
}

interface SumsProps {
  readonly heads: readonly string[]
  readonly rows: readonly { readonly cells: readonly string[]; readonly count: number; readonly lost: number }[]
  readonly of: number
}
function Sums({ heads, rows, of }: SumsProps) {
  const unit = session.value?.unit ?? 'ns'
  if (rows.length === 0) return <p class="empty">Nobody was preempted here.</p>
  return (
    <table class="sums">
      <thead>
        <tr>
          {heads.map((h) => (
            <th key={h} scope="col">
              {h}
            </th>
          ))}
          {['Times', 'Lost', 'Share', 'Mean'].map((h) => (
            <th key={h} scope="col" class="right">
              {h}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, ROWS).map((r, i) => (
          <tr key={i}>
            {r.cells.map((c, k) => (
              <td key={k}>{c}</td>
            ))}
            <td class="right">{formatCount(r.count)}</td>
            <td class="right">{formatDelta(r.lost, unit)}</td>
            <td class="right">{of > 0 ? `${((100 * r.lost) / of).toFixed(1)} %` : ''}</td>
            <td class="right muted">{r.count > 0 ? formatShort(r.lost / r.count, unit) : ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface ReportProps {
  readonly report: PreemptionReport
}
const whose = (a: { readonly machine: number; readonly name: string }): string =>
  `${machineName(a.machine as Preemption['victim']['machine'])} ${a.name}`

const Victims = ({ report: r }: ReportProps) => (
  <Sums heads={['Victim']} of={r.lost} rows={r.byVictim.map((v) => ({ ...v, cells: [whose(v.victim)] }))} />
)
const Culprits = ({ report: r }: ReportProps) => (
  <Sums
    heads={['Culprit']}
    of={r.lost}
    rows={r.byCulprit.map((c) => ({ ...c, cells: [culpritName(c.culprit, machineName)] }))}
  />
)
const Pairs = ({ report: r }: ReportProps) => (
  <Sums
    heads={['Victim', 'Culprit']}
    of={r.lost}
    rows={r.byPair.map((p) => ({ ...p, cells: [whose(p.victim), culpritName(p.culprit, machineName)] }))}
  />
)

// Single preemptions, the longest first, and their sums by victim, by culprit and by pair.

import type { Preemption, PreemptionReport } from '../../../workers/thread/contract.js'
import { formatCount, formatDelta, formatShort, formatTime } from '../../state/format.js'
import { session, timeFormat } from '../../state/session-state.js'
import { chosenPreemption } from '../../timeline/blame.js'
import { Band, machineName } from '../../widgets/machine.js'
import { culpritName } from '../preemption-text.js'
import { ROWS, show } from './report.js'

interface ReportProps {
  readonly report: PreemptionReport
}

export function List({ report: { rows, count: total } }: ReportProps) {
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

const whose = (a: { readonly machine: number; readonly name: string }): string =>
  `${machineName(a.machine as Preemption['victim']['machine'])} ${a.name}`

export const Victims = ({ report: r }: ReportProps) => (
  <Sums heads={['Victim']} of={r.lost} rows={r.byVictim.map((v) => ({ ...v, cells: [whose(v.victim)] }))} />
)
export const Culprits = ({ report: r }: ReportProps) => (
  <Sums
    heads={['Culprit']}
    of={r.lost}
    rows={r.byCulprit.map((c) => ({ ...c, cells: [culpritName(c.culprit, machineName)] }))}
  />
)
export const Pairs = ({ report: r }: ReportProps) => (
  <Sums
    heads={['Victim', 'Culprit']}
    of={r.lost}
    rows={r.byPair.map((p) => ({ ...p, cells: [whose(p.victim), culpritName(p.culprit, machineName)] }))}
  />
)

// Who took a CPU from whom: single preemptions, sums, and the split of every vCPU's time, over the range or what is visible.

import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import type { FusedTotals, PreemptionReport } from '../../workers/thread/contract.js'
import { formatShort, plural } from '../state/format.js'
import { askFused, fusing, hasVcpus, lacking } from '../state/fused.js'
import { SaveTable } from './save-table.js'
import { scope, scopeWords } from '../state/scope.js'
import { fusedTracks, session } from '../state/session-state.js'
import { Containers, Exits, Steal, Tasks, Vcpus } from './fused-tables.js'
import { LackingList } from './lacking.js'
import { Culprits, List, Pairs, Victims } from './preemptions/lists.js'
import { asking, report, SETTLED, totals, trouble, type Kind } from './preemptions/report.js'

interface PartProps {
  readonly report: PreemptionReport
  readonly totals: FusedTotals
}
interface Part {
  readonly id: string
  readonly label: string
  readonly component: ComponentType<PartProps>
  /** It splits time, whoever was preempted. */
  readonly sums?: true
  readonly when?: (totals: FusedTotals | null) => boolean
}
const parts: readonly Part[] = [
  { id: 'list', label: 'Longest', component: List },
  { id: 'victims', label: 'Victims', component: Victims },
  { id: 'culprits', label: 'Culprits', component: Culprits },
  { id: 'pairs', label: 'Pairs', component: Pairs },
  { id: 'vcpus', label: 'vCPUs', component: Vcpus, sums: true },
  { id: 'steal', label: 'Steal', component: Steal, sums: true },
  { id: 'tasks', label: 'Guest tasks', component: Tasks, sums: true },
  {
    id: 'containers',
    label: 'Containers',
    component: Containers,
    sums: true,
    when: (t) => t !== null && t.containers.length > 0,
  },
  { id: 'exits', label: 'Exits', component: Exits, sums: true },
]
const kinds: readonly (readonly [Kind, string])[] = [
  ['all', 'vCPUs and tasks'],
  ['vcpu', 'vCPUs'],
  ['task', 'guest tasks'],
]

const part = signal('list')
const kind = signal<Kind>('all')

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
  const shown = parts.filter((p) => p.when?.(totals.value) ?? true)
  const current = shown.find((p) => p.id === part.value) ?? shown[0]!
  const Part = current.component
  const stale = now?.version !== info.version || now.from !== from || now.to !== to
  return (
    <div class="panel-fill">
      <div class="panel-bar">
        {shown.map(({ id: p, label }) => (
          <button
            key={p}
            type="button"
            class={`quiet ${current.id === p ? 'on' : ''}`}
            onClick={() => (part.value = p)}
          >
            {label}
          </button>
        ))}
        {!current.sums && (
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
            {plural(now.count, 'preemption')}, {formatShort(now.lost, info.unit)} lost in {scopeWords.value}
            {formatShort(now.to - now.from, info.unit)}
          </span>
        )}
        <SaveTable tables={['preemptions', 'vcpu-totals', 'task-totals']} />
      </div>
      {trouble.value !== null && <p class="warning">{trouble.value}</p>}
      <div class={`scroll panel-table ${stale ? 'stale' : ''}`} tabIndex={0} aria-label="Preemptions">
        {now && totals.value && <Part report={now} totals={totals.value} />}
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

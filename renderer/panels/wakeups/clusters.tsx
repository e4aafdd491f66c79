// Clusters of alike stacks with their flags and their spread, the machines beside each other.

import { signal } from '@preact/signals'
import type {
  ClusterShare,
  DeltaStage,
  FlagConstellation,
  WakeupCluster,
  WakeupClusters,
} from '../../../workers/thread/contract.js'
import { formatCount, formatShort } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import { session } from '../../state/session-state.js'
import { goWakeup } from '../../timeline/hops.js'
import { copyText } from '../../widgets/copy.js'
import { Band, machineCss } from '../../widgets/machine.js'
import { WorkProgress } from '../status.js'
import { NoStacks } from './stacks.js'
import { useAnswer, wakeQuery } from './view.js'

const STAGES: Readonly<Record<DeltaStage, string>> = {
  first_read: 'the first timekeeping read',
  switch_in: 'running',
  wakeup: 'the wakeup',
}
/** Average distances up to which stacks are one cluster. */
const cuts = [0.1, 0.2, 0.3, 0.5] as const
const cut = signal<number>(0.3)
const open = signal<string | null>(null)
/** Functions of a stack that stand in its row. */
const SHOWN = 4

export function Clusters() {
  const query = wakeQuery.value
  const { value, trouble, waiting, progress, cancel } = useAnswer(
    (api, onProgress, abort) => api.wakeupClusters({ filter: query, cut: cut.value }, onProgress, abort),
    [query, cut.value],
  ).value
  if (waiting && !value)
    return (
      <p class="empty">
        <WorkProgress work={{ title: 'Reading and comparing the stacks', progress, cancel }} />
      </p>
    )
  if (trouble !== null && !value) return <p class="warning">{trouble}</p>
  if (!value) return null
  if (value.clusters.length === 0) return <NoStacks />
  return (
    <div class={`scroll panel-fill ${waiting ? 'waits' : ''}`} tabIndex={0} aria-label="Stack clusters">
      <table class="sums clusters">
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>
              Cluster
            </th>
            <th scope="col" rowSpan={2} class="right">
              Wake-ups
            </th>
            {value.sides.map((s) => (
              <th key={s.machine} scope="colgroup" colSpan={3}>
                <Band machine={s.machine} />
                {s.name} <span class="muted">{formatCount(s.count)} with a stack</span>
              </th>
            ))}
            <th scope="col" rowSpan={2}>
              Flags
            </th>
            <th scope="col" rowSpan={2}>
              Stack, innermost first
            </th>
          </tr>
          <tr>
            {value.sides.map((s) => [
              <th key={`${s.machine}s`} scope="col" class="right">
                Share
              </th>,
              <th key={`${s.machine}m`} scope="col" class="right" title={`From waking to ${STAGES[value.delta]}`}>
                Median
              </th>,
              <th
                key={`${s.machine}i`}
                scope="col"
                class="right"
                title="Interquartile range: the middle half lies within it"
              >
                Spread
              </th>,
            ])}
          </tr>
        </thead>
        <tbody>
          {value.clusters.map((c) => (
            <ClusterRows key={c.id} of={c} all={value} />
          ))}
        </tbody>
        <caption>
          Deltas last from the waking to {STAGES[value.delta]}. Stacks are one cluster up to an average distance of{' '}
          <select
            class="field"
            aria-label="Distance up to which stacks are one cluster"
            value={String(cut.value)}
            onChange={(e) => (cut.value = Number(e.currentTarget.value))}
          >
            {cuts.map((c) => (
              <option key={c} value={String(c)}>
                {c}
              </option>
            ))}
          </select>
          . Click a cluster for its stacks and flags.
        </caption>
      </table>
    </div>
  )
}

interface RowsProps {
  readonly of: WakeupCluster
  readonly all: WakeupClusters
}
function ClusterRows({ of: c, all }: RowsProps) {
  const isOpen = open.value === c.id
  const most = c.flags[0]
  return (
    <>
      <tr class={isOpen ? 'chosen' : ''} onClick={() => (open.value = isOpen ? null : c.id)}>
        <td>
          <button type="button" class="link" aria-expanded={isOpen} title={`Cluster ${c.id}`}>
            {c.name}
          </button>
        </td>
        <td class="right">{formatCount(c.count)}</td>
        {c.sides.map((s, i) => (
          <ShareCells key={i} of={s} machine={all.sides[i]!.machine} />
        ))}
        <td title={c.flags.map((f) => `${formatCount(f.count)}  ${flagWords(f)}`).join('\n')}>
          {most && flagWords(most)}
          {c.flags.length > 1 && <span class="muted"> and {c.flags.length - 1} more</span>}
        </td>
        <td class="mono" title={c.frames.join('\n')}>
          {c.frames.slice(0, SHOWN).join(' < ')}
        </td>
      </tr>
      {isOpen && (
        <tr class="cluster-open">
          <td colSpan={4 + 3 * all.sides.length}>
            <ClusterDetails of={c} all={all} />
          </td>
        </tr>
      )}
    </>
  )
}

function ShareCells({
  of: s,
  machine,
}: {
  readonly of: ClusterShare
  readonly machine: WakeupClusters['sides'][number]['machine']
}) {
  const unit = session.value?.unit ?? 'ns'
  const length = (n: number | undefined) => (n === undefined ? '' : formatShort(n, unit))
  return (
    <>
      <td class="right share">
        <span class="share-bar" style={{ width: `${40 * s.share}px`, background: machineCss(machine) }} />
        {s.count === 0 ? <span class="muted">none</span> : `${(100 * s.share).toFixed(1)} %`}
      </td>
      <td class="right">{length(s.deltas?.median)}</td>
      <td class="right muted">{length(s.deltas?.iqr)}</td>
    </>
  )
}

const flagWords = (f: FlagConstellation): string =>
  f.raw === null || f.text === f.raw ? f.text : `${f.text} (${f.raw})`

function ClusterDetails({ of: c, all }: RowsProps) {
  const unit = session.value?.unit ?? 'ns'
  const first = c.wakeups[0]
  return (
    <div class="cluster-details">
      <section>
        <h3>Flags constellation</h3>
        <ul>
          {c.flags.map((f) => (
            <li key={f.text}>
              <b>{formatCount(f.count)}</b> {flagWords(f)}
              {f.deltas && (
                <span class="muted">
                  {' '}
                  median {formatShort(f.deltas.median, unit)}, spread {formatShort(f.deltas.iqr, unit)}
                </span>
              )}
              {all.sides.length > 1 && (
                <span class="muted">
                  {' '}
                  ({f.sides.map((s, i) => `${all.sides[i]!.name} ${formatCount(s.count)}`).join(', ')})
                </span>
              )}
            </li>
          ))}
        </ul>
        {first !== undefined && (
          <p>
            <button type="button" class="button" onClick={() => handle(goWakeup({ wakeup: first }))}>
              Go to its first wake-up
            </button>
          </p>
        )}
      </section>
      <section>
        <h3 class="with-action">
          {c.stacks.length === 1 ? 'Its stack' : `Most frequent of its ${formatCount(c.stacks.length)} stacks`}
          <button type="button" class="button end" onClick={() => copyText(c.frames.join('\n'))}>
            Copy
          </button>
        </h3>
        <ol class="stack mono">
          {c.frames.map((f, i) => (
            <li key={i}>{f}</li>
          ))}
        </ol>
      </section>
    </div>
  )
}

// Tasks by the latencies of their wake-ups, the one with the longest first.

import type { WakeupLayers } from '../../../workers/thread/contract.js'
import { formatCount, formatDelta, formatShort, formatTime } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import { session, timeFormat } from '../../state/session-state.js'
import { goWakeup } from '../../timeline/hops.js'
import { Band, machineName } from '../../widgets/machine.js'
import { onlyWakee } from './filter-bar.js'
import { layerInk } from './latency-bar.js'
import { useAnswer, wakeQuery } from './view.js'
import { layerLook, layers, layerWords } from './words.js'

const ROWS = 300

export function Tasks() {
  const info = session.value
  const query = wakeQuery.value
  const layersOf = useAnswer((api) => api.wakeupLayers(query), [query]).value
  const { value, trouble, waiting } = useAnswer((api) => api.wakeupTasks(query, ROWS), [query]).value
  if (!info) return null
  if (trouble !== null) return <p class="warning">{trouble}</p>
  if (!value) return null
  const sums = layersOf.value
  if (value.count === 0) return <p class="empty">No task ran after a wake-up in this time.</p>
  return (
    <div class={`scroll panel-fill ${waiting ? 'waits' : ''}`} tabIndex={0} aria-label="Tasks by latency">
      {sums && <Split of={sums} />}
      <table class="sums">
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col" class="right">
              Runs
            </th>
            <th scope="col" class="right">
              Latency in all
            </th>
            <th scope="col" class="right">
              Mean
            </th>
            <th scope="col" class="right">
              Longest
            </th>
            <th scope="col" class="right">
              Woken at
            </th>
            <th scope="col" />
          </tr>
        </thead>
        <tbody>
          {value.tasks.map((t) => (
            <tr key={`${t.task.machine} ${t.task.pid}`}>
              <td>
                <Band machine={t.task.machine} />
                {t.task.name} <span class="muted">{machineName(t.task.machine)}</span>
              </td>
              <td class="right">{formatCount(t.runs)}</td>
              <td class="right">{formatDelta(t.total, info.unit)}</td>
              <td class="right">{formatShort(t.mean, info.unit)}</td>
              <td class="right">
                <button
                  type="button"
                  class="link"
                  title="Light up the chain of this one"
                  onClick={() => handle(goWakeup({ wakeup: t.slowest }))}
                >
                  {formatDelta(t.max, info.unit)}
                </button>
              </td>
              <td class="right muted">{formatTime(t.at, info, timeFormat.value)}</td>
              <td>
                <button type="button" class="link" onClick={() => onlyWakee(t.task.machine, t.task.pid)}>
                  only its wake-ups
                </button>
              </td>
            </tr>
          ))}
        </tbody>
        {value.count > value.tasks.length && (
          <caption>
            {formatCount(value.tasks.length)} of {formatCount(value.count)} tasks.
          </caption>
        )}
      </table>
    </div>
  )
}

/** All latencies together, by what they were spent with. */
function Split({ of }: { readonly of: WakeupLayers }) {
  const info = session.value
  const whole = layers.reduce((n, l) => n + of.split[l], 0)
  if (!info || !(whole > 0)) return null
  const guest = info.machines.find((m) => m.parent !== null) ?? info.machines[0]
  const host = info.machines.find((m) => m.parent === null)
  return (
    <div class="latency-split" role="group" aria-label="Where all latencies went">
      {layers
        .filter((l) => of.split[l] > 0)
        .map((l) => (
          <span key={l} title={layerWords[l]}>
            <span class={`seg seg-${layerLook[l]}`} style={{ '--c': layerInk(l, host?.machine, guest?.machine) }} />
            {l} <b>{formatShort(of.split[l], info.unit)}</b>{' '}
            <span class="muted">{((100 * of.split[l]) / whole).toFixed(1)} %</span>
          </span>
        ))}
      {of.unsplit && <span class="muted">guest and hypervisor cannot be told apart everywhere</span>}
    </div>
  )
}

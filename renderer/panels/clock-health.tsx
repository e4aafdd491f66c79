// What the events of host and guest say about a guest's clock: the facts, the methods side by side, where they disagree, and the
// bounds along the trace.

import type { ComponentChildren } from 'preact'
import type { ClockHealth, ClockMethod, ClockMethodReport, SessionInfo } from '../../workers/thread/contract.js'
import { BoundsChart } from '../charts/bounds-chart.js'
import { boundRuns } from '../state/bounds.js'
import type { BoundPoint } from '../state/bounds.js'
import { clockCards, statedBounds } from '../state/clock-cards.js'
import {
  formatAccuracy,
  formatBounds,
  formatCount,
  formatInteger,
  formatShare,
  formatShort,
  formatTime,
  plural,
} from '../state/format.js'
import { handle } from '../state/messages.js'
import {
  activeRow,
  cpuTrack,
  engine,
  revealRow,
  select,
  setRange,
  timeFormat,
  timelineView,
} from '../state/session-state.js'
import type { MachineIndex } from '../../workers/units.js'
import { methodNames, proof } from './verdict.js'

interface Props {
  readonly info: SessionInfo
  readonly machine: MachineIndex
  readonly use: (method: ClockMethod) => void
}

export function HealthCard({ info, machine, use }: Props) {
  const card = clockCards.value.get(machine)
  if (!card) return <p class="health-note muted">Comparing the events of host and guest.</p>
  if (!card.health) return <p class="health-note muted">{card.trouble}</p>
  const h = card.health
  const bounds = boundRuns(statedBounds(h), h.breaks)
  const corridor = boundRuns(h.corridor, h.breaks)
  // One axis for both: what happens in one stands above what happens in the other.
  const times = [...bounds, ...corridor].flatMap((run) => run.map((p) => p.t))
  const span = times.length > 0 ? ([Math.min(...times), Math.max(...times)] as const) : null
  return (
    <div class={`health ${card.version === info.version ? '' : 'stale'}`}>
      <Facts info={info} h={h} />
      <div>
        <Methods info={info} h={h} use={use} />
        <Worst info={info} h={h} />
        <Delays info={info} h={h} />
      </div>
      <BoundsChart
        info={info}
        title="True time minus time shown, bounds"
        about="The events allow true times between these bounds, and the accuracy is part of them. A band beside zero means that the times shown are wrong."
        runs={bounds}
        span={span}
        middle={false}
        none="The events give no bounds to draw."
        read={(p) => formatBounds(p, info.unit)}
      />
      <BoundsChart
        info={info}
        title="D and S per window"
        about="D: middle, S: width of the room that the tightest events of each window leave around the estimated line. A D that moves says that the clocks do not keep one straight relation; S below zero (red) that the events contradict one another."
        runs={corridor}
        span={span}
        middle
        none="Too few events lie beside entries and exits for a window: a step of the clocks would not be seen."
        read={(p) => readWindow(p, info.unit)}
      />
    </div>
  )
}

const readWindow = (p: BoundPoint, unit: 'ns' | 'ticks'): string =>
  `D ${formatShort((p.lower + p.upper) / 2, unit)}, S ${formatShort(p.upper - p.lower, unit)}`

/** A range of ppm, with as many digits as tell its ends apart, and never narrower than it is. */
function ppm([low, high]: readonly [number, number]): string {
  const digits = high - low < 10 ? 2 : 0
  const grain = 10 ** digits
  const text = (n: number) => n.toFixed(digits).replace('-', '\u2212')
  return `${text(Math.floor(low * grain) / grain)} to ${text(Math.ceil(high * grain) / grain)} ppm`
}

/** Share of the events that can be checked which lie inside a bracket. */
const insideShare = (m: ClockMethodReport): string => {
  const seen = m.inside + m.outside
  return seen === 0 ? 'none' : formatShare(m.inside, seen)
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Facts({ info, h }: { readonly info: SessionInfo; readonly h: ClockHealth }) {
  const { unit } = info
  const now = h.methods.find((m) => m.method === h.method)
  const before = h.methods.find((m) => m.method === 'recorded' && m.method !== h.method)
  const written = h.breaks.filter((b) => b.cause === 'kvm_write_tsc_offset').length
  return (
    <dl class="facts">
      {h.accuracy !== null && <Fact name="Accuracy">±{formatAccuracy(h.accuracy, unit)}</Fact>}
      {now && (
        <Fact name="Offset">
          {unit === 'ns' ? formatSeconds(now.offset) : `${formatInteger(BigInt(now.offset))} ticks`}
        </Fact>
      )}
      {h.drift && <Fact name="Drift">{ppm(h.drift)}</Fact>}
      {now && (
        <Fact name="Inside">
          {insideShare(now)} of {plural(now.inside + now.outside, 'event')}
          {before && <span class="muted">, {insideShare(before)} as recorded</span>}
        </Fact>
      )}
      <Fact name="Brackets">
        {formatCount(h.brackets.used)} used
        {h.brackets.ambiguous > 0 && `, ${formatCount(h.brackets.ambiguous)} ambiguous`}
        {h.brackets.open > 0 && `, ${formatCount(h.brackets.open)} open`}
      </Fact>
      <Fact name="Made of">{h.kind === 'kvm' ? 'kvm_entry to kvm_exit' : 'vCPU threads on a CPU'}</Fact>
      <Fact name="Covers">{formatShare(h.covered, 1)} of the guest’s events</Fact>
      {h.slack > 0 && <Fact name="Contradiction">{formatAccuracy(h.slack, unit)}</Fact>}
      {h.packets.used + h.packets.ambiguous > 0 && (
        <Fact name="Packets">
          {formatCount(h.packets.used)} used, {formatCount(h.packets.ambiguous)} ambiguous
        </Fact>
      )}
      {h.breaks.length > 0 && (
        <Fact name="Steps">
          {plural(h.breaks.length, 'step or change of rate', 'steps or changes of rate')}
          {written > 0 && <span class="muted">, {formatCount(written)} written by KVM, exact</span>}
        </Fact>
      )}
      {h.rebases.length > 0 && <Fact name="kvm-clock">rebased {plural(h.rebases.length, 'time')}</Fact>}
      {h.leftAt !== null && (
        <Fact name="Left host">{formatTime(h.leftAt, info, timeFormat.value)}; later times are not related</Fact>
      )}
      {h.threads.length > 0 && <Fact name="Threads">{threadsText(h.threads)}</Fact>}
    </dl>
  )
}

/** `vCPU 0 = 12891, vCPU 1 = 12894 by thread name`. */
function threadsText(threads: ClockHealth['threads']): string {
  const ways = [...new Set(threads.map((t) => t.by))]
  return ways
    .map((by) => {
      const found = threads.filter((t) => t.by === by).map((t) => `vCPU ${t.vcpu} = ${t.tid}`)
      return `${found.join(', ')} by ${by}`
    })
    .join('; ')
}

/** A decimal number of ns as seconds. */
const formatSeconds = (ns: string): string => formatTime(0, { unit: 'ns', epoch: ns, from: 0 }, 'trace')

function Methods({ info, h, use }: Omit<Props, 'machine'> & { readonly h: ClockHealth }) {
  return (
    <table class="fields">
      <thead>
        <tr>
          <th scope="col">Method</th>
          <th scope="col">Events say</th>
          <th scope="col" class="right" title="Distance from the middle of the bounds, in the middle of the trace">
            Off by
          </th>
          <th scope="col" class="right" title="Guest events while their vCPU cannot have run">
            Outside
          </th>
          <th scope="col" />
        </tr>
      </thead>
      <tbody>
        {h.methods.map((m) => {
          const says = proof(m.verdict, m.accuracy, info.unit)
          return (
            <tr key={m.method}>
              <th scope="row" title={methodNames[m.method].about}>
                {methodNames[m.method].name}
              </th>
              <td class={says.caution ? 'warning' : ''}>{says.text}</td>
              <td class="right">{m.error === null ? '–' : formatShort(m.error, info.unit)}</td>
              <td class="right">{formatCount(m.outside)}</td>
              <td>
                {m.method === h.method ? (
                  <span class="muted">in use</span>
                ) : (
                  <button
                    type="button"
                    class="link"
                    aria-label={`Use ${methodNames[m.method].name}`}
                    onClick={() => use(m.method)}
                  >
                    Use
                  </button>
                )}
                {m.method === h.recommended && m.method !== h.method && <span class="muted"> (better)</span>}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

type WorstPlace = ClockHealth['worst'][number]

/** Shows a guest event that cannot have happened when it is shown, and the time at which it could have. */
async function showWorst(machine: MachineIndex, w: WorstPlace): Promise<void> {
  const track = cpuTrack({ machine, cpu: w.cpu })
  const half = Math.max(Math.abs(w.by) * 5, 1000)
  setRange(w.t - half, w.t + half, true)
  activeRow.value = track
  revealRow(track)
  const found = await engine.peek()?.hover(track, w.t, half / 50, timelineView.peek())
  if (found?.event) select(found.event.position, found.event.t, track, 'inspector')
}

function Worst({ info, h }: { readonly info: SessionInfo; readonly h: ClockHealth }) {
  if (h.worst.length === 0) return null
  return (
    <>
      <h3>Furthest outside</h3>
      <ul>
        {h.worst.slice(0, 5).map((w) => (
          <li key={`${w.t} ${w.cpu}`}>
            <button
              type="button"
              class="link"
              title="Show this event on its row"
              onClick={() => handle(showWorst(h.machine, w))}
            >
              {formatTime(w.t, info, timeFormat.value)}
            </button>{' '}
            CPU {w.cpu}, {formatShort(Math.abs(w.by), info.unit)} too {w.by < 0 ? 'early' : 'late'}
          </li>
        ))}
      </ul>
    </>
  )
}

/** How long it takes from a guest's event to the exit that it causes: the steadier, the better the clocks agree. */
function Delays({ info, h }: { readonly info: SessionInfo; readonly h: ClockHealth }) {
  if (h.deltas.length === 0) return null
  const { unit } = info
  return (
    <table class="fields delays">
      <thead>
        <tr>
          <th scope="col">Delay from guest event to exit</th>
          <th scope="col" class="right">
            N
          </th>
          <th scope="col" class="right">
            Mean
          </th>
          <th scope="col" class="right">
            Variance
          </th>
          <th scope="col" class="right">
            SD
          </th>
        </tr>
      </thead>
      <tbody>
        {h.deltas.map((d) => (
          <tr key={d.sequence}>
            <th scope="row">{d.sequence.replace('->', '→')}</th>
            <td class="right">{formatCount(d.n)}</td>
            <td class="right">{formatShort(d.mean, unit)}</td>
            <td class="right">
              {formatCount(d.variance)} {unit}²
            </td>
            <td class="right">{formatShort(d.sd, unit)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

// What the events of host and guest say about a guest's clock: the verdict, the methods side by side, and where they disagree.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ClockHealth, ClockMethod, SessionInfo } from '../../workers/thread/contract.js'
import type { MachineIndex } from '../../workers/units.js'
import { formatCount, formatShare, formatShort, formatTime, plural } from '../state/format.js'
import { sentence } from '../state/messages.js'
import { engine, revealTime, timeFormat } from '../state/session-state.js'
import { bandPath } from './band.js'
import { methodNames, proof } from './verdict.js'

interface Props {
  readonly info: SessionInfo
  readonly machine: MachineIndex
  /** What stands above the card already. */
  readonly statement: string
  readonly use: (method: ClockMethod) => void
}

export function HealthCard({ info, machine, statement, use }: Props) {
  const health = useSignal<ClockHealth | null>(null)
  const trouble = useSignal<string | null>(null)
  useEffect(() => {
    let current = true
    trouble.value = null
    engine
      .peek()
      ?.clockHealth(machine)
      .then(
        (h) => current && (health.value = h),
        (e: unknown) => current && (trouble.value = sentence(e)),
      )
    return () => {
      current = false
    }
  }, [machine, info.version])
  if (trouble.value !== null) return <p class="health muted">{trouble.value}</p>
  const h = health.value
  if (!h) return <p class="health muted">Comparing the events of host and guest.</p>
  return (
    <div class="health">
      <div>
        {h.sentence !== statement && <p>{h.sentence}</p>}
        {h.recommended !== h.method && (
          <p class="warning">
            The events support “{methodNames[h.recommended].name}” better.{' '}
            <button type="button" class="link" onClick={() => use(h.recommended)}>
              Use it
            </button>
          </p>
        )}
        <Facts info={info} h={h} />
      </div>
      <div>
        <Methods info={info} h={h} use={use} />
        <Worst info={info} h={h} />
      </div>
      <Corridor info={info} h={h} />
    </div>
  )
}

const ppm = (n: number) => n.toFixed(Math.abs(n) < 10 ? 2 : 0).replace('-', '\u2212')

function Facts({ info, h }: { readonly info: SessionInfo; readonly h: ClockHealth }) {
  return (
    <dl class="facts">
      <dt>Evidence</dt>
      <dd>
        {h.kind === 'kvm' ? 'kvm entries and exits' : 'when the vCPU threads ran'},{' '}
        {plural(h.brackets.used, 'interval')}
      </dd>
      {h.accuracy !== null && (
        <>
          <dt>Largest error</dt>
          <dd>{formatShort(h.accuracy, info.unit)}</dd>
        </>
      )}
      {h.halfWidth !== null && (
        <>
          <dt>Band</dt>
          <dd>±{formatShort(h.halfWidth, info.unit)}</dd>
        </>
      )}
      {h.drift && (
        <>
          <dt>Drift</dt>
          <dd>
            {ppm(h.drift[0])} to {ppm(h.drift[1])} ppm
          </dd>
        </>
      )}
      <dt>Covers</dt>
      <dd>{formatShare(h.covered, 1)} of the guest’s events</dd>
      {h.slack > 0 && (
        <>
          <dt>Contradiction</dt>
          <dd>{formatShort(h.slack, info.unit)}</dd>
        </>
      )}
      {h.breaks.length > 0 && (
        <>
          <dt>Steps</dt>
          <dd>{plural(h.breaks.length, 'step or change of rate', 'steps or changes of rate')}</dd>
        </>
      )}
      {h.threads.length > 0 && (
        <>
          <dt>Threads</dt>
          <dd>{h.threads.map((t) => `vCPU ${t.vcpu} = ${t.tid} (${t.by})`).join(', ')}</dd>
        </>
      )}
    </dl>
  )
}

function Methods({
  info,
  h,
  use,
}: {
  readonly info: SessionInfo
  readonly h: ClockHealth
  readonly use: Props['use']
}) {
  return (
    <table class="fields">
      <thead>
        <tr>
          <th scope="col">Method</th>
          <th scope="col">Events say</th>
          <th scope="col" class="right">
            Off by
          </th>
          <th scope="col" class="right" title="Guest events while their vCPU cannot have run">
            Impossible
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
              <td class="right">
                {formatCount(m.outside)} of {formatCount(m.inside + m.outside)}
              </td>
              <td>
                {m.method === h.method ? (
                  <span class="muted">in use</span>
                ) : (
                  <button type="button" class="link" onClick={() => use(m.method)}>
                    Use
                  </button>
                )}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function Worst({ info, h }: { readonly info: SessionInfo; readonly h: ClockHealth }) {
  if (h.worst.length === 0) return null
  return (
    <>
      <h3>Furthest from possible</h3>
      <ul>
        {h.worst.slice(0, 5).map((w) => (
          <li key={w.t}>
            <button type="button" class="link" onClick={() => revealTime(w.t, true)}>
              {formatTime(w.t, info, timeFormat.value)}
            </button>{' '}
            CPU {w.cpu}, {formatShort(Math.abs(w.by), info.unit)} too {w.by < 0 ? 'early' : 'late'}
          </li>
        ))}
      </ul>
    </>
  )
}

const chart = { width: 320, height: 96 } as const

/** Where true time may lie, against the method in use. */
function Corridor({ info, h }: { readonly info: SessionInfo; readonly h: ClockHealth }) {
  const band = bandPath(h.bounds, chart.width, chart.height)
  if (!band) return null
  return (
    <figure class="corridor">
      <figcaption>True time minus time shown, along the trace</figcaption>
      <svg
        viewBox={`0 0 ${chart.width} ${chart.height}`}
        role="img"
        aria-label={`Between ${formatShort(band.low, info.unit)} and ${formatShort(band.high, info.unit)}`}
      >
        <path class="corridor-band" d={band.path} />
        <line class="corridor-zero" x1="0" x2={chart.width} y1={band.zero} y2={band.zero} />
      </svg>
      <div class="corridor-scale muted">
        <span>{formatShort(band.high, info.unit)}</span>
        <span>{formatShort(band.low, info.unit)}</span>
      </div>
    </figure>
  )
}

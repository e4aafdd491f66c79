// What was really running here: every layer at the instant under the pointer, else at the selected one.

import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { FusedLayers } from '../../workers/thread/contract.js'
import type { SessionTime } from '../../workers/units.js'
import { isSessionTime } from '../state/fused.js'
import { chainsFor, chainsOf } from '../state/layers.js'
import type { Chain, Step } from '../state/layers.js'
import { formatTime } from '../state/format.js'
import {
  activeRow,
  engine,
  fusedTracks,
  hoverRow,
  hoverTime,
  selection,
  session,
  timeFormat,
} from '../state/session-state.js'
import { spanHeadline } from '../timeline/fused-words.js'
import { LatestOnly } from '../timeline/latest.js'
import { rowOf } from '../timeline/signals.js'
import { machineCss, machineName } from '../widgets/machine.js'
import { LackingNote } from './lacking.js'
import { goToRow } from './menus.js'

const layers = signal<FusedLayers | null>(null)
const asking = new LatestOnly<SessionTime, FusedLayers | null>(
  (t) => (isSessionTime(t) ? (engine.peek()?.layersAt(t) ?? Promise.resolve(null)) : Promise.resolve(null)),
  (found) => (layers.value = found),
)
/** CPUs that are listed when none is pointed at. */
const CPUS = 8

export function Layers() {
  const info = session.value
  const tracks = fusedTracks.value?.tracks
  const t = hoverTime.value ?? selection.value?.t ?? null
  const version = fusedTracks.value?.version
  useEffect(() => {
    if (t === null || version === undefined) asking.cancel()
    else asking.ask(t)
  }, [t, version])
  if (!info || !tracks?.some((f) => f.kind === 'vcpu')) return null
  const now = layers.value
  const row = (hoverTime.value === null ? null : hoverRow.value) ?? activeRow.value
  const place = rowOf(row)
  const shown =
    now && now.version === info.version && t !== null ? chainsFor(chainsOf(now, tracks), place?.track?.id ?? row) : []
  return (
    <article class="layers">
      <header class="inspector-head">
        <h2>What was really running here</h2>
      </header>
      {t === null || now === null ? (
        <p class="muted">Point at the timeline or select an event to see every layer at that time.</p>
      ) : (
        <>
          <p class="muted">{formatTime(now.t, info, timeFormat.value)}</p>
          {shown.slice(0, CPUS).map((chain, i) => (
            <ChainList key={i} chain={chain} />
          ))}
          {shown.length > CPUS && <p class="muted">{shown.length - CPUS} more CPUs: point at a row to see its own.</p>}
        </>
      )}
      <LackingNote />
    </article>
  )
}

function ChainList({ chain }: { readonly chain: Chain }) {
  return (
    <ol class="layer-chain">
      {chain.steps.map((s, i) => (
        <li key={i} style={{ borderColor: machineCss(s.machine), marginLeft: `${i * 8}px` }}>
          <StepLine step={s} waits={chain.waits && i === chain.steps.length - 1} />
        </li>
      ))}
    </ol>
  )
}

function StepLine({ step, waits }: { readonly step: Step; readonly waits: boolean }) {
  const [row] = step.rows
  const note = waits
    ? 'stands still'
    : step.kind === 'vcpu' && step.state !== null
      ? spanHeadline(step.state, step.note)
      : step.kind === 'task'
        ? step.note
        : ''
  return (
    <>
      {row === undefined ? (
        step.text
      ) : (
        <button
          type="button"
          class="link"
          title={`Show the row in ${machineName(step.machine)}`}
          onClick={() => goToRow(row)}
        >
          {step.text}
        </button>
      )}{' '}
      <span class="muted">{[machineName(step.machine), note].filter(Boolean).join(' · ')}</span>
    </>
  )
}

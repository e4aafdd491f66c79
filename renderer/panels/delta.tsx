// From marker A to marker B: what the time between them went to, layer by layer, for every vCPU and the task at hand. Every part
// leads to where it is to be seen.

import { batch, computed, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { DeltaByLayer, DeltaPart, DeltaQuery } from '../../workers/thread/contract.js'
import { sessionTime } from '../../workers/units.js'
import { formatDelta, formatShort, formatTime } from '../state/format.js'
import { askFused, fusing, hasVcpus, lacking } from '../state/fused.js'
import { isAbort, sentence } from '../state/messages.js'
import {
  activeRow,
  engine,
  extent,
  fusedTracks,
  markers,
  paintTheme,
  range,
  rangeSelection,
  session,
  setMarker,
  setRange,
  timeFormat,
} from '../state/session-state.js'
import { LatestOnly } from '../timeline/latest.js'
import { css, parseColour, taskColour } from '../timeline/paint/colour.js'
import { rowOf } from '../timeline/signals.js'
import { Band, machineCss, machineName } from '../widgets/machine.js'
import { partLook, partText } from './delta-text.js'
import { LackingList } from './lacking.js'
import { goToRow } from './menus.js'

type Subject = DeltaByLayer['subjects'][number]

const found = signal<DeltaByLayer | null>(null)
const trouble = signal<string | null>(null)
/** Pause after the last change, ms. */
const SETTLED = 120
/** Parts of one subject that are listed; the bar has all. */
const LISTED = 12
/** Share of the bar from which on a part has its words in it. */
const LABELLED = 0.08

const asking = new LatestOnly<DeltaQuery, DeltaByLayer | null>(
  async (query) => {
    try {
      return (await engine.peek()?.deltaByLayer(query)) ?? null
    } catch (e) {
      if (!isAbort(e)) trouble.value = sentence(e)
      return null
    }
  },
  (answer) => {
    if (!answer) return
    batch(() => {
      trouble.value = null
      found.value = answer
    })
  },
)

/** Rows whose time is told: the task of the active row first, then every vCPU, or those of the machine that is chosen. */
const subjects = computed<readonly string[]>(() => {
  const tracks = fusedTracks.value?.tracks ?? []
  const vcpus = tracks.filter((t) => t.kind === 'vcpu')
  const row = rowOf(activeRow.value)
  if (row?.kind === 'vm') return vcpus.filter((t) => t.machine === row.machine).map((t) => t.id)
  const own = row?.track
  const task = own && (own.kind === 'task' || own.kind === 'thread' || own.kind === 'vcpu') ? own.id : null
  // A thread that is a vCPU is told as that.
  const vcpu = vcpus.find((t) => t.vcpu?.threadTrack === task)
  const first = vcpu?.id ?? task
  return [...(first ? [first] : []), ...vcpus.map((t) => t.id).filter((id) => id !== first)]
})

const asked = computed<DeltaQuery | null>(() => {
  const { a, b } = markers.value
  const all = extent.value
  if (a === null || b === null || !hasVcpus.value) return null
  const from = Math.max(Math.min(a, b), all.from)
  const to = Math.min(Math.max(a, b), all.to)
  return to > from ? { from: sessionTime(from), to: sessionTime(to), tracks: subjects.value } : null
})

export function Delta() {
  const info = session.value
  const query = asked.value
  const version = fusedTracks.value?.version
  useEffect(() => {
    if (fusedTracks.peek() === null) askFused()
    if (!query || version === undefined) return undefined
    const timer = setTimeout(() => asking.ask(query), SETTLED)
    return () => clearTimeout(timer)
  }, [query, version])
  if (!info) return null
  if (!query) return <Nothing />
  const now = found.value
  const stale = now?.version !== info.version || now.from !== query.from || now.to !== query.to
  return (
    <div class="panel-fill">
      <div class="panel-bar">
        <span class="one-line">
          <b>{formatDelta(query.to - query.from, info.unit)}</b>{' '}
          <span class="muted">
            from {formatTime(query.from, info, timeFormat.value)} to {formatTime(query.to, info, timeFormat.value)}
          </span>
        </span>
        <span class="fill" />
        <span class="muted one-line">the active row’s task first, then every vCPU; click a part to go there</span>
      </div>
      {trouble.value !== null && <p class="warning">{trouble.value}</p>}
      <div class={`scroll panel-table deltas ${stale ? 'stale' : ''}`} tabIndex={0} aria-label="From A to B">
        {now?.subjects.map((s) => (
          <SubjectCard key={s.track} of={s} whole={now.delta} />
        ))}
        <LackingList list={lacking.value ?? []} />
      </div>
    </div>
  )
}

function Nothing() {
  const ends = () => {
    const { from, to } = rangeSelection.peek() ?? range.peek()
    batch(() => {
      setMarker('a', from)
      setMarker('b', to)
    })
  }
  const why =
    fusing.value !== null
      ? 'What the CPUs really ran is being worked out.'
      : hasVcpus.value
        ? 'Shows what the time from marker A to marker B went to: the guest, the hypervisor, who took the vCPU away, what it waited for. Set the markers with Shift+A and Shift+B, or by double clicks.'
        : 'Shows what the time from marker A to marker B went to, layer by layer. It needs a recording of a host with its guests.'
  return (
    <div class="scroll panel-fill" tabIndex={0} aria-label="From A to B">
      <p class="empty">{why}</p>
      {hasVcpus.value && (
        <p class="empty-action">
          <button type="button" class="button" onClick={ends}>
            Set A and B at the ends of {rangeSelection.value ? 'the range' : 'what is visible'}
          </button>
        </p>
      )}
      <LackingList list={lacking.value ?? []} />
    </div>
  )
}

/** Shows the longest stretch of a part on the row of its subject. */
function show(subject: Subject, { longest }: DeltaPart): void {
  const air = Math.max((longest.to - longest.from) * 0.75, 20)
  const thread = subject.track.replace('/task/', '/thread/')
  const known = fusedTracks.peek()?.threads.some((t) => t.id === thread)
  batch(() => {
    setRange(longest.from - air, longest.to + air, true)
    rangeSelection.value = longest
    goToRow(known && machineIsGuest(subject) ? thread : subject.track)
  })
}
const machineIsGuest = ({ machine }: Subject): boolean => session.peek()?.machines[machine]?.parent != null

/** The colour that the part has on the timeline. */
function inkOf(subject: Subject, part: DeltaPart): string {
  const look = partLook(part)
  if (look === 'cross') return 'var(--error)'
  if (look === 'line') return 'var(--caution)'
  if (look === 'hatch') return machineCss(subject.machine)
  const { by } = part
  if (look !== 'solid' || !by) return 'var(--muted)'
  if (by.pid <= 0) return machineCss(by.machine)
  const name = by.name.endsWith(`-${by.pid}`) ? by.name.slice(0, -`-${by.pid}`.length) : by.name
  return css(taskColour(name, paintTheme.value === 'dark', 'muted', parseColour('#000')!))
}

function SubjectCard({ of, whole }: { readonly of: Subject; readonly whole: number }) {
  const unit = session.value?.unit ?? 'ns'
  const longest = [...of.parts].sort((a, b) => b.time - a.time)
  const share = (p: DeltaPart) => `${((100 * p.time) / whole).toFixed(1)} %`
  const words = (p: DeltaPart) => partText(p, of.track, machineName)
  return (
    <section class="delta">
      <h3>
        <Band machine={of.machine} />
        <button type="button" class="link" onClick={() => goToRow(of.track)}>
          {machineName(of.machine)} {of.label}
        </button>
      </h3>
      <div class="delta-bar">
        {of.parts.map((p, i) => (
          <button
            key={i}
            type="button"
            class={`seg seg-${partLook(p)}`}
            style={{ flexGrow: p.time, '--c': inkOf(of, p) }}
            title={`${words(p)}\n${formatDelta(p.time, unit)}, ${share(p)}${p.count > 1 ? `, in ${p.count} stretches` : ''}`}
            tabIndex={-1}
            onClick={() => show(of, p)}
          >
            {p.time / whole >= LABELLED && <span>{words(p)}</span>}
          </button>
        ))}
      </div>
      <ul class="delta-parts">
        {longest.slice(0, LISTED).map((p, i) => (
          <li key={i}>
            <span class={`seg seg-${partLook(p)}`} style={{ '--c': inkOf(of, p) }} />
            <button type="button" class="link" title={words(p)} onClick={() => show(of, p)}>
              {words(p)}
            </button>
            <span class="right" title={`${formatDelta(p.time, unit)}, ${p.count} times`}>
              {formatShort(p.time, unit)}
            </span>
            <span class="right muted">{share(p)}</span>
          </li>
        ))}
        {longest.length > LISTED && (
          <li class="muted">
            <span />
            {longest.length - LISTED} more, together{' '}
            {formatShort(
              longest.slice(LISTED).reduce((n, p) => n + p.time, 0),
              unit,
            )}
          </li>
        )}
      </ul>
    </section>
  )
}

import { RunState, SpanFlag, type HoverInfo } from '../../workers/thread/contract.js'
import { timeBounds } from '../state/clock-cards.js'
import type { RowTrack } from '../state/rows.js'
import { formatBounds, formatDelta, formatTime } from '../state/format.js'
import { spanHeadline, spanNotes } from './fused-words.js'
import * as state from '../state/session-state.js'
import { canvasWidth, drag, pointed, pointer, trackById } from './signals.js'

const STATES: Readonly<Record<number, string>> = {
  [RunState.Unknown]: 'not known',
  [RunState.Idle]: 'idle',
  [RunState.Running]: 'running',
  [RunState.Runnable]: 'waits for a CPU',
  [RunState.Sleeping]: 'sleeps',
  [RunState.DiskSleep]: 'sleeps, uninterruptible',
  [RunState.Stopped]: 'stopped',
  [RunState.Dead]: 'ended',
}

/** Distance from the pointer, and the room below which the tip changes sides, CSS pixels. */
const AWAY = 14
const SIDE = 450

/** Who runs or what happens in a span, in one line. */
function spanTitle(info: HoverInfo, kind: RowTrack['kind']): string {
  const { span } = info
  if (!span) return 'nothing recorded here'
  if (span.fused !== undefined) return spanHeadline(span.fused, span.task)
  if (kind === 'task' && span.state === RunState.Running) return `runs on CPU ${span.value}`
  if (kind === 'task' || span.state !== RunState.Running) return STATES[span.state] ?? span.task
  return span.task
}

export function Tooltip() {
  const at = pointer.value
  const tip = pointed.value?.tip
  const info = state.hover.value
  const words =
    tip !== undefined ? (
      <div class="tip-words">{tip}</div>
    ) : info && (info.span ?? info.event) ? (
      <RowTip info={info} />
    ) : null
  if (!at || !words || drag.value) return null
  const onRight = at.x < canvasWidth.value - SIDE || at.x < canvasWidth.value / 2
  const room = (onRight ? canvasWidth.value - at.x : at.x) - AWAY - 4
  const viewport = state.rowViewport.value
  const below = at.y < viewport - 110 || at.y < viewport / 2
  const x = onRight ? `${at.x + AWAY}px` : `calc(${at.x - AWAY}px - 100%)`
  const y = below ? `${at.y + AWAY}px` : `calc(${at.y - AWAY}px - 100%)`
  return (
    <div
      class="timeline-tip"
      role="tooltip"
      style={{ transform: `translate(${x}, ${y})`, maxWidth: `min(${SIDE}px, ${room}px)` }}
    >
      {words}
    </div>
  )
}

/** What a row shows under the pointer. */
function RowTip({ info }: { readonly info: HoverInfo }) {
  const session = state.session.value
  const track = trackById.value.get(info.track)
  if (!session || !track) return null
  const { span, event } = info
  const t = event?.t ?? state.hoverTime.value
  const bounds = t === null ? null : timeBounds(track.machine, t)
  const time = (when: number) => formatTime(when, session, state.timeFormat.value)
  return (
    <>
      {span && (
        <div>
          <b>{spanTitle(info, track.kind)}</b>
          {span.state !== RunState.Dead && (
            <span class="muted">{` for ${formatDelta(span.to - span.from, session.unit)}`}</span>
          )}
          <div class="muted">{`${track.label} · ${session.machines[track.machine]?.name ?? ''} · from ${time(span.from)}`}</div>
          {span.fused === undefined ? (
            <>
              {(span.flags & SpanFlag.Inferred) !== 0 && <div>Start inferred: no sched_switch was recorded.</div>}
              {(span.flags & SpanFlag.Lost) !== 0 && <div>Events were lost here.</div>}
            </>
          ) : (
            spanNotes(span.fused, span.flags).map((note) => <div key={note}>{note}</div>)
          )}
        </div>
      )}
      {bounds && <div class="muted">{`true time within ${formatBounds(bounds, session.unit)}`}</div>}
      {span && event && <hr />}
      {event && (
        <div>
          <b>{`${event.system}:${event.event}`}</b>
          <span class="muted">{` ${event.task}-${event.pid}`}</span>
          <div class="muted">{time(event.t)}</div>
          <div class="info">{event.info}</div>
        </div>
      )}
    </>
  )
}

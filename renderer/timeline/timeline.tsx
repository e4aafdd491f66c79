import { useEffect, useRef } from 'preact/hooks'
import { formatTime, formatDelta } from '../state/format.js'
import * as state from '../state/session-state.js'
import { NoteEditor } from '../annotate/editor.js'
import { attachGestures } from './gestures.js'
import { drag, pointed, rowOf, timelineError } from './signals.js'
import { Surface } from './surface.js'
import { Tooltip } from './tooltip.js'
import './timeline.css'

/** Axis and rows; fills its parent. Its rows stand AXIS_HEIGHT below its top, where the layout in the state says. */
export function Timeline() {
  const host = useRef<HTMLDivElement>(null)
  const base = useRef<HTMLCanvasElement>(null)
  const over = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (!host.current || !base.current || !over.current) return undefined
    const surface = new Surface(host.current, base.current, over.current)
    const detach = attachGestures(host.current, surface)
    return () => {
      detach()
      surface.dispose()
    }
  }, [])
  const held = drag.value
  const cursor = held?.kind === 'pan' ? 'grabbing' : held?.kind === 'align' ? 'ew-resize' : pointed.value?.cursor
  return (
    <div
      class="timeline"
      ref={host}
      role="application"
      tabIndex={0}
      aria-label="Timeline"
      aria-describedby="timeline-summary"
      style={{ cursor }}
    >
      <canvas ref={base} />
      <canvas ref={over} />
      <Tooltip />
      <NoteEditor />
      {timelineError.value !== null && (
        <div class="timeline-error" role="alert">{`The rows could not be read: ${timelineError.value}`}</div>
      )}
      <Summary />
    </div>
  )
}

/** The selection in words, for those who hear the screen. */
function Summary() {
  const session = state.session.value
  const selection = state.selection.value
  const range = state.rangeSelection.value
  const parts: string[] = []
  if (session && range) parts.push(`Range of ${formatDelta(range.to - range.from, session.unit)} selected.`)
  if (session && selection) {
    const row = rowOf(selection.track)
    const details = state.details.value
    const name = details?.position === selection.position ? `${details.event} of ${details.task}` : 'Event'
    const time = formatTime(selection.t, session, state.timeFormat.value)
    parts.push(`${name} at ${time}${row ? ` on ${row.label}` : ''}.`)
  }
  return (
    <div class="timeline-live" id="timeline-summary" aria-live="polite">
      {parts.join(' ')}
    </div>
  )
}

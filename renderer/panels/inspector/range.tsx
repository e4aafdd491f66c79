// The chosen range: how long it is and what lies in it.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { SessionInfo } from '../../../workers/thread/contract.js'
import { formatCount, formatDelta, formatTime } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import {
  engine,
  filter,
  rangeSelection,
  session,
  setMarker,
  setRange,
  timeFormat,
  timelineView,
} from '../../state/session-state.js'
import type { TimeRange } from '../../state/session-state.js'

export function RangeSection() {
  const info = session.value
  const span = rangeSelection.value
  return info && span && <RangeCard info={info} span={span} />
}

function RangeCard({ info, span }: { readonly info: SessionInfo; readonly span: TimeRange }) {
  const count = useSignal<number | null>(null)
  const view = timelineView.value
  useEffect(() => {
    const api = engine.peek()
    if (!api) return
    let current = true
    const ask = async () => {
      const [from, to] = await Promise.all([api.rowAtTime(view, span.from), api.rowAtTime(view, span.to)])
      if (current) count.value = to - from
    }
    handle(ask())
    return () => {
      current = false
    }
  }, [span.from, span.to, view, info.version])
  return (
    <article>
      <header class="inspector-head">
        <h2>Range</h2>
        <button
          type="button"
          class="quiet end"
          title="Clear the range (Esc)"
          onClick={() => (rangeSelection.value = null)}
        >
          ×
        </button>
      </header>
      <dl class="facts">
        <dt>Length</dt>
        <dd>{formatDelta(span.to - span.from, info.unit)}</dd>
        <dt>From</dt>
        <dd>{formatTime(span.from, info, timeFormat.value)}</dd>
        <dt>To</dt>
        <dd>{formatTime(span.to, info, timeFormat.value)}</dd>
        <dt>Events</dt>
        <dd>{count.value === null ? '' : formatCount(count.value)}</dd>
        {count.value !== null && info.unit === 'ns' && span.to > span.from && (
          <>
            <dt>Rate</dt>
            <dd>{formatCount((count.value / (span.to - span.from)) * 1e9)} events/s</dd>
          </>
        )}
      </dl>
      <div class="button-row">
        <button type="button" class="button" onClick={() => setRange(span.from, span.to, true)}>
          Zoom to it
        </button>
        <button
          type="button"
          class="button"
          onClick={() => (filter.value = { ...filter.peek(), from: span.from, to: span.to })}
        >
          Only its events
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            setMarker('a', span.from)
            setMarker('b', span.to)
          }}
        >
          Markers A, B at its ends
        </button>
      </div>
    </article>
  )
}

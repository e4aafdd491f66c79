import { formatBytes, formatCount, formatDelta, formatTime } from '../state/format.js'
import {
  filtering,
  filterView,
  hoverTime,
  loading,
  markers,
  range,
  revealTime,
  session,
  setMarker,
  timeFormat,
} from '../state/session-state.js'
import type { MarkerName, Work } from '../state/session-state.js'
import { progressText } from './progress-text.js'

export function WorkProgress({ work }: { readonly work: Work }) {
  const p = work.progress
  return (
    <span class="work" role="status">
      <progress max={p?.total ?? 1} value={p ? p.done : undefined} aria-label={work.title} />
      <span>{progressText(work)}</span>
      <button type="button" class="quiet" onClick={work.cancel}>
        Cancel
      </button>
    </span>
  )
}

function Marker({ name }: { readonly name: MarkerName }) {
  const t = markers.value[name]
  const base = session.value
  if (t === null || !base) return null
  return (
    <span class={`status-marker marker-${name}`}>
      <button
        type="button"
        class="quiet"
        title={`Show marker ${name.toUpperCase()}`}
        onClick={() => revealTime(t, true)}
      >
        <b>{name.toUpperCase()}</b> {formatTime(t, base, timeFormat.value)}
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={`Remove marker ${name.toUpperCase()}`}
        onClick={() => setMarker(name, null)}
      >
        ×
      </button>
    </span>
  )
}

export function StatusBar() {
  const info = session.value
  const { a, b } = markers.value
  // Without a session the progress stands in the middle of the window.
  const work = info ? (loading.value ?? filtering.value) : null
  const shown = range.value
  const at = hoverTime.value
  return (
    <footer class="status" aria-label="Status">
      {info && (
        <>
          <span class="status-cursor" title="Time under the pointer">
            {at !== null ? formatTime(at, info, timeFormat.value) : '–'}
          </span>
          <Marker name="a" />
          <Marker name="b" />
          {a !== null && b !== null && (
            <span title="B minus A">
              <b>B−A</b> {formatDelta(b - a, info.unit)}
            </span>
          )}
          <span class="status-fill" />
        </>
      )}
      {work && <WorkProgress work={work} />}
      {!info && <span class="status-fill" />}
      {info && (
        <>
          <span title="Length of the visible time">{formatDelta(shown.to - shown.from, info.unit)} shown</span>
          <span title="Events of the session, and how many of them pass the filter">
            {filterView.value ? `${formatCount(filterView.value.count)} of ` : ''}
            {formatCount(info.count)} events
          </span>
          <span title={`${info.memory.perEvent.toFixed(1)} bytes an event`}>{formatBytes(info.memory.bytes)}</span>
        </>
      )}
    </footer>
  )
}

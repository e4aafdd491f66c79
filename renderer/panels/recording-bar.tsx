// A recording that goes on, above the timeline on which it grows.

import { formatCount } from '../state/format.js'
import { followEnd, followsEnd, growing } from '../state/growing.js'
import { handle } from '../state/messages.js'
import { endRecording, phases, recordAt } from '../state/recording.js'
import { recordLive, remoteOpen } from '../state/remote.js'
import { session } from '../state/session-state.js'

export function RecordingBar() {
  const live = recordLive.value
  // Before anything is on the timeline the dialog tells it all.
  if (!live || (remoteOpen.value && !growing.value)) return null
  const events = sum(live.recorders.map((r) => r.figures.events))
  const rate = sum(live.recorders.map((r) => r.figures.perSecond))
  const lost = sum(live.recorders.map((r) => r.figures.lost))
  const fill = live.recorders.reduce((most, r) => Math.max(most, r.figures.fill ?? 0), 0)
  const now = growing.value
  const info = session.value
  const held = now?.since != null && info ? spanOf(info.to - now.since, info.unit) : null
  return (
    <section class="recording-bar" aria-label="Recording">
      <span class="recording-dot" aria-hidden="true" />
      <b>{phases[live.phase]}</b>
      <span>{recordAt.value?.label}</span>
      <span class="recording-time">{clock(live.seconds)}</span>
      <span class="recording-figure">{formatCount(events)} events</span>
      <span class="recording-figure muted">{formatCount(rate)}/s</span>
      {lost > 0 && <span class="recording-figure warning">{formatCount(lost)} lost</span>}
      <meter
        min={0}
        max={1}
        high={0.8}
        value={fill}
        title={`Fullest buffer: ${Math.round(fill * 100)} %`}
        aria-label="Fullest buffer"
      />
      <span class="recording-said muted" role="status">
        {now?.waits ?? now?.notes[0] ?? (held ? `The timeline holds the last ${held}.` : '')}
      </span>
      {now && (
        <button
          type="button"
          class="button"
          aria-pressed={followsEnd.value}
          title="Keep the end of the recording in view"
          onClick={() => followEnd(!followsEnd.peek())}
        >
          Follow
        </button>
      )}
      <button type="button" class="button" onClick={() => (remoteOpen.value = true)}>
        Figures
      </button>
      <button
        type="button"
        class="button primary"
        disabled={live.phase !== 'recording'}
        onClick={() => handle(endRecording())}
      >
        Stop
      </button>
    </section>
  )
}

const sum = (all: readonly (number | null)[]): number => all.reduce<number>((n, one) => n + (one ?? 0), 0)

const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

const spanOf = (span: number, unit: 'ns' | 'ticks'): string =>
  unit === 'ns' ? `${(span / 1e9).toFixed(span < 10e9 ? 1 : 0)} s` : `${formatCount(span)} ticks`

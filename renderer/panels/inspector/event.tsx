// The selected event: its times, fields and stacks, and its record in the file.

import { formatCount, formatDelta, formatInteger, formatTime, plainTime, plural } from '../../state/format.js'
import { eventName, hideEvent, onlyEvent } from '../../state/filters.js'
import { handle } from '../../state/messages.js'
import {
  clearSelection,
  cpuTrack,
  details,
  engine,
  filter,
  markers,
  select,
  selection,
  session,
  taskTrack,
  timeFormat,
  timelineView,
} from '../../state/session-state.js'
import type { EventDetails, SessionInfo } from '../../../workers/thread/contract.js'
import { copyText } from '../../widgets/copy.js'
import { Band, machineName } from '../../widgets/machine.js'
import { narrowDump } from '../hex.js'
import { showRow } from '../menus.js'

export function EventSection() {
  const info = session.value
  const event = details.value
  const chosen = selection.value
  if (!info || !event || !chosen) return null
  return <EventCard info={info} event={event} stale={event.position !== chosen.position} />
}

interface EventProps {
  readonly info: SessionInfo
  readonly event: EventDetails
  readonly stale: boolean
}
function EventCard({ info, event, stale }: EventProps) {
  const { a } = markers.value
  const step = (track: string, direction: 1 | -1) => {
    const go = async () => {
      const next = await engine.peek()?.step(track, event, direction, timelineView.peek())
      if (next) select(next.position, next.t, track, 'inspector')
    }
    handle(go())
  }
  const name = eventName(event)
  // Every event has these; task, CPU and latency above already say them.
  const common = event.fields.filter((f) => f.name.startsWith('common_'))
  // Its text and its array of addresses say what the stack below says.
  const isStack = event.stacks.some((s) => s.position === event.position)
  const own = event.fields.filter((f) => !f.name.startsWith('common_'))
  return (
    <article class={stale ? 'stale' : ''}>
      <header class="inspector-head">
        <Band machine={event.machine} />
        <h2>{event.event}</h2>
        <span class="muted">{event.system}</span>
        <button type="button" class="quiet end" title="Clear the selection (Esc)" onClick={clearSelection}>
          ×
        </button>
      </header>
      <dl class="facts">
        <dt>Time</dt>
        <dd>
          <button
            type="button"
            class="link"
            title="Copy the time"
            onClick={() => copyText(plainTime(event.t, info, timeFormat.peek()))}
          >
            {formatTime(event.t, info, timeFormat.value)}
          </button>
        </dd>
        <dt>{timeFormat.value === 'trace' ? 'Relative' : 'Trace clock'}</dt>
        <dd>{formatTime(event.t, info, timeFormat.value === 'trace' ? 'relative' : 'trace')}</dd>
        {event.rawTime !== event.time && (
          <>
            <dt>In the file</dt>
            <dd title="Timestamp as recorded, before any clock relation">{formatInteger(BigInt(event.rawTime))}</dd>
          </>
        )}
        {a !== null && (
          <>
            <dt>Since A</dt>
            <dd>{formatDelta(event.t - a, info.unit)}</dd>
          </>
        )}
        <dt>Task</dt>
        <dd>
          <button type="button" class="link" title="Show the task’s row" onClick={() => showRow(taskTrack(event))}>
            {event.task}-{event.pid}
          </button>
        </dd>
        <dt>Where</dt>
        <dd>
          {machineName(event.machine)}, CPU {event.cpu}
          {event.buffer !== '' && `, buffer ${event.buffer}`}
        </dd>
        <dt>Latency</dt>
        <dd class="mono">{event.latency}</dd>
        <dt>Number</dt>
        <dd>{formatCount(event.position)}</dd>
      </dl>
      {event.lost !== 0 && (
        <p class="warning">
          {event.lost < 0 ? 'An unknown number of events' : plural(event.lost, 'event')} lost on this CPU just before.
        </p>
      )}
      <div class="button-row">
        <button type="button" class="button" onClick={() => step(cpuTrack(event), -1)}>
          Previous on CPU {event.cpu}
        </button>
        <button type="button" class="button" onClick={() => step(cpuTrack(event), 1)}>
          Next on CPU {event.cpu}
        </button>
        <button type="button" class="button" onClick={() => step(taskTrack(event), -1)}>
          Previous of task
        </button>
        <button type="button" class="button" onClick={() => step(taskTrack(event), 1)}>
          Next of task
        </button>
      </div>
      {!isStack && <p class="info mono">{event.info}</p>}
      {!isStack && <Fields fields={own} />}
      {event.stacks.map((s) => (
        <section key={`${s.kind}${s.position}`}>
          <h3>{s.kind === 'kernel' ? 'Kernel stack' : 'User stack'}</h3>
          <ol class="stack mono">
            {s.frames.map((f, i) => (
              <li key={i} title={f.address}>
                {f.symbol || f.address}
                {f.symbol && f.offset >= 0 && <span class="muted">+0x{f.offset.toString(16)}</span>}
              </li>
            ))}
          </ol>
        </section>
      ))}
      <div class="button-row">
        <button type="button" class="button" onClick={() => (filter.value = onlyEvent(filter.peek(), name))}>
          Only this event
        </button>
        <button type="button" class="button" onClick={() => (filter.value = hideEvent(filter.peek(), name))}>
          Hide this event
        </button>
      </div>
      <details class="raw">
        <summary>Record in the file</summary>
        <dl class="facts">
          <dt>File</dt>
          <dd>{event.file}</dd>
          <dt>Byte</dt>
          <dd>{formatCount(event.fileOffset)}</dd>
        </dl>
        <Fields fields={isStack ? event.fields : common} />
        <pre class="mono">{narrowDump(event.hex)}</pre>
      </details>
    </article>
  )
}

function Fields({ fields }: { readonly fields: EventDetails['fields'] }) {
  if (fields.length === 0) return null
  const raw = fields.some((f) => f.raw !== f.text)
  return (
    <table class="fields">
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Value</th>
          {raw && <th scope="col">Raw</th>}
        </tr>
      </thead>
      <tbody>
        {fields.map((f) => (
          <tr key={f.name} title={f.type}>
            <th scope="row">{f.name}</th>
            <td class="mono">
              <span title={f.text}>{f.text}</span>
            </td>
            {raw && (
              <td class="mono muted">
                <span title={f.raw}>{f.raw === f.text ? '' : f.raw}</span>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

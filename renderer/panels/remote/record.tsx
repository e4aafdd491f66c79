import type { RecordCheck, RecordGuest } from '../../remote-api.js'
import { formatBytes, formatCount } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import {
  allowed,
  chooseGuest,
  endRecording,
  phases,
  recordHere,
  recordStrips,
  planAgain,
  recordClock,
  recordGuests,
  recordNotes,
  recordPreset,
  recordPresets,
  recordSeconds,
  secondsOf,
  startRecording,
} from '../../state/recording.js'
import { busy, recordLive } from '../../state/remote.js'
import { RecordStrip } from './record-strip.js'

const marks: Readonly<Record<RecordCheck['state'], string>> = { yes: 'possible', partly: 'in part', no: 'not possible' }

/** What can be recorded on the machine, what shall be, and the exact way; then how it goes. */
export function Record() {
  const found = allowed.value
  if (recordLive.value) return <Going />
  if (!found) return null
  const { facts, checks } = found.found
  const chosen = recordPresets.value.find((p) => p.name === recordPreset.value)
  const seconds = secondsOf(recordSeconds.value)
  return (
    <div class="record">
      <div class="record-columns">
        <section aria-label="What to record">
          <h3>What to record</h3>
          {recordPresets.value.map((p) => (
            <label key={p.name} class={`record-preset ${p.possible ? '' : 'muted'}`}>
              <input
                type="radio"
                name="preset"
                checked={p.name === recordPreset.value}
                disabled={!p.possible}
                onChange={() => (recordPreset.value = p.name)}
              />
              <span>
                <b>{p.name}</b> {p.title}
              </span>
            </label>
          ))}
          <div class="record-choices">
            <label>
              Trace clock
              <select
                class="field"
                value={recordClock.value}
                onChange={(e) => {
                  recordClock.value = e.currentTarget.value
                  handle(planAgain())
                }}
              >
                {(facts.traceClocks.length > 0 ? facts.traceClocks : [recordClock.value]).map((c) => (
                  <option key={c} value={c}>
                    {c}
                  </option>
                ))}
              </select>
            </label>
            <label>
              Seconds
              <input
                class={`field ${Number.isNaN(seconds) ? 'wrong' : ''}`}
                inputMode="decimal"
                placeholder="until stopped"
                value={recordSeconds.value}
                onInput={(e) => (recordSeconds.value = e.currentTarget.value)}
              />
            </label>
          </div>
          {facts.guests.length > 0 && (
            <>
              <h3>Guests that run {recordHere.value ? 'here' : 'there'}</h3>
              {facts.guests.map((g) => (
                <Guest key={g.name} name={g.name} vcpus={g.vcpus.length} cid={g.cid} />
              ))}
            </>
          )}
        </section>
        <section aria-label="What the machine allows">
          <h3>
            {facts.kernel}, {facts.cpus} CPUs
          </h3>
          <ul class="record-checks">
            {checks.map((c, i) => (
              <li key={i} class={`record-${c.state}`}>
                <span class="record-mark" aria-label={marks[c.state]} title={marks[c.state]} />
                {c.sentence}
              </li>
            ))}
          </ul>
        </section>
      </div>
      {chosen && (
        <section aria-label="What will be run">
          <h3>{chosen.possible ? 'What will be run' : 'Why this cannot be recorded'}</h3>
          <pre class="record-how">{chosen.how.join('\n')}</pre>
        </section>
      )}
      <footer class="dialog-foot">
        <span class="muted">
          {recordHere.value && !facts.root
            ? 'Start Remora as root, or connect to localhost as another machine: there the password of sudo is asked for.'
            : recordHere.value
              ? 'Recording begins with the button. Buffers and programs go when it ends, or when this window goes.'
              : 'Nothing stays there: buffers and programs go when it ends, or when the line breaks.'}
        </span>
        <span class="fill" />
        <button
          type="button"
          class="button primary"
          disabled={busy.value !== null || !chosen?.possible || Number.isNaN(seconds)}
          onClick={() => handle(startRecording())}
        >
          Record
        </button>
      </footer>
    </div>
  )
}

function Guest({ name, vcpus, cid }: { readonly name: string; readonly vcpus: number; readonly cid: number | null }) {
  const given = recordGuests.value.find((g) => g.name === name)
  const usual = (how: RecordGuest['how']) => (how === 'agent' && cid !== null ? String(cid) : '')
  return (
    <div class="record-guest">
      <span>
        <b>{name}</b> <span class="muted">{vcpus} vCPUs</span>
      </span>
      <select
        class="field"
        aria-label={`How to record ${name}`}
        value={given?.how ?? ''}
        onChange={(e) => {
          const how = e.currentTarget.value as RecordGuest['how'] | ''
          chooseGuest(name, how === '' ? null : how, how === '' ? '' : (given?.address ?? usual(how)))
        }}
      >
        <option value="">not recorded</option>
        <option value="ssh">by its own SSH</option>
        <option value="agent">by its trace-cmd agent</option>
      </select>
      {given && (
        <input
          class="field"
          aria-label={`Address of ${name}`}
          placeholder={given.how === 'ssh' ? 'root@guest' : 'vsock CID or address'}
          value={given.address}
          onChange={(e) => chooseGuest(name, given.how, e.currentTarget.value)}
        />
      )}
    </div>
  )
}

/** Live figures of a recording. */
function Going() {
  const live = recordLive.value
  if (!live) return null
  return (
    <div class="record" aria-live="off">
      <p role="status">
        <b>{phases[live.phase]}</b> {live.phase === 'recording' && `${live.seconds.toFixed(0)} s`}
      </p>
      <table class="record-live">
        <thead>
          <tr>
            <th />
            <th>Events</th>
            <th>per second</th>
            <th>Fullest buffer</th>
            <th>Lost</th>
            <th>Here</th>
          </tr>
        </thead>
        <tbody>
          {live.recorders.map(({ label, figures: f }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{f.events === null ? '?' : formatCount(f.events)}</td>
              <td>{f.perSecond === null ? '?' : formatCount(f.perSecond)}</td>
              <td>
                {f.fill === null ? (
                  '?'
                ) : (
                  <meter min={0} max={1} high={0.8} value={f.fill} title={`${Math.round(f.fill * 100)} %`} />
                )}
              </td>
              <td class={f.lost ? 'warning' : ''}>{f.lost === null ? '?' : formatCount(f.lost)}</td>
              <td>{f.bytes === null ? '?' : formatBytes(f.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {recordStrips.value.map((strip) => (
        <RecordStrip key={strip.label} strip={strip} />
      ))}
      {recordNotes.value.map((note) => (
        <p key={note} class="warning">
          {note}
        </p>
      ))}
      <footer class="dialog-foot">
        <span class="fill" />
        <button
          type="button"
          class="button primary"
          disabled={live.phase !== 'recording'}
          onClick={() => handle(endRecording())}
        >
          Stop and open
        </button>
      </footer>
    </div>
  )
}

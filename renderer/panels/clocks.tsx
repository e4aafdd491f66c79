// How each machine's time relates to the session's, and the choice of it. Guests first: theirs can be wrong.

import { signal } from '@preact/signals'
import type { ClockMethod, ClockState, SessionInfo } from '../../workers/thread/contract.js'
import { chooseClock } from '../state/clock-choices.js'
import { parseDelta, readable } from '../state/format.js'
import { handle } from '../state/messages.js'
import { loading, session } from '../state/session-state.js'
import { Band, machineName } from '../widgets/machine.js'
import { HealthCard } from './clock-health.js'
import { methodNames, verdict } from './verdict.js'

export function Clocks() {
  const info = session.value
  if (!info) return null
  if (info.clocks.length === 0) return <p class="empty">No clock is known for these files.</p>
  const isGuest = (c: ClockState) => info.machines[c.machine]?.parent != null
  const ordered = [...info.clocks.filter(isGuest), ...info.clocks.filter((c) => !isGuest(c))]
  return (
    <div class="clocks scroll" tabIndex={0} aria-label="Clocks">
      {ordered.map((c) => (
        <ClockCard key={c.machine} info={info} clock={c} held={isGuest(c)} />
      ))}
    </div>
  )
}

/** What is typed and not applied yet, by machine. */
const typed = signal<Readonly<Record<number, string>>>({})

interface CardProps {
  readonly info: SessionInfo
  readonly clock: ClockState
  /** A guest of an opened host: its events can be held against the host's. */
  readonly held: boolean
}

function ClockCard({ info, clock, held }: CardProps) {
  const { unit } = info
  const text = typed.value[clock.machine] ?? (clock.offset === '0' ? '' : `${clock.offset} ${unit}`)
  const offset = text.trim() === '' ? '0' : parseDelta(text, unit)
  const set = (method: ClockMethod, by: string) => {
    const { [clock.machine]: _, ...rest } = typed.peek()
    typed.value = rest
    handle(chooseClock(clock.machine, { method, offset: by }))
  }
  const apply = () => {
    if (offset === null) return
    const method = clock.method === 'none' && clock.available.includes('user') && offset !== '0' ? 'user' : clock.method
    set(method, offset)
  }
  const says = verdict(clock, info.machines[clock.machine]?.role ?? 'alone', unit)
  return (
    <section class="clock" aria-label={`Clock of ${machineName(clock.machine)}`}>
      <Band machine={clock.machine} />
      <div class="clock-head">
        <h3>{machineName(clock.machine)}</h3>
        {says && <span class={`badge ${says.caution ? 'caution' : ''}`}>{says.text}</span>}
        <p class="clock-name">
          trace clock <code>{clock.clock || 'not named in the file'}</code>
        </p>
      </div>
      <p class="clock-statement">{readable(clock.statement)}</p>
      <div class="clock-choice">
        <label>
          Method
          <select
            class="field"
            value={clock.method}
            disabled={clock.available.length < 2 || loading.value !== null}
            title={methodNames[clock.method].about}
            onChange={(e) => set(e.currentTarget.value as ClockMethod, offset ?? clock.offset)}
          >
            {clock.available.map((m) => (
              <option key={m} value={m} title={methodNames[m].about}>
                {methodNames[m].name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Offset
          <input
            class={`field ${offset === null ? 'wrong' : ''}`}
            value={text}
            placeholder={unit === 'ns' ? '0, e.g. -12.5 us' : '0'}
            aria-invalid={offset === null}
            title={offset === null ? (unit === 'ns' ? 'A number with ns, us, ms or s' : 'A whole number of ticks') : ''}
            onInput={(e) => (typed.value = { ...typed.peek(), [clock.machine]: e.currentTarget.value })}
            onKeyDown={(e) => {
              if (e.key === 'Enter') apply()
            }}
          />
        </label>
        <button type="button" class="button" disabled={offset === null || offset === clock.offset} onClick={apply}>
          Apply
        </button>
      </div>
      {held && <HealthCard info={info} machine={clock.machine} use={(method) => set(method, '0')} />}
    </section>
  )
}

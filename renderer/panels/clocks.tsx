// How each machine's time relates to the session's, and the choice of it.

import { signal } from '@preact/signals'
import type { ClockMethod, ClockState, SessionInfo } from '../../workers/thread/contract.js'
import { parseDelta } from '../state/format.js'
import { handle } from '../state/messages.js'
import { retime } from '../state/opening.js'
import { loading, session } from '../state/session-state.js'
import { Band, machineName } from '../widgets/machine.js'
import { HealthCard } from './clock-health.js'
import { methodNames } from './verdict.js'

export function Clocks() {
  const info = session.value
  if (!info) return null
  if (info.clocks.length === 0) return <p class="empty">No clock is known for these files.</p>
  return (
    <div class="clocks scroll" tabIndex={0} aria-label="Clocks">
      {info.clocks.map((c) => (
        <ClockCard key={c.machine} info={info} clock={c} />
      ))}
    </div>
  )
}

/** What is typed and not applied yet, by machine. */
const typed = signal<Readonly<Record<number, string>>>({})

/** Guests whose health card is open. */
const open = signal<ReadonlySet<number>>(new Set())

function ClockCard({ info, clock }: { readonly info: SessionInfo; readonly clock: ClockState }) {
  const { unit } = info
  const guest = info.machines.find((m) => m.machine === clock.machine)?.role === 'guest'
  const text = typed.value[clock.machine] ?? (clock.offset === '0' ? '' : `${clock.offset} ${unit}`)
  const offset = text.trim() === '' ? '0' : parseDelta(text, unit)
  const set = (method: ClockMethod, by: string) => {
    const { [clock.machine]: _, ...rest } = typed.peek()
    typed.value = rest
    handle(retime(clock.machine, { method, offset: by }))
  }
  const apply = () => {
    if (offset === null) return
    const method = clock.method === 'none' && clock.available.includes('user') && offset !== '0' ? 'user' : clock.method
    set(method, offset)
  }
  return (
    <section class="clock" aria-label={`Clock of ${machineName(clock.machine)}`}>
      <Band machine={clock.machine} />
      <h3>{machineName(clock.machine)}</h3>
      <p class="clock-name">
        trace clock <code>{clock.clock || 'not named in the file'}</code>
      </p>
      <p class="clock-statement">
        {clock.statement} <span class="muted">Time used: {methodNames[clock.method].about}.</span>
      </p>
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
        Apply offset
      </button>
      {guest && (
        <details
          class="clock-more"
          open={open.value.has(clock.machine)}
          onToggle={(e) => {
            const next = new Set(open.peek())
            if (e.currentTarget.open) next.add(clock.machine)
            else next.delete(clock.machine)
            if (next.size !== open.peek().size) open.value = next
          }}
        >
          <summary>What the events say</summary>
          {open.value.has(clock.machine) && (
            <HealthCard
              info={info}
              machine={clock.machine}
              statement={clock.statement}
              use={(method) => set(method, '0')}
            />
          )}
        </details>
      )}
    </section>
  )
}

// Left of the overview: each machine with what is known of its clock, in one word.

import { session } from '../state/session-state.js'
import { readable } from '../state/format.js'
import { showTab } from '../state/settings.js'
import { Band } from '../widgets/machine.js'
import { verdict } from './verdict.js'

export function Verdicts() {
  const info = session.value
  if (!info) return null
  return (
    <div class="verdicts">
      {info.machines.map((m) => {
        const clock = info.clocks.find((c) => c.machine === m.machine)
        const says = clock && verdict(clock, m.role, info.unit)
        return (
          <div class="verdict" key={m.machine} title={m.name}>
            <Band machine={m.machine} />
            <span class="verdict-name">{m.name}</span>
            {clock && says && (
              <button
                type="button"
                class={`badge ${says.caution ? 'caution' : ''}`}
                title={readable(clock.statement)}
                onClick={() => showTab('clocks')}
              >
                {says.text}
              </button>
            )}
          </div>
        )
      })}
    </div>
  )
}

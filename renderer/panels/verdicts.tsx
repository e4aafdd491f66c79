// Left of the overview: each machine with what is known of its clock, in one word.

import type { ClockState } from '../../workers/thread/contract.js'
import { session } from '../state/session-state.js'
import { drawerTab, showDrawer } from '../state/settings.js'
import { Band } from '../widgets/machine.js'

const words: Readonly<Record<ClockState['method'], string>> = {
  recorded: 'synchronised',
  compat: 'as trace-cmd',
  none: 'own clock',
  'from-start': 'not related',
  user: 'set by hand',
}

/** What the badge says, and whether it is a caution. */
export function verdict(
  clock: ClockState,
  role: 'host' | 'guest' | 'alone',
): { readonly text: string; readonly caution: boolean } | null {
  const moved = clock.offset !== '0'
  if (role !== 'guest' && clock.method === 'none' && !moved) return null
  const caution =
    clock.method === 'from-start' || clock.method === 'user' || (role === 'guest' && clock.method === 'none')
  return {
    text: `${words[clock.method]}${moved && clock.method !== 'user' ? ', moved' : ''}`,
    caution: caution || moved,
  }
}

export function Verdicts() {
  const info = session.value
  if (!info) return null
  return (
    <div class="verdicts">
      {info.machines.map((m) => {
        const clock = info.clocks.find((c) => c.machine === m.machine)
        const says = clock && verdict(clock, m.role)
        return (
          <div class="verdict" key={m.machine} title={m.name}>
            <Band machine={m.machine} />
            <span class="verdict-name">{m.name}</span>
            {clock && says && (
              <button
                type="button"
                class={`badge ${says.caution ? 'caution' : ''}`}
                title={clock.statement}
                onClick={() => {
                  showDrawer.value = true
                  drawerTab.value = 'clocks'
                }}
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

// The chains of wake-ups that annotations highlight, asked of the engine by the id that an annotation keeps.

import { computed, effect, signal } from '@preact/signals'
import type { EngineApi, WakeupChain } from '../../workers/thread/contract.js'
import { pickChain } from '../state/chain.js'
import { isAbort, say, sentence } from '../state/messages.js'
import { engine, fusedTracks, loading, session } from '../state/session-state.js'
import { askWakeups, surveyed, surveying } from '../state/wakeups.js'
import { highlightedChain, noteChain, type NoteChain } from './chain-shape.js'
import type { Annotation } from './model.js'
import { annotations } from './notes.js'

/** By id; null: these files hold no wake-up of that id, or of such a link. */
type Chains = ReadonlyMap<string, WakeupChain | null>
const found = signal<{ readonly version: number; readonly chains: Chains }>({ version: -1, chains: new Map() })

/** What is known of the chain with an id: undefined = not looked for yet. */
export const chainWith = (id: string): WakeupChain | null | undefined => found.value.chains.get(id)

/** Where the highlighted chains lie, by id. */
export const noteChains = computed<ReadonlyMap<string, NoteChain>>(() => {
  const tracks = fusedTracks.value?.tracks ?? []
  return new Map([...found.value.chains].flatMap(([id, chain]) => (chain ? [[id, noteChain(chain, tracks)]] : [])))
})

/** Rejects as the engine does, but where no wake-up has the id: that is null. */
async function ask(api: Pick<EngineApi, 'wakeupChain'>, id: string, signal?: AbortSignal): Promise<WakeupChain | null> {
  try {
    return await api.wakeupChain({ id }, {}, undefined, signal)
  } catch (e) {
    if (e instanceof Error && e.name === 'RequestError') return null
    throw e
  }
}

/** Chains of the highlights among annotations, one after the other. */
export async function chainsOf(
  api: Pick<EngineApi, 'wakeupChain'>,
  all: readonly Annotation[],
  signal?: AbortSignal,
): Promise<Chains> {
  const chains = new Map<string, WakeupChain | null>()
  for (const id of new Set(all.flatMap((a) => highlightedChain(a) ?? []))) chains.set(id, await ask(api, id, signal))
  return chains
}

/** Starts looking for them. */
export function startNoteChains(): void {
  let stop = new AbortController()
  effect(() => {
    const version = session.value?.version
    const all = annotations.value
    const api = engine.value
    if (!api || version === undefined || loading.value) return
    const known = found.peek().version === version ? found.peek().chains : new Map<string, WakeupChain | null>()
    const missing = all.filter(
      (a) => known.get(highlightedChain(a) ?? '') === undefined && highlightedChain(a) !== null,
    )
    if (missing.length === 0) return
    // Finding the wake-ups takes a while in large recordings: that is shown, and can be cancelled.
    if (!surveyed.value) return askWakeups()
    stop.abort()
    const mine = (stop = new AbortController())
    chainsOf(api, missing, mine.signal).then(
      (more) => {
        if (!mine.signal.aborted && session.peek()?.version === version)
          found.value = { version, chains: new Map([...known, ...more]) }
      },
      (e: unknown) => {
        if (!mine.signal.aborted && !isAbort(e)) say('error', `The chains of the notes are not known: ${sentence(e)}`)
      },
    )
  })
}

/** Waits until the wake-ups are known; false = they will not be. */
function untilSurveyed(): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (!surveyed.value) {
        if (surveying.value || loading.value) return
        // Not asked for yet; where that was in vain before, it is again.
        askWakeups()
        if (surveying.peek()) return
      }
      resolve(surveyed.value)
      queueMicrotask(() => stop())
    })
  })
}

/** Lights the chain with an id everywhere; says so where there is none. */
export async function lightChain(id: string): Promise<boolean> {
  if (!(await untilSurveyed())) return false
  try {
    return (await pickChain({ id })) !== null
  } catch (e) {
    if (!(e instanceof Error) || e.name !== 'RequestError') throw e
    say('note', `No wake-up of these files has the id ${id}: the chain of this note is not among what is loaded.`)
    return false
  }
}

// The one chain of wake-ups that is lit everywhere: that of the selected event, of the place that was clicked, or of the wake-up
// that was picked.

import { computed, effect, signal } from '@preact/signals'
import type { ChainHop, ChainTarget, WakeupChain } from '../../workers/thread/contract.js'
import { chainParts, gatheredRows } from './chain-rows.js'
import { handle, isAbort, say, sentence } from './messages.js'
import { askWakeups, flagsNamed, surveyed } from './wakeups.js'
import {
  chosenPlace,
  engine,
  fusedTracks,
  gathered,
  loading,
  selection,
  session,
  setRowScroll,
} from './session-state.js'

interface LitChain {
  readonly chain: WakeupChain
  /** Index of the hop at hand. */
  readonly hop: number
  /** It was chosen as a wake-up; otherwise it follows from the selection. */
  readonly picked: boolean
}
export const lit = signal<LitChain | null>(null)
/** Being looked for. */
export const chainAsked = signal(false)
/** The chain of the selection is lit: everything else is dimmed. */
export const dimOthers = signal(true)
/** The rows of the chain stand together at the top. */
export const gathering = signal(false)

export const currentHop = computed<ChainHop | null>(() => lit.value?.chain.hops[lit.value.hop] ?? null)

/** What of each row belongs to the chain. */
export const litParts = computed(() => {
  const now = lit.value
  return now && chainParts(now.chain, fusedTracks.value?.tracks ?? [])
})

const hopOf = (chain: WakeupChain, position: number): number => chain.hops.findIndex((h) => h.position === position)

let abort = new AbortController()

/** Finds a chain; null where nothing woke it, or a newer question came. Rejects as the engine does. */
async function find(target: ChainTarget): Promise<WakeupChain | null> {
  abort.abort()
  abort = new AbortController()
  const { signal } = abort
  const api = engine.peek()
  if (!api) return null
  chainAsked.value = true
  try {
    const chain = await api.wakeupChain(target, {}, undefined, signal)
    return signal.aborted ? null : chain
  } catch (e) {
    if (signal.aborted || isAbort(e)) return null
    throw e
  } finally {
    if (abort.signal === signal) chainAsked.value = false
  }
}

/** Lights the chain of a wake-up or an id; answers it, or null where there is none. */
export async function pickChain(target: ChainTarget): Promise<WakeupChain | null> {
  const chain = await find(target)
  if (!chain) return null
  const asked = chain.wakeups.find((w) => w.wakeup === chain.selected)
  const at = asked ? hopOf(chain, asked.waking.position ?? -1) : 0
  lit.value = { chain, hop: Math.max(0, at), picked: true }
  return chain
}

/** Keeps the chain in step with the selection; answers a function that stops. */
export function followChain(): () => void {
  const stops = [
    effect(() => {
      const version = session.value?.version
      const chosen = selection.value
      const place = chosenPlace.value
      const now = lit.peek()
      if (!engine.value || version === undefined || loading.value) return void (lit.value = null)
      const known = now?.chain.version === version
      if (known && chosen) {
        const hop = hopOf(now.chain, chosen.position)
        if (hop >= 0) return void (lit.value = { ...now, hop })
      }
      if (!chosen && !place) {
        abort.abort()
        return void (lit.value = null)
      }
      // Finding the wake-ups takes a while in large recordings: that is shown, and can be cancelled.
      if (!surveyed.value) {
        lit.value = null
        return askWakeups()
      }
      const target: ChainTarget = chosen ? { position: chosen.position } : place!
      find(target).then(
        (chain) => {
          if (selection.peek() !== chosen || chosenPlace.peek() !== place) return
          const hop = chain && chosen ? Math.max(0, hopOf(chain, chosen.position)) : 0
          lit.value = chain && { chain, hop, picked: false }
        },
        (e: unknown) => {
          lit.value = null
          say('error', `The chain of wake-ups is not known: ${sentence(e)}`)
        },
      )
    }),
    // Its records say their flags by other names.
    flagsNamed.subscribe(() => {
      const now = lit.peek()
      if (!now) return
      const again = (chain: WakeupChain | null) => {
        if (chain && lit.peek()?.chain === now.chain) lit.value = { ...lit.peek()!, chain }
      }
      handle(find({ wakeup: now.chain.selected }).then(again))
    }),
    effect(() => {
      const rows = gathering.value && lit.value ? gatheredRows(lit.value.chain) : []
      const before = gathered.peek()
      if (rows.join() === before.join()) return
      gathered.value = rows
      // They stand at the top.
      if (before.length === 0) setRowScroll(0)
    }),
  ]
  return () => stops.forEach((s) => s())
}

// What the events say about the guests' clocks, for everybody who draws it: asked for once per version of the session.

import { computed, effect, signal } from '@preact/signals'
import type { ClockHealth } from '../../workers/thread/contract.js'
import type { MachineIndex } from '../../workers/units.js'
import { boundRuns, boundsAt } from './bounds.js'
import type { BoundPoint, Bounds } from './bounds.js'
import { isAbort, sentence } from './messages.js'
import { engine, loading, session } from './session-state.js'

export interface ClockCard {
  /** SessionInfo.version that it belongs to: an older one is shown, dimmed, until the new one has come. */
  readonly version: number
  readonly health: ClockHealth | null
  /** Why there is none. */
  readonly trouble: string | null
}
export const clockCards = signal<ReadonlyMap<MachineIndex, ClockCard>>(new Map())

/**
 * Bounds that may be stated of a time shown: those of the estimate, and where its model does not hold everywhere, wider by as
 * much as its accuracy is worse than they are. None where no accuracy can be stated.
 */
export function statedBounds(h: Pick<ClockHealth, 'bounds' | 'methods' | 'halfWidth'>): readonly BoundPoint[] {
  const accuracy = h.methods.find((m) => m.method === 'events')?.accuracy ?? null
  if (accuracy === null || h.halfWidth === null) return []
  const more = Math.max(0, accuracy - h.halfWidth)
  return h.bounds.map(({ t, lower, upper }) => ({ t, lower: lower - more, upper: upper + more }))
}

const runsOf = computed(() => {
  const version = session.value?.version
  const runs = [...clockCards.value].flatMap(([machine, card]) =>
    card.health && card.version === version
      ? [[machine, boundRuns(statedBounds(card.health), card.health.breaks)] as const]
      : [],
  )
  return new Map(runs)
})

/** Where true time lies when `t` is shown on a machine's rows, relative to `t`; null where nothing bounds it. */
export const timeBounds = (machine: MachineIndex, t: number): Bounds | null =>
  boundsAt(runsOf.value.get(machine) ?? [], t)

/** Machines whose times are known between bounds. */
export const boundedMachines = computed<ReadonlySet<MachineIndex>>(
  () => new Set([...runsOf.value].flatMap(([machine, runs]) => (runs.length > 0 ? [machine] : []))),
)

/** Keeps the cards up to date; answers a function that stops. */
export function followClocks(): () => void {
  return effect(() => {
    const api = engine.value
    const info = session.value
    if (!info) clockCards.value = new Map()
    // While it loads, nothing can be said yet.
    if (!api || !info || loading.value) return
    const { version } = info
    const guests = info.machines.filter((m) => m.parent !== null).map((m) => m.machine)
    const kept = [...clockCards.peek()].filter(([machine]) => guests.includes(machine))
    if (kept.length < clockCards.peek().size) clockCards.value = new Map(kept)
    const put = (machine: MachineIndex, card: Omit<ClockCard, 'version'>) => {
      if (session.peek()?.version !== version) return
      clockCards.value = new Map([...clockCards.peek(), [machine, { ...card, version }]])
    }
    for (const machine of guests) {
      if (clockCards.peek().get(machine)?.version === version) continue
      api.clockHealth(machine).then(
        (health) => put(machine, { health, trouble: null }),
        (e: unknown) => isAbort(e) || put(machine, { health: null, trouble: sentence(e) }),
      )
    }
  })
}

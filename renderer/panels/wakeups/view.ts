// Which wake-ups the tab is about: those of the chosen range, else of the visible time, that pass its filter.

import { computed, effect, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useSignal, type ReadonlySignal } from '@preact/signals'
import type { EngineApi, Progress, WakeupFilter } from '../../../workers/thread/contract.js'
import { isAbort, sentence } from '../../state/messages.js'
import { scope } from '../../state/scope.js'
import { engine, extent, range } from '../../state/session-state.js'
import { flagsNamed, survey, surveyed, wakeFilter } from '../../state/wakeups.js'

/** Pause after the last move of the view, ms. */
const SETTLED = 120

/** A part of the recording, or nothing where it is all of it: the same question as any other view of all. */
const within = (span: { readonly from: number; readonly to: number }): Partial<WakeupFilter> => {
  const all = extent.value
  if (span.from <= all.from && span.to >= all.to) return {}
  return { from: span.from as NonNullable<WakeupFilter['from']>, to: span.to as NonNullable<WakeupFilter['to']> }
}

const filterNow = computed<WakeupFilter>(() => ({ ...wakeFilter.value, ...within(scope.value) }))

/** The filter with its time, once the view has come to rest. */
export const wakeQuery = signal<WakeupFilter>({})
/** The same without limits of latency: what charts of latencies draw, so that a brushed part keeps its surroundings. */
export const unlimited = computed<WakeupFilter>(() => {
  const { minLatency: _low, maxLatency: _high, ...rest } = wakeQuery.value
  return rest
})
/** The filter over all that is visible, whatever range is chosen in it. */
export const overVisible = computed<WakeupFilter>(() => {
  const { from: _from, to: _to, ...rest } = unlimited.value
  return { ...rest, ...visible.value }
})
const visible = signal<Partial<WakeupFilter>>({})

/** Follows the view while the tab is open; answers a function that stops. */
export function followQuery(): () => void {
  let timer = 0
  let first = true
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  const stop = effect(() => {
    const next = filterNow.value
    const seen = within(range.value)
    const take = () => {
      if (!same(next, wakeQuery.peek())) wakeQuery.value = next
      if (!same(seen, visible.peek())) visible.value = seen
    }
    clearTimeout(timer)
    if (first) take()
    else timer = window.setTimeout(take, SETTLED)
    first = false
  })
  return () => {
    stop()
    clearTimeout(timer)
  }
}

export interface Answer<T> {
  readonly value: T | null
  /** Another answer is on its way. */
  readonly waiting: boolean
  readonly progress: Progress | null
  readonly trouble: string | null
  readonly cancel: () => void
}

type Ask<T> = (api: EngineApi, onProgress: (p: Progress) => void, signal: AbortSignal) => Promise<T>

/**
 * Asks the engine whenever `keys` change; what was answered stays until the next answer comes. While an answer is on its way only
 * the latest question waits, so that a moving brush gets as many answers as the engine can give.
 */
export function useAnswer<T>(ask: Ask<T>, keys: readonly unknown[]): ReadonlySignal<Answer<T>> {
  const answer = useSignal<Answer<T>>({ value: null, waiting: true, progress: null, trouble: null, cancel: () => {} })
  const line = useSignal<{ busy: boolean; next: (() => void) | null; closed: boolean }>({
    busy: false,
    next: null,
    closed: false,
  })
  const version = survey.value?.version
  useEffect(() => () => void (line.peek().closed = true), [])
  useEffect(() => {
    const api = engine.peek()
    if (!api || !surveyed.peek()) return
    const state = line.peek()
    const put = () => {
      const abort = new AbortController()
      state.busy = true
      const set = (part: Partial<Answer<T>>) => {
        if (!state.closed) answer.value = { ...answer.peek(), ...part }
      }
      set({ waiting: true, progress: null, cancel: () => abort.abort() })
      ask(api, (progress) => set({ progress }), abort.signal)
        .then(
          (value) => set({ value, trouble: null }),
          (e: unknown) => set({ trouble: isAbort(e) ? 'Cancelled.' : sentence(e) }),
        )
        .finally(() => {
          const { next } = state
          state.busy = false
          state.next = null
          if (next && !state.closed) next()
          else set({ waiting: false, progress: null })
        })
    }
    if (state.busy) state.next = put
    else put()
  }, [version, flagsNamed.value, ...keys])
  return answer
}

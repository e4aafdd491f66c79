// Puts away what a person does as it is done: never more than a moment later, and again and again where it does not work.

import { signal } from '@preact/signals'
import { sentence } from './messages.js'

/** Why what is done is not being kept, as a sentence; null = it is. */
export const unkept = signal<string | null>(null)

/** A change is stored this long after it, ms: what the loss of the window costs at most, with the time that storing takes. */
const SOON = 200
/** The same of a change that follows the hand, as where the view is: each storing costs the frame that it falls into. */
const CALM = 600
/** Storing that failed is tried again after, ms. */
const AGAIN = 3000

export interface Keeper<T> {
  /** Called with each new state; `calm` where nothing was done but to look elsewhere. */
  readonly changed: (state: T, calm?: boolean) => void
  /** Stores what is waiting at once. */
  readonly flush: () => void
  /** Stores what is waiting, and no more. */
  readonly close: () => void
}

const why = (e: unknown): string => {
  const text = e instanceof Error ? `${e.name}: ${e.message}` : String(e)
  if (/quota|disk|full|space/i.test(text)) {
    return 'Your work is not being kept, because the browser’s storage is full. It is all here while this window is open: forget old sessions, or save the session as a file. Storing is tried again every few seconds.'
  }
  return `Your work is not being kept: ${sentence(e)} It is all here while this window is open: save the session as a file. Storing is tried again every few seconds.`
}

/** @param store puts a state away; the latest wins */
export function keepUp<T>(store: (state: T) => Promise<void>): Keeper<T> {
  let waiting: { readonly state: T; readonly calm: boolean } | null = null
  let busy = false
  let open = true
  let timer: ReturnType<typeof setTimeout> | undefined
  /** When the timer is due, ms; Infinity = there is none. */
  let due = Infinity
  const within = (ms: number): void => {
    if (Date.now() + ms >= due) return
    clearTimeout(timer)
    due = Date.now() + ms
    timer = setTimeout(flush, ms)
  }
  /** The soonest that anything is stored after a change: later while storing fails. */
  let soonest = SOON
  const wait = (): void => within(waiting?.calm ? Math.max(CALM, soonest) : soonest)

  const flush = (): void => {
    if (busy || !waiting) return
    const now = waiting
    waiting = null
    busy = true
    clearTimeout(timer)
    due = Infinity
    store(now.state)
      .then(
        () => {
          unkept.value = null
          soonest = SOON
        },
        (e: unknown) => {
          unkept.value = why(e)
          // Nothing is lost: it waits, unless something newer does already.
          waiting ??= now
          soonest = AGAIN
        },
      )
      .then(() => {
        busy = false
        if (!waiting) return
        if (open) wait()
        else if (soonest === SOON) flush()
      })
  }
  const leaving = (): void => {
    if (document.visibilityState === 'hidden') flush()
  }
  const page = typeof document === 'undefined' ? null : document
  page?.addEventListener('visibilitychange', leaving)
  if (page) addEventListener('pagehide', flush)
  return {
    changed(state, calm = false) {
      waiting = { state, calm: calm && (waiting?.calm ?? true) }
      // The first change sets the time: one that follows does not put it off.
      if (!busy) wait()
    },
    flush,
    close() {
      open = false
      page?.removeEventListener('visibilitychange', leaving)
      if (page) removeEventListener('pagehide', flush)
      flush()
    },
  }
}

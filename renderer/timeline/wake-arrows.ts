// The arrows of wake-ups for what is in view: asked for when the view has come to rest, kept on screen until others arrive.

import { effect, signal } from '@preact/signals'
import type { ArrowQuery, WakeupArrows } from '../../workers/thread/contract.js'
import { sessionTime } from '../../workers/units.js'
import { isAbort, sentence } from '../state/messages.js'
import { rowsBetween } from '../state/rows.js'
import { engine, range, rowLayout, rowScroll, rowViewport } from '../state/session-state.js'
import { showArrows, survey, surveyed } from '../state/wakeups.js'
import { LatestOnly } from './latest.js'
import { canvasWidth } from './signals.js'

export const wakeArrows = signal<WakeupArrows | null>(null)
/** Why they could not be asked for. */
const arrowTrouble = signal<string | null>(null)

/** Pause after the last move of the view, ms. */
const SETTLED = 70
/** Rows above and below the screen that arrows may come from or go to, as a share of the screen. */
const BEYOND = 1

function queryNow(): ArrowQuery | null {
  const { from, to } = range.value
  const layout = rowLayout.value
  const beyond = rowViewport.value * BEYOND
  const [first, end] = rowsBetween(layout, rowScroll.value - beyond, rowScroll.value + rowViewport.value + beyond)
  const tracks = layout.rows.slice(first, end).flatMap((r) => (r.track && r.kind !== 'machine' ? [r.track.id] : []))
  const pixels = Math.max(1, Math.round(canvasWidth.value))
  if (!showArrows.value || !surveyed.value || survey.value?.count === 0 || tracks.length === 0) return null
  return { from: sessionTime(from), to: sessionTime(to), tracks, pixels }
}

/** Keeps them up to date; answers a function that stops. */
export function followArrows(): () => void {
  const asking = new LatestOnly<ArrowQuery, WakeupArrows | null>(
    async (query) => {
      try {
        return (await engine.peek()?.wakeupArrows(query)) ?? null
      } catch (e) {
        if (!isAbort(e)) arrowTrouble.value = sentence(e)
        return null
      }
    },
    (found) => {
      if (found) wakeArrows.value = found
    },
  )
  let timer = 0
  const stop = effect(() => {
    const query = queryNow()
    clearTimeout(timer)
    if (query) {
      timer = window.setTimeout(() => asking.ask(query), SETTLED)
      return
    }
    asking.cancel()
    wakeArrows.value = null
  })
  return () => {
    stop()
    clearTimeout(timer)
    asking.cancel()
  }
}

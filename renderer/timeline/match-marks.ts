// Where on the timeline the search has found something: asked for anew while the search goes on and when the view moves.

import { effect, signal } from '@preact/signals'
import * as state from '../state/session-state.js'
import type { TimeRange } from '../state/session-state.js'
import { LatestOnly } from './latest.js'

/** Matches per column of a range of time. */
export interface MatchMarks extends TimeRange {
  readonly counts: Uint32Array
}
/** Of what the canvas shows, and of the whole session. */
export const viewMarks = signal<MatchMarks | null>(null)
export const sessionMarks = signal<MatchMarks | null>(null)

interface Question extends TimeRange {
  readonly search: number
  readonly columns: number
}

/** Keeps `marks` up to date for a range over a width in CSS pixels; answers a function that stops. */
export function followMatches(marks: typeof viewMarks, range: () => TimeRange, width: () => number): () => void {
  const asking = new LatestOnly<Question, MatchMarks | null>(
    async ({ search, from, to, columns }) => {
      const counts = await state.engine.peek()?.searchDensity(search, from, to, columns)
      return counts && state.searchState.peek()?.search === search ? { from, to, counts } : null
    },
    (found) => (marks.value = found),
  )
  const stop = effect(() => {
    const search = state.searchState.value
    const { from, to } = range()
    const columns = Math.round(width())
    if (search && search.matches > 0 && columns > 1) asking.ask({ search: search.search, from, to, columns })
    else {
      asking.cancel()
      marks.value = null
    }
  })
  return () => {
    stop()
    asking.cancel()
    marks.value = null
  }
}

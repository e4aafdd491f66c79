// What tables of a stretch of time are about: the chosen range, else what is visible, within the recording.

import { batch, computed, signal } from '@preact/signals'
import { extent, range, rangeSelection } from './session-state.js'
import type { TimeRange } from './session-state.js'

/** The scope from before a table moved the view: going to one of its rows must not empty it. */
const held = signal<{
  readonly scope: TimeRange
  readonly range: TimeRange
  readonly chosen: TimeRange | null
} | null>(null)

export const scope = computed<TimeRange>(() => {
  const kept = held.value
  if (kept && kept.range === range.value && kept.chosen === rangeSelection.value) return kept.scope
  const { from, to } = rangeSelection.value ?? range.value
  const all = extent.value
  return from < all.to && to > all.from
    ? { from: from < all.from ? all.from : from, to: to > all.to ? all.to : to }
    : all
})

/** Words before the length of the scope: what it is. */
export const scopeWords = computed(() =>
  held.value && scope.value === held.value.scope ? '' : rangeSelection.value ? 'the range of ' : 'the visible ',
)

/** Moves the view or chooses a range while the scope stays what it was. */
export function holdScope(move: () => void): void {
  batch(() => {
    const before = scope.peek()
    move()
    held.value = { scope: before, range: range.peek(), chosen: rangeSelection.peek() }
  })
}

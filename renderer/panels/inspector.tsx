// What is known about the selection, one section below the other.

import { chosenPlace, details, rangeSelection, selection, session } from '../state/session-state.js'
import { sections } from './inspector/sections.js'

export function Inspector() {
  if (!session.value) return null
  const nothing =
    rangeSelection.value === null && chosenPlace.value === null && (selection.value === null || details.value === null)
  return (
    <div class="inspector scroll" tabIndex={0} aria-label="Selection">
      {sections.map(({ id, component: Section }) => (
        <Section key={id} />
      ))}
      {nothing && (
        <p class="empty">
          Shows the fields, stack and times of an event. Click an event on the timeline or in the table, or drag over
          the timeline to measure a range.
        </p>
      )}
    </div>
  )
}

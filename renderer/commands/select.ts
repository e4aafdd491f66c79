// Events, ranges and markers.

import { chosen, tool } from '../annotate/notes.js'
import { lit } from '../state/chain.js'
import { clearSearch } from '../state/searching.js'
import { clearSelection, markers, rangeSelection, searchSpec, selection, setMarker } from '../state/session-state.js'
import * as timeline from '../timeline/commands.js'
import { inPlace, open, type Command } from './command.js'

/** Esc: the innermost thing first. */
function escape(): void {
  if (tool.peek()) tool.value = null
  else if (chosen.peek() !== null) chosen.value = null
  else if (searchSpec.peek().text !== '') clearSearch()
  else if (rangeSelection.peek()) rangeSelection.value = null
  else {
    clearSelection()
    // A chain that was picked by its id hangs on no selection.
    lit.value = null
  }
}

export const selectCommands: readonly Command[] = [
  {
    id: 'next-event',
    title: 'Next event on the row',
    group: 'Select',
    keys: ['.'],
    when: open,
    run: timeline.nextEvent,
  },
  {
    id: 'previous-event',
    title: 'Previous event on the row',
    group: 'Select',
    keys: [','],
    when: open,
    run: timeline.previousEvent,
  },
  {
    id: 'focus',
    title: 'Centre the selection; again: fit it',
    group: 'Select',
    keys: ['f'],
    when: () => selection.value !== null || rangeSelection.value !== null,
    run: inPlace(timeline.focusSelection),
  },
  {
    id: 'marker-a',
    title: 'Set marker A',
    group: 'Select',
    keys: ['Shift+A'],
    when: open,
    run: inPlace(() => timeline.setMarkerHere('a')),
  },
  {
    id: 'marker-b',
    title: 'Set marker B',
    group: 'Select',
    keys: ['Shift+B'],
    when: open,
    run: inPlace(() => timeline.setMarkerHere('b')),
  },
  {
    id: 'no-markers',
    title: 'Remove both markers',
    group: 'Select',
    keys: [],
    when: () => markers.value.a !== null || markers.value.b !== null,
    run: () => {
      setMarker('a', null)
      setMarker('b', null)
    },
  },
  { id: 'escape', title: 'Clear search, range, selection', group: 'Select', keys: ['Esc'], when: open, run: escape },
]

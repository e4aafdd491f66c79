// Writing upon the trace.

import { annotationKinds, type AnnotationKind } from '../annotate/model.js'
import { noteOnChain, noteOnEvent } from '../annotate/hooks.js'
import { chosen, remove, tool } from '../annotate/notes.js'
import { lit } from '../state/chain.js'
import { details, hoverRow, rangeSelection, selection } from '../state/session-state.js'
import { placeInView } from '../timeline/commands.js'
import { noteAt, noteOnRange } from '../timeline/overlays/annotations.js'
import { open, type Command } from './command.js'

const kindTitles: Readonly<Record<AnnotationKind, string>> = {
  note: 'Write a text on the timeline',
  arrow: 'Draw an arrow on the timeline',
  box: 'Draw a box on the timeline',
  range: 'Bracket a range of the timeline',
  highlight: 'Highlight a row of the timeline',
  callout: 'Set a number on the timeline',
}

export const annotateCommands: readonly Command[] = [
  {
    id: 'note',
    title: 'Note at the pointer',
    group: 'Notes',
    keys: ['m'],
    when: open,
    run: () => noteAt(placeInView(), hoverRow.peek() ?? selection.peek()?.track ?? null),
  },
  {
    id: 'note-range',
    title: 'Note on the chosen range',
    group: 'Notes',
    keys: ['Shift+M'],
    when: () => rangeSelection.value !== null,
    run: () => {
      const chosenRange = rangeSelection.peek()
      if (chosenRange) noteOnRange(chosenRange.from, chosenRange.to)
    },
  },
  {
    id: 'note-event',
    title: 'Note on the selected event',
    group: 'Notes',
    keys: ['e'],
    when: () => details.value !== null && selection.value?.position === details.value.position,
    run: () => {
      const event = details.peek()
      if (event) noteOnEvent(event, selection.peek()?.track ?? null)
    },
  },
  {
    id: 'note-chain',
    title: 'Note on the lit chain of wake-ups',
    group: 'Notes',
    keys: ['c'],
    when: () => lit.value !== null,
    run: () => noteOnChain('note'),
  },
  {
    id: 'highlight-chain',
    title: 'Highlight the lit chain of wake-ups',
    group: 'Notes',
    keys: ['Shift+C'],
    when: () => lit.value !== null,
    run: () => noteOnChain('highlight'),
  },
  ...annotationKinds.map((kind): Command => ({
    id: `draw-${kind}`,
    title: kindTitles[kind],
    group: 'Notes',
    keys: [],
    when: open,
    run: () => (tool.value = kind),
  })),
  {
    id: 'delete-note',
    title: 'Delete the chosen note',
    group: 'Notes',
    keys: ['Delete'],
    when: () => chosen.value !== null,
    run: () => remove(chosen.peek()!),
  },
]

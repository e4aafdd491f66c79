// The way back from the latest change, whatever it was.

import { canRedo, canUndo, redo, undo } from '../annotate/notes.js'
import { canRedoClock, canUndoClock, travelClocks } from '../state/clock-choices.js'
import { nextOf, travelled, type Undoable } from '../state/undo.js'
import { inPlace, type Command } from './command.js'

const kinds: Readonly<
  Record<Undoable, { readonly can: (by: 1 | -1) => boolean; readonly go: (by: 1 | -1) => void | Promise<void> }>
> = {
  clocks: { can: (by) => (by < 0 ? canUndoClock.value : canRedoClock.value), go: travelClocks },
  notes: { can: (by) => (by < 0 ? canUndo.value : canRedo.value), go: (by) => (by < 0 ? undo() : redo()) },
}

const next = (by: 1 | -1): Undoable | null => nextOf(by, (kind) => kinds[kind].can(by))

const travel = (by: 1 | -1) =>
  inPlace(async () => {
    const kind = next(by)
    if (!kind) return
    travelled(kind, by)
    await kinds[kind].go(by)
  })

export const undoCommands: readonly Command[] = [
  {
    id: 'undo',
    title: 'Undo the last change to notes or clocks',
    group: 'Notes',
    keys: ['Ctrl+Z'],
    when: () => next(-1) !== null,
    run: travel(-1),
  },
  {
    id: 'redo',
    title: 'Redo it',
    group: 'Notes',
    keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
    when: () => next(1) !== null,
    run: travel(1),
  },
]

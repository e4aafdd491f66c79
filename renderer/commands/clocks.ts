// Moving the clocks of machines.

import { isMovable, moveMachine } from '../state/clock-choices.js'
import { details, markers, session } from '../state/session-state.js'
import { inPlace, type Command } from './command.js'

const canAlign = () => {
  const info = session.value
  const event = details.value
  return markers.value.a !== null && info !== null && event !== null && isMovable(info, event.machine)
}

export const clockCommands: readonly Command[] = [
  {
    id: 'align-marker',
    title: 'Move the selected event’s machine so that the event lies at marker A',
    group: 'Clocks',
    keys: [],
    when: () => canAlign(),
    run: inPlace(async () => {
      const event = details.peek()
      const { a } = markers.peek()
      if (event && a !== null) await moveMachine(event.machine, a - event.t)
    }),
  },
]

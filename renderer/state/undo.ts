// In which order changes of different kinds were made, so that one key takes back the latest, whatever it was.

import { computed, signal } from '@preact/signals'

/** What can be taken back: each kind keeps its own steps. */
export const undoables = ['clocks', 'notes'] as const
export type Undoable = (typeof undoables)[number]

const LONGEST = 1000
const done = signal<readonly Undoable[]>([])
const undone = signal<readonly Undoable[]>([])

/** To be kept with the session. */
export const undoOrder = computed(() => ({ done: done.value, undone: undone.value }))
/** The order of another session. */
export function setUndoOrder(order: {
  readonly done: readonly Undoable[]
  readonly undone: readonly Undoable[]
}): void {
  done.value = order.done
  undone.value = order.undone
}

/** Called with each change that can be taken back. */
export function changed(kind: Undoable): void {
  done.value = [...done.peek(), kind].slice(-LONGEST)
  undone.value = []
}

/** The kind whose change comes next in a direction; those of which nothing is left (another session) are passed over. */
export const nextOf = (direction: 1 | -1, can: (kind: Undoable) => boolean): Undoable | null =>
  (direction < 0 ? done : undone).value.findLast(can) ?? null

/** Says that the latest change of a kind was taken back (-1) or made again (1). */
export function travelled(kind: Undoable, direction: 1 | -1): void {
  const [from, to] = direction < 0 ? [done, undone] : [undone, done]
  const at = from.peek().lastIndexOf(kind)
  if (at >= 0) from.value = from.peek().filter((_, i) => i !== at)
  to.value = [...to.peek(), kind]
}

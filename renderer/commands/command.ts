// What a command is, and what most of them need.

import { handle } from '../state/messages.js'
import { session } from '../state/session-state.js'

export type CommandGroup =
  'File' | 'Zoom and pan' | 'Select' | 'Notes' | 'Clocks' | 'Rows' | 'Wake-ups' | 'Search and filter' | 'View' | 'Help'

export interface Command {
  readonly id: string
  readonly title: string
  readonly group: CommandGroup
  /** The first is the one that is shown. */
  readonly keys: readonly string[]
  readonly run: () => void
  /** Absent = always. */
  readonly when?: () => boolean
}

/** Whether a session is open. */
export const open = (): boolean => session.value !== null

/** A command that takes its time; what fails is said in the banner. */
export const inPlace = (f: () => Promise<unknown>) => (): void => handle(f())

/** Moves the focus to an element of the page and selects its text. */
export function focus(id: string): void {
  const field = document.getElementById(id)
  field?.focus()
  if (field instanceof HTMLInputElement) field.select()
}

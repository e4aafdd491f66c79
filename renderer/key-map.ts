// From key presses to commands.

import { commands } from './commands.js'
import type { Command } from './commands/command.js'
import { matches } from './keys.js'
import type { KeyPress } from './keys.js'

/** With Ctrl, a text field's own. */
const EDITING = ['a', 'c', 'v', 'x', 'y', 'z']

/** The command for a key press; `typing`: the focus is in a text field, where only keys with Ctrl count. */
export function commandFor(press: KeyPress, typing: boolean): Command | undefined {
  if (typing && EDITING.includes(press.key.toLowerCase())) return undefined
  if (typing && !press.ctrlKey && !press.metaKey && !/^F\d/.test(press.key)) return undefined
  return commands.find((c) => c.keys.some((k) => matches(k, press)) && (c.when?.() ?? true))
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.matches('input:not([type=checkbox]), textarea, select') || target.isContentEditable)

function onKey(e: KeyboardEvent): void {
  if (e.defaultPrevented || document.querySelector('dialog[open]')) return
  const c = commandFor(e, isField(e.target))
  if (!c) return
  e.preventDefault()
  c.run()
}

/** Listens on the window; answers a function that stops. */
export function startKeys(): () => void {
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}

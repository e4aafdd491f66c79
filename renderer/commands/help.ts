// Finding out what can be done.

import { signal } from '@preact/signals'
import type { Command } from './command.js'

export const paletteOpen = signal(false)
export const shortcutsOpen = signal(false)

export const helpCommands: readonly Command[] = [
  {
    id: 'palette',
    title: 'Command palette',
    group: 'Help',
    keys: ['Ctrl+Shift+P'],
    run: () => (paletteOpen.value = true),
  },
  { id: 'shortcuts', title: 'Keyboard and mouse', group: 'Help', keys: ['?'], run: () => (shortcutsOpen.value = true) },
]

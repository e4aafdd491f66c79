// What stands where, and how it looks. Each tab of the drawer brings the command that shows it.

import { tabs } from '../panels/tabs.js'
import { mousePreset, theme, timeFormat } from '../state/session-state.js'
import type { ThemeChoice } from '../state/session-state.js'
import { follow, showDrawer, showInspector, showTab } from '../state/settings.js'
import { open, type Command } from './command.js'

const themes: readonly ThemeChoice[] = ['system', 'dark', 'light']
export const themeNames: Readonly<Record<ThemeChoice, string>> = {
  system: 'Theme of the system',
  dark: 'Dark theme',
  light: 'Light theme',
}

export const viewCommands: readonly Command[] = [
  ...tabs.map((t): Command => ({
    id: t.id,
    title: `Show ${t.label.toLowerCase()}`,
    group: 'View',
    keys: t.keys,
    when: () => open() && (t.when?.() ?? true),
    run: () => showTab(t.id),
  })),
  {
    id: 'drawer',
    title: 'Show or hide the drawer',
    group: 'View',
    keys: ['Ctrl+J'],
    when: open,
    run: () => (showDrawer.value = !showDrawer.peek()),
  },
  {
    id: 'inspector',
    title: 'Show or hide the inspector',
    group: 'View',
    keys: ['Ctrl+I'],
    when: open,
    run: () => (showInspector.value = !showInspector.peek()),
  },
  {
    id: 'follow',
    title: 'Table follows the selection, or not',
    group: 'View',
    keys: [],
    when: open,
    run: () => (follow.value = !follow.peek()),
  },
  {
    id: 'time-format',
    title: 'Times since the start, or of the trace clock',
    group: 'View',
    keys: ['t'],
    run: () => (timeFormat.value = timeFormat.peek() === 'relative' ? 'trace' : 'relative'),
  },
  ...themes.map((t): Command => ({
    id: `theme-${t}`,
    title: themeNames[t],
    group: 'View',
    keys: [],
    run: () => (theme.value = t),
  })),
  {
    id: 'mouse',
    title: 'KernelShark mouse (left drag zooms), or Remora’s',
    group: 'View',
    keys: [],
    run: () => (mousePreset.value = mousePreset.peek() === 'remora' ? 'kernelshark' : 'remora'),
  },
]

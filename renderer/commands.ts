// Everything a key, a menu, the palette or the shortcut sheet can do, once: they are all made from this list.

import { signal } from '@preact/signals'
import { pickFolder } from './host-api.js'
import { canRedoClock, canUndoClock, isMovable, moveMachine, travelClocks } from './state/clock-choices.js'
import { jumpLayer } from './panels/layer-jump.js'
import { hasVcpus } from './state/fused.js'
import { handle, say } from './state/messages.js'
import { chooseAndOpen, closeSession, familyOpen, openFiles } from './state/opening.js'
import { clearSearch, stepSearch } from './state/searching.js'
import {
  activeRow,
  canGoBack,
  canGoForward,
  clearSelection,
  details,
  filter,
  filterTable,
  filterTimeline,
  hidden,
  hideRow,
  markers,
  mousePreset,
  rangeSelection,
  rowHeight,
  rowLayout,
  selection,
  session,
  searchSpec,
  setMarker,
  showAllRows,
  taskOrder,
  theme,
  timeFormat,
  togglePin,
} from './state/session-state.js'
import type { ThemeChoice } from './state/session-state.js'
import { rowHeights } from './state/rows.js'
import { drawerTab, follow, showDrawer, showFilterBar, showInspector } from './state/settings.js'
import type { DrawerTab } from './state/settings.js'
import * as timeline from './timeline/commands.js'

export type CommandGroup =
  'File' | 'Zoom and pan' | 'Select' | 'Clocks' | 'Rows' | 'Search and filter' | 'View' | 'Help'

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

export const paletteOpen = signal(false)
export const shortcutsOpen = signal(false)

const open = () => session.value !== null
const element = (id: string) => document.getElementById(id)
const focus = (id: string) => {
  const field = element(id)
  field?.focus()
  if (field instanceof HTMLInputElement) field.select()
}
const showTab = (tab: DrawerTab) => {
  showDrawer.value = true
  drawerTab.value = tab
}
const rowAtHand = () => {
  const id = activeRow.value
  const layout = rowLayout.value
  const row = id === null ? undefined : layout.rows[layout.index.get(id) ?? -1]
  return row?.track && row.kind !== 'machine' ? row.track.id : null
}
const canAlign = () => {
  const info = session.value
  const event = details.value
  return markers.value.a !== null && info !== null && event !== null && isMovable(info, event.machine)
}
const inPlace = (f: () => Promise<unknown>) => () => handle(f())

const themes: readonly ThemeChoice[] = ['system', 'dark', 'light']
export const themeNames: Readonly<Record<ThemeChoice, string>> = {
  system: 'Theme of the system',
  dark: 'Dark theme',
  light: 'Light theme',
}
export const rowHeightNames = { 16: 'Compact rows', 22: 'Normal rows', 28: 'Comfortable rows' } as const

/** Asks for files through the page's file field, where there is no better door. */
export function openFilesDialog(): void {
  const input = element('open-files')
  if (input instanceof HTMLInputElement) handle(chooseAndOpen(input))
}

export function openFolderDialog(): void {
  const input = element('open-folder')
  if (!(input instanceof HTMLInputElement)) return
  const go = async () => {
    const files = await pickFolder(input)
    if (!files) return
    if (files.length === 0) say('note', 'The folder holds no files.')
    else await openFiles(files, { ask: true })
  }
  handle(go())
}

/** Esc: the innermost thing first. */
function escape(): void {
  if (searchSpec.peek().text !== '') clearSearch()
  else if (rangeSelection.peek()) rangeSelection.value = null
  else clearSelection()
}

export const commands: readonly Command[] = [
  { id: 'open', title: 'Open files', group: 'File', keys: ['Ctrl+O'], run: openFilesDialog },
  { id: 'open-folder', title: 'Open a folder', group: 'File', keys: ['Ctrl+Shift+O'], run: openFolderDialog },
  {
    id: 'family',
    title: 'Show hosts, guests and files',
    group: 'File',
    keys: ['i'],
    when: open,
    run: () => (familyOpen.value = true),
  },
  { id: 'close', title: 'Close the session', group: 'File', keys: [], when: open, run: inPlace(closeSession) },

  { id: 'zoom-in', title: 'Zoom in', group: 'Zoom and pan', keys: ['w', '+', '='], when: open, run: timeline.zoomIn },
  { id: 'zoom-out', title: 'Zoom out', group: 'Zoom and pan', keys: ['s', '-'], when: open, run: timeline.zoomOut },
  {
    id: 'earlier',
    title: 'Pan earlier',
    group: 'Zoom and pan',
    keys: ['a', 'Left'],
    when: open,
    run: timeline.panEarlier,
  },
  { id: 'later', title: 'Pan later', group: 'Zoom and pan', keys: ['d', 'Right'], when: open, run: timeline.panLater },
  {
    id: 'page-earlier',
    title: 'Pan earlier by a screen',
    group: 'Zoom and pan',
    keys: ['Shift+Left', 'PageUp'],
    when: open,
    run: timeline.pageEarlier,
  },
  {
    id: 'page-later',
    title: 'Pan later by a screen',
    group: 'Zoom and pan',
    keys: ['Shift+Right', 'PageDown'],
    when: open,
    run: timeline.pageLater,
  },
  {
    id: 'fit',
    title: 'Show the whole session',
    group: 'Zoom and pan',
    keys: ['0', 'Home'],
    when: open,
    run: timeline.fitAll,
  },
  {
    id: 'zoom-selection',
    title: 'Zoom to the range, or from A to B',
    group: 'Zoom and pan',
    keys: ['z'],
    when: () => rangeSelection.value !== null || (markers.value.a !== null && markers.value.b !== null),
    run: timeline.zoomToSelection,
  },
  {
    id: 'zoom-back',
    title: 'Previous zoom',
    group: 'Zoom and pan',
    keys: ['Backspace'],
    when: () => canGoBack.value,
    run: timeline.zoomBack,
  },
  {
    id: 'zoom-forward',
    title: 'Next zoom',
    group: 'Zoom and pan',
    keys: ['Shift+Backspace'],
    when: () => canGoForward.value,
    run: timeline.zoomForward,
  },

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
  {
    id: 'undo-clock',
    title: 'Undo the clock choice',
    group: 'Clocks',
    keys: ['Ctrl+Z'],
    when: () => canUndoClock.value,
    run: inPlace(() => travelClocks(-1)),
  },
  {
    id: 'redo-clock',
    title: 'Redo the clock choice',
    group: 'Clocks',
    keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
    when: () => canRedoClock.value,
    run: inPlace(() => travelClocks(1)),
  },

  {
    id: 'pin',
    title: 'Pin or unpin the row',
    group: 'Rows',
    keys: ['p'],
    when: () => rowAtHand() !== null,
    run: () => togglePin(rowAtHand()!),
  },
  {
    id: 'hide',
    title: 'Hide the row',
    group: 'Rows',
    keys: ['h'],
    when: () => rowAtHand() !== null,
    run: () => hideRow(rowAtHand()!),
  },
  {
    id: 'show-rows',
    title: 'Show hidden rows again',
    group: 'Rows',
    keys: ['Shift+H'],
    when: () => hidden.value.size > 0,
    run: showAllRows,
  },
  {
    id: 'filter-rows',
    title: 'Filter rows by name',
    group: 'Rows',
    keys: ['r'],
    when: open,
    run: () => focus('row-filter'),
  },
  {
    id: 'layer-down',
    title: 'One layer down at this time: guest task, vCPU, host thread, physical CPU',
    group: 'Rows',
    keys: ['l'],
    when: () => hasVcpus.value,
    run: inPlace(() => jumpLayer(-1)),
  },
  {
    id: 'layer-up',
    title: 'One layer up at this time: physical CPU, host thread, vCPU, guest task',
    group: 'Rows',
    keys: ['Shift+L'],
    when: () => hasVcpus.value,
    run: inPlace(() => jumpLayer(1)),
  },
  ...rowHeights.map((h): Command => ({
    id: `rows-${h}`,
    title: rowHeightNames[h],
    group: 'Rows',
    keys: [],
    run: () => (rowHeight.value = h),
  })),
  {
    id: 'task-order',
    title: 'Tasks by name, or busiest first',
    group: 'Rows',
    keys: [],
    run: () => (taskOrder.value = taskOrder.peek() === 'name' ? 'events' : 'name'),
  },

  {
    id: 'search',
    title: 'Search',
    group: 'Search and filter',
    keys: ['/', 'Ctrl+F'],
    when: open,
    run: () => focus('search-text'),
  },
  {
    id: 'next-match',
    title: 'Next match',
    group: 'Search and filter',
    keys: ['n', 'F3'],
    when: () => searchSpec.value.text !== '',
    run: inPlace(() => stepSearch(1)),
  },
  {
    id: 'previous-match',
    title: 'Previous match',
    group: 'Search and filter',
    keys: ['Shift+N', 'Shift+F3'],
    when: () => searchSpec.value.text !== '',
    run: inPlace(() => stepSearch(-1)),
  },
  {
    id: 'filter',
    title: 'Filter events',
    group: 'Search and filter',
    keys: ['Ctrl+Shift+F'],
    when: open,
    run: () => {
      showFilterBar.value = true
      requestAnimationFrame(() => focus('filter-expression'))
    },
  },
  {
    id: 'no-filter',
    title: 'Clear the filter',
    group: 'Search and filter',
    keys: [],
    when: () => Object.keys(filter.value).length > 0,
    run: () => (filter.value = {}),
  },
  {
    id: 'filter-timeline',
    title: 'Apply the filter to the timeline, or not',
    group: 'Search and filter',
    keys: [],
    when: open,
    run: () => (filterTimeline.value = !filterTimeline.peek()),
  },
  {
    id: 'filter-table',
    title: 'Apply the filter to the table, or not',
    group: 'Search and filter',
    keys: [],
    when: open,
    run: () => (filterTable.value = !filterTable.peek()),
  },

  { id: 'events', title: 'Show events', group: 'View', keys: ['Alt+1'], when: open, run: () => showTab('events') },
  {
    id: 'preemptions',
    title: 'Show preemptions',
    group: 'View',
    keys: ['Alt+4'],
    when: open,
    run: () => showTab('preemptions'),
  },
  { id: 'clocks', title: 'Show clocks', group: 'View', keys: ['Alt+2'], when: open, run: () => showTab('clocks') },
  { id: 'faults', title: 'Show faults', group: 'View', keys: ['Alt+3'], when: open, run: () => showTab('faults') },
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

  {
    id: 'palette',
    title: 'Command palette',
    group: 'Help',
    keys: ['Ctrl+Shift+P'],
    run: () => (paletteOpen.value = true),
  },
  { id: 'shortcuts', title: 'Keyboard and mouse', group: 'Help', keys: ['?'], run: () => (shortcutsOpen.value = true) },
]

export const command = (id: string): Command | undefined => commands.find((c) => c.id === id)

/** Runs a command by id if it may run now. */
export function runCommand(id: string): void {
  const c = command(id)
  if (c && (c.when?.() ?? true)) c.run()
}

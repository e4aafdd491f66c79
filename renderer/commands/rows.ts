// Which rows are shown, and how.

import { rowHeights } from '../state/rows.js'
import {
  activeRow,
  hidden,
  hideRow,
  rowHeight,
  rowLayout,
  showAllRows,
  taskOrder,
  togglePin,
} from '../state/session-state.js'
import { focus, open, type Command } from './command.js'

export const rowHeightNames = { 16: 'Compact rows', 22: 'Normal rows', 28: 'Comfortable rows' } as const

const rowAtHand = () => {
  const id = activeRow.value
  const layout = rowLayout.value
  const row = id === null ? undefined : layout.rows[layout.index.get(id) ?? -1]
  return row?.track && row.kind !== 'machine' ? row.track.id : null
}

export const rowCommands: readonly Command[] = [
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
]

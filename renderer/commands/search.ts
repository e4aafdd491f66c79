// Finding events and narrowing them down.

import { stepSearch } from '../state/searching.js'
import { filter, filterTable, filterTimeline, searchSpec } from '../state/session-state.js'
import { showFilterBar } from '../state/settings.js'
import { focus, inPlace, open, type Command } from './command.js'

export const searchCommands: readonly Command[] = [
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
]

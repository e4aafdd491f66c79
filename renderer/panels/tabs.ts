// The tabs of the drawer, from left to right. A new panel needs its file and its line here: the command that shows it, its key and
// its place in the palette follow.

import type { ComponentType } from 'preact'
import { isNarrow } from '../state/settings.js'
import { Clocks } from './clocks.js'
import { Delta } from './delta.js'
import { EventsBar } from './events/bar.js'
import { EventTable } from './events/table.js'
import { faultCount, Faults } from './faults.js'
import { Inspector } from './inspector.js'
import { noteCount, Notes } from './notes.js'
import { Preemptions } from './preemptions.js'
import { Runs } from './runs/panel.js'
import { Wakeups } from './wakeups.js'
import { WakeupsBar } from './wakeups/figures.js'

export interface Tab {
  /** Of the command as well: `a-z` and `-`. */
  readonly id: string
  readonly label: string
  readonly keys: readonly string[]
  readonly component: ComponentType
  /** Stands at the right end of the tab bar while the tab is shown. */
  readonly bar?: ComponentType
  /** Number beside the label; 0 = none. */
  readonly badge?: () => number
  /** Absent = always. */
  readonly when?: () => boolean
}

export const tabs: readonly Tab[] = [
  { id: 'events', label: 'Events', keys: ['Alt+1'], component: EventTable, bar: EventsBar },
  { id: 'selection', label: 'Selection', keys: [], component: Inspector, when: () => isNarrow.value },
  { id: 'wakeups', label: 'Wake-ups', keys: ['Alt+8'], component: Wakeups, bar: WakeupsBar },
  { id: 'preemptions', label: 'Preemptions', keys: ['Alt+4'], component: Preemptions },
  { id: 'delta', label: 'A to B', keys: ['Alt+5'], component: Delta },
  { id: 'notes', label: 'Notes', keys: ['Alt+6'], component: Notes, badge: noteCount },
  { id: 'clocks', label: 'Clocks', keys: ['Alt+2'], component: Clocks },
  { id: 'runs', label: 'Runs', keys: ['Alt+7'], component: Runs },
  { id: 'faults', label: 'Faults', keys: ['Alt+3'], component: Faults, badge: faultCount },
]

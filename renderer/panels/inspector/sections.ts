// What the inspector shows, from top to bottom. A section draws from the signals in state/ and shows nothing while it has nothing
// to say; a new one needs its file and its line here.

import type { ComponentType } from 'preact'
import { Layers } from '../layers.js'
import { ChainBelow, ChainFirst } from '../wakeups/story.js'
import { EventSection } from './event.js'
import { Legend } from './legend.js'
import { RangeSection } from './range.js'

/** A wake-up that was picked is told before its event, one that follows from an event after it. */
export const sections: readonly { readonly id: string; readonly component: ComponentType }[] = [
  { id: 'wake-up', component: ChainFirst },
  { id: 'layers', component: Layers },
  { id: 'range', component: RangeSection },
  { id: 'event', component: EventSection },
  { id: 'chain', component: ChainBelow },
  { id: 'legend', component: Legend },
]

// What the inspector shows, from top to bottom. A section draws from the signals in state/ and shows nothing while it has nothing
// to say; a new one needs its file and its line here.

import type { ComponentType } from 'preact'
import { Layers } from '../layers.js'
import { EventSection } from './event.js'
import { RangeSection } from './range.js'

export const sections: readonly { readonly id: string; readonly component: ComponentType }[] = [
  { id: 'layers', component: Layers },
  { id: 'range', component: RangeSection },
  { id: 'event', component: EventSection },
]

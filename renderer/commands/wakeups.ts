// Wake-ups and the chain that is lit.

import { dimOthers, gathering, lit } from '../state/chain.js'
import { showArrows } from '../state/wakeups.js'
import { fitChain, stepHop, toggleGathered } from '../timeline/hops.js'
import { open, type Command } from './command.js'

const anyLit = () => lit.value !== null

export const wakeupCommands: readonly Command[] = [
  {
    id: 'next-hop',
    title: 'Next hop of the chain of wake-ups',
    group: 'Wake-ups',
    keys: [']'],
    when: anyLit,
    run: () => stepHop(1),
  },
  {
    id: 'previous-hop',
    title: 'Previous hop of the chain of wake-ups',
    group: 'Wake-ups',
    keys: ['['],
    when: anyLit,
    run: () => stepHop(-1),
  },
  {
    id: 'fit-chain',
    title: 'Fill the view with the chain',
    group: 'Wake-ups',
    keys: ['Shift+F'],
    when: anyLit,
    run: fitChain,
  },
  {
    id: 'gather-chain',
    title: 'Pull the rows of the chain together, or let them go',
    group: 'Wake-ups',
    keys: ['g'],
    when: () => anyLit() || gathering.value,
    run: toggleGathered,
  },
  {
    id: 'dim-others',
    title: 'Dim what is not part of the chain, or not',
    group: 'Wake-ups',
    keys: ['Shift+G'],
    when: open,
    run: () => (dimOthers.value = !dimOthers.peek()),
  },
  {
    id: 'wakeup-arrows',
    title: 'Show or hide the arrows of wake-ups',
    group: 'Wake-ups',
    keys: ['u'],
    when: open,
    run: () => (showArrows.value = !showArrows.peek()),
  },
]

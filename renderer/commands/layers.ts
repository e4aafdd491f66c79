// From layer to layer of virtual machines.

import { jumpLayer } from '../panels/layer-jump.js'
import { lackingOpen } from '../panels/lacking.js'
import { besideAll } from '../state/fused-tree.js'
import { hasVcpus, lacking } from '../state/fused.js'
import { fusedTracks, toggled } from '../state/session-state.js'
import { inPlace, type Command } from './command.js'

export const layerCommands: readonly Command[] = [
  {
    id: 'lacking',
    title: 'What recording more would tell about virtual machines',
    group: 'View',
    keys: [],
    when: () => (lacking.value?.length ?? 0) > 0,
    run: () => (lackingOpen.value = true),
  },
  {
    id: 'threads-beside',
    title: 'Host threads beside all vCPUs, or none',
    group: 'Rows',
    keys: ['v'],
    when: () => hasVcpus.value,
    run: () => (toggled.value = besideAll(fusedTracks.peek()?.tracks ?? [], toggled.peek())),
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
]

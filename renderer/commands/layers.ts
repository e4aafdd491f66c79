// From layer to layer of virtual machines.

import { jumpLayer } from '../panels/layer-jump.js'
import { hasVcpus } from '../state/fused.js'
import { inPlace, type Command } from './command.js'

export const layerCommands: readonly Command[] = [
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

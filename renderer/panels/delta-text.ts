// What the time between two instants went to, in words.

import type { DeltaPart } from '../../workers/thread/contract.js'
import type { MachineIndex } from '../../workers/units.js'
import { culpritName } from './preemption-text.js'

/** What a task's own kernel said of it meanwhile; running goes without saying. */
const PHASES: Readonly<Record<DeltaPart['phase'], string>> = {
  running: '',
  preempted: 'preempted, ',
  ready: 'woken, ',
  blocked: 'asleep, ',
  unknown: '',
}

/** `vCPU preempted by host busyloop-900`, `woken, hypervisor HLT`. @param own row of the subject: a vCPU's says its phase itself */
export function partText(part: DeltaPart, own: string, nameOf: (m: MachineIndex) => string): string {
  const vcpu = own.includes('/vcpu/')
  const phase = vcpu || part.layer === 'asleep' || part.layer === 'unknown' ? '' : PHASES[part.phase]
  const by = part.by ? culpritName(part.by, nameOf) : 'somebody not known'
  switch (part.layer) {
    case 'task':
      return phase === '' ? by : `${phase}${by} ran`
    case 'idle':
      return `${phase}${phase === '' ? 'idle' : 'CPU idle'}`
    case 'interrupt':
      return `${phase}${part.what || 'interrupt'}`
    case 'hypervisor':
      return `${phase}hypervisor${part.what ? ` ${part.what}` : ''}`
    case 'vcpuPreempted':
      return `${phase}${vcpu ? '' : 'vCPU '}preempted by ${by}`
    case 'vcpuReady':
      return `${phase}${vcpu ? 'ready' : 'vCPU ready'}, waits for a CPU`
    case 'vcpuBlocked':
      return `${phase}${vcpu ? '' : 'vCPU '}blocked${part.what ? `: ${part.what}` : ''}`
    case 'asleep':
      return `asleep${part.what ? ` ${part.what}` : ''}`
    case 'unknown':
      return 'not known'
  }
}

/** How a part looks, as the rows of the timeline do. */
export type PartLook = 'solid' | 'hatch' | 'cross' | 'line' | 'interrupt' | 'idle' | 'none'

export function partLook({ layer, phase }: DeltaPart): PartLook {
  if (layer === 'hypervisor') return 'hatch'
  if (layer === 'vcpuPreempted' || phase === 'preempted') return 'cross'
  if (layer === 'vcpuReady' || phase === 'ready') return 'line'
  if (layer === 'interrupt') return 'interrupt'
  if (layer === 'task' && phase === 'running') return 'solid'
  return layer === 'idle' && phase === 'running' ? 'idle' : 'none'
}

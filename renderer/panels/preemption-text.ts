// Preemption in words and sums.

import type { Culprit, TaskTotals, VcpuTotals } from '../../workers/thread/contract.js'
import type { MachineIndex } from '../../workers/units.js'

/** `vm-a bash-589 through CPU 1/KVM-4711`: whose task it was, and by which vCPU threads a guest's task took a CPU. */
export function culpritName(c: Culprit, machineName: (m: MachineIndex) => string): string {
  const through = c.through.length > 0 ? ` through ${c.through.map((a) => a.name).join(', ')}` : ''
  return `${machineName(c.machine)} ${c.name}${through}`
}

/** What a vCPU's time consists of, `guestIdle` being part of the first, and the sum. */
export function vcpuParts(v: VcpuTotals): { readonly cells: readonly number[]; readonly sum: number } {
  const whole = [v.guest, v.vmmKernel, v.vmmUser, v.preempted, v.ready, v.blocked, v.unknown]
  const [guest, ...others] = whole
  return { cells: [guest!, v.guestIdle, ...others], sum: whole.reduce((a, b) => a + b, 0) }
}

/** What a guest task's time consists of besides running, what became of the running time, and the sum of all parts. */
export function taskParts(t: TaskTotals): {
  readonly cells: readonly number[]
  readonly within: readonly number[]
  readonly sum: number
} {
  const cells = [t.preempted, t.ready, t.blocked, t.unknown]
  const within = [t.guestMode, t.vmm, t.hostPreempted, t.vcpuReady + t.vcpuBlocked + t.vcpuUnknown]
  return { cells, within, sum: [...within, ...cells].reduce((a, b) => a + b, 0) }
}

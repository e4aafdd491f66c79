// Tasks of hosts and guests by the container that they are in.

import type { ContainerTotals, TaskTotals } from '../thread/contract.js'

type Sum = { -readonly [K in keyof ContainerTotals]: ContainerTotals[K] }

/** @param onHosts tasks of machines that are nobody's guest: what they ran they really ran */
export function containerTotals(guests: readonly TaskTotals[], onHosts: readonly TaskTotals[]): ContainerTotals[] {
  const sums = new Map<string, Sum>()
  const add = (t: TaskTotals, ran: number): void => {
    const { machine, container } = t
    if (container === null) return
    const key = `${machine} ${container}`
    let sum = sums.get(key)
    if (!sum) {
      sum = { machine, container, tasks: 0, running: 0, ran: 0, vmm: 0, taken: 0, preempted: 0, ready: 0 }
      sums.set(key, sum)
    }
    sum.tasks++
    sum.running += t.running
    sum.ran += ran
    sum.vmm += t.vmm
    sum.taken += t.hostPreempted + t.vcpuReady
    sum.preempted += t.preempted
    sum.ready += t.ready
  }
  for (const t of guests) add(t, t.guestMode)
  for (const t of onHosts) add(t, t.running)
  return [...sums.values()].sort((a, b) => b.running - a.running)
}

// Tasks of hosts and guests by the container that they are in.

import type { Session } from '../model/session.js'
import type { ContainerTotals, TaskTotals } from '../thread/contract.js'

/** Containers of the tasks of each machine, by pid. */
export function containersOf(session: Session): Map<number, string>[] {
  const containers = session.machines.map(() => new Map<number, string>())
  for (const t of session.tracks) if (t.container) containers[t.machine]!.set(t.pid!, t.container)
  return containers
}

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

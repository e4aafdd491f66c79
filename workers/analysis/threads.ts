// Which threads have a row by all layers.

import { wakingsOf } from '../columns/event-table.js'
import type { FusedModel } from '../model/fuse/build.js'
import type { Runs } from '../model/runs.js'
import type { Session } from '../model/session.js'
import { trackId } from '../model/tracks.js'
import type { FusedThread } from '../thread/contract.js'
import { containersOf } from './containers.js'
import type { Culprits } from './culprits.js'

/** The threads of all guests and hosts that ran or were woken, but for the vCPUs: guests first, the busiest of each first. */
export function threadsOf(session: Session, model: FusedModel, runs: Runs, culprits: Culprits): FusedThread[] {
  const guests = new Set(model.vcpus.flatMap((v) => (v.guest === null ? [] : [v.guest])))
  const machines = [...new Set([...guests, ...model.pcpus.map((p) => p.machine)])]
  const containers = containersOf(session)
  return machines.flatMap((machine) => {
    const running = new Map<number, number>()
    const { first, t, value } = runs.intervals
    runs.cpus.forEach((c, row) => {
      if (c.machine !== machine) return
      for (let i = first[row]!; i < first[row + 1]! - 1; i++) {
        const pid = value[i]!
        if (pid > 0) running.set(pid, (running.get(pid) ?? 0) + t[i + 1]! - t[i]!)
      }
    })
    for (const s of session.table.streams) {
      if (s.machine !== machine) continue
      for (const pid of wakingsOf(s).pid) if (!running.has(pid)) running.set(pid, 0)
    }
    return [...running]
      .filter(([pid]) => pid > 0 && !culprits.vcpuOf(machine, pid))
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .map(([pid, time]) => ({
        id: `m${machine}/thread/${pid}`,
        machine,
        pid,
        label: model.nameOf(machine, pid),
        taskTrack: trackId({ kind: 'task', machine, pid }),
        container: containers[machine]!.get(pid) ?? null,
        running: time,
      }))
  })
}

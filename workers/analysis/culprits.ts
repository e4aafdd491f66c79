// Who had a CPU: a vCPU's thread stands for what its guest ran, and so on inwards.

import type { FusedModel } from '../model/fuse/build.js'
import { eachSpan, type Range } from '../model/intervals.js'
import { runRow, type Runs } from '../model/runs.js'
import type { Actor, Culprit } from '../thread/contract.js'
import type { MachineIndex } from '../units.js'

/** A task that ran for a while. */
export interface Segment extends Range {
  readonly machine: MachineIndex
  readonly pid: number
}

export const culpritKey = (c: Culprit): string => [...c.through, c].map((a) => `${a.machine}/${a.pid}`).join(' ')

export class Culprits {
  readonly #seats: Map<number, number>[] = []

  constructor(
    private readonly model: FusedModel,
    private readonly runs: Runs,
  ) {
    model.vcpus.forEach((v, i) => (this.#seats[v.host] ??= new Map()).set(v.tid, i))
  }

  actor(machine: MachineIndex, pid: number): Actor {
    return { machine, pid, name: this.model.nameOf(machine, pid) }
  }

  /** The vCPU that a task is, undefined for all others. */
  vcpuOf(machine: MachineIndex, pid: number): FusedModel['vcpus'][number] | undefined {
    const seat = this.#seats[machine]?.get(pid)
    return seat === undefined ? undefined : this.model.vcpus[seat]
  }

  /** Who ran on a CPU, one after the other; pid -1 where nobody knows. Covers the range. */
  ran(machine: MachineIndex, cpu: number, range: Range): Segment[] {
    const segments: Segment[] = []
    const row = runRow(this.runs, machine, cpu)
    let done = range.from
    const upTo = (end: number): void => {
      if (end > done) segments.push({ machine, pid: -1, from: done, to: end })
      done = Math.max(done, end)
    }
    if (row >= 0) {
      const x = this.runs.intervals
      eachSpan(x, row, range, (i, from, to) => {
        if (to <= from) return
        upTo(from)
        segments.push({ machine, pid: x.value[i]!, from, to })
        done = to
      })
    }
    upTo(range.to)
    return segments
  }

  /** Whom the label of a Preempted interval of a vCPU names. */
  preemptor(entry: number, host: MachineIndex, { from, to }: Range): Segment {
    const label = this.model.labels[this.model.intervals.value[entry]!]
    return { machine: label?.machine ?? host, pid: label?.pid ?? -1, from, to }
  }

  /** The culprit behind each piece of a segment. */
  resolve(s: Segment, visit: (by: Culprit, time: number) => void, through: readonly Actor[] = []): void {
    const v = this.vcpuOf(s.machine, s.pid)
    if (!v || v.guest === null) {
      visit({ ...this.actor(s.machine, s.pid), through }, s.to - s.from)
      return
    }
    const chain = [...through, this.actor(s.machine, s.pid)]
    for (const part of this.ran(v.guest, v.vcpu, s)) {
      // Where the guest does not tell what it ran, its vCPU is all that can be named.
      if (part.pid < 0) visit({ ...this.actor(s.machine, s.pid), through }, part.to - part.from)
      else this.resolve(part, visit, chain)
    }
  }

  /** Time by culprit, longest first. */
  shares(segments: readonly Segment[]): { by: Culprit; time: number }[] {
    const shares = new Map<string, { by: Culprit; time: number }>()
    for (const s of segments) {
      this.resolve(s, (by, time) => {
        const key = culpritKey(by)
        const known = shares.get(key)
        if (known) known.time += time
        else shares.set(key, { by, time })
      })
    }
    return [...shares.values()].sort((a, b) => b.time - a.time)
  }
}

// Who had a CPU: a vCPU's thread stands for what its guest ran, and so on inwards. Whoever it is has a number, so that millions of
// pieces can be summed without making anything for each.

import type { FusedModel } from '../model/fuse/build.js'
import { eachSpan, type Range } from '../model/intervals.js'
import type { Runs } from '../model/runs.js'
import type { Actor, Culprit } from '../thread/contract.js'
import type { MachineIndex } from '../units.js'

/** A task and the vCPU threads through which it had the CPU: see Culprits.describe(). */
export type CulpritIndex = number
const NOBODY = -1

interface Node {
  readonly machine: MachineIndex
  readonly pid: number
  /** The vCPU's thread that this task ran upon, NOBODY = none. */
  readonly upon: CulpritIndex
  readonly inside: Map<number, CulpritIndex>
  culprit: Culprit | null
}

type Visit = (culprit: CulpritIndex, from: number, to: number) => void

export class Culprits {
  readonly #seats: Map<number, number>[] = []
  readonly #rows: Map<number, number>[] = []
  readonly #nodes: Node[] = []
  readonly #outer = new Map<number, CulpritIndex>()

  constructor(
    private readonly model: FusedModel,
    private readonly runs: Runs,
  ) {
    model.vcpus.forEach((v, i) => (this.#seats[v.host] ??= new Map()).set(v.tid, i))
    runs.cpus.forEach((c, row) => (this.#rows[c.machine] ??= new Map()).set(c.cpu, row))
  }

  actor(machine: MachineIndex, pid: number): Actor {
    return { machine, pid, name: this.model.nameOf(machine, pid) }
  }

  /** The vCPU that a task is, undefined for all others. */
  vcpuOf(machine: MachineIndex, pid: number): FusedModel['vcpus'][number] | undefined {
    const seat = this.#seats[machine]?.get(pid)
    return seat === undefined ? undefined : this.model.vcpus[seat]
  }

  /** The number of a task; of whatever it ran when it is a vCPU, resolve() tells. */
  index(machine: MachineIndex, pid: number, upon: CulpritIndex = NOBODY): CulpritIndex {
    const among = upon === NOBODY ? this.#outer : this.#nodes[upon]!.inside
    const key = machine * 2 ** 32 + pid
    const known = among.get(key)
    if (known !== undefined) return known
    const index = this.#nodes.push({ machine, pid, upon, inside: new Map(), culprit: null }) - 1
    among.set(key, index)
    return index
  }

  describe(index: CulpritIndex): Culprit {
    const node = this.#nodes[index]!
    if (node.culprit) return node.culprit
    const through: Actor[] = []
    for (let k = node.upon; k !== NOBODY; k = this.#nodes[k]!.upon) {
      const { machine, pid } = this.#nodes[k]!
      through.unshift(this.actor(machine, pid))
    }
    return (node.culprit = { ...this.actor(node.machine, node.pid), through })
  }

  /** Who ran on a CPU, one after the other; pid -1 where nobody knows. Covers the range. */
  ran(machine: MachineIndex, cpu: number, range: Range, visit: (pid: number, from: number, to: number) => void): void {
    const row = this.#rows[machine]?.get(cpu)
    let done = range.from
    if (row !== undefined) {
      const { value } = this.runs.intervals
      eachSpan(this.runs.intervals, row, range, (i, from, to) => {
        if (to <= from) return
        if (from > done) visit(-1, done, from)
        visit(value[i]!, from, to)
        done = to
      })
    }
    if (range.to > done) visit(-1, done, range.to)
  }

  /** Who was behind a task that ran from .. to, piece by piece. */
  resolve(machine: MachineIndex, pid: number, range: Range, visit: Visit, upon: CulpritIndex = NOBODY): void {
    const index = this.index(machine, pid, upon)
    const v = this.vcpuOf(machine, pid)
    if (!v || v.guest === null) return visit(index, range.from, range.to)
    const { guest } = v
    this.ran(guest, v.vcpu, range, (inner, from, to) => {
      // Where the guest does not tell what it ran, its vCPU is all that can be named.
      if (inner < 0) visit(index, from, to)
      else this.resolve(guest, inner, { from, to }, visit, index)
    })
  }

  /** The guest's task that was behind a vCPU's thread the longest; null for other tasks, and where nothing tells. */
  behind(machine: MachineIndex, pid: number, range: Range): Actor | null {
    if (this.vcpuOf(machine, pid)?.guest == null) return null
    const times = new Map<CulpritIndex, number>()
    let longest: CulpritIndex = NOBODY
    this.resolve(machine, pid, range, (by, from, to) => {
      const time = (times.get(by) ?? 0) + to - from
      times.set(by, time)
      if (longest === NOBODY || time > times.get(longest)!) longest = by
    })
    if (longest === NOBODY) return null
    const node = this.#nodes[longest]!
    // A guest that idles is no culprit: its vCPU's thread is.
    return node.upon === NOBODY || node.pid <= 0 ? null : this.actor(node.machine, node.pid)
  }

  /** As resolve(), for a Preempted interval of a vCPU. */
  preemptor(entry: number, host: MachineIndex, range: Range, visit: Visit): void {
    const label = this.model.labels[this.model.intervals.value[entry]!]
    this.resolve(label?.machine ?? host, label?.pid ?? -1, range, visit)
  }
}

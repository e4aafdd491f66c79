// Every preemption of a vCPU or of a guest's task: who took the CPU, who ran on it meanwhile, and whose work stood still. A
// culprit that is another machine's vCPU is followed into that machine, and so on.

import type { FusedModel } from '../model/fuse/build.js'
import { intervalAt } from '../model/intervals.js'
import type { Runs } from '../model/runs.js'
import { trackId } from '../model/tracks.js'
import {
  FusedState,
  SpanFlag,
  type Actor,
  type Culprit,
  type Lacking,
  type Preemption,
  type PreemptionQuery,
  type PreemptionReport,
  type PreemptionTotal,
} from '../thread/contract.js'
import { sessionTime, type MachineIndex } from '../units.js'
import { eachSpan, type Range } from './spans.js'
import { runRow, wasPreempted, type GuestTasks } from './task-split.js'

/** One preemption, before anything is looked up: the entries of its row that it consists of. */
interface Found {
  readonly kind: Preemption['kind']
  /** Index of the vCPU, or of the guest. */
  readonly of: number
  readonly row: number
  readonly first: number
  readonly last: number
  readonly from: number
  readonly to: number
}

interface Segment {
  readonly machine: MachineIndex
  readonly pid: number
  readonly from: number
  readonly to: number
}

const most = {
  lost: (a: Found, b: Found) => b.to - b.from - (a.to - a.from) || a.from - b.from,
  time: (a: Found, b: Found) => a.from - b.from,
}

export class Preemptions {
  readonly #seats: Map<number, number>[] = []

  constructor(
    private readonly model: FusedModel,
    private readonly runs: Runs,
    private readonly guests: readonly GuestTasks[],
  ) {
    model.vcpus.forEach((v, i) => (this.#seats[v.host] ??= new Map()).set(v.tid, i))
  }

  report(query: PreemptionQuery, range: Range, version: number, lacking: readonly Lacking[]): PreemptionReport {
    const found = [
      ...(query.kind === 'task' ? [] : this.#ofVcpus(range)),
      ...(query.kind === 'vcpu' ? [] : this.#ofTasks(range)),
    ].sort(most[query.sort ?? 'lost'])
    const victims = new Totals<PreemptionReport['byVictim'][number]>()
    const culprits = new Totals<PreemptionReport['byCulprit'][number]>()
    const pairs = new Totals<PreemptionReport['byPair'][number]>()
    let lost = 0
    for (const f of found) {
      const victim = this.#victim(f)
      const whom = `${f.kind}/${victim.machine}/${victim.pid}`
      lost += f.to - f.from
      victims.add(whom, f.to - f.from, { kind: f.kind, victim })
      for (const { by, time } of this.#shares(this.#segments(f))) {
        culprits.add(keyOf(by), time, { culprit: by })
        pairs.add(`${whom} ${keyOf(by)}`, time, { victim, culprit: by })
      }
    }
    return {
      version,
      from: sessionTime(range.from),
      to: sessionTime(range.to),
      count: found.length,
      lost,
      rows: found.slice(0, Math.max(0, query.limit)).map((f) => this.#describe(f)),
      byVictim: victims.sorted,
      byCulprit: culprits.sorted,
      byPair: pairs.sorted,
      lacking,
    }
  }

  #ofVcpus(range: Range): Found[] {
    const x = this.model.intervals
    const found: Found[] = []
    this.model.vcpus.forEach((v, of) => {
      let open: Found | null = null
      eachSpan(x, v.row, range, (i, from, to) => {
        if (x.state[i] !== FusedState.Preempted || to <= from) {
          open = null
          return
        }
        if (open && open.to === from) {
          open = { ...open, last: i, to }
          found[found.length - 1] = open
        } else {
          open = { kind: 'vcpu', of, row: v.row, first: i, last: i, from, to }
          found.push(open)
        }
      })
    })
    return found
  }

  #ofTasks(range: Range): Found[] {
    const found: Found[] = []
    this.guests.forEach(({ tasks, pids }, of) => {
      for (const pid of pids) {
        const row = pid === 0 ? -1 : tasks.rowOf(pid)
        if (row < 0) continue
        eachSpan(tasks.intervals, row, range, (i, from, to) => {
          if (to > from && wasPreempted(tasks.intervals, row, i)) {
            found.push({ kind: 'task', of, row: pid, first: i, last: i, from, to })
          }
        })
      }
    })
    return found
  }

  #actor(machine: MachineIndex, pid: number): Actor {
    return { machine, pid, name: this.model.nameOf(machine, pid) }
  }

  #victim(f: Found): Actor {
    if (f.kind === 'task') return this.#actor(this.guests[f.of]!.machine, f.row)
    const v = this.model.vcpus[f.of]!
    return this.#actor(v.host, v.tid)
  }

  /** CPU on which it waits: where it ran last, as far as that is recorded. */
  #cpuOf(f: Found): number {
    if (f.kind === 'task') return this.guests[f.of]!.tasks.intervals.value[f.first - 1]!
    const { host, tid } = this.model.vcpus[f.of]!
    const { cpus, intervals: x } = this.runs
    const start = this.model.intervals.t[f.first]!
    for (const [row, c] of cpus.entries()) {
      if (c.machine !== host) continue
      const i = intervalAt(x, row, start)
      if (i > x.first[row]! && x.t[i] === start && x.value[i - 1] === tid) return c.cpu
    }
    return -1
  }

  /** Who ran on the CPU meanwhile, one after the other. */
  #segments(f: Found): Segment[] {
    const segments: Segment[] = []
    if (f.kind === 'task') {
      const { machine, runs } = this.guests[f.of]!
      this.#addRuns(runs, machine, this.#cpuOf(f), f, segments)
      return segments
    }
    const x = this.model.intervals
    eachSpan(x, f.row, f, (i, from, to) => {
      const label = this.model.labels[x.value[i]!]
      if (to > from)
        segments.push({ machine: label?.machine ?? this.model.vcpus[f.of]!.host, pid: label?.pid ?? -1, from, to })
    })
    return segments
  }

  #addRuns(runs: Runs, machine: MachineIndex, cpu: number, range: Range, to: Segment[]): void {
    const row = runRow(runs, machine, cpu)
    let done = range.from
    const upTo = (end: number): void => {
      if (end > done) to.push({ machine, pid: -1, from: done, to: end })
      done = Math.max(done, end)
    }
    if (row >= 0) {
      eachSpan(runs.intervals, row, range, (i, a, b) => {
        if (b <= a) return
        upTo(a)
        to.push({ machine, pid: runs.intervals.value[i]!, from: a, to: b })
        done = b
      })
    }
    upTo(range.to)
  }

  /** The culprit behind each piece of a segment: a vCPU's thread stands for what its guest ran. */
  #resolve(s: Segment, through: readonly Actor[], visit: (by: Culprit, time: number) => void): void {
    const seat = this.#seats[s.machine]?.get(s.pid)
    const v = seat === undefined ? undefined : this.model.vcpus[seat]!
    if (!v || v.guest === null) {
      visit({ ...this.#actor(s.machine, s.pid), through }, s.to - s.from)
      return
    }
    const inner: Segment[] = []
    this.#addRuns(this.runs, v.guest, v.vcpu, s, inner)
    const chain = [...through, this.#actor(s.machine, s.pid)]
    for (const part of inner) {
      // Where the guest does not tell what it ran, its vCPU is all that can be named.
      if (part.pid < 0) visit({ ...this.#actor(s.machine, s.pid), through }, part.to - part.from)
      else this.#resolve(part, chain, visit)
    }
  }

  #shares(segments: readonly Segment[]): { by: Culprit; time: number }[] {
    const shares = new Map<string, { by: Culprit; time: number }>()
    for (const s of segments) {
      this.#resolve(s, [], (by, time) => {
        const key = keyOf(by)
        const known = shares.get(key)
        if (known) known.time += time
        else shares.set(key, { by, time })
      })
    }
    return [...shares.values()].sort((a, b) => b.time - a.time)
  }

  #describe(f: Found): Preemption {
    const segments = this.#segments(f)
    const victim = this.#victim(f)
    const firsts = this.#shares(segments.slice(0, 1))
    const culprit = firsts[0]?.by ?? { ...this.#actor(victim.machine, -1), through: [] }
    const x = f.kind === 'vcpu' ? this.model.intervals : this.guests[f.of]!.tasks.intervals
    const culpritTrack = culprit.pid > 0 ? trackId({ kind: 'task', machine: culprit.machine, pid: culprit.pid }) : null
    return {
      kind: f.kind,
      from: sessionTime(f.from),
      to: sessionTime(f.to),
      victim,
      track:
        f.kind === 'vcpu'
          ? this.model.tracks[f.row]!.id
          : trackId({ kind: 'task', machine: victim.machine, pid: f.row }),
      lost: f.to - f.from,
      cpu: this.#cpuOf(f),
      culprit,
      culpritTrack,
      shares: this.#shares(segments),
      stoodStill: f.kind === 'task' ? victim : this.#guestTask(f),
      inferred: ((x.flags[f.first]! | x.flags[f.last + 1]!) & SpanFlag.Inferred) !== 0,
    }
  }

  /** What the guest ran when its vCPU was taken away. */
  #guestTask(f: Found): Actor {
    const v = this.model.vcpus[f.of]!
    if (v.guest === null) return this.#actor(v.host, -1)
    return guestTaskAt(this.model, this.runs, v.guest, v.vcpu, f.from)
  }
}

export function guestTaskAt(model: FusedModel, runs: Runs, machine: MachineIndex, cpu: number, t: number): Actor {
  const row = runRow(runs, machine, cpu)
  const i = row < 0 ? -1 : intervalAt(runs.intervals, row, t)
  const pid = i < 0 ? -1 : runs.intervals.value[i]!
  return { machine, pid, name: model.nameOf(machine, pid) }
}

const keyOf = (c: Culprit): string => [...c.through, c].map((a) => `${a.machine}/${a.pid}`).join(' ')

class Totals<T extends PreemptionTotal> {
  readonly #all = new Map<string, { count: number; lost: number; what: Omit<T, 'count' | 'lost'> }>()
  add(key: string, lost: number, what: Omit<T, 'count' | 'lost'>): void {
    const known = this.#all.get(key)
    if (known) {
      known.count++
      known.lost += lost
    } else this.#all.set(key, { count: 1, lost, what })
  }
  get sorted(): T[] {
    return [...this.#all.values()]
      .sort((a, b) => b.lost - a.lost)
      .map(({ count, lost, what }) => ({ count, lost, ...what }) as T)
  }
}

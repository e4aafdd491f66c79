// Every preemption of a vCPU or of a guest's task: who took the CPU, who ran on it meanwhile, and whose work stood still. A
// culprit that is another machine's vCPU is followed into that machine, and so on.

import type { FusedModel } from '../model/fuse/build.js'
import { eachSpan, intervalAt, type Range } from '../model/intervals.js'
import { runRow, type Runs } from '../model/runs.js'
import { wasPreempted } from '../model/tasks.js'
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
import type { Steps } from '../steps.js'
import { sessionTime, type MachineIndex } from '../units.js'
import type { CulpritIndex, Culprits } from './culprits.js'
import type { GuestTasks } from './task-split.js'

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

const most = {
  lost: (a: Found, b: Found) => b.to - b.from - (a.to - a.from) || a.from - b.from,
  time: (a: Found, b: Found) => a.from - b.from,
}

export class Preemptions {
  constructor(
    private readonly model: FusedModel,
    private readonly runs: Runs,
    private readonly culprits: Culprits,
    private readonly guests: readonly GuestTasks[],
  ) {}

  *report(query: PreemptionQuery, range: Range, version: number, lacking: readonly Lacking[]): Steps<PreemptionReport> {
    const found: Found[] = []
    if (query.kind !== 'task') yield* this.#ofVcpus(range, found)
    if (query.kind !== 'vcpu') yield* this.#ofTasks(range, found)
    const victims = new Totals()
    const culprits = new Totals()
    const pairs = new Totals()
    const whom: Found[] = []
    let lost = 0
    const add = (f: Found, i: number): void => {
      lost += f.to - f.from
      const victim = victims.add(victimKey(f), f.to - f.from, i)
      whom[victim] ??= f
      this.#eachSegment(f, (machine, pid, start, end) =>
        this.culprits.resolve(machine, pid, { from: start, to: end }, (by, from, to) => {
          culprits.add(by, to - from, i)
          pairs.add(victim * MANY + by, to - from, i)
        }),
      )
    }
    for (const [i, f] of found.entries()) {
      if (i % PACE === PACE - 1) yield
      add(f, i)
    }
    const victimOf = (index: number) => this.#victim(whom[index]!)
    const rows: Preemption[] = []
    for (const [i, f] of found
      .sort(most[query.sort ?? 'lost'])
      .slice(0, Math.max(0, query.limit))
      .entries()) {
      if (i % PACE === PACE - 1) yield
      rows.push(this.#describe(f))
    }
    return {
      version,
      from: sessionTime(range.from),
      to: sessionTime(range.to),
      count: found.length,
      lost,
      rows,
      byVictim: victims.sorted.map(({ index, count, lost: time }) => ({
        count,
        lost: time,
        kind: whom[index]!.kind,
        victim: victimOf(index),
      })),
      byCulprit: culprits.sorted.map(({ key, count, lost: time }) => ({
        count,
        lost: time,
        culprit: this.culprits.describe(key),
      })),
      byPair: pairs.sorted.map(({ key, count, lost: time }) => ({
        count,
        lost: time,
        victim: victimOf(Math.floor(key / MANY)),
        culprit: this.culprits.describe(key % MANY),
      })),
      lacking,
    }
  }

  *#ofVcpus(range: Range, found: Found[]): Steps<void> {
    const x = this.model.intervals
    for (const [of, v] of this.model.vcpus.entries()) {
      yield
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
    }
  }

  *#ofTasks(range: Range, found: Found[]): Steps<void> {
    for (const [of, { tasks, pids }] of this.guests.entries()) {
      for (const pid of pids) {
        const row = pid === 0 ? -1 : tasks.rowOf(pid)
        if (row < 0) continue
        yield
        eachSpan(tasks.intervals, row, range, (i, from, to) => {
          if (to > from && wasPreempted(tasks.intervals, row, i)) {
            found.push({ kind: 'task', of, row: pid, first: i, last: i, from, to })
          }
        })
      }
    }
  }

  #victim(f: Found): Actor {
    if (f.kind === 'task') return this.culprits.actor(this.guests[f.of]!.machine, f.row)
    const v = this.model.vcpus[f.of]!
    return this.culprits.actor(v.host, v.tid)
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
  #eachSegment(f: Found, visit: (machine: MachineIndex, pid: number, from: number, to: number) => void): void {
    if (f.kind === 'task') {
      const { machine } = this.guests[f.of]!
      this.culprits.ran(machine, this.#cpuOf(f), f, (pid, from, to) => visit(machine, pid, from, to))
      return
    }
    const { value } = this.model.intervals
    eachSpan(this.model.intervals, f.row, f, (i, from, to) => {
      const label = this.model.labels[value[i]!]
      if (to > from) visit(label?.machine ?? this.model.vcpus[f.of]!.host, label?.pid ?? -1, from, to)
    })
  }

  /** Time by culprit, longest first: of all of it, and of the segment with which it began. */
  #shares(f: Found): { readonly all: Preemption['shares']; readonly first: Culprit } {
    const all = new Map<CulpritIndex, number>()
    let first: Map<CulpritIndex, number> | null = null
    this.#eachSegment(f, (machine, pid, from, to) => {
      const own = new Map<CulpritIndex, number>()
      this.culprits.resolve(machine, pid, { from, to }, (by, a, b) => {
        all.set(by, (all.get(by) ?? 0) + b - a)
        own.set(by, (own.get(by) ?? 0) + b - a)
      })
      first ??= own
    })
    const sorted = (times: Map<CulpritIndex, number>): Preemption['shares'] =>
      [...times].sort((a, b) => b[1] - a[1]).map(([by, time]) => ({ by: this.culprits.describe(by), time }))
    const nobody = { ...this.culprits.actor(this.#victim(f).machine, -1), through: [] }
    return { all: sorted(all), first: (first && sorted(first)[0]?.by) ?? nobody }
  }

  #describe(f: Found): Preemption {
    const victim = this.#victim(f)
    const { all: shares, first: culprit } = this.#shares(f)
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
      shares,
      stoodStill: f.kind === 'task' ? victim : this.#guestTask(f),
      inferred: ((x.flags[f.first]! | x.flags[f.last + 1]!) & SpanFlag.Inferred) !== 0,
    }
  }

  /** What the guest ran when its vCPU was taken away. */
  #guestTask(f: Found): Actor {
    const v = this.model.vcpus[f.of]!
    if (v.guest === null) return this.culprits.actor(v.host, -1)
    return guestTaskAt(this.model, this.runs, v.guest, v.vcpu, f.from)
  }
}

export function guestTaskAt(model: FusedModel, runs: Runs, machine: MachineIndex, cpu: number, t: number): Actor {
  const row = runRow(runs, machine, cpu)
  const i = row < 0 ? -1 : intervalAt(runs.intervals, row, t)
  const pid = i < 0 ? -1 : runs.intervals.value[i]!
  return { machine, pid, name: model.nameOf(machine, pid) }
}

/** Preemptions from one pause to the next. */
const PACE = 2048
/** Culprits of one session have numbers below this. */
const MANY = 2 ** 24

const victimKey = (f: Found): number => (f.kind === 'vcpu' ? f.of : (f.of + 1) * 2 ** 32 + f.row)

interface Total extends PreemptionTotal {
  readonly key: number
  /** In the order of first sight. */
  readonly index: number
}

/** Sums by number. A preemption counts once in each, however many pieces it consists of. */
class Totals {
  readonly #all = new Map<number, { count: number; lost: number; last: number; index: number }>()

  /** Returns the index of the key. */
  add(key: number, lost: number, preemption: number): number {
    let sum = this.#all.get(key)
    if (!sum) {
      sum = { count: 0, lost: 0, last: -1, index: this.#all.size }
      this.#all.set(key, sum)
    }
    if (sum.last !== preemption) sum.count++
    sum.last = preemption
    sum.lost += lost
    return sum.index
  }

  get sorted(): Total[] {
    return [...this.#all]
      .map(([key, { count, lost, index }]) => ({ key, count, lost, index }))
      .sort((a, b) => b.lost - a.lost)
  }
}

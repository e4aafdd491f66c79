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
  type Lacking,
  type Preemption,
  type PreemptionQuery,
  type PreemptionReport,
  type PreemptionTotal,
} from '../thread/contract.js'
import { sessionTime, type MachineIndex } from '../units.js'
import { culpritKey, type Culprits, type Segment } from './culprits.js'
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
      for (const { by, time } of this.culprits.shares(this.#segments(f))) {
        culprits.add(culpritKey(by), time, { culprit: by })
        pairs.add(`${whom} ${culpritKey(by)}`, time, { victim, culprit: by })
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
  #segments(f: Found): Segment[] {
    if (f.kind === 'task') return this.culprits.ran(this.guests[f.of]!.machine, this.#cpuOf(f), f)
    const segments: Segment[] = []
    eachSpan(this.model.intervals, f.row, f, (i, from, to) => {
      if (to > from) segments.push(this.culprits.preemptor(i, this.model.vcpus[f.of]!.host, { from, to }))
    })
    return segments
  }

  #describe(f: Found): Preemption {
    const segments = this.#segments(f)
    const victim = this.#victim(f)
    const firsts = this.culprits.shares(segments.slice(0, 1))
    const culprit = firsts[0]?.by ?? { ...this.culprits.actor(victim.machine, -1), through: [] }
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
      shares: this.culprits.shares(segments),
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

// Who had the CPUs in a range: physical CPUs, vCPUs, and every guest task by the layers below it.

import type { FusedModel, FusedVcpu } from '../model/fuse/build.js'
import { ExitFlag } from '../model/fuse/log.js'
import { inGuest } from '../model/fuse/world.js'
import {
  FusedState,
  type ExitTotals,
  type FusedTotals,
  type GuestView,
  type PcpuTotals,
  type VcpuTotals,
} from '../thread/contract.js'
import { sessionTime, type MachineIndex } from '../units.js'
import type { Steps } from '../steps.js'
import { sharesOf } from './actors.js'
import { eachSpan, type Range } from '../model/intervals.js'
import { Sums } from './sums.js'

const S = FusedState

/** What is found elsewhere. */
export interface TotalsParts extends Pick<FusedTotals, 'version' | 'tasks' | 'containers' | 'lacking'> {
  readonly viewOf: (v: FusedVcpu) => GuestView | null
}

export function* fusedTotals(model: FusedModel, range: Range, { viewOf, ...parts }: TotalsParts): Steps<FusedTotals> {
  const pcpus: PcpuTotals[] = []
  for (const p of model.pcpus) {
    pcpus.push(pcpuTotals(model, p.row, range))
    yield
  }
  const vcpus: VcpuTotals[] = []
  for (const v of model.vcpus) {
    const own = vcpuTotals(model, v, range)
    yield
    vcpus.push({ ...own, guestView: viewOf(v) })
    yield
  }
  return {
    ...parts,
    from: sessionTime(range.from),
    to: sessionTime(range.to),
    pcpus,
    vcpus,
  }
}

function pcpuTotals(model: FusedModel, row: number, range: Range): PcpuTotals {
  const x = model.intervals
  const { id, machine, label } = model.tracks[row]!
  const guests = new Sums<MachineIndex>()
  let [host, idle, vmm, unknown] = [0, 0, 0, 0]
  // Guest mode without a label is some guest's all the same: the machine is not told by it, its vCPU is.
  const owner = (i: number): MachineIndex => model.labels[x.value[i]!]?.machine ?? machine
  eachSpan(x, row, range, (i, from, to) => {
    const time = to - from
    const state = x.state[i]!
    if (state === S.Unknown) unknown += time
    else if (state === S.HostIdle) idle += time
    else if (state === S.VmmKernel || state === S.VmmUser) vmm += time
    else if (inGuest(state)) guests.add(owner(i), time)
    else host += time
  })
  return {
    track: id,
    machine,
    label,
    host,
    idle,
    vmm,
    unknown,
    guests: guests.sorted.map(([m, time]) => ({ machine: m, time })),
  }
}

function vcpuTotals(model: FusedModel, v: FusedVcpu, range: Range): Omit<VcpuTotals, 'guestView'> {
  const x = model.intervals
  const { id, machine, label } = model.tracks[v.row]!
  const time = new Float64Array(64)
  const by = new Sums<number>()
  const why = new Sums<number>()
  eachSpan(x, v.row, range, (i, from, to) => {
    const state = x.state[i]!
    time[state]! += to - from
    if (state === S.Preempted) by.add(x.value[i]!, to - from)
    if (state === S.Blocked) why.add(x.value[i]!, to - from)
  })
  let guest = 0
  for (let s: number = S.Guest; s <= S.GuestSoftirq; s++) guest += time[s]!
  const preempted = time[S.Preempted]!
  const ready = time[S.Ready]!
  const wanted = guest + time[S.VmmKernel]! + time[S.VmmUser]! + preempted + ready
  return {
    track: id,
    label,
    machine,
    guest,
    guestIdle: time[S.GuestIdle]!,
    vmmKernel: time[S.VmmKernel]!,
    vmmUser: time[S.VmmUser]!,
    preempted,
    blocked: time[S.Blocked]!,
    ready,
    unknown: time[S.Unknown]!,
    steal: preempted + ready,
    stealPercent: wanted > 0 ? ((preempted + ready) / wanted) * 100 : 0,
    split: v.split,
    exits: exitTotals(model, v.row, range),
    preemptedBy: sharesOf(model, by),
    blockedBy: why.sorted.map(([l, t]) => ({ why: model.labels[l]?.text ?? 'not known', time: t })),
    missing: v.missing,
  }
}

interface ExitSums {
  readonly lengths: number[]
  user: number
}

/** Exits that began within the range, with what they took within it. */
function exitTotals(model: FusedModel, row: number, range: Range): ExitTotals[] {
  const x = model.intervals
  const reasons = new Map<number, ExitSums>()
  let open: ExitSums | null = null
  eachSpan(x, row, range, (i, from, to) => {
    const state = x.state[i]!
    if (state === S.VmmKernel && (x.flags[i]! & ExitFlag) !== 0 && from === x.t[i]!) {
      const reason = x.value[i]!
      open = reasons.get(reason) ?? { lengths: [], user: 0 }
      reasons.set(reason, open)
      open.lengths.push(0)
    } else if (inGuest(state)) open = null
    if (!open || (state !== S.VmmKernel && state !== S.VmmUser)) return
    open.lengths[open.lengths.length - 1]! += to - from
    if (state === S.VmmUser) open.user += to - from
  })
  return [...reasons]
    .map(([reason, { lengths, user }]): ExitTotals => {
      const sorted = Float64Array.from(lengths).sort()
      return {
        reason: model.labels[reason]?.text ?? 'not known',
        count: sorted.length,
        time: sorted.reduce((a, b) => a + b, 0),
        user,
        p50: percentile(sorted, 0.5),
        p90: percentile(sorted, 0.9),
        p99: percentile(sorted, 0.99),
        max: sorted[sorted.length - 1]!,
      }
    })
    .sort((a, b) => b.time - a.time || b.count - a.count)
}

/** Quantile of sorted values, type 7 (linear between the nearest two). */
export function percentile(sorted: Float64Array, p: number): number {
  const at = (sorted.length - 1) * p
  const below = Math.floor(at)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (high - low) * (at - below)
}

// Across the boundary: from a wake-up in a guest, made by an interrupt, to what the host did to bring that interrupt in.

import type { FusedModel, FusedVcpu } from '../../../model/fuse/build.js'
import { intervalAt } from '../../../model/intervals.js'
import type { Runs } from '../../../model/runs.js'
import { recordAt } from '../../../table/details.js'
import type { Grade } from '../../../thread/contract.js'
import { numberOf } from '../../../model/fuse/handlers/marks.js'
import { contexts, NONE_16, type Wakeups } from '../columns.js'
import type { TaskWakeups } from '../tasks.js'
import { interruptAt, interruptLabel } from '../waker.js'
import type { Around, Spot } from './around.js'
import { isPosted, isRaise, raiseLabel, vectorOf } from './vector.js'

/** An event that becomes a hop. */
export interface FoundHop {
  readonly kind: 'interrupt' | 'inject' | 'entry'
  readonly spot: Spot
  readonly label: string
}

export interface Boundary {
  readonly vcpu: FusedVcpu
  /** Wake-up of the vCPU's thread; null: it ran already. */
  readonly from: number | null
  readonly grade: Grade
  readonly because: string
  /** Before `from` (or before the entry, where there is no wake-up): what raised the interrupt. */
  readonly raised: readonly FoundHop[]
  /** Between the vCPU's run and the guest's wake-up. */
  readonly entered: readonly FoundHop[]
}

interface BoundaryWorld {
  readonly around: Around
  readonly model: FusedModel
  readonly runs: Runs
  readonly w: Wakeups
  readonly tasks: TaskWakeups
  /** 2 x the half-width of the relation between a guest's clock and its host's; null = nothing can be stated. */
  doubt(machine: number): number | null
}

const isVector = (system: string, name: string): boolean => system === 'irq_vectors' && name.endsWith('_entry')

/** The vCPU that a guest's CPU is; null where it is not known. */
export const vcpuOf = (model: FusedModel, machine: number, cpu: number): FusedVcpu | null =>
  model.vcpus.find((v) => v.guest === machine && v.vcpu === cpu) ?? null

/** What led to wake-up `to` of a guest; a sentence where nothing can be told. */
export async function boundaryOf(world: BoundaryWorld, to: number, signal?: AbortSignal): Promise<Boundary | string> {
  const { around, model, w } = world
  const guestStream = around.stream(w.wakingStream[to]!)
  const vcpu = vcpuOf(model, w.machine[to]!, guestStream.cpu)
  if (!vcpu) return 'Which thread of the host is the vCPU that was interrupted is not known.'
  const t = w.wakingT[to]!
  const doubt = world.doubt(w.machine[to]!) ?? 0
  const run = runOf(world, vcpu, t, doubt)
  if (!run) return 'By the clocks in use the vCPU was on no CPU of the host at that time.'
  const host = around.streamsOf(vcpu.host, run.cpu)
  const isOwn = (name: string, wanted: string, pid: number): boolean => name === wanted && pid === vcpu.tid
  const entries = around.within(host, run.from, t + doubt, (n, pid) => isOwn(n, 'kvm_entry', pid)).found
  const entry = entries.findLast((e) => e.t <= t) ?? entries[0] ?? null
  if (vcpu.split && !entry) return 'KVM did not enter the guest between the vCPU getting its CPU and the interrupt.'
  const start = entry?.t ?? run.from
  const woken = wokenBefore(world, vcpu, start)
  const facts = await injected(world, vcpu, host, run.from, entry, signal)
  const guest = await guestInterrupts(world, to, start - doubt, facts.vector, signal)
  const raised = await raises(world, vcpu, woken, run.from, start, facts.vector, signal)
  const entered = [...facts.hops, ...guest.hops]
  const outside = entry && around.next(host, entry.t, t - doubt, (n, pid) => isOwn(n, 'kvm_exit', pid))
  const own = [w.wakingStream[to]!]
  const first = around.within(own, start + doubt, t, (n) => n === 'sched_switch').found.length === 0
  const verdict = judge({
    vector: facts.vector,
    guest,
    woken,
    raised,
    split: vcpu.split,
    first,
    idle: w.waker[to] === 0,
    outside: outside !== null,
  })
  return { vcpu, from: woken, ...verdict, raised: raised.hops, entered }
}

/** What KVM recorded round the wake-up of a vCPU's thread: the interrupt raised before, the entry after. */
export async function aroundVcpu(
  world: BoundaryWorld,
  vcpu: FusedVcpu,
  wakeup: number,
  signal?: AbortSignal,
): Promise<{ readonly raised: readonly FoundHop[]; readonly entered: readonly FoundHop[] }> {
  const { around, w, runs } = world
  const { hops: raised } = await raises(world, vcpu, wakeup, 0, 0, null, signal)
  const cpuRow = w.runCpu[wakeup]!
  if (cpuRow === NONE_16) return { raised, entered: [] }
  const from = w.runT[wakeup]!
  const end = runs.intervals.t[w.runEntry[wakeup]! + 1]!
  const host = around.streamsOf(vcpu.host, runs.cpus[cpuRow]!.cpu)
  const entry = around.next(host, from, end, (name, pid) => name === 'kvm_entry' && pid === vcpu.tid)
  return { raised, entered: (await injected(world, vcpu, host, from, entry, signal)).hops }
}

interface Run {
  readonly cpu: number
  readonly from: number
}

/** The run of the vCPU's thread at `t`, or where clocks allow it. */
function runOf({ runs }: BoundaryWorld, vcpu: FusedVcpu, t: number, doubt: number): Run | null {
  const { cpus, intervals: x } = runs
  for (const at of doubt > 0 ? [t, t + doubt, t - doubt] : [t]) {
    for (const [row, c] of cpus.entries()) {
      if (c.machine !== vcpu.host) continue
      const entry = intervalAt(x, row, at)
      if (entry >= 0 && x.value[entry] === vcpu.tid) return { cpu: c.cpu, from: x.t[entry]! }
    }
  }
  return null
}

/** The vCPU's wake-up, if the guest has not been entered since: then it was for this entry that it was woken. */
function wokenBefore({ around, w, tasks }: BoundaryWorld, vcpu: FusedVcpu, start: number): number | null {
  const i = tasks.ranBefore(vcpu.host, vcpu.tid, start)
  if (i < 0) return null
  const streams = around.streamsOf(vcpu.host)
  const { found, all } = around.within(
    streams,
    w.runT[i]!,
    start,
    (name, pid) => pid === vcpu.tid && (name === 'kvm_entry' || name === 'sched_switch'),
  )
  const entries = found.filter((s) => around.name(around.stream(s.stream), s.row) === 'kvm_entry' && s.t < start)
  // Without kvm_entry each run begins anew: the thread must not have left its CPU since.
  const left = vcpu.split ? false : found.some((s) => s.t > w.runT[i]!)
  return entries.length === 0 && all && !left ? i : null
}

interface Injected {
  readonly vector: number | null
  readonly hops: readonly FoundHop[]
}

/** What KVM injected on its way into the guest. */
async function injected(
  { around }: BoundaryWorld,
  vcpu: FusedVcpu,
  host: readonly number[],
  from: number,
  entry: Spot | null,
  signal?: AbortSignal,
): Promise<Injected> {
  if (!entry) return { vector: null, hops: [] }
  const own = around.within(host, from, entry.t, (_, pid) => pid === vcpu.tid).found
  const name = (s: Spot): string => around.name(around.stream(s.stream), s.row)
  const lastExit = own.findLast((s) => name(s) === 'kvm_exit')
  const inject = own.findLast((s) => name(s) === 'kvm_inj_virq' && s.t >= (lastExit?.t ?? -Infinity))
  const hops: FoundHop[] = []
  let vector: number | null = null
  if (inject) {
    vector = vectorOf('kvm_inj_virq', await recordAt(around.session, around.stream(inject.stream), inject.row, signal))
    hops.push({ kind: 'inject', spot: inject, label: `injects vector ${vector ?? 'not told'}` })
  }
  const record = await recordAt(around.session, around.stream(entry.stream), entry.row, signal)
  const told = vectorOf('kvm_entry', record)
  vector = told ?? vector
  hops.push({
    kind: 'entry',
    spot: entry,
    label: told === null ? 'enters the guest' : `enters the guest with vector ${told}`,
  })
  return { vector, hops }
}

interface GuestSide {
  readonly hops: readonly FoundHop[]
  /** Interrupts that the guest began to handle in the bracket. */
  readonly candidates: number
  /** Whether one of them has the injected vector; null = vectors cannot be compared. */
  readonly match: boolean | null
  /** The wake-up was made in the handler of that one, or in the softirqs right after it. */
  readonly inside: boolean
}

/** The interrupt in the guest from which the wake-up came. */
async function guestInterrupts(
  { around, w }: BoundaryWorld,
  to: number,
  from: number,
  vector: number | null,
  signal?: AbortSignal,
): Promise<GuestSide> {
  const stream = w.wakingStream[to]!
  const s = around.stream(stream)
  const row = w.wakingRow[to]!
  const { found } = around.within(
    [stream],
    from,
    w.wakingT[to]!,
    (name) => name.endsWith('_entry') && name !== 'softirq_entry',
  )
  const before = found.filter((f) => {
    const name = around.name(s, f.row)
    return f.row < row && (name === 'irq_handler_entry' || isVector(around.system(s, f.row), name))
  })
  const vectors: (number | null)[] = []
  for (const f of before) {
    if (!isVector(around.system(s, f.row), around.name(s, f.row))) vectors.push(null)
    else vectors.push(numberOf(await recordAt(around.session, s, f.row, signal), 'vector', -1))
  }
  const at = vector === null ? -1 : vectors.lastIndexOf(vector)
  // Handlers without a vector of their own may be those of the injected one; of other vectors they cannot.
  const fits = before.filter((_, k) => vector === null || vectors[k] === null || vectors[k] === vector)
  const chosen = at >= 0 ? before[at]! : (fits.at(-1) ?? before.at(-1))
  const hops: FoundHop[] = []
  const add = async (spot: Spot, name: string): Promise<void> => {
    const record = await recordAt(around.session, s, spot.row, signal)
    const of = numberOf(record, 'vector', -1)
    const label = interruptLabel(name, record)
    hops.push({
      kind: 'interrupt',
      spot,
      label: isVector(around.system(s, spot.row), name) && of >= 0 ? `vector ${of} (${label})` : label,
    })
  }
  if (chosen) await add(chosen, around.name(s, chosen.row))
  const inner = interruptAt(around.session, s, row, contexts[w.context[to]!]!)
  if (inner && inner.row !== chosen?.row) await add({ stream, row: inner.row, t: s.t[inner.row]! }, inner.name)
  // A handler belongs to the vector during which it runs: it is no candidate of its own.
  const withVector = vectors.filter((v) => v !== null).length
  const candidates = vector === null && withVector > 0 ? withVector : fits.length
  const match = vector === null || before.length === 0 ? null : at >= 0 ? true : fits.length === 0 ? false : null
  return { hops, candidates, match, inside: at >= 0 && isInside(before[at]!.row) }

  /** Still in the handler that began at a row; or it is over, nothing else was handled since, and this is a softirq. */
  function isInside(entry: number): boolean {
    const exit = around.name(s, entry).replace(/_entry$/, '_exit')
    let open = true
    for (let i = entry + 1; i < row; i++) {
      const name = around.name(s, i)
      if (name === exit) open = false
      else if (name === 'sched_switch' || isVector(around.system(s, i), name)) return false
    }
    return open || contexts[w.context[to]!] === 'softirq'
  }
}

interface Raised {
  readonly hops: readonly FoundHop[]
  /** Others that may have been it. */
  readonly others: number
  readonly posted: boolean
}

/** Raised interrupts that are looked at. */
const RAISES = 64

/** What raised the interrupt on the host: just before the vCPU was woken, or while it ran. */
async function raises(
  { around, w }: BoundaryWorld,
  vcpu: FusedVcpu,
  woken: number | null,
  from: number,
  start: number,
  vector: number | null,
  signal?: AbortSignal,
): Promise<Raised> {
  const label = async (s: Spot): Promise<FoundHop> => {
    const stream = around.stream(s.stream)
    const record = await recordAt(around.session, stream, s.row, signal)
    return { kind: 'interrupt', spot: s, label: raiseLabel(around.name(stream, s.row), record) }
  }
  if (woken !== null) {
    const stream = w.wakingStream[woken]!
    const s = around.stream(stream)
    const hops: FoundHop[] = []
    const context = contexts[w.context[woken]!]!
    const handler = interruptAt(around.session, s, w.wakingRow[woken]!, context)
    if (handler) {
      const record = await recordAt(around.session, s, handler.row, signal)
      const spot = { stream, row: handler.row, t: s.t[handler.row]! }
      hops.push({ kind: 'interrupt', spot, label: interruptLabel(handler.name, record) })
    }
    const raise = raiseBefore(around, stream, w.wakingRow[woken]!)
    if (raise) hops.push(await label(raise))
    return { hops, others: 0, posted: false }
  }
  const streams = around.streamsOf(vcpu.host)
  // What was raised before the entry before this one has been injected there.
  const entered = around
    .within(streams, -Infinity, start, (name, pid) => name === 'kvm_entry' && pid === vcpu.tid)
    .found.findLast((s) => s.t < start)
  const { found } = around.within(streams, Math.min(from, entered?.t ?? from), start, isRaise)
  const fits: FoundHop[] = []
  const mine: FoundHop[] = []
  for (const spot of found.slice(-RAISES)) {
    const stream = around.stream(spot.stream)
    const record = await recordAt(around.session, stream, spot.row, signal)
    if (vector !== null && vectorOf(around.name(stream, spot.row), record) !== vector) continue
    const hop: FoundHop = { kind: 'interrupt', spot, label: raiseLabel(around.name(stream, spot.row), record) }
    fits.push(hop)
    if (numberOf(record, 'apicid', -1) === vcpu.vcpu) mine.push(hop)
  }
  // The same vector goes to other vCPUs as well; most guests number their APICs as their vCPUs.
  const likely = mine.length > 0 ? mine : fits
  const last = likely.at(-1)
  const posted = last !== undefined && isPosted(around.name(around.stream(last.spot.stream), last.spot.row))
  return { hops: last ? [last] : [], others: Math.max(0, likely.length - 1), posted }
}

/** KVM's own event just before it woke the vCPU's thread: on the same CPU, by the same task, no other waking between. */
function raiseBefore(around: Around, stream: number, waking: number): Spot | null {
  const s = around.stream(stream)
  for (let row = waking - 1; row >= 0 && row > waking - 32; row--) {
    const name = around.name(s, row)
    if (s.pid[row] !== s.pid[waking] || name === 'sched_switch' || name === 'sched_waking') return null
    if (isRaise(name)) return { stream, row, t: s.t[row]! }
  }
  return null
}

function judge(f: {
  readonly vector: number | null
  readonly guest: GuestSide
  readonly woken: number | null
  readonly raised: Raised
  readonly split: boolean
  /** The guest switched to no other task between the vCPU's start and the wake-up. */
  readonly first: boolean
  /** The guest's CPU was idle: only an interrupt ends that. */
  readonly idle: boolean
  readonly outside: boolean
}): { readonly grade: Grade; readonly because: string } {
  const { vector, guest, raised } = f
  if (f.outside)
    return {
      grade: 'AMBIGUOUS',
      because: 'The guest was left between that entry and the wake-up: another entry may have brought it.',
    }
  if (guest.match === false)
    return { grade: 'AMBIGUOUS', because: `The guest handled no vector ${vector} after it was injected, but others.` }
  if (guest.match === true && !guest.inside)
    return {
      grade: 'LIKELY',
      because: `Vector ${vector} was injected and handled, but the wake-up came when its handler was over.`,
    }
  if (guest.match === true && !raised.posted)
    return {
      grade: 'EXACT',
      because: `Vector ${vector} was injected at this entry, and handled in the guest before the next exit.`,
    }
  if (guest.candidates > 1)
    return { grade: 'AMBIGUOUS', because: `The guest handled ${guest.candidates} interrupts in that time.` }
  if (raised.others > 0)
    return { grade: 'AMBIGUOUS', because: `${raised.others + 1} interrupts were raised for the guest in that time.` }
  if (raised.posted)
    return { grade: 'LIKELY', because: 'The interrupt was posted: the guest took it without being left.' }
  if (!f.split) {
    return f.woken === null || !f.first || !f.idle
      ? {
          grade: 'AMBIGUOUS',
          because: 'The vCPU ran for a while, and kvm_entry is not recorded: what interrupted it cannot be told.',
        }
      : {
          grade: 'LIKELY',
          because: 'The vCPU was woken out of idleness and this is what it did first; kvm_entry is not recorded.',
        }
  }
  if (f.woken === null && raised.hops.length === 0)
    return { grade: 'AMBIGUOUS', because: 'The vCPU ran already, and what raised the interrupt is not recorded.' }
  return {
    grade: 'LIKELY',
    because: 'It is the only candidate between this entry and the wake-up; vectors are not recorded on both sides.',
  }
}

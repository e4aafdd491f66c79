// What the events say about every guest's clock: gathers the evidence once, estimates the relation from it, and holds the other
// methods against it.

import type { StreamColumns } from '../columns/event-table.js'
import type { ClockHealth, ClockMethod, ClockMethodReport, ClockVerdict, MachineInfo } from '../thread/contract.js'
import { machineIndex, sessionTime, type MachineIndex } from '../units.js'
import { closeBrackets, type ClosedBrackets } from './estimate/brackets.js'
import { boundsOf } from './estimate/contract.js'
import { estimate, type Estimate } from './estimate/estimate.js'
import { offsetAt, type EstimatePiece } from './estimate/pieces.js'
import type { BracketKind } from './estimate/evidence.js'
import { gatherEvidence, type Gathered, type Scene } from './estimate/gather.js'
import { placesOf, type Places } from './estimate/places.js'
import type { Relation } from './relate.js'
import { sentence } from './sentence.js'

/** What the events of one guest and its host say. Guest times are ticks since the guest's first file's epoch, times `rate`. */
export interface Assessment {
  readonly machine: MachineIndex
  /** Host ticks a guest tick where KVM scales the guest's TSC, else 1: no estimate looks for drifts that large. */
  readonly rate: number
  readonly gathered: Gathered
  readonly estimate: Estimate
  readonly brackets: readonly ClosedBrackets[]
  /** First and last guest event. */
  readonly span: readonly [number, number]
  /** Machines of the two whose trace clock is `local`: it may differ between the CPUs, which no estimate can tell. */
  readonly local: readonly string[]
  /** Host times of kvm_update_master_clock. */
  readonly rebases: readonly number[]
  /** Guest times at and around which a recorded relation may change its course: those of its samples. */
  readonly turns: readonly number[]
}

/** Session time minus guest ticks at a guest time, by some method. */
export type OffsetOf = (g: number, cpu: number) => number

/** The offsets that a relation gives one machine. */
export function offsetsOf(relation: Relation, scene: Scene, guest: MachineInfo): OffsetOf {
  const file = guest.files[0]!
  const shift = Number(scene.files[file]!.meta.epoch - scene.files[guest.files[0]!]!.meta.epoch)
  const out = new Float64Array(1)
  const clocks = new Map(guest.cpus.map((cpu) => [cpu, relation.clockOf(file, cpu)]))
  return (time, cpu) => {
    const g = Math.round(time)
    const clock = clocks.get(cpu) ?? clocks.get(guest.cpus[0]!)!
    clock.apply(Float64Array.of(g - shift), 1, out)
    return out[0]! - g
  }
}

/** What the guest's file says of KVM's TSC scaling (option TIME_SHIFT). */
function rateOf(scene: Scene, guest: MachineInfo): number {
  const cpu = scene.files[guest.files[0]!]!.meta.timeShift?.cpus.find((c) => (c.scaling[0] ?? 1n) > 1n)
  return cpu ? 2 ** Number(cpu.fraction[0] ?? 0n) / Number(cpu.scaling[0]!) : 1
}

function turnsOf(scene: Scene, guest: MachineInfo, rate: number): number[] {
  const { epoch } = scene.files[guest.files[0]!]!.meta
  const times = guest.files.flatMap((f) => scene.files[f]!.meta.timeShift?.cpus.flatMap((c) => c.time) ?? [])
  const around = times.flatMap((t) => [-1, 0, 1].map((by) => scaled(rate, Number(t - epoch) + by)))
  return [...new Set(around)].sort((a, b) => a - b)
}

const scaled = (rate: number, g: number): number => (rate === 1 ? g : Math.round(g * rate))
const unscaled = (rate: number, x: number): number => (rate === 1 ? x : Math.round(x / rate))

/** Offsets at scaled guest times, from those at guest ticks. */
function scaledOffsets(rate: number, offsets: OffsetOf): OffsetOf {
  if (rate === 1) return offsets
  return (x, cpu) => {
    const g = unscaled(rate, x)
    return g + offsets(g, cpu) - x
  }
}

/** Assesses one guest. `known` are the offsets of the best relation known so far: a starting point only. */
export function assess(scene: Scene, guest: MachineInfo, known: OffsetOf | null): Assessment {
  const rate = rateOf(scene, guest)
  const [first, last] = guestSpan(scene.streams, guest)
  const span = [scaled(rate, first), scaled(rate, last)] as const
  const middle = Math.round((span[0] + span[1]) / 2)
  const guess = known && scaledOffsets(rate, known)(middle, guest.cpus[0]!)
  const gathered = gatherEvidence(scene, guest, guess, (g) => scaled(rate, g))
  const anchor = guess === null ? undefined : { g: middle, offset: Math.round(guess) }
  return {
    machine: guest.machine,
    rate,
    gathered,
    estimate: estimate(gathered.evidence, { anchor }),
    brackets: gathered.evidence.vcpus.map((v) => closeBrackets(v)),
    span,
    local: [guest, scene.machines[guest.parent ?? guest.machine]!]
      .filter((m) => m.files.some((f) => scene.files[f]!.meta.clock === 'local'))
      .map((m) => m.name),
    rebases: (scene.marks?.rebases ?? [])
      .map(({ stream, row }) => ({ s: scene.streams[stream]!, row }))
      .filter(({ s }) => s.machine === guest.parent)
      .map(({ s, row }) => s.t[row]!)
      .sort((x, y) => x - y),
    turns: turnsOf(scene, guest, rate),
  }
}

function guestSpan(streams: readonly StreamColumns[], guest: MachineInfo): readonly [number, number] {
  const own = streams.filter((s) => s.machine === guest.machine && s.count > 0)
  if (own.length === 0) return [0, 0]
  return [Math.min(...own.map((s) => s.ticks[0]!)), Math.max(...own.map((s) => s.ticks[s.count - 1]!))]
}

/** Columns of session times by the estimate: the order of a CPU's events is kept where two pieces overlap. */
export function applyEstimate(a: Assessment, cpu: number, ticks: Float64Array, n: number, out: Float64Array): void {
  const vcpu = a.gathered.evidence.vcpus.findIndex((v) => v.vcpu === cpu)
  const pieces = a.estimate.pieces.filter((p) => p.vcpu === null || p.vcpu === vcpu)
  const usable = pieces.length > 0 ? pieces : a.estimate.pieces
  let last = -Infinity
  for (let i = 0; i < n; i++) {
    const g = scaled(a.rate, ticks[i]!)
    last = Math.max(last, g + Math.round(offsetAt(usable, g)))
    out[i] = last
  }
}

/** Times are whole numbers: what a method gives is rounded to them. */
const WHOLE = 1

/** First and last time of a piece, and where a recorded relation may turn in between. */
const turnsWithin = (a: Assessment, { from, to }: EstimatePiece): number[] => [
  from,
  ...a.turns.filter((g) => g > from && g < to),
  to,
]

/** How a method stands against the evidence. */
export function judge(
  a: Assessment,
  method: ClockMethod,
  unscaledOffsets: OffsetOf,
): { report: ClockMethodReport; places: Places } {
  const offsets = scaledOffsets(a.rate, unscaledOffsets)
  const { vcpus, kind } = a.gathered.evidence
  const cpuOf = (vcpu: number): number => vcpus[vcpu]!.vcpu
  const places = placesOf(a.brackets, (g, vcpu) => offsets(g, cpuOf(vcpu)))
  const middle = Math.round((a.span[0] + a.span[1]) / 2)
  const offset = offsets(middle, vcpus[0]?.vcpu ?? 0)
  const piece = pieceAt(a.estimate.pieces, middle)
  let error: number | null = null
  let worst = 0
  // Between two turns the method is straight and the bounds bulge inwards: nowhere is it further off than at one of the two.
  for (const p of a.estimate.pieces) {
    if (p.stretch.region.status !== 'bounded') continue
    const bounds = boundsOf(p.stretch)
    const cpus = p.vcpu === null ? vcpus.map((v) => v.vcpu) : [cpuOf(p.vcpu)]
    for (const g of turnsWithin(a, p)) {
      const [lo, hi] = bounds(g)
      for (const cpu of cpus) {
        const d = offsets(g, cpu)
        worst = Math.max(worst, Math.abs(d - lo), Math.abs(d - hi))
      }
    }
  }
  if (piece && piece.stretch.region.status === 'bounded') {
    const [lo, hi] = boundsOf(piece.stretch)(middle)
    error = offset - (lo + hi) / 2
  }
  // The estimate moved by hand is no estimate any more.
  const alone = a.brackets.every((b) => b.from.length === 0)
  const own = method === 'events' && Math.abs(offset - offsetAt(a.estimate.pieces, middle)) <= 1
  const least = a.estimate.accuracy
  const accuracy = least === null ? null : WHOLE + (own ? least : Math.max(worst, least))
  return {
    places,
    report: {
      method,
      verdict: capped(
        own ? a.estimate.verdict : alone ? byPackets(a, cpuOf, offsets) : verdictOf(a.estimate, places, kind),
        a.local.length > 0 || a.estimate.leftAt !== null,
      ),
      offset: String(Math.round(middle + offset - unscaled(a.rate, middle))),
      error,
      accuracy,
      inside: places.inside,
      outside: places.outside,
      beyond: places.beyond,
    },
  }
}

/** A method other than the estimate where packets are all there is: within their bounds or not. */
function byPackets(a: Assessment, cpuOf: (vcpu: number) => number, offsets: OffsetOf): ClockVerdict {
  if (a.estimate.accuracy === null) return a.estimate.verdict
  const fits = a.estimate.pieces.every((p) =>
    [p.from, p.to].every((g) => {
      const [lo, hi] = boundsOf(p.stretch)(g)
      const d = offsets(g, cpuOf(p.vcpu ?? 0))
      return d >= lo - 1 && d <= hi + 1
    }),
  )
  return fits ? 'LOOSE' : 'INFEASIBLE'
}

/** Clocks that may differ between CPUs, and a guest that left, leave nothing proven of all its times. */
const capped = (verdict: ClockVerdict, partly: boolean): ClockVerdict =>
  partly && (verdict === 'GUARANTEED' || verdict === 'LOOSE') ? 'CONDITIONAL' : verdict

/** A method other than the estimate: what it may be called, given where it puts the guest's events. */
function verdictOf(e: Estimate, places: Places, kind: BracketKind): ClockVerdict {
  const seen = places.inside + places.outside
  if (seen === 0) return 'NONE'
  if (places.outside > 0.005 * seen) return 'INFEASIBLE'
  if (e.verdict === 'ONE-SIDED') return 'ONE-SIDED'
  if (places.outside > 0) return 'CONDITIONAL'
  return kind === 'sched' ? 'LOOSE' : e.verdict === 'GUARANTEED' ? 'GUARANTEED' : 'CONDITIONAL'
}

const pieceAt = (pieces: readonly EstimatePiece[], g: number): EstimatePiece | undefined =>
  pieces.find((p) => g >= p.from && g <= p.to)

/** Methods worth trusting over a recorded relation that the events contradict. */
const USABLE: readonly ClockVerdict[] = ['GUARANTEED', 'CONDITIONAL', 'LOOSE']

/** Whether the events give a relation worth using. */
export const isUsable = (a: Assessment): boolean => USABLE.includes(a.estimate.verdict)

const outsideShare = (p: { inside: number; outside: number }): number => p.outside / Math.max(1, p.inside + p.outside)

/** Whether the events should replace a method: they give a usable relation, and the method puts more events outside. */
export function eventsAreBetter(a: Assessment, other: ClockMethodReport): boolean {
  const after = a.estimate.after
  if (!after || !isUsable(a)) return false
  if (after.inside + after.outside === 0) return other.verdict === 'INFEASIBLE'
  return outsideShare(other) > outsideShare(after) + 0.005
}

export interface HealthInput {
  readonly assessment: Assessment
  readonly method: ClockMethod
  readonly offsets: OffsetOf
  readonly others: readonly { readonly method: ClockMethod; readonly offsets: OffsetOf }[]
  readonly deltas: ClockHealth['deltas']
  readonly unit: 'ns' | 'ticks'
  readonly guestName: string
  /** Epoch of the session's clock minus that of the guest's ticks. */
  readonly epochs: bigint
}

const BOUND_POINTS = 200

/** The health card. */
export function healthOf(input: HealthInput): ClockHealth {
  const { assessment: a, method } = input
  const offsets = scaledOffsets(a.rate, input.offsets)
  const e = a.estimate
  const { vcpus } = a.gathered.evidence
  const current = judge(a, method, input.offsets)
  const methods = [current, ...input.others.map((o) => judge(a, o.method, o.offsets))].map(({ report }) => ({
    ...report,
    offset: String(BigInt(report.offset) + input.epochs),
  }))
  const cpu = vcpus[0]?.vcpu ?? 0
  const at = (g: number, c = cpu): number => g + offsets(g, c)
  const bounds = boundPoints(a, offsets, at)
  const ppm = (delta: number): number => (a.rate === 1 ? delta : (1 + delta) * a.rate - 1) * 1e6
  // A short piece leaves every drift that is looked for; that says nothing of the clocks.
  const long = e.pieces.filter((p) => p.check.checked)
  const drift = (long.length > 0 ? long : e.pieces).reduce<readonly [number, number] | null>(
    (d, p) => [Math.min(d?.[0] ?? Infinity, ppm(p.deltaRange[0])), Math.max(d?.[1] ?? -Infinity, ppm(p.deltaRange[1]))],
    null,
  )
  const recorded = methods.find((m) => m.method === 'recorded') ?? current.report
  const better = method !== 'events' && eventsAreBetter(a, current.report)
  return {
    machine: machineIndex(a.machine),
    method,
    verdict: current.report.verdict,
    sentence: sentence(input, current.report),
    recommended: better ? 'events' : method === 'events' && !eventsAreBetter(a, recorded) ? recorded.method : method,
    kind: a.gathered.evidence.kind,
    threads: a.gathered.threads,
    accuracy: current.report.accuracy,
    halfWidth: e.halfWidth,
    drift: e.accuracy === null ? null : drift,
    brackets: e.brackets,
    packets: e.packets,
    leftAt: e.leftAt === null ? null : sessionTime(at(e.leftAt)),
    rebases: a.rebases.map((t) => sessionTime(t)),
    slack: e.slack,
    covered: e.covered,
    methods,
    bounds,
    breaks: e.breaks.map((b) => ({
      from: sessionTime(at(b.from)),
      to: sessionTime(at(b.to)),
      step: b.step,
      cause: b.cause,
    })),
    corridor: e.pieces.flatMap((p) =>
      p.check.windows.map((w) => ({ t: sessionTime(at(w.g, cpu)), lower: w.lower, upper: w.upper })),
    ),
    deltas: input.deltas,
    worst: current.places.worst.map((w) => ({ t: sessionTime(w.host), cpu: vcpus[w.vcpu]!.vcpu, by: w.by })),
  }
}

/** What is possible at any CPU of the guest: its CPUs are shown in rows of one machine. */
function boundPoints(a: Assessment, offsets: OffsetOf, at: (g: number) => number): ClockHealth['bounds'] {
  const points: { t: ReturnType<typeof sessionTime>; lower: number; upper: number }[] = []
  const total = Math.max(1, a.span[1] - a.span[0])
  const { vcpus } = a.gathered.evidence
  for (const p of a.estimate.pieces) {
    if (p.stretch.region.status !== 'bounded' || (p.vcpu !== null && p.vcpu !== 0)) continue
    const apart = p.vcpu === null ? [] : a.estimate.pieces.filter((o) => o !== p)
    const n = Math.max(2, Math.round(((p.to - p.from) / total) * BOUND_POINTS))
    const steps = Array.from({ length: n }, (_, i) => Math.round(p.from + ((p.to - p.from) * i) / (n - 1)))
    const places = [...new Set([...steps, ...turnsWithin(a, p)])].sort((x, y) => x - y)
    for (const g of places) {
      let lower = Infinity
      let upper = -Infinity
      vcpus.forEach(({ vcpu }, index) => {
        const piece = apart.find((o) => o.vcpu === index) ?? p
        const [lo, hi] = boundsOf(piece.stretch)(g)
        const d = offsets(g, vcpu)
        lower = Math.min(lower, lo - d)
        upper = Math.max(upper, hi - d)
      })
      points.push({ t: sessionTime(at(g)), lower, upper })
    }
  }
  return points
}

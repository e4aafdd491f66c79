// Evidence of a host and a guest whose clock relation is known: brackets and guest events drawn from gap distributions.

import type { BracketKind, Evidence, PacketWay, VcpuEvidence } from '../../workers/clocks/estimate/evidence.js'

export interface Step {
  /** Host time, ns. */
  readonly at: number
  /** Added to host - guest from there on, ns. */
  readonly by: number
}

export interface Slew {
  /** Host time, ns. */
  readonly at: number
  /** Added to the rate of host against guest from there on. */
  readonly ppm: number
}

/** A vCPU in guest mode once, times of host and guest in ns. */
export interface GuestRun {
  readonly entry: number
  readonly exit: number
  /** Guest events, ascending. */
  readonly guest: readonly number[]
  /** Whether entry and exit were recorded. */
  readonly sawEntry: boolean
  readonly sawExit: boolean
}

export interface TruthOptions {
  readonly seed: number
  /** Length in ns of host time. */
  readonly duration: number
  readonly vcpus: number
  /** host - guest at host time 0, ns. */
  readonly offset: number
  /** Rate of host against guest, ppm. */
  readonly ppm: number
  readonly steps?: readonly Step[]
  readonly slews?: readonly Slew[]
  /** Smallest and median gap from entry to the first guest event and from the last one to exit, ns. */
  readonly gapFloor?: number
  readonly gapMedian?: number
  /** Mean length of a bracket and of the time between two, ns. */
  readonly bracketMean?: number
  readonly pauseMean?: number
  /** Share of entries and exits that were lost. */
  readonly lost?: number
  readonly kind?: BracketKind
  /** Extra offset per vCPU, ns. */
  readonly vcpuOffset?: readonly number[]
  /** Host time from which on the guest runs elsewhere: its events go on, its entries and exits do not. */
  readonly leaves?: number
  readonly packets?: PacketOptions
}

/** Network packets between host and guest. */
export interface PacketOptions {
  /** Mean time between two packets of one direction, ns. */
  readonly mean: number
  /** Least and median time on the way, ns. */
  readonly floor?: number
  readonly median?: number
  /** How many different lengths there are: few make packets alike. */
  readonly lengths: number
  /** Share of packets that never arrive, and of sendings that were not recorded. */
  readonly dropped?: number
  readonly unseen?: number
  readonly ways?: readonly ('guest' | 'host')[]
}

export interface Packet {
  readonly towards: 'guest' | 'host'
  readonly length: number
  /** Times in the clocks of sender and receiver; null = not recorded, or never arrived. */
  readonly sent: number | null
  readonly received: number | null
}

export interface Truth {
  readonly evidence: Evidence
  /** What happened, per vCPU: what was recorded of it makes the evidence. */
  readonly runs: readonly (readonly GuestRun[])[]
  /** True host - guest at a guest time. */
  offsetAt(guest: number, vcpu?: number): number
  /** Brackets whose one end was lost. */
  readonly open: number
  readonly packets: readonly Packet[]
}

/** mulberry32: small, seeded, good enough for gaps. */
export function random(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export function makeTruth(o: TruthOptions): Truth {
  const next = random(o.seed)
  const exponential = (mean: number): number => -Math.log(1 - next()) * mean
  const floor = o.gapFloor ?? 400
  const gap = (): number => floor + exponential(((o.gapMedian ?? 1500) - floor) / Math.LN2)
  const rate = o.ppm * 1e-6
  const steps = o.steps ?? []
  const slews = o.slews ?? []
  const shiftAtHost = (h: number): number =>
    steps.reduce((s, step) => (h >= step.at ? s + step.by : s), 0) +
    slews.reduce((s, slew) => s + Math.max(0, h - slew.at) * slew.ppm * 1e-6, 0)
  // host = guest + offset + rate * (guest + offset) + shift: host time 0 has the stated offset.
  const toGuest = (h: number, extra: number): number => (h - shiftAtHost(h)) / (1 + rate) - o.offset - extra
  let open = 0
  const vcpus: VcpuEvidence[] = []
  const runs: GuestRun[][] = []
  for (let v = 0; v < o.vcpus; v++) {
    const extra = o.vcpuOffset?.[v] ?? 0
    const marks: { t: number; enter: boolean }[] = []
    const guest: number[] = []
    const told: { entry: (typeof marks)[0]; exit: (typeof marks)[0]; guest: number[] }[] = []
    let h = exponential(o.pauseMean ?? 100_000)
    while (h < o.duration) {
      const length = 4 * floor + exponential(o.bracketMean ?? 60_000)
      const first = h + gap()
      const last = Math.max(first, h + length)
      const end = last + gap()
      const [entry, exit] = [
        { t: Math.round(h), enter: true },
        { t: Math.round(end), enter: false },
      ]
      marks.push(entry, exit)
      const events = guest.length
      // Rounding must not put an event outside of its bracket.
      guest.push(Math.ceil(toGuest(first, extra)))
      const inside = Math.floor(next() * 3)
      const between = Array.from({ length: inside }, () => first + next() * (last - first)).sort((a, b) => a - b)
      for (const t of between) guest.push(Math.round(toGuest(t, extra)))
      if (last > first) guest.push(Math.floor(toGuest(last, extra)))
      if (h >= (o.leaves ?? Infinity)) marks.length -= 2
      told.push({ entry, exit, guest: guest.slice(events).sort((a, b) => a - b) })
      h = end + 1000 + exponential(o.pauseMean ?? 100_000)
    }
    const kept = marks.filter(() => next() >= (o.lost ?? 0))
    const recorded = new Set(kept)
    runs.push(
      told.map((r) => ({
        entry: r.entry.t,
        exit: r.exit.t,
        guest: r.guest,
        sawEntry: recorded.has(r.entry),
        sawExit: recorded.has(r.exit),
      })),
    )
    const entry: number[] = []
    const exit: number[] = []
    let entered: number | null = null
    for (const m of kept) {
      if (m.enter) {
        if (entered !== null) {
          entry.push(entered)
          exit.push(Infinity)
          open++
        }
        entered = m.t
      } else {
        if (entered === null) open++
        entry.push(entered ?? -Infinity)
        exit.push(m.t)
        entered = null
      }
    }
    vcpus.push({
      vcpu: v,
      entry: Float64Array.from(entry),
      exit: Float64Array.from(exit),
      guest: Float64Array.from(guest),
    })
  }
  const packets = o.packets ? makePackets(o.packets, o, (h) => toGuest(h, 0)) : []
  return {
    evidence: { kind: o.kind ?? 'kvm', vcpus, ways: waysOf(packets, o, (h) => toGuest(h, 0)) },
    runs,
    packets,
    open,
    offsetAt: (g, vcpu = 0) => {
      const extra = o.vcpuOffset?.[vcpu] ?? 0
      // The shift depends on host time; one round of substitution is exact away from a step.
      const plain = (g + extra + o.offset) * (1 + rate)
      return plain + shiftAtHost(plain + shiftAtHost(plain)) - g
    },
  }
}

function makePackets(p: PacketOptions, o: TruthOptions, toGuest: (h: number) => number): Packet[] {
  const next = random(o.seed + 1)
  const exponential = (mean: number): number => -Math.log(1 - next()) * mean
  const floor = p.floor ?? 5000
  const packets: Packet[] = []
  for (const towards of p.ways ?? (['guest', 'host'] as const)) {
    for (let h = exponential(p.mean); h < o.duration; h += exponential(p.mean)) {
      const arrival = h + floor + exponential(((p.median ?? 20_000) - floor) / Math.LN2)
      const length = 40 + Math.floor(next() * p.lengths)
      const [seen, arrived] = [next() >= (p.unseen ?? 0), next() >= (p.dropped ?? 0) && arrival < o.duration]
      // Rounding must not let a packet arrive before it was sent.
      const inbound = towards === 'guest'
      packets.push({
        towards,
        length,
        sent: seen ? Math.floor(inbound ? h : toGuest(h)) : null,
        received: arrived ? Math.ceil(inbound ? toGuest(arrival) : arrival) : null,
      })
    }
  }
  return packets
}

function waysOf(packets: readonly Packet[], o: TruthOptions, toGuest: (h: number) => number): PacketWay[] {
  return (['guest', 'host'] as const).flatMap((towards) => {
    const own = packets.filter((p) => p.towards === towards)
    if (own.length === 0) return []
    const side = (of: 'sent' | 'received'): PacketWay['sent'] => {
      const seen = own.flatMap((p) => (p[of] === null ? [] : [{ t: p[of], length: p.length }]))
      seen.sort((a, b) => a.t - b.t)
      return {
        t: Float64Array.from(seen, (p) => p.t),
        length: Int32Array.from(seen, (p) => p.length),
        protocol: new Int32Array(seen.length).fill(-1),
      }
    }
    const span = towards === 'guest' ? ([0, o.duration] as const) : ([toGuest(0), toGuest(o.duration)] as const)
    return [{ towards, sent: side('sent'), received: side('received'), span, gaps: [], rivals: 0 }]
  })
}

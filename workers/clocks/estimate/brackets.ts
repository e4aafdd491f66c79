// Matching guest events to brackets under what is known so far of the relation, and the constraints that follow. Sound: an event
// counts only where exactly one bracket can hold it, so no wrong constraint is ever made while the bounds are true.

import { lowerBound } from '../../columns/event-table.js'
import type { BracketKind, Evidence, PacketWay, VcpuEvidence } from './evidence.js'
import { matchPackets, NO_PACKETS, type PacketMatching } from './packets.js'

/** Brackets of one vCPU with open ends closed by their neighbours, for matching only: an end not seen gives no constraint. */
export interface ClosedBrackets {
  readonly source: VcpuEvidence
  readonly from: Float64Array
  readonly to: Float64Array
  /** No bracket can be missing: one guest event outside of all is a contradiction. */
  readonly complete: boolean
  /** Share of entries and exits that were not seen, 0..1; where only the scheduling of threads tells, nothing shows it: 0. */
  readonly lost: number
}

/** @param kind kvm: every entry and exit leaves its mark, so that missing ones show; the scheduling of threads proves less */
export function closeBrackets(v: VcpuEvidence, kind: BracketKind = 'sched'): ClosedBrackets {
  const n = v.entry.length
  const from = Float64Array.from(v.entry)
  const to = Float64Array.from(v.exit)
  for (let i = 1; i < n; i++) if (from[i] === -Infinity) from[i] = to[i - 1]! === Infinity ? from[i - 1]! : to[i - 1]!
  for (let i = n - 2; i >= 0; i--) if (to[i] === Infinity) to[i] = from[i + 1]!
  const open = openEnds(v)
  const lost = kind === 'kvm' && n > 0 ? open / (2 * n) : 0
  return { source: v, from, to, complete: kind === 'kvm' && open === 0, lost }
}

/**
 * How many brackets must hold events for a relation to be more than chance: under a wrong one as many events lie in brackets as
 * brackets take of the time.
 */
export function leastBrackets(all: readonly ClosedBrackets[]): number {
  let held = 0
  let span = 0
  for (const { from, to } of all) {
    let [first, last] = [Infinity, -Infinity]
    for (let k = 0; k < from.length; k++) {
      if (from[k] === -Infinity || to[k] === Infinity) continue
      held += to[k]! - from[k]!
      first = Math.min(first, from[k]!)
      last = Math.max(last, to[k]!)
    }
    span += Math.max(0, last - first)
  }
  const share = span > 0 ? Math.min(0.99, Math.max(0.01, held / span)) : 0.5
  return Math.min(CHANCE_MOST, Math.ceil(CHANCE / -Math.log(share)))
}

/** e to the minus this is the chance by which a wrong relation may hold; no more than so many brackets are asked for. */
const CHANCE = 12
const CHANCE_MOST = 100

const openEnds = (v: VcpuEvidence): number =>
  v.entry.reduce((n, e, i) => n + (e === -Infinity ? 1 : 0) + (v.exit[i] === Infinity ? 1 : 0), 0)

/** Ends that were not seen. */
export const countOpen = (evidence: Evidence): number => evidence.vcpus.reduce((sum, v) => sum + openEnds(v), 0)

/** Constraints in whole ns: at guest time g, host - guest is at least / at most `d`. Growing columns. */
export class Constraints {
  g = new Float64Array(256)
  d = new Float64Array(256)
  /** Index of the bracket (-1 = from a packet), and of the vCPU in the evidence. */
  bracket = new Int32Array(256)
  vcpu = new Uint16Array(256)
  n = 0

  add(g: number, d: number, bracket: number, vcpu: number): void {
    if (this.n === this.g.length) {
      const grown = new Constraints()
      grown.g = new Float64Array(this.n * 2)
      grown.d = new Float64Array(this.n * 2)
      grown.bracket = new Int32Array(this.n * 2)
      grown.vcpu = new Uint16Array(this.n * 2)
      grown.g.set(this.g)
      grown.d.set(this.d)
      grown.bracket.set(this.bracket)
      grown.vcpu.set(this.vcpu)
      this.g = grown.g
      this.d = grown.d
      this.bracket = grown.bracket
      this.vcpu = grown.vcpu
    }
    this.g[this.n] = g
    this.d[this.n] = d
    this.bracket[this.n] = bracket
    this.vcpu[this.n++] = vcpu
  }
}

export interface Matching {
  readonly lower: Constraints
  readonly upper: Constraints
  /** Events matched to one bracket, possible in several, possible in none. */
  readonly used: number
  readonly ambiguous: number
  readonly outside: number
  /** Brackets that gave a constraint. */
  readonly brackets: number
  /**
   * Guest time from which on events keep falling between the brackets, more often than lost entries and exits explain; Infinity
   * when they do not.
   */
  readonly brokenAt: number
  readonly packets: PacketMatching
}

/** Score of stray groups of events (those between the same two brackets) at which the relation is given up: a stray group adds
 * one, a bracket that fits takes a half away. */
const STRAYS = 4

/** Possible host - guest at a guest time. */
export type Bounds = (g: number) => readonly [number, number]

/** Matches the guest events in [from, to] of all vCPUs, and the packets of the ways. O(events + brackets). */
export function matchBrackets(
  all: readonly ClosedBrackets[],
  bounds: Bounds,
  from: number,
  to: number,
  ways: readonly PacketWay[] = [],
): Matching {
  const lower = new Constraints()
  const upper = new Constraints()
  let used = 0
  let ambiguous = 0
  let outside = 0
  let brackets = 0
  let brokenAt = Infinity
  all.forEach((b, vcpu) => {
    const guest = b.source.guest
    const n = b.from.length
    if (n === 0) return
    let i = lowerBound(guest, guest.length, from)
    let k = 0
    let open = -1
    let last = 0
    let strays = 0
    let strayFrom = Infinity
    let strayGroup = -1
    const finish = (): void => {
      if (open >= 0 && b.source.exit[open]! !== Infinity) upper.add(last, b.to[open]! - last, open, vcpu)
    }
    for (; i < guest.length && guest[i]! <= to; i++) {
      const g = guest[i]!
      const [lo, hi] = bounds(g)
      const early = g + lo
      const late = g + hi
      while (k > 0 && b.to[k - 1]! >= early) k--
      while (k < n && b.to[k]! < early) k++
      if (k === n || b.from[k]! > late) {
        outside++
        if (strayGroup !== k) {
          strayGroup = k
          if (strays === 0) strayFrom = g
          if (++strays >= (b.complete ? 1 : STRAYS) && strayFrom < brokenAt) brokenAt = strayFrom
        }
        continue
      }
      if (k + 1 < n && b.from[k + 1]! <= late) {
        ambiguous++
        continue
      }
      used++
      if (k !== open) {
        finish()
        open = k
        brackets++
        strays = Math.max(0, strays - 0.5)
        if (b.source.entry[k]! !== -Infinity) lower.add(g, b.from[k]! - g, k, vcpu)
      }
      last = g
    }
    finish()
  })
  // Last, so that constraints of brackets come first in their columns.
  const packets = ways.length === 0 ? NO_PACKETS : matchPackets(ways, bounds, from, to, lower, upper)
  return { lower, upper, used, ambiguous, outside, brackets, brokenAt, packets }
}

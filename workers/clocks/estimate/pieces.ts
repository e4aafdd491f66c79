// The straight pieces that an estimate is made of, and what follows from them.

import { lowerBound, upperBound } from '../../columns/event-table.js'
import type { ModelCheck } from './check.js'
import { boundsOf, type Stretch } from './contract.js'
import type { Evidence } from './evidence.js'

/** One straight piece: host - guest at guest time g is base + beta + delta * (g - centre). */
export interface EstimatePiece {
  /** Index of the vCPU it is for in the evidence; null = all. */
  readonly vcpu: number | null
  /** Guest time, ns. */
  readonly from: number
  readonly to: number
  readonly centre: number
  readonly base: number
  readonly beta: number
  readonly delta: number
  /** Possible slopes. */
  readonly deltaRange: readonly [number, number]
  readonly stretch: Stretch
  readonly check: ModelCheck
  /** How many writes of the TSC offset lie before it. */
  readonly segment: number
}

/** A break between two pieces: the clock stepped, or its rate changed, somewhere in [from, to] (guest time). */
export interface Break {
  readonly from: number
  readonly to: number
  /** Possible height of the step, ns (later minus earlier host - guest). */
  readonly step: readonly [number, number]
  /** What tells of it: what the guest's events contradict, or the host's own word, which is exact. */
  readonly cause: 'events' | 'kvm_write_tsc_offset'
}

/**
 * host - guest of the estimate at a guest time: that of the piece that covers it, or of the nearest. Before the first of several
 * pieces and after the last the average rate counts: what a clock did in its last moments says little about the minutes after.
 */
export function offsetAt(pieces: readonly EstimatePiece[], g: number, vcpu?: number): number {
  let best: EstimatePiece | null = null
  let away = Infinity
  let first: EstimatePiece | null = null
  let last: EstimatePiece | null = null
  for (const p of pieces) {
    if (p.vcpu !== null && vcpu !== undefined && p.vcpu !== vcpu) continue
    const d = g < p.from ? p.from - g : g > p.to ? g - p.to : 0
    if (d < away) {
      away = d
      best = p
    }
    if (!first || p.from < first.from) first = p
    if (!last || p.to > last.to) last = p
  }
  if (!best || !first || !last) return NaN
  if (first === last || (g >= first.from && g <= last.to)) return lineAt(best, g)
  const start = lineAt(first, first.from)
  const end = lineAt(last, last.to)
  const rate = (end - start) / (last.to - first.from)
  return g < first.from ? start + rate * (g - first.from) : end + rate * (g - last.to)
}

export const lineAt = (p: EstimatePiece, g: number): number => p.base + p.beta + p.delta * (g - p.centre)

/** Bounds of host - guest at a guest time. */
export function boundsAtTime(
  e: { readonly pieces: readonly EstimatePiece[] },
  g: number,
  vcpu?: number,
): readonly [number, number] {
  const p = e.pieces.find((q) => (q.vcpu === null || vcpu === undefined || q.vcpu === vcpu) && g >= q.from && g <= q.to)
  return p ? boundsOf(p.stretch)(g) : [-Infinity, Infinity]
}

/** Share of the guest's events, but for those `beyond` all brackets, that lie within a piece. */
export function coverage(evidence: Evidence, pieces: readonly EstimatePiece[], beyond: number): number {
  let all = -beyond
  let inside = 0
  evidence.vcpus.forEach((v, vcpu) => {
    all += v.guest.length
    for (const p of pieces) {
      if (p.vcpu !== null && p.vcpu !== vcpu) continue
      inside += upperBound(v.guest, v.guest.length, p.to) - lowerBound(v.guest, v.guest.length, p.from)
    }
  })
  return all <= 0 ? 0 : Math.min(1, inside / all)
}

export const oneSided = (pieces: readonly EstimatePiece[]): boolean =>
  pieces.some((p) => p.stretch.region.status === 'one-sided' || p.stretch.region.status === 'unbounded')

/** Largest half-width of a piece: at one of its ends, since bounds of straight lines are widest there. */
export function widest(p: EstimatePiece): number {
  const bounds = boundsOf(p.stretch)
  return Math.max(...[p.from, p.to].map((g) => bounds(g)).map(([lo, hi]) => (hi - lo) / 2))
}

/** Where and by how much the relation changes from piece to piece. */
export function breaksOf(evidence: Evidence, pieces: readonly EstimatePiece[]): Break[] {
  const breaks: Break[] = []
  for (let i = 1; i < pieces.length; i++) {
    const a = pieces[i - 1]!
    const b = pieces[i]!
    if (a.vcpu !== b.vcpu) continue
    const from = Math.min(a.to, b.from)
    const to = Math.max(a.to, b.from)
    const [aLo, aHi] = boundsOf(a.stretch)(a.to)
    const [bLo, bHi] = boundsOf(b.stretch)(b.from)
    const written = (evidence.writes ?? []).slice(a.segment, b.segment)
    const by = written.reduce<number | null>((n, w) => (n === null || w.by === null ? null : n + w.by), 0)
    const step = written.length > 0 && by !== null ? ([by, by] as const) : ([bLo - aHi, bHi - aLo] as const)
    breaks.push({ from, to, step, cause: written.length > 0 ? 'kvm_write_tsc_offset' : 'events' })
  }
  return breaks
}

// Where a guest's events lie among its brackets under some relation: how many inside, how many outside, and the worst.

import type { ClosedBrackets } from './brackets.js'

export interface Violation {
  /** Index of the vCPU in the evidence. */
  readonly vcpu: number
  /** Guest time of the event, ns. */
  readonly g: number
  /** Host time the relation gives it, ns. */
  readonly host: number
  /** How far from the nearest bracket, ns; positive = after it ended, negative = before it began. */
  readonly by: number
}

export interface Places {
  readonly inside: number
  readonly outside: number
  /** Events before the first or after the last bracket, or in one of which an end is nowhere: nothing can be said about them. */
  readonly beyond: number
  /** Of these, the ones in a bracket of which an end is nowhere. */
  readonly endless: number
  /** Largest excesses, worst first. */
  readonly worst: readonly Violation[]
  /** How far each event outside is from the nearest bracket, ns, in no order. */
  readonly misses: readonly number[]
}

const WORST = 20

/** Counts events by place. `tolerance` (ns) lets an event lie that far outside: the accuracy of the relation. */
export function placesOf(
  all: readonly ClosedBrackets[],
  offsetAt: (g: number, vcpu: number) => number,
  tolerance = 0.5,
): Places {
  let inside = 0
  let outside = 0
  let beyond = 0
  let endless = 0
  const worst: Violation[] = []
  const misses: number[] = []
  all.forEach((b, vcpu) => {
    const n = b.from.length
    if (n === 0) {
      beyond += b.source.guest.length
      return
    }
    let k = 0
    for (const g of b.source.guest) {
      const host = g + offsetAt(g, vcpu)
      while (k > 0 && b.from[k]! > host) k--
      while (k + 1 < n && b.from[k + 1]! <= host) k++
      // Of a bracket whose other end is nowhere nobody knows how far it reaches.
      const open = b.from[k] === -Infinity || b.to[k] === Infinity
      if (open || host < b.from[0]! - tolerance || host > b.to[n - 1]! + tolerance) {
        beyond++
        if (open) endless++
        continue
      }
      const late = host - b.to[k]!
      const early = k + 1 < n ? host - b.from[k + 1]! : -Infinity
      if (late <= tolerance || early >= -tolerance) {
        inside++
        continue
      }
      outside++
      const by = late < -early ? late : early
      misses.push(Math.abs(by))
      if (worst.length < WORST || Math.abs(by) > Math.abs(worst[worst.length - 1]!.by)) {
        worst.push({ vcpu, g, host, by })
        worst.sort((p, q) => Math.abs(q.by) - Math.abs(p.by))
        if (worst.length > WORST) worst.pop()
      }
    }
  })
  return { inside, outside, beyond, endless, worst, misses }
}

// Pieces end where the host says that the relation does: at every write of the guest's TSC offset, and where the guest left the
// host. The guest times of such moments follow from the relation on either side; what cannot be told apart belongs to neither.

import { boundsOf, type Stretch } from './contract.js'
import type { Anchor, OffsetWrite } from './evidence.js'

export interface Cut extends OffsetWrite {
  /** Nothing is related after it. */
  readonly ends: boolean
}

type Limits = readonly [number, number]
export interface Part {
  readonly s: Stretch
  /** Number of cuts before it. */
  readonly segment: number
}

/** A small step hides in the first bounds, which are wrong by no more than its height. */
const MARGIN_MAX = 1_000_000

/**
 * Stretches of all segments between the cuts, from the one of the first stretch outwards.
 * @param nearest a stretch within limits from an anchor nearby
 * @param cover the stretches that cover limits, given one
 */
export function coverCuts(
  first: Stretch,
  range: Limits,
  cuts: readonly Cut[],
  nearest: (anchor: Anchor, limits: Limits) => Stretch | null,
  cover: (s: Stretch, limits: Limits) => readonly Stretch[],
): Part[] {
  const own = cuts.filter((c) => c.from <= first.centre + middle(first, first.centre)).length
  const done: Part[] = []
  const segment = (k: number, from: Stretch, shift: number): Stretch | null => {
    if (k > 0 && cuts[k - 1]!.ends) return null
    // Once with the neighbour's line, once with what that gave.
    let limits = limitsOf(from, shift, cuts[k - 1], cuts[k], range)
    let found: Stretch | null = null
    for (let round = 0; round < 2; round++) {
      if (limits[0] > limits[1]) return null
      const line = found ?? from
      const moved = found ? 0 : shift
      const g = Math.min(limits[1], Math.max(limits[0], moved === 0 ? line.centre : nearEnd(line, limits)))
      const next = nearest({ g, offset: Math.round(middle(line, g) + moved) }, limits)
      if (!next) return null
      found = next
      if (next.region.status !== 'bounded') break
      limits = limitsOf(next, 0, cuts[k - 1], cuts[k], range)
    }
    if (!found || found.from < limits[0] || found.to > limits[1]) return found
    const parts = cover(found, limits).map((s) => ({ s, segment: k }))
    done.push(...parts)
    return found
  }
  const start = segment(own, first, 0) ?? first
  for (const side of [1, -1] as const) {
    let last = start
    let shift = 0
    for (let k = own + side; k >= 0 && k <= cuts.length; k += side) {
      shift += side * (cuts[side > 0 ? k - 1 : k]!.by ?? 0)
      const next = segment(k, last, shift)
      if (!next) continue
      last = next
      shift = 0
    }
  }
  return done.sort((a, b) => a.segment - b.segment || a.s.from - b.s.from)
}

const nearEnd = (s: Stretch, [from, to]: Limits): number => (Math.abs(from - s.to) < Math.abs(to - s.from) ? from : to)

function middle(s: Stretch, g: number): number {
  if (s.region.status !== 'bounded') return s.base
  const [lo, hi] = boundsOf(s)(g)
  return (lo + hi) / 2
}

/** Guest times surely between two cuts, by a stretch whose offsets are `shift` lower than theirs. */
function limitsOf(s: Stretch, shift: number, before: Cut | undefined, after: Cut | undefined, range: Limits): Limits {
  const at = (host: number): Limits => {
    const g = host - middle(s, host - s.base) - shift
    const spread = s.region.status === 'bounded' ? boundsOf(s)(g) : ([s.base - 100_000, s.base + 100_000] as const)
    return [spread[0] + shift, spread[1] + shift]
  }
  const margin = (by: number | null): number => Math.min(MARGIN_MAX, Math.abs(by ?? MARGIN_MAX))
  let [from, to] = range
  if (before) {
    // A guest that is set back shows the same times twice; they belong to neither side.
    const lo = at(before.to)[0] - Math.max(0, before.by ?? 0)
    from = Math.max(from, Math.ceil(before.to - lo + margin(before.by)))
  }
  if (after) {
    const hi = at(after.from)[1] + Math.max(0, after.by ?? 0)
    to = Math.min(to, Math.floor(after.from - hi - (after.ends ? 0 : margin(after.by))))
  }
  return [from, to]
}

// Sound contraction: from a first guess the relation is narrowed in a growing window of guest time until the whole stretch is
// covered and nothing changes any more. Where no straight line satisfies all constraints the stretch ends (a step or a change of
// drift), and a new one begins behind it.

import { lowerBound } from '../../columns/event-table.js'
import { boundsAt, feasibleRegion, hullOf, type Points, type Region, type Side } from '../hull.js'
import { matchBrackets, type Bounds, type ClosedBrackets, type Constraints, type Matching } from './brackets.js'
import type { Anchor, PacketWay } from './evidence.js'
import { trustedWays } from './packets.js'

export interface ContractOptions {
  /** How far the anchor may be off, ns. */
  readonly reach: number
  /** Prior bound of the drift, e.g. 1e-3. */
  readonly maxDrift: number
  /** First window around the anchor, ns. */
  readonly window: number
}

export const CONTRACT_DEFAULTS: ContractOptions = { reach: 100_000, maxDrift: 1e-3, window: 20_000_000 }

/** The relations possible in one stretch of guest time. x of the region = guest time - `centre`, y = host - guest - `base`. */
export interface Stretch {
  readonly centre: number
  readonly base: number
  readonly from: number
  readonly to: number
  readonly region: Region
  readonly matching: Matching
  readonly ways: readonly PacketWay[]
}

/** Constraints of one side, and their places among all of that side where some are missing. */
interface Kept extends Points {
  readonly at: Int32Array | null
}

const placeOf = ({ at }: Kept, i: number): number => (at ? at[i]! : i)

/** Without some of them, given by their places. */
function without(kept: Kept, gone: readonly number[]): Kept {
  const { x, y, n } = kept
  const left = { x: new Float64Array(n), y: new Float64Array(n), at: new Int32Array(n) }
  let k = 0
  for (let i = 0; i < n; i++) {
    const place = placeOf(kept, i)
    if (gone.includes(place)) continue
    left.x[k] = x[i]!
    left.y[k] = y[i]!
    left.at[k++] = place
  }
  return { ...left, n: k }
}

/** Those that can matter, about the centre. */
function binding(kept: Kept, side: Side, centre: number, base: number): Kept & { readonly at: Int32Array } {
  const hull = hullOf(kept, side)
  return {
    x: Float64Array.from(hull, (i) => kept.x[i]! - centre),
    y: Float64Array.from(hull, (i) => kept.y[i]! - base),
    n: hull.length,
    at: hull.map((i) => placeOf(kept, i)),
  }
}

export const boundsOf = (s: Pick<Stretch, 'centre' | 'base' | 'region'>): Bounds => {
  const { centre, base, region } = s
  return (g) => {
    const [lo, hi] = boundsAt(region, g - centre)
    return [lo + base, hi + base]
  }
}

/** One narrowing step: constraints of [from, to] under `bounds`. */
function narrow(
  all: readonly ClosedBrackets[],
  bounds: Bounds,
  from: number,
  to: number,
  centre: number,
  base: number,
  maxDrift: number,
  ways: readonly PacketWay[],
): Stretch {
  const matching = matchBrackets(all, bounds, from, to, ways)
  const most = falseAtMost(all, matching)
  const allOf = ({ g, d, n }: Constraints): Kept => ({ x: g, y: d, n, at: null })
  let kept = { lower: allOf(matching.lower), upper: allOf(matching.upper) }
  for (let round = 0; ; round++) {
    const lower = binding(kept.lower, 'lower', centre, base)
    const upper = binding(kept.upper, 'upper', centre, base)
    const region = feasibleRegion(lower, upper, maxDrift)
    const placed = (of: Kept, some: readonly number[]): number[] => some.map((i) => placeOf(of, i))
    if (region.status === 'empty' && round < most) {
      const { conflict } = region
      kept = {
        lower: without(kept.lower, placed(lower, conflict.lower)),
        upper: without(kept.upper, placed(upper, conflict.upper)),
      }
      continue
    }
    const lowerHull = region.lowerHull.map((i) => lower.at[i]!)
    const upperHull = region.upperHull.map((i) => upper.at[i]!)
    return { centre, base, from, to, region: { ...region, lowerHull, upperHull }, matching, ways }
  }
}

/** Never more constraints are taken for false: each costs a look at all. */
const FALSE_MOST = 24

/**
 * How often constraints that contradict one another may be left out. Where a share p of entries and exits was lost, of p² of the
 * brackets nothing is left, and their events may seem to lie in the brackets beside them. Never where hardly anything was lost.
 */
const falseAtMost = (all: readonly ClosedBrackets[], { brackets }: Matching): number =>
  Math.min(FALSE_MOST, Math.floor(0.9 + 3 * brackets * Math.max(...all.map((b) => b.lost)) ** 2))

const holds = (s: Stretch): boolean => s.region.status !== 'empty' && s.matching.brokenAt === Infinity

/** Bounds that follow from the anchor alone, intersected with what is known. */
function guarded(anchor: Anchor, o: ContractOptions, known: Stretch | null): Bounds {
  // Asked for every guest event, and looked at before the next one is asked for.
  const answer: [number, number] = [0, 0]
  if (known?.region.status === 'bounded') {
    const { centre, base, region } = known
    return (g) => {
      boundsAt(region, g - centre, answer)
      answer[0] += base
      answer[1] += base
      return answer
    }
  }
  return (g) => {
    const spread = o.reach + o.maxDrift * Math.abs(g - anchor.g)
    answer[0] = anchor.offset - spread
    answer[1] = anchor.offset + spread
    return answer
  }
}

/** How many times a first window that does not hold is tried again, a quarter as wide. */
const SMALLER = 2

/**
 * Longest stretch around `anchor`, within guest time [first, last], in which one straight relation can hold.
 * Null when not even the first window agrees with the anchor.
 */
export function contract(
  all: readonly ClosedBrackets[],
  anchor: Anchor,
  first: number,
  last: number,
  o: ContractOptions = CONTRACT_DEFAULTS,
  packets: readonly PacketWay[] = [],
): Stretch | null {
  const ways = packets.length === 0 ? packets : trustedWays(packets, anchor, o.reach, o.maxDrift, first, last)
  let known: Stretch | null = null
  let width = o.window
  let from = first
  let to = last
  const attempt = (a: number, b: number): Stretch =>
    narrow(all, guarded(anchor, o, known), a, b, anchor.g, anchor.offset, o.maxDrift, ways)
  const around = (): Stretch => {
    from = Math.max(first, anchor.g - width)
    to = Math.min(last, anchor.g + width)
    return attempt(from, to)
  }
  let start = around()
  // The clock may have changed within the first window already.
  const rounds = all.some((b) => b.from.length > 0) ? SMALLER : 0
  for (let round = 0; round < rounds && !holds(start); round++) {
    width /= 4
    start = around()
  }
  if (!holds(start)) return null
  known = start
  let openLeft = from > first
  let openRight = to < last
  while (openLeft || openRight) {
    width *= 2
    const left: number = openLeft ? Math.max(first, anchor.g - width) : from
    const right: number = openRight ? Math.min(last, anchor.g + width) : to
    const wider: Stretch = attempt(left, right)
    if (holds(wider)) {
      known = wider
      from = left
      to = right
    } else {
      // Each side alone, as far as it goes; a side that cannot go all the way ends here.
      if (openRight) {
        const reached: number = furthest(to, right, (edge) => holds(attempt(from, edge)))
        openRight = reached === right
        to = reached
      }
      if (openLeft) {
        const reached: number = -furthest(-from, -left, (edge) => holds(attempt(-edge, to)))
        openLeft = reached === left
        from = reached
      }
      const both = attempt(from, to)
      if (holds(both)) known = both
    }
    if (from === first) openLeft = false
    if (to === last) openRight = false
  }
  // With the bounds of the whole stretch, events that were ambiguous before may have one bracket only.
  for (let round = 0; round < 8; round++) {
    const again = attempt(from, to)
    if (!holds(again)) break
    const settled: boolean =
      again.matching.used === known.matching.used &&
      again.matching.packets.used === known.matching.packets.used &&
      again.region.delta[0] === known.region.delta[0] &&
      again.region.delta[1] === known.region.delta[1]
    known = again
    if (settled) break
  }
  // What it does not hold firmly is left to the stretches beside it.
  const firm = firmWithin(all, known, [from, to], REST)
  if (firm[0] === from && firm[1] === to) return known
  const left = attempt(...firm)
  return holds(left) ? left : known
}

/**
 * Places the break between two neighbouring stretches where fewest events contradict the one before and the other after it. Both
 * end where the events last and first decide between them: what lies in between belongs to neither.
 */
export function meet(
  all: readonly ClosedBrackets[],
  a: Stretch,
  b: Stretch,
  o = CONTRACT_DEFAULTS,
): [Stretch, Stretch] {
  const near = [Math.min(a.to, b.from), Math.max(a.to, b.from)] as const
  // Where records were lost, few events contradict a stretch that went on far beyond the break.
  const lossy = all.some(({ source }) => source.entry.includes(-Infinity) || source.exit.includes(Infinity))
  let [left, right] = [2 * o.window, 2 * o.window]
  for (;;) {
    const from = Math.max(a.from, near[0] - left)
    const to = Math.min(b.to, near[1] + right)
    const { end, start, strays } = split(all, a, b, from, to, lossy)
    const growLeft = lossy && strays && from > a.from && start < from + left / 4
    const growRight = lossy && strays && to < b.to && end > to - right / 4
    if (growLeft) left *= 2
    if (growRight) right *= 2
    if (growLeft || growRight) continue
    // Where the two lines hardly differ, events fit both for long: no more than four windows are left to neither.
    const spare = Math.max(0, start - end - 4 * o.window) / 2
    return [
      cutTo(all, a, [a.from, end + spare], [a.from, end], o.maxDrift),
      cutTo(all, b, [start - spare, b.to], [start, b.to], o.maxDrift),
    ]
  }
}

/**
 * A stretch within [from, to]; where something there contradicts it, beyond its own limits only towards the part where events
 * decide for it, as far as it goes.
 */
function cutTo(
  all: readonly ClosedBrackets[],
  s: Stretch,
  [from, to]: readonly [number, number],
  decided: readonly [number, number],
  maxDrift: number,
): Stretch {
  const within = (x: number, y: number): Stretch => narrow(all, boundsOf(s), x, y, s.centre, s.base, maxDrift, s.ways)
  const cut = within(from, to)
  if (cut.region.status !== 'empty') return cut
  const fits = (x: number, y: number): boolean => within(x, y).region.status !== 'empty'
  const [least, most] = [Math.max(from, s.from), Math.min(to, s.to)]
  const first = decided[0] < least ? -furthest(-least, -decided[0], (edge) => fits(-edge, most)) : least
  const last = decided[1] > most ? furthest(most, decided[1], (edge) => fits(first, edge)) : most
  return within(first, last)
}

/** What an event costs the line that should explain it. */
const FITS = 0
/** It fits a bracket whose one end was not seen, which may have been shorter. */
const OPEN = 0.5
/** It fits none, or so many that the line says nothing of it. */
const STRAY = 1

/** By how much one line must explain more than the other where brackets are missing: some events fit the wrong one by chance. */
const CLEAR = 4

/** Where `a` ends and `b` starts in [from, to], and whether events there contradict one of the two. */
function split(
  all: readonly ClosedBrackets[],
  a: Stretch,
  b: Stretch,
  from: number,
  to: number,
  lossy: boolean,
): { readonly end: number; readonly start: number; readonly strays: boolean } {
  const events = all.flatMap((brackets) => {
    const ofA = placesIn(brackets, boundsOf(a), from, to)
    const ofB = placesIn(brackets, boundsOf(b), from, to)
    return ofA.map((p, i) => {
      const q = ofB[i]!
      const before = i > 0 && p.bracket === ofA[i - 1]!.bracket && q.bracket === ofB[i - 1]!.bracket
      return { g: p.g, a: p.cost, b: q.cost, more: before ? 0 : p.cost - q.cost }
    })
  })
  events.sort((p, q) => p.g - q.g)
  // What it costs to go over from `a` to `b` behind the first n events, less what `b` alone would.
  const cost = new Float64Array(events.length + 1)
  for (let i = 0; i < events.length; i++) cost[i + 1] = cost[i]! + events[i]!.more
  const least = cost.reduce((x, y) => Math.min(x, y), 0) + (lossy ? CLEAR : 0)
  const first = cost.findIndex((c) => c <= least)
  const last = cost.findLastIndex((c) => c <= least)
  const end = events.slice(0, first).findLast((e) => e.a !== STRAY && e.b === STRAY)
  const start = events.slice(last).find((e) => e.a === STRAY && e.b !== STRAY)
  return {
    end: Math.max(a.from, end?.g ?? from),
    start: Math.min(b.to, start?.g ?? to),
    strays: events.some((e) => e.a === STRAY || e.b === STRAY),
  }
}

interface Place {
  readonly g: number
  readonly cost: typeof FITS | typeof OPEN | typeof STRAY
  /** The bracket that holds it, or that comes next. */
  readonly bracket: number
}

/** Where a line puts the events of one vCPU in [from, to]. */
function placesIn(
  { source, from: starts, to: ends }: ClosedBrackets,
  bounds: Bounds,
  from: number,
  to: number,
): Place[] {
  const places: Place[] = []
  const { guest } = source
  const n = ends.length
  if (n === 0) return places
  for (let i = lowerBound(guest, guest.length, from); i < guest.length && guest[i]! <= to; i++) {
    const g = guest[i]!
    const [lo, hi] = bounds(g)
    const k = lowerBound(ends, n, g + lo)
    const stray = k === n || starts[k]! > g + hi || (k + 1 < n && starts[k + 1]! <= g + hi)
    const open = !stray && (source.entry[k] === -Infinity || source.exit[k] === Infinity)
    places.push({ g, cost: stray ? STRAY : open ? OPEN : FITS, bracket: k })
  }
  return places
}

/** Strays that outweigh one group of events that fits, and by how many such groups a stretch must be firm to go on. */
const OUTWEIGHS = 2
const FIRM = 5
/** Fewer groups of events give no stretch of their own. */
const REST = 16

/**
 * The part of a stretch that its events hold firmly. Where brackets are missing some strays are let pass, and at an end a few of
 * them may already tell of another relation, whose events fit now and then by chance.
 */
export function firmWithin(
  all: readonly ClosedBrackets[],
  s: Stretch,
  [from, to]: readonly [number, number],
  least = 1,
): readonly [number, number] {
  if (s.region.status !== 'bounded' || all.every((b) => b.complete)) return [from, to]
  const groups = all
    .flatMap((b) => placesIn(b, boundsOf(s), from, to).filter((p, i, list) => p.bracket !== list[i - 1]?.bracket))
    .sort((p, q) => p.g - q.g)
  const middle = groups.length >> 1
  const first = firmEnd(groups.slice(0, middle).reverse(), least)
  const last = firmEnd(groups.slice(middle), least)
  return [first ?? from, last ?? to]
}

/** Where the groups, ascending or descending, hold no longer firmly; null where they do to the end. */
function firmEnd(groups: readonly Place[], least: number): number | null {
  const score = new Float64Array(groups.length + 1)
  groups.forEach(({ cost }, i) => (score[i + 1] = score[i]! + (cost === STRAY ? -OUTWEIGHS : 1 - cost)))
  const most = score.reduce((a, b) => Math.max(a, b), 0)
  const firm = score.findIndex((x) => x >= most - FIRM)
  const stray = groups.findIndex((p, i) => i >= firm && p.cost === STRAY)
  return stray < 0 || groups.length - stray < least ? null : groups[Math.max(0, firm - 1)]!.g
}

/** Largest edge in [good, bad] that still holds, to a microsecond; `good` is known to hold. */
function furthest(good: number, bad: number, ok: (edge: number) => boolean): number {
  if (ok(bad)) return bad
  let lo = good
  let hi = bad
  while (hi - lo > 1000) {
    const mid = Math.floor((lo + hi) / 2)
    if (ok(mid)) lo = mid
    else hi = mid
  }
  return lo
}

// All straight relations host = guest + beta + delta * x that a set of one-sided constraints leaves possible (x = guest time from
// a centre, y = host - guest in ns). A lower constraint (x, y) says d(x) >= y, an upper one d(x) <= y. In the plane of (delta,
// beta) the possible relations form a convex region; its corners are all that is ever needed. Convex hulls: Andrew's monotone
// chain; the same construction is used for clock corrections of distributed traces by Duda et al. and by Poirier et al.

/** Points of one side; x ascending is not required. Values are whole numbers below 2^53. */
export interface Points {
  readonly x: Float64Array | readonly number[]
  readonly y: Float64Array | readonly number[]
  readonly n: number
}

export interface Corner {
  readonly delta: number
  readonly beta: number
}

export interface Region {
  /** one-sided: only lower or only upper constraints; none: no constraint at all; empty: they contradict each other. */
  readonly status: 'bounded' | 'unbounded' | 'one-sided' | 'none' | 'empty'
  /** Interval of possible slopes. */
  readonly delta: readonly [number, number]
  readonly corners: readonly Corner[]
  /** Indices of the constraints that matter. */
  readonly lowerHull: Int32Array
  readonly upperHull: Int32Array
  /** Smallest s with e - s <= d <= x + s possible; 0 when the region is not empty. */
  readonly slack: number
  /** Constraints that contradict one another, at most a few: one of them at least is false. None when the region is not empty. */
  readonly conflict: { readonly lower: readonly number[]; readonly upper: readonly number[] }
}

const AT_PEACE: Region['conflict'] = { lower: [], upper: [] }

const EPS = 2 ** -50

/** Sign of the turn a -> b -> c: > 0 left. Exact for whole numbers: decided in bigints where doubles cannot tell. */
export function turn(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  const left = (bx - ax) * (cy - ay)
  const right = (by - ay) * (cx - ax)
  const det = left - right
  if (Math.abs(det) > (Math.abs(left) + Math.abs(right)) * EPS) return det
  if (!Number.isInteger(ax + ay + bx + by + cx + cy)) return det
  const exact =
    (BigInt(bx) - BigInt(ax)) * (BigInt(cy) - BigInt(ay)) - (BigInt(by) - BigInt(ay)) * (BigInt(cx) - BigInt(ax))
  return exact > 0n ? 1 : exact < 0n ? -1 : 0
}

/** Lower constraints bind on their upper hull (clockwise turns), upper ones on their lower hull. */
export type Side = 'lower' | 'upper'

/** Indices of the constraints of one side that can matter, in ascending x. O(n) where x ascends in a few runs. */
export function hullOf(p: Points, side: Side): Int32Array {
  const hull: number[] = []
  let runs = 0
  // The hull of all lies on the hulls of parts: one a run of ascending x, such as the events of one vCPU.
  for (let from = 0; from < p.n; runs++) {
    let to = from + 1
    while (to < p.n && p.x[to - 1]! <= p.x[to]!) to++
    const start = hull.length
    for (let i = from; i < to; i++) append(hull, start, i, p, side)
    from = to
  }
  if (runs <= 1) return Int32Array.from(hull)
  const joined: number[] = []
  for (const i of hull.sort((a, b) => p.x[a]! - p.x[b]!)) append(joined, 0, i, p, side)
  return Int32Array.from(joined)
}

/** Adds a point to the right of a hull that begins at `start`. */
function append(hull: number[], start: number, i: number, { x, y }: Points, side: Side): void {
  const sign = side === 'lower' ? -1 : 1
  // Of equal x only the tightest counts: the highest of lower, the lowest of upper constraints.
  const last = hull.length > start ? hull[hull.length - 1]! : -1
  if (last >= 0 && x[last]! === x[i]!) {
    if ((y[i]! - y[last]!) * sign >= 0) return
    hull.pop()
  }
  while (hull.length >= start + 2) {
    const a = hull[hull.length - 2]!
    const b = hull[hull.length - 1]!
    if (turn(x[a]!, y[a]!, x[b]!, y[b]!, x[i]!, y[i]!) * sign > 0) break
    hull.pop()
  }
  hull.push(i)
}

/** A piece of the region's edge: between two slopes one lower and one upper constraint bind. */
interface Piece {
  readonly from: number
  readonly to: number
  readonly lower: number
  readonly upper: number
}

/**
 * The possible relations under the constraints.
 * @param maxDelta prior bound of |delta| (1e-3 = 1000 ppm); Infinity for none
 */
export function feasibleRegion(lower: Points, upper: Points, maxDelta = Infinity): Region {
  const lowerHull = hullOf(lower, 'lower')
  const upperHull = hullOf(upper, 'upper')
  const edges = { lowerHull, upperHull, conflict: AT_PEACE, slack: 0 }
  const nothing = { ...edges, delta: [-maxDelta, maxDelta] as const, corners: [] }
  if (lower.n === 0 && upper.n === 0) return { ...nothing, status: 'none' }
  if (lower.n === 0 || upper.n === 0) return { ...nothing, status: 'one-sided' }

  const slopeAt = (p: Points, hull: Int32Array, i: number): number => {
    const a = hull[i]!
    const b = hull[i + 1]!
    return (p.y[b]! - p.y[a]!) / (p.x[b]! - p.x[a]!)
  }
  // For growing delta the binding lower constraint walks the upper hull from right to left, the binding upper one the lower hull
  // from left to right.
  const pieces: Piece[] = []
  let l = lowerHull.length - 1
  let u = 0
  let from = -maxDelta
  for (;;) {
    const nextL = l > 0 ? slopeAt(lower, lowerHull, l - 1) : Infinity
    const nextU = u < upperHull.length - 1 ? slopeAt(upper, upperHull, u) : Infinity
    const to = Math.min(nextL, nextU, maxDelta)
    const last = to === maxDelta || to === Infinity
    if (to > from || (last && pieces.length === 0))
      pieces.push({ from, to, lower: lowerHull[l]!, upper: upperHull[u]! })
    if (last) break
    from = Math.max(from, to)
    if (nextL <= nextU) l--
    else u++
  }

  let min = Infinity
  let max = -Infinity
  let slack = Infinity
  let conflict: readonly Piece[] = []
  for (const p of pieces) {
    // gap(delta) = lower bound of beta - upper bound of beta = a - b * delta
    const a = lower.y[p.lower]! - upper.y[p.upper]!
    const b = lower.x[p.lower]! - upper.x[p.upper]!
    const gap = (d: number): number => (b === 0 ? a : a - b * d)
    let lo = p.from
    let hi = p.to
    if (b > 0) lo = Math.max(lo, a / b)
    else if (b < 0) hi = Math.min(hi, a / b)
    else if (a > 0) hi = -Infinity
    const ends = b === 0 ? [a] : [p.from, p.to].filter(Number.isFinite).map(gap)
    for (const least of ends) {
      // Two pieces meet where the slack is least: the constraints of both bind there.
      if (Math.abs(least - slack) <= Math.abs(slack) * EPS * 1024) conflict = [...conflict, p]
      else if (least < slack) conflict = [p]
      slack = Math.min(slack, least)
    }
    if (lo > hi) continue
    min = Math.min(min, lo)
    max = Math.max(max, hi)
  }
  if (min > max) {
    const of = (side: Side): number[] => [...new Set(conflict.map((p) => p[side]))]
    return {
      ...nothing,
      status: 'empty',
      slack: Math.max(0, slack / 2),
      conflict: { lower: of('lower'), upper: of('upper') },
    }
  }

  const corners: Corner[] = []
  for (const p of pieces) {
    if (p.from > max || p.to < min) continue
    for (const d of [Math.max(p.from, min), Math.min(p.to, max)]) {
      if (!Number.isFinite(d)) continue
      corners.push({ delta: d, beta: lower.y[p.lower]! - d * lower.x[p.lower]! })
      corners.push({ delta: d, beta: upper.y[p.upper]! - d * upper.x[p.upper]! })
    }
  }
  const bounded = Number.isFinite(min) && Number.isFinite(max)
  return { ...edges, status: bounded ? 'bounded' : 'unbounded', delta: [min, max], corners: dedupe(corners) }
}

const dedupe = (corners: readonly Corner[]): Corner[] =>
  corners.filter((c, i) => corners.findIndex((o) => o.delta === c.delta && o.beta === c.beta) === i)

/**
 * Least and greatest d(x) over the region; infinite where it is open.
 * @param into filled and handed back, where the answer is looked at before the next question
 */
export function boundsAt(region: Region, x: number, into: [number, number] = [0, 0]): readonly [number, number] {
  const bounded = region.status === 'bounded'
  let lo = bounded ? Infinity : -Infinity
  let hi = bounded ? -Infinity : Infinity
  if (bounded) {
    for (const c of region.corners) {
      const d = c.delta * x + c.beta
      if (d < lo) lo = d
      if (d > hi) hi = d
    }
  }
  into[0] = lo
  into[1] = hi
  return into
}

/** Interval of possible d(0). */
export function betaRange(region: Region): readonly [number, number] {
  return boundsAt(region, 0)
}

// Bins of latencies on an axis: every bin as wide as the next, though they grow by their value. Pure.

/** Bins [first, end) that are drawn: those that hold something, and one of air on either side. */
export function shownBins(counts: ArrayLike<number>): readonly [number, number] {
  let first = 0
  let end = counts.length
  while (first < end && counts[first] === 0) first++
  while (end > first && counts[end - 1] === 0) end--
  if (first >= end) return [0, counts.length]
  return [Math.max(0, first - 1), Math.min(counts.length, end + 1)]
}

/** Place of a latency on an axis of bins, in bins from the first; between edges in proportion. */
export function binPlace(edges: ArrayLike<number>, latency: number): number {
  const last = edges.length - 1
  if (latency <= edges[0]!) return 0
  if (latency >= edges[last]!) return last
  let lo = 0
  let hi = last
  while (hi - lo > 1) {
    const mid = (lo + hi) >> 1
    if (edges[mid]! <= latency) lo = mid
    else hi = mid
  }
  return lo + (latency - edges[lo]!) / (edges[hi]! - edges[lo]!)
}

/** Powers of ten within the bins. */
export function binTicks(edges: ArrayLike<number>, first: number, end: number): readonly number[] {
  const low = edges[first]!
  const high = edges[end]!
  const ticks: number[] = []
  for (let t = 1; t <= high; t *= 10) if (t >= low) ticks.push(t)
  return ticks
}

/** Latencies of bins a..b, whichever is the lower: from the lower edge up to, but without, the upper one. */
export function limitsOf(edges: ArrayLike<number>, a: number, b: number): readonly [number, number] {
  const from = edges[Math.min(a, b)]!
  const to = edges[Math.max(a, b) + 1]!
  return [from, Math.max(from, Math.ceil(to) - 1)]
}

/** 0..1 by the order of magnitude: one is seen beside a million. */
export const strength = (count: number, most: number, least = 0.12): number =>
  count <= 0 ? 0 : most <= 1 ? 1 : least + ((1 - least) * Math.log(count)) / Math.log(most)

// The percentile bootstrap. The unit is the run: runs are drawn, never single probes of them. Of a sorted sample it is enough to
// count how often each value was drawn, because the sums of the counts give every order statistic: O(n) a resample.

import { quantile } from './describe.js'
import type { Random } from './random.js'
import { binomialUpTo } from './special.js'

export interface Interval {
  readonly low: number
  readonly high: number
}

/** Figures of each of `resamples` resamples, in the order drawn. */
export interface Resampled {
  readonly median: Float64Array
  readonly mean: Float64Array
  readonly sd: Float64Array
  readonly mad: Float64Array
}

export function resample(s: Float64Array, resamples: number, random: Random): Resampled {
  const n = s.length
  const out: Resampled = {
    median: new Float64Array(resamples),
    mean: new Float64Array(resamples),
    sd: new Float64Array(resamples),
    mad: new Float64Array(resamples),
  }
  const base = n > 0 ? s[n >> 1]! : 0
  const from = s.map((x) => x - base)
  const counts = new Uint32Array(n)
  const drawn = new Drawn(s)
  for (let b = 0; b < resamples; b++) {
    counts.fill(0)
    random.tally(counts)
    let sum = 0
    let square = 0
    let seen = 0
    for (let i = 0; i < n; i++) {
      const c = counts[i]!
      const d = from[i]!
      drawn.upTo[i] = seen += c
      sum += c * d
      square += c * d * d
    }
    const centre = drawn.median()
    out.median[b] = centre
    out.mean[b] = base + sum / n
    out.sd[b] = n < 2 ? Number.NaN : Math.sqrt(Math.max(0, square - (sum * sum) / n) / (n - 1))
    out.mad[b] = drawn.deviation(centre)
  }
  return out
}

/** A resample of a sorted sample: how many of its n values are s[0] .. s[i]. Order statistics follow by bisection. */
class Drawn {
  readonly upTo: Uint32Array
  readonly #s: Float64Array

  constructor(s: Float64Array) {
    this.#s = s
    this.upTo = new Uint32Array(s.length)
  }

  /** Value of a rank, from 0. */
  #at(rank: number): number {
    const { upTo } = this
    let low = 0
    let high = upTo.length - 1
    while (low < high) {
      const mid = (low + high) >> 1
      if (upTo[mid]! > rank) high = mid
      else low = mid + 1
    }
    return this.#s[low]!
  }

  median(): number {
    const n = this.#s.length
    const lower = this.#at((n - 1) >> 1)
    return n % 2 ? lower : (lower + this.#at(n >> 1)) / 2
  }

  /** Median distance from `centre`, which lies among the values. */
  deviation(centre: number): number {
    const n = this.#s.length
    const lower = this.#distance((n - 1) >> 1, centre)
    return n % 2 ? lower : (lower + this.#distance(n >> 1, centre)) / 2
  }

  /** Distance of a rank: the least that more values than `rank` do not exceed, found on either side of the centre. */
  #distance(rank: number, centre: number): number {
    const s = this.#s
    const n = s.length
    const middle = this.#right(centre, 0)
    // Left of the centre distances fall with the index, right of it they rise.
    let low = 0
    let high = middle
    while (low < high) {
      const mid = (low + high) >> 1
      if (this.#within(centre, centre - s[mid]!) > rank) low = mid + 1
      else high = mid
    }
    const left = low > 0 ? centre - s[low - 1]! : Infinity
    low = middle
    high = n
    while (low < high) {
      const mid = (low + high) >> 1
      if (this.#within(centre, s[mid]! - centre) > rank) high = mid
      else low = mid + 1
    }
    const right = low < n ? s[low]! - centre : Infinity
    return left <= right ? left : right
  }

  /** How many lie within a distance of the centre. */
  #within(centre: number, distance: number): number {
    const { upTo } = this
    const to = this.#right(centre, distance)
    const from = this.#left(centre, distance)
    return (to > 0 ? upTo[to - 1]! : 0) - (from > 0 ? upTo[from - 1]! : 0)
  }

  /** First index whose value is further right of the centre than the distance. */
  #right(centre: number, distance: number): number {
    const s = this.#s
    let low = 0
    let high = s.length
    while (low < high) {
      const mid = (low + high) >> 1
      if (s[mid]! - centre > distance) high = mid
      else low = mid + 1
    }
    return low
  }

  /** First index whose value is not further left of the centre than the distance. */
  #left(centre: number, distance: number): number {
    const s = this.#s
    let low = 0
    let high = s.length
    while (low < high) {
      const mid = (low + high) >> 1
      if (centre - s[mid]! <= distance) high = mid
      else low = mid + 1
    }
    return low
  }
}

/** The middle share `confidence` of resampled figures; null where they are not all numbers. */
export function percentileInterval(figures: Float64Array, confidence: number): Interval | null {
  if (figures.length === 0 || figures.some(Number.isNaN)) return null
  const s = figures.toSorted()
  const tail = (1 - confidence) / 2
  return { low: quantile(s, tail), high: quantile(s, 1 - tail) }
}

/** Interval of a difference b - a of two figures that were resampled independently. */
export const differences = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => b[i]! - x)

/**
 * Distribution-free interval of the median: the narrowest symmetric pair of order statistics that covers it with at least
 * `confidence`, whatever the distribution. Ranks count from 1. null where even minimum and maximum do not.
 */
export function medianRanks(n: number, confidence: number): { readonly low: number; readonly high: number } | null {
  const tail = (1 - confidence) / 2
  let k = 0
  while (k + 1 <= n - k && binomialUpTo(k, n, 0.5) <= tail) k++
  return k === 0 ? null : { low: k, high: n + 1 - k }
}

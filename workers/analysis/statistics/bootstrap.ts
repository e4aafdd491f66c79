// The percentile bootstrap. The unit is the run: runs are drawn, never single probes of them. Of a sorted sample it is enough to
// count how often each value was drawn, because a walk over the counts gives every order statistic: O(n) a resample.

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
  const counts = new Uint32Array(n)
  const base = n > 0 ? s[n >> 1]! : 0
  for (let b = 0; b < resamples; b++) {
    counts.fill(0)
    random.tally(counts)
    let sum = 0
    let square = 0
    for (let i = 0; i < n; i++) {
      const c = counts[i]!
      if (c === 0) continue
      const d = s[i]! - base
      sum += c * d
      square += c * d * d
    }
    const centre = countedMedian(s, counts)
    out.median[b] = centre
    out.mean[b] = base + sum / n
    out.sd[b] = n < 2 ? Number.NaN : Math.sqrt(Math.max(0, square - (sum * sum) / n) / (n - 1))
    out.mad[b] = countedDeviation(s, counts, centre)
  }
  return out
}

/** Median of the sample that holds s[i] counts[i] times, n in all. */
function countedMedian(s: Float64Array, counts: Uint32Array): number {
  const n = s.length
  const lower = (n - 1) >> 1
  const upper = n >> 1
  let seen = 0
  let i = 0
  while (seen + counts[i]! <= lower) seen += counts[i++]!
  const a = s[i]!
  while (seen + counts[i]! <= upper) seen += counts[i++]!
  return (a + s[i]!) / 2
}

function countedDeviation(s: Float64Array, counts: Uint32Array, centre: number): number {
  const n = s.length
  let right = 0
  let top = n
  while (right < top) {
    const mid = (right + top) >> 1
    if (s[mid]! < centre) right = mid + 1
    else top = mid
  }
  let left = right - 1
  const lower = (n - 1) >> 1
  const upper = n >> 1
  let seen = 0
  let first = Number.NaN
  for (;;) {
    const l = left >= 0 ? centre - s[left]! : Infinity
    const r = right < n ? s[right]! - centre : Infinity
    const distance = l <= r ? l : r
    seen += counts[l <= r ? left-- : right++]!
    if (seen > lower && Number.isNaN(first)) first = distance
    if (seen > upper) return (first + distance) / 2
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

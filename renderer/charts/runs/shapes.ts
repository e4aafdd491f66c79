// What the plots of runs draw, in the units of the data: no pixels, no elements. Values are sorted ascending.

import { normalQuantile } from './normal.js'

/** Quantile of type 7. */
function quantileOf(s: ArrayLike<number>, q: number): number {
  const at = q * (s.length - 1)
  const low = Math.floor(at)
  const a = s[low] ?? Number.NaN
  return a + ((s[Math.min(low + 1, s.length - 1)] ?? a) - a) * (at - low)
}

/** Range of several samples: all of it, or the middle 98 % of each where tails would press the rest together. */
export function domainOf(samples: readonly ArrayLike<number>[], tails: boolean): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const s of samples) {
    if (s.length === 0) continue
    low = Math.min(low, tails ? s[0]! : quantileOf(s, 0.01))
    high = Math.max(high, tails ? s[s.length - 1]! : quantileOf(s, 0.99))
  }
  if (!(low <= high)) return [0, 1]
  const air = (high - low) * 0.02 || Math.abs(low) * 0.01 || 1
  return [low - air, high + air]
}

export interface Box {
  readonly low: number
  readonly q1: number
  readonly median: number
  readonly q3: number
  readonly high: number
}

/** Quartiles, and whiskers to the last value within 1.5 IQR of them. */
export function boxOf(s: ArrayLike<number>): Box {
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((q) => quantileOf(s, q)) as [number, number, number]
  const reach = 1.5 * (q3 - q1)
  let [low, high] = [q1, q3]
  for (let i = 0; i < s.length; i++) {
    const x = s[i]!
    if (x >= q1 - reach && x < low) low = x
    if (x <= q3 + reach && x > high) high = x
  }
  return { low, q1, median, q3, high }
}

const GRID = 96

/**
 * Density over `domain` at evenly spaced points, the highest 1: Gaussian kernel, width by Silverman's rule with the smaller of SD
 * and IQR. Empty for fewer than five values, about which a density would say more than is known.
 */
export function densityOf(s: ArrayLike<number>, domain: readonly [number, number]): { x: number; y: number }[] {
  const n = s.length
  if (n < 5) return []
  let sum = 0
  let square = 0
  for (let i = 0; i < n; i++) {
    const d = s[i]! - s[0]!
    sum += d
    square += d * d
  }
  const sd = Math.sqrt(Math.max(0, (square - (sum * sum) / n) / (n - 1)))
  const iqr = quantileOf(s, 0.75) - quantileOf(s, 0.25)
  const width = 0.9 * Math.min(sd, iqr > 0 ? iqr / 1.34 : sd) * n ** -0.2
  if (!(width > 0)) return []
  const [from, to] = domain
  const points = Array.from({ length: GRID + 1 }, (_, i) => ({ x: from + ((to - from) * i) / GRID, y: 0 }))
  for (const p of points) {
    for (let i = 0; i < n; i++) {
      const z = (s[i]! - p.x) / width
      if (z > -4 && z < 4) p.y += Math.exp(-0.5 * z * z)
    }
  }
  const most = Math.max(...points.map((p) => p.y))
  return most > 0 ? points.map((p) => ({ x: p.x, y: p.y / most })) : []
}

/** Quantiles of two samples against each other: one point a value of the smaller. */
export function quantilePairs(a: ArrayLike<number>, b: ArrayLike<number>): { x: number; y: number; index: number }[] {
  const n = b.length
  return Array.from({ length: n }, (_, index) => {
    const q = n === 1 ? 0.5 : index / (n - 1)
    return { x: quantileOf(a, q), y: b[index]!, index }
  })
}

/** A sample against the normal distribution, in standard deviations. */
export const normalPairs = (s: ArrayLike<number>): { x: number; y: number; index: number }[] =>
  Array.from({ length: s.length }, (_, index) => ({
    x: normalQuantile((index + 0.5) / s.length),
    y: s[index]!,
    index,
  }))

/** Even scatter across -1..1, the same every time. */
export const jitter = (i: number): number => ((i * 0.618_033_988_75) % 1) * 2 - 1

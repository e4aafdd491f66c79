// Figures of one sample. All functions take values that are sorted ascending and finite; the reader has named all others.

/** A sorted copy. */
export const sorted = (values: ArrayLike<number>): Float64Array => Float64Array.from(values).sort()

/** Quantile of type 7 (linear between order statistics, the usual one of R and numpy); NaN for no values. */
export function quantile(s: ArrayLike<number>, q: number): number {
  const n = s.length
  if (n === 0) return Number.NaN
  const at = q * (n - 1)
  const low = Math.floor(at)
  const a = s[low]!
  const b = s[Math.min(low + 1, n - 1)]!
  return a + (b - a) * (at - low)
}

export const median = (s: ArrayLike<number>): number => quantile(s, 0.5)

/** Mean, summed from the first value on so that large equal parts cost no digits. */
export function mean(s: ArrayLike<number>): number {
  const n = s.length
  if (n === 0) return Number.NaN
  const base = s[0]!
  let sum = 0
  for (let i = 0; i < n; i++) sum += s[i]! - base
  return base + sum / n
}

/** Sum of squared differences from the mean. */
export function squares(s: ArrayLike<number>): number {
  const m = mean(s)
  let sum = 0
  for (let i = 0; i < s.length; i++) sum += (s[i]! - m) ** 2
  return sum
}

/** Standard deviation with n-1; NaN below two values. */
export const deviation = (s: ArrayLike<number>): number =>
  s.length < 2 ? Number.NaN : Math.sqrt(squares(s) / (s.length - 1))

/** Third standardised moment; 0 where there is no spread. */
export function skewness(s: ArrayLike<number>): number {
  const n = s.length
  if (n < 2) return 0
  const m = mean(s)
  let two = 0
  let three = 0
  for (let i = 0; i < n; i++) {
    const d = s[i]! - m
    two += d * d
    three += d * d * d
  }
  return two === 0 ? 0 : three / n / (two / n) ** 1.5
}

/** Median of |x - centre|, not scaled. O(n): both sides of a sorted sample are sorted by distance already. */
export function medianDeviation(s: ArrayLike<number>, centre = median(s)): number {
  const n = s.length
  if (n === 0) return Number.NaN
  let right = 0
  while (right < n && s[right]! < centre) right++
  let left = right - 1
  const upper = n >> 1
  let before = 0
  let now = 0
  for (let k = 0; k <= upper; k++) {
    before = now
    const l = left >= 0 ? centre - s[left]! : Infinity
    const r = right < n ? s[right]! - centre : Infinity
    if (l <= r) {
      now = l
      left--
    } else {
      now = r
      right++
    }
  }
  return n % 2 ? now : (before + now) / 2
}

/** Share of the values that equal another one, 0..1. */
export function tieShare(s: ArrayLike<number>): number {
  const n = s.length
  let tied = 0
  for (let i = 0; i < n; i++) if (s[i] === s[i - 1] || s[i] === s[i + 1]) tied++
  return n === 0 ? 0 : tied / n
}

export const percentiles = [1, 5, 10, 25, 50, 75, 90, 95, 99] as const

export interface Figures {
  readonly n: number
  readonly mean: number
  readonly sd: number
  readonly median: number
  /** Median absolute deviation, not scaled. */
  readonly mad: number
  readonly iqr: number
  readonly min: number
  readonly max: number
  readonly skewness: number
  /** 0..1. */
  readonly ties: number
  /** Of `percentiles`, in their order. */
  readonly percentiles: readonly number[]
}

export const figures = (s: ArrayLike<number>): Figures => ({
  n: s.length,
  mean: mean(s),
  sd: deviation(s),
  median: median(s),
  mad: medianDeviation(s),
  iqr: quantile(s, 0.75) - quantile(s, 0.25),
  min: s[0] ?? Number.NaN,
  max: s[s.length - 1] ?? Number.NaN,
  skewness: skewness(s),
  ties: tieShare(s),
  percentiles: percentiles.map((p) => quantile(s, p / 100)),
})

// Two distributions over categories: how often each cluster or flag constellation was seen in a and in b.

import type { Random } from './random.js'
import { chiSquareTail, logGamma } from './special.js'

/** Both have an entry per category; their order means nothing. */
export interface CountTable {
  readonly a: readonly number[]
  readonly b: readonly number[]
}

const sum = (values: readonly number[]): number => values.reduce((s, x) => s + x, 0)

/** Half the sum of the differences of shares, 0..1. */
export function totalVariation({ a, b }: CountTable): number {
  const n = sum(a)
  const m = sum(b)
  return n === 0 || m === 0 ? 0 : sum(a.map((x, i) => Math.abs(x / n - b[i]! / m))) / 2
}

/** Jensen-Shannon divergence in bits, 0..1. */
export function jensenShannon({ a, b }: CountTable): number {
  const n = sum(a)
  const m = sum(b)
  if (n === 0 || m === 0) return 0
  const part = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log2((2 * p) / (p + q)))
  return Math.max(0, sum(a.map((x, i) => part(x / n, b[i]! / m) + part(b[i]! / m, x / n))) / 2)
}

export interface ChiSquare {
  readonly statistic: number
  readonly df: number
  readonly p: number
  readonly cramersV: number
  /** Smallest count that is expected in a cell: below 5 the p is not to be trusted. */
  readonly smallest: number
}

/** Pearson's chi-square, without continuity correction; categories that are seen nowhere do not count. */
export function chiSquare({ a, b }: CountTable): ChiSquare {
  const n = sum(a)
  const m = sum(b)
  let statistic = 0
  let smallest = Infinity
  let used = 0
  a.forEach((x, i) => {
    const y = b[i]!
    if (x + y === 0) return
    used++
    const ea = ((x + y) * n) / (n + m)
    const eb = ((x + y) * m) / (n + m)
    smallest = Math.min(smallest, ea, eb)
    statistic += ea > 0 && eb > 0 ? (x - ea) ** 2 / ea + (y - eb) ** 2 / eb : 0
  })
  const df = Math.max(0, used - 1)
  if (df === 0 || n === 0 || m === 0) return { statistic: 0, df, p: 1, cramersV: 0, smallest }
  return { statistic, df, p: chiSquareTail(statistic, df), cramersV: Math.sqrt(statistic / (n + m)), smallest }
}

/** Fisher's exact test of a table of two categories, two-sided: all tables that are not more likely than the one seen. */
export function fisher({ a, b }: CountTable): number {
  const row = a[0]! + a[1]!
  const other = b[0]! + b[1]!
  const column = a[0]! + b[0]!
  const choose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
  const log = (k: number): number => choose(row, k) + choose(other, column - k) - choose(row + other, column)
  const seen = log(a[0]!)
  let p = 0
  for (let k = Math.max(0, column - other); k <= Math.min(row, column); k++) {
    const l = log(k)
    if (l <= seen + 1e-7) p += Math.exp(l)
  }
  return Math.min(1, p)
}

/** Permutation test of the total variation: labels a and b are shuffled `resamples` times; p = (1 + as far apart) / (B + 1). */
export function permutation(table: CountTable, resamples: number, random: Random): number {
  const { a, b } = table
  const n = sum(a)
  const all = new Uint16Array(n + sum(b))
  const totals = a.map((x, i) => x + b[i]!)
  let at = 0
  totals.forEach((count, i) => {
    all.fill(i, at, at + count)
    at += count
  })
  const seen = totalVariation(table) - 1e-12
  const drawn = new Float64Array(a.length)
  const m = all.length - n
  if (n === 0 || m === 0) return 1
  let far = 0
  for (let r = 0; r < resamples; r++) {
    drawn.fill(0)
    // The first n of a shuffle: Fisher-Yates needs to go no further.
    for (let i = 0; i < n; i++) {
      const j = i + random.below(all.length - i)
      const x = all[j]!
      all[j] = all[i]!
      all[i] = x
      drawn[x]!++
    }
    let tv = 0
    for (let i = 0; i < drawn.length; i++) tv += Math.abs(drawn[i]! / n - (totals[i]! - drawn[i]!) / m)
    if (tv / 2 >= seen) far++
  }
  return (1 + far) / (resamples + 1)
}

// Two samples side by side, both sorted ascending. Differences are b - a: positive where b is larger.

import { mean, median, squares } from './describe.js'
import { fTail, kolmogorovTail, normalTail, studentTail } from './special.js'

export interface Test {
  readonly statistic: number
  /** Two-sided; 1 where nothing can be told. */
  readonly p: number
}

interface MannWhitney extends Test {
  /** Cliff's delta, 2U/(nm) - 1 = P(a > b) - P(a < b), -1..1: negative where b is larger. */
  readonly delta: number
}

/**
 * Mann-Whitney U of a (pairs in which a is larger, ties half), asymptotic, with continuity and ties corrected. Two samples of one
 * constant value have p = 1.
 */
export function mannWhitney(a: ArrayLike<number>, b: ArrayLike<number>): MannWhitney {
  const n = a.length
  const m = b.length
  let u = 0
  let i = 0
  let j = 0
  let ties = 0
  while (i < n || j < m) {
    const x = Math.min(i < n ? a[i]! : Infinity, j < m ? b[j]! : Infinity)
    let inA = 0
    let inB = 0
    while (i + inA < n && a[i + inA] === x) inA++
    while (j + inB < m && b[j + inB] === x) inB++
    u += inA * (j + inB / 2)
    i += inA
    j += inB
    const t = inA + inB
    ties += t * t * t - t
  }
  const all = n + m
  const variance = ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)))
  const off = Math.max(u, n * m - u) - (n * m) / 2
  const p = variance > 0 ? Math.min(1, 2 * normalTail((off - 0.5) / Math.sqrt(variance))) : 1
  return { statistic: u, p, delta: n * m === 0 ? 0 : (2 * u) / (n * m) - 1 }
}

/** How Cliff's delta is called (Romano et al. 2006). */
export const deltaWord = (delta: number): 'negligible' | 'small' | 'medium' | 'large' => {
  const d = Math.abs(delta)
  return d < 0.147 ? 'negligible' : d < 0.33 ? 'small' : d < 0.474 ? 'medium' : 'large'
}

/**
 * Hodges-Lehmann shift: the median of all b - a, exactly. The differences are never all held: bisection over their value, each
 * step one walk over both samples, until the few that are left can be sorted.
 */
export function hodgesLehmann(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const pairs = a.length * b.length
  if (pairs === 0) return Number.NaN
  const upper = kthDifference(a, b, pairs >> 1)
  return pairs % 2 ? upper : (kthDifference(a, b, (pairs >> 1) - 1) + upper) / 2
}

/** The k-th smallest b - a, from 0. */
function kthDifference(a: ArrayLike<number>, b: ArrayLike<number>, k: number): number {
  const n = a.length
  const m = b.length
  // low <= the one looked for <= high; `below` differences are less than low.
  let low = b[0]! - a[n - 1]!
  let high = b[m - 1]! - a[0]!
  let below = 0
  let upTo = n * m
  while (upTo - below > 4 * (n + m) + 64) {
    const mid = low + (high - low) / 2
    // Neighbouring numbers: whatever is left has one of two values.
    if (!(mid > low && mid < high)) return countBelow(a, b, high) > k ? low : high
    const c = countBelow(a, b, mid)
    if (c <= k) {
      low = mid
      below = c
    } else {
      high = mid
      upTo = c
    }
  }
  const left: number[] = []
  let j = 0
  for (let i = 0; i < n; i++) {
    // b - a falls as a grows: the first b to look at moves on.
    while (j < m && b[j]! - a[i]! < low) j++
    for (let h = j; h < m && b[h]! - a[i]! <= high; h++) left.push(b[h]! - a[i]!)
  }
  left.sort((x, y) => x - y)
  return left[k - below]!
}

/** Pairs with b - a < d. */
function countBelow(a: ArrayLike<number>, b: ArrayLike<number>, d: number): number {
  let count = 0
  let j = 0
  for (let i = 0; i < a.length; i++) {
    while (j < b.length && b[j]! - a[i]! < d) j++
    count += j
  }
  return count
}

/** Brown-Forsythe: analysis of variance of the distances from each sample's median. Any number of samples. */
export function brownForsythe(samples: readonly ArrayLike<number>[]): Test {
  const distances = samples.map((s) => {
    const centre = median(s)
    return Float64Array.from(s, (x) => Math.abs(x - centre))
  })
  const n = distances.reduce((sum, d) => sum + d.length, 0)
  const groups = distances.length
  const grand = distances.reduce((sum, d) => sum + mean(d) * d.length, 0) / n
  const between = distances.reduce((sum, d) => sum + d.length * (mean(d) - grand) ** 2, 0)
  const inside = distances.reduce((sum, d) => sum + squares(d), 0)
  const d1 = groups - 1
  const d2 = n - groups
  if (d1 < 1 || d2 < 1 || !(inside > 0)) return { statistic: 0, p: 1 }
  const statistic = between / d1 / (inside / d2)
  return { statistic, p: fTail(statistic, d1, d2) }
}

const EXACT_PAIRS = 250_000

/** Two-sample Kolmogorov-Smirnov. p is exact (for samples without ties) as long as that is quick, else the limit distribution's. */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): Test {
  const n = a.length
  const m = b.length
  if (n === 0 || m === 0) return { statistic: 0, p: 1 }
  let i = 0
  let j = 0
  let most = 0
  while (i < n && j < m) {
    const x = Math.min(a[i]!, b[j]!)
    while (i < n && a[i] === x) i++
    while (j < m && b[j] === x) j++
    most = Math.max(most, Math.abs(i * m - j * n))
  }
  const statistic = most / (n * m)
  if (most === 0) return { statistic, p: 1 }
  const p = n * m <= EXACT_PAIRS ? exactKs(most, n, m) : kolmogorovTail(statistic * Math.sqrt((n * m) / (n + m)))
  return { statistic, p }
}

/**
 * P(|i m - j n| >= most somewhere): of all orders of n and m values, those whose path leaves the corridor. q[j] is the probability
 * that a path to (i, j) has left it, all paths to a point being alike.
 */
function exactKs(most: number, n: number, m: number): number {
  const q = new Float64Array(m + 1)
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      if (Math.abs(i * m - j * n) >= most) q[j] = 1
      else if (i === 0) q[j] = j === 0 ? 0 : q[j - 1]!
      else if (j > 0) q[j] = (q[j]! * i + q[j - 1]! * j) / (i + j)
    }
  }
  return Math.min(1, q[m]!)
}

/** Two one-sided Welch tests of mean(b) - mean(a) against -margin and +margin: p is the larger of both. Small p: equivalent. */
export function tost(a: ArrayLike<number>, b: ArrayLike<number>, margin: number): { p: number; difference: number } {
  const n = a.length
  const m = b.length
  const difference = mean(b) - mean(a)
  const va = squares(a) / (n - 1) / n
  const vb = squares(b) / (m - 1) / m
  const se = Math.sqrt(va + vb)
  if (!(se > 0)) return { p: n > 1 && m > 1 && Math.abs(difference) < margin ? 0 : 1, difference }
  const df = (va + vb) ** 2 / (va ** 2 / (n - 1) + vb ** 2 / (m - 1))
  const above = studentTail((difference + margin) / se, df)
  const below = studentTail((margin - difference) / se, df)
  return { p: Math.max(above, below), difference }
}

// Whose variance is it: parts that sum to a total, each with Cov(part, total) / Var(total). The shares sum to 1; a share may be
// negative where a part is short when the total is long.

import { percentileInterval, type Interval } from './bootstrap.js'
import type { Random } from './random.js'

interface VarianceShares {
  /** One a part; empty where the total does not vary. */
  readonly shares: readonly number[]
  readonly intervals: readonly (Interval | null)[]
}

/**
 * @param parts one array a part, all of one length: parts[k][run]
 * @param resamples draws whole runs with replacement; 0 = no intervals
 */
export function varianceShares(
  parts: readonly Float64Array[],
  resamples: number,
  confidence: number,
  random: Random,
): VarianceShares {
  const n = parts[0]?.length ?? 0
  const every = new Uint32Array(n).fill(1)
  const shares = sharesOf(parts, every)
  if (!shares) return { shares: [], intervals: [] }
  const drawn = parts.map(() => new Float64Array(resamples))
  const counts = new Uint32Array(n)
  for (let b = 0; b < resamples; b++) {
    counts.fill(0)
    random.tally(counts)
    const found = sharesOf(parts, counts)
    drawn.forEach((d, k) => (d[b] = found?.[k] ?? Number.NaN))
  }
  return { shares, intervals: drawn.map((d) => percentileInterval(d, confidence)) }
}

function sharesOf(parts: readonly Float64Array[], counts: Uint32Array): number[] | null {
  const n = counts.length
  const means = parts.map((part) => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += counts[i]! * (part[i]! - part[0]!)
    return part[0]! + sum / n
  })
  const with_ = parts.map(() => 0)
  let variance = 0
  for (let i = 0; i < n; i++) {
    const c = counts[i]!
    if (c === 0) continue
    let total = 0
    for (let k = 0; k < parts.length; k++) total += parts[k]![i]! - means[k]!
    for (let k = 0; k < parts.length; k++) with_[k]! += c * total * (parts[k]![i]! - means[k]!)
    variance += c * total * total
  }
  return variance > 0 ? with_.map((c) => c / variance) : null
}

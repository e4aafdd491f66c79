// Two rules for outliers, one pass each: nothing is computed again without what was rejected.

import { deviation, median, medianDeviation } from './describe.js'

/** Values that a rule rejects in a sorted sample: those below `low` and above `high`. */
export interface OutlierRule {
  /** null: the rule says nothing of this sample. */
  readonly low: number | null
  readonly high: number | null
  readonly rejected: number
}

const nothing: OutlierRule = { low: null, high: null, rejected: 0 }

function beyond(s: ArrayLike<number>, centre: number, distance: number): OutlierRule {
  let rejected = 0
  for (let i = 0; i < s.length; i++) if (Math.abs(s[i]! - centre) > distance) rejected++
  return { low: centre - distance, high: centre + distance, rejected }
}

/** |x - median| > 3 s. Cannot reject anything in fewer than 10 values, because one of n is never further than sqrt(n) s. */
export const threeSigma = (s: ArrayLike<number>): OutlierRule =>
  s.length < 10 ? nothing : beyond(s, median(s), 3 * deviation(s))

/** |x - median| / (1.4826 MAD) > 3.5. Says nothing where more than half of the values are equal. */
export function robust(s: ArrayLike<number>): OutlierRule {
  const mad = medianDeviation(s)
  return s.length < 3 || mad === 0 ? nothing : beyond(s, median(s), 3.5 * 1.4826 * mad)
}

/** How many equal outliers among n the 3 s rule can reject at most: k with n(n-1)/(k(n-k)) > 9. */
export function maskedFrom(n: number): number {
  let k = 1
  while (k < n && (n * (n - 1)) / (k * (n - k)) > 9) k++
  return k - 1
}

export const within = (s: Float64Array, rule: OutlierRule): Float64Array =>
  rule.low === null || rule.high === null ? s : s.filter((x) => x >= rule.low! && x <= rule.high!)

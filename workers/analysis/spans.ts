// Walking intervals of a row within a range.

import { lastAtOrBefore, type Intervals } from '../model/intervals.js'

export interface Range {
  readonly from: number
  readonly to: number
}

/** Calls visit(entry, from, to) for each interval of the row that touches the range, cut to it. Without length: at `from`. */
export function eachSpan(
  x: Intervals,
  row: number,
  range: Range,
  visit: (entry: number, from: number, to: number) => void,
): void {
  const lo = x.first[row]!
  const end = x.first[row + 1]! - 1
  if (end <= lo) return
  let i = lastAtOrBefore(x.t, lo, end, range.from)
  while (i > lo && x.t[i - 1]! >= range.from) i--
  // What has no length belongs to the range that begins with it; at the very end of the row there is none but this.
  const within = (t: number): boolean => t < range.to || (t === range.to && t === x.t[end])
  for (; i < end && within(x.t[i]!); i++) {
    const from = Math.max(x.t[i]!, range.from)
    const to = Math.min(x.t[i + 1]!, range.to)
    if (to > from || (to === from && x.t[i]! >= range.from)) visit(i, from, to)
  }
}

/** Sums by key, in the order of first sight. */
export class Sums<K> {
  readonly #sums = new Map<K, number>()
  add(key: K, time: number): void {
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + time)
  }
  /** Largest first; what sums to nothing is left out. */
  get sorted(): [K, number][] {
    return [...this.#sums].filter(([, time]) => time > 0).sort((a, b) => b[1] - a[1])
  }
}

/** The same in a column. */
export function seekIn(t: Float64Array, lo: number, hi: number, x: number, guess: number): number {
  let at = Math.max(lo, Math.min(hi, guess))
  let below: number
  let above: number
  let step = 1
  if (at < hi && t[at]! < x) {
    do {
      below = at
      at = Math.min(hi, at + step)
      step *= 2
    } while (at < hi && t[at]! < x)
    above = at
  } else {
    do {
      above = at
      at = Math.max(lo - 1, at - step)
      step *= 2
    } while (at >= lo && t[at]! >= x)
    below = at
  }
  while (above - below > 1) {
    const mid = (below + above) >>> 1
    if (t[mid]! < x) below = mid
    else above = mid
  }
  return above
}

/**
 * First i in lo..hi with time(i) >= x (hi when there is none). O(log distance) from `guess`: columns of equal width often hold
 * about as much as the one before.
 */
export function seek(time: (i: number) => number, lo: number, hi: number, x: number, guess = lo): number {
  let at = Math.max(lo, Math.min(hi, guess))
  let below: number
  let above: number
  let step = 1
  if (at < hi && time(at) < x) {
    do {
      below = at
      at = Math.min(hi, at + step)
      step *= 2
    } while (at < hi && time(at) < x)
    above = at
  } else {
    do {
      above = at
      at = Math.max(lo - 1, at - step)
      step *= 2
    } while (at >= lo && time(at) >= x)
    below = at
  }
  while (above - below > 1) {
    const mid = (below + above) >>> 1
    if (time(mid) < x) below = mid
    else above = mid
  }
  return above
}

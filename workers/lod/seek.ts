/** First i in lo..hi with time(i) >= x (hi when there is none). Fast when it is near `lo`: O(log distance). */
export function seek(time: (i: number) => number, lo: number, hi: number, x: number): number {
  let step = 1
  let below = lo - 1
  let at = lo
  while (at < hi && time(at) < x) {
    below = at
    at = Math.min(hi, at + step)
    step *= 2
  }
  let above = at
  while (above - below > 1) {
    const mid = (below + above) >>> 1
    if (time(mid) < x) below = mid
    else above = mid
  }
  return above
}

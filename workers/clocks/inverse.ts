// From session time back to a file's own ticks.

import type { StreamClock } from './relate.js'

/**
 * The first whole tick whose session time is not before `t`. Ticks first..last are those of the file's events; what lies beyond is
 * looked for as far out as 2^10 times their span.
 */
export function ticksAt(clock: StreamClock, t: number, first: number, last: number): number {
  const one = new Float64Array(1)
  const at = (tick: number): number => {
    one[0] = tick
    clock.apply(one, 1, one)
    return one[0]
  }
  let low = Math.floor(first)
  let high = Math.ceil(last)
  let step = Math.max(1000, high - low)
  for (let i = 0; i < 10 && at(low) >= t; i++, step *= 2) low -= step
  step = Math.max(1000, Math.ceil(last) - Math.floor(first))
  for (let i = 0; i < 10 && at(high) < t; i++, step *= 2) high += step
  while (high - low > 1) {
    const middle = Math.floor(low + (high - low) / 2)
    if (at(middle) >= t) high = middle
    else low = middle
  }
  return high
}

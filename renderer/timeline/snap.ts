// Boundaries and events that a drag catches, from the frame on screen: no asking, so the edge follows the hand.

import { SpanFlag, type LodFrame } from '../../workers/thread/contract.js'
import { sessionTime, type SessionTime } from '../../workers/units.js'
import { firstSpanAfter, firstTickAt } from './paint/columns.js'

/** Whether span `i` is merged and touches `t`. */
const meetsMixed = (frame: LodFrame, start: number, end: number, i: number, t: number): boolean =>
  i >= start && i < end && (frame.flags[i]! & SpanFlag.Mixed) !== 0 && (frame.t0[i] === t || frame.t1[i] === t)

/**
 * The nearest exact time to `t` on a row of the frame, at most `tolerance` away; null when there is none. Merged spans and ticks
 * have no exact times and catch nothing.
 */
export function snapInFrame(frame: LodFrame, row: number, t: number, tolerance: number): SessionTime | null {
  let best = Infinity
  let found: number | null = null
  const offer = (candidate: number) => {
    const distance = Math.abs(candidate - t)
    if (distance <= tolerance && distance < best) {
      best = distance
      found = candidate
    }
  }
  const start = frame.spanStart[row]!
  const spanEnd = frame.spanStart[row + 1]!
  for (let i = firstSpanAfter(frame, start, spanEnd, t - tolerance); i < spanEnd; i++) {
    if (frame.t0[i]! > t + tolerance) break
    if (frame.flags[i]! & SpanFlag.Mixed) continue
    // An exact span yields to a merged neighbour at the neighbour's pixel: no boundary lies there.
    if (!meetsMixed(frame, start, spanEnd, i - 1, frame.t0[i]!)) offer(frame.t0[i]!)
    if (!meetsMixed(frame, start, spanEnd, i + 1, frame.t1[i]!)) offer(frame.t1[i]!)
  }
  const tickEnd = frame.tickStart[row + 1]!
  for (let i = firstTickAt(frame, frame.tickStart[row]!, tickEnd, t - tolerance); i < tickEnd; i++) {
    if (frame.tickT[i]! > t + tolerance) break
    if (frame.tickCount[i] === 1) offer(frame.tickT[i]!)
  }
  return found === null ? null : sessionTime(found)
}

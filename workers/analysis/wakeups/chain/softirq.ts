// What a softirq goes back to: the event that raised it on its CPU, and the interrupt that was being handled then.

import { numberOf } from '../../../model/fuse/handlers/marks.js'
import { softirqName } from '../../../model/fuse/reasons.js'
import { recordAt } from '../../../table/details.js'
import { contexts } from '../columns.js'
import { interruptAt, interruptLabel } from '../waker.js'
import { type Around, REACH, type Spot } from './around.js'
import type { FoundHop } from './boundary.js'

const HARD = contexts[2]!

/**
 * From the earliest on: the interrupt (where one is recorded) and the softirq_raise that led to a softirq_entry. Empty where no
 * raise of that vector is recorded since it was handled before.
 */
export async function raisedBy(
  around: Around,
  stream: number,
  entry: number,
  signal?: AbortSignal,
): Promise<FoundHop[]> {
  const s = around.stream(stream)
  const vecOf = async (row: number): Promise<number> =>
    numberOf(await recordAt(around.session, s, row, signal), 'vec', -1)
  const vec = await vecOf(entry)
  let raise = -1
  for (let row = entry - 1; row >= 0 && row > entry - REACH; row--) {
    const name = around.name(s, row)
    if (name !== 'softirq_raise' && name !== 'softirq_entry') continue
    if ((await vecOf(row)) !== vec) continue
    // What was raised before it was last handled was handled then.
    if (name === 'softirq_entry') break
    // Raised again while it is pending, it is still the first raise that it follows from.
    raise = row
  }
  if (vec < 0 || raise < 0) return []
  const spot = (row: number): Spot => ({ stream, row, t: s.t[row]! })
  const raised: FoundHop = { kind: 'interrupt', spot: spot(raise), label: `raises ${softirqName(vec)}` }
  const handler = interruptAt(around.session, s, raise, HARD)
  if (!handler) return [raised]
  const record = await recordAt(around.session, s, handler.row, signal)
  return [{ kind: 'interrupt', spot: spot(handler.row), label: interruptLabel(handler.name, record) }, raised]
}

import { ticksAt } from '../clocks/inverse.js'
import type { Relation } from '../clocks/relate.js'
import { RequestError } from '../fault.js'
import type { OwnMoment } from '../thread/contract.js'
import { sessionTime } from '../units.js'
import type { Heads } from './heads.js'

/** A moment with both its times: of the session, and of the clock of its machine. Throws RequestError for no machine. */
export function onItsClock(
  moment: OwnMoment,
  { files, family }: Heads,
  relation: Relation,
): OwnMoment & { readonly raw: string } {
  const file = family.machines[moment.machine]?.files[0]
  const { meta } = files[file ?? -1] ?? {}
  if (file === undefined || !meta) throw new RequestError(`There is no machine ${moment.machine} in this session.`)
  const clock = relation.clockOf(file, moment.cpu ?? meta.streams[0]?.cpu ?? 0)
  if (moment.raw !== null) {
    const one = Float64Array.of(Number(BigInt(moment.raw) - meta.epoch))
    clock.apply(one, 1, one)
    return { ...moment, t: sessionTime(one[0]!), raw: moment.raw }
  }
  const spans = meta.streams.flatMap((_, i) => files[file]!.span(i) ?? [])
  const first = Math.min(...spans.map((s) => Number(s.first - meta.epoch)))
  const last = Math.max(...spans.map((s) => Number(s.last - meta.epoch)))
  const tick = spans.length > 0 ? ticksAt(clock, moment.t, first, last) : ticksAt(clock, moment.t, 0, 1e9)
  return { ...moment, raw: String(BigInt(tick) + meta.epoch) }
}

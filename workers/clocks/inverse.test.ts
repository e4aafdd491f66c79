import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ticksAt } from './inverse.js'
import { offsetStage, rationalStage, type Stage } from './stages.js'

const clockOf = (stage: Stage, epoch: bigint) => ({
  identity: false,
  apply: (ticks: Float64Array, n: number, out: Float64Array) => stage.apply(ticks, n, out, 0n, epoch),
})

it('finds the tick whose time it is, within and around the events', () => {
  const tick = fc.integer({ min: -5_000_000, max: 15_000_000 })
  fc.assert(
    fc.property(
      tick,
      fc.integer({ min: 1, max: 4 }),
      fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }),
      (at, num, add) => {
        // Ticks of a clock as fast as the session's or faster: no two ticks share a time.
        const clock = clockOf(num === 1 ? offsetStage(add) : rationalStage(add, BigInt(num), 1n), 0n)
        const one = Float64Array.of(at)
        clock.apply(one, 1, one)
        expect(ticksAt(clock, one[0]!, 0, 10_000_000)).toBe(at)
      },
    ),
  )
})

it('answers the first of several ticks that share a time', () => {
  const clock = clockOf(rationalStage(0n, 1n, 3n), 0n)
  expect(ticksAt(clock, 100, 0, 1000)).toBe(300)
})

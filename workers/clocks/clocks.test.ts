import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chain, formulaStage, interpolateStage, offsetAt, offsetStage, rationalStage, type Stage } from './stages.js'
import { compatAt, compatStage, recordedStage, withoutOutliers, type ShiftSample } from './time-shift.js'

const sample = (time: bigint, offset: bigint, scaling = 1n, fraction = 0n): ShiftSample => ({
  time,
  offset,
  scaling,
  fraction,
})

const agrees = (stage: Stage, raws: bigint[], epoch: bigint): void => {
  const ticks = Float64Array.from(raws, (r) => Number(r - epoch))
  const out = new Float64Array(raws.length)
  const outEpoch = stage.at(epoch)
  stage.apply(ticks, raws.length, out, epoch, outEpoch)
  raws.forEach((r, i) => expect(BigInt(out[i]!)).toBe(stage.at(r) - outEpoch))
}

const times = fc
  .array(fc.bigInt(0n, 1n << 44n), { minLength: 1, maxLength: 60 })
  .map((a) => a.sort((x, y) => (x < y ? -1 : 1)))
const epochs = fc.bigInt(0n, 1n << 62n)

describe('recorded relation', () => {
  it('inverts KVM TSC scaling in 128 bits, where trace-cmd overflows', () => {
    const s = [sample(0n, 500_000_000_000n, 309622474381721n, 48n)]
    expect(recordedStage(s, false).at(599_999_999_999n)).toBe(999_999_999_999n)
    // Two samples make trace-cmd look at the scaling at all; it multiplies where it must divide, modulo 2^64.
    const two = [s[0]!, { ...s[0]!, time: 1n }]
    expect(compatAt(two, false, 599_999_999_999n)).toBe(500_000_051_198n)
  })

  it('heeds the scaling of a single sample, which trace-cmd ignores', () => {
    const s = [sample(0n, 100n, 3n << 30n, 31n)]
    expect(compatAt(s, false, 1000n)).toBe(1100n)
    expect(recordedStage(s, false).at(1000n)).toBe((1100n << 31n) / (3n << 30n))
  })

  it('takes the last sample past the end, where trace-cmd takes the one before', () => {
    const s = [sample(10n, 1n), sample(20n, 2n), sample(30n, 3n)]
    expect(compatAt(s, false, 40n)).toBe(42n)
    expect(recordedStage(s, false).at(40n)).toBe(43n)
    expect(recordedStage(s, false).at(25n)).toBe(27n)
    expect(recordedStage(s, false).at(5n)).toBe(6n)
  })

  it('interpolates and extrapolates as trace-cmd does when nothing overflows', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.bigInt(0n, 1n << 21n), { minLength: 2, maxLength: 6 }),
        fc.array(fc.bigInt(-1_000_000n, 1_000_000n), { minLength: 6, maxLength: 6 }),
        times,
        (at, offsets, late) => {
          const raws = late.map((r) => r >> 3n)
          const s = at.sort((a, b) => (a < b ? -1 : 1)).map((t, i) => sample(t << 20n, offsets[i]! + (1n << 41n)))
          const span = [0n, 1n << 41n] as const
          for (const stage of [recordedStage(s, true), compatStage(s, true, span)]) {
            agrees(stage, raws, 0n)
            for (const r of raws) expect(BigInt.asUintN(64, stage.at(r))).toBe(compatAt(s, true, r))
          }
        },
      ),
    )
  })

  it('drops a sample that lies seconds off, and none when there are only two', () => {
    const good = [0n, 1n, 2n, 3n].map((i) => sample(i * 10n ** 9n, 5_000_000n + i * 1000n))
    const bad = sample(1_500_000_000n, 1_745_000_000n)
    const all = [...good, bad].sort((a, b) => Number(a.time - b.time))
    expect(withoutOutliers(all)).toEqual({ kept: good, dropped: [bad] })
    expect(withoutOutliers([good[0]!, bad]).dropped).toEqual([])
  })
})

describe('stages', () => {
  it('columns agree with the exact formula to the last tick', () => {
    fc.assert(
      fc.property(times, epochs, fc.bigInt(1n, 1n << 49n), fc.bigInt(1n, 1n << 49n), (raws, epoch, num, den) => {
        // Rates from a thousandth to a thousand: beyond that no clock needs converting.
        fc.pre(num < den * 1000n && den < num * 1000n)
        agrees(
          rationalStage(-5n, num, den),
          raws.map((r) => (r >> 11n) + epoch),
          epoch,
        )
      }),
    )
  })

  it('TSC to ns equals (tsc * mult) >> shift at 64-bit values', () => {
    const stage = rationalStage(0n, 6_462_213n, 1n << 24n)
    const epoch = 0xfedc_ba98_7654_3210n
    agrees(
      stage,
      Array.from({ length: 5000 }, (_, i) => epoch + BigInt(i) * 2601n),
      epoch,
    )
    expect(stage.at(epoch)).toBe((epoch * 6_462_213n) >> 24n)
  })

  it('an interpolated offset changes exactly where the formula does', () => {
    for (const slope of [7n, -7n]) {
      const piece = { t0: 1000n, o0: -3n, t1: 1100n, o1: -3n + slope }
      const stage = interpolateStage(() => ({ piece, from: null, to: null }))
      const raws = Array.from({ length: 400 }, (_, i) => BigInt(i + 850))
      agrees(stage, raws, 850n)
      expect(stage.at(1050n)).toBe(1050n + offsetAt(piece, 1050n))
    }
  })

  it('chains pass through an intermediate clock', () => {
    fc.assert(
      fc.property(times, epochs, (raws, epoch) => {
        const stage = chain([
          offsetStage(-7n),
          rationalStage(0n, 385n, 1000n),
          formulaStage((r) => r ^ 1n),
          offsetStage(9n),
        ])
        agrees(
          stage,
          raws.map((r) => r + epoch),
          epoch,
        )
      }),
    )
  })
})

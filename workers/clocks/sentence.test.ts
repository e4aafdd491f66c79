import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundText, lengthText, rangeText, shareText } from './sentence.js'

const UNITS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, ticks: 1 } as const

/** What a written length says, in ns or ticks. */
function said(text: string): number {
  const [, number, unit] = /^([+-]?[\d. ]+) (ns|us|ms|s|ticks)$/.exec(text)!
  return Number(number!.replaceAll(' ', '')) * UNITS[unit as keyof typeof UNITS]
}

const unit = fc.constantFrom('ns' as const, 'ticks' as const)
const length = fc.oneof(
  fc.double({ min: 0, max: 2000, noNaN: true }),
  fc.double({ min: 0, max: 1e12, noNaN: true }),
  fc.integer({ min: 0, max: 20_000_000 }),
)

describe('lengths in words', () => {
  it('are short', () => {
    expect([0, 4300, 26_000_000, 123_456, 9.2e10].map((x) => lengthText(x, 'ns'))).toEqual([
      '0 ns',
      '4.3 us',
      '26.0 ms',
      '123 us',
      '92.0 s',
    ])
    expect(lengthText(10_180, 'ticks')).toBe('10 180 ticks')
    expect([999.4, 999.6, 999_499, 999_501].map((x) => lengthText(x, 'ns'))).toEqual([
      '999 ns',
      '1.0 us',
      '999 us',
      '1.0 ms',
    ])
    expect([1100, 1101, 412.02, 123_001].map((x) => boundText(x, 'ns'))).toEqual([
      '1.1 us',
      '1.2 us',
      '413 ns',
      '124 us',
    ])
    expect(rangeText([-1340, 2260], 'ns')).toBe('-1.4 us .. +2.3 us')
    expect(rangeText([1340, 2260], 'ns')).toBe('+1.3 us .. +2.3 us')
    expect(rangeText([-2260, -1340], 'ns')).toBe('-2.3 us .. -1.3 us')
  })

  it('are rounded to the nearest where they were measured, and never down where they bound', () => {
    fc.assert(
      fc.property(length, unit, (x, u) => {
        expect(Math.abs(said(lengthText(x, u)) - x)).toBeLessThanOrEqual(0.06 * x + 0.5)
        // A product of a decimal and a power of ten is off by a last place.
        expect(said(boundText(x, u))).toBeGreaterThanOrEqual(x * (1 - 1e-15))
        expect(said(boundText(x, u))).toBeLessThanOrEqual(x * 1.1 + 1)
      }),
    )
  })

  it('never narrow a range', () => {
    fc.assert(
      fc.property(length, length, fc.boolean(), fc.boolean(), unit, (x, y, a, b, u) => {
        const ends = [a ? x : -x, b ? y : -y]
        const [low, high] = [Math.min(...ends), Math.max(...ends)]
        const [least, most] = rangeText([low, high], u).split(' .. ').map(said) as [number, number]
        expect(least).toBeLessThanOrEqual(low + Math.abs(low) * 1e-15)
        expect(most).toBeGreaterThanOrEqual(high - Math.abs(high) * 1e-15)
      }),
    )
  })
})

it('never says all of what lacks a part', () => {
  expect([shareText(1, 1, 1), shareText(0, 3, 1), shareText(2, 3, 2)]).toEqual(['100.0 %', '0.0 %', '66.67 %'])
  expect([shareText(999_999, 1_000_000, 1), shareText(999_999, 1_000_000, 0)]).toEqual(['99.9 %', '99 %'])
})

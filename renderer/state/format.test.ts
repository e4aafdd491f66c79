import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatAccuracy,
  formatBounds,
  formatBytes,
  formatCount,
  formatDate,
  formatDelta,
  formatShort,
  formatShare,
  formatTime,
  parseDelta,
  plainTime,
  readable,
} from './format.js'

const blank = (s: string) => s.replaceAll('\u202f', ' ').replaceAll('\u2212', '-')
const base = { unit: 'ns' as const, epoch: '6633000000000', from: 1000 }

describe('times', () => {
  it('writes the trace clock to the ns in groups of three', () => {
    expect(blank(formatTime(304_885_509, base, 'trace'))).toBe('6 633.304 885 509 s')
  })
  it('counts relative times from the first event', () => {
    expect(blank(formatTime(1_000_001_000, base, 'relative'))).toBe('1.000 000 000 s')
    expect(blank(formatTime(0, base, 'relative'))).toBe('-0.000 001 000 s')
  })
  it('never calls ticks seconds', () => {
    const ticks = { unit: 'ticks' as const, epoch: '18446744073709551615', from: 0 }
    expect(blank(formatTime(1, ticks, 'trace'))).toBe('18 446 744 073 709 551 616 ticks')
  })
  it('copies without gaps', () => {
    expect(plainTime(304_885_509, base, 'trace')).toBe('6633.304885509')
  })
  it.each([
    [0, '0 ns'],
    [834, '834 ns'],
    [12_345, '12.345 us'],
    [1_234_567, '1.234 567 ms'],
    [999_999, '999.999 us'],
    [3_000_000_001, '3.000 000 001 s'],
    [-1500, '-1.500 us'],
  ])('writes %d ns as %s', (ns, text) => expect(blank(formatDelta(ns, 'ns'))).toBe(text))
  it('reads back every length it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), (ns) => {
        expect(parseDelta(formatDelta(ns, 'ns'), 'ns')).toBe(String(ns))
      }),
    )
  })
  it.each(['', 'abc', '1.5', '1.2345 us', '5 ticks', '1 2 h', '--3'])('refuses %j as a length', (text) =>
    expect(parseDelta(text, 'ns')).toBeNull(),
  )
  it('takes only whole ticks', () => {
    expect(parseDelta('-12 ticks', 'ticks')).toBe('-12')
    expect(parseDelta('1 us', 'ticks')).toBeNull()
  })
})

describe('sizes and counts', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [336_000_000, '336 MB'],
    [999_600, '1.00 MB'],
    [1_590_000_000, '1.59 GB'],
  ])('writes %d as %s', (n, text) => expect(formatBytes(n)).toBe(text))
  it('groups counts', () => expect(blank(formatCount(15_706_545))).toBe('15 706 545'))
  it('does not claim to be done before it is', () => {
    expect(formatShare(9999, 10_000)).toBe('99 %')
    expect(formatShare(1, 10_000)).toBe('1 %')
    expect(formatShare(10, 10)).toBe('100 %')
  })
})

describe('formatShort', () => {
  it.each([
    [0, '0 ns'],
    [7.25, '7.3 ns'],
    [834, '834 ns'],
    [999.6, '1.00 us'],
    [12_345, '12.3 us'],
    [1_234_567, '1.23 ms'],
    [-2_498_636_300, '-2.50 s'],
    [123_456e9, '123 456 s'],
  ])('writes %d ns as %s', (ns, text) => expect(blank(formatShort(ns, 'ns'))).toBe(text))
  it('knows no seconds where there are only ticks', () =>
    expect(blank(formatShort(12_345, 'ticks'))).toBe('12 345 ticks'))
})

describe('dates', () => {
  const now = new Date(2025, 4, 10, 9, 0).getTime()
  it('names days near now', () => {
    expect(formatDate(new Date(2025, 4, 10, 8, 5).getTime(), now)).toBe('today 08:05')
    expect(formatDate(new Date(2025, 4, 9, 23, 59).getTime(), now)).toBe('yesterday')
    expect(formatDate(new Date(2025, 4, 7, 1, 0).getTime(), now)).toBe('3 days ago')
    expect(formatDate(new Date(2025, 3, 7, 1, 0).getTime(), now)).toBe('2025-04-07')
  })
})

/** What a written length says, in ns or ticks. */
function saidLength(text: string): number {
  const [, sign, digits, unit] = /^([+\u2212]?)([\d.\u202f]+) (\w+)$/.exec(text)!
  const scale = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, ticks: 1 }[unit!]!
  return (sign === '\u2212' ? -1 : 1) * Number(digits!.replaceAll('\u202f', '')) * scale
}

describe('formatBounds', () => {
  it('has the sign at either bound', () => {
    expect(formatBounds({ lower: -3100, upper: 3400 }, 'ns')).toBe('\u22123.10 us to +3.40 us')
    expect(formatBounds({ lower: 0, upper: 12 }, 'ns')).toBe('0 ns to +12 ns')
  })

  it('never says that true time is nearer than the bounds do', () => {
    const lengths = fc.oneof(
      fc.double({ min: -30, max: 30, noNaN: true }),
      fc.double({ min: -9e11, max: 9e11, noNaN: true }),
      fc.integer({ min: -999_999, max: 999_999 }),
    )
    fc.assert(
      fc.property(lengths, lengths, fc.constantFrom('ns', 'ticks'), (x, y, unit) => {
        const [lower, upper] = [Math.min(x, y), Math.max(x, y)]
        const said = formatBounds({ lower, upper }, unit).split(' to ').map(saidLength)
        expect(said[0]).toBeLessThanOrEqual(lower + 1e-9 * Math.abs(lower))
        expect(said[0]).toBeGreaterThanOrEqual(lower - 0.011 * Math.abs(lower) - 1)
        expect(said[1]).toBeGreaterThanOrEqual(upper - 1e-9 * Math.abs(upper))
        expect(said[1]).toBeLessThanOrEqual(upper + 0.011 * Math.abs(upper) + 1)
      }),
    )
  })
})

it('groups what sentences count, and leaves names and ids alone', () => {
  const plain = (text: string) => readable(text).replaceAll('\u202f', ' ')
  expect(plain('all 291867 events of vm-10000 lie there')).toBe('all 291 867 events of vm-10000 lie there')
  expect(plain('1873 of 27830 events lie; 1024 of 999999 bytes are missing.')).toBe(
    '1 873 of 27 830 events lie; 1 024 of 999 999 bytes are missing.',
  )
  expect(plain('That holds for the 27830 events; nothing confirms the other 12345.')).toBe(
    'That holds for the 27 830 events; nothing confirms the other 12 345.',
  )
  for (const left of ['trace id 1234567890123456', 'bash-28598 ran', '0x12345 events', '999 events'])
    expect(plain(left)).toBe(left)
})

describe('accuracies', () => {
  it('are never stated better than they are', () => {
    expect(blank(formatAccuracy(629.2, 'ns'))).toBe('630 ns')
    expect(blank(formatAccuracy(3171, 'ns'))).toBe('3.18 us')
    expect(blank(formatAccuracy(1500, 'ns'))).toBe('1.50 us')
    expect(blank(formatAccuracy(10.1, 'ticks'))).toBe('11 ticks')
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 9e11, noNaN: true }), (x) => {
        const said = saidLength(formatAccuracy(x, 'ns'))
        expect(said).toBeGreaterThanOrEqual(x * (1 - 1e-9))
        expect(said).toBeLessThanOrEqual(x * 1.011 + 1)
      }),
    )
  })
})

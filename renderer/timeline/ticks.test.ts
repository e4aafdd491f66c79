import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sessionTime } from '../../workers/units.js'
import type { Scale } from './scale.js'
import { axisOf, niceStep } from './ticks.js'

const view = (from: number, length: number, width = 1000): Scale => ({
  from: sessionTime(from),
  to: sessionTime(from + length),
  width,
})
const plain = (s: string) => s.replaceAll('\u202f', ' ').replaceAll('\u00a0', ' ').replaceAll('\u2212', '-')
const labels = (v: Scale, epoch = '0', unit: 'ns' | 'ticks' = 'ns') =>
  axisOf(v, epoch, unit).major.map((t) => plain(t.label))

const places = { s: 9, ms: 6, us: 3, ns: 0 } as const
/** ns that a label says. */
function read(label: string): bigint {
  const [, sign, whole, fraction = '', unit] = /^([+-]?)([\d ]+)(?:\.([\d ]+))? (s|ms|us|ns)$/.exec(plain(label))!
  const digits = fraction.replaceAll(' ', '').padEnd(places[unit as keyof typeof places], '0')
  const n = BigInt(whole!.replaceAll(' ', '') + digits)
  return sign === '-' ? -n : n
}

describe('steps', () => {
  it.each([
    [0.05, 1],
    [1, 1],
    [1.01, 2],
    [2, 2],
    [3, 5],
    [5.5, 10],
    [100, 100],
    [101, 200],
    [4_999_999, 5_000_000],
  ])('above %d comes %d', (least, step) => expect(niceStep(least)).toBe(step))
})

describe('axis', () => {
  it('writes absolute times while they are short', () => {
    expect(labels(view(0, 16e9))).toEqual(['0 s', '2 s', '4 s', '6 s', '8 s', '10 s', '12 s', '14 s', '16 s'])
    expect(labels(view(0, 8e6), '6633304000000').slice(0, 3)).toEqual(['6 633.304 s', '6 633.305 s', '6 633.306 s'])
  })
  it('counts from an anchor when zoomed in deep', () => {
    const axis = axisOf(view(0, 1000), '6633304885509', 'ns')
    expect(plain(axis.anchor!.label)).toBe('6 633.304 885 s')
    expect(axis.major.map((t) => plain(t.label)).slice(0, 5)).toEqual([
      '+600 ns',
      '+800 ns',
      '6 633.304 886 s',
      '+200 ns',
      '+400 ns',
    ])
  })
  it('never calls ticks seconds', () => {
    expect(labels(view(0, 1e10), '0', 'ticks')[1]).toBe('2 000 000 000')
    const deep = axisOf(view(0, 1000), '18446744073709551000', 'ticks')
    expect(plain(deep.anchor!.label)).toBe('18 446 744 073 709 551 000 ticks')
    expect(deep.major.map((t) => plain(t.label)).slice(0, 3)).toEqual([
      '18 446 744 073 709 551 000 ticks',
      '+200',
      '+400',
    ])
  })
  it('writes times before zero', () => expect(labels(view(-4e9, 10e9))[1]).toBe('-2 s'))

  const cases = fc.record({
    from: fc.integer({ min: -1e9, max: 1e13 }),
    length: fc.integer({ min: 20, max: 1e13 }),
    width: fc.integer({ min: 300, max: 3000 }),
    epoch: fc.bigInt({ min: 0n, max: 2n ** 64n }),
  })
  it('says of every tick where it stands', () => {
    fc.assert(
      fc.property(cases, ({ from, length, width, epoch }) => {
        const axis = axisOf(view(from, length, width), String(epoch), 'ns')
        let anchor = axis.anchor?.t
        for (const tick of axis.major) {
          expect(Number.isInteger(tick.t)).toBe(true)
          expect(tick.t).toBeGreaterThanOrEqual(from)
          expect(tick.t).toBeLessThanOrEqual(from + length)
          if (tick.anchor) anchor = tick.t
          if (tick.label.startsWith('+')) expect(anchor! + Number(read(tick.label))).toBe(tick.t)
          else expect(read(tick.label) - epoch).toBe(BigInt(tick.t))
        }
        if (axis.anchor) {
          expect(axis.anchor.t).toBeLessThanOrEqual(from)
          expect(read(axis.anchor.label) - epoch).toBe(BigInt(axis.anchor.t))
        }
      }),
    )
  })
  it('leaves each label its room, and fills the view', () => {
    fc.assert(
      fc.property(cases, ({ from, length, width, epoch }) => {
        const axis = axisOf(view(from, length, width), String(epoch), 'ns')
        const pixels = (axis.step / length) * width
        expect(pixels).toBeGreaterThanOrEqual(103)
        if (axis.step > 1) expect(pixels).toBeLessThanOrEqual(261)
        expect(axis.minor.every((t) => t >= from && t <= from + length)).toBe(true)
      }),
    )
  })
})

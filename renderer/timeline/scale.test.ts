import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sessionTime } from '../../workers/units.js'
import { bufferedWindow, lengthOf, PIXELS_PER_UNIT_MAX, timeAt, withAir, xOf, zoomAt, type Scale } from './scale.js'

const view = (from: number, to: number, width: number): Scale => ({
  from: sessionTime(from),
  to: sessionTime(to),
  width,
})
const views = fc
  .tuple(fc.integer({ min: 0, max: 1e13 }), fc.integer({ min: 50, max: 1e12 }), fc.integer({ min: 100, max: 4000 }))
  .map(([from, length, width]) => view(from, from + length, width))

describe('scale', () => {
  it('tells neighbouring ns apart 10^13 ns from the epoch', () => {
    const s = view(1e13, 1e13 + 50, 1000)
    expect(xOf(s, 1e13 + 1) - xOf(s, 1e13)).toBe(20)
    expect(xOf(s, 1e13 + 49)).toBe(980)
  })
  it('comes back from pixels to times', () => {
    fc.assert(
      fc.property(views, fc.double({ min: 0, max: 1, noNaN: true }), (s, share) => {
        const x = share * s.width
        expect(Math.abs(xOf(s, timeAt(s, x)) - x)).toBeLessThan(0.1)
      }),
    )
  })
  it('keeps the place under the pointer while zooming', () => {
    fc.assert(
      fc.property(
        views,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        (s, share, factor) => {
          const t = timeAt(s, share * s.width)
          const next = { ...zoomAt(s, t, factor), width: s.width }
          expect(Math.abs(xOf(next, t) - share * s.width)).toBeLessThan(0.5)
        },
      ),
    )
  })
  it('stops at its deepest zoom', () => {
    const next = zoomAt(view(1000, 1100, 1000), 1050, 1e-6)
    expect(next.to - next.from).toBe(1000 / PIXELS_PER_UNIT_MAX)
  })
  it('measures pixels as time', () => expect(lengthOf(view(0, 500, 100), 6)).toBe(30))
  it('gives a range air at both ends', () =>
    expect(withAir({ from: sessionTime(100), to: sessionTime(200) })).toEqual({ from: 95, to: 205 }))
})

const grain = (w: Scale) => (w.to - w.from) / w.width

describe('window to ask for', () => {
  it('holds the view with half a view on each side, never coarser than the screen', () => {
    fc.assert(
      fc.property(views, (s) => {
        const w = bufferedWindow(s)
        const length = s.to - s.from
        expect(w.from).toBeLessThanOrEqual(s.from - length * 0.49)
        expect(w.to).toBeGreaterThanOrEqual(s.to + length * 0.49)
        expect(grain(w)).toBeLessThanOrEqual((length / s.width) * 1.0001)
        expect(grain(w)).toBeGreaterThan(length / s.width / 2.0001)
      }),
    )
  })
  it('has whole pixels of a power of two that stay put while panning', () => {
    const a = bufferedWindow(view(1000, 11_000, 1000))
    const b = bufferedWindow(view(1333, 11_333, 1000))
    expect(grain(a)).toBe(8)
    expect(grain(b)).toBe(8)
    expect(Number.isInteger(a.from / 8)).toBe(true)
    expect(Number.isInteger(b.from / 8)).toBe(true)
  })
})

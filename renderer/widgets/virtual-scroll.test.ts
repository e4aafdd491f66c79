import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  elementHeight,
  fromScrollTop,
  maxElementHeight,
  maxTop,
  topToShow,
  toScrollTop,
  visibleRows,
} from './virtual-scroll.js'

const sizes = fc.record({
  rows: fc.integer({ min: 0, max: 200_000_000 }),
  rowHeight: fc.constantFrom(16, 20, 22, 28),
  viewport: fc.integer({ min: 0, max: 2000 }),
})

describe('scrolling', () => {
  it('never makes an element taller than the limit', () => {
    fc.assert(
      fc.property(sizes, (s) => {
        expect(elementHeight(s)).toBeLessThanOrEqual(maxElementHeight)
      }),
    )
  })
  it('comes back to the same row from the scrollbar', () => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (s, where) => {
        const top = where * maxTop(s)
        expect(Math.abs(fromScrollTop(toScrollTop(top, s), s) - top)).toBeLessThan(0.01)
      }),
    )
  })
  it('reaches the last row at the scrollbar’s end', () => {
    const s = { rows: 15_706_545, rowHeight: 22, viewport: 300 }
    const top = fromScrollTop(elementHeight(s) - s.viewport, s)
    expect(visibleRows(top, s)[1]).toBe(s.rows)
    expect(fromScrollTop(0, s)).toBe(0)
  })
  it('leaves short lists alone', () => {
    const s = { rows: 100, rowHeight: 22, viewport: 300 }
    expect(toScrollTop(517, s)).toBe(517)
    expect(fromScrollTop(99_999, s)).toBe(maxTop(s))
    expect(maxTop({ ...s, rows: 3 })).toBe(0)
  })
})

describe('rows', () => {
  const s = { rows: 1000, rowHeight: 20, viewport: 200 }
  it('counts rows cut by the edges', () => {
    expect(visibleRows(10, s)).toEqual([0, 11])
    expect(visibleRows(20, s)).toEqual([1, 11])
    expect(visibleRows(20, s, 3)).toEqual([0, 14])
  })
  it('moves as little as it can, and centres what is far', () => {
    expect(topToShow(5, 0, s)).toBe(0)
    expect(topToShow(10, 0, s)).toBe(20)
    expect(topToShow(4, 100, s)).toBe(80)
    expect(topToShow(500, 0, s)).toBe(500 * 20 - 100)
    expect(topToShow(10, 5, { ...s, viewport: 190 })).toBe(40)
    expect(topToShow(999, 0, s)).toBe(maxTop(s))
  })
})

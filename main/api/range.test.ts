import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRange } from './range.js'

describe('Range header', () => {
  test.each([
    ['bytes=0-9', 100, { start: 0, end: 9 }],
    ['bytes=90-', 100, { start: 90, end: 99 }],
    ['bytes=90-500', 100, { start: 90, end: 99 }],
    ['bytes=-10', 100, { start: 90, end: 99 }],
    ['bytes=-500', 100, { start: 0, end: 99 }],
    ['bytes=100-', 100, 'unsatisfiable'],
    ['bytes=-0', 100, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-5', 0, 'unsatisfiable'],
    ['bytes=9-5', 100, null],
    ['bytes=-', 100, null],
    ['bytes=0-1,3-4', 100, null],
    ['lines=0-1', 100, null],
    ['', 100, null],
    [null, 100, null],
  ])('%s of %i bytes', (header, size, expected) => {
    expect(parseRange(header, size)).toEqual(expected)
  })

  test('a range never leaves the file', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 2 ** 40 }), (a, b, size) => {
        const range = parseRange(`bytes=${a}-${b}`, size)
        const expected = b < a ? null : a >= size ? 'unsatisfiable' : { start: a, end: Math.min(b, size - 1) }
        expect(range).toEqual(expected)
      }),
    )
  })
})

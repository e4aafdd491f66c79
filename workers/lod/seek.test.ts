import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seek } from './seek.js'

it('finds the first that is not less, wherever it begins to look', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(50), { maxLength: 40 }),
      fc.nat(52),
      fc.integer({ min: -3, max: 45 }),
      fc.nat(40),
      fc.nat(40),
      (values, x, guess, a, b) => {
        const t = values.toSorted((p, q) => p - q)
        const [lo, hi] = [Math.min(a, b, t.length), Math.min(Math.max(a, b), t.length)]
        const looked: number[] = []
        const time = (i: number): number => {
          looked.push(i)
          return t[i]!
        }
        let expected = lo
        while (expected < hi && t[expected]! < x) expected++
        expect(seek(time, lo, hi, x, guess)).toBe(expected)
        expect(looked.every((i) => i >= lo && i < hi)).toBe(true)
      },
    ),
  )
})

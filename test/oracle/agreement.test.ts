import { expect, it } from 'vitest'
import { compareLines } from './agreement.js'

it('counts what agrees and shows what does not', () => {
  expect(compareLines(['a', 'b'], ['a', 'b'])).toEqual({ agree: 2, total: 2, differences: [] })
  expect(compareLines(['a', 'x', 'c'], ['a', 'b', 'c'])).toMatchObject({ agree: 2, total: 3 })
  expect(compareLines(['a', 'c', 'd'], ['a', 'b', 'c', 'd'])).toMatchObject({ agree: 3, total: 4 })
  expect(compareLines(['a', 'b', 'c'], ['c'])).toEqual({
    agree: 1,
    total: 3,
    differences: [{ ours: 'a', theirs: 'c' }],
  })
  expect(compareLines([], [])).toMatchObject({ agree: 0, total: 0 })
})

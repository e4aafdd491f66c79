import { expect, test } from 'vitest'
import { cpusOf } from './trim.js'

test('CPUs are numbers and ranges of those that there are', () => {
  const all = [0, 1, 2, 3, 8]
  expect(cpusOf('', all)).toEqual(all)
  expect(cpusOf(' 0, 2-3 ', all)).toEqual([0, 2, 3])
  expect(cpusOf('2 - 100', all)).toEqual([2, 3, 8])
  for (const wrong of ['x', '1,', '-1', '3-', '7', '5-6']) expect(cpusOf(wrong, all)).toBe(null)
})

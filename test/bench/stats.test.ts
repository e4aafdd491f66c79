import { expect, it } from 'vitest'
import { median, quantile, table, write } from './stats.js'

it('takes medians and quantiles', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(quantile([5, 1, 4, 2, 3], 0.95)).toBe(5)
  expect(
    quantile(
      Array.from({ length: 100 }, (_, i) => i + 1),
      0.95,
    ),
  ).toBe(95)
  expect(quantile([], 0.95)).toBeNaN()
})

it('writes a table', () => {
  expect(write.count(3214418)).toBe('3 214 418')
  expect(
    table([
      ['a', '1'],
      ['bbb', '22'],
    ]),
  ).toBe('a      1\nbbb   22')
})

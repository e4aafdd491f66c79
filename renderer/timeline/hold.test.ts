import { expect, it } from 'vitest'
import { holdAt } from './hold.js'

it.each([
  [103, 'left'],
  [297, 'right'],
  [200, 'inside'],
  [50, 'outside'],
  [310, 'outside'],
] as const)('a press at %d on a window of 100..300 takes hold of its %s', (x, hold) =>
  expect(holdAt(x, 100, 300)).toBe(hold),
)
it('only moves a window that is too narrow for edges', () => {
  expect(holdAt(100, 100, 104)).toBe('inside')
  expect(holdAt(108, 100, 104)).toBe('inside')
  expect(holdAt(120, 100, 104)).toBe('outside')
})

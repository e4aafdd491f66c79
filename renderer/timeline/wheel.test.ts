import { describe, expect, it } from 'vitest'
import { wheelFactor } from './wheel.js'

describe('wheel', () => {
  it('comes nearer upwards and back downwards by the same factor', () => {
    for (const delta of [3, 53, 100, 120]) {
      expect(wheelFactor(-delta, 0)).toBeLessThan(1)
      expect(wheelFactor(-delta, 0) * wheelFactor(delta, 0)).toBeCloseTo(1)
    }
  })
  it('takes a notch in lines for one in pixels', () => expect(wheelFactor(3, 1)).toBeCloseTo(wheelFactor(99, 0)))
  it('never leaps', () => expect(wheelFactor(5000, 0)).toBeLessThan(3))
})

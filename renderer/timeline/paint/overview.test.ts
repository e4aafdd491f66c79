import { describe, expect, it } from 'vitest'
import { barHeight } from './overview.js'

describe('bars of the overview', () => {
  it('leave empty columns empty, make single events visible, and fill at the most', () => {
    expect(barHeight(0, 1000)).toBe(0)
    expect(barHeight(0, 0)).toBe(0)
    expect(barHeight(1, 1_000_000)).toBeGreaterThan(0.1)
    expect(barHeight(1000, 1000)).toBe(1)
  })
  it('grow with the count', () => {
    const heights = [1, 2, 10, 100, 999, 1000].map((n) => barHeight(n, 1000))
    expect(heights).toEqual([...heights].sort((a, b) => a - b))
    expect(new Set(heights).size).toBe(heights.length)
  })
})

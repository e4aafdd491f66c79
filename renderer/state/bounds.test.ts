import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundRuns, boundsAt } from './bounds.js'

const p = (t: number, lower: number, upper: number) => ({ t, lower, upper })
const points = [p(0, -1, 1), p(10, -3, 2), p(20, 5, 9), p(30, 6, 8)]
const step = { from: 10, to: 20 }

describe('boundRuns', () => {
  it('cuts where the clock steps', () => {
    expect(boundRuns(points, [step]).map((r) => r.map((q) => q.t))).toEqual([
      [0, 10],
      [20, 30],
    ])
    expect(boundRuns(points)).toEqual([points])
  })
  it('leaves out what has no bound', () => {
    expect(boundRuns([p(0, -Infinity, 1), p(5, 0, 1)])).toEqual([[p(5, 0, 1)]])
    expect(boundRuns([])).toEqual([])
  })
})

describe('boundsAt', () => {
  const runs = boundRuns(points, [step])
  it('lies on the straight line between two points', () => {
    expect(boundsAt(runs, 5)).toEqual({ lower: -2, upper: 1.5 })
    expect(boundsAt(runs, 30)).toEqual({ lower: 6, upper: 8 })
  })
  it('covers both sides of a step', () => expect(boundsAt(runs, 15)).toEqual({ lower: -3, upper: 9 }))
  it('states nothing beyond the points', () => {
    expect(boundsAt(runs, -1)).toBeNull()
    expect(boundsAt(runs, 31)).toBeNull()
    expect(boundsAt([], 0)).toBeNull()
  })
  it('never leaves the range of the neighbouring points', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 30, noNaN: true }), (t) => {
        const at = boundsAt(runs, t)!
        const near = points.filter((q) => Math.abs(q.t - t) <= 10)
        expect(at.lower).toBeGreaterThanOrEqual(Math.min(...near.map((q) => q.lower)))
        expect(at.upper).toBeLessThanOrEqual(Math.max(...near.map((q) => q.upper)))
        expect(at.lower).toBeLessThanOrEqual(at.upper)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sessionTime } from '../../../workers/units.js'
import { badgesOf, inBadge, runsOf, uncovered, VEIL, type HopSpot } from './chain.js'
import { contrast, mix, taskColour, textOn } from './colour.js'
import { paintTheme } from './theme.js'

const scale = { from: sessionTime(0), to: sessionTime(1000), width: 1000 }
const spot = (index: number, x: number, y = 20): HopSpot => ({ index, number: index + 1, x, y, certain: true })

describe('a chain over the rows', () => {
  it('covers everything but the parts and a little air', () => {
    expect(uncovered([], scale)).toEqual([[0, 1000]])
    expect(uncovered([{ from: 100, to: 200 }], scale)).toEqual([
      [0, 94],
      [206, 1000],
    ])
    expect(uncovered([{ from: -50, to: 2000 }], scale)).toEqual([])
  })
  it('covers nothing twice and no part', () => {
    const part = fc.tuple(fc.integer({ min: -200, max: 1200 }), fc.integer({ min: 0, max: 300 }))
    fc.assert(
      fc.property(fc.array(part), (list) => {
        const parts = list.map(([from, length]) => ({ from, to: from + length })).sort((a, b) => a.from - b.from)
        let x = 0
        for (const [a, b] of uncovered(parts, scale)) {
          expect(a).toBeGreaterThanOrEqual(x)
          expect(b).toBeGreaterThan(a)
          for (const p of parts) expect(p.to <= a || p.from >= b).toBe(true)
          x = b
        }
        expect(x).toBeLessThanOrEqual(1000)
      }),
    )
  })

  it('writes numbers that follow one another as a run', () => {
    expect(runsOf([5, 3, 4, 1])).toBe('1, 3–5')
    expect(runsOf([2, 1])).toBe('1, 2')
  })

  it('gives hops that lie close together on a row one badge, others their own', () => {
    const badges = badgesOf([spot(0, 100), spot(1, 106), spot(2, 300), spot(3, 104, 60)])
    expect(badges.map((b) => b.text).sort()).toEqual(['1, 2', '3', '4'])
    const all = badges.flatMap((b) => b.hops).sort()
    expect(all).toEqual([0, 1, 2, 3])
    const near = badges.find((b) => b.hops.length === 2)!
    expect(inBadge(near, near.x, near.y)).toBe(true)
    expect(inBadge(near, 300, near.y)).toBe(false)
  })

  it('leaves the labels of what it dims legible, and dims it', () => {
    for (const dark of [true, false]) {
      const { background } = paintTheme(dark, () => '')
      const dimmed = Array.from({ length: 400 }, (_, i) => {
        const fill = taskColour(`task ${i}`, dark, 'muted', background)
        const [under, text] = [mix(fill, background, VEIL), mix(textOn(fill), background, VEIL)]
        return { legible: contrast(under, text), less: contrast(under, background) / contrast(fill, background) }
      })
      expect(Math.min(...dimmed.map((d) => d.legible))).toBeGreaterThan(2.5)
      expect(dimmed.reduce((sum, d) => sum + d.legible, 0) / dimmed.length).toBeGreaterThan(3)
      expect(Math.max(...dimmed.map((d) => d.less))).toBeLessThan(0.75)
    }
  })
})

import { expect, it } from 'vitest'
import { normalQuantile } from './normal.js'
import { boxOf, densityOf, domainOf, jitter, normalPairs, quantilePairs } from './shapes.js'

const s = Float64Array.from({ length: 101 }, (_, i) => i)

it('normal quantiles are those of the tables', () => {
  for (const [p, z] of [
    [0.5, 0],
    [0.975, 1.959963985],
    [0.025, -1.959963985],
    [0.001, -3.090232306],
    [0.84134474606854, 1],
  ] as const) {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-8)
  }
})

it('a box has quartiles, and whiskers that stop before outliers', () => {
  expect(boxOf(s)).toEqual({ low: 0, q1: 25, median: 50, q3: 75, high: 100 })
  expect(boxOf(Float64Array.from([1, 2, 3, 4, 100])).high).toBe(4)
  expect(boxOf(Float64Array.from([7]))).toEqual({ low: 7, q1: 7, median: 7, q3: 7, high: 7 })
})

it('a density peaks where the values are, and says nothing of few or of equal ones', () => {
  const two = Float64Array.from([
    ...Array.from({ length: 50 }, (_, i) => i / 50),
    ...Array.from({ length: 5 }, (_, i) => 9 + i / 50),
  ])
  const d = densityOf(two, [-1, 10])
  expect(d.find((p) => p.y === 1)!.x).toBeLessThan(2)
  expect(densityOf(Float64Array.from([1, 2]), [0, 3])).toEqual([])
  expect(densityOf(new Float64Array(20).fill(3), [0, 5])).toEqual([])
})

it('the domain holds all, or the middle', () => {
  const tail = Float64Array.from([...s, 1e6])
  expect(domainOf([tail], true)[1]).toBeGreaterThan(1e6)
  expect(domainOf([tail], false)[1]).toBeLessThan(200)
  expect(domainOf([], true)).toEqual([0, 1])
  const [low, high] = domainOf([Float64Array.from([5])], true)
  expect([low < 5, high > 5]).toEqual([true, true])
})

it('quantiles of equal samples lie on the diagonal', () => {
  for (const p of quantilePairs(s, s)) expect(p.x).toBeCloseTo(p.y, 9)
  expect(quantilePairs(s, Float64Array.from([3]))).toEqual([{ x: 50, y: 3, index: 0 }])
  const n = normalPairs(s)
  expect(n[50]!.x).toBeCloseTo(0, 9)
  expect(n[0]!.x).toBeCloseTo(-n[100]!.x, 9)
})

it('scatter stays in its row', () => {
  for (let i = 0; i < 1000; i++) expect(Math.abs(jitter(i))).toBeLessThanOrEqual(1)
})

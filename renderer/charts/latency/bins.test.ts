import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binPlace, binTicks, limitsOf, shownBins, strength } from './bins.js'

const edges = [0, 64, 128, 256, 512, 1024]

describe('bins of latencies', () => {
  it('shows those that hold something, with one of air', () => {
    expect(shownBins([0, 0, 3, 0, 0])).toEqual([1, 4])
    expect(shownBins([1, 0, 0, 0, 2])).toEqual([0, 5])
    expect(shownBins([0, 0, 0, 0, 0])).toEqual([0, 5])
  })
  it('finds the place of a latency: edges lie at whole numbers', () => {
    for (const [i, e] of edges.entries()) expect(binPlace(edges, e)).toBe(i)
    expect(binPlace(edges, 96)).toBe(1.5)
    expect(binPlace(edges, 1e9)).toBe(5)
  })
  it('places never fall as latencies rise', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), (a, b) =>
        a <= b ? binPlace(edges, a) <= binPlace(edges, b) : binPlace(edges, a) >= binPlace(edges, b),
      ),
    )
  })
  it('writes powers of ten', () => {
    expect(binTicks(edges, 0, 5)).toEqual([1, 10, 100, 1000])
    expect(binTicks(edges, 1, 4)).toEqual([100])
  })
  it('limits to whole bins, in either direction', () => {
    expect(limitsOf(edges, 1, 2)).toEqual([64, 255])
    expect(limitsOf(edges, 2, 1)).toEqual([64, 255])
    expect(limitsOf(edges, 0, 0)).toEqual([0, 63])
  })
  it('shows one beside a million', () => {
    expect(strength(0, 1e6)).toBe(0)
    expect(strength(1, 1e6)).toBeGreaterThan(0.1)
    expect(strength(1e6, 1e6)).toBe(1)
    expect(strength(1, 1)).toBe(1)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { betaRange, boundsAt, feasibleRegion, turn, type Points } from './hull.js'

const points = (...p: readonly (readonly [number, number])[]): Points => ({
  x: p.map((q) => q[0]),
  y: p.map((q) => q[1]),
  n: p.length,
})

const brackets = [
  [1000, 1100],
  [1200, 1300],
  [5000, 5100],
  [9000, 9100],
]
const guests = [
  [101010, 101090],
  [101220, 101280],
  [105005, 105095],
  [109030, 109090],
]
const lowerOf = points(...brackets.map((b, i) => [guests[i]![0]!, b[0]! - guests[i]![0]!] as const))
const upperOf = points(...brackets.map((b, i) => [guests[i]![1]!, b[1]! - guests[i]![1]!] as const))

/** Oracle: bounds by vertex enumeration over all pairs of constraints. */
const enumerate = (lo: Points, up: Points, max: number, at: number): readonly [number, number] | null => {
  const lines = [
    ...Array.from({ length: lo.n }, (_, i) => ({ x: lo.x[i]!, y: lo.y[i]! })),
    ...Array.from({ length: up.n }, (_, i) => ({ x: up.x[i]!, y: up.y[i]! })),
  ]
  let min = Infinity
  let most = -Infinity
  const consider = (delta: number, beta: number): void => {
    if (Math.abs(delta) > max + 1e-15) return
    for (let k = 0; k < lo.n; k++) if (delta * lo.x[k]! + beta < lo.y[k]! - 1e-6) return
    for (let k = 0; k < up.n; k++) if (delta * up.x[k]! + beta > up.y[k]! + 1e-6) return
    min = Math.min(min, delta * at + beta)
    most = Math.max(most, delta * at + beta)
  }
  lines.forEach((a, i) => {
    for (const d of [-max, max]) consider(d, a.y - d * a.x)
    for (const b of lines.slice(i + 1)) {
      if (a.x !== b.x) consider((b.y - a.y) / (b.x - a.x), a.y - ((b.y - a.y) / (b.x - a.x)) * a.x)
    }
  })
  return min > most ? null : [min, most]
}

describe('feasible region', () => {
  it('bounds a constant offset by four brackets', () => {
    const r = feasibleRegion(lowerOf, upperOf, 0)
    expect(r.status).toBe('bounded')
    expect(betaRange(r)).toEqual([-100005, -99995])
  })

  it('bounds offset and drift by four brackets', () => {
    const r = feasibleRegion(lowerOf, upperOf)
    expect(r.delta[0] * 1e6).toBeCloseTo(-3831.4176, 3)
    expect(r.delta[1] * 1e6).toBeCloseTo(2475.2475, 3)
    const [lo, hi] = boundsAt(r, 101010)
    expect(lo).toBeCloseTo(-100010, 4)
    expect(hi).toBeCloseTo(-99989.69349, 4)
    const [lo2, hi2] = boundsAt(r, 109090)
    expect(lo2).toBeCloseTo(-100020.65134, 4)
    expect(hi2).toBeCloseTo(-99990, 4)
  })

  const low = points([1, 1], [3, 2], [5, 4], [6, 4])
  it('gives slope, intercept and midpoint of eight points', () => {
    const r = feasibleRegion(low, points([1, 3], [3, 5], [4, 8], [6, 7]))
    expect(r.delta[0]).toBeCloseTo(0.25, 12)
    expect(r.delta[1]).toBeCloseTo(1.2, 12)
    expect(betaRange(r)[0]).toBeCloseTo(-0.2, 12)
    expect(betaRange(r)[1]).toBeCloseTo(2.75, 12)
  })

  it('recognises a contradiction and how far it goes', () => {
    const r = feasibleRegion(low, points([1, 3], [3, 5], [4, 8], [6, 7], [7, 4]))
    expect(r.status).toBe('empty')
    expect(r.slack).toBeGreaterThan(0)
    const relaxed = (s: number) =>
      feasibleRegion(
        { ...low, y: [...low.y].map((y) => y - s) },
        { x: [1, 3, 4, 6, 7], y: [3, 5, 8, 7, 4].map((y) => y + s), n: 5 },
      ).status
    expect(relaxed(r.slack * 1.001)).toBe('bounded')
    expect(relaxed(r.slack * 0.999)).toBe('empty')
  })

  it('does not make up a midpoint from one side', () => {
    expect(feasibleRegion(low, points()).status).toBe('one-sided')
    expect(feasibleRegion(points(), low).status).toBe('one-sided')
    expect(feasibleRegion(points(), points()).status).toBe('none')
    expect(boundsAt(feasibleRegion(low, points()), 3)).toEqual([-Infinity, Infinity])
  })

  it('decides turns that doubles cannot', () => {
    const big = 2 ** 50
    expect(turn(0, 0, big, big - 1, 2 * big, 2 * big - 2)).toBe(0)
    expect(turn(0, 0, big + 1, big, 2 * big + 2, 2 * big + 1)).toBe(1)
    expect(turn(0, 0, big + 1, big, 2 * big + 2, 2 * big - 1)).toBe(-1)
  })

  const side = fc.array(fc.tuple(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 0, max: 3000 })), {
    minLength: 1,
    maxLength: 12,
  })
  it('equals the linear program', () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: -500_000, max: 1_500_000 }), (l, u, at) => {
        const lo = points(...l)
        const up = points(...u.map(([x, y]) => [x, y + 2500] as const))
        const r = feasibleRegion(lo, up, 1e-2)
        const truth = enumerate(lo, up, 1e-2, at)
        // Touching sets are a matter of rounding; everything else must agree.
        if (truth === null || r.status !== 'bounded') return truth === null || r.slack < 1e-3
        const [a, b] = boundsAt(r, at)
        expect(a).toBeCloseTo(truth[0], 3)
        expect(b).toBeCloseTo(truth[1], 3)
        return true
      }),
      { numRuns: 1000 },
    )
  })

  it('names constraints that contradict one another by themselves', () => {
    let met = 0
    fc.assert(
      fc.property(side, side, (l, u) => {
        const r = feasibleRegion(points(...l), points(...u), 1e-2)
        if (r.status !== 'empty') return r.conflict.lower.length + r.conflict.upper.length === 0
        met++
        const { lower, upper } = r.conflict
        expect(Math.min(lower.length, upper.length)).toBeGreaterThan(0)
        expect(lower.length + upper.length).toBeLessThanOrEqual(4)
        const alone = feasibleRegion(points(...lower.map((i) => l[i]!)), points(...upper.map((i) => u[i]!)), 1e-2)
        expect(alone.status).toBe('empty')
        return true
      }),
      { numRuns: 500 },
    )
    expect(met).toBeGreaterThan(100)
  })

  it('never widens when constraints are added', () => {
    fc.assert(
      fc.property(side, side, side, fc.integer({ min: 0, max: 1_000_000 }), (l, u, more, at) => {
        const up = u.map(([x, y]) => [x, y + 3000] as const)
        const before = feasibleRegion(points(...l), points(...up), 1e-3)
        const after = feasibleRegion(points(...l, ...more.map(([x, y]) => [x, y - 500] as const)), points(...up), 1e-3)
        fc.pre(before.status === 'bounded' && after.status === 'bounded')
        const a = boundsAt(before, at)
        const b = boundsAt(after, at)
        expect(b[0]).toBeGreaterThanOrEqual(a[0] - 1e-6)
        expect(b[1]).toBeLessThanOrEqual(a[1] + 1e-6)
      }),
    )
  })
})

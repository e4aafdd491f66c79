import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differences, percentileInterval, resample } from './bootstrap.js'
import { brownForsythe, deltaWord, hodgesLehmann, kolmogorovSmirnov, mannWhitney, tost } from './compare.js'
import { chiSquare, fisher, jensenShannon, permutation, totalVariation } from './counts.js'
import { deviation, figures, mean, median, medianDeviation, quantile, sorted, tieShare } from './describe.js'
import { benjaminiHochberg, holm } from './multiple.js'
import { maskedFrom, robust, threeSigma, within } from './outliers.js'
import { Random } from './random.js'
import { varianceShares } from './shares.js'

const numbers = (min = 1, max = 60) => fc.array(fc.integer({ min: -50, max: 50 }), { minLength: min, maxLength: max })
const middle = (values: readonly number[]): number => {
  const s = values.toSorted((a, b) => a - b)
  return (s[(s.length - 1) >> 1]! + s[s.length >> 1]!) / 2
}

describe('figures', () => {
  it('equal their definitions', () => {
    fc.assert(
      fc.property(numbers(), (values) => {
        const s = sorted(values)
        expect(median(s)).toBe(middle(values))
        expect(medianDeviation(s)).toBe(middle(values.map((x) => Math.abs(x - middle(values)))))
        expect(quantile(s, 0)).toBe(Math.min(...values))
        expect(quantile(s, 1)).toBe(Math.max(...values))
        expect(tieShare(s)).toBe(values.filter((x) => values.filter((y) => y === x).length > 1).length / values.length)
      }),
    )
  })

  it('lose no digits of large times', () => {
    const s = sorted([1e15 + 1, 1e15 + 2, 1e15 + 3])
    expect([mean(s), deviation(s), medianDeviation(s)]).toEqual([1e15 + 2, 1, 1])
  })

  it('of one value and of none say so', () => {
    expect(figures(sorted([7]))).toMatchObject({ n: 1, mean: 7, median: 7, mad: 0, sd: Number.NaN, ties: 0 })
    expect(figures(sorted([]))).toMatchObject({ n: 0, mean: Number.NaN, median: Number.NaN, min: Number.NaN })
  })
})

describe('outliers', () => {
  it('cannot be told among nine by three s, and can among ten', () => {
    const nine = sorted([1, 2, 3, 4, 5, 6, 7, 8, 1e9])
    const ten = sorted([1, 2, 3, 4, 5, 6, 7, 8, 9, 1e9])
    expect(threeSigma(nine)).toEqual({ low: null, high: null, rejected: 0 })
    expect(threeSigma(ten).rejected).toBe(1)
    expect([robust(nine).rejected, robust(ten).rejected]).toEqual([1, 1])
    expect(within(ten, threeSigma(ten))).toHaveLength(9)
  })

  it('mask each other: the most that the rule can find is what it finds', () => {
    for (const n of [10, 20, 50, 100]) {
      const with_ = (k: number) => threeSigma(sorted(Array.from({ length: n }, (_, i) => (i < k ? 1e9 : 0)))).rejected
      const most = maskedFrom(n)
      expect(with_(most)).toBe(most)
      expect(with_(most + 1)).toBe(0)
    }
  })

  it('are not told where most values are equal', () => {
    expect(robust(sorted([5, 5, 5, 5, 9]))).toEqual({ low: null, high: null, rejected: 0 })
  })
})

describe('two samples', () => {
  it('have the median of all differences, however many are equal', () => {
    fc.assert(
      fc.property(numbers(1, 90), numbers(1, 90), (a, b) => {
        const all = a.flatMap((x) => b.map((y) => y - x))
        expect(hodgesLehmann(sorted(a), sorted(b))).toBe(middle(all))
      }),
    )
    const same = sorted(Array.from({ length: 300 }, () => 41))
    expect(hodgesLehmann(same, same)).toBe(0)
    const huge = sorted(Array.from({ length: 300 }, (_, i) => 1e15 + (i % 2)))
    expect(hodgesLehmann(huge, huge)).toBe(0)
  })

  it('that are the same do not differ in anything', () => {
    fc.assert(
      fc.property(numbers(2), fc.integer(), (values, seed) => {
        const s = sorted(values)
        expect(mannWhitney(s, s)).toMatchObject({ delta: 0, p: 1 })
        expect(kolmogorovSmirnov(s, s)).toEqual({ statistic: 0, p: 1 })
        expect(brownForsythe([s, s]).p).toBe(1)
        expect(hodgesLehmann(s, s)).toBe(0)
        const counts = values.map(Math.abs)
        const table = { a: counts, b: counts }
        expect(totalVariation(table)).toBe(0)
        expect(jensenShannon(table)).toBe(0)
        expect(chiSquare(table).p).toBe(1)
        expect(permutation(table, 20, new Random(seed))).toBe(1)
      }),
    )
  })

  it('mirror each other when they change places', () => {
    fc.assert(
      fc.property(numbers(2), numbers(2), (x, y) => {
        const [a, b] = [sorted(x), sorted(y)]
        const [there, back] = [mannWhitney(a, b), mannWhitney(b, a)]
        expect(there.delta).toBeCloseTo(-back.delta, 12)
        expect(there.p).toBeCloseTo(back.p, 12)
        expect(hodgesLehmann(a, b)).toBe(0 - hodgesLehmann(b, a))
        expect(kolmogorovSmirnov(a, b).p).toBeCloseTo(kolmogorovSmirnov(b, a).p, 9)
      }),
    )
  })

  it('are equivalent only within a margin', () => {
    const s = sorted(Array.from({ length: 50 }, (_, i) => 1000 + i))
    expect(tost(s, s, 20).p).toBeLessThan(0.001)
    expect(tost(s, s, 1).p).toBeGreaterThan(0.05)
    expect(tost(sorted([5, 5]), sorted([5, 5]), 1).p).toBe(0)
    expect(tost(sorted([5]), sorted([5]), 1).p).toBe(1)
  })

  it('have an effect that is named', () => {
    expect([0.1, -0.2, 0.4, -0.82].map(deltaWord)).toEqual(['negligible', 'small', 'medium', 'large'])
  })
})

describe('counts', () => {
  it('have a p of permutation that agrees with the exact one', () => {
    const table = { a: [42, 18], b: [30, 30] }
    expect(Math.abs(permutation(table, 20_000, new Random(3)) - fisher(table))).toBeLessThan(0.01)
  })

  it('with nothing on one side tell nothing', () => {
    const table = { a: [3, 4], b: [0, 0] }
    expect([
      totalVariation(table),
      jensenShannon(table),
      chiSquare(table).p,
      permutation(table, 9, new Random(1)),
    ]).toEqual([0, 0, 1, 1])
  })
})

describe('the bootstrap', () => {
  const s = sorted(Array.from({ length: 40 }, (_, i) => i * i))

  it('gives the same for the same seed and another for another', () => {
    const draw = (seed: number, name: string) => resample(s, 100, new Random(seed, name))
    expect(draw(5, 'host')).toEqual(draw(5, 'host'))
    expect(draw(5, 'host').median).not.toEqual(draw(6, 'host').median)
    expect(draw(5, 'host').median).not.toEqual(draw(5, 'vm').median)
  })

  it('computes of each resample what its values say', () => {
    fc.assert(
      fc.property(numbers(1, 30), fc.integer(), (values, seed) => {
        const x = sorted(values)
        const got = resample(x, 3, new Random(seed))
        const random = new Random(seed)
        for (let b = 0; b < 3; b++) {
          const drawn = sorted(values.map(() => x[random.below(x.length)]!))
          expect(got.median[b]).toBe(median(drawn))
          expect(got.mad[b]).toBe(medianDeviation(drawn))
          expect(got.mean[b]).toBeCloseTo(mean(drawn), 9)
          if (x.length > 1) expect(got.sd[b]).toBeCloseTo(deviation(drawn), 9)
        }
      }),
    )
  })

  it('covers a difference that is there', () => {
    const [a, b] = [
      resample(s, 500, new Random(1, 'a')).median,
      resample(
        s.map((x) => x + 1000),
        500,
        new Random(1, 'b'),
      ).median,
    ]
    const interval = percentileInterval(differences(a, b), 0.95)!
    expect(interval.low).toBeLessThan(1000)
    expect(interval.high).toBeGreaterThan(1000)
    expect(interval.low).toBeGreaterThan(0)
  })

  it('of one value has no spread to bound', () => {
    const one = resample(sorted([3]), 10, new Random(1))
    expect(percentileInterval(one.median, 0.95)).toEqual({ low: 3, high: 3 })
    expect(percentileInterval(one.sd, 0.95)).toBeNull()
  })
})

it('adjusted p-values keep their order and never fall', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }), (p) => {
      for (const adjust of [holm, benjaminiHochberg]) {
        const adjusted = adjust(p)
        adjusted.forEach((q, i) => {
          expect(q).toBeGreaterThanOrEqual(p[i]! - 1e-15)
          expect(q).toBeLessThanOrEqual(1)
          p.forEach((other, j) => other > p[i]! && expect(adjusted[j]!).toBeGreaterThanOrEqual(q))
        })
      }
    }),
  )
})

it('shares of variance sum to one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000)), { minLength: 2, maxLength: 40 }),
      (runs) => {
        const parts = [0, 1, 2].map((k) => Float64Array.from(runs, (r) => r[k]!))
        const { shares } = varianceShares(parts, 0, 0.95, new Random(1))
        if (shares.length > 0) expect(Math.abs(shares.reduce((n, x) => n + x, 0) - 1)).toBeLessThan(1e-12)
        else expect(new Set(runs.map((r) => r[0] + r[1] + r[2])).size).toBe(1)
      },
    ),
  )
})

it('2000 null comparisons at 5 % are called different in 3.5 to 6.5 % of cases', () => {
  const random = new Random(20250117, 'null')
  const rejected = { mannWhitney: 0, brownForsythe: 0, permutation: 0 }
  const shares = [0.5, 0.3, 0.2]
  const drawn = (n: number): number[] => {
    const counts = [0, 0, 0]
    for (let i = 0; i < n; i++) {
      const u = random.unit()
      counts[u < shares[0]! ? 0 : u < shares[0]! + shares[1]! ? 1 : 2]!++
    }
    return counts
  }
  for (let i = 0; i < 2000; i++) {
    const [a, b] = [30, 40].map((n) => sorted(Array.from({ length: n }, () => 1000 + 100 * random.normal())))
    if (mannWhitney(a!, b!).p < 0.05) rejected.mannWhitney++
    if (brownForsythe([a!, b!]).p < 0.05) rejected.brownForsythe++
    if (permutation({ a: drawn(60), b: drawn(80) }, 199, random) <= 0.05) rejected.permutation++
  }
  for (const [name, count] of Object.entries(rejected)) {
    expect(count / 2000, name).toBeGreaterThan(0.035)
    expect(count / 2000, name).toBeLessThan(0.065)
  }
})

// Everything that scipy computes too, to 1e-6 and mostly to 1e-12. The values come from test/golden/statistics/make.py.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { medianRanks, percentileInterval, resample } from './bootstrap.js'
import { brownForsythe, hodgesLehmann, kolmogorovSmirnov, mannWhitney, tost } from './compare.js'
import { chiSquare, fisher, jensenShannon, totalVariation } from './counts.js'
import { figures, sorted } from './describe.js'
import { benjaminiHochberg, holm } from './multiple.js'
import { Random } from './random.js'
import { varianceShares } from './shares.js'
import { binomialUpTo, chiSquareTail, fTail, kolmogorovTail, normalTail, studentTail } from './special.js'

interface Described {
  readonly mean: number
  readonly sd: number
  readonly median: number
  readonly mad: number
  readonly iqr: number
  readonly skewness: number
  readonly percentiles: readonly number[]
}
interface Golden {
  readonly samples: readonly {
    readonly name: string
    readonly a: readonly number[]
    readonly b: readonly number[]
    readonly figuresA: Described
    readonly figuresB: Described
    readonly mannWhitney: { readonly u: number; readonly p: number }
    readonly delta: number
    readonly hodgesLehmann: number
    readonly brownForsythe: { readonly w: number; readonly p: number }
    readonly kolmogorovSmirnov: { readonly d: number; readonly p: number }
    readonly tost: { readonly margin: number; readonly p: number }
  }[]
  readonly counts: readonly {
    readonly a: readonly number[]
    readonly b: readonly number[]
    readonly totalVariation: number
    readonly jsDistance: number
    readonly jsDivergence: number
    readonly chiSquare: number
    readonly df: number
    readonly p: number
    readonly cramersV: number
    readonly fisher?: number
  }[]
  readonly adjusted: readonly {
    readonly p: readonly number[]
    readonly benjaminiHochberg: readonly number[]
    readonly holm: readonly number[]
  }[]
  readonly tails: Readonly<Record<string, readonly (readonly number[])[]>>
  readonly shares: { readonly parts: readonly (readonly number[])[]; readonly shares: readonly number[] }
  readonly bootstrapRanks: readonly { readonly n: number; readonly ranks: readonly [number, number] }[]
  readonly medianRanks: readonly { readonly n: number; readonly ranks: readonly [number, number] }[]
}
const path = new URL('../../../test/golden/statistics/golden.json', import.meta.url)
const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden

const near = (got: number, want: number): void => {
  expect(Math.abs(got - want), `${got} for ${want}`).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(want)))
}
/** Small p-values must agree in their digits, not only be small. */
const nearTail = (got: number, want: number): void => {
  expect(Math.abs(got - want), `${got} for ${want}`).toBeLessThanOrEqual(1e-9 * want + 1e-300)
}

describe.each(golden.samples)('$name', (g) => {
  const a = sorted(g.a)
  const b = sorted(g.b)

  it('has the figures of numpy', () => {
    for (const [s, want] of [
      [a, g.figuresA],
      [b, g.figuresB],
    ] as const) {
      const got = figures(s)
      for (const key of ['mean', 'sd', 'median', 'mad', 'iqr'] as const) near(got[key], want[key])
      expect(Math.abs(got.skewness - want.skewness)).toBeLessThan(1e-6)
      got.percentiles.forEach((p, i) => near(p, want.percentiles[i]!))
    }
  })

  it('compares as scipy does', () => {
    const mw = mannWhitney(a, b)
    near(mw.statistic, g.mannWhitney.u)
    nearTail(mw.p, g.mannWhitney.p)
    near(mw.delta, g.delta)
    near(hodgesLehmann(a, b), g.hodgesLehmann)
    const bf = brownForsythe([a, b])
    expect(Math.abs(bf.statistic - g.brownForsythe.w)).toBeLessThan(1e-6)
    expect(Math.abs(bf.p - g.brownForsythe.p)).toBeLessThan(1e-6)
    const ks = kolmogorovSmirnov(a, b)
    near(ks.statistic, g.kolmogorovSmirnov.d)
    near(ks.p, g.kolmogorovSmirnov.p)
    expect(Math.abs(tost(a, b, g.tost.margin).p - g.tost.p)).toBeLessThan(1e-6)
  })
})

it('compares counts as scipy does', () => {
  for (const g of golden.counts) {
    near(totalVariation(g), g.totalVariation)
    near(jensenShannon(g), g.jsDivergence)
    near(Math.sqrt(jensenShannon(g)), g.jsDistance)
    const chi = chiSquare(g)
    near(chi.statistic, g.chiSquare)
    expect(chi.df).toBe(g.df)
    nearTail(chi.p, g.p)
    near(chi.cramersV, g.cramersV)
    if (g.fisher !== undefined) near(fisher(g), g.fisher)
  }
})

it('adjusts for many tests', () => {
  for (const g of golden.adjusted) {
    benjaminiHochberg(g.p).forEach((p, i) => near(p, g.benjaminiHochberg[i]!))
    holm(g.p).forEach((p, i) => near(p, g.holm[i]!))
  }
})

it.each<[string, (...args: number[]) => number]>([
  ['normal', normalTail],
  ['chiSquare', chiSquareTail],
  ['student', studentTail],
  ['f', fTail],
  ['binomial', binomialUpTo],
  ['kolmogorov', kolmogorovTail],
])('knows the tails of the %s distribution', (name, tail) => {
  for (const row of golden.tails[name]!) nearTail(tail(...row.slice(0, -1)), row.at(-1)!)
})

it('shares the variance', () => {
  const parts = golden.shares.parts.map((p) => Float64Array.from(p))
  const { shares, intervals } = varianceShares(parts, 200, 0.95, new Random(1))
  shares.forEach((s, i) => near(s, golden.shares.shares[i]!))
  expect(Math.abs(shares.reduce((n, s) => n + s, 0) - 1)).toBeLessThan(1e-12)
  shares.forEach((s, i) => {
    expect(intervals[i]!.low).toBeLessThan(s)
    expect(intervals[i]!.high).toBeGreaterThan(s)
  })
})

it('bounds the median by ranks, whatever the distribution', () => {
  for (const { n, ranks } of golden.medianRanks) {
    expect(medianRanks(n, 0.95)).toEqual({ low: ranks[0], high: ranks[1] })
  }
  expect(medianRanks(5, 0.95)).toBeNull()
  expect(medianRanks(6, 0.95)).toEqual({ low: 1, high: 6 })
})

it.each(golden.bootstrapRanks)('bootstraps the median of $n values to the exact ranks, within one', ({ n, ranks }) => {
  const s = Float64Array.from({ length: n }, (_, i) => i + 1)
  const interval = percentileInterval(resample(s, 20_000, new Random(7)).median, 0.95)!
  expect(Math.abs(interval.low - ranks[0])).toBeLessThanOrEqual(1)
  expect(Math.abs(interval.high - ranks[1])).toBeLessThanOrEqual(1)
})

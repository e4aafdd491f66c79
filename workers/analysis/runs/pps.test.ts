import { describe, expect, it } from 'vitest'
import { FaultList } from '../../fault.js'
import type { Session } from './book.js'
import { offsetsOf } from './offsets.js'
import { alignedTime, edgesOf, fitLine, ppsReport, slopeInterval } from './pps.js'

const session = (
  environment: string,
  epoch: number,
  edges: readonly (readonly [number | null, number])[],
): Session => ({
  environment,
  session: 's',
  epoch,
  runs: 0,
  metadata: new Map(),
  edges: edges.map(([number, time], i) => ({ number, time, place: { file: 'p.csv', line: i + 2 } })),
})
const seconds = (numbers: readonly number[], more: (k: number) => number = () => 0, numbered = true) =>
  numbers.map((k) => [numbered ? k : null, k * 1e9 + more(k)] as const)
const range = (n: number) => Array.from({ length: n }, (_, i) => i)
const edges = (s: Session, faults = new FaultList()) => edgesOf(s, faults)!

describe('a pulse per second', () => {
  it('tells rate, residuals and lost edges, numbered or not', () => {
    const wobble = (k: number) => 2000 * k + (k % 2 ? 50 : -50)
    for (const numbered of [true, false]) {
      const kept = range(60).filter((k) => k !== 20 && k !== 21 && k !== 40)
      const p = ppsReport(edges(session('host', 0, seconds(kept, wobble, numbered))), [])
      expect(p.lost.map((l) => l.edge)).toEqual([20, 21, 40])
      expect(p.lost[0]!.after).toBe(String(19e9 + wobble(19)))
      expect(Math.abs(p.ppm - 2)).toBeLessThan(0.01)
      expect(p.residualMax).toBeLessThan(60)
      expect(p.numbered).toBe(numbered)
    }
  })

  it('names edges that are none', () => {
    const faults = new FaultList()
    const all = [...seconds(range(10)), [10, 10.3e9] as const, [11, 11e9] as const, [11, 11e9 + 5] as const]
    const e = edges(session('host', 0, all), faults)
    expect(e.number).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11])
    expect(faults.list.map((f) => f.message)).toEqual([
      'Line 12 is no edge of the pulse: it comes 1.300000 s after the one before for 1 by their numbers; it is left out.',
      'Line 14 is no edge of the pulse: it comes 0.000000 s after the one before for 0 by their numbers; it is left out.',
    ])
    expect(edgesOf(session('host', 0, seconds([0, 1])), faults)).toBeNull()
  })

  it('aligns a time between two edges, and none within a gap or beyond them', () => {
    const e = edges(
      session(
        'host',
        0,
        seconds([3, 4, 6, 7], (k) => k * 1e6),
      ),
    )
    expect(alignedTime(e, 3.5e9 + 3.5e6)).toEqual({ edge: 3, ns: 5e8 })
    expect([alignedTime(e, 5e9), alignedTime(e, 1e9), alignedTime(e, 9e9)]).toEqual([null, null, null])
  })
})

describe('the offset of two clocks', () => {
  const host = edges(
    session(
      'host',
      1000,
      seconds(range(40), (k) => (k % 3) * 10),
    ),
  )

  it('is exact over epochs, and constant where nothing drifts', () => {
    const vm = edges(
      session(
        'vm',
        7_000_000_000,
        seconds(range(40), (k) => 111_000_000 + (k % 3) * 10),
      ),
    )
    const [o] = offsetsOf([host, vm], [])
    expect(o).toMatchObject({
      by: 'PPS',
      n: 40,
      offset: String((7_000_000_000n - 1000n) * 1_000_000_000n + 111_000_000n),
      constant: true,
    })
  })

  it('drifts where it does', () => {
    const vm = edges(
      session(
        'vm',
        1000,
        seconds(range(40), (k) => 500 * k + (k % 2) * 40),
      ),
    )
    const [o] = offsetsOf([host, vm], [])
    expect(o!.constant).toBe(false)
    expect(Math.abs(o!.drift!.ppm - 0.5)).toBeLessThan(0.01)
    expect(o!.sentence).toContain('drifts by 0.5')
  })

  it('without numbers is known up to whole seconds, and says so', () => {
    const vm = edges(
      session(
        'vm',
        1000,
        seconds(range(40), () => 1_111_000_000, false),
      ),
    )
    const [o] = offsetsOf([host, vm], [])
    expect(o!.moduloSecond).toBe(true)
    expect(Math.abs(Number(o!.offset) - 111_000_000)).toBeLessThan(30)
    expect(o!.sentence).toContain('up to whole seconds, because the edges are not numbered')
  })
})

it('a line through points has the slope and the interval of the textbook', () => {
  const line = fitLine([0, 1, 2, 3, 4], [1, 3, 4, 8, 9])
  expect(line.slope).toBeCloseTo(2.1, 12)
  // scipy.stats.linregress: stderr 0.2516611478423584; t(0.975, 3) = 3.182446305284263
  expect(line.slopeError).toBeCloseTo(0.2516611478423584, 12)
  const interval = slopeInterval(line, 5, 0.95)!
  expect(interval.high - line.slope).toBeCloseTo(0.2516611478423584 * 3.182446305284263, 9)
  expect(slopeInterval(fitLine([0, 1], [0, 1]), 2, 0.95)).toBeNull()
})

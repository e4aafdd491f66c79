// How the clocks of two groups stand to each other: by edges of a pulse that both saw, and by runs that both recorded under one id.

import type { RunsOffset } from '../../thread/contract.js'
import { median, medianDeviation, sorted } from '../statistics/describe.js'
import type { Run } from './chains.js'
import { fitLine, slopeInterval, type Edges } from './pps.js'
import { environmentsOf } from './strata.js'
import { byEnvironment, environmentName, intervalOf, lengthOf, pText } from './words.js'
import { studentTail } from '../statistics/special.js'

const SECOND = 1_000_000_000
/** Pairs of runs whose distance varies by more than this are no pairs: their ids merely coincide. */
const PAIRED = 1e6
const FEWEST = 10
/** A drift is claimed only beyond this: offsets are looked at many times over. */
const SURE = 0.001

interface Points {
  readonly a: string
  readonly b: string
  readonly by: RunsOffset['by']
  /** Whole seconds of b - a that `ns` leaves out. */
  readonly seconds: number
  /** Time of each point, s, and b - a there, ns. */
  readonly at: readonly number[]
  readonly ns: readonly number[]
  readonly moduloSecond: boolean
}

export function offsetsOf(edges: readonly Edges[], runs: readonly Run[]): RunsOffset[] {
  return [...byPps(edges), ...byRuns(runs)].map(offset)
}

/** Sessions of the same name in two groups, or the only ones that saw a pulse. */
function byPps(edges: readonly Edges[]): Points[] {
  const environments = [...new Set(edges.map((e) => e.session.environment))].sort(byEnvironment)
  return environments.flatMap((a, i) =>
    environments.slice(i + 1).flatMap((b) => {
      const [x, y] = [a, b].map((e) => edges.filter((s) => s.session.environment === e))
      const pairs = x!.flatMap((s) =>
        y!
          .filter((t) => s.session.session === t.session.session || (x!.length === 1 && y!.length === 1))
          .map((t) => [s, t] as const),
      )
      return pairs.map(([s, t]) => pulsePoints(s, t)).filter((p) => p.at.length >= 3)
    }),
  )
}

function pulsePoints(s: Edges, t: Edges): Points {
  const seconds = t.session.epoch - s.session.epoch
  const names = { a: nameOf(s), b: nameOf(t), by: 'PPS' as const }
  if (s.numbered && t.numbered) {
    const at: number[] = []
    const ns: number[] = []
    const other = new Map(t.number.map((n, i) => [n, t.time[i]!]))
    s.number.forEach((n, i) => {
      const there = other.get(n)
      if (there === undefined) return
      at.push(n)
      ns.push(there - s.time[i]!)
    })
    return { ...names, seconds, at, ns, moduloSecond: false }
  }
  // Which second is which is not known: only the part of a second can be compared, edge by edge in their order.
  const part = (x: number): number => x - Math.round(x / SECOND) * SECOND
  const n = Math.min(s.number.length, t.number.length)
  const first = part(t.time[0]! - s.time[0]!)
  const at = s.number.slice(0, n)
  const ns = at.map((k) => {
    const line = (e: Edges): number => {
      const i = e.number.indexOf(k)
      return i < 0 ? Number.NaN : e.time[i]! - e.time[0]!
    }
    return first + line(t) - line(s)
  })
  const known = ns.map((x, i) => ({ x, k: at[i]! })).filter(({ x }) => !Number.isNaN(x))
  return { ...names, seconds: 0, at: known.map((p) => p.k), ns: known.map((p) => p.x), moduloSecond: true }
}

const nameOf = ({ session }: Edges): string => `${environmentName(session.environment)} ${session.session}`

function byRuns(runs: readonly Run[]): Points[] {
  const environments = environmentsOf(runs)
  return environments.flatMap((a, i) =>
    environments.slice(i + 1).flatMap((b) => {
      const key = (r: Run): string => `${r.session}\0${r.id}`
      const other = new Map(runs.filter((r) => r.environment === b).map((r) => [key(r), r]))
      const pairs = runs.flatMap((r) => {
        const pair = r.environment === a ? other.get(key(r)) : undefined
        return pair ? [[r, pair] as const] : []
      })
      if (pairs.length < FEWEST) return []
      const [r0, s0] = pairs[0]!
      const seconds = s0.epoch - r0.epoch
      const ns = pairs.map(([r, s]) => (s.epoch - r.epoch - seconds) * SECOND + s.times[0]! - r.times[0]!)
      if (medianDeviation(sorted(ns)) > PAIRED) return []
      const at = pairs.map(([r]) => r.epoch - r0.epoch + r.times[0]! / SECOND)
      return [{ a: environmentName(a), b: environmentName(b), by: 'paired runs', seconds, at, ns, moduloSecond: false }]
    }),
  )
}

function offset(p: Points): RunsOffset {
  const s = sorted(p.ns)
  const centre = median(s)
  const mad = medianDeviation(s, centre)
  const line = fitLine(p.at, p.ns)
  const n = p.at.length
  // ns per second is 1e-3 ppm.
  const interval = slopeInterval(line, n, 1 - SURE)
  const drift = interval && {
    ppm: line.slope / 1000,
    interval: { low: interval.low / 1000, high: interval.high / 1000 },
  }
  const drifts = interval !== null && (interval.low > 0 || interval.high < 0)
  const total = BigInt(p.seconds) * 1_000_000_000n + BigInt(Math.round(centre))
  const clock = exactLength(total)
  const bound =
    n > 2 && line.slopeError > 0 ? pText(2 * studentTail(Math.abs(line.slope / line.slopeError), n - 2)) : null
  const by = p.by === 'PPS' ? `${n} edges of the pulse` : `${n} runs that both recorded`
  const known = p.moduloSecond ? ', up to whole seconds, because the edges are not numbered' : ''
  const way = total >= 0n ? 'ahead of' : 'behind'
  const sentence = drifts
    ? `The clock of ${p.b} is ${clock} ${way} that of ${p.a}${known} and drifts by ${(line.slope / 1000).toFixed(3)} ppm (${intervalOf(interval, 'ns')} a second, p ${bound ?? 'not known'}), by ${by}.`
    : `The clock of ${p.b} is ${clock} ${way} that of ${p.a}${known}, a constant offset (MAD ${lengthOf(mad, 'ns')}, no drift is shown), by ${by}.`
  return {
    a: p.a,
    b: p.b,
    by: p.by,
    n,
    offset: String(total),
    moduloSecond: p.moduloSecond,
    mad,
    drift,
    constant: !drifts,
    sentence,
  }
}

/** All digits: `1.111 000 141 s`. */
function exactLength(ns: bigint): string {
  const size = ns < 0n ? -ns : ns
  if (size < 1_000_000n) return lengthOf(Number(size), 'ns')
  const fraction = String(size % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/(\d{3})(?=\d)/g, '$1 ')
  return `${size / 1_000_000_000n}.${fraction} s`
}

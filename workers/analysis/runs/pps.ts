// The clock of a session against a pulse per second: a straight line through the edges, what is left over, and the edges that are
// lost. Nothing is said of the time within a gap.

import type { RunsInterval, RunsPps } from '../../thread/contract.js'
import { studentTail } from '../statistics/special.js'
import type { Session } from './book.js'
import { valueOf, type Run } from './chains.js'
import type { FaultList } from '../../fault.js'

const SECOND = 1e9
/** An edge further from a whole number of seconds than this is none of the pulse. */
const STRAY = 0.02

export interface Line {
  /** Value at the middle of the abscissae, and change per 1. */
  readonly middle: number
  readonly at: number
  readonly slope: number
  readonly residuals: readonly number[]
  /** Standard error of the slope; NaN below three points. */
  readonly slopeError: number
}

/** Least squares. */
export function fitLine(x: readonly number[], y: readonly number[]): Line {
  const n = x.length
  const mid = x.reduce((s, v) => s + (v - x[0]!), 0) / n + x[0]!
  const middle = y.reduce((s, v) => s + (v - y[0]!), 0) / n + y[0]!
  let xx = 0
  let xy = 0
  for (let i = 0; i < n; i++) {
    xx += (x[i]! - mid) ** 2
    xy += (x[i]! - mid) * (y[i]! - middle)
  }
  const slope = xx > 0 ? xy / xx : 0
  const residuals = x.map((v, i) => y[i]! - middle - slope * (v - mid))
  const rest = residuals.reduce((s, r) => s + r * r, 0)
  return {
    middle,
    at: mid,
    slope,
    residuals,
    slopeError: n > 2 && xx > 0 ? Math.sqrt(rest / (n - 2) / xx) : Number.NaN,
  }
}

/** Interval of a slope by Student's distribution. */
export function slopeInterval(line: Line, n: number, confidence: number): RunsInterval | null {
  if (!(n > 2) || Number.isNaN(line.slopeError)) return null
  let low = 0
  let high = 1e4
  for (let i = 0; i < 80; i++) {
    const mid = (low + high) / 2
    if (studentTail(mid, n - 2) > (1 - confidence) / 2) low = mid
    else high = mid
  }
  return { low: line.slope - high * line.slopeError, high: line.slope + high * line.slopeError }
}

export interface Edges {
  readonly session: Session
  readonly numbered: boolean
  readonly number: readonly number[]
  readonly time: readonly number[]
}

/** The edges of a session by number; null where there are fewer than three. Strays and repeated edges are named. */
export function edgesOf(session: Session, faults: FaultList): Edges | null {
  const all = session.edges.toSorted((a, b) => a.time - b.time)
  if (all.length < 3) return null
  const numbered = all.every((e) => e.number !== null)
  const number: number[] = []
  const time: number[] = []
  for (const e of all) {
    const last = number.length - 1
    const gap = last < 0 ? 1 : (e.time - time[last]!) / SECOND
    const seconds = numbered && last >= 0 ? e.number! - number[last]! : Math.round(gap)
    if (last >= 0 && (seconds < 1 || Math.abs(gap - seconds) > STRAY * seconds)) {
      const message = `Line ${e.place.line} is no edge of the pulse: it comes ${gap.toFixed(6)} s after the one before${numbered ? ` for ${seconds} by their numbers` : ''}; it is left out.`
      faults.add({ severity: 'warning', code: 'stray-edge', file: e.place.file, message })
      continue
    }
    number.push(last < 0 ? (numbered ? e.number! : 0) : number[last]! + seconds)
    time.push(e.time)
  }
  return number.length < 3 ? null : { session, numbered, number, time }
}

export function ppsReport({ session, numbered, number, time }: Edges, runs: readonly Run[]): RunsPps {
  const line = fitLine(number, time)
  const n = number.length
  const lost: { edge: number; after: string }[] = []
  for (let i = 1; i < n; i++) {
    for (let k = number[i - 1]! + 1; k < number[i]!; k++) {
      lost.push({ edge: k, after: exactTime(session.epoch, time[i - 1]!) })
    }
  }
  const own = runs.filter((r) => r.session === session.session && r.environment === session.environment)
  let inGaps = 0
  let outside = 0
  for (const run of own) {
    const from = run.times[0]!
    const to = from + valueOf(run, 0)
    if (from < time[0]! || to > time[n - 1]!) outside++
    else if (time.some((t, i) => i > 0 && number[i]! - number[i - 1]! > 1 && to >= time[i - 1]! && from <= t)) inGaps++
  }
  const rest = line.residuals.reduce((s, r) => s + r * r, 0)
  return {
    session: session.session,
    environment: session.environment,
    edges: n,
    numbered,
    lost,
    ppm: (line.slope / SECOND - 1) * 1e6,
    residualSd: n > 2 ? Math.sqrt(rest / (n - 2)) : 0,
    residualMax: line.residuals.reduce((m, r) => Math.max(m, Math.abs(r)), 0),
    residuals: { edge: number, ns: line.residuals },
    runsInGaps: inGaps,
    runsOutside: outside,
    warnings: [],
  }
}

/**
 * A time of the session by the pulse: the edge before it and ns of true time since, straight between the two edges around it. Null
 * within a gap and beyond the edges.
 */
export function alignedTime({ number, time }: Edges, t: number): { edge: number; ns: number } | null {
  let i = 0
  while (i < time.length && time[i]! <= t) i++
  if (i === 0 || i === time.length || number[i]! - number[i - 1]! !== 1) return null
  const [from, to] = [time[i - 1]!, time[i]!]
  return { edge: number[i - 1]!, ns: ((t - from) / (to - from)) * SECOND }
}

/** Decimal ns of a time of a session. */
export const exactTime = (epoch: number, time: number): string =>
  String(BigInt(epoch) * 1_000_000_000n + BigInt(Math.round(time)))

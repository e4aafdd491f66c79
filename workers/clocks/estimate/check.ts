// Does the data agree with the straight line that was fitted? A clock step smaller than the gaps between events and brackets does
// not contradict any constraint, it silently makes the region falsely tight. What it cannot hide is that the corridor between
// the constraints moves: per window of time its middle D jumps (a step) or wanders (drift) while its width S stays the same.

import { upperBound } from '../../columns/event-table.js'
import type { Stretch } from './contract.js'
import type { Constraints } from './brackets.js'
import type { BracketKind } from './evidence.js'

export interface CorridorWindow {
  /** Middle of the window, guest ns. */
  readonly g: number
  /** Highest lower and lowest upper residual against the line, ns. */
  readonly lower: number
  readonly upper: number
  /** Constraints on each side. */
  readonly n: number
}

export interface ModelCheck {
  readonly windows: readonly CorridorWindow[]
  /** Largest |D| over the windows, D = (lower + upper) / 2, ns. */
  readonly excursion: number
  /** Median of S = upper - lower, its largest in a whole stretch of few windows, ns. */
  readonly corridor: number
  /** Best split of D in two levels: where, and by how much the later one is higher, ns. Null with fewer than four windows. */
  readonly change: { readonly g: number; readonly by: number } | null
  /** The corridor moves more than chance lets it: the straight line is not the whole truth. */
  readonly failed: boolean
  /** So few windows that a bend towards an end may show in none of them. */
  readonly short: boolean
  /** Windows enough to tell; otherwise `reach` is how far true time may be from the line in any part of the stretch, ns. */
  readonly checked: boolean
  readonly reach: number
}

const WINDOW_MIN = 100_000_000
const WINDOW_MAX = 500_000_000
const PER_WINDOW = 50
/** A short stretch has this many windows, if its constraints suffice: one alone has D = 0 whatever the clock did. */
const FEW = 8
/** With fewer windows the accuracy reaches as far as their corridor moves, moved by chance or not. */
const SHORT = 10
/** Share of its width by which the corridor of a straight relation never moves: half of it is what the accuracy covers anyway. */
const BENT = 0.35

/** The line through the middle of the region: residuals are taken against it. */
export function midline(s: Stretch): { readonly delta: number; readonly beta: number } {
  const delta = (s.region.delta[0] + s.region.delta[1]) / 2
  const at = (d: number): [number, number] => {
    let lo = -Infinity
    let hi = Infinity
    const { lower, upper } = s.matching
    for (const i of s.region.lowerHull) lo = Math.max(lo, lower.d[i]! - s.base - d * (lower.g[i]! - s.centre))
    for (const i of s.region.upperHull) hi = Math.min(hi, upper.d[i]! - s.base - d * (upper.g[i]! - s.centre))
    return [lo, hi]
  }
  const [lo, hi] = at(delta)
  return { delta, beta: (lo + hi) / 2 }
}

/** Parts of a stretch that is too short for windows, and the fewest constraints a side of one. */
const PARTS = 16
const PER_PART = { kvm: 4, sched: 6 } as const

/**
 * How far from the line the truth may be in parts of equally many constraints: each bounds its own time, whatever the clock did
 * before and after. Infinite where there are too few for two parts.
 */
function reachOf(s: Stretch, kind: BracketKind): number {
  const line = midline(s)
  const { lower, upper } = s.matching
  const count = Math.min(PARTS, Math.floor(Math.min(lower.n, upper.n) / PER_PART[kind]))
  if (count < 2) return Infinity
  const times = Array.from(lower.n <= upper.n ? lower.g.subarray(0, lower.n) : upper.g.subarray(0, upper.n))
  times.sort((a, b) => a - b)
  const edges = Float64Array.from({ length: count - 1 }, (_, k) => times[Math.floor(((k + 1) * times.length) / count)]!)
  const tightest = (c: Constraints, side: 1 | -1): number[] => {
    const most = Array.from({ length: count }, () => -Infinity)
    for (let i = 0; i < c.n; i++) {
      const k = upperBound(edges, edges.length, c.g[i]!)
      const rest = c.d[i]! - s.base - (line.beta + line.delta * (c.g[i]! - s.centre))
      most[k] = Math.max(most[k]!, side * rest)
    }
    return most.map((m) => side * m)
  }
  const low = tightest(lower, 1)
  const high = tightest(upper, -1)
  // A bend goes on beyond the middle of the outermost parts.
  const middle = low.map((l, k) => (l + high[k]!) / 2)
  const beyond = Math.max(Math.abs(middle[1]! - middle[0]!), Math.abs(middle.at(-1)! - middle.at(-2)!))
  return Math.max(...low.map(Math.abs), ...high.map(Math.abs)) + beyond
}

/** Residual corridor per window of 0.1 to 0.5 s, less in a short stretch, wide enough for 50 constraints a side. */
function corridor(s: Stretch): CorridorWindow[] {
  const line = midline(s)
  const { lower, upper } = s.matching
  const span = Math.max(1, s.to - s.from)
  const density = Math.min(lower.n, upper.n) / span
  const least = Math.min(WINDOW_MIN, span / FEW)
  const width = Math.min(WINDOW_MAX, Math.max(least, PER_WINDOW / Math.max(density, 1e-12)))
  const count = Math.max(1, Math.floor(span / width))
  const low = new Float64Array(count).fill(-Infinity)
  const high = new Float64Array(count).fill(Infinity)
  const nLow = new Uint32Array(count)
  const nHigh = new Uint32Array(count)
  const each = (c: Constraints, use: (w: number, r: number) => void): void => {
    for (let i = 0; i < c.n; i++) {
      const x = c.g[i]! - s.centre
      const w = Math.min(count - 1, Math.max(0, Math.floor(((c.g[i]! - s.from) / span) * count)))
      use(w, c.d[i]! - s.base - (line.beta + line.delta * x))
    }
  }
  each(lower, (w, r) => {
    low[w] = Math.max(low[w]!, r)
    nLow[w]!++
  })
  each(upper, (w, r) => {
    high[w] = Math.min(high[w]!, r)
    nHigh[w]!++
  })
  const windows: CorridorWindow[] = []
  for (let w = 0; w < count; w++) {
    const n = Math.min(nLow[w]!, nHigh[w]!)
    if (n >= PER_WINDOW / 2)
      windows.push({ g: s.from + ((w + 0.5) * span) / count, lower: low[w]!, upper: high[w]!, n })
  }
  return windows
}

const median = (a: readonly number[]): number => {
  const s = [...a].sort((x, y) => x - y)
  return s.length === 0 ? 0 : (s[(s.length - 1) >> 1]! + s[s.length >> 1]!) / 2
}

/**
 * Checks a stretch's line against its own constraints: those of kvm_entry and kvm_exit, or of the scheduling of threads.
 * @param broken other stretches of the same clock are before or behind it
 */
export function checkModel(s: Stretch, kind: BracketKind, broken: boolean): ModelCheck {
  const windows = corridor(s)
  const d = windows.map((w) => (w.lower + w.upper) / 2)
  const width = windows.map((w) => w.upper - w.lower)
  const excursion = d.reduce((m, v) => Math.max(m, Math.abs(v)), 0)
  let change: ModelCheck['change'] = null
  let failed = false
  if (d.length >= 4) {
    // Least squares: D = a + b g + step(g). The slope must be fitted too, since the line has swallowed part of the step. The best
    // of many places is taken, hence eight standard errors; a step below a twentieth of the corridor's width changes nothing.
    const g = windows.map((w) => w.g)
    let best = Infinity
    const side = Math.max(2, Math.ceil(d.length / 20))
    for (let k = side; k <= d.length - side; k++) {
      const fit = stepFit(g, d, k)
      if (fit.cost >= best) continue
      best = fit.cost
      const noise = Math.max(1.4826 * median(fit.rest.map(Math.abs)), Math.sqrt(fit.cost / d.length))
      change = { g: (g[k - 1]! + g[k]!) / 2, by: fit.step }
      failed = Math.abs(fit.step) > Math.max(8 * noise * fit.gain, 0.05 * median(width))
    }
  }
  // A bend is no step, and may hide in the noise of the best one; but it carries the corridor of entries and exits away by much
  // of its own width. Those of threads and of packets move as much by chance.
  if (kind === 'kvm' && s.matching.packets.used === 0 && d.length >= 4 && excursion > BENT * median(width))
    failed = true
  // Where the corridor is on the move, or is about to break, it goes on beyond the middle of the outermost windows.
  const short = d.length < SHORT
  const beyond =
    (failed || broken || short) && d.length >= 2
      ? Math.max(Math.abs(d[1]! - d[0]!), Math.abs(d.at(-1)! - d.at(-2)!))
      : 0
  const checked = d.length >= 4
  const wide = short && !broken ? Math.max(0, ...width) : median(width)
  const reach = checked ? 0 : reachOf(s, kind)
  return { windows, excursion: excursion + beyond, corridor: wide, change, failed, checked, short, reach }
}

interface StepFit {
  readonly step: number
  readonly cost: number
  readonly rest: readonly number[]
  /** Standard error of the step in units of the noise. */
  readonly gain: number
}

/** Least squares of d against {1, g, [i >= k]}: the step's column is made orthogonal to the other two first. */
function stepFit(g: readonly number[], d: readonly number[], k: number): StepFit {
  const n = d.length
  const mean = (a: readonly number[]): number => a.reduce((x, y) => x + y, 0) / n
  const gm = mean(g)
  const x = g.map((v) => v - gm)
  const xx = x.reduce((s, v) => s + v * v, 0)
  const clear = (a: readonly number[]): number[] => {
    const m = mean(a)
    const slope = xx === 0 ? 0 : a.reduce((s, v, i) => s + v * x[i]!, 0) / xx
    return a.map((v, i) => v - m - slope * x[i]!)
  }
  const column = clear(d.map((_, i) => (i >= k ? 1 : 0)))
  const rest = clear(d)
  const power = column.reduce((s, v) => s + v * v, 0)
  const step = power === 0 ? 0 : rest.reduce((s, v, i) => s + v * column[i]!, 0) / power
  const left = rest.map((v, i) => v - step * column[i]!)
  return {
    step,
    cost: left.reduce((s, v) => s + v * v, 0),
    rest: left,
    gain: power === 0 ? Infinity : 1 / Math.sqrt(power),
  }
}

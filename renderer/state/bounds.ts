// Where true time may lie beside the time that is shown, along a guest's trace.

/** True time lies in t + lower .. t + upper. Times and lengths in session units. */
export interface BoundPoint {
  readonly t: number
  readonly lower: number
  readonly upper: number
}
export interface Bounds {
  readonly lower: number
  readonly upper: number
}

/** Break points are rounded to whole units. */
const ROUNDING = 1

/** Points in order of time, cut where the clock steps and without those that lack a bound. */
export function boundRuns(
  points: readonly BoundPoint[],
  breaks: readonly { readonly from: number; readonly to: number }[] = [],
): readonly (readonly BoundPoint[])[] {
  const runs: BoundPoint[][] = []
  let before: BoundPoint | null = null
  for (const p of [...points].sort((a, b) => a.t - b.t)) {
    if (!Number.isFinite(p.lower) || !Number.isFinite(p.upper)) continue
    const from = before?.t ?? Infinity
    const cut = breaks.some((b) => b.from >= from - ROUNDING && b.to <= p.t + ROUNDING)
    if (before === null || cut) runs.push([])
    runs.at(-1)!.push(p)
    before = p
  }
  return runs
}

/** Bounds at a time; between two runs those of both neighbours together; null before the first and after the last point. */
export function boundsAt(runs: readonly (readonly BoundPoint[])[], t: number): Bounds | null {
  let before: BoundPoint | null = null
  for (const run of runs) {
    const [first] = run
    const last = run.at(-1)
    if (!first || !last) continue
    if (t < first.t) {
      return before && { lower: Math.min(before.lower, first.lower), upper: Math.max(before.upper, first.upper) }
    }
    if (t <= last.t) return within(run, t)
    before = last
  }
  return null
}

function within(run: readonly BoundPoint[], t: number): Bounds {
  let lo = 0
  let hi = run.length - 1
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1
    if (run[mid]!.t <= t) lo = mid
    else hi = mid - 1
  }
  const a = run[lo]!
  const b = run[lo + 1] ?? a
  const share = b.t > a.t ? (t - a.t) / (b.t - a.t) : 0
  return { lower: a.lower + (b.lower - a.lower) * share, upper: a.upper + (b.upper - a.upper) * share }
}

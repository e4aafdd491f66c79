import { estimate } from '../../workers/clocks/estimate/estimate.js'
import { makeTruth } from '../make/clock-truth.js'

/** What estimating a guest's clock from made evidence measured. */
export interface ClocksRun {
  readonly brackets: number
  readonly events: number
  readonly ms: number
  /** Bytes that the estimate keeps: its constraints. */
  readonly memory: number
  /** Constraints that make the region. */
  readonly hull: number
  /** Half-width of the bounds, ns. */
  readonly halfWidth: number
}

/** Mean time from one bracket of a vCPU to the next, ns. */
const PERIOD = 165_000
const VCPUS = 2

/** A guest of two vCPUs with about as many brackets, its clock drifting by 50 ppm, estimated without any first guess. */
export function runClocks(brackets: number): ClocksRun {
  const duration = (brackets / VCPUS) * PERIOD
  const { evidence } = makeTruth({ seed: 1, duration, vcpus: VCPUS, offset: 5e9, ppm: 50 })
  const before = buffers()
  const started = performance.now()
  const e = estimate(evidence)
  const ms = performance.now() - started
  const memory = buffers() - before
  const region = e.pieces[0]?.stretch.region
  return {
    brackets: evidence.vcpus.reduce((n, v) => n + v.entry.length, 0),
    events: evidence.vcpus.reduce((n, v) => n + v.guest.length, 0),
    ms,
    memory,
    hull: (region?.lowerHull.length ?? 0) + (region?.upperHull.length ?? 0),
    halfWidth: e.halfWidth ?? Number.NaN,
  }
}

function buffers(): number {
  globalThis.gc?.()
  return process.memoryUsage().arrayBuffers
}

// Distributions of latencies: summary, histogram, heat map.

import type { LatencyHeat, LatencyHistogram, LatencySummary } from '../../thread/contract.js'
import { sessionTime } from '../../units.js'
import type { Range } from '../../model/intervals.js'
import { latencyOf, type Wakeups } from './columns.js'

/** Latencies of the wake-ups that count, ascending. */
export function latenciesOf(w: Wakeups, selected: Uint32Array): Float64Array {
  const all = new Float64Array(selected.length)
  let n = 0
  for (const i of selected) {
    const latency = latencyOf(w, i)
    if (latency === latency) all[n++] = latency
  }
  return all.subarray(0, n).sort()
}

/** @param sorted ascending */
export function summarise(sorted: Float64Array): LatencySummary | null {
  const n = sorted.length
  if (n === 0) return null
  let sum = 0
  for (const x of sorted) sum += x
  const rank = (q: number): number => sorted[Math.max(0, Math.ceil(q * n) - 1)]!
  return {
    n,
    mean: sum / n,
    min: sorted[0]!,
    p50: rank(0.5),
    p90: rank(0.9),
    p99: rank(0.99),
    p999: rank(0.999),
    max: sorted[n - 1]!,
  }
}

const FIRST = 64
const PER_OCTAVE = 4

/** Bin of a latency: 0 below 64, then four an octave. */
export function binOf(latency: number): number {
  if (latency < FIRST) return 0
  let bin = 1 + Math.floor(Math.log2(latency / FIRST) * PER_OCTAVE)
  // The logarithm may be off by its last digit; the edges decide.
  while (latency >= edge(bin + 1)) bin++
  while (latency < edge(bin)) bin--
  return bin
}

/** Lower edge of a bin. */
const edge = (bin: number): number => (bin <= 0 ? 0 : FIRST * 2 ** ((bin - 1) / PER_OCTAVE))

/** Edges of bins that hold all latencies up to `max`. */
export function edgesFor(max: number): Float64Array {
  const bins = binOf(Math.max(0, max)) + 1
  return Float64Array.from({ length: bins + 1 }, (_, i) => edge(i))
}

export function histogram(w: Wakeups, selected: Uint32Array, version: number): LatencyHistogram {
  const sorted = latenciesOf(w, selected)
  const edges = edgesFor(sorted.at(-1) ?? 0)
  const counts = new Uint32Array(edges.length - 1)
  let bin = 0
  for (const x of sorted) {
    while (x >= edges[bin + 1]!) bin++
    counts[bin]!++
  }
  return { version, edges, counts, latency: summarise(sorted) }
}

export function heat(w: Wakeups, selected: Uint32Array, range: Range, columns: number, version: number): LatencyHeat {
  let max = 0
  for (const i of selected) {
    const latency = latencyOf(w, i)
    if (latency > max) max = latency
  }
  const edges = edgesFor(max)
  const counts = new Uint32Array((edges.length - 1) * columns)
  const longest = new Float64Array(columns)
  const perTime = columns / Math.max(range.to - range.from, 1e-9)
  for (const i of selected) {
    const latency = latencyOf(w, i)
    if (latency !== latency) continue
    const column = Math.min(columns - 1, Math.max(0, Math.floor((w.wakingT[i]! - range.from) * perTime)))
    counts[binOf(latency) * columns + column]!++
    if (latency > longest[column]!) longest[column] = latency
  }
  return { version, from: sessionTime(range.from), to: sessionTime(range.to), columns, edges, counts, longest }
}

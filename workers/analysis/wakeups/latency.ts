// Distributions of latencies: summary, histogram, heat map.

import type { LatencyHeat, LatencyHistogram, LatencySummary } from '../../thread/contract.js'
import { sessionTime } from '../../units.js'
import type { Range } from '../../model/intervals.js'
import { latencyOf, type Wakeups } from './columns.js'

/** Latencies of the wake-ups that count, in no order. */
export function latenciesOf(w: Wakeups, selected: Uint32Array): Float64Array {
  const all = new Float64Array(selected.length)
  let n = 0
  for (const i of selected) {
    const latency = latencyOf(w, i)
    if (latency === latency) all[n++] = latency
  }
  return all.subarray(0, n)
}

/** @param latencies in any order */
export function summarise(latencies: Float64Array): LatencySummary | null {
  const n = latencies.length
  if (n === 0) return null
  let sum = 0
  for (const x of latencies) sum += x
  const places = [0, 0.5, 0.9, 0.99, 0.999, 1].map((q) => Math.max(0, Math.ceil(q * n) - 1))
  const [min, p50, p90, p99, p999, max] = atRanks(latencies, places) as [number, number, number, number, number, number]
  return { n, mean: sum / n, min, p50, p90, p99, p999, max }
}

/** Fewer values are sorted. */
const FEW = 4096
/** Bits of a float64's upper word that tell its bin: sign, exponent and 6 bits of the fraction. */
const BIN_SHIFT = 14
const NEGATIVE = 1 << (31 - BIN_SHIFT)

/**
 * The values that would stand at these places (ascending) if all were sorted. Positive floats are ordered as their bits are, so
 * only those that share the leading bits with a wanted one are sorted.
 */
export function atRanks(values: Float64Array, places: readonly number[]): number[] {
  const sorted = (): number[] => {
    const all = values.slice().sort()
    return places.map((place) => all[place]!)
  }
  if (values.length < FEW) return sorted()
  const upper = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const counts = new Uint32Array(2 * NEGATIVE)
  for (let i = 1; i < upper.length; i += 2) counts[upper[i]! >>> BIN_SHIFT]!++
  // Times that run backwards make negative ones.
  for (let bin = NEGATIVE; bin < counts.length; bin++) if (counts[bin]! > 0) return sorted()
  const found: number[] = []
  let before = 0
  for (let bin = 0; found.length < places.length; bin++) {
    const end = before + counts[bin]!
    if (places[found.length]! < end) {
      const inside = new Float64Array(counts[bin]!)
      let n = 0
      for (let i = 0; i < values.length; i++) if (upper[2 * i + 1]! >>> BIN_SHIFT === bin) inside[n++] = values[i]!
      inside.sort()
      while (places[found.length]! < end) found.push(inside[places[found.length]! - before]!)
    }
    before = end
  }
  return found
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
  const sorted = latenciesOf(w, selected).sort()
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

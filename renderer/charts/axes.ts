// Scales of a chart along the session's time: what stands where, and in which unit it is written.

import { scaleLinear } from 'd3'
import type { ScaleLinear } from 'd3'
import type { BoundPoint } from '../state/bounds.js'
import { startOf, type TimeBase } from '../state/format.js'

/** Lengths are written in the largest unit in which the greatest of them is at least 1. */
export function lengthUnit(greatest: number, unit: 'ns' | 'ticks'): { readonly name: string; readonly size: number } {
  if (unit === 'ticks') return { name: 'ticks', size: 1 }
  if (greatest < 1e3) return { name: 'ns', size: 1 }
  if (greatest < 1e6) return { name: 'us', size: 1e3 }
  return greatest < 1e9 ? { name: 'ms', size: 1e6 } : { name: 's', size: 1e9 }
}

/** The number that stands on a time axis for a session time: seconds, or ticks. */
export function axisTime(t: number, base: TimeBase, format: 'relative' | 'trace'): number {
  const value = format === 'trace' ? Number(base.epoch) + t : t - startOf(base)
  return base.unit === 'ns' ? value / 1e9 : value
}

interface ChartScales {
  /** Session time to pixels and back. */
  readonly x: ScaleLinear<number, number>
  /** Length in session units to pixels. */
  readonly y: ScaleLinear<number, number>
  /** The same with the numbers that are written on the axes. */
  readonly writtenX: ScaleLinear<number, number>
  readonly writtenY: ScaleLinear<number, number>
  readonly unit: string
}

/** Scales for points over a box; zero is always in view, so that what lies beside it is seen to lie beside it. */
export function chartScales(
  points: readonly BoundPoint[],
  span: readonly [number, number] | null,
  box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number },
  base: TimeBase,
  format: 'relative' | 'trace',
): ChartScales | null {
  if (points.length === 0 || !span) return null
  const [from, end] = span
  const low = points.reduce((m, p) => Math.min(m, p.lower, p.upper), 0)
  const high = points.reduce((m, p) => Math.max(m, p.lower, p.upper), 0)
  const { name, size } = lengthUnit(Math.max(-low, high), base.unit)
  const to = end > from ? end : from + 1
  const across = [box.left, box.right] as const
  const writtenY = scaleLinear([low / size, high / size || 1], [box.bottom, box.top]).nice(3)
  const [bottom = 0, top = 1] = writtenY.domain()
  return {
    x: scaleLinear([from, to], across),
    y: scaleLinear([bottom * size, top * size], [box.bottom, box.top]),
    writtenX: scaleLinear([axisTime(from, base, format), axisTime(to, base, format)], across),
    writtenY,
    unit: name,
  }
}

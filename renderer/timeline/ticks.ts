// The time axis: where its ticks stand and what they say.

import { formatInteger } from '../state/format.js'
import type { Scale } from './scale.js'

export interface Tick {
  /** Session time. */
  readonly t: number
  readonly label: string
  /** An absolute time that the labels after it count from. */
  readonly anchor: boolean
}
export interface Axis {
  readonly major: readonly Tick[]
  /** Session times of the unlabelled ticks in between. */
  readonly minor: readonly number[]
  /** Absolute time that labels at the left edge count from; null when every label is absolute. */
  readonly anchor: { readonly t: number; readonly label: string } | null
  /** Unit of labels that do not name it themselves. */
  readonly unit: string | null
  /** Distance of labelled ticks, session units. */
  readonly step: number
}

/** Room that a label needs, CSS pixels. */
const LABEL_PIXELS = 104
/** With steps below this, absolute labels grow past reading: they become an anchor and distances from it. */
const DEEP_STEP = 1e6
/** Digits of a tick count beyond which it no longer fits its label's room. */
const LONGEST_TICKS = 12

/** Smallest 1, 2 or 5 times a power of ten that is >= `least` (and >= 1: time has no finer grain). */
export function niceStep(least: number): number {
  if (least <= 1) return 1
  const decade = 10 ** Math.floor(Math.log10(least) + 1e-12)
  for (const m of [1, 2, 5]) if (m * decade >= least * (1 - 1e-12)) return m * decade
  return 10 * decade
}

/** How many parts a step is divided in by minor ticks; 1 = none. */
function divisions(step: number, pixels: number): number {
  const lead = step / 10 ** Math.floor(Math.log10(step) + 1e-9)
  const wanted = Math.round(lead) === 2 ? 4 : 5
  const parts = step / wanted >= 1 ? wanted : step
  return Number.isInteger(step / parts) && pixels / parts >= 6 ? parts : 1
}

/** x mod m in 0..m for bigint. */
const mod = (x: bigint, m: bigint): bigint => ((x % m) + m) % m

/** Decimals that multiples of a step of whole ns need in a unit of 10^`places` ns. */
const decimalsOf = (step: number, places: number): number => {
  let d = places
  for (let grain = 10; d > 0 && step % grain === 0; grain *= 10) d--
  return d
}

/** ns with `decimals` digits (all groups of three) behind the point, in a unit of 10^`places` ns. */
function inUnit(ns: bigint, places: number, decimals: number): string {
  const digits = (ns < 0n ? -ns : ns).toString().padStart(places + 1, '0')
  const fraction = digits.slice(digits.length - places, digits.length - places + decimals)
  const whole = formatInteger(BigInt(digits.slice(0, digits.length - places)))
  return (ns < 0n ? '\u2212' : '') + whole + (decimals > 0 ? `.${fraction.replace(/(\d{3})(?=\d)/g, '$1\u202f')}` : '')
}

const UNITS = [
  { name: 's', places: 9 },
  { name: 'ms', places: 6 },
  { name: 'us', places: 3 },
  { name: 'ns', places: 0 },
] as const
const GAP = '\u00a0'

/**
 * Ticks for a view. `epoch` is the absolute value of session time 0 (decimal): ticks stand at round absolute times.
 * `view.width` in CSS pixels.
 */
export function axisOf(view: Scale, epoch: string, unit: 'ns' | 'ticks'): Axis {
  const span = view.to - view.from
  const step = niceStep((span / view.width) * LABEL_PIXELS)
  const start = BigInt(epoch)
  const length = String(start + BigInt(Math.round(view.to))).length
  const deep = step < DEEP_STEP || (unit === 'ticks' && length > LONGEST_TICKS)
  // Anchors stand at round times at least a view apart, so that at most two are in sight.
  const anchorStep = deep ? 10 ** Math.ceil(Math.log10(span) - 1e-12) : step
  const grid = BigInt(Math.max(anchorStep, step))
  // Session time of the last grid line at or before the view: everything after is counted from it in small, exact numbers.
  const offset = Number(mod(start, grid))
  const base = Math.floor((view.from + offset) / Number(grid)) * Number(grid) - offset
  const largest = Math.max(anchorStep / 10, step)
  const relative = UNITS.find((u) => largest >= 10 ** u.places) ?? UNITS[3]
  const decimals = decimalsOf(step, relative.places)
  const absolute = (t: number): string => {
    const n = start + BigInt(Math.round(t))
    if (unit === 'ticks') return `${formatInteger(n)}${deep ? `${GAP}ticks` : ''}`
    return `${inUnit(n, 9, decimalsOf(deep ? anchorStep : step, 9))}${GAP}s`
  }

  const distance = (n: bigint): string =>
    unit === 'ticks' ? formatInteger(n) : `${inUnit(n, relative.places, decimals)}${GAP}${relative.name}`

  const major: Tick[] = []
  const minor: number[] = []
  const parts = divisions(step, (step / span) * view.width)
  const first = Math.ceil((view.from - base) / step) - 1
  const last = Math.floor((view.to - base) / step)
  for (let i = first; i <= last; i++) {
    const t = base + i * step
    for (let k = 1; k < parts; k++) {
      const m = t + (step / parts) * k
      if (m >= view.from && m <= view.to) minor.push(m)
    }
    if (t < view.from) continue
    const fromAnchor = mod(BigInt(Math.round(i * step)), grid)
    const anchor = deep && fromAnchor === 0n
    const label = !deep || anchor ? absolute(t) : `+${distance(fromAnchor)}`
    major.push({ t, label, anchor })
  }
  const anchor = deep ? { t: base, label: absolute(base) } : null
  return { major, minor, anchor, unit: unit === 'ticks' && !deep ? 'ticks' : null, step }
}

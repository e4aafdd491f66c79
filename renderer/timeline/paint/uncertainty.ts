// How far a time that is shown may lie from the true one: soft bands and margins on the rows of machines whose clock is known
// between bounds. Nothing is drawn that is narrower than a pixel.

import { FusedState, SpanFlag, type LodFrame } from '../../../workers/thread/contract.js'
import type { MachineIndex } from '../../../workers/units.js'
import type { Bounds } from '../../state/bounds.js'
import type { Row } from '../../state/rows.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { xOf, type Scale } from '../scale.js'
import { css, type Rgb } from './colour.js'
import { firstSpanAfter } from './columns.js'
import type { Raster } from './raster.js'
import type { PaintContext } from './context.js'

/** Bounds of the true time around a time shown; null where nothing is known. */
export type BoundsOf = (t: number) => Bounds | null

/** Pixels that the bounds take around `t`, null when they would not show. */
export function bandAt(scale: Scale, t: number, bounds: Bounds | null): readonly [number, number] | null {
  if (!bounds) return null
  const x0 = xOf(scale, t + bounds.lower)
  const x1 = xOf(scale, t + bounds.upper)
  return x1 - x0 >= 1 ? [x0, x1] : null
}

export interface BandPaint {
  /** In CSS pixels. */
  readonly scale: Scale
  readonly rows: readonly Row[]
  readonly scroll: number
  readonly boundsOf: (row: Row) => BoundsOf | null
}

/** A time on the screen, as a band on every row where it is not exact. Colours with the share that they cover. */
export function paintBand(ctx: PaintContext, t: number, colour: Rgb, p: BandPaint): void {
  ctx.save()
  ctx.beginPath()
  ctx.rect(0, AXIS_HEIGHT, p.scale.width, 1e5)
  ctx.clip()
  for (const row of p.rows) {
    const band = row.track && row.kind !== 'machine' ? bandAt(p.scale, t, p.boundsOf(row)?.(t) ?? null) : null
    if (!band) continue
    const [x0, x1] = band
    const top = AXIS_HEIGHT + row.y - p.scroll
    ctx.fillStyle = css(colour, 0.1)
    ctx.fillRect(x0, top, x1 - x0, row.height - 1)
    ctx.fillStyle = css(colour, 0.4)
    ctx.fillRect(x0, top, 1, row.height - 1)
    ctx.fillRect(x1 - 1, top, 1, row.height - 1)
  }
  ctx.restore()
}

/** Share of the ink that lies over a margin. */
const MARGIN_INK = 0.42

/** How far off an edge may be and still reach into the view: bounds hardly change within a screen. */
function reachOf(boundsOf: BoundsOf, scale: Scale): number {
  const middle = boundsOf((scale.from + scale.to) / 2)
  return middle ? Math.max(Math.abs(middle.lower), Math.abs(middle.upper)) : 0
}

/** Draws margins at ascending times; where they meet they are one. */
function marginsOn(raster: Raster, scale: Scale, [y0, y1]: readonly [number, number], ink: Rgb) {
  let done = 0
  return (t: number, boundsOf: BoundsOf): void => {
    const band = bandAt(scale, t, boundsOf(t))
    if (!band) return
    const from = Math.max(done, Math.round(band[0]))
    const to = Math.min(raster.width, Math.round(band[1]))
    if (to <= from) return
    raster.blend(from, y0, to, y1, ink, MARGIN_INK)
    done = to
  }
}

/**
 * A margin along the foot of a row, y0..y1 device pixels, below every exact edge of a span: from the earliest to the latest time
 * at which it can truly have been. Margins that meet are one.
 */
export function paintMargins(
  raster: Raster,
  frame: LodFrame,
  row: number,
  scale: Scale,
  [y0, y1]: readonly [number, number],
  ink: Rgb,
  boundsOf: BoundsOf,
): void {
  const reach = reachOf(boundsOf, scale)
  const end = frame.spanStart[row + 1]!
  const margin = marginsOn(raster, scale, [y0, y1], ink)
  let last = -Infinity
  for (let i = firstSpanAfter(frame, frame.spanStart[row]!, end, scale.from - reach); i < end; i++) {
    const t0 = frame.t0[i]!
    if (t0 - reach > scale.to) break
    if (frame.flags[i]! & SpanFlag.Mixed) {
      last = frame.t1[i]!
      continue
    }
    if (t0 !== last) margin(t0, boundsOf)
    margin(frame.t1[i]!, boundsOf)
    last = frame.t1[i]!
  }
}

const inGuest = (state: number): boolean => state >= FusedState.Guest && state <= FusedState.GuestSoftirq

/**
 * The same on a fused row. Only edges from one thing that a guest did to another are timed by the guest's clock: entries, exits
 * and switches of the host are exact.
 */
export function paintFusedMargins(
  raster: Raster,
  frame: LodFrame,
  row: number,
  scale: Scale,
  foot: readonly [number, number],
  ink: Rgb,
  boundsOf: (machine: MachineIndex) => BoundsOf | null,
): void {
  const machines = new Set((frame.labels ?? []).map((l) => l.machine))
  const known = new Map([...machines].map((m) => [m, boundsOf(m)]))
  const of = (span: number): BoundsOf | null => {
    const label = frame.labels?.[frame.value[span]!]
    return label ? (known.get(label.machine) ?? null) : null
  }
  const reach = Math.max(0, ...[...known.values()].map((b) => (b ? reachOf(b, scale) : 0)))
  const start = frame.spanStart[row]!
  const end = frame.spanStart[row + 1]!
  const margin = marginsOn(raster, scale, foot, ink)
  for (let i = Math.max(start + 1, firstSpanAfter(frame, start, end, scale.from - reach)); i < end; i++) {
    const t0 = frame.t0[i]!
    if (t0 - reach > scale.to) break
    if (!inGuest(frame.state[i]!) || !inGuest(frame.state[i - 1]!)) continue
    if ((frame.flags[i]! | frame.flags[i - 1]!) & SpanFlag.Mixed || frame.t1[i - 1] !== t0) continue
    const own = of(i) ?? of(i - 1)
    if (own) margin(t0, own)
  }
}

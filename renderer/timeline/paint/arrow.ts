// The arrow from what was preempted to the row of who took the CPU.

import type { Row } from '../../state/rows.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { xOf, type Scale } from '../scale.js'
import { css, textOn, type Rgb } from './colour.js'
import type { PaintContext } from './context.js'

export interface ArrowPaint {
  /** In CSS pixels. */
  readonly scale: Scale
  readonly height: number
  readonly scroll: number
  readonly from: number
  readonly to: number
  readonly victim: Row
  /** null: the culprit has no row on the timeline now. */
  readonly culprit: Row | null
  /** '' = none. */
  readonly label: string
  readonly colour: Rgb
  readonly font: string
}

/** Where the arrow stands and ends: x of its shaft, y of its tail and its tip; null when the span is out of view. */
export function arrowPlace(
  p: Pick<ArrowPaint, 'scale' | 'scroll' | 'from' | 'to' | 'victim' | 'culprit' | 'height'>,
): { readonly x: number; readonly y0: number; readonly y1: number | null } | null {
  const x0 = xOf(p.scale, p.from)
  const x1 = xOf(p.scale, p.to)
  if (x1 < 0 || x0 > p.scale.width) return null
  // At its start, where the CPU was taken; where that lies out of view, at the edge.
  const x = Math.min(Math.max(x0, 3), p.scale.width - 3)
  const yOf = (row: Row) => AXIS_HEIGHT + row.y - p.scroll
  const down = p.culprit !== null && p.culprit.y > p.victim.y
  const y0 = yOf(p.victim) + (down ? p.victim.height - 2 : 2)
  const y1 = p.culprit ? yOf(p.culprit) + (down ? 1 : p.culprit.height - 2) : null
  const kept = (y: number) => Math.min(Math.max(y, AXIS_HEIGHT + 2), p.height - 2)
  return { x: Math.round(x) + 0.5, y0: kept(y0), y1: y1 === null ? null : kept(y1) }
}

/** Draws it on a context that is scaled to CSS pixels, axis included. */
export function paintArrow(ctx: PaintContext, p: ArrowPaint): void {
  const place = arrowPlace(p)
  if (!place) return
  const { x, y0, y1 } = place
  ctx.strokeStyle = css(p.colour)
  ctx.fillStyle = css(p.colour)
  ctx.lineWidth = 1.5
  const left = Math.max(0, xOf(p.scale, p.from))
  const right = Math.min(p.scale.width, xOf(p.scale, p.to))
  const top = AXIS_HEIGHT + p.victim.y - p.scroll
  if (top > AXIS_HEIGHT) ctx.strokeRect(left + 0.5, top + 0.5, Math.max(2, right - left - 1), p.victim.height - 2)
  if (y1 !== null) {
    const down = y1 > y0 ? 1 : -1
    ctx.beginPath()
    ctx.moveTo(x, y0)
    ctx.lineTo(x, y1 - 5 * down)
    ctx.stroke()
    ctx.beginPath()
    ctx.moveTo(x, y1)
    ctx.lineTo(x - 4, y1 - 7 * down)
    ctx.lineTo(x + 4, y1 - 7 * down)
    ctx.fill()
  }
  if (p.label === '') return
  ctx.font = p.font
  const width = Math.ceil(ctx.measureText(p.label).width) + 10
  const wanted = y1 === null ? top + p.victim.height + 10 : (y0 + y1) / 2
  const middle = Math.min(Math.max(wanted, AXIS_HEIGHT + 30), p.height - 10)
  const at = Math.round(Math.max(2, x + 6 + width > p.scale.width ? x - 6 - width : x + 6))
  ctx.beginPath()
  ctx.roundRect(at, middle - 8, width, 16, 3)
  ctx.fill()
  ctx.fillStyle = css(textOn(p.colour))
  ctx.textBaseline = 'middle'
  ctx.fillText(p.label, at + 5, middle + 0.5)
}

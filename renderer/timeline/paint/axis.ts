// The time axis above the rows.

import { AXIS_HEIGHT } from '../geometry.js'
import { xOf, type Scale } from '../scale.js'
import type { Axis } from '../ticks.js'
import { css } from './colour.js'
import type { PaintTheme } from './theme.js'
import type { PaintContext } from './context.js'

const LABEL_Y = 24
const ANCHOR_Y = 9
const GAP = 6

const crisp = (x: number): number => Math.round(x) + 0.5

/** Draws the axis at the top of a context that is scaled to CSS pixels. */
export function paintAxis(ctx: PaintContext, axis: Axis, scale: Scale, theme: PaintTheme): void {
  ctx.fillStyle = css(theme.raised)
  ctx.fillRect(0, 0, scale.width, AXIS_HEIGHT)
  ctx.lineWidth = 1
  ctx.textBaseline = 'middle'

  ctx.strokeStyle = css(theme.muted, 0.4)
  ctx.beginPath()
  for (const t of axis.minor) {
    const x = crisp(xOf(scale, t))
    ctx.moveTo(x, AXIS_HEIGHT - 4)
    ctx.lineTo(x, AXIS_HEIGHT)
  }
  ctx.stroke()

  ctx.strokeStyle = css(theme.muted, 0.8)
  ctx.beginPath()
  for (const tick of axis.major) {
    const x = crisp(xOf(scale, tick.t))
    ctx.moveTo(x, tick.anchor ? 2 : AXIS_HEIGHT - 8)
    ctx.lineTo(x, AXIS_HEIGHT)
  }
  ctx.stroke()

  // A label stands right of its tick; the last one moves in when it would leave the screen, unless it met its neighbour there.
  ctx.font = `11px ${theme.font}`
  let taken = 0
  for (const tick of axis.major) {
    if (tick.anchor) continue
    const width = ctx.measureText(tick.label).width
    const x = xOf(scale, tick.t) + 4
    if (x + width > scale.width || x < taken) continue
    ctx.fillStyle = css(theme.muted)
    ctx.fillText(tick.label, x, LABEL_Y)
    taken = x + width + GAP
  }

  ctx.font = `600 11px ${theme.font}`
  ctx.fillStyle = css(theme.text)
  const anchors = axis.major.filter((t) => t.anchor)
  for (const tick of anchors) ctx.fillText(tick.label, xOf(scale, tick.t) + 4, ANCHOR_Y)
  if (axis.anchor) {
    const width = ctx.measureText(axis.anchor.label).width
    const next = anchors[0] ? xOf(scale, anchors[0].t) : Infinity
    if (next > width + 3 * GAP) ctx.fillText(axis.anchor.label, 4, ANCHOR_Y)
  }

  if (axis.unit) {
    ctx.font = `11px ${theme.font}`
    ctx.fillStyle = css(theme.muted)
    ctx.fillText(axis.unit, 4, ANCHOR_Y)
  }

  ctx.strokeStyle = css(theme.hairline)
  ctx.beginPath()
  ctx.moveTo(0, AXIS_HEIGHT - 0.5)
  ctx.lineTo(scale.width, AXIS_HEIGHT - 0.5)
  ctx.stroke()
}

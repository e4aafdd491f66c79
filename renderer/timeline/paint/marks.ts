// Lines and flags that mark a time.

import { css, textOn, type Rgb } from './colour.js'
import type { PaintContext } from './context.js'

/** Top of the flags on the axis: above the labels of its ticks, so that these stay readable. */
export const FLAG_Y = 1

type Ctx = PaintContext

const crisp = (x: number) => Math.round(x) + 0.5

export function line(ctx: Ctx, x: number, y0: number, y1: number, colour: string, dash: readonly number[] = []): void {
  ctx.strokeStyle = colour
  ctx.lineWidth = 1
  ctx.setLineDash([...dash])
  ctx.beginPath()
  ctx.moveTo(crisp(x), y0)
  ctx.lineTo(crisp(x), y1)
  ctx.stroke()
  ctx.setLineDash([])
}

/** A text on a filled ground, kept inside the canvas; `x` is its middle. Returns its left and right ends. */
export function pill(
  ctx: Ctx,
  text: string,
  x: number,
  y: number,
  width: number,
  fill: Rgb,
  font: string,
): [number, number] {
  ctx.font = font
  const w = Math.ceil(ctx.measureText(text).width) + 10
  const left = Math.round(Math.min(Math.max(x - w / 2, 2), width - w))
  ctx.fillStyle = css(fill)
  ctx.beginPath()
  ctx.roundRect(left, y, w, 16, 3)
  ctx.fill()
  ctx.fillStyle = css(textOn(fill))
  ctx.textBaseline = 'middle'
  ctx.fillText(text, left + 5, y + 8.5)
  return [left, left + w]
}

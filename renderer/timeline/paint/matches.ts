// Search matches as thin marks.

import type { MatchMarks } from '../match-marks.js'
import { xOf, type Scale } from '../scale.js'
import { css, type Rgb } from './colour.js'
import type { PaintContext } from './context.js'

/** Marks of `height` from `top` on, CSS pixels, one wherever there is a match. */
export function paintMatches(
  ctx: PaintContext,
  marks: MatchMarks,
  scale: Scale,
  top: number,
  height: number,
  colour: Rgb,
): void {
  const step = (marks.to - marks.from) / marks.counts.length
  ctx.fillStyle = css(colour)
  for (let c = 0; c < marks.counts.length; c++) {
    if (marks.counts[c] === 0) continue
    const x = Math.floor(xOf(scale, marks.from + (c + 0.5) * step))
    if (x >= 0 && x < scale.width) ctx.fillRect(x, top, 1, height)
  }
}

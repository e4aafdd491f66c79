// The range that is chosen, or being chosen.

import { formatDelta } from '../../state/format.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { css } from '../paint/colour.js'
import { line, pill } from '../paint/marks.js'
import { xOf } from '../scale.js'
import { shadedRange } from '../signals.js'
import { inView, type Overlay } from './overlay.js'

export const rangeOverlay: Overlay = {
  id: 'range',
  watch: () => void shadedRange.value,
  paint: (ctx, { scale, height, theme }) => {
    const range = shadedRange.peek()
    if (!range) return
    const { width } = scale
    const x0 = Math.max(-1, xOf(scale, range.from))
    const x1 = Math.min(width + 1, xOf(scale, range.to))
    if (x1 <= 0 || x0 >= width) return
    ctx.fillStyle = css(theme.accent, range.zooms ? 0.24 : 0.15)
    ctx.fillRect(x0, AXIS_HEIGHT, x1 - x0, height - AXIS_HEIGHT)
    ctx.fillStyle = css(theme.accent, 0.6)
    ctx.fillRect(x0, AXIS_HEIGHT - 3, x1 - x0, 3)
    line(ctx, x0, AXIS_HEIGHT - 3, height, css(theme.accent))
    line(ctx, x1, AXIS_HEIGHT - 3, height, css(theme.accent))
  },
  flags: (ctx, { scale, theme, session }) => {
    const range = shadedRange.peek()
    if (!range) return
    const middle = (Math.max(range.from, scale.from) + Math.min(range.to, scale.to)) / 2
    if (!inView(scale, middle)) return
    const text = formatDelta(range.to - range.from, session.unit)
    pill(ctx, text, xOf(scale, middle), AXIS_HEIGHT + 3, scale.width, theme.accent, `11px ${theme.font}`)
  },
}

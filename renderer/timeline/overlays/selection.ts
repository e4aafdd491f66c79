// The selected event.

import { selection } from '../../state/session-state.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { css } from '../paint/colour.js'
import { line } from '../paint/marks.js'
import { paintBand } from '../paint/uncertainty.js'
import { xOf } from '../scale.js'
import { rowOf } from '../signals.js'
import { inView, type Overlay } from './overlay.js'

export const selectionOverlay: Overlay = {
  id: 'selection',
  pictured: true,
  watch: () => void selection.value,
  paint: (ctx, view) => {
    const chosen = selection.peek()
    if (!chosen) return
    const { scale, height, theme, scroll } = view
    paintBand(ctx, chosen.t, theme.accent, view)
    if (!inView(scale, chosen.t)) return
    const x = xOf(scale, chosen.t)
    line(ctx, x, AXIS_HEIGHT - 6, height, css(theme.accent, 0.9))
    const row = rowOf(chosen.track)
    if (!row) return
    const top = AXIS_HEIGHT + row.y - scroll
    if (top + row.height <= AXIS_HEIGHT || top >= height) return
    ctx.fillStyle = css(theme.accent)
    ctx.beginPath()
    ctx.moveTo(x - 4, top)
    ctx.lineTo(x + 5, top)
    ctx.lineTo(x + 0.5, top + 6)
    ctx.fill()
    ctx.fillRect(Math.round(x) - 1, top, 3, row.height - 1)
  },
}

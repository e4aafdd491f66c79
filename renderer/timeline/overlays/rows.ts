// The active row and the one pointed at.

import type { Row } from '../../state/rows.js'
import { activeRow, hoverRow } from '../../state/session-state.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { css } from '../paint/colour.js'
import { rowOf } from '../signals.js'
import type { Ctx, Overlay, OverlayView } from './overlay.js'

function tint(ctx: Ctx, row: Row, view: OverlayView, alpha: number): void {
  ctx.fillStyle = css(view.theme.text, alpha)
  ctx.fillRect(0, AXIS_HEIGHT + row.y - view.scroll, view.scale.width, row.height - 1)
}

export const rowsOverlay: Overlay = {
  id: 'rows',
  watch: () => void [activeRow.value, hoverRow.value],
  paint: (ctx, view) => {
    const active = rowOf(activeRow.peek())
    const hovered = rowOf(hoverRow.peek())
    ctx.save()
    ctx.beginPath()
    ctx.rect(0, AXIS_HEIGHT, view.scale.width, view.height - AXIS_HEIGHT)
    ctx.clip()
    if (active) tint(ctx, active, view, 0.07)
    if (hovered && hovered !== active) tint(ctx, hovered, view, 0.035)
    ctx.restore()
  },
}

// From where on nothing relates a guest's times: it left this host, though its events go on.

import { clockCards } from '../../state/clock-cards.js'
import type { Row } from '../../state/rows.js'
import { session } from '../../state/session-state.js'
import type { MachineIndex } from '../../../workers/units.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { css } from '../paint/colour.js'
import { pill } from '../paint/marks.js'
import { xOf } from '../scale.js'
import type { Ctx, Overlay, OverlayView } from './overlay.js'

/** Distance of the lines of the veil, CSS pixels. */
const PITCH = 7

const leftAt = (machine: MachineIndex): number | null => {
  const card = clockCards.peek().get(machine)
  return card?.version === session.peek()?.version ? (card?.health?.leftAt ?? null) : null
}

/** When the machine whose clock timed a row left; null where it has not, and on rows that show several. */
const leftBy = (row: Row): number | null =>
  row.track && row.track.kind !== 'pcpu' && row.kind !== 'machine' ? leftAt(row.machine) : null

/** Draws over the rows of machines that have left, from then on. */
function veil(ctx: Ctx, view: OverlayView): void {
  const { scale, theme, scroll, height } = view
  for (const row of view.rows) {
    const at = leftBy(row)
    if (at === null || at > scale.to) continue
    const x = Math.max(0, xOf(scale, at))
    const top = AXIS_HEIGHT + row.y - scroll
    ctx.save()
    ctx.beginPath()
    ctx.rect(x, Math.max(AXIS_HEIGHT, top), scale.width - x, Math.min(row.height - 1, height - top))
    ctx.clip()
    ctx.fillStyle = css(theme.background, 0.55)
    ctx.fillRect(x, top, scale.width - x, row.height)
    ctx.strokeStyle = css(theme.torn, 0.5)
    ctx.lineWidth = 1
    ctx.beginPath()
    for (let k = Math.floor(x / PITCH) * PITCH - row.height; k < scale.width; k += PITCH) {
      ctx.moveTo(k, top + row.height)
      ctx.lineTo(k + row.height, top)
    }
    ctx.stroke()
    ctx.restore()
  }
}

export const departureOverlay: Overlay = {
  id: 'departure',
  watch: () => void clockCards.value,
  paint: veil,
  flags: (ctx, view) => {
    const { theme, scale } = view
    const seen = new Set<MachineIndex>()
    for (const row of view.rows) {
      const at = leftBy(row)
      if (at === null || at > scale.to || seen.has(row.machine)) continue
      const top = AXIS_HEIGHT + row.y - view.scroll
      if (top < AXIS_HEIGHT) continue
      seen.add(row.machine)
      const x = Math.max(0, xOf(scale, at))
      pill(
        ctx,
        'left this host: times not related from here',
        x + 130,
        top + 3,
        scale.width,
        theme.muted,
        `11px ${theme.font}`,
      )
    }
  },
}

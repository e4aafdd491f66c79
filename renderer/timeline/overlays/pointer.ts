// The time under the pointer, and a machine's clock under the hand.

import type { ClockPlaces } from '../../../workers/thread/contract.js'
import { formatCount, formatDelta, formatTime } from '../../state/format.js'
import { hoverTime, timeFormat } from '../../state/session-state.js'
import { css } from '../paint/colour.js'
import { FLAG_Y, line, pill } from '../paint/marks.js'
import { paintBand } from '../paint/uncertainty.js'
import { xOf } from '../scale.js'
import { alignPlaces, drag } from '../signals.js'
import { inView, type Overlay } from './overlay.js'

export const pointerOverlay: Overlay = {
  id: 'pointer',
  watch: () => void [hoverTime.value, timeFormat.value, drag.value, alignPlaces.value],
  paint: (ctx, view) => {
    const t = hoverTime.peek()
    if (t === null) return
    const { scale, height, theme } = view
    paintBand(ctx, t, theme.text, view)
    if (inView(scale, t)) line(ctx, xOf(scale, t), FLAG_Y + 8, height, css(theme.text, 0.45))
  },
  flags: (ctx, { scale, theme, session }) => {
    const t = hoverTime.peek()
    if (t !== null && inView(scale, t)) {
      const text = formatTime(t, session, timeFormat.peek())
      pill(ctx, text, xOf(scale, t), FLAG_Y, scale.width, theme.text, `11px ${theme.font}`)
    }
    const d = drag.peek()
    if (d?.kind !== 'align') return
    const text = alignLabel(d.by, session.unit, alignPlaces.peek())
    pill(ctx, text, d.x, d.y - 24, scale.width, theme.accent, `600 11px ${theme.font}`)
  },
}

/** How far the hand has moved a machine, and what that does to its events. */
function alignLabel(by: number, unit: 'ns' | 'ticks', places: ClockPlaces | null): string {
  const moved = `${by < 0 ? '' : '+'}${formatDelta(by, unit)}`
  if (!places) return moved
  return `${moved}, ${formatCount(places.outside)} of ${formatCount(places.inside + places.outside)} events impossible`
}

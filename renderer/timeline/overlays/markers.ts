// Markers A and B and their distance. Their flags on the axis can be dragged.

import { formatDelta } from '../../state/format.js'
import { activeMarker, markers, setMarker } from '../../state/session-state.js'
import type { MarkerName } from '../../state/session-state.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { css } from '../paint/colour.js'
import { FLAG_Y, line, pill } from '../paint/marks.js'
import { paintBand } from '../paint/uncertainty.js'
import { xOf, type Scale } from '../scale.js'
import { inView, type Ctx, type Overlay, type OverlayView } from './overlay.js'

const names: readonly MarkerName[] = ['a', 'b']
/** Half the width of a flag, CSS pixels. */
const REACH = 9

/** The marker whose flag on the axis lies under `x`. */
function flagAt(scale: Scale, x: number): MarkerName | null {
  const near = (name: MarkerName) => {
    const t = markers.peek()[name]
    return t !== null && Math.abs(xOf(scale, t) - x) <= REACH
  }
  return near('b') ? 'b' : near('a') ? 'a' : null
}

export const markersOverlay: Overlay = {
  id: 'markers',
  pictured: true,
  watch: () => void markers.value,
  paint: (ctx, view) => {
    const { scale, height, theme } = view
    for (const name of names) {
      const t = markers.peek()[name]
      if (t === null) continue
      const colour = name === 'a' ? theme.markerA : theme.markerB
      paintBand(ctx, t, colour, view)
      if (inView(scale, t)) line(ctx, xOf(scale, t), FLAG_Y + 8, height, css(colour), name === 'a' ? [] : [5, 3])
    }
  },
  flags: (ctx, view) => {
    const { scale, theme } = view
    paintDelta(ctx, view)
    for (const name of names) {
      const t = markers.peek()[name]
      if (t === null || !inView(scale, t)) continue
      const colour = name === 'a' ? theme.markerA : theme.markerB
      pill(ctx, name.toUpperCase(), xOf(scale, t), FLAG_Y, scale.width, colour, `600 11px ${theme.font}`)
    }
  },
  hit: ({ x, y }, { scale }) => {
    const name = y < AXIS_HEIGHT ? flagAt(scale, x) : null
    if (!name) return null
    return {
      cursor: 'ew-resize',
      grab: () => {
        activeMarker.value = name
        return { move: (to) => setMarker(name, to.caught) }
      },
    }
  },
}

/** The distance of the markers, written between their lines at the foot when there is room. */
function paintDelta(ctx: Ctx, { scale, theme, height, session }: OverlayView): void {
  const { a, b } = markers.peek()
  if (a === null || b === null) return
  const font = `11px ${theme.font}`
  const text = `B − A  ${formatDelta(b - a, session.unit)}`
  const x0 = Math.max(0, xOf(scale, Math.min(a, b)))
  const x1 = Math.min(scale.width, xOf(scale, Math.max(a, b)))
  ctx.font = font
  const spare = x1 - x0 - ctx.measureText(text).width
  if (spare < 16) return
  const y = height - 14
  const [left, right] = pill(ctx, text, (x0 + x1) / 2, y - 8, scale.width, theme.text, font)
  if (spare < 40) return
  ctx.strokeStyle = css(theme.text, 0.7)
  ctx.lineWidth = 1
  ctx.beginPath()
  for (const [from, to, tip] of [
    [left - 2, x0 + 1, 1],
    [right + 2, x1 - 1, -1],
  ] as const) {
    ctx.moveTo(from, y + 0.5)
    ctx.lineTo(to, y + 0.5)
    ctx.moveTo(to + 4 * tip, y - 3.5)
    ctx.lineTo(to, y + 0.5)
    ctx.lineTo(to + 4 * tip, y + 4.5)
  }
  ctx.stroke()
}

// Arrows from who woke to who was woken: upright at the time of the waking, then along the woken task's row until it runs.

import { lit } from '../../state/chain.js'
import { formatCount, formatDelta } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import type { Row } from '../../state/rows.js'
import { session } from '../../state/session-state.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { goWakeup } from '../hops.js'
import { css } from '../paint/colour.js'
import { xOf } from '../scale.js'
import { rowOf } from '../signals.js'
import { followArrows, wakeArrows } from '../wake-arrows.js'
import type { Overlay, OverlayView } from './overlay.js'

/** More wake-ups than this in view: only those are drawn whose waiting can be seen, the slowest first. */
const FEW = 150
const SHOWN = 120
/** Waiting that can be seen, CSS pixels. */
const LONG = 4
/** More arrows than this are drawn faintly. */
const MANY = 30
const HEAD = 4
/** How close to an arrow the pointer must be, CSS pixels. */
const REACH = 3

interface Drawn {
  readonly index: number
  readonly x0: number
  readonly x1: number
  readonly y0: number
  readonly y1: number
  readonly from: Row
  readonly to: Row
}

/** Arrows with both ends on the timeline and one of them in sight, the slowest first. */
function drawnIn(view: Pick<OverlayView, 'scale' | 'height' | 'scroll'>): Drawn[] {
  const arrows = wakeArrows.peek()
  if (!arrows || arrows.version !== session.peek()?.version) return []
  const { scale, scroll, height } = view
  const rows = arrows.tracks.map((id) => rowOf(id))
  const found: (Drawn & { readonly length: number })[] = []
  for (let i = 0; i < arrows.t0.length; i++) {
    const from = rows[arrows.fromRow[i]!]
    const to = rows[arrows.toRow[i]!]
    if (!from || !to || from === to) continue
    const x0 = xOf(scale, arrows.t0[i]!)
    const x1 = xOf(scale, arrows.t1[i]!)
    if (x1 < 0 || x0 > scale.width) continue
    const down = to.y > from.y
    const y0 = AXIS_HEIGHT + from.y - scroll + (down ? from.height - 3 : 3)
    const y1 = AXIS_HEIGHT + to.y - scroll + (down ? 3 : to.height - 3)
    if (Math.max(y0, y1) < AXIS_HEIGHT || Math.min(y0, y1) > height) continue
    found.push({ index: i, x0, x1, y0, y1, from, to, length: arrows.t1[i]! - arrows.t0[i]! })
  }
  if (found.length > FEW)
    return found
      .filter((d) => d.x1 - d.x0 >= LONG)
      .sort((a, b) => b.length - a.length)
      .slice(0, SHOWN)
  return found
}

export const wakeupsOverlay: Overlay = {
  id: 'wakeups',
  pictured: true,
  start: followArrows,
  watch: () => void [wakeArrows.value, lit.value],
  paint: (ctx, view) => {
    const drawn = drawnIn(view)
    if (drawn.length === 0) return
    const colour = css(view.theme.text, drawn.length > MANY ? 0.32 : 0.6)
    ctx.save()
    ctx.beginPath()
    ctx.rect(0, AXIS_HEIGHT, view.scale.width, view.height - AXIS_HEIGHT)
    ctx.clip()
    ctx.strokeStyle = colour
    ctx.fillStyle = colour
    ctx.lineWidth = 1
    for (const { x0, x1, y0, y1 } of drawn) {
      const x = Math.round(x0) + 0.5
      const y = Math.round(y1) + 0.5
      const down = y1 > y0 ? 1 : -1
      ctx.beginPath()
      ctx.moveTo(x, y0)
      ctx.lineTo(x, y - HEAD * down)
      if (x1 - x0 > HEAD) {
        ctx.moveTo(x, y)
        ctx.lineTo(x1, y)
      }
      ctx.stroke()
      ctx.beginPath()
      ctx.moveTo(x, y + down)
      ctx.lineTo(x - 3, y - HEAD * down)
      ctx.lineTo(x + 3, y - HEAD * down)
      ctx.closePath()
      ctx.fill()
    }
    ctx.restore()
  },
  hit: ({ x, y }, view) => {
    if (y < AXIS_HEIGHT) return null
    const near = (d: Drawn) =>
      Math.abs(x - d.x0) <= REACH && y >= Math.min(d.y0, d.y1) - 1 && y <= Math.max(d.y0, d.y1) + 1
    const hit = drawnIn(view)
      .filter(near)
      .sort((a, b) => Math.abs(x - a.x0) - Math.abs(x - b.x0))[0]
    const arrows = wakeArrows.peek()
    if (!hit || !arrows) return null
    const unit = session.peek()?.unit ?? 'ns'
    const more = arrows.count[hit.index]! - 1
    const waited = formatDelta(arrows.t1[hit.index]! - arrows.t0[hit.index]!, unit)
    const lines = [
      `${hit.from.label} wakes ${hit.to.label}, which runs ${waited} later`,
      ...(more > 0 ? [`the slowest of ${formatCount(more + 1)} within these pixels`] : []),
      'Click to light up its chain',
    ]
    return {
      cursor: 'pointer',
      tip: lines.join('\n'),
      click: () => handle(goWakeup({ wakeup: arrows.wakeup[hit.index]! })),
    }
  },
}

// The chain of wake-ups that is lit: everything else dimmed, its hops numbered.

import { dimOthers, lit, litParts } from '../../state/chain.js'
import { hopRows } from '../../state/chain-rows.js'
import { formatDelta } from '../../state/format.js'
import { fusedTracks, gathered, session } from '../../state/session-state.js'
import { goHop } from '../hops.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { badgesOf, inBadge, paintBadge, paintHopLines, paintVeil, type HopSpot } from '../paint/chain.js'
import { xOf } from '../scale.js'
import { rowInSight } from './blame.js'
import type { Overlay, OverlayView } from './overlay.js'

/** Hops that have a row on the timeline, whether in view or not. */
function spotsOf(view: Pick<OverlayView, 'scale' | 'height' | 'scroll'>): HopSpot[] {
  const { scale, scroll } = view
  const tracks = fusedTracks.peek()?.tracks ?? []
  return (lit.peek()?.chain.hops ?? []).flatMap((hop, index) => {
    const row = rowInSight(hopRows(hop, tracks, gathered.peek()), view)
    if (!row) return []
    const y = AXIS_HEIGHT + row.y - scroll + row.height / 2
    return [{ index, number: hop.number, x: xOf(scale, hop.t), y, certain: hop.orderCertain }]
  })
}

const shown = (view: Pick<OverlayView, 'scale' | 'height'>) => (s: { readonly x: number; readonly y: number }) =>
  s.x >= -8 && s.x <= view.scale.width + 8 && s.y > AXIS_HEIGHT && s.y < view.height

/** A line far outside of the canvas would cost as much as its length in dashes. */
const kept = (s: HopSpot, width: number): HopSpot => ({ ...s, x: Math.min(Math.max(s.x, -50), width + 50) })

export const chainOverlay: Overlay = {
  id: 'chain',
  pictured: true,
  watch: () => void [lit.value, litParts.value, dimOthers.value, fusedTracks.value],
  paint: (ctx, view) => {
    const now = lit.peek()
    if (!now) return
    const parts = litParts.peek()
    if (parts && dimOthers.peek()) paintVeil(ctx, view.rows, (row) => parts.get(row.track?.id ?? row.id) ?? [], view)
    ctx.save()
    ctx.beginPath()
    ctx.rect(0, AXIS_HEIGHT, view.scale.width, view.height - AXIS_HEIGHT)
    ctx.clip()
    const spots = spotsOf(view).map((s) => kept(s, view.scale.width))
    paintHopLines(ctx, spots, view.theme.accent)
    ctx.restore()
  },
  flags: (ctx, view) => {
    const now = lit.peek()
    if (!now) return
    const badges = badgesOf(spotsOf(view).filter(shown(view)))
    const current = badges.find((b) => b.hops.includes(now.hop))
    for (const b of badges) if (b !== current) paintBadge(ctx, b, false, view.theme)
    if (current) paintBadge(ctx, current, true, view.theme)
  },
  hit: ({ x, y }, view) => {
    const now = lit.peek()
    if (!now || y < AXIS_HEIGHT) return null
    const badge = badgesOf(spotsOf(view).filter(shown(view))).findLast((b) => inBadge(b, x, y))
    if (!badge) return null
    const unit = session.peek()?.unit ?? 'ns'
    const { hops } = now.chain
    const lines = badge.hops.map((i) => {
      const hop = hops[i]!
      return `${hop.number}  ${hop.label}${hop.since === null ? '' : `, after ${formatDelta(hop.since, unit)}`}`
    })
    const next = badge.hops.find((i) => i > now.hop) ?? badge.hops[0]!
    return {
      cursor: 'pointer',
      tip: lines.join('\n'),
      click: () => goHop(badge.hops.includes(now.hop) ? next : badge.hops[0]!),
    }
  },
}

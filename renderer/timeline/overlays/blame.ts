// The arrow from the preemption at hand to its culprit.

import { formatDelta } from '../../state/format.js'
import type { Row } from '../../state/rows.js'
import { hover } from '../../state/session-state.js'
import { blamed, culpritRows, followBlame } from '../blame.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { paintArrow } from '../paint/arrow.js'
import { rowOf } from '../signals.js'
import type { Overlay, OverlayView } from './overlay.js'

/** The first of the rows that is in sight, else the first that is on the timeline at all. */
export function rowInSight(ids: readonly string[], view: Pick<OverlayView, 'height' | 'scroll'>): Row | null {
  const rows = ids.flatMap((id) => rowOf(id) ?? [])
  const seen = (row: Row) => row.y + row.height > view.scroll && row.y < view.scroll + view.height - AXIS_HEIGHT
  return rows.find(seen) ?? rows[0] ?? null
}

export const blameOverlay: Overlay = {
  id: 'blame',
  pictured: true,
  start: followBlame,
  watch: () => void [blamed.value, hover.value],
  paint: (ctx, view) => {
    const found = blamed.peek()
    const victim = found && rowOf(found.row)
    if (!found || !victim) return
    const { of } = found
    const { scale, height, scroll, theme, session } = view
    const name = session.machines[of.culprit.machine]?.name ?? ''
    paintArrow(ctx, {
      scale,
      height,
      scroll,
      from: of.from,
      to: of.to,
      victim,
      culprit: rowInSight(culpritRows(of), view),
      // Under the pointer the tip says it.
      label: hover.peek() ? '' : `${name} ${of.culprit.name}, ${formatDelta(of.lost, session.unit)}`,
      colour: theme.preempted,
      font: `11px ${theme.font}`,
    })
  },
}

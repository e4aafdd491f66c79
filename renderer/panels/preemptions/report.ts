// What the tables of preemptions and sums show: the answers of the engine, and the way from a row of theirs to the timeline.

import { batch, signal } from '@preact/signals'
import type { FusedTotals, Preemption, PreemptionReport } from '../../../workers/thread/contract.js'
import { isAbort, sentence } from '../../state/messages.js'
import { holdScope } from '../../state/scope.js'
import { engine, rangeSelection, revealRow, rowLayout, session, setRange } from '../../state/session-state.js'
import type { TimeRange } from '../../state/session-state.js'
import { chosenPreemption, culpritRows } from '../../timeline/blame.js'
import { LatestOnly } from '../../timeline/latest.js'
import { goToRow } from '../menus.js'

export type Kind = 'all' | 'vcpu' | 'task'

export const report = signal<PreemptionReport | null>(null)
export const totals = signal<FusedTotals | null>(null)
export const trouble = signal<string | null>(null)
/** Rows of any one table. */
export const ROWS = 300
/** Pause after the last move of the view, ms. */
export const SETTLED = 200

interface Question {
  readonly scope: TimeRange
  readonly kind: Kind
}
export const asking = new LatestOnly<Question, readonly [PreemptionReport, FusedTotals] | null>(
  async (q) => {
    const api = engine.peek()
    if (!api) return null
    try {
      const query = { ...q.scope, limit: ROWS, ...(q.kind === 'all' ? {} : { kind: q.kind }) }
      return await Promise.all([api.preemptions(query), api.fusedTotals(q.scope)])
    } catch (e) {
      if (!isAbort(e)) trouble.value = sentence(e)
      return null
    }
  },
  (found) => {
    if (!found) return
    batch(() => {
      trouble.value = null
      ;[report.value, totals.value] = found
    })
  },
)

/** Shows a preemption: its time in the middle of the view, its row active, its range chosen, an arrow to its culprit. */
export function show(p: Preemption): void {
  const air = Math.max((p.to - p.from) * 1.5, 20)
  holdScope(() => {
    setRange(p.from - air, p.to + air, true)
    rangeSelection.value = { from: p.from, to: p.to }
    chosenPreemption.value = { version: session.peek()?.version ?? -1, of: p }
    // Both ends of the arrow in sight, where they fit; the victim's in any case.
    const end = culpritRows(p).find((id) => rowLayout.peek().index.has(id))
    if (end !== undefined) revealRow(end)
    goToRow(p.track)
  })
}

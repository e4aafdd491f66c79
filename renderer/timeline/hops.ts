// Going to the hops of the lit chain.

import { batch } from '@preact/signals'
import type { ChainTarget } from '../../workers/thread/contract.js'
import { gathering, lit, pickChain } from '../state/chain.js'
import { hopRows } from '../state/chain-rows.js'
import { holdScope } from '../state/scope.js'
import { fusedTracks, gathered, range, revealRow, rowLayout, select, setRange } from '../state/session-state.js'
import { goToRow } from '../panels/menus.js'
import { withAir } from './scale.js'

/** A hop counts as in view when it is no closer to the edge than this share of the view. */
const EDGE = 0.04
/** A chain shorter than this share of the view, or longer than the view, is fitted when it is picked. */
const SMALL = 0.08

/** Goes to a hop of the lit chain, by its index: in view, its row active, its event selected. */
export function goHop(index: number): void {
  const now = lit.peek()
  const hop = now?.chain.hops[index]
  if (!now || !hop) return
  const rows = hopRows(hop, fusedTracks.peek()?.tracks ?? [], gathered.peek())
  const known = rows.find((id) => rowLayout.peek().index.has(id))
  holdScope(() => {
    const { from, to } = range.peek()
    const air = (to - from) * EDGE
    if (hop.t < from + air || hop.t > to - air) {
      const half = (to - from) / 2
      setRange(hop.t - half, hop.t + half, true)
    }
    lit.value = { ...now, hop: index }
    const row = known ?? hop.taskTrack ?? hop.cpuTrack
    if (known === undefined || !revealRow(known)) goToRow(row)
    if (hop.position !== null) select(hop.position, hop.t, row, 'inspector')
  })
}

/** The next (+1) or previous (-1) hop. */
export function stepHop(direction: 1 | -1): void {
  const now = lit.peek()
  if (!now) return
  goHop(Math.min(Math.max(now.hop + direction, 0), now.chain.hops.length - 1))
}

/** Fills the view with the lit chain. */
export function fitChain(): void {
  const now = lit.peek()
  if (!now) return
  const { from, to } = withAir(now.chain)
  holdScope(() => setRange(from, to, true))
}

/** Lights the chain of a wake-up and goes to where it begins; answers whether there is one. */
export async function goWakeup(target: ChainTarget): Promise<boolean> {
  const chain = await pickChain(target)
  const now = lit.peek()
  if (!chain || !now) return false
  batch(() => {
    const { from, to } = range.peek()
    const share = (chain.to - chain.from) / (to - from)
    if (share > 1 || share < SMALL || chain.to < from || chain.from > to) fitChain()
    goHop(now.hop)
  })
  return true
}

export const toggleGathered = (): void => void (gathering.value = !gathering.peek())

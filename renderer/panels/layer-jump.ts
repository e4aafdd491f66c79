// From layer to layer at the same time: guest task, vCPU, host thread, physical CPU.

import { isSessionTime } from '../state/fused.js'
import { chainsOf, neighbourLayer } from '../state/layers.js'
import { say } from '../state/messages.js'
import { activeRow, engine, fusedTracks, hoverRow } from '../state/session-state.js'
import { placeInView } from '../timeline/commands.js'
import { rowOf } from '../timeline/signals.js'
import { goToRow } from './menus.js'

/** Goes from the active row (else the one pointed at) one layer towards the physical CPU (-1) or the innermost task (+1). */
export async function jumpLayer(direction: 1 | -1): Promise<void> {
  const api = engine.peek()
  const tracks = fusedTracks.peek()?.tracks
  const t = placeInView()
  if (!api || !tracks || !isSessionTime(t)) return
  const chains = chainsOf(await api.layersAt(t), tracks)
  const tracksOf = [activeRow.peek(), hoverRow.peek()].flatMap((id) => rowOf(id)?.track?.id ?? id ?? [])
  // The row that was chosen counts, unless it has no part in what ran.
  const from = tracksOf.find((id) => chains.some((c) => c.steps.some((s) => s.rows.includes(id))))
  if (from === undefined)
    return say(
      'note',
      'The chosen row has no part in what ran at this time. Click a row that has, and press L or Shift+L.',
    )
  const next = neighbourLayer(chains, from, direction)
  if (next !== null) goToRow(next)
}

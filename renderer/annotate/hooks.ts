// Annotations that hang on a chain of wake-ups, an event or an interval: made, named, and followed to what they hang on.

import type { EventRow, HoverInfo } from '../../workers/thread/contract.js'
import { viewRow } from '../../workers/units.js'
import { hopRows } from '../state/chain-rows.js'
import { currentHop, lit } from '../state/chain.js'
import { eventName } from '../state/filters.js'
import { handle, say } from '../state/messages.js'
import { cpuTrack, engine, fusedTracks, rowLayout, select } from '../state/session-state.js'
import { lightChain } from './chains.js'
import type { Annotation, Hook } from './model.js'
import { add, editing, placeOf, timeOf } from './notes.js'

/** Writes a note at the hop at hand of the lit chain, or highlights all of it. */
export function noteOnChain(kind: 'note' | 'highlight'): void {
  const chain = lit.peek()?.chain
  const hop = (kind === 'note' ? currentHop.peek() : null) ?? chain?.hops[0]
  const asked = chain?.wakeups.find((w) => w.wakeup === chain.selected) ?? chain?.wakeups.at(-1)
  if (!hop || !asked) return
  const { index } = rowLayout.peek()
  const row = hopRows(hop, fusedTracks.peek()?.tracks ?? []).find((id) => index.has(id)) ?? hop.cpuTrack
  const on: Hook = { kind: 'chain', id: asked.id, of: asked.wakee.name }
  const id = add({ kind, text: '', from: placeOf(hop.t, row), to: null, dx: 18, dy: 22, on })
  if (kind === 'note') editing.value = id
}

/** Writes a note on an event. */
export function noteOnEvent(event: EventRow, row: string | null): void {
  const { machine, cpu, task, pid } = event
  const on: Hook = { kind: 'event', event: eventName(event), machine, cpu, of: `${task}-${pid}` }
  const from = placeOf(event.t, row ?? cpuTrack(event))
  editing.value = add({ kind: 'note', text: '', from, to: null, dx: 18, dy: 22, on })
}

/** Highlights what a row shows from one moment to another. */
export function highlightInterval(row: string, span: NonNullable<HoverInfo['span']>): void {
  const on: Hook = { kind: 'interval', of: span.task || row }
  add({ kind: 'highlight', text: '', from: placeOf(span.from, row), to: placeOf(span.to, row), dx: 0, dy: 0, on })
}

/** Brings out what an annotation hangs on: lights its chain, selects its event. */
export function followHook(a: Annotation): void {
  const { on } = a
  if (on?.kind === 'chain' && !lit.peek()?.chain.wakeups.some((w) => w.id === on.id)) handle(lightChain(on.id))
  else if (on?.kind === 'event') handle(selectEvent(a, on))
}

async function selectEvent(a: Annotation, on: Extract<Hook, { kind: 'event' }>): Promise<void> {
  const api = engine.peek()
  if (!api) return
  const t = timeOf(a.from)
  const track = cpuTrack(on)
  const { view } = await api.createView({ events: [on.event], tracks: [track], from: t, to: t })
  const [event] = await api.rows(view, viewRow(0), 1)
  await api.dropView(view)
  if (event) select(event.position, event.t, a.from.row ?? track, 'inspector')
  else say('note', `The ${on.event} of ${on.of} that this note hangs on is not among what is loaded.`)
}

// What keys, menus and the command palette may do with the timeline. None needs the pointer; those that mean a place take the
// time under the pointer when there is one, else the selection, else the middle of the view.

import { sessionTime, type SessionTime } from '../../workers/units.js'
import * as state from '../state/session-state.js'
import { LatestOnly } from './latest.js'
import { xOf, withAir, zoomAt, type Scale } from './scale.js'
import { canvasWidth } from './signals.js'

const view = (): Scale => ({ ...state.range.peek(), width: canvasWidth.peek() })
const within = (t: SessionTime | null | undefined): SessionTime | null => {
  const { from, to } = state.range.peek()
  return t !== null && t !== undefined && t >= from && t <= to ? t : null
}

/** Pointer, else selection, else middle. */
export function placeInView(): SessionTime {
  const { from, to } = state.range.peek()
  return within(state.hoverTime.peek()) ?? within(state.selection.peek()?.t) ?? sessionTime(Math.round((from + to) / 2))
}

const zoomBy = (factor: number) => {
  const next = zoomAt(view(), placeInView(), factor)
  state.setRange(next.from, next.to, true)
}
export const zoomIn = (): void => zoomBy(1 / 1.6)
export const zoomOut = (): void => zoomBy(1.6)

const panBy = (share: number) => {
  const { from, to } = state.range.peek()
  const by = (to - from) * share
  state.setRange(from + by, to + by, true)
}
export const panEarlier = (): void => panBy(-0.2)
export const panLater = (): void => panBy(0.2)
export const pageEarlier = (): void => panBy(-0.9)
export const pageLater = (): void => panBy(0.9)

export const fitAll = state.fitAll
export const zoomBack = (): void => state.travelRange(-1)
export const zoomForward = (): void => state.travelRange(1)

/** Fills the view with the selected range, else with what lies between the markers. */
export function zoomToSelection(): void {
  const { a, b } = state.markers.peek()
  const chosen =
    state.rangeSelection.peek() ??
    (a !== null && b !== null ? { from: sessionTime(Math.min(a, b)), to: sessionTime(Math.max(a, b)) } : null)
  if (!chosen || chosen.to <= chosen.from) return
  state.setRange(chosen.from, chosen.to, true)
}

/** Sets a marker at the pointer (else at the selection, else in the middle), caught by the boundary nearby. */
export async function setMarkerHere(name: state.MarkerName): Promise<void> {
  const t = placeInView()
  const row = state.hoverRow.peek()
  const scale = view()
  const reach = ((scale.to - scale.from) / scale.width) * 6
  const layout = state.rowLayout.peek()
  const track = row === null ? undefined : layout.rows[layout.index.get(row) ?? -1]?.track
  const engine = state.engine.peek()
  const near = track && track.kind !== 'machine' && engine ? await engine.snap(track.id, t, reach) : null
  state.setMarker(name, near ?? sessionTime(Math.round(t)))
}

const stepping = new LatestOnly<1 | -1, void>(
  async (direction) => {
    const engine = state.engine.peek()
    const selection = state.selection.peek()
    const layout = state.rowLayout.peek()
    const active = state.activeRow.peek()
    const track = layout.rows[layout.index.get(active ?? '') ?? -1]?.track?.id ?? selection?.track
    if (!engine || !track) return
    const from = selection
      ? { position: selection.position, t: selection.t }
      : { position: null, t: direction > 0 ? state.range.peek().from : state.range.peek().to }
    const event = await engine.step(track, from, direction, state.timelineView.peek())
    if (event) state.select(event.position, event.t, track, 'timeline')
  },
  () => undefined,
)
/** Next event of the active row. */
export const nextEvent = (): void => stepping.ask(1)
export const previousEvent = (): void => stepping.ask(-1)

/** Brings the selection into the middle; when it is there already, fits it: the range, or the span around the event. */
export async function focusSelection(): Promise<void> {
  const scale = view()
  const chosen = state.rangeSelection.peek()
  const event = state.selection.peek()
  const t = chosen ? (chosen.from + chosen.to) / 2 : event?.t
  if (t === undefined) return
  if (event?.track) state.revealRow(event.track)
  if (Math.abs(xOf(scale, t) - scale.width / 2) > 1) {
    const before = state.range.peek()
    state.revealTime(t, true)
    // Close to the session's ends the middle is out of reach: there, to fit is all that is left.
    if (state.range.peek() !== before) return
  }
  if (chosen) {
    const { from, to } = withAir(chosen)
    return state.setRange(from, to, true)
  }
  const engine = state.engine.peek()
  if (!event?.track || !engine) return
  const { span } = await engine.hover(event.track, event.t, 0)
  if (!span) return
  // The event stays in the middle, as it was: fitting must not lose it from the eye.
  const half = Math.max(span.to - t, t - span.from) * 1.05
  state.setRange(t - half, t + half, true)
}

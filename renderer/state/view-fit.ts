// What of a stored view holds for the session that is open now. Pure.

import type { ClockChoice, SessionInfo } from '../../workers/thread/contract.js'
import { sessionTime } from '../../workers/units.js'
import type { SavedView } from '../store/session.js'
import { isFusedTrack } from './fused-tree.js'
import { clampRange } from './session-state.js'

/** Clock choices of the user's own: what the engine would choose by itself is not worth keeping. */
export function ownClocks(info: SessionInfo, atLoad: SessionInfo): Readonly<Record<number, ClockChoice>> {
  const own: Record<number, ClockChoice> = {}
  for (const now of info.clocks) {
    const before = atLoad.clocks.find((c) => c.machine === now.machine)
    if (before?.method !== now.method || before.offset !== now.offset)
      own[now.machine] = { method: now.method, offset: now.offset }
  }
  return own
}

/** The view with times that count from another value of the trace clock: a part of a recording begins elsewhere than the whole. */
function moved(view: SavedView, epoch: string): SavedView {
  const by = view.epoch === undefined ? 0 : Number(BigInt(view.epoch) - BigInt(epoch))
  if (by === 0) return view
  const range = (r: { readonly from: number; readonly to: number }) => ({ from: r.from + by, to: r.to + by })
  const at = (t: number | null) => (t === null ? null : t + by)
  return {
    ...view,
    epoch,
    range: range(view.range),
    markers: { a: at(view.markers.a), b: at(view.markers.b) },
    filter: {
      ...view.filter,
      ...(view.filter.from === undefined ? {} : { from: sessionTime(view.filter.from + by) }),
      ...(view.filter.to === undefined ? {} : { to: sessionTime(view.filter.to + by) }),
    },
    ...(view.chosen ? { chosen: range(view.chosen) } : {}),
  }
}

/** What of a stored view still fits the session: rows that exist, times and positions within it. */
export function fitView(stored: SavedView, info: SessionInfo): SavedView {
  const saved = moved(stored, info.epoch)
  const ids = new Set(info.tracks.map((t) => t.id))
  // Fused rows come after the others: which of them there are is not known yet.
  const known = (id: string) => ids.has(id) || isFusedTrack(id)
  // Markers stay though the window that is loaded is another.
  const bounds = info.window?.recorded ?? info
  const inside = (t: number | null) => (t !== null && t >= bounds.from && t <= bounds.to ? t : null)
  const shown = clampRange(
    { from: sessionTime(saved.range.from), to: sessionTime(saved.range.to) },
    { from: info.from, to: info.to },
  )
  return {
    ...saved,
    range: saved.range.to > info.from && saved.range.from < info.to ? shown : { from: info.from, to: info.to },
    markers: { a: inside(saved.markers.a), b: inside(saved.markers.b) },
    pinned: saved.pinned.filter(known),
    hidden: saved.hidden.filter(known),
    chosen: saved.chosen && saved.chosen.to > info.from && saved.chosen.from < info.to ? saved.chosen : null,
    selected: saved.selected !== null && saved.selected < info.count ? saved.selected : null,
  }
}

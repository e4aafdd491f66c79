// How a session looked: put away while it is open, brought back when the same files are opened again.

import { batch, effect } from '@preact/signals'
import type { ClockChoice, SessionInfo } from '../../workers/thread/contract.js'
import { position, sessionTime } from '../../workers/units.js'
import { annotations, setAnnotations } from '../annotate/notes.js'
import { saveView } from '../store/db.js'
import type { SavedView } from '../store/db.js'
import { isFusedTrack } from './fused-tree.js'
import { handle } from './messages.js'
import { clampRange, engine, extent, filter, hidden, markers, pinned, range, rowText } from './session-state.js'
import { cpuTrack, selection, session, toggled } from './session-state.js'

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

/** What of a stored view still fits the session: rows that exist, times and positions within it. */
export function fitView(saved: SavedView, info: SessionInfo): SavedView {
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
    selected: saved.selected !== null && saved.selected < info.count ? saved.selected : null,
  }
}

let stop: (() => void) | null = null

/** Forgets the rows and filter of the session that is leaving, and stops keeping its view. */
export function clearView(): void {
  stop?.()
  stop = null
  batch(() => {
    pinned.value = []
    hidden.value = new Set()
    toggled.value = new Set()
    rowText.value = ''
    filter.value = {}
    setAnnotations([])
  })
}

/** Rows as they were left: known as soon as the first of the session can be drawn. */
export function restoreRows(saved: SavedView | null): void {
  if (!saved) return
  batch(() => {
    pinned.value = saved.pinned
    hidden.value = new Set(saved.hidden)
    toggled.value = new Set(saved.toggled)
  })
}

/** Shows the session as it was left (`saved`), and keeps its view from now on. */
export async function restoreView(key: string, saved: SavedView | null): Promise<void> {
  const info = session.peek()
  if (!info) return
  const before = saved && fitView(saved, info)
  if (before) {
    batch(() => {
      range.value = before.range.to > before.range.from ? brand(before.range) : extent.peek()
      markers.value = {
        a: before.markers.a === null ? null : sessionTime(before.markers.a),
        b: before.markers.b === null ? null : sessionTime(before.markers.b),
      }
      pinned.value = before.pinned
      hidden.value = new Set(before.hidden)
      toggled.value = new Set(before.toggled)
      filter.value = before.filter
      setAnnotations(before.notes ?? [])
    })
  }
  let timer = 0
  const atLoad = info
  const storedClocks = before?.clocks ?? {}
  stop = effect(() => {
    const now = session.value
    const view: SavedView = {
      range: range.value,
      markers: markers.value,
      pinned: pinned.value,
      hidden: [...hidden.value],
      toggled: [...toggled.value],
      filter: filter.value,
      clocks: now ? { ...storedClocks, ...ownClocks(now, atLoad) } : storedClocks,
      selected: selection.value?.position ?? null,
      notes: annotations.value,
    }
    clearTimeout(timer)
    if (now) timer = window.setTimeout(() => handle(saveView(key, view)), 500)
  })
  if (before?.selected != null) {
    const event = await engine.peek()?.details(position(before.selected))
    if (event && session.peek()?.version === info.version && selection.peek() === null) {
      selection.value = { position: event.position, t: event.t, track: cpuTrack(event), origin: 'inspector' }
    }
  }
}

const brand = (r: { readonly from: number; readonly to: number }) => ({
  from: sessionTime(r.from),
  to: sessionTime(r.to),
})

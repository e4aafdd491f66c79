// How a session looked: put away while it is open, brought back when the same files are opened again.

import { batch, effect, untracked } from '@preact/signals'
import type { ClockChoice, SessionInfo } from '../../workers/thread/contract.js'
import { position, sessionTime } from '../../workers/units.js'
import { annotations, setAnnotations } from '../annotate/notes.js'
import { saveContent, saveThumb } from '../store/db.js'
import type { SavedView, SessionContent } from '../store/db.js'
import { isFusedTrack } from './fused-tree.js'
import { keepUp } from './keeping.js'
import { handle } from './messages.js'
import { savedViews } from './saved-views.js'
import { clampRange, engine, extent, filter, hidden, markers, pinned, range, rowText } from './session-state.js'
import { cpuTrack, rangeSelection, rowScroll, selection, session, toggled } from './session-state.js'
import { drawerTab, showDrawer, showInspector } from './settings.js'
import { thumbnail } from '../timeline/thumb.js'

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

/** ms between small pictures of a session that is being worked on. */
const PICTURE_EVERY = 5000

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
    savedViews.value = []
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

/** Of the session that is open: what its own clock choices are held against. */
let basis: { readonly clocks: SavedView['clocks']; readonly atLoad: SessionInfo } | null = null

/** What the open session looks like now, for a file. */
export const contentOfSession = (): SessionContent =>
  untracked(() => contentNow(basis?.clocks ?? {}, basis?.atLoad ?? null))

/** What there is to keep now. `stored`: clock choices of earlier times, which the engine takes for its own. */
function contentNow(stored: SavedView['clocks'], atLoad: SessionInfo | null): SessionContent {
  const now = session.value
  const view: SavedView = {
    range: range.value,
    markers: markers.value,
    pinned: [...pinned.value],
    hidden: [...hidden.value],
    toggled: [...toggled.value],
    filter: filter.value,
    clocks: now && atLoad ? { ...stored, ...ownClocks(now, atLoad) } : stored,
    selected: selection.value?.position ?? null,
    notes: [...annotations.value],
    ...(now ? { epoch: now.epoch } : {}),
    scroll: rowScroll.value,
    chosen: rangeSelection.value,
    drawer: showDrawer.value ? drawerTab.value : null,
    inspector: showInspector.value,
  }
  return { view, views: [...savedViews.value] }
}

/** Shows the session as it was left (`saved`), and keeps from now on under `key` what is done to it. */
export async function restoreView(key: string, saved: SessionContent | null): Promise<void> {
  const info = session.peek()
  if (!info) return
  const before = saved?.view ? fitView(saved.view, info) : null
  savedViews.value = saved?.views ?? []
  if (before) showView(before)
  const storedClocks = before?.clocks ?? {}
  basis = { clocks: storedClocks, atLoad: info }
  let first = true
  let pictured = 0
  const picture = async () => {
    const image = thumbnail()
    if (image === null || !session.peek()) return
    pictured = Date.now()
    await saveThumb(key, image)
  }
  const keeper = keepUp(async (content: SessionContent) => {
    await saveContent(key, content)
    if (Date.now() - pictured > PICTURE_EVERY) await picture()
  })
  // Rows arrive after the session.
  const drawn = setTimeout(() => handle(picture()), 1500)
  const end = effect(() => {
    const content = contentNow(storedClocks, info)
    // What was just brought back is stored already.
    if (!first && session.value) keeper.changed(content)
    first = false
  })
  stop = () => {
    end()
    clearTimeout(drawn)
    keeper.close()
    handle(picture())
  }
  if (before?.selected != null) {
    const event = await engine.peek()?.details(position(before.selected))
    if (event && session.peek()?.version === info.version && selection.peek() === null) {
      selection.value = { position: event.position, t: event.t, track: cpuTrack(event), origin: 'inspector' }
    }
  }
}

function showView(view: SavedView): void {
  batch(() => {
    range.value = view.range.to > view.range.from ? brand(view.range) : extent.peek()
    markers.value = {
      a: view.markers.a === null ? null : sessionTime(view.markers.a),
      b: view.markers.b === null ? null : sessionTime(view.markers.b),
    }
    pinned.value = view.pinned
    hidden.value = new Set(view.hidden)
    toggled.value = new Set(view.toggled)
    filter.value = view.filter
    rangeSelection.value = view.chosen ? brand(view.chosen) : null
    if (view.drawer != null) drawerTab.value = view.drawer
    if (view.drawer !== undefined) showDrawer.value = view.drawer !== null
    if (view.inspector !== undefined) showInspector.value = view.inspector
    // The rows of the fused views come later: until then there is not as much to scroll over.
    if (view.scroll !== undefined) rowScroll.value = view.scroll
    setAnnotations(view.notes ?? [])
  })
}

const brand = (r: { readonly from: number; readonly to: number }) => ({
  from: sessionTime(r.from),
  to: sessionTime(r.to),
})

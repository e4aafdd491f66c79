// How a session looked: put away while it is open, brought back when the same files are opened again.

import { batch, effect, untracked } from '@preact/signals'
import type { SessionInfo } from '../../workers/thread/contract.js'
import { position, sessionTime } from '../../workers/units.js'
import { annotations, noteSteps, setAnnotations } from '../annotate/notes.js'
import { saveContent, saveThumb } from '../store/db.js'
import type { SavedView, SessionContent } from '../store/db.js'
import { clockSteps, setClockSteps } from './clock-choices.js'
import { keepUp } from './keeping.js'
import { handle } from './messages.js'
import { savedViews } from './saved-views.js'
import { engine, extent, filter, hidden, markers, pinned, range, rowText } from './session-state.js'
import { cpuTrack, rangeSelection, rowScroll, selection, session, toggled } from './session-state.js'
import { drawerTab, showDrawer, showInspector } from './settings.js'
import { setUndoOrder, undoOrder } from './undo.js'
import { fitView, ownClocks } from './view-fit.js'
import { thumbnail } from '../timeline/thumb.js'

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
    setUndoOrder({ done: [], undone: [] })
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

/** What the open session looks like now, for a file: how it came to be stays here. */
export const contentOfSession = (): SessionContent =>
  untracked(() => {
    const { view, views } = contentNow(basis?.clocks ?? {}, basis?.atLoad ?? null)
    return { view: view && { ...view, history: undefined }, views }
  })

/** The same with the way back from what was done; `clocks`: the user's own choices. */
export const contentToKeep = (clocks: SavedView['clocks']): SessionContent => untracked(() => contentNow(clocks, null))

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
    history: { notes: noteSteps.value, clocks: clockSteps.value, order: undoOrder.value },
  }
  return { view, views: [...savedViews.value] }
}

/** All that is kept but where the view is. */
const whatIsDone = (): readonly unknown[] => [
  annotations.value,
  noteSteps.value,
  clockSteps.value,
  markers.value,
  pinned.value,
  hidden.value,
  toggled.value,
  filter.value,
  savedViews.value,
  rangeSelection.value,
]

/** Shows the session as it was left (`saved`), and keeps from now on under `key` what is done to it. */
export async function restoreView(key: string, saved: SessionContent | null): Promise<void> {
  const info = session.peek()
  if (!info) return
  const before = saved?.view ? fitView(saved.view, info) : null
  // What was written while the session was still loading stays.
  const meanwhile = annotations.peek()
  savedViews.value = [...(saved?.views ?? []), ...savedViews.peek()]
  if (before) showView({ ...before, notes: [...(before.notes ?? []), ...meanwhile] }, info)
  const storedClocks = before?.clocks ?? {}
  basis = { clocks: storedClocks, atLoad: info }
  let first = meanwhile.length === 0
  let pictured = 0
  const picture = async () => {
    const image = thumbnail()
    if (image === null || !session.peek()) return
    pictured = Date.now()
    await saveThumb(key, image)
  }
  const keeper = keepUp(async (content: SessionContent) => {
    await saveContent(key, content)
    // Work goes first: what waits to be stored does not wait for this.
    if (Date.now() - pictured > PICTURE_EVERY) setTimeout(() => handle(picture()), 50)
  })
  // Rows arrive after the session.
  const drawn = setTimeout(() => handle(picture()), 1500)
  let done: readonly unknown[] = []
  const end = effect(() => {
    const content = contentNow(storedClocks, info)
    const now = whatIsDone()
    const calm = now.every((value, i) => value === done[i])
    done = now
    // What was just brought back is stored already.
    if (!first && session.value) keeper.changed(content, calm)
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

function showView(view: SavedView, info: SessionInfo): void {
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
    setAnnotations(view.notes ?? [], view.history?.notes)
    setClockSteps(info, view.history?.clocks)
    setUndoOrder(view.history?.order ?? { done: [], undone: [] })
  })
}

const brand = (r: { readonly from: number; readonly to: number }) => ({
  from: sessionTime(r.from),
  to: sessionTime(r.to),
})

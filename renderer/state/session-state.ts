// The signals of one open session that the timeline, the table and the frame around them share. Who changes what: the functions
// below; screens never keep a second copy.

import { batch, computed, signal } from '@preact/signals'
import type {
  EngineApi,
  EventDetails,
  FilterSpec,
  FusedTracks,
  HoverInfo,
  Progress,
  SearchSpec,
  SearchState,
  SessionInfo,
} from '../../workers/thread/contract.js'
import { sessionTime } from '../../workers/units.js'
import type { Position, SessionTime, ViewRow } from '../../workers/units.js'
import { noHistory, remember, travel } from './history.js'
import type { History } from './history.js'
import { emptyLayout, layoutRows } from './rows.js'
import type { RowHeight, TaskOrder } from './rows.js'

// ---- engine and session ------------------------------------------------------------------------------------------------

/** null until the worker has been started. */
export const engine = signal<EngineApi | null>(null)
export const session = signal<SessionInfo | null>(null)
/** Why there are no fused rows yet, for a few words beside their header; null = they are there, or none are expected. */
export const fusedAwaited = signal<string | null>(null)
/** Rows of the fused views; null until they are known, and where there is no virtual machine. */
export const fusedTracks = signal<FusedTracks | null>(null)

export interface Work {
  /** What is being done: `Loading`, `Filtering`. */
  readonly title: string
  readonly progress: Progress | null
  readonly cancel: () => void
}
/** Long work in hand; null = none. */
export const loading = signal<Work | null>(null)
export const filtering = signal<Work | null>(null)

/** All of the session; 0..1 while nothing is open. */
export const extent = computed<TimeRange>(() => {
  const s = session.value
  if (!s) return { from: sessionTime(0), to: sessionTime(1) }
  return { from: s.from, to: s.to > s.from ? s.to : sessionTime(s.from + 1) }
})

// ---- visible time ------------------------------------------------------------------------------------------------------

export interface TimeRange {
  readonly from: SessionTime
  readonly to: SessionTime
}
/** What the canvas shows. */
export const range = signal<TimeRange>({ from: sessionTime(0), to: sessionTime(1) })
const rangeHistory = signal<History<TimeRange>>(noHistory)
export const canGoBack = computed(() => rangeHistory.value.past.length > 0)
export const canGoForward = computed(() => rangeHistory.value.future.length > 0)

/** Narrowest span that is still shown, session units. */
const minSpan = 10

/** Keeps a range at least `minSpan` and at most the session (and a margin) wide, and touching the session. */
export function clampRange(wish: TimeRange, all: TimeRange): TimeRange {
  const whole = all.to - all.from
  const margin = whole * 0.02
  const span = Math.min(Math.max(wish.to - wish.from, Math.min(minSpan, whole)), whole + 2 * margin)
  const middle = (wish.from + wish.to) / 2
  const from = Math.min(Math.max(middle - span / 2, all.from - margin), all.to + margin - span)
  return { from: sessionTime(from), to: sessionTime(from + span) }
}

/**
 * Moves the view. `step: true` makes the range before it a step that Backspace returns to: pass it once per gesture (the first
 * wheel notch, the start of a drag), not per frame.
 */
export function setRange(from: number, to: number, step = false): void {
  const before = range.peek()
  const next = clampRange({ from: sessionTime(from), to: sessionTime(to) }, extent.peek())
  if (next.from === before.from && next.to === before.to) return
  batch(() => {
    if (step) rangeHistory.value = remember(rangeHistory.peek(), before)
    range.value = next
  })
}

/** Remembers the present range as a step; for gestures that call setRange many times. */
export function markRange(): void {
  rangeHistory.value = remember(rangeHistory.peek(), range.peek())
}

/** Zoom history: -1 back, +1 forward. */
export function travelRange(direction: 1 | -1): void {
  const to = travel(rangeHistory.peek(), range.peek(), direction)
  if (!to) return
  batch(() => {
    rangeHistory.value = to.history
    range.value = to.value
  })
}

export function fitAll(): void {
  const { from, to } = extent.peek()
  setRange(from, to, true)
}

/** Pans so that `t` is in the middle, only if it is not visible (or `always`). */
export function revealTime(t: number, always = false): void {
  const { from, to } = range.peek()
  if (!always && t >= from && t <= to) return
  const half = (to - from) / 2
  setRange(t - half, t + half, true)
}

/** Session times count from another moment: all that is shown and chosen moves by `by` and stays where it was. */
export function moveTimes(by: number): void {
  if (by === 0) return
  const at = <T extends number | null>(t: T) => (t === null ? null : sessionTime(t + by))
  const moved = ({ from, to }: TimeRange): TimeRange => ({ from: sessionTime(from + by), to: sessionTime(to + by) })
  batch(() => {
    range.value = moved(range.peek())
    const { past, future } = rangeHistory.peek()
    rangeHistory.value = { past: past.map(moved), future: future.map(moved) }
    const chosen = rangeSelection.peek()
    if (chosen) rangeSelection.value = moved(chosen)
    const event = selection.peek()
    if (event) selection.value = { ...event, t: sessionTime(event.t + by) }
    const place = chosenPlace.peek()
    if (place) chosenPlace.value = { ...place, t: sessionTime(place.t + by) }
    const { a, b } = markers.peek()
    markers.value = { a: at(a), b: at(b) }
    hoverTime.value = at(hoverTime.peek())
    const { from, to } = filter.peek()
    if (from !== undefined || to !== undefined)
      filter.value = {
        ...filter.peek(),
        ...(from === undefined ? {} : { from: sessionTime(from + by) }),
        ...(to === undefined ? {} : { to: sessionTime(to + by) }),
      }
  })
}

/** Called with each SessionInfo the engine hands out. `fresh` = another session than before: shows all of it. */
export function setSession(info: SessionInfo | null, fresh: boolean): void {
  batch(() => {
    const shown = range.peek()
    const all = extent.peek()
    const whole = shown.from <= all.from && shown.to >= all.to
    session.value = info
    if (fresh) {
      rangeHistory.value = noHistory
      selection.value = null
      chosenPlace.value = null
      details.value = null
      rangeSelection.value = null
      markers.value = { a: null, b: null }
      hoverTime.value = null
      hover.value = null
      rowScroll.value = 0
      activeRow.value = null
      busiest.value = null
      staying.value = []
      fusedTracks.value = null
    }
    if (fresh || whole) range.value = extent.peek()
    else range.value = clampRange(shown, extent.peek())
  })
}

// ---- rows --------------------------------------------------------------------------------------------------------------

export const rowHeight = signal<RowHeight>(22)
/** Track ids in the order in which they were pinned. */
export const pinned = signal<readonly string[]>([])
/** Rows that stand together above the pinned ones for as long as what they show is lit. */
export const gathered = signal<readonly string[]>([])
export const hidden = signal<ReadonlySet<string>>(new Set())
/** Tasks of a machine that are shown at once; null until the room for rows is known. */
export const busiest = signal<number | null>(null)
/** Tasks that stay where they stand while a recording grows. */
export const staying = signal<readonly string[]>([])
export const taskOrder = signal<TaskOrder>('events')
/** Headers that differ from the default: machines and their busiest tasks start expanded. */
export const toggled = signal<ReadonlySet<string>>(new Set())
export const rowText = signal('')
/** Rows in display order; tree and canvas both draw these. */
export const rowLayout = computed(() => {
  const s = session.value
  if (!s) return emptyLayout
  const choices = {
    pinned: [...new Set([...gathered.value, ...pinned.value])],
    hidden: hidden.value,
    toggled: toggled.value,
    text: rowText.value,
    order: taskOrder.value,
    busiest: busiest.value ?? 6,
    staying: staying.value,
    height: rowHeight.value,
  }
  return layoutRows(s.tracks, choices, fusedTracks.value ?? { tracks: [], threads: [], awaited: fusedAwaited.value })
})
/** Vertical scroll of tree and canvas, CSS pixels. */
export const rowScroll = signal(0)
/** Height of the canvas' row area, CSS pixels; the timeline sets it. */
export const rowViewport = signal(0)

export function setRowScroll(y: number): void {
  // Whole pixels: the tree's scrollbar knows no others, and the canvas must stay level with it.
  rowScroll.value = Math.round(Math.max(0, Math.min(y, rowLayout.peek().height - rowViewport.peek())))
}

/** Row that the keyboard acts on (events of the row, pin, hide): the track of the selection or the one clicked last. */
export const activeRow = signal<string | null>(null)
/** Row under the pointer, in the tree or on the canvas. */
export const hoverRow = signal<string | null>(null)

const toggle = (set: ReadonlySet<string>, id: string): ReadonlySet<string> => {
  const next = new Set(set)
  if (!next.delete(id)) next.add(id)
  return next
}
export const toggleRow = (id: string): void => void (toggled.value = toggle(toggled.peek(), id))
export const togglePin = (id: string): void => {
  const now = pinned.peek()
  pinned.value = now.includes(id) ? now.filter((p) => p !== id) : [...now, id]
}
export const hideRow = (id: string): void => void (hidden.value = toggle(hidden.peek(), id))
export const showAllRows = (): void => void (hidden.value = new Set())

/** Scrolls so that the row is visible; false when it is hidden, collapsed or filtered out. */
export function revealRow(id: string): boolean {
  const layout = rowLayout.peek()
  const row = layout.rows[layout.index.get(id) ?? -1]
  if (!row) return false
  const top = rowScroll.peek()
  if (row.y < top) setRowScroll(row.y)
  else if (row.y + row.height > top + rowViewport.peek()) setRowScroll(row.y + row.height - rowViewport.peek())
  return true
}

// ---- selection, markers, pointer ---------------------------------------------------------------------------------------

export interface Selection {
  readonly position: Position
  readonly t: SessionTime
  /** Row on which it was chosen. */
  readonly track: string | null
  /** Who chose it: followers do not answer their own choice. */
  readonly origin: 'timeline' | 'table' | 'search' | 'inspector'
}
/** The selected event. */
export const selection = signal<Selection | null>(null)
/** A place on a row that was clicked where no event lies, in place of an event. */
export const chosenPlace = signal<{ readonly track: string; readonly t: SessionTime } | null>(null)
/** Arrives after `selection`; may be of an older one for a moment (compare `position`). */
export const details = signal<EventDetails | null>(null)
/** Time range chosen by dragging. */
export const rangeSelection = signal<TimeRange | null>(null)

/** Selects an event; pans to it when it is out of view and scrolls its row into view. */
export function select(position: Position, t: SessionTime, track: string | null, origin: Selection['origin']): void {
  batch(() => {
    selection.value = { position, t, track, origin }
    chosenPlace.value = null
    if (track !== null) {
      activeRow.value = track
      if (origin !== 'timeline') revealRow(track)
    }
    revealTime(t)
  })
}
/** Selects what a row shows at a time, where no event lies. */
export function choosePlace(track: string, t: SessionTime): void {
  batch(() => {
    selection.value = null
    chosenPlace.value = { track, t }
  })
}
export function clearSelection(): void {
  batch(() => {
    selection.value = null
    chosenPlace.value = null
    details.value = null
    rangeSelection.value = null
    activeRow.value = null
  })
}
/** Track id of an event's CPU row. */
export const cpuTrack = (event: { readonly machine: number; readonly cpu: number }): string =>
  `m${event.machine}/cpu${event.cpu}`
export const taskTrack = (event: { readonly machine: number; readonly pid: number }): string =>
  `m${event.machine}/task/${event.pid}`

/** Row on which to show an event that was found elsewhere: its task's when that is in sight, else its CPU's. */
export function rowFor(event: { readonly machine: number; readonly cpu: number; readonly pid: number }): string {
  const layout = rowLayout.peek()
  const row = layout.rows[layout.index.get(taskTrack(event)) ?? -1]
  const top = rowScroll.peek()
  const inSight = row !== undefined && row.y >= top && row.y + row.height <= top + rowViewport.peek()
  return inSight ? row.id : cpuTrack(event)
}

export type MarkerName = 'a' | 'b'
export const markers = signal<Readonly<Record<MarkerName, SessionTime | null>>>({ a: null, b: null })
/** The one that a double click sets. */
export const activeMarker = signal<MarkerName>('a')
export function setMarker(name: MarkerName, t: SessionTime | null): void {
  batch(() => {
    markers.value = { ...markers.peek(), [name]: t }
    if (t !== null) activeMarker.value = name
  })
}

/** Time under the pointer over canvas or overview; null when it is elsewhere. */
export const hoverTime = signal<SessionTime | null>(null)
export const hover = signal<HoverInfo | null>(null)

// ---- filter and search -------------------------------------------------------------------------------------------------

export const filter = signal<FilterSpec>({})
export const filterTimeline = signal(true)
export const filterTable = signal(true)
/** The engine's view of `filter`; null while there is no filter (view 0 then). */
export const filterView = signal<{ readonly view: number; readonly count: number } | null>(null)
/** View whose events the timeline draws. */
export const timelineView = computed(() => (filterTimeline.value ? (filterView.value?.view ?? 0) : 0))
/** View that the table lists. */
export const tableView = computed(() => (filterTable.value ? (filterView.value?.view ?? 0) : 0))
export const tableCount = computed(() => {
  const all = session.value?.count ?? 0
  return filterTable.value ? (filterView.value?.count ?? all) : all
})

export const searchSpec = signal<SearchSpec>({ text: '', column: 'all', mode: 'contains' })
export const searchState = signal<SearchState | null>(null)
/** The match that was stepped to last. */
export const searchHit = signal<{ readonly row: ViewRow; readonly position: Position } | null>(null)

// ---- how things are shown ----------------------------------------------------------------------------------------------

export type ThemeChoice = 'system' | 'dark' | 'light'
export const theme = signal<ThemeChoice>('system')
export const systemDark = signal(true)
/** The theme to paint with. */
export const paintTheme = computed<'dark' | 'light'>(() =>
  theme.value === 'system' ? (systemDark.value ? 'dark' : 'light') : theme.value,
)
/** relative: since the session's first event; trace: value of the trace clock. */
export type TimeFormat = 'relative' | 'trace'
export const timeFormat = signal<TimeFormat>('relative')
/** kernelshark: left drag zooms. */
export type MousePreset = 'remora' | 'kernelshark'
export const mousePreset = signal<MousePreset>('remora')

// Views that were given a name: to come back to, and for reports.

import { batch, signal } from '@preact/signals'
import { sessionTime } from '../../workers/units.js'
import type { NamedView } from '../store/session.js'
import { rowsBetween } from './rows.js'
import {
  filter,
  hidden,
  pinned,
  range,
  rowLayout,
  rowScroll,
  rowViewport,
  session,
  setRange,
  setRowScroll,
  toggled,
} from './session-state.js'

/** In the order in which a report shows them. */
export const savedViews = signal<readonly NamedView[]>([])

/** Adds what is in view now. */
export function saveThisView(name: string, caption: string): void {
  const info = session.peek()
  if (!info) return
  const at = (t: number): string => String(BigInt(info.epoch) + BigInt(Math.round(t)))
  const layout = rowLayout.peek()
  const top = rowScroll.peek()
  const rows = layout.rows.slice(...rowsBetween(layout, top, top + rowViewport.peek())).map((r) => r.id)
  const view: NamedView = {
    id: crypto.randomUUID(),
    name: name.trim() || `View ${savedViews.peek().length + 1}`,
    caption: caption.trim(),
    from: at(range.peek().from),
    to: at(range.peek().to),
    rows,
    pinned: [...pinned.peek()],
    hidden: [...hidden.peek()],
    toggled: [...toggled.peek()],
    filter: filter.peek(),
    scroll: top,
  }
  savedViews.value = [...savedViews.peek(), view]
}

export const changeView = (id: string, to: Partial<Pick<NamedView, 'name' | 'caption'>>): void =>
  void (savedViews.value = savedViews.peek().map((v) => (v.id === id ? { ...v, ...to } : v)))
export const removeView = (id: string): void => void (savedViews.value = savedViews.peek().filter((v) => v.id !== id))
/** Moves a view one place up (-1) or down (1). */
export function shiftView(id: string, by: 1 | -1): void {
  const all = [...savedViews.peek()]
  const at = all.findIndex((v) => v.id === id)
  const to = at + by
  if (at < 0 || to < 0 || to >= all.length) return
  ;[all[at], all[to]] = [all[to]!, all[at]!]
  savedViews.value = all
}

/** Session times of a view. */
export function timesOf(view: Pick<NamedView, 'from' | 'to'>, epoch: string) {
  const at = (t: string) => sessionTime(Number(BigInt(t) - BigInt(epoch)))
  return { from: at(view.from), to: at(view.to) }
}

export function showSavedView(view: NamedView): void {
  const info = session.peek()
  if (!info) return
  const { from, to } = timesOf(view, info.epoch)
  batch(() => {
    pinned.value = view.pinned
    hidden.value = new Set(view.hidden)
    toggled.value = new Set(view.toggled)
    filter.value = view.filter
    setRange(from, to, true)
  })
  setRowScroll(view.scroll)
}

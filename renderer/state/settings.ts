// The frame's own choices: sizes, what is shown, theme, formats. Kept between sessions of any files.

import { computed, effect, signal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import { dimOthers } from './chain.js'
import { loadSettings, saveSetting } from '../store/db.js'
import { handle } from './messages.js'
import { runsDefinitionsText } from './runs-kept.js'
import { showArrows } from './wakeups.js'
import { filterTable, filterTimeline, mousePreset, rowHeight, taskOrder, theme, timeFormat } from './session-state.js'

/** CSS pixels. */
export const treeWidth = signal(240)
export const inspectorWidth = signal(320)
export const drawerHeight = signal(240)
export const showInspector = signal(true)
export const showDrawer = signal(true)
/** Id of one of panels/tabs.ts. */
export const drawerTab = signal('events')
export const showFilterBar = signal(false)
/** The table scrolls to what is selected elsewhere. */
export const follow = signal(true)
/** What the looks of fused rows mean is spelled out. */
export const showLegend = signal(true)
/** Widths of the event table's columns by name, CSS pixels. */
export const columnWidths = signal<Readonly<Record<string, number>>>({})

/** Directories of other machines that files were opened from, latest first. */
export interface RemotePlace {
  /** `ssh://user@host:port`. */
  readonly address: string
  readonly path: string
}
export const remotePlaces = signal<readonly RemotePlace[]>([])

/** Opens the drawer at a tab. */
export function showTab(id: string): void {
  showDrawer.value = true
  drawerTab.value = id
}

/** Window size, CSS pixels; kept by app.tsx. */
export const windowSize = signal({ width: 1440, height: 900 })
/** Too narrow for an inspector beside the canvas: it becomes a tab of the drawer. */
export const narrow = { breakpoint: 1180 } as const
export const isNarrow = computed(() => windowSize.value.width < narrow.breakpoint)

const number = (low: number, high: number) => (v: unknown) =>
  typeof v === 'number' && Number.isFinite(v) && v >= low && v <= high
const oneOf =
  (...all: readonly unknown[]) =>
  (v: unknown) =>
    all.includes(v)
const boolean = (v: unknown) => typeof v === 'boolean'
const widths = (v: unknown) => typeof v === 'object' && v !== null && Object.values(v).every((w) => number(20, 4000)(w))
const places = (v: unknown) =>
  Array.isArray(v) && v.every((p: Partial<RemotePlace>) => typeof p?.address === 'string' && typeof p.path === 'string')

interface Kept {
  readonly name: string
  readonly valid: (value: unknown) => boolean
  readonly read: () => unknown
  readonly write: (value: unknown) => void
}
/** A stored value is taken only if `valid`: an older or newer version may have written it. */
function kept<T>(name: string, from: Signal<T>, valid: (value: unknown) => boolean): Kept {
  return { name, valid, read: () => from.value, write: (value) => (from.value = value as T) }
}
export const settings: readonly Kept[] = [
  kept('theme', theme, oneOf('system', 'dark', 'light')),
  kept('timeFormat', timeFormat, oneOf('relative', 'trace')),
  kept('mousePreset', mousePreset, oneOf('remora', 'kernelshark')),
  kept('rowHeight', rowHeight, oneOf(16, 22, 28)),
  kept('taskOrder', taskOrder, oneOf('events', 'name')),
  kept('treeWidth', treeWidth, number(120, 800)),
  kept('inspectorWidth', inspectorWidth, number(200, 1000)),
  kept('drawerHeight', drawerHeight, number(80, 1200)),
  kept('showInspector', showInspector, boolean),
  kept('showDrawer', showDrawer, boolean),
  // One that is not there (any more) shows the first.
  kept('drawerTab', drawerTab, (v) => typeof v === 'string' && /^[a-z-]{1,40}$/.test(v)),
  kept('follow', follow, boolean),
  kept('dimOthers', dimOthers, boolean),
  kept('showArrows', showArrows, boolean),
  kept('filterTimeline', filterTimeline, boolean),
  kept('filterTable', filterTable, boolean),
  kept('showLegend', showLegend, boolean),
  kept('runsDefinitions', runsDefinitionsText, (v) => typeof v === 'string' && v.length < 1e6),
  kept('columnWidths', columnWidths, widths),
  kept('remotePlaces', remotePlaces, places),
]

/** Takes over what was stored; unknown names and values of the wrong kind are left alone. */
export function applySettings(stored: ReadonlyMap<string, unknown>): void {
  for (const s of settings) if (stored.has(s.name) && s.valid(stored.get(s.name))) s.write(stored.get(s.name))
}

/** Reads the stored choices, then keeps them up to date. */
export async function startSettings(): Promise<void> {
  applySettings(await loadSettings())
  for (const s of settings) {
    let first = true
    effect(() => {
      const value = s.read()
      if (!first) handle(saveSetting(s.name, value))
      first = false
    })
  }
}

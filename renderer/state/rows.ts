// Which rows stand on the timeline, in which order and how high. Pure: the track tree and the canvas both draw from its result,
// so they cannot disagree.

import type { TrackInfo } from '../../workers/thread/contract.js'
import type { MachineIndex } from '../../workers/units.js'

/** Row height in CSS pixels: compact, normal, comfortable. */
export type RowHeight = 16 | 22 | 28
export const rowHeights: readonly RowHeight[] = [16, 22, 28]

export interface Row {
  /** Id of the track, or `<machine track>/tasks` for the header above a machine's tasks. */
  readonly id: string
  readonly kind: 'machine' | 'cpu' | 'task' | 'tasks'
  /** What the engine draws on this row; null for the header above a machine's tasks. */
  readonly track: TrackInfo | null
  readonly machine: MachineIndex
  readonly label: string
  readonly depth: 0 | 1 | 2
  /** CSS pixels from the top of the first row. */
  readonly y: number
  readonly height: number
  readonly pinned: boolean
  /** null: a leaf. */
  readonly expanded: boolean | null
  /** Rows below this header, shown or not. */
  readonly children: number
}

export interface RowLayout {
  readonly rows: readonly Row[]
  /** Index in `rows` by row id. */
  readonly index: ReadonlyMap<string, number>
  readonly height: number
  /** Rows that the user has hidden. */
  readonly hidden: number
}

export interface RowChoices {
  readonly pinned: readonly string[]
  readonly hidden: ReadonlySet<string>
  /** Rows whose state differs from the default: machines start expanded, their tasks collapsed. */
  readonly toggled: ReadonlySet<string>
  readonly text: string
  readonly height: RowHeight
}

export const emptyLayout: RowLayout = { rows: [], index: new Map(), height: 0, hidden: 0 }

/** Tasks group id of a machine track. */
export const tasksGroup = (machineTrack: string): string => `${machineTrack}/tasks`

export function layoutRows(tracks: readonly TrackInfo[], choices: RowChoices): RowLayout {
  const { hidden, toggled, height } = choices
  const text = choices.text.trim().toLowerCase()
  const wanted = (t: TrackInfo) => !hidden.has(t.id) && (text === '' || t.label.toLowerCase().includes(text))
  const pinnedIds = new Set(choices.pinned)
  const byId = new Map(tracks.map((t) => [t.id, t]))
  const cpusOf = new Map<number, TrackInfo[]>()
  const tasksOf = new Map<number, TrackInfo[]>()
  for (const t of tracks) {
    if (t.kind === 'machine' || pinnedIds.has(t.id)) continue
    const group = t.kind === 'cpu' ? cpusOf : tasksOf
    const list = group.get(t.machine)
    if (list) list.push(t)
    else group.set(t.machine, [t])
  }

  const rows: Row[] = []
  let y = 0
  const push = (row: Omit<Row, 'y' | 'height'>) => {
    rows.push({ ...row, y, height })
    y += height
  }
  const leaf = (t: TrackInfo, depth: 0 | 1 | 2, pinned: boolean) =>
    push({
      id: t.id,
      kind: t.kind,
      track: t,
      machine: t.machine,
      label: t.label,
      depth,
      pinned,
      expanded: null,
      children: 0,
    })

  for (const id of choices.pinned) {
    const t = byId.get(id)
    if (t && wanted(t)) leaf(t, 0, true)
  }
  for (const m of tracks) {
    if (m.kind !== 'machine' || hidden.has(m.id)) continue
    const cpus = (cpusOf.get(m.machine) ?? []).filter(wanted)
    const tasks = (tasksOf.get(m.machine) ?? []).filter(wanted).sort((a, b) => b.events - a.events)
    if (text !== '' && cpus.length === 0 && tasks.length === 0 && !wanted(m)) continue
    const open = text !== '' || !toggled.has(m.id)
    push({
      id: m.id,
      kind: 'machine',
      track: m,
      machine: m.machine,
      label: m.label,
      depth: 0,
      pinned: false,
      expanded: open,
      children: cpus.length + tasks.length,
    })
    if (!open) continue
    for (const c of cpus) leaf(c, 1, false)
    if (tasks.length === 0) continue
    const group = tasksGroup(m.id)
    const tasksOpen = text !== '' || toggled.has(group)
    push({
      id: group,
      kind: 'tasks',
      track: null,
      machine: m.machine,
      label: 'Tasks',
      depth: 1,
      pinned: false,
      expanded: tasksOpen,
      children: tasks.length,
    })
    if (tasksOpen) for (const t of tasks) leaf(t, 2, false)
  }
  return {
    rows,
    index: new Map(rows.map((r, i) => [r.id, i])),
    height: y,
    hidden: tracks.reduce((n, t) => n + (hidden.has(t.id) ? 1 : 0), 0),
  }
}

/** Indices [first, end) of the rows that touch `top`..`bottom`. All rows have the same height. */
export function rowsBetween(layout: RowLayout, top: number, bottom: number): readonly [number, number] {
  const height = layout.rows[0]?.height ?? 1
  const first = Math.max(0, Math.floor(top / height))
  const end = Math.min(layout.rows.length, Math.ceil(bottom / height))
  return [Math.min(first, end), end]
}

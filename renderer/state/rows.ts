// Which rows stand on the timeline, in which order and how high. Pure: the track tree and the canvas both draw from its result,
// so they cannot disagree.

import type { FusedThread, FusedTrack, FusedTracks, TrackInfo } from '../../workers/thread/contract.js'
import { machineIndex, type MachineIndex } from '../../workers/units.js'
import { byName } from './format.js'
import { fusedRowTracks, fusedRows } from './fused-tree.js'

/** Row height in CSS pixels: compact, normal, comfortable. */
export type RowHeight = 16 | 22 | 28
export const rowHeights: readonly RowHeight[] = [16, 22, 28]

/** What a row shows: a track of the session, or one of the fused views. */
export interface RowTrack extends Omit<TrackInfo, 'kind'> {
  readonly kind: TrackInfo['kind'] | FusedTrack['kind'] | 'thread'
  readonly fused?: FusedTrack
  /** A guest's task split by the layers below it. */
  readonly thread?: FusedThread
}

/** Whether a row shows states of several machines, instead of what one machine's own kernel says. */
export const isLayered = (t: RowTrack): boolean => t.fused !== undefined || t.thread !== undefined

export interface Row {
  /** Id of the track, or that of a header: `<machine track>/tasks`, `<machine track>/quieter`, `fused/pcpus`. */
  readonly id: string
  readonly kind: RowTrack['kind'] | 'tasks' | 'quieter' | 'group' | 'vm'
  /** What the engine draws on this row; null for the headers above tasks and fused rows. */
  readonly track: RowTrack | null
  readonly machine: MachineIndex
  readonly label: string
  readonly depth: 0 | 1 | 2 | 3
  /** CSS pixels from the top of the first row. */
  readonly y: number
  readonly height: number
  readonly pinned: boolean
  /** null: a leaf. */
  readonly expanded: boolean | null
  /** Rows below this header, shown or not. */
  readonly children: number
  /** Why the rows that will follow are not there yet. */
  readonly note?: string
}

/** How the tasks of a machine follow one another. */
export type TaskOrder = 'events' | 'name'

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
  /** Headers whose state differs from the default. */
  readonly toggled: ReadonlySet<string>
  readonly order: TaskOrder
  /** Tasks of a machine that are shown at once: those with the most events. */
  readonly busiest: number
  /** Tasks that stay where they stand, in this order, however busy others become; absent = none. */
  readonly staying?: readonly string[]
  readonly text: string
  readonly height: RowHeight
}

export const emptyLayout: RowLayout = { rows: [], index: new Map(), height: 0, hidden: 0 }

/** Header above the tasks of a machine track, and the one above those with fewer events. */
export const tasksGroup = (machineTrack: string): string => `${machineTrack}/tasks`
export const quieterGroup = (machineTrack: string): string => `${machineTrack}/quieter`

/** Row that stands for those of the fused views until they are there. */
const AWAITED = 'fused/awaited'

/** More tasks than this are not unfolded unasked. */
const UNASKED = 200
/** A header is worth its row from this many tasks on. */
const QUIETER_MIN = 3
const BUSIEST_MIN = 3

/** How many tasks of each machine fit into `room` rows, so that the CPUs of all machines stay in sight. */
export function busiestThatFit(tracks: readonly TrackInfo[], room: number): number {
  const machines = tracks.filter((t) => t.kind === 'machine').length
  const cpus = tracks.filter((t) => t.kind === 'cpu').length
  // Each machine has a header, one above its tasks and one above the quieter of them.
  return Math.max(BUSIEST_MIN, Math.floor((room - cpus - 3 * machines) / Math.max(1, machines)))
}

const byEvents = (a: TrackInfo, b: TrackInfo): number => b.events - a.events

/** Rows of the fused views; `awaited`: there are none yet, for this reason. */
export interface FusedRows extends Pick<FusedTracks, 'tracks' | 'threads'> {
  readonly awaited?: string | null
}

export function layoutRows(
  tracks: readonly TrackInfo[],
  choices: RowChoices,
  fused: FusedRows = { tracks: [], threads: [] },
): RowLayout {
  const { hidden, toggled, height } = choices
  const text = choices.text.trim().toLowerCase()
  const wanted = (t: RowTrack) => !hidden.has(t.id) && (text === '' || t.label.toLowerCase().includes(text))
  const pinnedIds = new Set(choices.pinned)
  const layered = fusedRowTracks(fused)
  const byId = new Map<string, RowTrack>([...tracks, ...layered].map((t) => [t.id, t]))
  const cpusOf = new Map<number, TrackInfo[]>()
  const tasksOf = new Map<number, TrackInfo[]>()
  for (const t of tracks) {
    if (t.kind === 'machine' || pinnedIds.has(t.id)) continue
    const group = t.kind === 'cpu' ? cpusOf : tasksOf
    const list = group.get(t.machine)
    if (list) list.push(t)
    else group.set(t.machine, [t])
  }

  const last = tracks.findLast((t) => t.kind === 'machine')
  const rows: Row[] = []
  let y = 0
  const push = (row: Omit<Row, 'y' | 'height'>) => {
    rows.push({ ...row, y, height })
    y += height
  }
  const leaf = (t: RowTrack, depth: 0 | 1 | 2, pinned: boolean) =>
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
  if (fused.awaited && text === '')
    push({
      id: AWAITED,
      kind: 'group',
      track: null,
      machine: machineIndex(0),
      label: 'Virtual machines',
      depth: 0,
      pinned: false,
      expanded: null,
      children: 0,
      note: fused.awaited,
    })
  for (const row of fusedRows(fused, tracks, { toggled, hidden, pinned: pinnedIds, text, order: choices.order }))
    push(row)
  for (const m of tracks) {
    if (m.kind !== 'machine' || hidden.has(m.id)) continue
    const cpus = (cpusOf.get(m.machine) ?? []).filter(wanted)
    const tasks = (tasksOf.get(m.machine) ?? []).filter(wanted).sort(byEvents)
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
    const tasksOpen = text !== '' || !toggled.has(group)
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
    if (!tasksOpen) continue
    const shown = text !== '' || tasks.length < choices.busiest + QUIETER_MIN ? tasks.length : choices.busiest
    const ordered = (some: readonly TrackInfo[]) => (choices.order === 'name' ? [...some].sort(byName) : some)
    const [first, quieter] = parted(tasks, shown, choices.staying ?? [])
    for (const t of ordered(first)) leaf(t, 2, false)
    if (quieter.length === 0) continue
    const rest = quieterGroup(m.id)
    // The last machine's push nothing out of sight.
    const restOpen = (m === last && quieter.length <= UNASKED) !== toggled.has(rest)
    push({
      id: rest,
      kind: 'quieter',
      track: null,
      machine: m.machine,
      label: 'With fewer events',
      depth: 2,
      pinned: false,
      expanded: restOpen,
      children: quieter.length,
    })
    if (restOpen) for (const t of ordered(quieter)) leaf(t, 2, false)
  }
  return {
    rows,
    index: new Map(rows.map((r, i) => [r.id, i])),
    height: y,
    hidden: [...tracks, ...layered].reduce((n, t) => n + (hidden.has(t.id) ? 1 : 0), 0),
  }
}

/** The first tasks and the others: those that stay, and behind them as many as belong to the first now. */
function parted(
  tasks: readonly TrackInfo[],
  shown: number,
  staying: readonly string[],
): readonly [readonly TrackInfo[], readonly TrackInfo[]] {
  if (staying.length === 0) return [tasks.slice(0, shown), tasks.slice(shown)]
  const byId = new Map(tasks.map((t) => [t.id, t]))
  const first = new Set(staying.flatMap((id) => byId.get(id) ?? []))
  for (const t of tasks.slice(0, shown)) first.add(t)
  return [[...first], tasks.filter((t) => !first.has(t))]
}

/** The tasks that stand among the first of their machine, in their order. */
export function firstTasks({ rows }: RowLayout): string[] {
  const first: string[] = []
  let quieter = false
  for (const row of rows) {
    if (row.kind === 'machine') quieter = false
    else if (row.kind === 'quieter') quieter = true
    else if (row.kind === 'task' && !row.pinned && !quieter) first.push(row.id)
  }
  return first
}

/** Indices [first, end) of the rows that touch `top`..`bottom`. All rows have the same height. */
export function rowsBetween(layout: RowLayout, top: number, bottom: number): readonly [number, number] {
  const height = layout.rows[0]?.height ?? 1
  const first = Math.max(0, Math.floor(top / height))
  const end = Math.min(layout.rows.length, Math.ceil(bottom / height))
  return [Math.min(first, end), end]
}

// The rows of the fused views, above those of the machines: physical CPUs, and of every virtual machine its vCPUs and its tasks.

import type { FusedThread, FusedTrack, TrackInfo } from '../../workers/thread/contract.js'
import { byName } from './format.js'
import type { FusedRows, Row, RowTrack, TaskOrder } from './rows.js'

/** Headers above the physical CPUs, the virtual machines, and the vCPUs of one of these. */
export const PCPUS = 'fused/pcpus'
export const VMS = 'fused/vms'
export const vmGroup = (machine: number, known: boolean): string => `fused/vm/${known ? machine : `of-${machine}`}`
/** Row of a vCPU's host thread below the vCPU, where it stands besides being among the host's tasks. */
export const threadRow = (vcpuTrack: string): string => `${vcpuTrack}/thread`

/** Headers above the tasks of a virtual machine, and above those that ran less. */
export const vmTasks = (group: string): string => `${group}/tasks`
export const vmQuieter = (group: string): string => `${group}/quieter`

export const isFusedTrack = (id: string): boolean => /^m\d+\/(?:pcpu\d+|(?:vcpu|thread)\/\d+)$/.test(id)

/** A fused row as the other rows are described. It has no events of its own. */
export const rowTrack = (fused: FusedTrack): RowTrack => ({
  id: fused.id,
  kind: fused.kind,
  parent: null,
  machine: fused.machine,
  label: fused.label,
  events: 0,
  fused,
})

export const threadTrack = (thread: FusedThread): RowTrack => ({
  id: thread.id,
  kind: 'thread',
  parent: null,
  machine: thread.machine,
  label: thread.label,
  pid: thread.pid,
  events: 0,
  thread,
})
export const fusedRowTracks = ({ tracks, threads }: FusedRows): RowTrack[] => [
  ...tracks.map(rowTrack),
  ...threads.map(threadTrack),
]

/** Tasks of a virtual machine that are shown at once, and how many machines have theirs unfolded unasked. */
const BUSIEST = 3
const UNFOLDED = 2
/** Further ones are found by name. */
const THREADS = 500

export interface FusedTreeChoices {
  readonly toggled: ReadonlySet<string>
  readonly hidden: ReadonlySet<string>
  readonly pinned: ReadonlySet<string>
  /** Lower case, '' = all rows. */
  readonly text: string
  readonly order: TaskOrder
}

export type RowSeed = Omit<Row, 'y' | 'height'>

const leafOf = (track: RowTrack, depth: Row['depth'], label = track.label): RowSeed => ({
  id: track.id,
  kind: track.kind,
  track,
  machine: track.machine,
  label,
  depth,
  pinned: false,
  expanded: null,
  children: 0,
})

/** What is toggled when all vCPUs have their threads beside them, or none if all have them already. */
export function besideAll(fused: readonly FusedTrack[], toggled: ReadonlySet<string>): ReadonlySet<string> {
  const vcpus = fused.flatMap((f) => (f.vcpu ? [f.id] : []))
  const next = new Set(toggled)
  const all = vcpus.every((id) => next.has(id))
  for (const id of vcpus) {
    if (all) next.delete(id)
    else next.add(id)
  }
  return next
}

/** In display order. Nothing at all where there is no vCPU: fused rows would say what the CPU rows say. */
export function fusedRows(
  { tracks: fused, threads }: FusedRows,
  tracks: readonly TrackInfo[],
  { toggled, hidden, pinned, text, order }: FusedTreeChoices,
): RowSeed[] {
  if (!fused.some((f) => f.kind === 'vcpu')) return []
  const nameOf = (machine: number) =>
    tracks.find((t) => t.kind === 'machine' && t.machine === machine)?.label ?? `machine ${machine}`
  const searched = (...texts: readonly string[]) => texts.some((t) => t.toLowerCase().includes(text))
  const shown = (f: { readonly id: string }) => !hidden.has(f.id) && !pinned.has(f.id)
  const open = (id: string) => text !== '' || !toggled.has(id)
  const header = (
    id: string,
    depth: Row['depth'],
    machine: Row['machine'],
    label: string,
    children: number,
    expanded = open(id),
  ): RowSeed => ({
    id,
    kind: depth === 1 ? 'vm' : depth === 0 ? 'group' : 'tasks',
    track: null,
    machine,
    label,
    depth,
    pinned: false,
    expanded,
    children,
  })
  const rows: RowSeed[] = []

  const pcpus = fused.filter((f) => f.kind === 'pcpu' && shown(f) && searched(f.label, nameOf(f.machine)))
  const hosts = new Set(pcpus.map((f) => f.machine)).size
  if (pcpus.length > 0) {
    rows.push(header(PCPUS, 0, pcpus[0]!.machine, 'Physical CPUs, fused', pcpus.length))
    if (open(PCPUS))
      for (const f of pcpus) rows.push(leafOf(rowTrack(f), 1, hosts > 1 ? `${nameOf(f.machine)} ${f.label}` : f.label))
  }

  const byId = new Map(tracks.map((t) => [t.id, t]))
  const vms = new Map<
    string,
    { readonly of: FusedTrack; readonly vcpus: FusedTrack[]; readonly tasks: FusedThread[] }
  >()
  for (const f of fused) {
    if (!f.vcpu) continue
    const id = vmGroup(f.machine, f.vcpu.guest !== null)
    let vm = vms.get(id)
    if (!vm) {
      const tasks = f.vcpu.guest === null ? [] : threads.filter((t) => t.machine === f.machine && shown(t))
      const found = tasks.filter((t) => searched(t.label, nameOf(t.machine))).slice(0, THREADS)
      vms.set(id, (vm = { of: f, vcpus: [], tasks: found }))
    }
    if (shown(f) && searched(f.label, nameOf(f.machine))) vm.vcpus.push(f)
  }
  for (const [id, { vcpus, tasks }] of vms) if (vcpus.length + tasks.length === 0) vms.delete(id)
  const [first] = vms.values()
  if (!first) return rows
  rows.push(header(VMS, 0, first.of.vcpu!.host, 'Virtual machines', vms.size))
  if (!open(VMS)) return rows
  for (const [id, { of, vcpus, tasks }] of vms) {
    const name = nameOf(of.machine)
    rows.push(header(id, 1, of.machine, of.vcpu!.guest === null ? `Guests of ${name}, not open` : name, vcpus.length))
    if (!open(id)) continue
    for (const v of vcpus) {
      const thread = byId.get(v.vcpu!.threadTrack)
      const beside = thread !== undefined && toggled.has(v.id)
      rows.push({ ...leafOf(rowTrack(v), 2), expanded: thread ? beside : null, children: thread ? 1 : 0 })
      // Its machine's band and its tip say whose thread it is: a longer caption would be cut where the id stands.
      if (beside) rows.push({ ...leafOf(thread, 2), id: threadRow(v.id) })
    }
    if (tasks.length === 0) continue
    const all = text !== ''
    const tasksOpen = all || vms.size <= UNFOLDED !== toggled.has(vmTasks(id))
    rows.push(header(vmTasks(id), 2, of.machine, 'Tasks, by layer', tasks.length, tasksOpen))
    if (!tasksOpen) continue
    const ordered = (some: readonly FusedThread[]) => (order === 'name' ? [...some].sort(byName) : some)
    const leaves = (some: readonly FusedThread[]) => ordered(some).map((t) => leafOf(threadTrack(t), 3))
    const at = all || tasks.length <= BUSIEST + 1 ? tasks.length : BUSIEST
    rows.push(...leaves(tasks.slice(0, at)))
    if (at === tasks.length) continue
    const restOpen = toggled.has(vmQuieter(id))
    rows.push(header(vmQuieter(id), 3, of.machine, 'That ran less', tasks.length - at, restOpen))
    if (restOpen) rows.push(...leaves(tasks.slice(at)))
  }
  return rows
}

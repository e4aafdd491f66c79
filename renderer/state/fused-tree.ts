// The rows of the fused views, above those of the machines: physical CPUs, and the vCPUs of every virtual machine.

import type { FusedTrack, TrackInfo } from '../../workers/thread/contract.js'
import type { Row, RowTrack } from './rows.js'

/** Headers above the physical CPUs, the virtual machines, and the vCPUs of one of these. */
export const PCPUS = 'fused/pcpus'
export const VMS = 'fused/vms'
export const vmGroup = (machine: number, known: boolean): string => `fused/vm/${known ? machine : `of-${machine}`}`
/** Row of a vCPU's host thread below the vCPU, where it stands besides being among the host's tasks. */
export const threadRow = (vcpuTrack: string): string => `${vcpuTrack}/thread`

export const isFusedTrack = (id: string): boolean => /^m\d+\/(?:pcpu\d+|vcpu\/\d+)$/.test(id)

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

export interface FusedTreeChoices {
  readonly toggled: ReadonlySet<string>
  readonly hidden: ReadonlySet<string>
  readonly pinned: ReadonlySet<string>
  /** Lower case, '' = all rows. */
  readonly text: string
}

export type RowSeed = Omit<Row, 'y' | 'height'>

const leafOf = (track: RowTrack, depth: 0 | 1 | 2, label = track.label): RowSeed => ({
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

/** In display order. Nothing at all where there is no vCPU: fused rows would say what the CPU rows say. */
export function fusedRows(
  fused: readonly FusedTrack[],
  tracks: readonly TrackInfo[],
  { toggled, hidden, pinned, text }: FusedTreeChoices,
): RowSeed[] {
  if (!fused.some((f) => f.kind === 'vcpu')) return []
  const nameOf = (machine: number) =>
    tracks.find((t) => t.kind === 'machine' && t.machine === machine)?.label ?? `machine ${machine}`
  const searched = (...texts: readonly string[]) => texts.some((t) => t.toLowerCase().includes(text))
  const shown = (f: FusedTrack) => !hidden.has(f.id) && !pinned.has(f.id)
  const open = (id: string) => text !== '' || !toggled.has(id)
  const header = (id: string, kind: 'group' | 'vm', f: FusedTrack, label: string, children: number): RowSeed => ({
    id,
    kind,
    track: null,
    machine: f.machine,
    label,
    depth: kind === 'vm' ? 1 : 0,
    pinned: false,
    expanded: open(id),
    children,
  })
  const rows: RowSeed[] = []

  const pcpus = fused.filter((f) => f.kind === 'pcpu' && shown(f) && searched(f.label, nameOf(f.machine)))
  const hosts = new Set(pcpus.map((f) => f.machine)).size
  if (pcpus.length > 0) {
    rows.push(header(PCPUS, 'group', pcpus[0]!, 'Physical CPUs, fused', pcpus.length))
    if (open(PCPUS))
      for (const f of pcpus) rows.push(leafOf(rowTrack(f), 1, hosts > 1 ? `${nameOf(f.machine)} ${f.label}` : f.label))
  }

  const threads = new Map(tracks.map((t) => [t.id, t]))
  const vms = new Map<string, FusedTrack[]>()
  for (const f of fused) {
    if (!f.vcpu || !shown(f) || !searched(f.label, nameOf(f.machine))) continue
    const id = vmGroup(f.machine, f.vcpu.guest !== null)
    vms.set(id, [...(vms.get(id) ?? []), f])
  }
  const [first] = vms.values()
  if (!first) return rows
  rows.push(header(VMS, 'group', { ...first[0]!, machine: first[0]!.vcpu!.host }, 'Virtual machines', vms.size))
  if (!open(VMS)) return rows
  for (const [id, vcpus] of vms) {
    const [f] = vcpus
    const name = nameOf(f!.machine)
    rows.push(header(id, 'vm', f!, f!.vcpu!.guest === null ? `Guests of ${name}, not open` : name, vcpus.length))
    if (!open(id)) continue
    for (const v of vcpus) {
      const thread = threads.get(v.vcpu!.threadTrack)
      const beside = thread !== undefined && toggled.has(v.id)
      rows.push({ ...leafOf(rowTrack(v), 2), expanded: thread ? beside : null, children: thread ? 1 : 0 })
      if (beside)
        rows.push({ ...leafOf(thread, 2, `on ${nameOf(thread.machine)}: ${thread.label}`), id: threadRow(v.id) })
    }
  }
  return rows
}

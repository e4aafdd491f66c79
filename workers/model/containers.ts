// Which tasks are in a container, where a recording says so: by control group (cgroup_attach_task, and sched_process_fork for the
// children), or by pid namespace (LTTng's state dump).

import type { StreamColumns } from '../columns/event-table.js'
import type { RecordView, TraceFile } from '../readers/types.js'
import { visitRows } from '../table/records.js'
import type { EventTypeInfo, MachineInfo } from '../thread/contract.js'

/** Container by pid, one map a machine. A task that was moved is where it was last. */
export type Containers = readonly ReadonlyMap<number, string>[]

const ATTACH = new Set(['cgroup_attach_task', 'cgroup_transfer_tasks'])
const NAMESPACE = new Set(['lttng_statedump_process_pid_ns', 'lttng_statedump_process_state'])
const FORK = 'sched_process_fork'
const ROOT = '/'

interface Told {
  readonly t: number
  readonly pid: number
  /** The parent, of a child. */
  readonly parent?: number
  /** Number of the hierarchy (control groups of version 1 have several). */
  readonly root?: number
  readonly path?: string
}

/** Reads what the recordings say of containers; without any of the events that tell of one no record is read. */
export async function readContainers(
  files: readonly TraceFile[],
  machines: readonly MachineInfo[],
  streams: readonly StreamColumns[],
  eventTypes: readonly EventTypeInfo[],
  signal?: AbortSignal,
): Promise<Containers> {
  const read = async (
    own: readonly StreamColumns[],
    names: ReadonlySet<string>,
    of: (r: RecordView) => Told | null,
  ) => {
    const told: Told[] = []
    const wanted = eventTypes.map((type) => type.count > 0 && names.has(type.name))
    if (!wanted.includes(true)) return told
    for (const s of own) {
      const here = Uint8Array.from(s.types, (type) => (wanted[type] ? 1 : 0))
      const rows: number[] = []
      for (let i = 0; i < s.count; i++) if (here[s.type[i]!] === 1) rows.push(i)
      const visit = (record: RecordView, i: number): void => {
        const one = of(record)
        if (one) told.push({ ...one, t: s.t[rows[i]!]! })
      }
      await visitRows({ files }, s, rows, visit, signal)
    }
    return told
  }
  const all: ReadonlyMap<number, string>[] = []
  for (const m of machines) {
    const own = streams.filter((s) => s.machine === m.machine)
    const told = [...(await read(own, ATTACH, attached)), ...(await read(own, NAMESPACE, inNamespace))]
    if (told.length > 0) told.push(...(await read(own, new Set([FORK]), forked)))
    all.push(follow(told))
  }
  return all
}

function follow(told: Told[]): ReadonlyMap<number, string> {
  const groups = new Map<number, ReadonlyMap<number, string>>()
  for (const { pid, parent, root, path } of told.sort((a, b) => a.t - b.t)) {
    if (parent !== undefined) {
      const of = groups.get(parent)
      if (of) groups.set(pid, of)
      // The number of a task that is no more, given out again.
      else groups.delete(pid)
    } else groups.set(pid, new Map(groups.get(pid)).set(root!, path!))
  }
  const containers = new Map<number, string>()
  for (const [pid, paths] of groups) {
    const [first] = [...paths].filter(([, path]) => path !== ROOT).sort(([a], [b]) => a - b)
    if (first) containers.set(pid, first[1])
  }
  return containers
}

function attached(r: RecordView): Told | null {
  const [pid, path, root] = [r.field('pid'), r.field('dst_path'), r.field('dst_root')]
  if (typeof pid !== 'number' || typeof path !== 'string' || path === '') return null
  return { t: 0, pid, root: Number(root ?? 0), path }
}

/** Level 0 is the namespace of the machine itself. */
function inNamespace(r: RecordView): Told | null {
  const [tid, level, inode] = [r.field('tid'), r.field('ns_level'), r.field('ns_inum')]
  if (typeof tid !== 'number' || inode === undefined || Number(level ?? 0) === 0) return null
  return { t: 0, pid: tid, root: -1, path: `pid namespace ${inode}` }
}

function forked(r: RecordView): Told | null {
  const pid = r.field('child_pid') ?? r.field('child_tid')
  const parent = r.field('parent_pid') ?? r.field('parent_tid')
  return typeof pid === 'number' && typeof parent === 'number' ? { t: 0, pid, parent } : null
}

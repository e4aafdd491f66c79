// The rows that a timeline can draw, and their names.

import { RequestError } from '../fault.js'
import type { TraceFile } from '../readers/types.js'
import type { MachineInfo, TrackInfo } from '../thread/contract.js'
import { machineIndex, type MachineIndex } from '../units.js'
import type { Containers } from './containers.js'

/** What a track id stands for. */
export type TrackKey =
  | { readonly kind: 'machine'; readonly machine: MachineIndex }
  | { readonly kind: 'cpu'; readonly machine: MachineIndex; readonly cpu: number }
  | { readonly kind: 'task'; readonly machine: MachineIndex; readonly pid: number }

/** Reads an id like `m0`, `m0/cpu1` or `m1/task/4711`. Throws RequestError for anything else. */
export function trackKey(id: string): TrackKey {
  const parts = /^m(\d+)(?:\/(?:cpu(\d+)|task\/(-?\d+)))?$/.exec(id)
  if (!parts) throw new RequestError(`${id} is not a track; tracks look like m0/cpu1 or m1/task/4711.`)
  const machine = machineIndex(Number(parts[1]))
  if (parts[2] !== undefined) return { kind: 'cpu', machine, cpu: Number(parts[2]) }
  if (parts[3] !== undefined) return { kind: 'task', machine, pid: Number(parts[3]) }
  return { kind: 'machine', machine }
}

export function trackId(key: TrackKey): string {
  if (key.kind === 'cpu') return `m${key.machine}/cpu${key.cpu}`
  if (key.kind === 'task') return `m${key.machine}/task/${key.pid}`
  return `m${key.machine}`
}

/** Events and tasks of one machine, as far as rows are concerned. */
export interface MachineCensus {
  readonly events: number
  readonly cpus: ReadonlyMap<number, number>
  /** Events by pid; pids that only appear as woken or switched to have 0. */
  readonly pids: ReadonlyMap<number, number>
}

/** Comm of a pid: from the first of the machine's files that knows it. */
export function commOf(files: readonly TraceFile[], machine: MachineInfo, pid: number): string {
  let comm = '<...>'
  for (const f of machine.files) {
    comm = files[f]!.comm(pid)
    if (comm !== '<...>') break
  }
  return comm
}

export function taskLabel(files: readonly TraceFile[], machine: MachineInfo, pid: number): string {
  return `${commOf(files, machine, pid)}-${pid}`
}

/** Each machine's row, its CPUs in order, then its tasks by name and pid; the idle task has no row of its own. */
export function buildTracks(
  files: readonly TraceFile[],
  machines: readonly MachineInfo[],
  census: readonly MachineCensus[],
  containers: Containers = [],
): TrackInfo[] {
  return machines.flatMap((m, i): TrackInfo[] => {
    const { events, cpus, pids } = census[i]!
    const machine = m.machine
    const parent = trackId({ kind: 'machine', machine })
    const tasks = [...pids]
      .filter(([pid]) => pid !== 0)
      .map(([pid, n]) => ({ pid, n, name: commOf(files, m, pid) }))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.pid - b.pid))
    return [
      { id: parent, kind: 'machine', parent: null, machine, label: m.name, events },
      ...[...cpus]
        .sort(([a], [b]) => a - b)
        .map(([cpu, n]): TrackInfo => {
          const id = trackId({ kind: 'cpu', machine, cpu })
          return { id, kind: 'cpu', parent, machine, label: `CPU ${cpu}`, cpu, events: n }
        }),
      ...tasks.map(({ pid, n, name }): TrackInfo => {
        const id = trackId({ kind: 'task', machine, pid })
        const container = containers[i]?.get(pid)
        const label = `${name}-${pid}`
        return { id, kind: 'task', parent, machine, label, pid, events: n, ...(container ? { container } : {}) }
      }),
    ]
  })
}

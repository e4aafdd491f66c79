// From the layers at an instant to rows: what stands over what, for the panel that lists them and the keys that walk them.

import type { Actor, FusedLayers, FusedState, FusedTrack } from '../../workers/thread/contract.js'
import type { MachineIndex } from '../../workers/units.js'
import { threadRow } from './fused-tree.js'

/** One step of the way from a physical CPU up to the task that it really runs. */
export interface Step {
  readonly kind: 'pcpu' | 'task' | 'vcpu'
  readonly machine: MachineIndex
  /** Rows that stand for it, the best first. */
  readonly rows: readonly string[]
  readonly text: string
  /** Of a vCPU: its state; of a task: system call and interrupt. */
  readonly state: FusedState | null
  readonly note: string
}

/** A way from hardware to task, or from a vCPU that waits to the task that stands still. */
export interface Chain {
  readonly waits: boolean
  readonly steps: readonly Step[]
}

/** A task's row among those of its machine, and the one that is split by layers. */
const taskRows = (row: string): string[] => [row, row.replace('/task/', '/thread/')]
const taskRow = (a: Actor): readonly string[] => (a.pid > 0 ? taskRows(`m${a.machine}/task/${a.pid}`) : [])

export function chainsOf(layers: FusedLayers, tracks: readonly FusedTrack[]): Chain[] {
  const trackOf = new Map(tracks.map((t) => [t.id, t]))
  const running = layers.cpus.map(({ track, label, machine, state, layers: all }): Chain => {
    const pcpu = trackOf.get(track)
    const steps: Step[] = [
      {
        kind: 'pcpu',
        machine: pcpu?.machine ?? machine,
        rows: [track, ...(pcpu?.cpuTrack ? [pcpu.cpuTrack] : [])],
        text: pcpu?.label ?? track,
        state,
        note: label,
      },
    ]
    for (const layer of all) {
      const { vcpu } = layer
      steps.push({
        kind: 'task',
        machine: layer.machine,
        rows: [...(layer.taskTrack ? taskRows(layer.taskTrack) : []), ...(vcpu ? [threadRow(vcpu.track)] : [])],
        text: layer.task.name,
        state: null,
        note: [layer.syscall, layer.interrupt].filter(Boolean).join(', '),
      })
      if (!vcpu) continue
      const own = trackOf.get(vcpu.track)
      steps.push({
        kind: 'vcpu',
        machine: vcpu.guest ?? layer.machine,
        rows: [vcpu.track, ...(own?.cpuTrack ? [own.cpuTrack] : [])],
        text: own?.label ?? vcpu.track,
        state: vcpu.state,
        note: vcpu.label,
      })
    }
    return { waits: false, steps }
  })
  const waiting = layers.waiting.map((w): Chain => {
    const own = trackOf.get(w.track)
    const thread = own?.vcpu?.threadTrack
    const steps: Step[] = []
    if (own?.vcpu && thread) {
      const rows = [thread, threadRow(w.track)]
      steps.push({ kind: 'task', machine: own.vcpu.host, rows, text: `thread ${own.vcpu.tid}`, state: null, note: '' })
    }
    steps.push({
      kind: 'vcpu',
      machine: own?.machine ?? w.task.machine,
      rows: [w.track, ...(own?.cpuTrack ? [own.cpuTrack] : [])],
      text: w.label,
      state: w.state,
      note: w.why,
    })
    const { task } = w
    steps.push({ kind: 'task', machine: task.machine, rows: taskRow(task), text: task.name, state: null, note: '' })
    return { waits: true, steps }
  })
  return [...running, ...waiting]
}

const stands = (step: Step, row: string): boolean => step.rows.includes(row)

/** The chains that a row has a part in; all that run where it has none. */
export function chainsFor(chains: readonly Chain[], row: string | null): readonly Chain[] {
  const own = row === null ? [] : chains.filter((c) => c.steps.some((s) => stands(s, row)))
  return own.length > 0 ? own : chains.filter((c) => !c.waits)
}

/**
 * The row one layer further down (towards the physical CPU, -1) or up (+1) from `row`; null when it has no part in the chains,
 * or stands at their end.
 */
export function neighbourLayer(chains: readonly Chain[], row: string, direction: 1 | -1): string | null {
  for (const { steps } of chains) {
    const at = steps.findIndex((s) => stands(s, row))
    if (at < 0) continue
    for (let i = at + direction; i >= 0 && i < steps.length; i += direction) {
      const [target] = steps[i]!.rows
      if (target !== undefined) return target
    }
  }
  return null
}

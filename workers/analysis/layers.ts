// What really ran at an instant: every physical CPU from the host's task down to the innermost guest's, and the vCPUs that were on
// no CPU.

import type { FusedModel } from '../model/fuse/build.js'
import { inGuest } from '../model/fuse/world.js'
import { intervalAt } from '../model/intervals.js'
import { runRow, type Runs } from '../model/runs.js'
import { trackId } from '../model/tracks.js'
import { FusedState, type FusedLayers, type Layer } from '../thread/contract.js'
import { sessionTime, type MachineIndex } from '../units.js'
import { guestTaskAt } from './preemption.js'

export function layersAt(model: FusedModel, runs: Runs, t: number, version: number): FusedLayers {
  const x = model.intervals
  const at = (row: number): { i: number; state: FusedState; label: string } => {
    const i = intervalAt(x, row, Math.min(t, lastTime(model)))
    return {
      i,
      state: (i < 0 ? FusedState.Unknown : x.state[i]!) as FusedState,
      label: i < 0 ? '' : (model.labels[x.value[i]!]?.text ?? ''),
    }
  }
  const waiting: FusedLayers['waiting'][number][] = []
  for (const v of model.vcpus) {
    const { i, state, label } = at(v.row)
    if (state < FusedState.Preempted) continue
    const task =
      v.guest === null ? { machine: v.host, pid: -1, name: 'not known' } : guestTaskAt(model, runs, v.guest, v.vcpu, t)
    const { id, label: name } = model.tracks[v.row]!
    waiting.push({ track: id, label: name, state, why: label, since: sessionTime(x.t[i]!), task })
  }
  const cpus = model.pcpus.map((p) => {
    const { i, state, label } = at(p.row)
    const layers = layersOf(model, runs, p.machine, p.cpu, t, (row) => at(row))
    const owner = i < 0 ? undefined : model.labels[x.value[i]!]?.machine
    const inside = inGuest(state)
    const innermost = layers.at(-1)?.machine ?? p.machine
    return {
      track: model.tracks[p.row]!.id,
      state,
      label,
      condition:
        state === FusedState.Unknown ? ('UNKNOWN' as const) : inside ? ('IN_VM' as const) : ('OUT_VM' as const),
      machine: inside ? (owner ?? innermost) : p.machine,
      layers,
    }
  })
  return { version, t: sessionTime(t), cpus, waiting }
}

/** The last instant that is still within the rows. */
const lastTime = (model: FusedModel): number =>
  model.to > model.from ? model.to - Number.EPSILON * model.to : model.to

type At = (row: number) => { readonly state: FusedState; readonly label: string; readonly i: number }

function layersOf(model: FusedModel, runs: Runs, machine: MachineIndex, cpu: number, t: number, at: At): Layer[] {
  const task = guestTaskAt(model, runs, machine, cpu, t)
  const v = model.vcpus.find((x) => x.host === machine && x.tid === task.pid && task.pid > 0)
  const row = runRow(runs, machine, cpu)
  const shown = ownState(model, machine, cpu, at)
  const label = shown && shown.i >= 0 ? model.labels[model.intervals.value[shown.i]!] : undefined
  const state = shown?.state
  const own = label?.machine === machine
  const interrupted =
    state === FusedState.HostIrq ||
    state === FusedState.HostSoftirq ||
    state === FusedState.GuestIrq ||
    state === FusedState.GuestSoftirq
  const layer: Layer = {
    machine,
    cpu,
    cpuTrack: trackId({ kind: 'cpu', machine, cpu }),
    task,
    taskTrack: task.pid > 0 ? trackId({ kind: 'task', machine, pid: task.pid }) : null,
    syscall: own ? (label?.detail ?? null) : null,
    interrupt: own && interrupted ? label!.text : null,
    vcpu: null,
  }
  if (!v || row < 0) return [layer]
  const { state: vState, label: text } = at(v.row)
  const vcpu = { track: model.tracks[v.row]!.id, guest: v.guest, cpu: v.vcpu, state: vState, label: text }
  const inner = v.guest === null ? [] : layersOf(model, runs, v.guest, v.vcpu, t, at)
  return [{ ...layer, vcpu }, ...inner]
}

/** The row that tells what a CPU does: its own for physical ones, its vCPU's for those of guests. */
function ownState(model: FusedModel, machine: MachineIndex, cpu: number, at: At): ReturnType<At> | null {
  const physical = model.pcpus.find((p) => p.machine === machine && p.cpu === cpu)
  if (physical) return at(physical.row)
  const v = model.vcpus.find((x) => x.guest === machine && x.vcpu === cpu)
  return v ? at(v.row) : null
}

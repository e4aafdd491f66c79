// The rows of the fused model, as a timeline draws them.

import { RequestError } from '../fault.js'
import type { FusedModel } from '../model/fuse/build.js'
import { intervalBytes, type Intervals } from '../model/intervals.js'
import type { TaskIntervals } from '../model/tasks.js'
import { trackKey, type TrackKey } from '../model/tracks.js'
import { FusedState, RunState, SpanFlag, type FusedLabel, type HoverInfo } from '../thread/contract.js'
import { machineIndex, sessionTime, type MachineIndex } from '../units.js'
import { Pyramid } from './pyramid.js'

export interface Strip {
  readonly pyramid: Pyramid
  readonly row: number
}

/** What a row is drawn from, and whose events stand on it. */
export interface Row {
  readonly key: TrackKey
  readonly strip: Strip | null
  /** Labels of the spans of a fused row. */
  readonly labels: readonly FusedLabel[] | null
}

export const isFusedTrack = (id: string): boolean => /^m\d+\/(?:pcpu\d+|(?:vcpu|thread)\/\d+)$/.test(id)

export class FusedRows {
  readonly #pyramid: Pyramid
  readonly #row: ReadonlyMap<string, number>
  readonly #threads = new Map<MachineIndex, Pyramid>()
  /** A task within a system call is the same task. */
  readonly #ownerOf = (label: number): number => this.model.labelOf.ownerOf(label)

  /** @param threadsOf the threads of a machine by all layers; throws RequestError for a machine that is not there */
  constructor(
    private readonly model: FusedModel,
    private readonly threadsOf: (machine: MachineIndex) => TaskIntervals,
  ) {
    this.#pyramid = new Pyramid(model.intervals, this.#ownerOf)
    this.#row = new Map(model.tracks.map((track, row) => [track.id, row]))
  }

  get bytes(): number {
    let sum = this.model.bytes + this.#pyramid.bytes
    for (const pyramid of this.#threads.values()) sum += intervalBytes(pyramid.of) + pyramid.bytes
    return sum
  }

  /** Throws RequestError for a row that is not there. */
  row(id: string): Row {
    const thread = /^m(\d+)\/thread\/(\d+)$/.exec(id)
    if (thread) return this.#thread(machineIndex(Number(thread[1])), Number(thread[2]))
    const row = this.#row.get(id)
    if (row === undefined) throw new RequestError(`There is no row ${id} in this session.`)
    const { cpuTrack, vcpu } = this.model.tracks[row]!
    // A vCPU whose guest is not open has no events but its thread's.
    const key = trackKey(cpuTrack ?? vcpu!.threadTrack)
    return { key, strip: { pyramid: this.#pyramid, row }, labels: this.model.labels }
  }

  /** Rows of threads are made machine by machine when first asked for. */
  #thread(machine: MachineIndex, pid: number): Row {
    const threads = this.threadsOf(machine)
    const pyramid = this.#threads.get(machine) ?? new Pyramid(threads.intervals, this.#ownerOf)
    this.#threads.set(machine, pyramid)
    const row = threads.rowOf(pid)
    if (row < 0) throw new RequestError(`There is no task ${pid} on this machine.`)
    return { key: { kind: 'task', machine, pid }, strip: { pyramid, row }, labels: this.model.labels }
  }

  spanAt({ t, state, value, flags }: Intervals, i: number): HoverInfo['span'] {
    const label = this.model.labels[value[i]!]
    const text = label ? (label.detail === null ? label.text : `${label.text} (${label.detail})`) : ''
    return {
      from: sessionTime(t[i]!),
      to: sessionTime(t[i + 1]!),
      state: nearest(state[i]!),
      fused: state[i]! as FusedState,
      value: label?.pid ?? -1,
      task: text,
      flags: flags[i]! & (SpanFlag.Inferred | SpanFlag.Lost | SpanFlag.Unsplit),
    }
  }
}

function nearest(state: number): RunState {
  switch (state) {
    case FusedState.Unknown:
      return RunState.Unknown
    case FusedState.HostIdle:
    case FusedState.GuestIdle:
      return RunState.Idle
    case FusedState.Preempted:
    case FusedState.Ready:
    case FusedState.TaskPreempted:
    case FusedState.TaskReady:
      return RunState.Runnable
    case FusedState.Blocked:
    case FusedState.TaskBlocked:
      return RunState.Sleeping
    default:
      return RunState.Running
  }
}

// The rows of the fused model, as a timeline draws them.

import { RequestError } from '../fault.js'
import type { FusedModel } from '../model/fuse/build.js'
import { intervalAt, intervalBytes, type Intervals, type Range } from '../model/intervals.js'
import { trackKey, type TrackKey } from '../model/tracks.js'
import { FusedState, RunState, SpanFlag, type Actor, type FusedLabel, type HoverInfo } from '../thread/contract.js'
import { machineIndex, sessionTime, type MachineIndex } from '../units.js'
import type { Columns } from './frame.js'
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

/** Who was behind a task that had a CPU for some time: a guest's task, where it is a vCPU's thread; null = nobody is known. */
export type Behind = (machine: MachineIndex, pid: number, range: Range) => Actor | null

/** Columns that a preempted span takes at least before it is asked who was behind it: it is for a label. */
const WIDE = 8

export const isFusedTrack = (id: string): boolean => /^m\d+\/(?:pcpu\d+|(?:vcpu|thread)\/\d+)$/.test(id)

export class FusedRows {
  readonly #pyramid: Pyramid
  readonly #row: ReadonlyMap<string, number>
  /** By row id. */
  readonly #threads = new Map<string, Pyramid>()
  /** Who was behind preempted intervals that were shown, by entry. */
  readonly #known = new Map<Intervals, Map<number, Actor | null>>()

  /** @param thread a thread by all layers, null = there is none; throws RequestError for a machine that is not there */
  constructor(
    private readonly model: FusedModel,
    private readonly thread: (machine: MachineIndex, pid: number) => Intervals | null,
    private readonly behind: Behind,
  ) {
    this.#pyramid = new Pyramid(model.intervals, model.labelOf.owners)
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
    if (thread) return this.#thread(id, machineIndex(Number(thread[1])), Number(thread[2]))
    const row = this.#row.get(id)
    if (row === undefined) throw new RequestError(`There is no row ${id} in this session.`)
    const { cpuTrack, vcpu } = this.model.tracks[row]!
    // A vCPU whose guest is not open has no events but its thread's.
    const key = trackKey(cpuTrack ?? vcpu!.threadTrack)
    return { key, strip: { pyramid: this.#pyramid, row }, labels: this.model.labels }
  }

  /** Whether the row can be drawn without making something first. */
  isReady(id: string): boolean {
    const row = this.#row.get(id)
    return row === undefined ? (this.#threads.get(id)?.isReady(0) ?? false) : this.#pyramid.isReady(row)
  }

  /** Rows of threads are made when first asked for. */
  #thread(id: string, machine: MachineIndex, pid: number): Row {
    let pyramid = this.#threads.get(id)
    if (!pyramid) {
      const intervals = this.thread(machine, pid)
      if (!intervals) throw new RequestError(`There is no task ${pid} on this machine.`)
      this.#threads.set(id, (pyramid = new Pyramid(intervals, this.model.labelOf.owners)))
    }
    return { key: { kind: 'task', machine, pid }, strip: { pyramid, row: 0 }, labels: this.model.labels }
  }

  /** Who was behind the preempted spans of a row, as far as they are wide enough to say so. */
  behindIn(strip: Strip | null, columns: Columns): (state: number, t0: number, t1: number) => Actor | null {
    return (state, t0, t1) => {
      if (!strip || !isPreempted(state) || t1 - t0 < WIDE * columns.width) return null
      const x = strip.pyramid.of
      return this.#behind(x, intervalAt(x, strip.row, (t0 + t1) / 2))
    }
  }

  #behind(x: Intervals, i: number): Actor | null {
    const label = i < 0 ? undefined : this.model.labels[x.value[i]!]
    if (!label || label.pid === null || !isPreempted(x.state[i]!)) return null
    let known = this.#known.get(x)
    if (!known) this.#known.set(x, (known = new Map()))
    let actor = known.get(i)
    if (actor === undefined)
      known.set(i, (actor = this.behind(label.machine, label.pid, { from: x.t[i]!, to: x.t[i + 1]! })))
    return actor
  }

  spanAt(x: Intervals, i: number): HoverInfo['span'] {
    const { t, state, value, flags } = x
    const label = this.model.labels[value[i]!]
    const behind = this.#behind(x, i)
    const text = behind
      ? `${behind.name} (${label!.text})`
      : label
        ? label.detail === null
          ? label.text
          : `${label.text} (${label.detail})`
        : ''
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

const isPreempted = (state: number): boolean => state === FusedState.Preempted || state === FusedState.TaskPreempted

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

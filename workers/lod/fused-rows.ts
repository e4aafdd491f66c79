// The rows of the fused model, as a timeline draws them.

import { RequestError } from '../fault.js'
import type { FusedModel } from '../model/fuse/build.js'
import { trackKey, type TrackKey } from '../model/tracks.js'
import { FusedState, RunState, SpanFlag, type FusedLabel, type HoverInfo } from '../thread/contract.js'
import { sessionTime } from '../units.js'
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

export const isFusedTrack = (id: string): boolean => /^m\d+\/(?:pcpu\d+|vcpu\/\d+)$/.test(id)

export class FusedRows {
  readonly #pyramid: Pyramid
  readonly #row: ReadonlyMap<string, number>

  constructor(private readonly model: FusedModel) {
    this.#pyramid = new Pyramid(model.intervals)
    this.#row = new Map(model.tracks.map((track, row) => [track.id, row]))
  }

  get bytes(): number {
    return this.model.bytes + this.#pyramid.bytes
  }

  /** Throws RequestError for a row that is not there. */
  row(id: string): Row {
    const row = this.#row.get(id)
    if (row === undefined) throw new RequestError(`There is no row ${id} in this session.`)
    const { cpuTrack, vcpu } = this.model.tracks[row]!
    // A vCPU whose guest is not open has no events but its thread's.
    const key = trackKey(cpuTrack ?? vcpu!.threadTrack)
    return { key, strip: { pyramid: this.#pyramid, row }, labels: this.model.labels }
  }

  spanAt(i: number): HoverInfo['span'] {
    const { t, state, value, flags } = this.model.intervals
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
      return RunState.Runnable
    case FusedState.Blocked:
      return RunState.Sleeping
    default:
      return RunState.Running
  }
}

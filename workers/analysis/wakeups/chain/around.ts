// Looking round in the streams: what was recorded near an event.

import type { StreamColumns } from '../../../columns/event-table.js'
import { lowerBound } from '../../../columns/event-table.js'
import type { Session } from '../../../model/session.js'

/** Events looked at in one direction at most. */
export const REACH = 4000

export interface Spot {
  /** Index of the stream in the table. */
  readonly stream: number
  readonly row: number
  readonly t: number
}

export class Around {
  readonly #names: readonly string[]

  constructor(readonly session: Session) {
    this.#names = session.eventTypes.map((e) => e.name)
  }

  stream(index: number): StreamColumns {
    return this.session.table.streams[index]!
  }

  name(stream: StreamColumns, row: number): string {
    return this.#names[stream.types[stream.type[row]!]!]!
  }

  system(stream: StreamColumns, row: number): string {
    return this.session.eventTypes[stream.types[stream.type[row]!]!]!.system
  }

  /** Whether a machine recorded any event of this name. */
  has(machine: number, name: string): boolean {
    return this.session.table.streams.some(
      (s) =>
        s.machine === machine && s.types.some((t) => this.#names[t] === name && this.session.eventTypes[t]!.count > 0),
    )
  }

  /** Streams of a machine, or of one of its CPUs. */
  streamsOf(machine: number, cpu?: number): number[] {
    return this.session.table.streams.flatMap((s, i) =>
      s.machine === machine && (cpu === undefined || s.cpu === cpu) ? [i] : [],
    )
  }

  /** Events from `from` to `to`, both included, that `wanted` takes; each stream from the end, as far as REACH. Ascending in time. */
  within(
    streams: readonly number[],
    from: number,
    to: number,
    wanted: (name: string, pid: number) => boolean,
  ): { readonly found: Spot[]; readonly all: boolean } {
    const found: Spot[] = []
    let all = true
    for (const stream of streams) {
      const s = this.stream(stream)
      let row = lowerBound(s.t, s.count, to)
      while (row < s.count && s.t[row] === to) row++
      const stop = row - REACH
      for (row--; row >= 0 && s.t[row]! >= from; row--) {
        if (row < stop) {
          all = false
          break
        }
        if (wanted(this.name(s, row), s.pid[row]!)) found.push({ stream, row, t: s.t[row]! })
      }
    }
    return { found: found.sort((a, b) => a.t - b.t || a.stream - b.stream || a.row - b.row), all }
  }

  /** First event after `after` that `wanted` takes, before `to`; null = none within REACH. */
  next(
    streams: readonly number[],
    after: number,
    to: number,
    wanted: (name: string, pid: number) => boolean,
  ): Spot | null {
    let best: Spot | null = null
    for (const stream of streams) {
      const s = this.stream(stream)
      let row = lowerBound(s.t, s.count, after)
      while (row < s.count && s.t[row]! <= after) row++
      for (let n = 0; row < s.count && n < REACH && s.t[row]! <= Math.min(to, best?.t ?? to); row++, n++) {
        if (!wanted(this.name(s, row), s.pid[row]!)) continue
        best = { stream, row, t: s.t[row]! }
        break
      }
    }
    return best
  }
}

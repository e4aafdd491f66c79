// The events of a row as time-sorted lists: straight from the streams where a row is a set of streams, by way of an index of
// merged positions where it is a task or where a view leaves events out.

import type { EventTable } from '../columns/event-table.js'
import type { PidIndex } from '../model/pids.js'
import { seek } from './seek.js'

export interface EventList {
  readonly count: number
  time(i: number): number
  /** EventTypeIndex. */
  type(i: number): number
  position(i: number): number
  /** Positions are at hand and times must be looked up, not the other way round. */
  readonly byPosition: boolean
}

export function streamEvents(table: EventTable, index: number): EventList {
  const stream = table.streams[index]!
  return {
    count: stream.count,
    time: (i) => stream.t[i]!,
    type: (i) => stream.types[stream.type[i]!]!,
    position: (i) => table.positionOf(index, i),
    byPosition: false,
  }
}

export function positionEvents(table: EventTable, positions: Uint32Array): EventList {
  return {
    count: positions.length,
    time: (i) => table.time(positions[i]!),
    type: (i) => {
      const id = table.order[positions[i]!]!
      const k = table.streamIndexOf(id)
      const stream = table.streams[k]!
      return stream.types[stream.type[id - table.base[k]!]!]!
    },
    position: (i) => positions[i]!,
    byPosition: true,
  }
}

/** How the events of one stream are grouped: all into one group (-1: into none), or by their pid's index. */
export type StreamGroups = number | PidIndex

/** Positions sorted into groups, ascending within each. 4 bytes an event. */
export class PositionGroups {
  readonly #first: Uint32Array
  readonly #positions: Uint32Array

  /**
   * @param positions what to sort, null = all positions
   * @param by how each stream of the table is grouped
   */
  constructor(table: EventTable, positions: Uint32Array | null, groups: number, by: readonly StreamGroups[]) {
    const { order, base, streams } = table
    const next = new Uint32Array(groups + 1)
    const n = positions ? positions.length : table.count
    if (positions) {
      for (let i = 0; i < n; i++) {
        const id = order[positions[i]!]!
        const k = table.streamIndexOf(id)
        const group = groupOf(by[k]!, streams[k]!.pid, id - base[k]!)
        if (group >= 0) next[group + 1]!++
      }
    } else {
      streams.forEach((s, k) => {
        for (let row = 0; row < s.count; row++) {
          const group = groupOf(by[k]!, s.pid, row)
          if (group >= 0) next[group + 1]!++
        }
      })
    }
    for (let g = 0; g < groups; g++) next[g + 1]! += next[g]!
    const sorted = new Uint32Array(next[groups]!)
    this.#first = next.slice()
    this.#positions = sorted
    for (let i = 0; i < n; i++) {
      const position = positions ? positions[i]! : i
      const id = order[position]!
      const k = table.streamIndexOf(id)
      const group = groupOf(by[k]!, streams[k]!.pid, id - base[k]!)
      if (group >= 0) sorted[next[group]!++] = position
    }
  }

  of(group: number): Uint32Array {
    if (group < 0) return this.#positions.subarray(0, 0)
    return this.#positions.subarray(this.#first[group], this.#first[group + 1])
  }

  get bytes(): number {
    return this.#first.byteLength + this.#positions.byteLength
  }
}

function groupOf(by: StreamGroups, pid: Int32Array, row: number): number {
  return typeof by === 'number' ? by : by.of(pid[row]!)
}

/** Index of the first event of the list after `position`, whose time is `t`. */
export function firstAfter(list: EventList, position: number, t: number): number {
  const lo = seek(list.time, 0, list.count, t)
  const hi = seek((i) => (list.time(i) > t ? 1 : 0), lo, list.count, 1)
  return seek(list.position, lo, hi, position + 1)
}

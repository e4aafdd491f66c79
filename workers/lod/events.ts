// The events of a row as time-sorted lists: straight from the streams where a row is a set of streams, by way of an index of
// merged positions where it is a task or where a view leaves events out.

import type { EventTable } from '../columns/event-table.js'
import type { PidIndex } from '../model/pids.js'
import type { Position } from '../units.js'
import { seek } from './seek.js'

export interface EventList {
  readonly count: number
  /** Of all of them, ascending; may be longer than `count`. Made when first asked for where events lie scattered. */
  times(): Float64Array
  time(i: number): number
  /** EventTypeIndex. */
  type(i: number): number
  position(i: number): number
}

export function streamEvents(table: EventTable, index: number): EventList {
  const stream = table.streams[index]!
  return {
    count: stream.count,
    times: () => stream.t,
    time: (i) => stream.t[i]!,
    type: (i) => stream.types[stream.type[i]!]!,
    position: (i) => table.positionOf(index, i),
  }
}

/** Events at these positions, ascending. */
function positionEvents(table: EventTable, positions: Uint32Array): EventList & { readonly bytes: () => number } {
  let made: { readonly t: Float64Array; readonly type: Uint16Array } | null = null
  const make = (): Float64Array => {
    const t = new Float64Array(positions.length)
    const type = new Uint16Array(positions.length)
    for (let i = 0; i < positions.length; i++) {
      const id = table.order[positions[i]!]!
      const k = table.streamIndexOf(id)
      const stream = table.streams[k]!
      const row = id - table.base[k]!
      t[i] = stream.t[row]!
      type[i] = stream.types[stream.type[row]!]!
    }
    made = { t, type }
    return t
  }
  return {
    count: positions.length,
    bytes: () => (made ? made.t.byteLength + made.type.byteLength : 0),
    times: () => made?.t ?? make(),
    time: (i) => (made ? made.t[i]! : table.time(positions[i]!)),
    type: (i) => (made ? made.type[i]! : table.typeAt(positions[i]! as Position)),
    position: (i) => positions[i]!,
  }
}

/** How the events of one stream are grouped: all into one group (-1: into none), or by their pid's index. */
export type StreamGroups = number | PidIndex

/** Bytes of times and types of groups that are kept: rows that were not looked at for long give theirs up. */
const KEPT_BYTES = 64 << 20

/** Positions sorted into groups, ascending within each. 4 bytes an event, and 10 of those whose times are in use. */
export class PositionGroups {
  readonly #first: Uint32Array
  readonly #positions: Uint32Array
  /** Least recently asked for first. */
  readonly #lists = new Map<number, ReturnType<typeof positionEvents>>()

  /**
   * @param positions what to sort, null = all positions
   * @param by how each stream of the table is grouped
   */
  constructor(
    private readonly table: EventTable,
    positions: Uint32Array | null,
    groups: number,
    by: readonly StreamGroups[],
  ) {
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

  of(group: number): EventList {
    let list = this.#lists.get(group)
    if (list) this.#lists.delete(group)
    else {
      const [from, to] = group < 0 ? [0, 0] : [this.#first[group]!, this.#first[group + 1]!]
      list = positionEvents(this.table, this.#positions.subarray(from, to))
      this.#thin()
    }
    this.#lists.set(group, list)
    return list
  }

  get bytes(): number {
    return this.#first.byteLength + this.#positions.byteLength + this.#listBytes()
  }

  #listBytes(): number {
    let sum = 0
    for (const list of this.#lists.values()) sum += list.bytes()
    return sum
  }

  #thin(): void {
    let bytes = this.#listBytes()
    for (const [group, list] of this.#lists) {
      if (bytes <= KEPT_BYTES) return
      bytes -= list.bytes()
      this.#lists.delete(group)
    }
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

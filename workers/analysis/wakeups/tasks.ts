// The wake-ups of each task, in the order of time.

import { lowerBound } from '../../columns/event-table.js'
import { latencyOf, type Wakeups } from './columns.js'

export class TaskWakeups {
  readonly #slots = new Map<number, number>()
  readonly #first: Uint32Array
  readonly #list: Uint32Array

  constructor(private readonly w: Wakeups) {
    const { count } = w
    const slot = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      const key = keyOf(w.machine[i]!, w.wakee[i]!)
      let s = this.#slots.get(key)
      if (s === undefined) this.#slots.set(key, (s = this.#slots.size))
      slot[i] = s
    }
    this.#first = new Uint32Array(this.#slots.size + 1)
    for (let i = 0; i < count; i++) this.#first[slot[i]! + 1]!++
    for (let s = 0; s < this.#slots.size; s++) this.#first[s + 1]! += this.#first[s]!
    const next = this.#first.slice()
    this.#list = new Uint32Array(count)
    for (let i = 0; i < count; i++) this.#list[next[slot[i]!]!++] = i
  }

  /** Wake-ups of a task. */
  of(machine: number, pid: number): Uint32Array {
    const s = this.#slots.get(keyOf(machine, pid))
    return s === undefined ? NONE : this.#list.subarray(this.#first[s]!, this.#first[s + 1]!)
  }

  /** The latest wake-up whose run began at or before `t`; -1 = none. */
  ranBefore(machine: number, pid: number, t: number): number {
    return this.#latest(machine, pid, t, (i) => this.w.runT[i]! <= t && latencyOf(this.w, i) >= 0)
  }

  /** The latest wake-up that began at or before `t` and led to something; -1 = none. */
  wokenBefore(machine: number, pid: number, t: number): number {
    return this.#latest(machine, pid, t, () => true)
  }

  /** Wake-ups that began at exactly `t`. */
  at(t: number): number[] {
    const { wakingT, count } = this.w
    const found: number[] = []
    for (let i = lowerBound(wakingT, count, t); i < count && wakingT[i] === t; i++) found.push(i)
    return found
  }

  #latest(machine: number, pid: number, t: number, holds: (i: number) => boolean): number {
    const list = this.of(machine, pid)
    let lo = 0
    let hi = list.length
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      if (this.w.wakingT[list[mid]!]! <= t) lo = mid + 1
      else hi = mid
    }
    for (let k = lo - 1; k >= 0; k--) if (holds(list[k]!)) return list[k]!
    return -1
  }
}

const NONE = new Uint32Array(0)
const keyOf = (machine: number, pid: number): number => pid * 256 + machine

// How busy rows of CPUs were, by running totals: what they ran from any time to any other costs the same.

import { lastAtOrBefore, type Intervals } from '../model/intervals.js'
import { kindOf, RUNNING } from './kinds.js'

/** Intervals from one kept total to the next. */
const STEP = 32

/** Built row by row, when first asked for. */
export class BusyTime {
  /** Busy time of the row before entry STEP * k. */
  #before = new Float64Array(0)
  readonly #built: Uint8Array

  constructor(private readonly of: Intervals) {
    this.#built = new Uint8Array(of.rows)
  }

  get bytes(): number {
    return this.#before.byteLength
  }

  /** Busy time of a row before `time`. */
  before(row: number, time: number): number {
    const { first, t } = this.of
    const lo = first[row]!
    const end = first[row + 1]! - 1
    if (end <= lo || time <= t[lo]!) return 0
    this.#build(row)
    const i = lastAtOrBefore(t, lo, end, time)
    const k = Math.floor(i / STEP)
    let sum = k * STEP > lo ? this.#before[k]! : 0
    for (let j = Math.max(lo, k * STEP); j < i; j++) if (this.#busy(j)) sum += t[j + 1]! - t[j]!
    return this.#busy(i) ? sum + Math.min(time, t[i + 1]!) - t[i]! : sum
  }

  #busy(i: number): boolean {
    return ((RUNNING >> kindOf[this.of.state[i]!]!) & 1) === 1
  }

  #build(row: number): void {
    if (this.#built[row] === 1) return
    this.#built[row] = 1
    const { first, t } = this.of
    if (this.#before.length === 0) this.#before = new Float64Array(Math.floor(t.length / STEP) + 1)
    const end = first[row + 1]! - 1
    let sum = 0
    for (let i = first[row]!; i < end; i++) {
      if (i % STEP === 0) this.#before[i / STEP] = sum
      if (this.#busy(i)) sum += t[i + 1]! - t[i]!
    }
  }
}

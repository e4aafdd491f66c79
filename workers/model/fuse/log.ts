// Intervals of many rows, written in the order of time: each row's states follow each other without gap or overlap.

import type { FusedState } from '../../thread/contract.js'
import { IntervalWriter, type Intervals } from '../intervals.js'

/** Flag of a VmmKernel interval that begins with a recorded exit; SpanFlags use the lower bits. */
export const ExitFlag = 64

export class RowLog {
  /** Time up to which the log is written; never goes back. */
  now: number
  #n = 0
  #row = new Uint16Array(4096)
  #t = new Float64Array(4096)
  #label = new Int32Array(4096)
  #state = new Uint8Array(4096)
  #flags = new Uint8Array(4096)
  readonly #since: Float64Array
  readonly #nowLabel: Int32Array
  readonly #nowState: Uint8Array
  readonly #nowFlags: Uint8Array
  readonly #cut: Uint8Array

  constructor(
    readonly rows: number,
    from: number,
    unknown: FusedState,
  ) {
    this.now = from
    this.#since = new Float64Array(rows).fill(from)
    this.#nowLabel = new Int32Array(rows).fill(-1)
    this.#nowState = new Uint8Array(rows).fill(unknown)
    this.#nowFlags = new Uint8Array(rows)
    this.#cut = new Uint8Array(rows)
  }

  /** The row is in this state from now on. */
  set(row: number, state: FusedState, label: number, flags: number): void {
    if (
      this.#cut[row] === 0 &&
      this.#nowState[row] === state &&
      this.#nowLabel[row] === label &&
      (this.#nowFlags[row]! & flags) === flags
    )
      return
    this.#close(row)
    this.#nowState[row] = state
    this.#nowLabel[row] = label
    this.#nowFlags[row] = flags
  }

  /** The next set() begins an interval of its own, whatever it says. */
  cut(row: number): void {
    this.#cut[row] = 1
  }

  /** Says something else about the interval that is going on. */
  amend(row: number, state: FusedState, label: number): void {
    this.#nowState[row] = state
    this.#nowLabel[row] = label
  }

  amendFlags(row: number, flags: number): void {
    this.#nowFlags[row]! |= flags
  }

  markExit(row: number): void {
    this.#nowFlags[row]! |= ExitFlag
  }

  stateOf(row: number): number {
    return this.#nowState[row]!
  }

  finish(to: number): Intervals {
    this.now = Math.max(this.now, to)
    const { rows } = this
    for (let row = 0; row < rows; row++) this.#close(row)
    const n = this.#n
    const next = new Uint32Array(rows + 1)
    for (let i = 0; i < n; i++) next[this.#row[i]! + 1]!++
    for (let row = 0; row < rows; row++) next[row + 1]! += next[row]!
    const first = next.slice()
    const sorted = new Uint32Array(n)
    for (let i = 0; i < n; i++) sorted[next[this.#row[i]!]!++] = i
    const writer = new IntervalWriter(n + rows)
    for (let row = 0; row < rows; row++) {
      for (let s = first[row]!; s < first[row + 1]!; s++) {
        const i = sorted[s]!
        writer.add(this.#t[i]!, this.#label[i]!, this.#state[i]! as FusedState, this.#flags[i]!)
      }
      writer.endRow(this.now)
    }
    return writer.finish()
  }

  /** Writes the current interval down; one without length is nothing, unless it is an exit: those are counted. */
  #close(row: number): void {
    const since = this.#since[row]!
    this.#cut[row] = 0
    if (this.now <= since && (this.#nowFlags[row]! & ExitFlag) === 0) return
    if (this.#n === this.#t.length) this.#grow()
    const i = this.#n++
    this.#row[i] = row
    this.#t[i] = since
    this.#label[i] = this.#nowLabel[row]!
    this.#state[i] = this.#nowState[row]!
    this.#flags[i] = this.#nowFlags[row]!
    this.#since[row] = this.now
  }

  #grow(): void {
    const n = this.#t.length * 2
    const wider = <T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    this.#row = wider(this.#row, new Uint16Array(n))
    this.#t = wider(this.#t, new Float64Array(n))
    this.#label = wider(this.#label, new Int32Array(n))
    this.#state = wider(this.#state, new Uint8Array(n))
    this.#flags = wider(this.#flags, new Uint8Array(n))
  }
}

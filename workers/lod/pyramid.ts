// Sums and maxima over ranges of intervals in O(log n), whatever the number of intervals: the levels of detail.

import type { Intervals } from '../model/intervals.js'
import { FusedState, RunState } from '../thread/contract.js'

const FAN = 8
const NONE = 0xffffffff

interface Level {
  /** Longest interval below each node, active ones before others; NONE where there is none. */
  readonly best: Uint32Array
  /** SpanFlag bits of all intervals below. */
  readonly flags: Uint8Array
}

const ACTIVE = new Uint8Array(64)
ACTIVE[RunState.Running] = 1
for (const [name, state] of Object.entries(FusedState)) if (!/Unknown|Idle|Blocked/.test(name)) ACTIVE[state] = 1

/**
 * An interval is active when something runs in it: a task on a CPU row, the task itself on its own row. On fused rows also when a
 * vCPU wants to run and does not: what was taken from it is not to be overlooked.
 */
export class Pyramid {
  readonly #levels: Level[] = []
  /** Active time of all intervals before entry 8k. */
  readonly #busy: Float64Array

  constructor(readonly of: Intervals) {
    const n = of.t.length
    this.#busy = new Float64Array(Math.ceil(n / FAN) + 1)
    for (let k = 0; k < this.#busy.length - 1; k++) {
      let sum = this.#busy[k]!
      for (let i = k * FAN; i < Math.min(n, (k + 1) * FAN); i++) if (this.active(i)) sum += this.length(i)
      this.#busy[k + 1] = sum
    }
    for (let size = n; size > 1; size = Math.ceil(size / FAN)) this.#levels.push(this.#level(size))
  }

  get bytes(): number {
    return this.#levels.reduce((n, l) => n + l.best.byteLength + l.flags.byteLength, this.#busy.byteLength)
  }

  active(i: number): boolean {
    return ACTIVE[this.of.state[i]!] === 1
  }

  /** Length of entry i; the end entry of a row has none. */
  length(i: number): number {
    const t = this.of.t
    return i + 1 < t.length ? Math.max(0, t[i + 1]! - t[i]!) : 0
  }

  /** Whether x should be shown rather than y: active before idle, then longer, then earlier. */
  beats(x: number, lengthX: number, y: number, lengthY: number): boolean {
    const ax = this.active(x)
    if (ax !== this.active(y)) return ax
    return lengthX > lengthY || (lengthX === lengthY && x < y)
  }

  /** Active time of the entries lo..hi-1, which must belong to one row. */
  busy(lo: number, hi: number): number {
    return this.#before(hi) - this.#before(lo)
  }

  /** Entry to show for lo..hi-1 (whole entries), -1 when the range is empty. */
  best(lo: number, hi: number): number {
    let best = -1
    this.#visit(lo, hi, (level, node) => {
      const i = level < 0 ? node : this.#levels[level]!.best[node]!
      if (i !== NONE && (best < 0 || this.beats(i, this.length(i), best, this.length(best)))) best = i
    })
    return best
  }

  /** All flags of the entries lo..hi-1. */
  flags(lo: number, hi: number): number {
    let flags = 0
    this.#visit(lo, hi, (level, node) => {
      flags |= level < 0 ? this.of.flags[node]! : this.#levels[level]!.flags[node]!
    })
    return flags
  }

  #before(i: number): number {
    const k = Math.floor(i / FAN)
    let sum = this.#busy[k]!
    for (let j = k * FAN; j < i; j++) if (this.active(j)) sum += this.length(j)
    return sum
  }

  /** Covers lo..hi-1 by as few entries (level -1) and nodes as possible. */
  #visit(lo: number, hi: number, visit: (level: number, node: number) => void): void {
    let level = -1
    while (lo < hi) {
      if (level + 1 >= this.#levels.length || hi - lo < FAN) {
        while (lo < hi) visit(level, lo++)
        return
      }
      while (lo % FAN !== 0) visit(level, lo++)
      while (hi % FAN !== 0) visit(level, --hi)
      lo /= FAN
      hi /= FAN
      level++
    }
  }

  #level(size: number): Level {
    const below = this.#levels.at(-1)
    const nodes = Math.ceil(size / FAN)
    const best = new Uint32Array(nodes).fill(NONE)
    const flags = new Uint8Array(nodes)
    for (let i = 0; i < size; i++) {
      const node = Math.floor(i / FAN)
      const candidate = below ? below.best[i]! : i
      const held = best[node]!
      if (
        candidate !== NONE &&
        (held === NONE || this.beats(candidate, this.length(candidate), held, this.length(held)))
      )
        best[node] = candidate
      flags[node]! |= below ? below.flags[i]! : this.of.flags[i]!
    }
    return { best, flags }
  }
}

// Sums and maxima over ranges of intervals in O(log n), whatever the number of intervals: the levels of detail. A level carries
// what comparing its nodes needs, so that a range is told from few neighbouring bytes and not from intervals all over memory.

import type { Intervals } from '../model/intervals.js'
import { FusedState, RunState } from '../thread/contract.js'

const FAN = 4
const NONE = 0xffffffff
/** Beside SpanFlag and ExitFlag in a node's bits: its best interval is active. */
const ActiveBit = 128

interface Level {
  /** Longest interval below each node, active ones before others; NONE where there is none. */
  readonly best: Uint32Array
  /** Its length. */
  readonly length: Float64Array
  /** SpanFlag bits of all intervals below, and ActiveBit. */
  readonly bits: Uint8Array
}

/** What lies within a range of entries. */
export interface Summary {
  /** Entry to show, -1 = none. */
  best: number
  length: number
  active: boolean
  /** SpanFlags of all of them. */
  flags: number
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
  /** Active time of all intervals before entry FAN * k. */
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
    const of = (l: Level): number => l.best.byteLength + l.length.byteLength + l.bits.byteLength
    return this.#levels.reduce((n, l) => n + of(l), this.#busy.byteLength)
  }

  active(i: number): boolean {
    return ACTIVE[this.of.state[i]!] === 1
  }

  /** Length of entry i; the end entry of a row has none. */
  length(i: number): number {
    const t = this.of.t
    return i + 1 < t.length ? Math.max(0, t[i + 1]! - t[i]!) : 0
  }

  /** Active time of the entries lo..hi-1, which must belong to one row. */
  busy(lo: number, hi: number): number {
    return this.#before(hi) - this.#before(lo)
  }

  /** Whether entry i, of which `length` counts, should be shown rather than what `s` holds: then it is. */
  offer(s: Summary, i: number, length: number): void {
    offer(s, i, length, this.active(i))
  }

  /** Takes in the whole entries lo..hi-1: as few entries and nodes as possible. */
  include(s: Summary, lo: number, hi: number): void {
    const levels = this.#levels
    let level = -1
    while (lo < hi) {
      const last = level + 1 >= levels.length || hi - lo < FAN
      const up = last ? hi : Math.min(hi, Math.ceil(lo / FAN) * FAN)
      const down = last ? hi : Math.max(up, Math.floor(hi / FAN) * FAN)
      this.#visit(s, level, lo, up)
      this.#visit(s, level, down, hi)
      if (last) return
      lo = up / FAN
      hi = down / FAN
      level++
    }
  }

  #visit(s: Summary, level: number, lo: number, hi: number): void {
    if (level < 0) {
      const { t, state, flags } = this.of
      const end = t.length - 1
      for (let i = lo; i < hi; i++) {
        s.flags |= flags[i]!
        offer(s, i, i < end ? Math.max(0, t[i + 1]! - t[i]!) : 0, ACTIVE[state[i]!] === 1)
      }
      return
    }
    const { best, length, bits } = this.#levels[level]!
    for (let i = lo; i < hi; i++) {
      s.flags |= bits[i]! & ~ActiveBit
      offer(s, best[i]!, length[i]!, (bits[i]! & ActiveBit) !== 0)
    }
  }

  #before(i: number): number {
    const k = Math.floor(i / FAN)
    const { t, state } = this.of
    let sum = this.#busy[k]!
    for (let j = k * FAN; j < i; j++) if (ACTIVE[state[j]!] === 1) sum += Math.max(0, t[j + 1]! - t[j]!)
    return sum
  }

  #level(size: number): Level {
    const below = this.#levels.length - 1
    const nodes = Math.ceil(size / FAN)
    const best = new Uint32Array(nodes).fill(NONE)
    const length = new Float64Array(nodes)
    const bits = new Uint8Array(nodes)
    const s = emptySummary()
    for (let node = 0; node < nodes; node++) {
      clear(s)
      this.#visit(s, below, node * FAN, Math.min(size, (node + 1) * FAN))
      if (s.best >= 0) best[node] = s.best
      length[node] = s.length
      bits[node] = s.flags | (s.active ? ActiveBit : 0)
    }
    return { best, length, bits }
  }
}

export const emptySummary = (): Summary => ({ best: -1, length: 0, active: false, flags: 0 })

export function clear(s: Summary): void {
  s.best = -1
  s.length = 0
  s.active = false
  s.flags = 0
}

/** Active before idle, then longer, then earlier. */
function offer(s: Summary, i: number, length: number, active: boolean): void {
  if (i === NONE) return
  if (s.best >= 0) {
    if (active !== s.active) {
      if (!active) return
    } else if (length < s.length || (length === s.length && i > s.best)) return
  }
  s.best = i
  s.length = length
  s.active = active
}

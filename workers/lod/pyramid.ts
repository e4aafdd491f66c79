// Sums over ranges of intervals, whatever their number: the levels of detail. The time of each kind of state is summed exactly, by
// running totals; for whose it was, a node keeps the two owners of the most time of each kind among the intervals below it.

import type { Intervals } from '../model/intervals.js'
import { KINDS, kindOf, LOUD, NOT_IDLE, RUNNING } from './kinds.js'
import { Owners } from './owners.js'

/** Intervals below a node of the lowest level, nodes below one of another. */
const FAN = 32
/** Owners that a node keeps of each kind. */
const KEPT = 2
const NONE = 0xffffffff

interface Level {
  /** Of [node][kind that occurs][rank]: the owner, its time below the node (at other levels than the lowest: at least), */
  readonly owner: Int32Array
  readonly time: Float32Array
  /** and an entry that shows it; NONE where there is none. */
  readonly entry: Uint32Array
  /** SpanFlags of all intervals below each node, and the kinds that occur, as bits. */
  readonly flags: Uint8Array
  readonly kinds: Uint8Array
}

/** What lies within a stretch of time. */
export interface Summary {
  /** Entry of the kind, and within it of the owner, with the most time; loud ones before others. -1 = nothing. */
  best: number
  /** Time by kind. */
  readonly time: Float64Array
  /** Kinds that occur, be it without length; bits. */
  kinds: number
  /** SpanFlags of all of them. */
  flags: number
}

export const emptySummary = (): Summary => ({ best: -1, time: new Float64Array(KINDS), kinds: 0, flags: 0 })

/** Nodes of a range: level and number of each. */
interface Nodes {
  n: number
  readonly level: Uint8Array
  readonly node: Uint32Array
}

/** Built row by row, when more than a few intervals of a row first share a pixel. */
export class Pyramid {
  /** What counts as busy. */
  readonly busyKinds: number
  readonly #slots: number
  /** Place of a kind among those that occur, -1 = it does not. */
  readonly #slotOf = new Int8Array(KINDS).fill(-1)
  /** Time of each kind that occurs, from the beginning of the row to entry FAN * k. */
  #before = new Float64Array(0)
  #levels: readonly Level[] = []
  readonly #built: Uint8Array

  /** @param owners fused rows: whose each label is, which may grow; absent = no fused rows, the value is the owner */
  constructor(
    readonly of: Intervals,
    private readonly owners: readonly number[] | null = null,
  ) {
    this.busyKinds = owners ? NOT_IDLE : RUNNING
    this.#built = new Uint8Array(of.rows)
    let occur = 0
    for (let i = 0, { state } = of; i < state.length; i++) occur |= 1 << kindOf[state[i]!]!
    let slots = 0
    for (let kind = 0; kind < KINDS; kind++) if ((occur >> kind) & 1) this.#slotOf[kind] = slots++
    this.#slots = slots
  }

  get bytes(): number {
    const of = (l: Level): number =>
      l.owner.byteLength + l.time.byteLength + l.entry.byteLength + l.flags.byteLength + l.kinds.byteLength
    return this.#levels.reduce((n, l) => n + of(l), this.#before.byteLength)
  }

  /** Whether entry i is busy. */
  busy(i: number): boolean {
    return ((this.busyKinds >> kindOf[this.of.state[i]!]!) & 1) === 1
  }

  /** Busy time of a row before entry i. */
  busyBefore(row: number, i: number): number {
    const { first, t } = this.of
    const lo = first[row]!
    const k = Math.floor(i / FAN)
    let sum = 0
    if (k * FAN > lo) {
      this.#build(row)
      for (let kind = 0; kind < KINDS; kind++) if ((this.busyKinds >> kind) & 1) sum += this.#upTo(k, kind)
    }
    for (let j = Math.max(lo, k * FAN); j < i; j++) if (this.busy(j)) sum += t[j + 1]! - t[j]!
    return sum
  }

  /** What the entries a..b-1 of a row hold between c0 and c1, which the first and the last of them may stick out of. */
  summarize(s: Summary, row: number, a: number, b: number, c0: number, c1: number): void {
    for (let kind = 0; kind < KINDS; kind++) s.time[kind] = 0
    s.kinds = 0
    s.flags = 0
    // Whole nodes lie from `up` to `down`, between the first entry and the last.
    let up = Math.ceil((a + 1) / FAN)
    let down = Math.floor((b - 1) / FAN)
    const whole = down > up
    if (whole) {
      this.#build(row)
      this.#find(up, down)
      for (let kind = 0; kind < KINDS; kind++) s.time[kind] = this.#upTo(down, kind) - this.#upTo(up, kind)
      for (let i = 0; i < nodes.n; i++) {
        const level = this.#levels[nodes.level[i]!]!
        s.flags |= level.flags[nodes.node[i]!]!
        s.kinds |= level.kinds[nodes.node[i]!]!
      }
      this.#sum(s, a, up * FAN, c0, c1)
      this.#sum(s, down * FAN, b, c0, c1)
    } else this.#sum(s, a, b, c0, c1)
    const kind = largest(s)
    if (b - a === 1) {
      s.best = a
      return
    }
    found.clear()
    if (whole) {
      this.#offer(kind, a, up * FAN, c0, c1)
      this.#offer(kind, down * FAN, b, c0, c1)
      const slot = this.#slotOf[kind]!
      for (let i = 0; i < nodes.n; i++) {
        const { owner, time, entry } = this.#levels[nodes.level[i]!]!
        const at = (nodes.node[i]! * this.#slots + slot) * KEPT
        for (let k = at; k < at + KEPT && entry[k] !== NONE; k++) found.add(owner[k]!, time[k]!, entry[k]!)
      }
    } else this.#offer(kind, a, b, c0, c1)
    s.best = found.best()
  }

  /** Adds up entries lo..hi-1 between c0 and c1. One pass without calls: most of what a frame costs is spent here. */
  #sum(s: Summary, lo: number, hi: number, c0: number, c1: number): void {
    const { t, state, flags } = this.of
    const { time } = s
    const last = hi - 1
    let kinds = 0
    let seen = 0
    let from = Math.max(c0, t[lo]!)
    for (let i = lo; i < last; i++) {
      const to = t[i + 1]!
      const kind = kindOf[state[i]!]!
      time[kind]! += to - from
      kinds |= 1 << kind
      seen |= flags[i]!
      from = to
    }
    const kind = kindOf[state[last]!]!
    time[kind]! += Math.min(c1, t[hi]!) - from
    s.kinds |= kinds | (1 << kind)
    s.flags |= seen | flags[last]!
  }

  #offer(kind: number, lo: number, hi: number, c0: number, c1: number): void {
    const { t, state, value } = this.of
    const of = this.owners
    let from = Math.max(c0, t[lo]!)
    for (let i = lo; i < hi; i++) {
      const to = t[i + 1]!
      if (kindOf[state[i]!] === kind) {
        const label = value[i]!
        found.add(of === null || label < 0 ? label : of[label]!, (to < c1 ? to : c1) - from, i)
      }
      from = to
    }
  }

  /** Time of a kind in the row before node k of the lowest level. */
  #upTo(k: number, kind: number): number {
    const slot = this.#slotOf[kind]!
    return slot < 0 ? 0 : this.#before[k * this.#slots + slot]!
  }

  /** As few nodes as cover those from lo to hi of the lowest level. */
  #find(lo: number, hi: number): void {
    nodes.n = 0
    for (let level = 0; lo < hi; level++) {
      const last = level + 1 >= this.#levels.length || hi - lo < FAN
      const up = last ? hi : Math.min(hi, Math.ceil(lo / FAN) * FAN)
      const down = last ? hi : Math.max(up, Math.floor(hi / FAN) * FAN)
      for (let node = lo; node < hi; node++) {
        if (node === up) node = down
        if (node >= hi) break
        nodes.level[nodes.n] = level
        nodes.node[nodes.n++] = node
      }
      if (last) return
      lo = up / FAN
      hi = down / FAN
    }
  }

  #build(row: number): void {
    if (this.#built[row] === 1) return
    this.#built[row] = 1
    const { first, t, state } = this.of
    if (this.#levels.length === 0) this.#allocate(t.length)
    const slots = this.#slots
    const lo = first[row]!
    const end = first[row + 1]! - 1
    const sums = new Float64Array(slots)
    for (let i = lo; i <= end; i++) {
      if (i % FAN === 0) this.#before.set(sums, (i / FAN) * slots)
      if (i < end) sums[this.#slotOf[kindOf[state[i]!]!]!]! += t[i + 1]! - t[i]!
    }
    let from = Math.ceil(lo / FAN)
    let to = Math.floor(end / FAN)
    for (let level = 0; level < this.#levels.length && from < to; level++) {
      for (let node = from; node < to; node++) this.#buildNode(level, node)
      from = Math.ceil(from / FAN)
      to = Math.floor(to / FAN)
    }
  }

  #buildNode(level: number, node: number): void {
    const { t, state, value, flags } = this.of
    const lo = node * FAN
    const into = this.#levels[level]!
    found.clear()
    // Owner and kind as one number: owners are pids, CPUs or labels, far below 2^28.
    if (level === 0) {
      for (let i = lo; i < lo + FAN; i++) {
        const kind = kindOf[state[i]!]!
        into.flags[node]! |= flags[i]!
        into.kinds[node]! |= 1 << kind
        const label = value[i]!
        const owner = this.owners === null || label < 0 ? label : this.owners[label]!
        found.add(owner * 8 + this.#slotOf[kind]!, t[i + 1]! - t[i]!, i)
      }
    } else {
      const below = this.#levels[level - 1]!
      for (let child = lo; child < lo + FAN; child++) {
        into.flags[node]! |= below.flags[child]!
        into.kinds[node]! |= below.kinds[child]!
        for (let k = 0, at = child * this.#slots * KEPT; k < this.#slots * KEPT; k++, at++) {
          if (below.entry[at] === NONE) continue
          found.add(below.owner[at]! * 8 + Math.floor(k / KEPT), below.time[at]!, below.entry[at]!)
        }
      }
    }
    for (let i = 0; i < found.count; i++) keep(into, node * this.#slots, i)
  }

  #allocate(entries: number): void {
    const levels: Level[] = []
    this.#before = new Float64Array((Math.floor(entries / FAN) + 1) * this.#slots)
    for (let size = Math.floor(entries / FAN); size > 0; size = Math.floor(size / FAN)) {
      const room = size * this.#slots * KEPT
      levels.push({
        owner: new Int32Array(room),
        time: new Float32Array(room),
        entry: new Uint32Array(room).fill(NONE),
        flags: new Uint8Array(size),
        kinds: new Uint8Array(size),
      })
    }
    this.#levels = levels
  }
}

/** Reused from range to range. */
const found = new Owners()
const nodes: Nodes = { n: 0, level: new Uint8Array(1024), node: new Uint32Array(1024) }

/** Owner i of `found` takes its rank among the kept of its kind, where it has one. */
function keep({ owner, time, entry }: Level, base: number, i: number): void {
  const key = found.key(i)
  const at = (base + (key & 7)) * KEPT
  const mine = found.time(i)
  let k = at
  while (k < at + KEPT && entry[k] !== NONE && time[k]! >= mine) k++
  if (k === at + KEPT) return
  for (let j = at + KEPT - 1; j > k; j--) {
    owner[j] = owner[j - 1]!
    time[j] = time[j - 1]!
    entry[j] = entry[j - 1]!
  }
  owner[k] = key >> 3
  time[k] = mine
  entry[k] = found.entry(i)
}

/** The kind with the most time: a loud one where there is any, be it without length. */
function largest({ time, kinds }: Summary): number {
  const among = (kinds & LOUD) !== 0 ? kinds & LOUD : kinds
  let best = -1
  for (let kind = 0; kind < KINDS; kind++) {
    if (((among >> kind) & 1) === 1 && (best < 0 || time[kind]! > time[best]!)) best = kind
  }
  return best
}

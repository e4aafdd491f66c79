// The levels of detail of rows. Time is halved again and again, at whole multiples of powers of two; a piece of it that many
// intervals touch becomes a node, which keeps what a column of that width shows: sums of all of them, worked out once, from the sums
// of its two halves. A column is a node, or few intervals.

import type { Intervals } from '../model/intervals.js'
import type { Steps } from '../steps.js'
import { SpanFlag } from '../thread/contract.js'
import { Kind, kindOf, NOT_IDLE, RUNNING } from './kinds.js'
import { Sum } from './sum.js'

/** Flags that are for the screen; the model has more. */
export const SHOWN = SpanFlag.Inferred | SpanFlag.Lost | SpanFlag.Unsplit

/** Intervals that touch a node, at least. */
export const MANY = 8
/** Rows of fewer intervals are built in no time. */
const QUICK = 20_000
/** Nodes are one unit of time wide at least: whatever is within one happened at once. */
const LOWEST = 0
/** Levels that any time below 2^53 needs. */
const LEVELS = 54
/** Widths of the levels. */
const widths = Float64Array.from({ length: LEVELS }, (_, level) => 2 ** level)

/** The nodes of one row: level after level from the lowest on, within one in the order of time. */
export interface Nodes {
  /** Level l owns nodes first[l]..first[l+1]. */
  readonly first: Uint32Array
  /** Where each begins; it is 2^level wide. */
  readonly at: Float64Array
  /** First entry of the row that begins at the end of the node or after it. */
  readonly next: Uint32Array
  /** Value and state of the entry that is shown. */
  readonly value: Int32Array
  readonly state: Uint8Array
  /** SpanFlags as LodFrame has them. */
  readonly flags: Uint8Array
  /** Shares of the part of it that the row covers, as LodFrame has them. */
  readonly busy: Uint8Array
  readonly taken: Uint8Array
  readonly waits: Uint8Array
  readonly blocked: Uint8Array
}

/** 0..255; 0 and 255 only when exactly none or all of it is. */
export function share(part: number, whole: number, any: boolean): number {
  if (!any) return 0
  if (part >= whole) return 255
  return Math.min(254, Math.max(1, Math.round((part / whole) * 255)))
}

/** Built row by row, when first asked for. */
export class Pyramid {
  /** What counts as busy. */
  readonly busyKinds: number
  readonly #nodes: (Nodes | undefined)[] = []
  /** Rows that are being built, piece by piece. */
  readonly #building = new Map<number, Steps<Nodes>>()
  #bytes = 0

  /**
   * @param owners fused rows: whose each label is, which may grow; absent = no fused rows, the value is the owner
   * @param piece intervals from one pause to the next while a row is built
   */
  constructor(
    readonly of: Intervals,
    readonly owners: readonly number[] | null = null,
    private readonly piece = QUICK,
  ) {
    this.busyKinds = owners ? NOT_IDLE : RUNNING
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether a row can be drawn without making much first. */
  isReady(row: number): boolean {
    const { first } = this.of
    return this.#nodes[row] !== undefined || first[row + 1]! - first[row]! < QUICK
  }

  /** Whether entry i is busy. */
  busy(i: number): boolean {
    return ((this.busyKinds >> kindOf[this.of.state[i]!]!) & 1) === 1
  }

  /** Share of a stretch in which the row was busy, from what it holds. */
  busyShare({ time, kinds }: Sum, whole: number): number {
    let busy = 0
    for (let kind = 0; kind < time.length; kind++) if ((this.busyKinds >> kind) & 1) busy += time[kind]!
    return share(busy, whole, (kinds & this.busyKinds) !== 0)
  }

  nodes(row: number): Nodes {
    this.advance(row, Infinity)
    return this.#nodes[row]!
  }

  /** Builds on at a row until then, a piece at least. Returns whether it is built. */
  advance(row: number, until: number): boolean {
    if (this.#nodes[row]) return true
    const building = this.#building.get(row) ?? this.#build(row)
    this.#building.set(row, building)
    let step = building.next()
    while (!step.done && Date.now() < until) step = building.next()
    if (!step.done) return false
    this.#building.delete(row)
    this.#nodes[row] = step.value
    return true
  }

  *#build(row: number): Steps<Nodes> {
    const { first, t } = this.of
    const lo = first[row]!
    const end = first[row + 1]! - 1
    const count = new Uint32Array(LEVELS + 1)
    const roots = this.#roots(lo, end)
    for (const { level, start, a, b } of roots) this.#count(count, level, start, a, b)
    const from = new Uint32Array(LEVELS + 1)
    for (let level = 0; level < LEVELS; level++) from[level + 1] = from[level]! + count[level]!
    const n = from[LEVELS]!
    const nodes: Nodes = {
      first: from,
      at: new Float64Array(n),
      next: new Uint32Array(n),
      value: new Int32Array(n),
      state: new Uint8Array(n),
      flags: new Uint8Array(n),
      busy: new Uint8Array(n),
      taken: new Uint8Array(n),
      waits: new Uint8Array(n),
      blocked: new Uint8Array(n),
    }
    // Between two pieces of this row another may be built.
    const own = end - lo > this.piece ? makeSums() : sums
    const growing = { nodes, next: from.slice(), from: t[lo]!, to: t[end]!, sums: own }
    for (const { level, start, a, b } of roots) yield* this.#fillPieces(growing, level, start, a, b)
    for (const column of Object.values(nodes) as { readonly byteLength: number }[]) this.#bytes += column.byteLength
    return nodes
  }

  /** The whole of a row: what lies before 0 and what lies after it. */
  #roots(lo: number, end: number): { level: number; start: number; a: number; b: number }[] {
    const { t } = this.of
    const far = Math.max(Math.abs(t[lo]!), Math.abs(t[end]!))
    let level = LOWEST
    while (widths[level]! <= far && level < LEVELS - 1) level++
    const m = beginsAt(t, lo, end, 0)
    const before = { level, start: -widths[level]!, a: lo, b: m }
    const after = { level, start: 0, a: overlapping(t, lo, m, 0), b: end }
    return [before, after].filter(({ a, b }) => b - a >= MANY)
  }

  /** Counts the nodes of a stretch of time that entries a..b-1 touch, itself among them. */
  #count(count: Uint32Array, level: number, start: number, a: number, b: number): void {
    count[level]!++
    if (level === LOWEST) return
    const middle = start + widths[level - 1]!
    const m = beginsAt(this.of.t, a, b, middle)
    if (m - a >= MANY) this.#count(count, level - 1, start, a, m)
    const r = overlapping(this.of.t, a, m, middle)
    if (b - r >= MANY) this.#count(count, level - 1, middle, r, b)
  }

  /** The same, working them out. */
  #fill(into: Growing, level: number, start: number, a: number, b: number): Sum {
    const sum = into.sums[level]!
    const end = start + widths[level]!
    sum.clear()
    const middle = level > LOWEST ? start + widths[level - 1]! : end
    const m = level > LOWEST ? beginsAt(this.of.t, a, b, middle) : b
    const r = overlapping(this.of.t, a, m, middle)
    const left = level > LOWEST && m - a >= MANY
    const right = level > LOWEST && b - r >= MANY
    if (!left && !right) sum.add(this.of, this.owners, a, b, start, end)
    else {
      if (left) sum.merge(this.#fill(into, level - 1, start, a, m))
      else sum.add(this.of, this.owners, a, m, start, middle)
      if (right) sum.merge(this.#fill(into, level - 1, middle, r, b))
      else sum.add(this.of, this.owners, r, b, middle, end)
    }
    return this.#put(into, level, start, b, sum)
  }

  /** The same with a pause after each piece. */
  *#fillPieces(into: Growing, level: number, start: number, a: number, b: number): Steps<Sum> {
    if (level === LOWEST || b - a <= this.piece) {
      const sum = this.#fill(into, level, start, a, b)
      yield
      return sum
    }
    const sum = into.sums[level]!
    const end = start + widths[level]!
    sum.clear()
    const middle = start + widths[level - 1]!
    const m = beginsAt(this.of.t, a, b, middle)
    const r = overlapping(this.of.t, a, m, middle)
    if (m - a >= MANY) sum.merge(yield* this.#fillPieces(into, level - 1, start, a, m))
    else sum.add(this.of, this.owners, a, m, start, middle)
    if (b - r >= MANY) sum.merge(yield* this.#fillPieces(into, level - 1, middle, r, b))
    else sum.add(this.of, this.owners, r, b, middle, end)
    return this.#put(into, level, start, b, sum)
  }

  /** Writes a node down. */
  #put({ nodes, next, from, to }: Growing, level: number, start: number, b: number, sum: Sum): Sum {
    const node = next[level]!++
    const best = sum.best(sum.kind())
    const whole = Math.min(start + widths[level]!, to) - Math.max(start, from)
    nodes.at[node] = start
    nodes.next[node] = b
    nodes.value[node] = this.of.value[best]!
    nodes.state[node] = this.of.state[best]!
    nodes.flags[node] = (sum.flags & SHOWN) | SpanFlag.Mixed
    nodes.busy[node] = this.busyShare(sum, whole)
    nodes.taken[node] = kindShare(sum, Kind.Taken, whole)
    nodes.waits[node] = kindShare(sum, Kind.Waits, whole)
    nodes.blocked[node] = kindShare(sum, Kind.Blocked, whole)
    sum.prune()
    return sum
  }
}

interface Growing {
  readonly nodes: Nodes
  /** Where the next node of each level goes. */
  readonly next: Uint32Array
  /** Ends of the row. */
  readonly from: number
  readonly to: number
  /** One a level: a node's is done with before its parent takes the next. */
  readonly sums: readonly Sum[]
}

/** Share of a stretch that was of one kind. */
export const kindShare = ({ time, kinds }: Sum, kind: Kind, whole: number): number =>
  share(time[kind]!, whole, ((kinds >> kind) & 1) === 1)

const makeSums = (): readonly Sum[] => Array.from({ length: LEVELS }, () => new Sum())
/** For rows that are built in one piece. */
const sums = makeSums()

/** First of a..b that begins at `time` or after it. */
function beginsAt(t: Float64Array, a: number, b: number, time: number): number {
  let lo = a
  let hi = b
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (t[mid]! < time) lo = mid + 1
    else hi = mid
  }
  return lo
}

/** First entry from a on that touches what begins at `time`, where m is the first that begins there or later. */
const overlapping = (t: Float64Array, a: number, m: number, time: number): number => (m > a && t[m]! > time ? m - 1 : m)

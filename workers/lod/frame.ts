// Collects the spans and ticks of a frame, row after row.

import { SpanFlag, type Actor, type FusedLabel, type LodFrame } from '../thread/contract.js'
import type { SessionTime } from '../units.js'
import type { Nodes } from './pyramid.js'

class Spans {
  n = 0
  t0 = new Float64Array(0)
  t1 = new Float64Array(0)
  value = new Int32Array(0)
  state = new Uint8Array(0)
  flags = new Uint8Array(0)
  busy = new Uint8Array(0)
  taken = new Uint8Array(0)
  waits = new Uint8Array(0)
  blocked = new Uint8Array(0)

  /** Makes room for `more` of them. */
  reserve(more: number): void {
    if (this.n + more <= this.t0.length) return
    const size = Math.max(1024, this.t0.length * 2, this.n + more)
    const { n } = this
    this.t0 = grown(this.t0, n, new Float64Array(size))
    this.t1 = grown(this.t1, n, new Float64Array(size))
    this.value = grown(this.value, n, new Int32Array(size))
    this.state = grown(this.state, n, new Uint8Array(size))
    this.flags = grown(this.flags, n, new Uint8Array(size))
    this.busy = grown(this.busy, n, new Uint8Array(size))
    this.taken = grown(this.taken, n, new Uint8Array(size))
    this.waits = grown(this.waits, n, new Uint8Array(size))
    this.blocked = grown(this.blocked, n, new Uint8Array(size))
  }
}

class Ticks {
  n = 0
  t = new Float64Array(0)
  count = new Uint32Array(0)
  type = new Uint16Array(0)

  reserve(more: number): void {
    if (this.n + more <= this.t.length) return
    const size = Math.max(1024, this.t.length * 2, this.n + more)
    this.t = grown(this.t, this.n, new Float64Array(size))
    this.count = grown(this.count, this.n, new Uint32Array(size))
    this.type = grown(this.type, this.n, new Uint16Array(size))
  }
}

/** The first n of an array in a larger one. */
function grown<A extends Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(
  from: A,
  n: number,
  to: A,
): A {
  to.set(from.subarray(0, n))
  return to
}

export class FrameBuilder {
  readonly #spans = new Spans()
  readonly #ticks = new Ticks()
  #tracks: string[] = []
  #spanStart = [0]
  #tickStart = [0]
  #labels: FusedLabel[] = []
  readonly #ownLabel = new Map<number, number>()
  readonly #withActor = new Map<string, number>()

  /** Begins another frame, in the memory of the one before. */
  begin(): this {
    this.#spans.n = 0
    this.#ticks.n = 0
    this.#tracks = []
    this.#spanStart = [0]
    this.#tickStart = [0]
    this.#labels = []
    this.#ownLabel.clear()
    this.#withActor.clear()
    return this
  }

  /** As LodFrame has them. */
  span(
    t0: number,
    t1: number,
    value: number,
    state: number,
    flags: number,
    busy: number,
    taken: number,
    waits: number,
    blocked: number,
  ): void {
    const s = this.#spans
    s.reserve(1)
    const i = s.n++
    s.t0[i] = t0
    s.t1[i] = t1
    s.value[i] = value
    s.state[i] = state
    s.flags[i] = flags
    s.busy[i] = busy
    s.taken[i] = taken
    s.waits[i] = waits
    s.blocked[i] = blocked
  }

  /** Nodes a..b-1 of a row, each `width` wide; the row itself covers from..to. */
  nodes(of: Nodes, a: number, b: number, width: number, from: number, to: number): void {
    const s = this.#spans
    s.reserve(b - a)
    const { t0, t1, value, state, flags, busy, taken, waits, blocked } = s
    let n = s.n
    // Stretches are short where nodes and few intervals take turns: copying them as arrays would cost more.
    for (let i = a; i < b; i++, n++) {
      t0[n] = Math.max(of.at[i]!, from)
      t1[n] = Math.min(of.at[i]! + width, to)
      value[n] = of.value[i]!
      state[n] = of.state[i]!
      flags[n] = of.flags[i]!
      busy[n] = of.busy[i]!
      taken[n] = of.taken[i]!
      waits[n] = of.waits[i]!
      blocked[n] = of.blocked[i]!
    }
    s.n = n
  }

  tick(t: number, count: number, type: number): void {
    const k = this.#ticks
    k.reserve(1)
    const i = k.n++
    k.t[i] = t
    k.count[i] = count
    k.type[i] = type
  }

  endRow(track: string): void {
    this.#tracks.push(track)
    this.#spanStart.push(this.#spans.n)
    this.#tickStart.push(this.#ticks.n)
  }

  /**
   * The spans since the last row, of a fused row, refer to the frame's own labels instead of the model's from here on.
   * `behind`: who was behind the owner of a span that is shown as it is.
   */
  useLabels(labels: readonly FusedLabel[], behind: (state: number, t0: number, t1: number) => Actor | null): void {
    const { t0, t1, value, state, flags, n } = this.#spans
    for (let i = this.#spanStart.at(-1)!; i < n; i++) {
      const label = value[i]!
      if (label < 0) continue
      const actor = flags[i]! & SpanFlag.Mixed ? null : behind(state[i]!, t0[i]!, t1[i]!)
      if (actor) {
        const key = `${label} ${actor.machine} ${actor.pid}`
        let own = this.#withActor.get(key)
        if (own === undefined) {
          own = this.#labels.push({ ...labels[label]!, behind: actor }) - 1
          this.#withActor.set(key, own)
        }
        value[i] = own
        continue
      }
      let own = this.#ownLabel.get(label)
      if (own === undefined) this.#ownLabel.set(label, (own = this.#labels.push(labels[label]!) - 1))
      value[i] = own
    }
  }

  finish(version: number, from: SessionTime, to: SessionTime, pixels: number): LodFrame {
    const s = this.#spans
    const k = this.#ticks
    return {
      version,
      from,
      to,
      pixels,
      tracks: this.#tracks,
      spanStart: Uint32Array.from(this.#spanStart),
      t0: s.t0.slice(0, s.n),
      t1: s.t1.slice(0, s.n),
      value: s.value.slice(0, s.n),
      state: s.state.slice(0, s.n),
      flags: s.flags.slice(0, s.n),
      busy: s.busy.slice(0, s.n),
      taken: s.taken.slice(0, s.n),
      waits: s.waits.slice(0, s.n),
      blocked: s.blocked.slice(0, s.n),
      tickStart: Uint32Array.from(this.#tickStart),
      tickT: k.t.slice(0, k.n),
      tickCount: k.count.slice(0, k.n),
      tickType: k.type.slice(0, k.n),
      ...(this.#labels.length > 0 ? { labels: this.#labels } : {}),
    }
  }
}

/**
 * The columns for so many pixels: a power of two of time units wide, never wider than a pixel, at whole multiples of that. Every
 * frame at a zoom has the same ones.
 */
export function columnsFor(from: number, to: number, pixels: number): Columns {
  const width = 2 ** Math.floor(Math.log2((to - from) / pixels))
  const first = Math.floor(from / width)
  const count = Math.max(1, Math.ceil(to / width) - first)
  return new Columns(first * width, (first + count) * width, count)
}

/** The pixel columns of a time range. Column p covers start(p) .. start(p + 1), the end excluded. */
export class Columns {
  readonly width: number
  constructor(
    readonly from: number,
    readonly to: number,
    readonly count: number,
  ) {
    this.width = (to - from) / count
  }

  start(p: number): number {
    return p >= this.count ? this.to : this.from + p * this.width
  }

  /** Column of a time within the range. Agrees with start() in spite of rounding. */
  of(t: number): number {
    let p = Math.min(this.count - 1, Math.max(0, Math.floor((t - this.from) / this.width)))
    while (p > 0 && t < this.start(p)) p--
    while (p < this.count - 1 && t >= this.start(p + 1)) p++
    return p
  }
}

// Collects the spans and ticks of a frame, row after row.

import { SpanFlag, type Actor, type FusedLabel, type LodFrame } from '../thread/contract.js'
import type { SessionTime } from '../units.js'

class Spans {
  n = 0
  t0: Float64Array
  t1: Float64Array
  value: Int32Array
  state: Uint8Array
  flags: Uint8Array
  busy: Uint8Array
  taken: Uint8Array
  waits: Uint8Array
  blocked: Uint8Array
  constructor(size: number) {
    this.t0 = new Float64Array(size)
    this.t1 = new Float64Array(size)
    this.value = new Int32Array(size)
    this.state = new Uint8Array(size)
    this.flags = new Uint8Array(size)
    this.busy = new Uint8Array(size)
    this.taken = new Uint8Array(size)
    this.waits = new Uint8Array(size)
    this.blocked = new Uint8Array(size)
  }
  grown(): Spans {
    const to = new Spans(this.t0.length * 2)
    to.n = this.n
    to.t0.set(this.t0)
    to.t1.set(this.t1)
    to.value.set(this.value)
    to.state.set(this.state)
    to.flags.set(this.flags)
    to.busy.set(this.busy)
    to.taken.set(this.taken)
    to.waits.set(this.waits)
    to.blocked.set(this.blocked)
    return to
  }
}

class Ticks {
  n = 0
  t: Float64Array
  count: Uint32Array
  type: Uint16Array
  constructor(size: number) {
    this.t = new Float64Array(size)
    this.count = new Uint32Array(size)
    this.type = new Uint16Array(size)
  }
  grown(): Ticks {
    const to = new Ticks(this.t.length * 2)
    to.n = this.n
    to.t.set(this.t)
    to.count.set(this.count)
    to.type.set(this.type)
    return to
  }
}

export class FrameBuilder {
  #spans: Spans
  #ticks = new Ticks(1024)
  readonly #tracks: string[] = []
  readonly #spanStart = [0]
  readonly #tickStart = [0]
  readonly #labels: FusedLabel[] = []
  readonly #ownLabel = new Map<number, number>()
  readonly #withActor = new Map<string, number>()

  /** @param spans room to begin with */
  constructor(spans = 1024) {
    this.#spans = new Spans(spans)
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
    if (this.#spans.n === this.#spans.t0.length) this.#spans = this.#spans.grown()
    const s = this.#spans
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

  tick(t: number, count: number, type: number): void {
    if (this.#ticks.n === this.#ticks.t.length) this.#ticks = this.#ticks.grown()
    const i = this.#ticks.n++
    this.#ticks.t[i] = t
    this.#ticks.count[i] = count
    this.#ticks.type[i] = type
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

// One row's spans turned into columns of device pixels: how full a column is and in which colour. Wide spans end on whole pixels;
// what is narrower than a pixel adds up, what ran most gives the colour.

import { RunState, SpanFlag, type LodFrame } from '../../../workers/thread/contract.js'
import type { Scale } from '../scale.js'

/** Spans narrower than this many device pixels are summed up instead of drawn one by one. */
export const NARROW = 1.5

export class Columns {
  /** Share of the column that is filled, 0..1. */
  readonly fill: Float32Array
  readonly colour: Uint32Array
  /** Largest busy share of a single span so far: its owner gives the colour. */
  readonly longest: Float32Array
  /** Share of the column in which a task waited for a CPU / slept uninterruptibly. */
  readonly runnable: Float32Array
  readonly blocked: Float32Array
  /** 1 where something is known, be it that nothing ran. */
  readonly known: Uint8Array
  /** 1 where events were lost among merged spans. */
  readonly lost: Uint8Array
  /** 1 where something else was chosen. */
  readonly dim: Uint8Array

  constructor(readonly width: number) {
    this.fill = new Float32Array(width)
    this.colour = new Uint32Array(width)
    this.longest = new Float32Array(width)
    this.runnable = new Float32Array(width)
    this.blocked = new Float32Array(width)
    this.known = new Uint8Array(width)
    this.lost = new Uint8Array(width)
    this.dim = new Uint8Array(width)
  }

  clear(): void {
    this.fill.fill(0)
    this.colour.fill(0)
    this.longest.fill(0)
    this.runnable.fill(0)
    this.blocked.fill(0)
    this.known.fill(0)
    this.lost.fill(0)
    this.dim.fill(0)
  }
}

/** First span of [start, end) that ends after `t`. */
export function firstSpanAfter(frame: LodFrame, start: number, end: number, t: number): number {
  let lo = start
  let hi = end
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (frame.t1[mid]! <= t) lo = mid + 1
    else hi = mid
  }
  return lo
}

/** First tick of [start, end) at or after `t`. */
export function firstTickAt(frame: LodFrame, start: number, end: number, t: number): number {
  let lo = start
  let hi = end
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (frame.tickT[mid]! < t) lo = mid + 1
    else hi = mid
  }
  return lo
}

/** Fills `out` with row `row` of the frame. `scale` in device pixels, as wide as `out`. Returns whether anything is drawn. */
export function columnsOf(
  frame: LodFrame,
  row: number,
  colours: Uint32Array,
  scale: Scale,
  out: Columns,
  dimmed: Uint8Array | null = null,
): boolean {
  out.clear()
  const start = frame.spanStart[row]!
  const end = frame.spanStart[row + 1]!
  const perUnit = scale.width / (scale.to - scale.from)
  let any = false
  for (let i = firstSpanAfter(frame, start, end, scale.from); i < end; i++) {
    const t0 = frame.t0[i]!
    if (t0 >= scale.to) break
    const state = frame.state[i]!
    const mixed = (frame.flags[i]! & SpanFlag.Mixed) !== 0
    const busy = mixed ? frame.busy[i]! / 255 : state === RunState.Running ? 1 : 0
    const waits = frame.waits[i]! / 255
    const blocks = frame.blocked[i]! / 255
    const lost = mixed && (frame.flags[i]! & SpanFlag.Lost) !== 0
    if (state === RunState.Unknown && !lost) continue
    any = true
    const x0 = (t0 - scale.from) * perUnit
    const x1 = (frame.t1[i]! - scale.from) * perUnit
    out.known.fill(1, Math.max(0, Math.floor(x0)), Math.min(out.width, Math.ceil(x1)))
    if (busy === 0 && waits === 0 && blocks === 0 && !lost) continue
    const dim = dimmed?.[i] ?? 0
    if (x1 - x0 >= NARROW && !mixed) {
      const c0 = Math.max(0, Math.round(x0))
      const c1 = Math.min(out.width, Math.max(Math.round(x0) + 1, Math.round(x1)))
      if (dim) out.dim.fill(1, c0, c1)
      if (waits > 0) out.runnable.fill(1, c0, c1)
      else if (blocks > 0) out.blocked.fill(1, c0, c1)
      else {
        out.fill.fill(1, c0, c1)
        out.colour.fill(colours[i]!, c0, c1)
        out.longest.fill(2, c0, c1)
      }
      continue
    }
    for (let c = Math.max(0, Math.floor(x0)), last = Math.min(out.width, Math.ceil(x1)); c < last; c++) {
      if (lost) out.lost[c] = 1
      const share = Math.min(x1, c + 1) - Math.max(x0, c)
      out.runnable[c]! += share * waits
      out.blocked[c]! += share * blocks
      if (dim && out.longest[c] === 0) out.dim[c] = 1
      if (busy === 0) continue
      const filled = Math.max(share * busy, 1e-6)
      out.fill[c] = Math.min(1, out.fill[c]! + filled)
      if (filled > out.longest[c]!) {
        out.longest[c] = filled
        out.colour[c] = colours[i]!
        out.dim[c] = dim
      }
    }
  }
  return any
}

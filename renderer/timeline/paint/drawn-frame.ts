// Frames drawn as text, for tests: `sched('A A - b m')`. One letter a span of ten units: capitals run (A = pid 1), `-` idle,
// `r` waits, `d` sleeps uninterruptibly, `m` merged and half busy, `~` lost, `i` runs with an inferred start (pid 9).

import { RunState, SpanFlag, type LodFrame } from '../../../workers/thread/contract.js'
import { sessionTime } from '../../../workers/units.js'

export const UNIT = 10

const stateOf = (c: string): number => {
  if (c === '-') return RunState.Idle
  if (c === 'r') return RunState.Runnable
  if (c === 'd') return RunState.DiskSleep
  return c === '~' ? RunState.Unknown : RunState.Running
}
const flagOf = (c: string): number =>
  c === 'm' ? SpanFlag.Mixed : c === '~' ? SpanFlag.Lost : c === 'i' ? SpanFlag.Inferred : 0
const pidOf = (c: string): number => (c >= 'A' && c <= 'Z' ? c.charCodeAt(0) - 64 : c === 'm' ? 1 : c === 'i' ? 9 : -1)

export function sched(...rows: readonly string[]): LodFrame {
  const spans = rows.map((row) => [...row.replaceAll(' ', '')])
  const all = spans.flat()
  const starts = spans.reduce((at, row) => [...at, at.at(-1)! + row.length], [0])
  const times = spans.flatMap((row) => row.map((_, i) => i * UNIT))
  return {
    version: 1,
    from: sessionTime(0),
    to: sessionTime(Math.max(...spans.map((s) => s.length)) * UNIT),
    pixels: 100,
    tracks: rows.map((_, i) => `m0/cpu${i}`),
    spanStart: Uint32Array.from(starts),
    t0: Float64Array.from(times),
    t1: Float64Array.from(times, (t) => t + UNIT),
    value: Int32Array.from(all, pidOf),
    state: Uint8Array.from(all, stateOf),
    flags: Uint8Array.from(all, flagOf),
    busy: Uint8Array.from(all, (c) => (c === 'm' ? 128 : stateOf(c) === RunState.Running ? 255 : 0)),
    taken: new Uint8Array(all.length),
    waits: Uint8Array.from(all, (c) => (c === 'r' ? 255 : 0)),
    blocked: Uint8Array.from(all, (c) => (c === 'd' ? 255 : 0)),
    tickStart: new Uint32Array(rows.length + 1),
    tickT: new Float64Array(0),
    tickCount: new Uint32Array(0),
    tickType: new Uint16Array(0),
  }
}

/** The frame with event ticks on its first row. */
export const withTicks = (
  frame: LodFrame,
  ticks: readonly { t: number; count: number; type?: number }[],
): LodFrame => ({
  ...frame,
  tickStart: frame.tickStart.map((_, i) => (i === 0 ? 0 : ticks.length)),
  tickT: Float64Array.from(ticks, (k) => k.t),
  tickCount: Uint32Array.from(ticks, (k) => k.count),
  tickType: Uint16Array.from(ticks, (k) => k.type ?? 0),
})

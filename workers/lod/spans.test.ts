import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IntervalWriter, type Intervals } from '../model/intervals.js'
import { RunState, SpanFlag } from '../thread/contract.js'
import { sessionTime } from '../units.js'
import { Columns, FrameBuilder } from './frame.js'
import { Pyramid } from './pyramid.js'
import { addSpans, share } from './spans.js'

interface Span {
  t0: number
  t1: number
  value: number
  state: number
  flags: number
  busy?: number
}

const active = (s: Span): boolean => s.state === RunState.Running

function spansOf(of: Intervals, row: number, columns: Columns): Span[] {
  const out = new FrameBuilder()
  addSpans(out, new Pyramid(of), row, columns)
  out.endRow('row')
  const f = out.finish(1, sessionTime(columns.from), sessionTime(columns.to), columns.count)
  return Array.from(f.t0, (t0, i) => ({
    t0,
    t1: f.t1[i]!,
    value: f.value[i]!,
    state: f.state[i]!,
    flags: f.flags[i]!,
    busy: f.busy[i]!,
  }))
}

/** The same by looking at every interval for every column. */
function naive(row: readonly Span[], columns: Columns): Span[] {
  if (row.length === 0) return []
  const touches = (s: Span, c0: number, c1: number): boolean =>
    s.t0 < c1 && (s.t1 > c0 || (s.t0 === s.t1 && s.t0 >= c0))
  const narrow = (s: Span): boolean => s.t1 - s.t0 < columns.width
  const out: Span[] = []
  const mixed = new Set<number>()
  for (let p = 0; p < columns.count; p++) {
    const [c0, c1] = [columns.start(p), columns.start(p + 1)]
    const here = row.filter((s) => touches(s, c0, c1))
    if (!here.some(narrow)) continue
    mixed.add(p)
    const within = (s: Span): number => Math.min(c1, s.t1) - Math.max(c0, s.t0)
    const best = here.reduce((a, b) => {
      if (active(a) !== active(b)) return active(a) ? a : b
      return within(b) > within(a) ? b : a
    })
    const [t0, t1] = [Math.max(c0, row[0]!.t0), Math.min(c1, row.at(-1)!.t1)]
    const busy = here
      .filter(active)
      .map(within)
      .reduce((a, b) => a + b, 0)
    out.push({
      ...best,
      t0,
      t1,
      flags: here.reduce<number>((f, s) => f | s.flags, SpanFlag.Mixed),
      busy: share(busy, t1 - t0, here.some(active)),
    })
  }
  for (const s of row.filter((w) => !narrow(w) && w.t1 > columns.from && w.t0 < columns.to)) {
    let { t0, t1 } = s
    const first = columns.of(t0)
    if (t0 >= columns.from && mixed.has(first)) t0 = columns.start(first + 1)
    else if (t0 < columns.from && mixed.has(0)) t0 = columns.start(1)
    const last = columns.of(t1)
    if (t1 < columns.to && mixed.has(last)) t1 = Math.min(t1, columns.start(last))
    if (t1 > t0 && t0 < columns.to && t1 > columns.from) out.push({ ...s, t0, t1, busy: active(s) ? 255 : 0 })
  }
  return out.sort((a, b) => a.t0 - b.t0)
}

const step = fc.tuple(
  fc.oneof({ weight: 5, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(400) }),
  fc.nat(3),
  fc.constantFrom(0, SpanFlag.Inferred, SpanFlag.Lost),
)
const rowOf = fc.tuple(fc.nat(50), fc.array(step, { maxLength: 400, size: 'max' })).map(([start, steps]) => {
  let t = start
  return steps.map(([length, value, flags]): Span => {
    const state = value === 0 ? RunState.Idle : RunState.Running
    return { t0: t, t1: (t += length), value, state, flags }
  })
})

function intervals(rows: readonly (readonly Span[])[]): Intervals {
  const writer = new IntervalWriter(1)
  for (const row of rows) {
    for (const s of row) writer.add(s.t0, s.value, s.state as RunState, s.flags)
    writer.endRow(row.at(-1)?.t1 ?? 0)
  }
  return writer.finish()
}

const zoom = fc.record({
  from: fc.integer({ min: -40, max: 600 }),
  width: fc.constantFrom(0.25, 1, 2, 8, 64, 512),
  count: fc.integer({ min: 1, max: 60 }),
})

describe('spans at a zoom', () => {
  it('are what a look at every interval gives', () => {
    fc.assert(
      fc.property(fc.array(rowOf, { minLength: 1, maxLength: 3 }), zoom, (rows, { from, width, count }) => {
        const columns = new Columns(from, from + width * count, count)
        const x = intervals(rows)
        rows.forEach((row, r) => expect(spansOf(x, r, columns)).toEqual(naive(row, columns)))
      }),
      { numRuns: 300 },
    )
  })

  it('ascend, do not overlap and hide nothing that ran, however the pixels fall', () => {
    const any = fc.record({
      from: fc.double({ min: -20, max: 500, noNaN: true }),
      length: fc.double({ min: 0.01, max: 2000, noNaN: true }),
      count: fc.integer({ min: 1, max: 70 }),
    })
    fc.assert(
      fc.property(rowOf, any, (row, { from, length, count }) => {
        const columns = new Columns(from, from + length, count)
        const spans = spansOf(intervals([row]), 0, columns)
        spans.slice(1).forEach((s, i) => expect(s.t0).toBeGreaterThanOrEqual(spans[i]!.t1))
        for (const s of row.filter((r) => active(r) && r.t0 >= from && r.t0 < from + length)) {
          const shown = spans.some((p) => p.busy! > 0 && p.t0 <= s.t0 && (s.t0 < p.t1 || p.t1 === row.at(-1)!.t1))
          expect(shown).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('show 1 us of work in a second of idleness', () => {
    const idle = { value: 0, state: RunState.Idle, flags: 0 }
    const row: Span[] = [
      { ...idle, t0: 0, t1: 500_000_100 },
      { t0: 500_000_100, t1: 500_001_100, value: 42, state: RunState.Running, flags: 0 },
      { ...idle, t0: 500_001_100, t1: 1e9 },
    ]
    expect(spansOf(intervals([row]), 0, new Columns(0, 1e9, 1000))).toEqual([
      { ...idle, t0: 0, t1: 5e8, busy: 0 },
      { t0: 5e8, t1: 501e6, value: 42, state: RunState.Running, flags: SpanFlag.Mixed, busy: 1 },
      { ...idle, t0: 501e6, t1: 1e9, busy: 0 },
    ])
  })

  it('say 0 and 255 only of nothing and everything', () => {
    expect([share(0, 10, false), share(0, 10, true), share(1, 1e9, true)]).toEqual([0, 1, 1])
    expect([share(5, 10, true), share(1e9 - 1, 1e9, true), share(10, 10, true)]).toEqual([128, 254, 255])
  })
})

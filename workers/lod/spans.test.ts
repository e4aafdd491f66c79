import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IntervalWriter, type Intervals } from '../model/intervals.js'
import { FusedState, RunState, SpanFlag } from '../thread/contract.js'
import { sessionTime } from '../units.js'
import { Columns, columnsFor, FrameBuilder } from './frame.js'
import { Kind, kindOf, LOUD, NOT_IDLE, RAN, RUNNING } from './kinds.js'
import { Pyramid, share } from './pyramid.js'
import { addSpans } from './spans.js'
import { KEPT, Sum } from './sum.js'

interface Span {
  t0: number
  t1: number
  value: number
  state: number
  flags: number
}
interface Shown extends Span {
  busy: number
  taken: number
  waits: number
  blocked: number
}

const fusedRow = (row: readonly Span[]): boolean => row.some((s) => s.state >= FusedState.Unknown)
/** Labels of fused rows in pairs: a task, and the same within a system call. */
const ownerOf = (label: number): number => label & ~1
const owners = Array.from({ length: 32 }, (_, label) => ownerOf(label))
const busyKinds = (row: readonly Span[]): number => (fusedRow(row) ? NOT_IDLE : RUNNING)
const isOf = (kinds: number, s: Span): boolean => ((kinds >> kindOf[s.state]!) & 1) === 1

function spansOf(of: Intervals, row: number, columns: Columns, fused = false): Shown[] {
  const out = new FrameBuilder().begin()
  addSpans(out, new Pyramid(of, fused ? owners : null), row, columns)
  out.endRow('row')
  const f = out.finish(1, sessionTime(columns.from), sessionTime(columns.to), columns.count)
  return Array.from(f.t0, (t0, i) => ({
    t0,
    t1: f.t1[i]!,
    value: f.value[i]!,
    state: f.state[i]!,
    flags: f.flags[i]!,
    busy: f.busy[i]!,
    taken: f.taken[i]!,
    waits: f.waits[i]!,
    blocked: f.blocked[i]!,
  }))
}

const touches = (s: Span, c0: number, c1: number): boolean => s.t0 < c1 && (s.t1 > c0 || (s.t0 === s.t1 && s.t0 >= c0))

/** Time by key of the spans between c0 and c1, by adding them up one by one. */
function summed(here: readonly Span[], c0: number, c1: number, key: (s: Span) => number): Map<number, number> {
  const sums = new Map<number, number>()
  for (const s of here) sums.set(key(s), (sums.get(key(s)) ?? 0) + Math.min(c1, s.t1) - Math.max(c0, s.t0))
  return sums
}

/** All but whose it is, by looking at every interval for every column. */
function naive(row: readonly Span[], columns: Columns): Omit<Shown, 'value' | 'state'>[] {
  if (row.length === 0) return []
  const narrow = (s: Span): boolean => s.t1 - s.t0 < columns.width
  const out: Omit<Shown, 'value' | 'state'>[] = []
  const mixed = new Set<number>()
  const shares = (here: readonly Span[], c0: number, c1: number) => {
    const of = (kinds: number): number => {
      const part = here.filter((s) => isOf(kinds, s))
      const time = [...summed(part, c0, c1, () => 0).values()].reduce((a, b) => a + b, 0)
      return share(time, c1 - c0, part.length > 0)
    }
    return {
      busy: of(busyKinds(row)),
      taken: of(1 << Kind.Taken),
      waits: of(1 << Kind.Waits),
      blocked: of(1 << Kind.Blocked),
    }
  }
  for (let p = 0; p < columns.count; p++) {
    const [c0, c1] = [columns.start(p), columns.start(p + 1)]
    const here = row.filter((s) => touches(s, c0, c1))
    if (!here.some(narrow)) continue
    mixed.add(p)
    const [t0, t1] = [Math.max(c0, row[0]!.t0), Math.min(c1, row.at(-1)!.t1)]
    const flags = here.reduce<number>((f, s) => f | s.flags, SpanFlag.Mixed)
    out.push({ t0, t1, flags, ...shares(here, t0, t1) })
  }
  for (const s of row.filter((w) => !narrow(w) && w.t1 > columns.from && w.t0 < columns.to)) {
    let { t0, t1 } = s
    const first = columns.of(t0)
    if (t0 >= columns.from && mixed.has(first)) t0 = columns.start(first + 1)
    else if (t0 < columns.from && mixed.has(0)) t0 = columns.start(1)
    const last = columns.of(t1)
    if (t1 < columns.to && mixed.has(last)) t1 = Math.min(t1, columns.start(last))
    if (t1 > t0 && t0 < columns.to && t1 > columns.from) out.push({ t0, t1, flags: s.flags, ...shares([s], t0, t1) })
  }
  return out.sort((a, b) => a.t0 - b.t0)
}

/** What is shown of a column, beside the sums. */
function checkWinner(row: readonly Span[], shown: Shown, columns: Columns): void {
  const p = columns.of(Math.max(columns.from, shown.t0))
  const [t0, t1] = [columns.start(p), columns.start(p + 1)]
  const here = row.filter((s) => touches(s, t0, t1))
  const among = [RAN, LOUD].map((kinds) => here.filter((s) => isOf(kinds, s))).find((s) => s.length > 0) ?? here
  const kinds = summed(among, t0, t1, (s) => kindOf[s.state]!)
  const kind = kindOf[shown.state]!
  // The kind: exactly the one with the most time.
  expect(kinds.get(kind)).toBe(Math.max(...kinds.values()))
  const owner = (s: Span): number => (fusedRow(row) && s.value >= 0 ? ownerOf(s.value) : s.value)
  const mine = here.filter((s) => kindOf[s.state] === kind)
  const times = summed(mine, t0, t1, owner)
  // Whose: an owner is dropped where so many others have as much or more, and any piece of its time but once.
  const slack = times.size > KEPT ? kinds.get(kind)! / (KEPT + 1) : 0
  expect(times.get(owner(shown))).toBeGreaterThanOrEqual(Math.max(...times.values()) - slack)
  expect(here.some((s) => s.state === shown.state && s.value === shown.value)).toBe(true)
}

const stretch = fc.oneof({ weight: 5, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(400) })
const anyFlags = fc.constantFrom(0, SpanFlag.Inferred, SpanFlag.Lost)
const rowOf = (states: readonly number[]): fc.Arbitrary<Span[]> =>
  fc
    .tuple(
      fc.integer({ min: -300, max: 50 }),
      // Rows as they are: some owners have more than others, many states in turn.
      fc.array(fc.tuple(stretch, fc.oneof(fc.nat(1), fc.nat(7)), anyFlags, fc.constantFrom(...states)), {
        maxLength: 400,
        size: 'max',
      }),
    )
    .map(([start, steps]) => {
      let t = start
      return steps.map(([length, value, flags, state]) => ({ t0: t, t1: (t += length), value, state, flags }))
    })
const cpuRow = rowOf([RunState.Idle, RunState.Running, RunState.Running, RunState.Running])
const taskRow = rowOf(Object.values(RunState))
const fusedRowOf = rowOf(Object.values(FusedState))
const anyRow = fc.oneof(cpuRow, taskRow, fusedRowOf)

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
  /** At whole multiples of the width, as frames are. */
  whole: fc.boolean(),
})

const at = ({ from, width, count, whole }: typeof zoom extends fc.Arbitrary<infer Z> ? Z : never): Columns => {
  const start = whole ? Math.floor(from / width) * width : from
  return new Columns(start, start + width * count, count)
}

describe('columns', () => {
  it('are powers of two wide and never wider than a pixel, and cover what is asked for', () => {
    const length = fc.integer({ min: 1, max: 2 ** 43 })
    fc.assert(
      fc.property(
        fc.integer({ min: -1000, max: 2 ** 39 }),
        length,
        fc.integer({ min: 1, max: 5000 }),
        (from, by, n) => {
          const to = from + by
          const c = columnsFor(from, to, n)
          expect(Number.isInteger(Math.log2(c.width))).toBe(true)
          expect(c.from % c.width).toBe(c.from < 0 ? -0 : 0)
          expect(c.width).toBeLessThanOrEqual((to - from) / n)
          expect([c.from <= from, c.from + c.width > from, c.to >= to, c.to - c.width < to]).toEqual(
            Array(4).fill(true),
          )
          expect(c.count).toBeLessThanOrEqual(2 * n + 2)
        },
      ),
    )
  })
})

describe('spans at a zoom', () => {
  it('hold what adding up every interval gives', () => {
    const rows = fc.oneof(...[cpuRow, taskRow, fusedRowOf].map((r) => fc.array(r, { minLength: 1, maxLength: 3 })))
    fc.assert(
      fc.property(rows, zoom, (all, z) => {
        const x = intervals(all)
        const fused = all.some(fusedRow)
        all.forEach((row, r) => {
          const sums = spansOf(x, r, at(z), fused).map(({ value: _value, state: _state, ...rest }) => rest)
          if (row.length === 0 || fusedRow(row) === fused) expect(sums).toEqual(naive(row, at(z)))
        })
      }),
      { numRuns: 300 },
    )
  })

  it('show what a column holds the most of, in sum', () => {
    fc.assert(
      fc.property(anyRow, zoom, (row, z) => {
        for (const s of spansOf(intervals([row]), 0, at(z), fusedRow(row)))
          if (s.flags & SpanFlag.Mixed) checkWinner(row, s, at(z))
      }),
      { numRuns: 500 },
    )
  })

  it('account for the whole of a column', () => {
    fc.assert(
      fc.property(fusedRowOf, zoom, (row, z) => {
        const s = new Sum()
        const x = intervals([row])
        const columns = at(z)
        for (let p = 0; p < columns.count; p++) {
          const [c0, c1] = [columns.start(p), columns.start(p + 1)]
          const a = row.findIndex((r) => touches(r, c0, c1))
          if (a < 0) continue
          const b = row.findLastIndex((r) => touches(r, c0, c1)) + 1
          s.clear()
          s.add(x, owners, a, b, c0, c1)
          const covered = Math.min(c1, row.at(-1)!.t1) - Math.max(c0, row[0]!.t0)
          expect(s.time.reduce((n, t) => n + t, 0)).toBe(covered)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('ascend, do not overlap and hide nothing that ran or was kept from running, however the pixels fall', () => {
    const any = fc.record({
      from: fc.double({ min: -20, max: 500, noNaN: true }),
      length: fc.double({ min: 0.01, max: 2000, noNaN: true }),
      count: fc.integer({ min: 1, max: 70 }),
    })
    fc.assert(
      fc.property(anyRow, any, (row, { from, length, count }) => {
        const columns = new Columns(from, from + length, count)
        const spans = spansOf(intervals([row]), 0, columns, fusedRow(row))
        spans.slice(1).forEach((s, i) => expect(s.t0).toBeGreaterThanOrEqual(spans[i]!.t1))
        const kept = [
          ['busy', busyKinds(row)],
          ['taken', 1 << Kind.Taken],
          ['waits', 1 << Kind.Waits],
          ['blocked', 1 << Kind.Blocked],
        ] as const
        for (const [name, kinds] of kept) {
          for (const s of row.filter((r) => isOf(kinds, r) && r.t0 >= from && r.t0 < from + length)) {
            const shown = (p: Shown): boolean =>
              p[name] > 0 && isOf(LOUD, p) && p.t0 <= s.t0 && (s.t0 < p.t1 || p.t1 === row.at(-1)!.t1)
            expect(spans.some(shown)).toBe(true)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('are the same however far one looks: the columns of a zoom are those of any other range', () => {
    fc.assert(
      fc.property(anyRow, fc.constantFrom(1, 2, 8, 64), fc.nat(40), fc.nat(40), (row, width, a, b) => {
        const [lo, hi] = [Math.min(a, b) * width, (Math.max(a, b) + 1) * width]
        const x = intervals([row])
        const wide = spansOf(x, 0, new Columns(-512, 4096, 4608 / width), fusedRow(row))
        const near = spansOf(x, 0, new Columns(lo, hi, (hi - lo) / width), fusedRow(row))
        const mixed = (s: Shown) => (s.flags & SpanFlag.Mixed) !== 0 && s.t0 >= lo && s.t0 < hi
        expect(near.filter(mixed)).toEqual(wide.filter(mixed))
      }),
      { numRuns: 200 },
    )
  })

  it('are the same when rows are built piece by piece, in turns', () => {
    const rows = fc.array(fusedRowOf, { minLength: 2, maxLength: 3 })
    fc.assert(
      fc.property(rows, fc.integer({ min: 8, max: 60 }), (all, piece) => {
        const x = intervals(all)
        const whole = new Pyramid(x, owners)
        const parts = new Pyramid(x, owners, piece)
        const left = new Set(all.flatMap((row, r) => (row.length > 0 ? [r] : [])))
        while (left.size > 0) for (const r of left) if (parts.advance(r, 0)) left.delete(r)
        all.forEach((row, r) => {
          if (row.length > 0) expect(parts.nodes(r)).toEqual(whole.nodes(r))
        })
      }),
      { numRuns: 100 },
    )
    const long = intervals([Array.from({ length: 500 }, (_, t0) => ({ t0, t1: t0 + 1, value: 1, state: 2, flags: 0 }))])
    const pyramid = new Pyramid(long, owners, 20)
    expect([pyramid.advance(0, 0), pyramid.nodes(0).at.length > 60]).toEqual([false, true])
  })

  it('show 1 us of work in a second of idleness', () => {
    const idle = { value: 0, state: RunState.Idle, flags: 0 }
    const none = { taken: 0, waits: 0, blocked: 0 }
    const row: Span[] = [
      { ...idle, t0: 0, t1: 500_000_100 },
      { t0: 500_000_100, t1: 500_001_100, value: 42, state: RunState.Running, flags: 0 },
      { ...idle, t0: 500_001_100, t1: 1e9 },
    ]
    expect(spansOf(intervals([row]), 0, new Columns(0, 1e9, 1000))).toEqual([
      { ...idle, ...none, t0: 0, t1: 5e8, busy: 0 },
      { ...none, t0: 5e8, t1: 501e6, value: 42, state: RunState.Running, flags: SpanFlag.Mixed, busy: 1 },
      { ...idle, ...none, t0: 501e6, t1: 1e9, busy: 0 },
    ])
  })

  it('show a vCPU preempted a quarter of the time as its guest, a quarter of it taken', () => {
    const row: Span[] = Array.from({ length: 40_000 }, (_, i) => {
      const turn = i % 4
      const from = Math.floor(i / 4) * 100
      const state = turn === 1 ? FusedState.Preempted : turn === 3 ? FusedState.VmmKernel : FusedState.GuestTask
      const [t0, t1] = [
        [0, 35],
        [35, 60],
        [60, 95],
        [95, 100],
      ][turn]!.map((t) => from + t) as [number, number]
      return { t0, t1, value: turn === 1 ? 9 : turn === 3 ? 20 : (i % 3) * 2, state, flags: 0 }
    })
    // The longest single spans are of the guest's three tasks in turn; each column holds hundreds of each.
    const spans = spansOf(intervals([row]), 0, new Columns(0, 1e6, 10), true)
    expect(spans.map((s) => [s.state, s.busy, s.taken])).toEqual(spans.map(() => [FusedState.GuestTask, 255, 64]))
    expect(spans).toHaveLength(10)
  })

  it('show who ran where most of the time was taken, and who took it where nobody ran', () => {
    const row = (ran: number): Span[] =>
      Array.from({ length: 4_000 }, (_, i) => {
        const t0 = (i >> 1) * 100 + (i % 2 ? ran : 0)
        const [t1, state] = i % 2 ? [t0 + 100 - ran, FusedState.Preempted] : [t0 + ran, FusedState.GuestTask]
        return { t0, t1, value: i % 2 ? 9 : 4, state, flags: 0 }
      })
    const shown = (ran: number) => {
      const spans = spansOf(intervals([row(ran)]), 0, new Columns(0, 2 ** 17, 8), true)
      return [...new Set(spans.map((s) => `${s.state} ${s.value} ${s.busy} ${s.taken > 200}`))]
    }
    expect(shown(10)).toEqual([`${FusedState.GuestTask} 4 255 true`])
    const taken = row(10).map((s) => ({ ...s, state: FusedState.Preempted, value: 9 }))
    const spans = spansOf(intervals([taken]), 0, new Columns(0, 2 ** 17, 8), true)
    expect(spans.map((s) => [s.state, s.value, s.taken])).toEqual(spans.map(() => [FusedState.Preempted, 9, 255]))
  })

  it('show the owner of many short pieces rather than that of one long', () => {
    const pieces: Span[] = Array.from({ length: 4_000 }, (_, i) => {
      const long = i === 2_001
      const value = long ? 8 : i % 2 ? 2 : 4
      const t0 = i * 10 + (i > 2_001 ? 9_000 : 0)
      return { t0, t1: t0 + (long ? 9_010 : 10), value, state: RunState.Running, flags: 0 }
    })
    const [one, ...more] = spansOf(intervals([pieces]), 0, new Columns(0, 49_000, 1))
    expect([one!.value, more]).toEqual([4, []])
  })

  it('tell whose many pieces are, whatever else there is', () => {
    // One has a quarter of the time; 37 others share the rest in turn.
    const row: Span[] = Array.from({ length: 60_000 }, (_, i) => {
      const value = i % 4 === 0 ? 500 : 1 + (i % 37)
      return { t0: i * 10, t1: i * 10 + 10, value, state: RunState.Running, flags: 0 }
    })
    for (const width of [2 ** 12, 2 ** 14, 2 ** 19]) {
      const spans = spansOf(intervals([row]), 0, new Columns(0, 2 ** 19, 2 ** 19 / width))
      expect(new Set(spans.map((s) => s.value))).toEqual(new Set([500]))
    }
  })

  it('say 0 and 255 only of nothing and everything', () => {
    expect([share(0, 10, false), share(0, 10, true), share(1, 1e9, true)]).toEqual([0, 1, 1])
    expect([share(5, 10, true), share(1e9 - 1, 1e9, true), share(10, 10, true)]).toEqual([128, 254, 255])
  })
})

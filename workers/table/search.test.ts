import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeSession } from '../../test/fixtures/fake-file.js'
import type { FakeEvent, FakeTraceFile } from '../../test/fixtures/fake-file.js'
import { RequestError } from '../fault.js'
import type { EventRow, SearchSpec } from '../thread/contract.js'
import { viewRow } from '../units.js'
import { Tables } from './tables.js'

const event: fc.Arbitrary<FakeEvent> = fc.record({
  t: fc.nat(99),
  pid: fc.constantFrom(0, 1, 12),
  type: fc.constantFrom('sched:sched_switch', 'irq:softirq_entry'),
  info: fc.constantFrom('', 'vec=1 [TIMER]', 'bash:12 ==> x'),
  latency: fc.constantFrom('.....', 'd.h1.'),
})
const anySession = fc
  .array(fc.array(event, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 })
  .map((streams) =>
    fakeSession(
      [
        {
          name: 'host.dat',
          comms: { 1: 'Bash' },
          streams: streams.map((events, cpu) => ({ cpu, events: events.toSorted((a, b) => a.t - b.t) })),
        },
      ],
      { epoch: 12_000_000_000n },
    ),
  )
const spec: fc.Arbitrary<SearchSpec> = fc.record({
  text: fc.constantFrom(
    'bash',
    'B',
    '1',
    '12',
    'sched',
    'irq:softirq_entry',
    'timer',
    'd.h1.',
    '12.0000000',
    'host',
    '^s',
    '$',
  ),
  column: fc.constantFrom('all', 'machine', 'cpu', 'task', 'pid', 'latency', 'event', 'info', 'time'),
  mode: fc.constantFrom('contains', 'equals', 'regex'),
  caseSensitive: fc.constantFrom(true, false, undefined),
})

/** Texts that a row shows, by column. */
function shown(r: EventRow): Record<Exclude<SearchSpec['column'], 'all'>, string[]> {
  return {
    machine: ['host'],
    cpu: [String(r.cpu)],
    task: [r.task],
    pid: [String(r.pid)],
    latency: [r.latency],
    event: [r.event, `${r.system}:${r.event}`],
    info: [r.info],
    time: [`12.${String(r.t).padStart(9, '0')}`],
  }
}

function naive(rows: readonly EventRow[], { text, column, mode, caseSensitive }: SearchSpec): number[] {
  const matches = (cell: string): boolean => {
    if (mode === 'regex') return new RegExp(text, caseSensitive ? '' : 'i').test(cell)
    const [a, b] = caseSensitive ? [cell, text] : [cell.toLowerCase(), text.toLowerCase()]
    return mode === 'equals' ? a === b : a.includes(b)
  }
  return rows.flatMap((r, i) => {
    const cells = shown(r)
    return (column === 'all' ? Object.values(cells).flat() : cells[column]).some(matches) ? [i] : []
  })
}

const many = () =>
  fakeSession([
    {
      name: 'host.dat',
      streams: [
        {
          cpu: 0,
          events: Array.from({ length: 10_000 }, (_, t) => ({ t, pid: t, type: 'a:b', info: t % 1000 ? '' : 'hit' })),
        },
      ],
    },
  ])
describe('search', () => {
  it('finds what looking at every row finds, and steps round the matches', async () => {
    let hits = 0
    const model = fc.record({
      session: anySession,
      spec,
      filtered: fc.boolean(),
      from: fc.nat(60),
      at: fc.integer({ min: -1, max: 60 }),
    })
    await fc.assert(
      fc.asyncProperty(model, async ({ session: s, spec: wanted, filtered, from, at }) => {
        const tables = new Tables(s)
        const { view } = filtered ? await tables.createView({ pids: [0, 12] }) : { view: 0 }
        const rows = await tables.rows(view, viewRow(0), 1000)
        const expected = naive(rows, wanted)
        hits += expected.length
        const state = await tables.search(view, wanted, viewRow(from), 10_000)
        const { length } = rows
        expect(state).toMatchObject({ matches: expected.length, scanned: length, total: length, complete: true })
        const step = async (direction: 1 | -1) => tables.searchStep(state.search, viewRow(at), direction)
        const next = expected.find((row) => row > at) ?? expected[0]
        const previous = expected.findLast((row) => row < at) ?? expected.at(-1)
        const found = (row: number | undefined) => (row === undefined ? null : { row, position: rows[row]!.position })
        expect(await step(1)).toEqual(found(next))
        expect(await step(-1)).toEqual(found(previous))
      }),
      { numRuns: 500 },
    )
    expect(hits).toBeGreaterThan(0)
  })

  const hit: SearchSpec = { text: 'hit', column: 'info', mode: 'contains' }

  it('looks from the given row forward first, a slice at a time, and then from the start', async () => {
    const tables = new Tables(many())
    let state = await tables.search(0, hit, viewRow(7500), 0)
    expect(state.complete).toBe(false)
    expect(state.scanned).toBeGreaterThan(0)
    expect(state.scanned).toBeLessThan(2501)
    expect(await tables.searchStep(state.search, viewRow(7500), 1)).toEqual({ row: 8000, position: 8000 })
    expect(await tables.searchStep(state.search, viewRow(8000), 1)).toEqual({ row: 9000, position: 9000 })
    let slices = 1
    while (!state.complete) {
      state = await tables.searchMore(state.search, 0)
      slices++
    }
    expect(slices).toBeGreaterThan(2)
    expect(state).toMatchObject({ matches: 10, scanned: 10_000 })
    expect(await tables.searchStep(state.search, viewRow(9000), 1)).toEqual({ row: 0, position: 0 })
    expect(await tables.searchStep(state.search, viewRow(0), -1)).toEqual({ row: 9000, position: 9000 })
  })

  it('goes on where it was after a slice that was aborted, and two slices at once scan each row once', async () => {
    const tables = new Tables(many())
    const { search } = await tables.search(0, hit, viewRow(0), 0)
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    await expect(tables.searchMore(search, 1000, stop.signal)).rejects.toThrow('enough')
    const [, state] = await Promise.all([tables.searchMore(search, 10_000), tables.searchMore(search, 10_000)])
    expect(state).toMatchObject({ matches: 10, scanned: 10_000, complete: true })
  })

  it('tells how many matches lie in each part of a time', async () => {
    const tables = new Tables(many())
    const { search, matches } = await tables.search(0, hit, viewRow(7500), 10_000)
    const found: number[] = []
    for (let row = -1; found.length < matches; row = found.at(-1)!) {
      found.push((await tables.searchStep(search, viewRow(row), 1))!.row)
    }
    const times = (await tables.rows(0, viewRow(0), 10_000)).map((r) => r.t)
    const [from, to] = [times[500]!, times[9500]!]
    const density = await tables.searchDensity(search, from, to, 7)
    const part = (t: number) => Math.floor(((t - from) / (to - from)) * 7)
    const expected = Array.from({ length: 7 }, (_, c) => found.filter((row) => part(times[row]!) === c).length)
    expect([...density]).toEqual(expected)
    expect(density.reduce((a, b) => a + b, 0)).toBeGreaterThan(5)
  })

  it('reads no record for columns that need none', async () => {
    const session = many()
    const tables = new Tables(session)
    for (const column of ['machine', 'cpu', 'task', 'pid', 'event', 'time'] as const) {
      await tables.search(0, { text: '9', column, mode: 'contains' }, viewRow(0), 10_000)
    }
    expect((session.files[0] as FakeTraceFile).reads.records).toBe(0)
  })

  it('refuses a bad regular expression and a search that was forgotten', async () => {
    const tables = new Tables(many())
    const bad = tables.search(0, { text: '(', column: 'info', mode: 'regex' }, viewRow(0), 10)
    await expect(bad).rejects.toThrow(RequestError)
    await expect(tables.searchMore(-1, 10)).rejects.toThrow(/search again/)
    await expect(tables.searchStep(-1, viewRow(0), 1)).rejects.toThrow(RequestError)
  })
})

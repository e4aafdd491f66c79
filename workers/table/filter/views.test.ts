import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeSession } from '../../../test/fixtures/fake-file.js'
import type { FakeEvent, FakeTraceFile } from '../../../test/fixtures/fake-file.js'
import { EventTable } from '../../columns/event-table.js'
import { RequestError } from '../../fault.js'
import type { Session } from '../../model/session.js'
import type { FilterSpec, Progress } from '../../thread/contract.js'
import { position, sessionTime } from '../../units.js'
import { visitPositions } from '../records.js'
import { eventRows } from '../rows.js'
import { parseExpression } from './parse.js'
import type { Comparison, Expression } from './parse.js'
import { filterPositions } from './views.js'

const BIG = 2n ** 63n + 1n

const anyEvent: fc.Arbitrary<FakeEvent> = fc.record({
  t: fc.nat(50),
  pid: fc.constantFrom(0, 1, 2, 40),
  type: fc.constantFrom('sched:sched_switch', 'sched:sched_waking', 'irq:softirq_entry', 'kvm:kvm_exit'),
  lost: fc.constantFrom(0, 0, 0, 3, -1),
  info: fc.constantFrom('', 'vec=9', 'S ==> R'),
  latency: fc.constantFrom('.....', 'd.h1.'),
})
/** Fields follow from the type, as in real formats. */
function withFields(e: FakeEvent, n: number): FakeEvent {
  switch (e.type) {
    case 'sched:sched_switch':
      return {
        ...e,
        fields: { prev_state: n % 3, next_comm: n % 2 ? 'bash' : 'CPU 0/KVM' },
        texts: { prev_state: 'RSD'[n % 3]! },
      }
    case 'sched:sched_waking':
      return { ...e, fields: { pid: n % 4, comm: n % 2 ? 'bash' : '3' } }
    case 'irq:softirq_entry':
      return { ...e, fields: { vec: n % 10, addr: n % 2 ? BIG : BIG - 1n } }
    default:
      return e
  }
}
const anySession: fc.Arbitrary<Session> = fc
  .array(fc.array(fc.array(fc.tuple(anyEvent, fc.nat(60)), { maxLength: 20 }), { minLength: 1, maxLength: 2 }), {
    minLength: 1,
    maxLength: 2,
  })
  .map((files) =>
    fakeSession(
      files.map((streams, f) => ({
        name: f ? 'guest.dat' : 'host.dat',
        comms: { 1: 'bash', 2: 'CPU 0/KVM' },
        streams: streams.map((events, cpu) => ({
          cpu,
          buffer: cpu ? 'irqs' : '',
          events: events.map(([e, n]) => withFields(e, n)).sort((a, b) => a.t - b.t),
        })),
      })),
      { epoch: 7_000_000_000n },
    ),
  )

const comparison = fc.constantFrom(
  'prev_state == 0',
  'prev_state != 0',
  'prev_state == S',
  'prev_state in (R, 2)',
  'prev_state > 1',
  'prev_state & 2',
  'prev_state ~ "R|S"',
  'next_comm ~ "CPU .*"',
  'next_comm !~ CPU',
  'next_comm == bash',
  'next_comm < C',
  '.pid >= 2',
  '.comm == 3',
  'addr == 9223372036854775809',
  'addr != 0x8000000000000001',
  'addr & 1',
  'addr > 9223372036854775808',
  'vec <= 5',
  'event == sched_switch',
  'event ~ sched',
  'event in (kvm:kvm_exit, sched:sched_waking)',
  'event != kvm_exit',
  'system == irq',
  'task == bash',
  'comm !~ "^CPU"',
  'COMM in (bash, "<idle>")',
  'pid == 40',
  'pid in (1, 2)',
  'common_pid != 0',
  'pid & 2',
  'cpu == 1',
  'CPU < 1',
  'machine == guest',
  'machine == 0',
  'buffer == irqs',
  'time >= 7.000000020',
  'time == 7.00000003',
  'time < 7',
  'info ~ vec',
  'info == ""',
  'latency ~ h',
  'lost != 0',
  'lost < 0',
)
const expression: fc.Arbitrary<string> = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    comparison,
    tie('e').map((e) => `!(${e})`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `(${a} && ${b})`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `${a} || ${b}`),
  ),
})).e

/** One event as the plain evaluator sees it: what each name stands for, and the text of each number. */
interface Plain {
  readonly values: ReadonlyMap<string, { value: bigint | string; text: string }>
  readonly fullName: string
  readonly machine: bigint
}

const number = (n: number | bigint) => ({ value: BigInt(n), text: String(n) })
const text = (t: string) => ({ value: t, text: t })

async function plainEvents(s: Session): Promise<Plain[]> {
  const all = Array.from({ length: s.table.count }, (_, i) => i)
  const rows = await eventRows(s, all)
  const fields: Map<string, { value: bigint | string; text: string }>[] = []
  await visitPositions(s, all, (record, i) => {
    fields[i] = new Map(
      record.fields().flatMap((f) => {
        if (typeof f.raw === 'object') return []
        const entry = { value: f.raw, text: f.text }
        return [
          [f.name, entry],
          [`.${f.name}`, entry],
        ]
      }),
    )
  })
  return rows.map((r, i) => {
    const builtIn = {
      event: text(r.event),
      system: text(r.system),
      machine: text(s.machines[r.machine]!.name),
      buffer: text(r.buffer),
      task: text(r.task),
      comm: text(r.task),
      COMM: text(r.task),
      info: text(r.info),
      latency: text(r.latency),
      pid: number(r.pid),
      common_pid: number(r.pid),
      cpu: number(r.cpu),
      CPU: number(r.cpu),
      lost: number(r.lost),
      time: number(s.epoch + BigInt(r.t)),
    }
    return {
      values: new Map([...fields[i]!, ...Object.entries(builtIn)]),
      fullName: `${r.system}:${r.event}`,
      machine: BigInt(r.machine),
    }
  })
}

/** true, false, or null: does not apply. */
function evaluate(e: Expression, event: Plain): boolean | null {
  if (e.kind === 'comparison') return compare(e, event)
  if (e.kind === 'not') {
    const value = evaluate(e.part, event)
    return value === null ? null : !value
  }
  const values = e.parts.map((p) => evaluate(p, event))
  const decides = e.kind === 'or'
  return values.includes(decides) ? decides : values.includes(null) ? null : !decides
}

function compare(c: Comparison, event: Plain): boolean | null {
  let found = event.values.get(c.name)
  if (!found) return null
  if (c.operator === 'in') return c.values.some((v) => compare({ ...c, operator: '==', values: [v] }, event))
  const literal = c.values[0]!
  if (c.name === 'event' && literal.text.includes(':')) found = { value: event.fullName, text: event.fullName }
  if (c.name === 'machine' && literal.integer !== null) found = { value: event.machine, text: found.text }
  let integer = literal.integer
  if (c.name === 'time') {
    const [whole, decimals] = literal.text.split('.')
    integer = BigInt(whole!) * 1_000_000_000n + BigInt((decimals ?? '').padEnd(9, '0'))
  }
  if (c.operator === '~') return new RegExp(literal.text).test(found.text)
  if (c.operator === '!~') return !new RegExp(literal.text).test(found.text)
  if (c.operator === '&') return (BigInt(found.value) & integer!) !== 0n
  const [a, b] =
    integer !== null && typeof found.value === 'bigint' ? [found.value, integer] : [found.text, literal.text]
  switch (c.operator) {
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}

const naive = async (s: Session, filter: string): Promise<number[]> =>
  (await plainEvents(s)).flatMap((e, i) => (evaluate(parseExpression(filter), e) === true ? [i] : []))

/** The view, or [] when the filter names a field that no event has. */
async function filtered(s: Session, spec: FilterSpec): Promise<number[]> {
  try {
    return [...(await filterPositions(s, spec))]
  } catch (error) {
    if (error instanceof RequestError && /has a field/.test(error.message)) return []
    throw error
  }
}

const reads = (s: Session): number => s.files.reduce((n, f) => n + (f as FakeTraceFile).reads.records, 0)

describe('a view', () => {
  it('holds what a plain evaluator finds event by event', async () => {
    let hits = 0
    await fc.assert(
      fc.asyncProperty(anySession, expression, async (s, filter) => {
        const expected = await naive(s, filter)
        hits += expected.length
        expect(await filtered(s, { expression: filter })).toEqual(expected)
      }),
      { numRuns: 600 },
    )
    expect(hits).toBeGreaterThan(0)
  })

  it('needs every part of its filter', async () => {
    const spec = fc.record(
      {
        events: fc.subarray(['sched:*', 'sched_switch', 'kvm:kvm_exit', '*irq*', 'k?m:*']),
        notEvents: fc.subarray(['sched:sched_switch', 'irq:*', '*_exit']),
        machines: fc.constantFrom<number[][]>([0], []),
        tracks: fc.subarray(['m0', 'm0/cpu0', 'm0/cpu1', 'm0/task/40', 'm0/task/0']),
        pids: fc.subarray([0, 1, 40]),
        expression: fc.constantFrom('', '  ', 'prev_state == 0 || pid == 40'),
        from: fc.nat(50).map(sessionTime),
        to: fc.nat(50).map(sessionTime),
      },
      { requiredKeys: [] },
    )
    const globs: Record<string, RegExp> = {
      'sched:*': /^sched:/,
      sched_switch: /:sched_switch$/,
      'kvm:kvm_exit': /^kvm:kvm_exit$/,
      '*irq*': /:.*irq/,
      'k?m:*': /^k.m:/,
      'sched:sched_switch': /^sched:sched_switch$/,
      'irq:*': /^irq:/,
      '*_exit': /_exit$/,
    }
    await fc.assert(
      fc.asyncProperty(anySession, spec, async (s, f) => {
        const filter = f.expression?.trim()
        const passing = filter ? new Set(await naive(s, filter)) : null
        const rows = await eventRows(
          s,
          Array.from({ length: s.table.count }, (_, i) => i),
        )
        const expected = rows.filter((r) => {
          const name = `${r.system}:${r.event}`
          const onTrack = (id: string): boolean =>
            [`m${r.machine}`, `m${r.machine}/cpu${r.cpu}`, `m${r.machine}/task/${r.pid}`].includes(id)
          return (
            (!f.events || f.events.some((g) => globs[g]!.test(name))) &&
            !f.notEvents?.some((g) => globs[g]!.test(name)) &&
            (!f.machines || f.machines.includes(r.machine)) &&
            (!f.tracks || f.tracks.some(onTrack)) &&
            (!f.pids || f.pids.includes(r.pid)) &&
            (f.from === undefined || r.t >= f.from) &&
            (f.to === undefined || r.t <= f.to) &&
            (!passing || passing.has(r.position))
          )
        })
        expect(await filtered(s, f)).toEqual(expected.map((r) => r.position))
      }),
      { numRuns: 300 },
    )
  })

  it('reads no record for what the columns tell, and only records of types that have the field', async () => {
    const [s] = fc.sample(
      anySession.filter((x) => x.table.count > 20),
      { numRuns: 1, seed: 5 },
    )
    await filterPositions(s!, { expression: 'event ~ sched && task == bash && time > 7 && lost == 0 && cpu != 7' })
    expect(reads(s!)).toBe(0)
    const events = Array.from({ length: 5000 }, (_, i) =>
      withFields({ t: i, pid: 1, type: i % 50 ? 'kvm:kvm_exit' : 'sched:sched_switch' }, i),
    )
    const big = fakeSession([{ name: 'x.dat', streams: [{ cpu: 0, events }] }])
    expect(await filterPositions(big, { expression: 'prev_state == 1' })).toHaveLength(33)
    expect(reads(big)).toBeGreaterThanOrEqual(100)
    expect(reads(big)).toBeLessThan(200)
  })

  it('says so when no event has the field, unless something else lets events through', async () => {
    const s = fakeSession([{ name: 'x.dat', streams: [{ cpu: 0, events: [{ t: 1, pid: 3, type: 'a:b' }] }] }])
    await expect(filterPositions(s, { expression: 'cpu == 0 && prev_stat == 0' })).rejects.toMatchObject({ at: 12 })
    expect([...(await filterPositions(s, { expression: 'prev_stat == 0 || pid == 3' }))]).toEqual([0])
  })

  it('is empty, and asks for nothing, while there is no order yet', async () => {
    const s = fakeSession([{ name: 'x.dat', streams: [{ cpu: 0, events: [{ t: 1, pid: 3, type: 'a:b' }] }] }])
    const growing = { ...s, table: new EventTable(s.table.streams, new Uint32Array(0)) }
    const told: Progress[] = []
    expect(await filterPositions(growing, { expression: 'info == ""' }, (p) => told.push(p))).toHaveLength(0)
    expect(told).toEqual([])
    expect(reads(s)).toBe(0)
  })

  it('refuses tracks and machines that are none', async () => {
    const s = fakeSession([{ name: 'x.dat', streams: [{ cpu: 0, events: [{ t: 1, pid: 3, type: 'a:b' }] }] }])
    for (const bad of [{ tracks: ['cpu1'] }, { tracks: ['m1/cpu0'] }, { machines: [1] }]) {
      await expect(filterPositions(s, bad)).rejects.toThrow(RequestError)
    }
  })

  it('tells its progress, lets others work and stops when asked', async () => {
    const events = Array.from({ length: 200_000 }, (_, t) =>
      withFields({ t, pid: t % 9, type: 'sched:sched_switch' }, t),
    )
    const s = fakeSession([{ name: 'x.dat', streams: [{ cpu: 0, events }] }])
    const told: Progress[] = []
    let turns = 0
    let running = true
    const others = (): void => {
      turns++
      if (running) setTimeout(others)
    }
    setTimeout(others)
    const positions = await filterPositions(s, { expression: 'prev_state == 0' }, (p) => told.push(p))
    running = false
    expect(positions).toHaveLength(66_667)
    expect(turns).toBeGreaterThan(0)
    expect(told.at(-1)).toEqual({ phase: 'filtering', done: 200_000, total: 200_000, unit: 'events' })
    const stop = new AbortController()
    const stopped = filterPositions(
      s,
      { expression: 'prev_state == 0' },
      () => stop.abort(new Error('enough')),
      stop.signal,
    )
    await expect(stopped).rejects.toThrow('enough')
    expect(s.table.time(position(0))).toBe(0)
  })
})

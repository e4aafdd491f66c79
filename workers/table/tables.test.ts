import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeSession } from '../../test/fixtures/fake-file.js'
import type { FakeEvent } from '../../test/fixtures/fake-file.js'
import { RequestError } from '../fault.js'
import { position, sessionTime, viewRow } from '../units.js'
import { Tables } from './tables.js'

const event = (t: number, pid: number, type: string, more: Partial<FakeEvent> = {}): FakeEvent => ({
  t,
  pid,
  type,
  ...more,
})

function twoMachines() {
  return fakeSession(
    [
      {
        name: 'host.dat',
        comms: { 7: 'CPU 0/KVM' },
        streams: [
          {
            cpu: 0,
            events: [event(10, 0, 'sched:sched_switch', { info: 'a' }), event(30, 7, 'kvm:kvm_exit', { lost: 4 })],
          },
          { cpu: 1, buffer: 'irqs', events: [event(20, 9, 'irq:softirq_entry', { latency: 'd.s1.', lost: -1 })] },
        ],
      },
      { name: 'guest.dat', streams: [{ cpu: 0, events: [event(20, 5, 'sched:sched_switch', { info: 'g' })] }] },
    ],
    { epoch: 9_007_199_254_740_993n },
  )
}

describe('rows', () => {
  it('show the cells of every column in merged order', async () => {
    const rows = await new Tables(twoMachines()).rows(0, viewRow(0), 10)
    expect(rows.map((r) => [r.position, r.t, r.machine, r.stream, r.buffer, r.cpu, r.task, r.pid])).toEqual([
      [0, 10, 0, 0, '', 0, '<idle>', 0],
      [1, 20, 0, 1, 'irqs', 1, '<...>', 9],
      [2, 20, 1, 2, '', 0, '<...>', 5],
      [3, 30, 0, 0, '', 0, 'CPU 0/KVM', 7],
    ])
    expect(rows.map((r) => [r.latency, r.system, r.event, r.info, r.lost])).toEqual([
      ['.....', 'sched', 'sched_switch', 'a', 0],
      ['d.s1.', 'irq', 'softirq_entry', '', -1],
      ['.....', 'sched', 'sched_switch', 'g', 0],
      ['.....', 'kvm', 'kvm_exit', '', 4],
    ])
  })

  it('end with the view and refuse rows that cannot be', async () => {
    const tables = new Tables(twoMachines())
    expect((await tables.rows(0, viewRow(3), 100)).map((r) => r.position)).toEqual([3])
    expect(await tables.rows(0, viewRow(99), 5)).toEqual([])
    await expect(tables.rows(0, viewRow(-1), 5)).rejects.toThrow(RequestError)
    await expect(tables.rows(77, viewRow(0), 5)).rejects.toThrow(RequestError)
  })

  it('stop when the signal aborts', async () => {
    const aborted = new AbortController()
    aborted.abort(new Error('changed my mind'))
    await expect(new Tables(twoMachines()).rows(0, viewRow(0), 5, aborted.signal)).rejects.toThrow('changed my mind')
  })
})

describe('views', () => {
  it('hold the events that pass every part of the filter', async () => {
    const tables = new Tables(twoMachines())
    const { view, count } = await tables.createView({ events: ['sched:*'], machines: [1] })
    expect(count).toBe(1)
    expect((await tables.rows(view, viewRow(0), 10)).map((r) => r.info)).toEqual(['g'])
    await tables.dropView(view)
    expect(() => tables.viewPositions(view)).toThrow(RequestError)
  })

  it('never give a number twice, not even in another session', async () => {
    const first = await new Tables(twoMachines()).createView({})
    const tables = new Tables(twoMachines())
    const second = await tables.createView({})
    expect(second.view).not.toBe(first.view)
    await expect(tables.rowAtTime(first.view, sessionTime(0))).rejects.toThrow(/filter again/)
  })

  it('find the row of a time and of a position as a plain walk does', async () => {
    const model = fc.record({
      times: fc.array(fc.tuple(fc.nat(30), fc.nat(2)), { minLength: 1, maxLength: 40 }),
      t: fc.integer({ min: -1, max: 31 }),
      at: fc.nat(1000),
    })
    await fc.assert(
      fc.asyncProperty(model, async ({ times, t, at }) => {
        const streams = [0, 1, 2].map((cpu) => ({
          cpu,
          events: times
            .filter(([, c]) => c === cpu)
            .map(([time], i) => event(time, i % 3, 'a:b'))
            .sort((a, b) => a.t - b.t),
        }))
        const session = fakeSession([{ name: 'x.dat', streams }])
        const tables = new Tables(session)
        const { view } = await tables.createView({ pids: [0, 2] })
        const all = await tables.rows(0, viewRow(0), 1000)
        const some = all.filter((r) => r.pid !== 1)
        const pos = at % all.length
        const after = (list: typeof all, holds: (r: (typeof all)[number]) => boolean): number => {
          const found = list.findIndex(holds)
          return found < 0 ? list.length : found
        }
        expect(await tables.rowAtTime(0, sessionTime(t))).toBe(after(all, (r) => r.t >= t))
        expect(await tables.rowAtTime(view, sessionTime(t))).toBe(after(some, (r) => r.t >= t))
        expect(await tables.rowOf(0, position(pos))).toEqual({ row: pos, exact: true })
        expect(await tables.rowOf(view, position(pos))).toEqual({
          row: after(some, (r) => r.position >= pos),
          exact: all[pos]!.pid !== 1,
        })
      }),
    )
  })
})

describe('details', () => {
  const frames = [{ address: 0xffff_ffff_8100_0010n, symbol: 'schedule', offset: 16 }]
  const stack = (kind: 'kernel' | 'user'): Partial<FakeEvent> => ({ stack: { kind, frames } })
  const hard = { fields: { common_flags: 8 } }
  const session = fakeSession(
    [
      {
        name: 'host.dat',
        epoch: 2n ** 60n,
        streams: [
          {
            cpu: 0,
            events: [
              event(1, 4, 'sched:sched_waking', {
                info: 'AB',
                fields: { addr: 2n ** 63n, n: 3 },
                texts: { n: 'three' },
              }),
              event(2, 4, 'irq:irq_handler_entry', hard),
              event(3, 4, 'ftrace:kernel_stack', { ...stack('kernel'), ...hard }),
              event(4, 4, 'ftrace:kernel_stack', stack('kernel')),
              event(5, 4, 'ftrace:user_stack', stack('user')),
              event(6, 4, 'sched:sched_switch'),
              event(7, 4, 'sched:sched_waking'),
              event(8, 4, 'ftrace:kernel_stack', stack('kernel')),
              event(9, 5, 'sched:sched_switch'),
              event(10, 6, 'ftrace:kernel_stack', stack('kernel')),
            ],
          },
          { cpu: 1, events: [event(2, 4, 'sched:sched_wakeup')] },
        ],
      },
    ],
    { epoch: 9_007_199_254_740_993n },
  )
  const tables = new Tables(session)
  const at = async (t: number, cpu = 0) => {
    const row = (await tables.rows(0, viewRow(0), 100)).find((r) => r.t === t && r.cpu === cpu)!
    return tables.details(row.position)
  }

  it('tell fields, exact times and bytes', async () => {
    const details = await at(1)
    expect(details.time).toBe('9007199254740994')
    expect(details.rawTime).toBe((2n ** 60n + 1n).toString())
    expect(details.fields).toEqual([
      { name: 'addr', type: 'int', raw: '9223372036854775808', text: '9223372036854775808' },
      { name: 'n', type: 'int', raw: '3', text: 'three' },
    ])
    expect(details.hex).toBe(`0000  41 42${' '.repeat(42)}  AB`)
  })

  it('bring the stacks that the kernel wrote behind the event, past those of an interrupt', async () => {
    expect((await at(1)).stacks.map((s) => [s.kind, session.table.time(s.position)])).toEqual([
      ['kernel', 4],
      ['user', 5],
    ])
    expect((await at(2)).stacks.map((s) => session.table.time(s.position))).toEqual([3])
    expect((await at(1)).stacks[0]!.frames).toEqual([{ address: '0xffffffff81000010', symbol: 'schedule', offset: 16 }])
  })

  it('give no event the stack of another', async () => {
    expect((await at(6)).stacks).toEqual([])
    expect((await at(9)).stacks).toEqual([])
    expect((await at(2, 1)).stacks).toEqual([])
  })

  it('show the frames of a stack event itself', async () => {
    expect((await at(8)).stacks.map((s) => [s.kind, session.table.time(s.position)])).toEqual([['kernel', 8]])
  })

  it('refuse a position that is none', async () => {
    await expect(tables.details(position(11))).rejects.toThrow(RequestError)
  })
})

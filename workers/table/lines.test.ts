import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeSession } from '../../test/fixtures/fake-file.js'
import type { FakeFile } from '../../test/fixtures/fake-file.js'
import type { Session } from '../model/session.js'
import { viewRow } from '../units.js'
import { headerLines } from './lines.js'
import type { LineOptions } from './lines.js'
import { Tables } from './tables.js'
import { TimeWriter } from './time-text.js'

async function lines(session: Session, options?: LineOptions, start = 0, count = 1e6): Promise<string[]> {
  const all: string[] = []
  for await (const batch of new Tables(session).lines(0, viewRow(start), count, options)) all.push(...batch)
  return all
}

const host: FakeFile = {
  name: 'host.dat',
  comms: { 11691: 'wl.sh', 5: 'a-name-longer-than-the-column' },
  streams: [
    {
      cpu: 0,
      events: [
        { t: 290_042, pid: 0, type: 'sched:sched_switch', info: 'swapper/0:0 [120] R ==> wl.sh:11585 [120]' },
        { t: 367_698, pid: 0, type: 'ftrace:kernel_stack', info: '<stack trace >\n=> schedule (ffffffff821f8c03)\n' },
      ],
    },
    {
      cpu: 1,
      events: [{ t: 300_500, pid: 11691, type: 'a:a_name_of_more_than_twenty_signs', info: 'x', lost: 1011 }],
    },
    { cpu: 12, buffer: 'irqbuf', events: [{ t: 300_501, pid: 5, type: 'irq:softirq_raise', info: 'vec=9', lost: -1 }] },
  ],
}
const epoch = 2440_747_000_000n

const switchTo = (t: number, next: number, comm: string) => ({
  t,
  pid: 1,
  type: 'sched:sched_switch',
  fields: { prev_pid: 1, prev_comm: 'init', next_pid: next, next_comm: comm },
})
const tasks = (all: string[]): string[] => all.map((line) => line.slice(0, 19).trim())

describe('lines', () => {
  it('are laid out as trace-cmd report does', async () => {
    const session = fakeSession([{ ...host, streams: host.streams.slice(0, 2) }], { epoch })
    expect(headerLines(session)).toEqual(['cpus=2'])
    expect(await lines(session)).toEqual([
      '          <idle>-0     [000]  2440.747290042: sched_switch:         swapper/0:0 [120] R ==> wl.sh:11585 [120]',
      'CPU:1 [1011 EVENTS DROPPED]\n' +
        '           wl.sh-11691 [001]  2440.747300500: a_name_of_more_than_twenty_signs: x',
      '          <idle>-0     [000]  2440.747367698: kernel_stack:         <stack trace >\n=> schedule (ffffffff821f8c03)',
    ])
  })

  it('round to us when asked', async () => {
    const session = fakeSession([{ ...host, streams: host.streams.slice(1, 2) }], { epoch })
    expect((await lines(session, { us: true }))[0]).toContain('[001]  2440.747301: a_name')
  })

  it('name buffers, and files where there are several', async () => {
    expect(await lines(fakeSession([host], { epoch }), {}, 0, 3)).toEqual([
      '                  <idle>-0     [000]  2440.747290042: sched_switch:         swapper/0:0 [120] R ==> wl.sh:11585 [120]',
      '        CPU:1 [1011 EVENTS DROPPED]\n' +
        '           wl.sh-11691 [001]  2440.747300500: a_name_of_more_than_twenty_signs: x',
      'irqbuf: CPU:12 [EVENTS DROPPED]\n' +
        'a-name-longer-than-the-column-5     [012]  2440.747300501: softirq_raise:        vec=9',
    ])
    const two = fakeSession(
      [
        { ...host, streams: [] },
        {
          name: 'a-guest.dat',
          clock: 'x86-tsc',
          cpuCount: 4,
          streams: [{ cpu: 1, events: [{ t: 0, pid: 3, type: 'a:b', info: 'y' }] }],
        },
      ],
      { epoch: 6_633_288_872_829n, unit: 'ticks' },
    )
    expect(headerLines(two)).toEqual(['   host.dat: cpus=0', 'a-guest.dat: cpus=4'])
    expect(await lines(two)).toEqual([`a-guest.dat:            <...>-3     [001]6633288872829: b:${' '.repeat(20)}y`])
  })

  it('name a task that the file does not, once an event before has named it', async () => {
    const file: FakeFile = {
      name: 'x.dat',
      comms: { 1: 'systemd' },
      streams: [
        { cpu: 0, events: [switchTo(10, 8, 'first'), switchTo(30, 8, 'second')] },
        {
          cpu: 1,
          events: [
            { t: 5, pid: 8, type: 'a:b' },
            { t: 20, pid: 8, type: 'a:b' },
            { t: 25, pid: 9, type: 'sched:sched_wakeup', fields: { pid: 9, comm: 'nine' } },
            { t: 40, pid: 9, type: 'a:b' },
            { t: 41, pid: 8, type: 'a:b' },
          ],
        },
      ],
    }
    const unknown = '<...>-'
    expect(tasks(await lines(fakeSession([file])))).toEqual([
      `${unknown}8`,
      'systemd-1',
      'first-8',
      `${unknown}9`,
      'systemd-1',
      'nine-9',
      'first-8',
    ])
    expect(tasks(await lines(fakeSession([file]), { raw: true })).at(-1)).toBe(`${unknown}8`)
    const other: FakeFile = { name: 'y.dat', streams: [{ cpu: 0, events: [{ t: 50, pid: 8, type: 'a:b' }] }] }
    expect((await lines(fakeSession([file, other]))).at(-1)).toMatch(/^y\.dat: +<\.\.\.>-8/)
  })

  it('keep to the rows and times asked for', async () => {
    const session = fakeSession([host], { epoch })
    const whole = await lines(session)
    expect(await lines(session, {}, 1, 2)).toEqual(whole.slice(1, 3))
    expect(await lines(session, { from: 300_500, to: 300_501 })).toEqual(whole.slice(1, 3))
    expect(await lines(session, { from: 300_502 }, 0, 2)).toEqual([])
  })
})

describe('times', () => {
  const epochs = fc.oneof(fc.bigInt(-(2n ** 62n), 2n ** 63n), fc.constantFrom(0n, 999_999_999n, -1n))
  const times = fc.oneof(fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }), fc.nat(2_000_000_000))

  it('are exact whatever the epoch', () => {
    fc.assert(
      fc.property(epochs, times, (first, t) => {
        const writer = new TimeWriter(first)
        const exact = first + BigInt(t)
        expect(writer.ticks(t)).toBe(exact.toString())
        expect(writer.seconds(t)).toMatch(/^-?\d+\.\d{9}$/)
        expect(BigInt(writer.seconds(t).replace('.', ''))).toBe(exact)
        const size = exact < 0n ? -exact : exact
        const us = (size + 500n) / 1000n
        expect(writer.seconds(t, 6)).toMatch(/^-?\d+\.\d{6}$/)
        expect(BigInt(writer.seconds(t, 6).replace('.', ''))).toBe(exact < 0n ? -us : us)
      }),
      { numRuns: 2000 },
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idText } from '../../analysis/correlation-id.js'
import { memorySource } from '../../bytes.js'
import { InputError } from '../../fault.js'
import { RecordKind, STAGES } from '../../model/wake-record.js'
import type { TraceFile } from '../types.js'
import { recordReader } from './reader.js'
import { parseExact, toTime } from './numbers.js'

const open = (text: string, name = 'records.jsonl'): Promise<TraceFile> =>
  recordReader.open(memorySource(name, new TextEncoder().encode(text)))
const line = (o: object): string => `${JSON.stringify(o)}\n`

/** A wake-up as the prototype writes it. */
const wake = (id: number, pid: number, at: number, extra: object = {}): string =>
  line({
    ts: at,
    ev: 'try_to_wake_up',
    id,
    cpu: 1,
    pid,
    comm: 'wk',
    by_pid: 9,
    by_comm: 'bash',
    prev_cpu: 1,
    ...extra,
  }) +
  line({ ts: at + 10, ev: 'sched_waking', id, cpu: 1, pid, comm: 'wk', by_pid: 9, by_comm: 'bash', prev_cpu: 1 }) +
  line({ ts: at + 30, ev: 'sched_wakeup', id, cpu: 3, pid, comm: 'wk', by_pid: 0, prev_cpu: 3, target_cpu: 3 }) +
  line({ ts: at + 50, ev: 'switch_in', id, cpu: 3, pid, comm: 'wk', by_pid: 0, target_cpu: 3 }) +
  line({ ts: at + 90, ev: 'ktime_get', id, cpu: 3, pid, comm: 'wk', by_pid: pid, ktime: at + 80, stack: ['ktime_get'] })

describe('times', () => {
  it('are whole ns or seconds with decimals, never a float', () => {
    expect(toTime('171224.645912321')! - toTime('171223.534912180')!).toBe(1111000141n)
    expect(toTime('0.5')).toBe(500_000_000n)
    expect(toTime('-1.000000001')).toBe(-1_000_000_001n)
    expect(toTime(1_700_000_000_000_000_123n.toString())).toBe(1_700_000_000_000_000_123n)
    for (const bad of ['1e9', '1.0123456789', 'x', '', 1.5, null]) expect(toTime(bad)).toBeUndefined()
  })

  it('keep every digit that JSON has', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 63n), fc.string(), (n, s) => {
        const parsed = parseExact(`{"s":${JSON.stringify(`${s}:1234567890123456789`)},"t":${n}}`) as {
          s: string
          t: unknown
        }
        expect(parsed.s).toBe(`${s}:1234567890123456789`)
        expect(toTime(parsed.t)).toBe(n)
      }),
    )
  })
})

describe('JSON lines', () => {
  it('become one wake-up with all its stages', async () => {
    const file = await open(
      wake(7, 100, 1_000, {
        wake_flags: '0x30',
        stack: ['bpf_prog_0123456789abcdef_x', 'try_to_wake_up', 'wake_up_q'],
      }),
    )
    const { wakes, records, strings, stacks, epoch } = file.wakeRecords!
    expect(epoch).toBe(1000n)
    expect(wakes.count).toBe(1)
    const stages = [...wakes.stages.subarray(0, STAGES)]
    expect(stages.map((r) => (r < 0 ? null : records.t[r]))).toEqual([0, 10, null, 30, 50, 90])
    expect(wakes.flagsEntry[0]).toBe(0x30)
    expect(wakes.wakerPid[0]).toBe(9)
    // CPU 1 before the selection, CPU 3 after it; recorded by CPU 3, so the wakelist brought it there.
    expect([wakes.prevCpu[0], wakes.targetCpu[0], wakes.derivedMigrated[0], wakes.path[0]]).toEqual([1, 3, 1, 2])
    expect([...stacks[wakes.stack[0]!]!].map((s) => strings[s])).toEqual(['try_to_wake_up', 'wake_up_q'])
    expect(strings[wakes.readFunction[0]!]).toBe('ktime_get')
    expect(wakes.readValue[0]).toBe(80)
    expect(file.comm(100)).toBe('wk')
  })

  it('are events on the CPU and the task that were current', async () => {
    const file = await open(wake(7, 100, 1_000))
    expect(file.meta.streams.map((s) => s.cpu)).toEqual([1, 3])
    const { plan, blocks } = await file.layOut()
    const block = await recordReader.decode(plan, blocks[1]!, memorySource('', new Uint8Array(0)))
    expect([...block.ticks]).toEqual([30, 50, 90])
    expect([...block.pid]).toEqual([0, 0, 100])
    await file.records.load(1, block.where)
    const view = file.records.at(1, block.where[2]!)
    expect(file.meta.eventTypes[view.type]).toMatchObject({ system: 'remora', name: 'first_read' })
    expect(view.info()).toContain('function=ktime_get')
    expect(view.stack()?.frames).toEqual([{ address: 0n, symbol: 'ktime_get', offset: -1 }])
    const early = { from: 0, to: 20 }
    expect((await file.layOut([early, early])).blocks.map((b) => b.stream)).toEqual([0])
    expect(file.span(1)).toEqual({ first: 1030n, last: 1090n })
  })

  it('of a task woken twice before it runs are two wake-ups and one run', async () => {
    const twice =
      line({ ts: 1, ev: 'sched_waking', id: 1, cpu: 0, pid: 5, by_pid: 2, prev_cpu: 0 }) +
      line({ ts: 2, ev: 'sched_waking', id: 2, cpu: 1, pid: 5, by_pid: 3, prev_cpu: 0 }) +
      line({ ts: 3, ev: 'switch_in', id: 2, cpu: 0, pid: 5, by_pid: 0 })
    const { wakes, records } = (await open(twice)).wakeRecords!
    expect(wakes.count).toBe(2)
    const runs = [...wakes.stages].filter((r) => r >= 0 && records.kind[r] === RecordKind.SwitchIn)
    expect(runs).toHaveLength(1)
  })

  it('say from tracepoints whether the task migrated', async () => {
    const tp =
      line({ ts: 1, ev: 'sched_waking', id: 1, cpu: 0, pid: 5, by_pid: 2, prev_cpu: 1, source: 'tracepoint' }) +
      line({ ts: 2, ev: 'sched_wakeup', id: 1, cpu: 0, pid: 5, by_pid: 2, target_cpu: 3, source: 'tracepoint' })
    const { wakes, strings } = (await open(tp)).wakeRecords!
    expect(wakes.derivedMigrated[0]).toBe(1)
    expect(wakes.flagsEntry[0]).toBe(-1)
    expect(strings[wakes.source[0]!]).toBe('tracepoint')
  })

  it('get the id of their parts where they carry none', async () => {
    const o = {
      ev: 'ttwu',
      timestamp_ns: '171223534912180',
      cpu: 0,
      tgid: 1234,
      pid: 1234,
      run_seq: 1,
      ktime_ns: 171223534912180,
    }
    const { wakes } = (await open(line(o))).wakeRecords!
    expect(idText(wakes.id[0]!)).toBe('64f75f545c354bbd')
    const given = (await open(line({ ...o, correlation_id: '0x00000000000000aa' }))).wakeRecords!
    expect(given.wakes.id[0]).toBe(0xaan)
  })

  it('that are bad are named with their line and position, the rest is read', async () => {
    const good = wake(1, 5, 100)
    const file = await open(
      `${good}{"ts":12,\n[1]\n{"ts":"soon","ev":"ttwu"}\n{"ts":5,"ev":"lunch"}\n{"ev":"ttwu"}\n${good}`,
    )
    expect(file.wakeRecords!.records.count).toBe(10)
    const faults = file.faults.filter((f) => f.code === 'bad-record')
    expect(faults.map((f) => f.message)).toEqual([
      'Line 6 was left out: it is not JSON.',
      'Line 7 was left out: it is no JSON object.',
      'Line 8 was left out: its timestamp "soon" is neither whole ns nor seconds with decimals.',
      'Line 9 was left out: its event "lunch" is not known.',
      'Line 10 was left out: it has no timestamp (timestamp_ns, ts or timestamp).',
    ])
    expect(faults[0]).toMatchObject({ file: 'records.jsonl', offset: good.length })
  })

  it('say in a header what no record has, and what was lost', async () => {
    const header = {
      ev: 'header',
      machine: 'vm',
      kernel: '6.1.0',
      clock: 'monotonic',
      machine_id: '7',
      absent: [{ field: 'wake_flags', because: 'fentry is refused' }],
      lost: [{ cpu: 1, records: 3 }],
    }
    const file = await open(line(header) + wake(1, 5, 100))
    expect(file.meta).toMatchObject({ uname: '6.1.0', clock: 'mono' })
    expect(file.wakeRecords!.header.machineId).toBe(7n)
    expect(file.faults.map((f) => f.message)).toEqual([
      'The collector lost 3 records.',
      'No record has wake_flags: fentry is refused.',
    ])
  })

  it('of the collector are read as it writes them', async () => {
    const head = { collector: '1', machine_id: 'c0ffee00c0ffee00c0ffee00c0ffee00', machine: 'vm', clock: 'mono' }
    const rest = { clocks: { mono: '5', tsc: '90', width: '2' }, settings: [{ name: 'CPUs', value: '2' }] }
    const stage = {
      cpu_id: 1,
      correlation_id: '00000000000000aa',
      pid: 5,
      tgid: 5,
      comm: 'wk',
      run_seq: 3,
      ktime_ns: 70,
    }
    const file = await open(
      line({ ...head, ...rest }) +
        line({
          timestamp_ns: 70,
          probe_name: 'try_to_wake_up',
          kind: 'ttwu',
          seq: 1,
          by_pid: 9,
          wake_flags: '0x10',
          ...stage,
        }) +
        line({
          timestamp_ns: 75,
          probe_name: 'ttwu_do_activate',
          kind: 'activate',
          wake_flags_activate: '0x38',
          ...stage,
        }) +
        line({ timestamp_ns: 95, probe_name: 'ktime_get', kind: 'first_read', ktime: 94, ...stage }) +
        line({ timestamp_ns: 99, record: 'clocks', mono: 99, tsc: 400 }) +
        line({ timestamp_ns: 99, record: 'counts', cpu_id: 0, records: 12, lost: 2 }) +
        line({ timestamp_ns: 99, record: 'end', text: 'The time was over.' }),
    )
    const { header, wakes, strings } = file.wakeRecords!
    expect(header).toMatchObject({
      machineId: 0xc0ffee00c0ffee00c0ffee00c0ffee00n,
      clocks: [
        { mono: 5n, tsc: 90n, spread: 2n },
        { mono: 99n, tsc: 400n },
      ],
      lost: [{ cpu: 0, records: 2 }],
    })
    expect([wakes.count, wakes.id[0], wakes.flagsEntry[0], wakes.flagsActivate[0]]).toEqual([1, 0xaan, 0x10, 0x38])
    expect(strings[wakes.readFunction[0]!]).toBe('ktime_get')
    expect(file.faults.map((f) => f.message)).toEqual(['The time was over.', 'The collector lost 2 records.'])
  })

  it('of clocksource switches are put together', async () => {
    const switches =
      line({
        ts: 1,
        ev: 'clocksource',
        id: 0,
        cpu: 0,
        pid: 0,
        by_pid: 8,
        clocksource: 'acpi_pm',
        stack: ['timekeeping_notify'],
      }) +
      line({
        ts: 4,
        ev: 'clocksource',
        id: 1,
        cpu: 0,
        pid: 0,
        by_pid: 8,
        clocksource: 'acpi_pm',
        stack: ['change_clocksource'],
      }) +
      line({ ts: 5, ev: 'clocksource', stage: 'first_read', cpu: 0, by_pid: 8, function: 'ktime_get' }) +
      line({ ts: 9, ev: 'clocksource', id: 0, cpu: 0, pid: 0, by_pid: 8, clocksource: 'hpet' })
    expect((await open(switches)).wakeRecords!.clocksources).toMatchObject([
      { to: 'acpi_pm', entry: 0, change: 1, firstRead: 2, recalculation: -1, inferred: false },
      { to: 'hpet', entry: 3, change: -1 },
    ])
  })
})

describe('JSON documents', () => {
  const seeds = [
    { correlation_id: '64f75f545c354bbd', tgid: 1, pid: 2, timestamp: '171223.534912180' },
    { correlation_id: 'ef46db3751d8e999', tgid: 1, pid: 2, timestamp: 171224645912321 },
  ]
  it.each([
    ['an array', JSON.stringify(seeds)],
    ['an indented array', JSON.stringify(seeds, null, 2)],
    ['an object with an array', JSON.stringify({ records: seeds })],
    ['an indented object', JSON.stringify({ records: seeds }, null, 2)],
    ['lines', seeds.map((s) => JSON.stringify(s)).join('\n')],
    ['lines of Windows', `${seeds.map((s) => JSON.stringify(s)).join('\r\n')}\r\n`],
  ])('are read as %s', async (_what, text) => {
    const { records, wakes, epoch } = (await open(text, 'data.json')).wakeRecords!
    expect(epoch).toBe(171223534912180n)
    expect([...records.t]).toEqual([0, 1111000141])
    expect([...records.kind]).toEqual([RecordKind.Correlation, RecordKind.Correlation])
    expect([...wakes.id].map(idText)).toEqual(seeds.map((s) => s.correlation_id))
  })

  it('of traces and probes are read', async () => {
    const traces = await open(
      '[{"trace_id":"a1","flags":"0x30","timestamp":1},{"trace_id":"a2","flags":"SYNC","timestamp":2}]',
    )
    expect(traces.wakeRecords!.records.count).toBe(2)
    const probe = { timestamp_ns: 5, probe_name: 'baseline_recalc', session_id: 's1', cpu_id: 2, delta_chain_id: 'c1' }
    const probes = await open(line(probe))
    expect(probes.meta.streams[0]!.cpu).toBe(2)
    expect(probes.meta.eventTypes.at(-1)).toMatchObject({ system: 'remora', name: 'baseline_recalc' })
  })

  it('without records are refused in one sentence', async () => {
    await expect(open('{"a":1}\n{"b":2}')).rejects.toThrow(
      new InputError(
        'records.jsonl holds no record that can be read among 2 objects. Of the first one it can be said that it has no timestamp (timestamp_ns, ts or timestamp).',
        'no-records',
        'records.jsonl',
      ),
    )
  })

  it.each([
    [
      'CSV',
      'timestamp_ns,probe_name,session_id,cpu_id,delta_chain_id\n171223534912180,first_read,"s,1",2,c1\n\n171224645912321,baseline_recalc,s1,,\n',
    ],
    ['CSV of Windows', 'timestamp,probe_name\r\n171223.534912180,first_read\r\n171224.645912321,baseline_recalc\r\n'],
    ['lines of a time and a name', '171223.534912180 first_read\n171224.645912321 baseline_recalc'],
  ])('and %s of probes are one', async (what, text) => {
    const file = await open(text, 'probes.csv')
    const { records, epoch } = file.wakeRecords!
    expect(epoch).toBe(171223534912180n)
    expect([...records.t]).toEqual([0, 1111000141])
    expect(file.meta.eventTypes.slice(-2).map((t) => t.name)).toEqual(['first_read', 'baseline_recalc'])
    const stream = what === 'CSV' ? file.meta.streams.findIndex((s) => s.cpu === 2) : 0
    await file.records.load(stream, [0])
    expect(file.records.at(stream, 0).field('label')).toBe('first_read')
    if (what === 'CSV') expect(file.records.at(stream, 0).field('session_id')).toBe('s,1')
  })

  it('name lines of text that are not like the others', async () => {
    const file = await open('timestamp_ns,probe_name\n5,a\n6,b,c\n7,"d\nx,e\n8,f', 'probes.csv')
    expect(file.faults.filter((f) => f.severity !== 'note').map((f) => f.message)).toEqual([
      'Line 3 was left out: it is not laid out like the first line.',
      'Line 4 was left out: it is not laid out like the first line.',
      'Line 5 was left out: its timestamp "x" is neither whole ns nor seconds with decimals.',
    ])
    expect(file.wakeRecords!.records.count).toBe(2)
  })

  it('never fail on anything', async () => {
    const words = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\n', '\\', '1', 'ts', 'ev', wake(1, 2, 3))
    await fc.assert(
      fc.asyncProperty(fc.array(words), async (parts) => {
        try {
          await open(`{"${parts.join('')}`)
        } catch (e) {
          expect(e).toBeInstanceOf(InputError)
        }
      }),
    )
  })
})

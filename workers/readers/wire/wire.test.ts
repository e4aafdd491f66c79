import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correlationId } from '../../analysis/correlation-id.js'
import { memorySource } from '../../bytes.js'
import { WakeRecordBuilder } from '../../model/wake-builder.js'
import { RecordKind, WakePath } from '../../model/wake-record.js'
import { openTrace } from '../registry.js'
import * as layout from './layout.js'

// Made by `make -C native-collector golden` from wire.h.
const folder = new URL('../../../test/golden/wire/', import.meta.url)
const golden = new Uint8Array(readFileSync(new URL('golden.wire', folder)))
const positions = JSON.parse(readFileSync(new URL('layout.json', folder), 'utf8')) as Record<string, number>

const open = (bytes: Uint8Array) => openTrace(memorySource('golden.wire', bytes))

test('every field lies where wire.h has it', () => {
  const structs = {
    wire_head: layout.head,
    wire_wake: layout.wake,
    wire_clocksource: layout.clocksource,
    wire_number: layout.number,
    wire_task: layout.task,
    wire_stack: layout.stack,
    wire_symbol: layout.symbol,
    wire_clocks: layout.clocks,
    wire_counts: layout.counts,
    wire_note: layout.note,
  }
  const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
  for (const [name, fields] of Object.entries(structs)) {
    for (const [field, at] of Object.entries(fields)) {
      const key = field === 'bytes' && name !== 'wire_note' ? name : `${name}.${snake(field)}`
      const inC = positions[key] ?? positions[key.replace('.tgid', '.task_tgid')]
      expect([key, inC]).toEqual([key, at])
    }
  }
  expect(positions['wire_file']).toBe(layout.FILE_BYTES)
})

describe('the golden file', () => {
  test('gives its header, wake-up and clocksource switch', async () => {
    const { wakeRecords, faults, meta } = await open(golden)
    const { header, wakes, records, clocksources, strings } = wakeRecords!
    expect(header).toMatchObject({ format: 'wire 1', machine: 'lab', kernel: '6.1.0 x86_64', clock: 'mono' })
    expect(header.clocks).toEqual([
      { mono: 5n, raw: 4n, boot: 6n, real: 1700000000000000007n, tsc: 8n, spread: 90n },
      { mono: 6000n, raw: 5999n, boot: 6001n, real: 1700000000000000009n, tsc: 12345n, spread: 40n },
    ])
    expect([...records.kind]).toEqual([
      RecordKind.Ttwu,
      RecordKind.Wakeup,
      RecordKind.FirstRead,
      RecordKind.Clocksource,
      RecordKind.KvmExit,
    ])
    expect(wakes.count).toBe(1)
    // The golden of SCIENCE: (1234, 1234, 1, 171223534912180).
    expect(wakes.id[0]).toBe(0x64f75f545c354bbdn)
    expect([wakes.flagsEntry[0], wakes.flagsActivate[0], wakes.path[0]]).toEqual([0x10, 0x18, WakePath.Direct])
    expect([wakes.prevCpu[0], wakes.targetCpu[0], wakes.derivedMigrated[0]]).toEqual([2, 3, 1])
    expect(strings[wakes.readFunction[0]!]).toBe('ktime_get')
    const stack = wakeRecords!.stacks[wakes.stack[0]!]!
    expect([...stack].map((s) => strings[s])).toEqual(['try_to_wake_up+0x10', '0xffffffff82000020'])
    expect(clocksources).toMatchObject([{ to: 'acpi_pm' }])
    expect(meta.comms.get(1234)).toBe('worker')
    // Numbers 0..6 were given out, 0 to 5 are there: one is lost, as the counters say.
    expect(header.lost).toEqual([{ cpu: 3, records: 1 }])
    expect(faults.map((f) => f.code)).toEqual(['records-lost'])
  })

  test('gives a record again from its bytes', async () => {
    const file = await open(golden)
    const last = file.meta.eventTypes.findIndex((t) => t.name === 'kvm_exit')
    await file.records.load(0, [4])
    const view = file.records.at(0, 4)
    expect(view.type).toBe(last)
    expect(view.field('vcpu')).toBe(1)
  })

  test('ids are those that the collector prints', () => {
    expect(correlationId({ tgid: 70, pid: 77, runSeq: 2n, ktime: 171223534919000n }).toString(16)).toMatch(
      /^[0-9a-f]+$/,
    )
  })
})

test('several probes of one stage are one clocksource switch where they name its chain', () => {
  const builder = new WakeRecordBuilder()
  const stages = [0, 1, 1, 2, 3, 0, 1] as const
  for (const [i, clocksourceStage] of stages.entries()) {
    const chain = i < 5 ? 'a' : 'b'
    const clocksource = i < 5 ? 'acpi_pm' : 'hpet'
    const place = { kind: RecordKind.Clocksource, time: BigInt(i), cpu: 0, pid: 1, offset: i, length: 1 }
    builder.push({ ...place, chain, clocksource, clocksourceStage })
  }
  expect(builder.finish().clocksources).toMatchObject([
    { to: 'acpi_pm', entry: 0, change: 1, firstRead: 3, recalculation: 4 },
    { to: 'hpet', entry: 5, change: 6, firstRead: -1, recalculation: -1 },
  ])
})

test('cut off anywhere, the records before are there and the end is told', async () => {
  const head = layout.FILE_BYTES + new DataView(golden.buffer, golden.byteOffset).getUint32(12, true)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: head, max: golden.length - 1 }), async (size) => {
      const { wakeRecords, faults } = await open(golden.slice(0, size))
      const whole = (await open(golden)).wakeRecords!.records
      const { records } = wakeRecords!
      for (let i = 0; i < records.count; i++) expect(records.offset[i]).toBe(whole.offset[i])
      const ends = [...whole.offset].filter((at, i) => at + whole.length[i]! <= size)
      expect(records.count).toBe(ends.length)
      expect(faults.map((f) => f.code)).toContain('not-ended')
    }),
    { numRuns: 60 },
  )
})

test('damage anywhere among the records never ends the reading', async () => {
  const head = layout.FILE_BYTES + new DataView(golden.buffer, golden.byteOffset).getUint32(12, true)
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: head, max: golden.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      async (at, b) => {
        const bytes = golden.slice()
        bytes[at] = b
        expect((await open(bytes)).wakeRecords!.records.count).toBeLessThanOrEqual(10)
      },
    ),
    { numRuns: 200 },
  )
})

test('what is no such file, or of another version, is a sentence', async () => {
  const other = golden.slice()
  other[8] = 9
  await expect(open(other)).rejects.toThrow(
    'golden.wire holds records of version 9; this version of Remora reads version 1.',
  )
  await expect(open(golden.slice(0, 12))).rejects.toThrow('golden.wire ends within its first 16 bytes.')
  await expect(open(golden.slice(0, 100))).rejects.toThrow('golden.wire ends within its header.')
})

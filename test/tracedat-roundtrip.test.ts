import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memorySource } from '../workers/bytes.js'
import { decodeBlock, openTrace } from '../workers/readers/registry.js'
import { PrevState, WakeHow } from '../workers/readers/types.js'
import { traceDat } from './make/arbitrary.js'
import type { WrittenStream } from './make/description.js'
import * as option from './make/options.js'
import type { EventItem } from './make/ring-buffer.js'
import { readBack, type ReadBack, type ReadStream } from './make/read-back.js'
import { switchTo, wakeup, waking } from './make/scenario.js'
import { writeTraceDat } from './make/trace-dat.js'

/** What was written and what was read, stream by stream. Streams that were written empty may be absent. */
function pairs(written: readonly WrittenStream[], read: ReadBack): [WrittenStream, ReadStream | undefined][] {
  return written.map((w) => [w, read.streams.find((r) => r.buffer === w.buffer && r.cpu === w.cpu)])
}

/** Losses at the same place are one loss; one that was not counted makes the sum unknown. */
function merged(lost: readonly { row: number; events: number }[]): { row: number; events: number }[] {
  const sums = new Map<number, number>()
  for (const { row, events } of lost) {
    const before = sums.get(row) ?? 0
    sums.set(row, before < 0 || events < 0 ? -1 : before + events)
  }
  return [...sums].map(([row, events]) => ({ row, events }))
}

/** The raw fields of every event of a stream, as the reader's random access gives them. */
async function fieldsOf(read: ReadBack, s: ReadStream): Promise<Record<string, unknown>[]> {
  await read.file.records.load(s.index, s.where)
  return s.where.map((where) => {
    const view = read.file.records.at(s.index, where)
    return Object.fromEntries(view.fields().map((f) => [f.name, f.raw]))
  })
}

function expectedFields(item: EventItem): Record<string, unknown> {
  return {
    common_type: BigInt(item.format.id),
    common_flags: BigInt(item.flags ?? 0),
    common_preempt_count: BigInt(item.preempt ?? 0),
    common_pid: BigInt(item.pid),
    ...item.values,
  }
}

describe('trace.dat written and read back', { timeout: 240_000 }, () => {
  it('returns exactly the events of any file', async () => {
    await fc.assert(
      fc.asyncProperty(traceDat, async (description) => {
        const written = writeTraceDat(description)
        const read = await readBack(written.bytes)
        expect(read.faults).toEqual([])
        const { meta } = read.file
        expect(meta).toMatchObject({
          format: 'trace.dat',
          version: String(description.version),
          compression: description.compression,
          bigEndian: description.bigEndian,
          longSize: description.longSize,
          pageSize: description.pageSize,
        })
        for (const [w, r] of pairs(written.streams, read)) {
          const items = w.ring.events.map((e) => e.item)
          if (!r) {
            expect(items).toEqual([])
            continue
          }
          expect(r.time).toEqual(items.map((i) => i.time))
          expect(r.pid).toEqual(items.map((i) => i.pid))
          expect(r.type.map((t) => meta.eventTypes[t]).map((t) => `${t?.system}:${t?.name}:${t?.id}`)).toEqual(
            items.map((i) => `${i.format.system}:${i.format.name}:${i.format.id}`),
          )
          expect(r.where.map((at) => Math.floor((at * 4) / meta.pageSize))).toEqual(w.ring.events.map((e) => e.page))
          expect(r.lost).toEqual(merged(w.ring.lost))
          const fields = await fieldsOf(read, r)
          items.forEach((item, i) => expect(fields[i]).toMatchObject(expectedFields(item)))
        }
      }),
      { numRuns: 150, seed: 20_240 },
    )
  })

  it('returns every event of streams that are decoded in several blocks', async () => {
    const a = { pid: 1000, comm: 'a' }
    const b = { pid: 2000, comm: 'b' }
    const items = Array.from({ length: 100_000 }, (_, i) =>
      i % 2 ? switchTo(BigInt(i * 1000), b, 1, a) : switchTo(BigInt(i * 1000), a, 0, b),
    )
    for (const compression of ['none', 'zstd'] as const) {
      const { bytes } = writeTraceDat({
        compression,
        chunkPages: 10,
        buffers: [{ name: '', cpus: [{ cpu: 5, items }] }],
      })
      const read = await readBack(bytes)
      expect(read.blocks).toBeGreaterThan(1)
      expect(read.faults).toEqual([])
      const s = read.streams.find((r) => r.cpu === 5)!
      expect(s.time.length).toBe(items.length)
      expect(s.time.every((t, i) => t === BigInt(i * 1000))).toBe(true)
      expect(s.pid.every((pid, i) => pid === (i % 2 ? 2000 : 1000))).toBe(true)
    }
  })

  it('tells switches and wake-ups apart', async () => {
    const idle = { pid: 0, comm: 'swapper/0' }
    const t = { pid: 4711, comm: 'CPU 0/KVM' }
    for (const bigEndian of [false, true]) {
      const items = [
        waking(10n, idle, t, 0),
        wakeup(11n, idle, t, 0),
        switchTo(12n, idle, 0, t),
        switchTo(20n, t, 0x101, idle),
      ]
      const { bytes } = writeTraceDat({ bigEndian, buffers: [{ name: '', cpus: [{ cpu: 0, items }] }] })
      const source = memorySource('trace.dat', bytes)
      const file = await openTrace(source)
      const layout = await file.layOut()
      const block = await decodeBlock(layout.plan, layout.blocks[0]!, source)
      expect([...block.switchRow]).toEqual([2, 3])
      expect([...block.switchNext]).toEqual([4711, 0])
      expect([...block.switchState]).toEqual([PrevState.Runnable, PrevState.Sleeping])
      expect([...block.wakeRow]).toEqual([0, 1])
      expect([...block.wakePid]).toEqual([4711, 4711])
      expect([...block.wakeCpu]).toEqual([0, 0])
      // sched_wakeup does not begin a wake-up where sched_waking was recorded.
      expect([...block.wakeHow]).toEqual([WakeHow.Waking | WakeHow.First, WakeHow.Wakeup])
    }
  })

  it.each([6, 7] as const)('reads names, symbols and options of version %i', async (version) => {
    const { bytes } = writeTraceDat({
      version,
      clock: 'x86-tsc',
      comms: { 1: 'init', 4711: 'CPU 0/KVM' },
      kallsyms: [
        { address: 0x1000n, name: 'first' },
        { address: 0x2000n, name: 'second' },
        { address: 0x3000n, name: 'third' },
      ],
      printk: [{ address: 0x9000n, text: 'counted %d\n' }],
      options: [
        option.traceId(0xfedcba9876543210n),
        option.uname('Linux box 6.1.0 x86_64'),
        option.tracerVersion('3.1.6'),
        option.guest('first guest', 77n, [
          { cpu: 0, tid: 4711 },
          { cpu: 1, tid: -1 },
        ]),
        option.guest('', 78n, []),
        option.timeShift(99n, true, [
          [
            { time: 10n, offset: -5n, scaling: 1n, fraction: 32n },
            { time: 20n, offset: -6n, scaling: 2n, fraction: 33n },
          ],
          [{ time: 11n, offset: 1n << 62n, scaling: 3n, fraction: 34n }],
        ]),
        option.tsc2nsec(3, 7, 5n),
        option.date(-2n),
        option.offset(7n),
        option.cpuStat('CPU: 0\nentries: 1\n'),
        option.unknownOption(999, Uint8Array.of(1, 2, 3)),
      ],
      buffers: [
        { name: '', cpus: [{ cpu: 0, items: [switchTo(5n, { pid: 1, comm: 'init' }, 0, { pid: 2, comm: 'x' })] }] },
      ],
    })
    const { file } = await readBack(bytes)
    expect(file.meta).toMatchObject({
      clock: 'x86-tsc',
      uname: 'Linux box 6.1.0 x86_64',
      tracerVersion: '3.1.6',
      cpuCount: 1,
      traceId: 0xfedcba9876543210n,
      guests: [
        {
          name: 'first guest',
          traceId: 77n,
          vcpus: [
            { cpu: 0, tid: 4711 },
            { cpu: 1, tid: -1 },
          ],
        },
        { name: '', traceId: 78n, vcpus: [] },
      ],
      timeShift: {
        peer: 99n,
        interpolate: true,
        repaired: false,
        cpus: [
          { time: [10n, 20n], offset: [-5n, -6n], scaling: [1n, 2n], fraction: [32n, 33n] },
          { time: [11n], offset: [1n << 62n], scaling: [3n], fraction: [34n] },
        ],
      },
      tsc2nsec: { mult: 3, shift: 7, offset: 5n },
      dateOffset: -1993n,
    })
    expect(file.meta.options).toContainEqual({ id: 999, name: expect.any(String), size: 3, known: false })
    expect(file.faults.map((f) => f.code)).toContain('unknown-option')
    expect(file.comm(4711)).toBe('CPU 0/KVM')
    expect(file.comm(0)).toBe('<idle>')
    expect(file.comm(3)).toBe('<...>')
  })

  it('does not care what the file is called', async () => {
    const { bytes } = writeTraceDat({ buffers: [{ name: '', cpus: [{ cpu: 0, items: [] }] }] })
    for (const name of ['trace.dat', 'trace.txt', 'metadata', '']) {
      expect((await readBack(bytes, name)).file.meta.format).toBe('trace.dat')
    }
  })
})

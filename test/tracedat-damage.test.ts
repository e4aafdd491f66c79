import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../workers/fault.js'
import { items } from './make/arbitrary.js'
import type { Compression } from './make/compress.js'
import type { WrittenStream, WrittenTraceDat } from './make/description.js'
import * as option from './make/options.js'
import type { Item } from './make/ring-buffer.js'
import { seeded } from './make/random.js'
import { readBack, type ReadBack } from './make/read-back.js'
import { writeTraceDat } from './make/trace-dat.js'

const SEED = 19_970_101

/** A small file with everything in it: two buffers, sparse CPUs, several pages and chunks, names and options. */
function sample(version: 6 | 7, compression: Compression, bigEndian: boolean, longSize: 4 | 8): WrittenTraceDat {
  const stream = (start: bigint, seed: number): readonly Item[] =>
    fc.sample(items(longSize, start, 300, 300), { numRuns: 1, seed })[0]!
  const start = 1n << 40n
  return writeTraceDat({
    version,
    compression,
    bigEndian,
    longSize,
    chunkPages: 2,
    comms: { 1: 'init', 4711: 'CPU 0/KVM' },
    kallsyms: [{ address: 0xff00n, name: 'some_symbol' }],
    printk: [{ address: 0xff10n, text: 'a number %d\n' }],
    options: [
      option.traceId(0x1122334455667788n),
      option.uname('Linux box 6.1.0 x86_64'),
      option.guest('guest', 99n, [{ cpu: 0, tid: 4711 }]),
      option.timeShift(99n, true, [[{ time: 1n, offset: -5n, scaling: 1n, fraction: 0n }]]),
      option.date(-5n),
    ],
    buffers: [
      {
        name: '',
        cpus: [
          { cpu: 0, items: stream(start, SEED) },
          { cpu: 2, items: stream(start, SEED + 1) },
        ],
      },
      { name: 'second', cpus: [{ cpu: 1, items: stream(start, SEED + 2) }] },
    ],
  })
}

const files: readonly [name: string, WrittenTraceDat][] = [
  ['v6', sample(6, 'none', false, 8)],
  ['v6 big endian, 32 bit', sample(6, 'none', true, 4)],
  ['v7', sample(7, 'none', false, 8)],
  ['v7 zlib', sample(7, 'zlib', false, 8)],
  ['v7 zstd', sample(7, 'zstd', false, 4)],
  ['v7 zstd, big endian', sample(7, 'zstd', true, 8)],
]

/** Reads what can be read and asks every kind of question of some records. Null when the file cannot be opened at all. */
async function survive(bytes: Uint8Array): Promise<ReadBack | null> {
  let read: ReadBack
  try {
    read = await readBack(bytes)
  } catch (e) {
    expect(e).toBeInstanceOf(InputError)
    return null
  }
  const events = read.streams.reduce((n, s) => n + s.time.length, 0)
  // The smallest record takes 8 bytes; compressed bytes unpack to at most a few hundred times as many.
  expect(events).toBeLessThan(bytes.length * 100)
  for (const s of read.streams) {
    const some = s.where.filter((_, i) => i % 37 === 0)
    await read.file.records.load(s.index, some)
    for (const where of some) {
      const view = read.file.records.at(s.index, where)
      view.info()
      view.info(true)
      view.latency()
      view.stack()
      view.bytes()
      for (const field of view.fields()) view.field(field.name)
    }
  }
  return read
}

const pick = <T>(random: () => number, of: readonly T[]): T => of[Math.floor(random() * of.length)]!
const anywhere = (random: () => number, w: WrittenTraceDat): number => Math.floor(random() * w.bytes.length)
/** Where sizes, ids, times and flags stand: behind the start of a part, a page or a chunk. */
function atAHead(random: () => number, w: WrittenTraceDat): number {
  const page = pick(random, pick(random, w.streams).pages)?.from ?? 0
  const from = pick(random, [page, pick(random, w.boundaries).offset, 0])
  return from + Math.floor(random() * 40)
}

/** Events of the pages for which `whole` holds must have come out as they were written. */
function expectWhole(w: WrittenStream, pageSize: number, read: ReadBack, whole: (page: number) => boolean): void {
  const r = read.streams.find((s) => s.buffer === w.buffer && s.cpu === w.cpu)
  const wanted = w.ring.events
    .filter((e) => whole(e.page))
    .map(({ item, page }) => `${page} ${item.time} ${item.pid} ${item.format.name}`)
  const types = read.file.meta.eventTypes
  const got = (r?.where ?? [])
    .map((at, i) => ({ page: Math.floor((at * 4) / pageSize), i }))
    .filter(({ page }) => whole(page))
    .map(({ page, i }) => `${page} ${r!.time[i]} ${r!.pid[i]} ${types[r!.type[i]!]?.name}`)
  expect(got, `events of CPU ${w.cpu} of buffer '${w.buffer}'`).toEqual(wanted)
}

describe.each(files)('damaged trace.dat: %s', { timeout: 240_000 }, (name, written) => {
  const pageSize = 4096
  const packed = /z/.test(name)
  const headEnd = Math.min(...written.streams.map((s) => s.from))

  it('is sound to begin with and large enough to be damaged', async () => {
    const read = (await survive(written.bytes))!
    expect(read.faults).toEqual([])
    for (const s of written.streams) expectWhole(s, pageSize, read, () => true)
    expect(Math.max(...written.streams.map((s) => s.ring.pages))).toBeGreaterThan(5)
  })

  it('is read as far as it goes when cut anywhere', async () => {
    const random = seeded(SEED)
    const cuts = new Set<number>()
    for (const { offset } of written.boundaries) for (const d of [-1, 0, 1]) cuts.add(offset + d)
    for (let i = 0; i < 60; i++) cuts.add(Math.floor(random() * written.bytes.length))
    for (const cut of cuts) {
      const read = await survive(written.bytes.slice(0, cut))
      // Version 7 says at its end where the events lie; version 6 says it before them.
      if (!name.startsWith('v6') || cut < headEnd || cut >= written.bytes.length) continue
      expect(read, `cut at ${cut}`).not.toBeNull()
      expect(read!.faults.length, `faults of a file cut at ${cut}`).toBeGreaterThan(0)
      for (const s of written.streams) {
        // An instance's table stands behind the top buffer's events.
        if (s.buffer === '' || cut >= s.from)
          expectWhole(s, pageSize, read!, (p) => (s.pages[p]?.to ?? Infinity) <= cut)
      }
    }
  })

  it('keeps every event that one wrong byte does not touch', async () => {
    const random = seeded(SEED + written.bytes.length)
    for (let i = 0; i < 400; i++) {
      const at = Math.min(written.bytes.length - 1, (i % 2 ? anywhere : atAHead)(random, written))
      const bytes = written.bytes.slice()
      bytes[at] = bytes[at]! ^ (1 + Math.floor(random() * 255))
      const read = await survive(bytes)
      const hit = written.streams.find((s) => at >= s.from && at < s.to)
      if (!hit) continue
      expect(read, `byte ${at} of ${bytes.length}`).not.toBeNull()
      // Pages stand for themselves, so damage to one is none to the next; chunks are found one after another.
      const untouched = ({ from, to }: { from: number; to: number }): boolean => to <= at || (!packed && from > at)
      for (const s of written.streams) {
        expectWhole(s, pageSize, read!, (p) => s !== hit || (s.pages[p] !== undefined && untouched(s.pages[p])))
      }
    }
  })
})

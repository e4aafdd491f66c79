import { describe, expect, test } from 'vitest'
import { memorySource } from '../../bytes.js'
import { type DecodedBlock, WakeHow } from '../types.js'
import { decodeTraceDat, type TraceDatPlan } from './decode.js'
import { Role } from './pages.js'

/** Byte order and width of a long. */
interface Shape {
  readonly big: boolean
  readonly long: 4 | 8
}
const shapes: readonly Shape[] = [
  { big: false, long: 8 },
  { big: false, long: 4 },
  { big: true, long: 8 },
  { big: true, long: 4 },
]

class Bytes {
  readonly #out: number[] = []
  constructor(readonly shape: Shape) {}
  number(value: bigint | number, size: number): this {
    const v = BigInt.asUintN(size * 8, BigInt(value))
    const bytes = Array.from({ length: size }, (_, i) => Number((v >> BigInt(8 * i)) & 0xffn))
    this.#out.push(...(this.shape.big ? bytes.reverse() : bytes))
    return this
  }
  zeros(n: number): this {
    for (let i = 0; i < n; i++) this.#out.push(0)
    return this
  }
  add(b: Bytes | readonly number[]): this {
    this.#out.push(...(b instanceof Bytes ? b.#out : b))
    return this
  }
  get length(): number {
    return this.#out.length
  }
  get array(): Uint8Array {
    return new Uint8Array(this.#out)
  }
}

const PAGE = 256
const EPOCH = 0x12_3456_7890n

/** Header word of a record. */
const head = (s: Shape, kind: number, delta: number): Bytes =>
  new Bytes(s).number(s.big ? kind * 2 ** 27 + delta : delta * 32 + kind, 4)
/** Common fields of a payload: type, flags, preempt count, pid. */
const common = (s: Shape, id: number, pid: number, flags = 0): Bytes =>
  new Bytes(s).number(id, 2).number(flags, 1).number(0, 1).number(pid, 4)
const event = (s: Shape, delta: number, id: number, pid: number, rest = 0): Bytes =>
  head(s, 2 + rest, delta)
    .add(common(s, id, pid))
    .zeros(rest * 4)
const extend = (s: Shape, delta: bigint): Bytes => head(s, 30, Number(delta & 0x7ffffffn)).number(delta >> 27n, 4)
const stamp = (s: Shape, time: bigint): Bytes =>
  head(s, 31, Number(time & 0x7ffffffn)).number((time >> 27n) & 0xffffffffn, 4)
const padding = (s: Shape, delta: number, length: number): Bytes =>
  head(s, 29, delta)
    .number(length, 4)
    .zeros(Math.max(0, length - 4))

interface PageOptions {
  readonly time?: bigint
  /** Missed events: -1 = unknown, n = stored behind the records. */
  readonly missed?: number
  readonly commit?: number
}

function page(s: Shape, records: readonly Bytes[], { time = EPOCH, missed = 0, commit }: PageOptions = {}): Bytes {
  const data = new Bytes(s)
  for (const r of records) data.add(r)
  // Kernels sign-extend the flags of a long commit word.
  const flags = missed === 0 ? 0n : missed < 0 ? 1n << 31n : -1n << 30n
  const out = new Bytes(s).number(time, 8).number(BigInt(commit ?? data.length) | flags, s.long)
  out.add(data)
  if (missed > 0) out.number(missed, s.long)
  return out.zeros(PAGE - out.length)
}

function planOf(s: Shape, size: number): TraceDatPlan {
  const typeOf = new Uint16Array(65536)
  typeOf[7] = 1
  typeOf[314] = 2
  typeOf[316] = 3
  typeOf[317] = 4
  typeOf[318] = 5
  const none = { offset: 0, size: 0 }
  const four = (offset: number): { offset: number; size: number } => ({ offset, size: 4 })
  return {
    bigEndian: s.big,
    commitSize: s.long,
    dataOffset: 8 + s.long,
    epochHigh: Number(EPOCH >> 32n),
    epochLow: Number(EPOCH & 0xffffffffn),
    typeField: { offset: 0, size: 2 },
    pidField: { offset: 4, size: 4 },
    typeOf,
    roleOf: new Uint8Array([Role.None, Role.None, Role.Switch, WakeHow.Waking, WakeHow.Wakeup, WakeHow.Migrate]),
    switchNext: { offset: 20, size: 4 },
    switchState: { offset: 8, size: s.long },
    flagsField: { offset: 2, size: 1 },
    wakes: [
      null,
      { pid: four(8), cpu: four(12), success: none, needs: 16 },
      { pid: four(12), cpu: none, success: four(8), needs: 16 },
      null,
      { pid: four(8), cpu: four(12), success: none, needs: 16 },
    ],
    compression: 'none',
    streams: [{ cpu: 3, pageSize: PAGE, offset: 0, size }],
  }
}

async function decode(s: Shape, pages: readonly Bytes[], cut = 0): Promise<DecodedBlock> {
  const all = new Bytes(s)
  for (const p of pages) all.add(p)
  const bytes = all.array.slice(0, all.length - cut)
  const plan = { format: 'trace.dat', fileName: 'a.dat', data: planOf(s, bytes.length) }
  const block = { stream: 0, index: 0, bytes: bytes.length, at: { from: 0, to: bytes.length, chunks: null } }
  return decodeTraceDat(plan, block, memorySource('a.dat', bytes))
}

const codes = (d: DecodedBlock): string[] => d.faults.map((f) => f.code)

describe.each(shapes)('ring-buffer pages, big endian $big, long of $long bytes', (s) => {
  test('records of 1 to 28 words, whose times add up', async () => {
    const d = await decode(s, [page(s, [event(s, 5, 7, 100), event(s, 6, 7, -1, 26), event(s, 0, 7, 2 ** 31 - 1, 3)])])
    expect([...d.ticks]).toEqual([5, 11, 11])
    expect([...d.pid]).toEqual([100, -1, 2 ** 31 - 1])
    expect([...d.type]).toEqual([1, 1, 1])
    const first = (8 + s.long) / 4
    expect([...d.where]).toEqual([first, first + 3, first + 32])
    expect(d.faults).toEqual([])
    expect(d.lost).toEqual([])
  })

  test('a record whose length follows its header is rounded up to a word', async () => {
    const long = head(s, 0, 1)
      .number(4 + 14, 4)
      .add(common(s, 7, 1))
      .zeros(8)
    const d = await decode(s, [page(s, [long, event(s, 2, 7, 2)])])
    expect([...d.ticks]).toEqual([1, 3])
    expect([...d.pid]).toEqual([1, 2])
    expect(d.where[1]! - d.where[0]!).toBe(6)
    expect(d.faults).toEqual([])
  })

  test('padding is skipped by its length and its delta counts', async () => {
    const d = await decode(s, [page(s, [event(s, 1, 7, 1), padding(s, 10, 20), event(s, 100, 7, 2)])])
    expect([...d.ticks]).toEqual([1, 111])
    expect(d.faults).toEqual([])
  })

  test('padding without length, or with no room for one, ends the page', async () => {
    const d = await decode(s, [
      page(s, [event(s, 1, 7, 1), padding(s, 0, 0), event(s, 1, 7, 9)]),
      page(s, [event(s, 2, 7, 2), head(s, 29, 0)], { time: EPOCH + 100n }),
      page(s, [event(s, 3, 7, 3)], { time: EPOCH + 200n }),
    ])
    expect([...d.pid]).toEqual([1, 2, 3])
    expect([...d.ticks]).toEqual([1, 102, 203])
    expect(d.faults).toEqual([])
  })

  test('a time extend adds a delta of up to 59 bits', async () => {
    const d = await decode(s, [page(s, [event(s, 1, 7, 1), extend(s, 2n ** 50n + 3n), event(s, 4, 7, 2)])])
    expect([...d.ticks]).toEqual([1, 2 ** 50 + 8])
  })

  test('an absolute time replaces the time, its upper bits come from the current one', async () => {
    const time = EPOCH + 2n ** 40n
    const d = await decode(s, [page(s, [event(s, 1, 7, 1), stamp(s, time), event(s, 4, 7, 2)])])
    expect([...d.ticks]).toEqual([1, 2 ** 40 + 4])
  })

  test('times beyond 2^53 stay exact', async () => {
    const high = 0xf8n << 56n
    const all = page(s, [event(s, 1, 7, 1), stamp(s, high + 99n), event(s, 1, 7, 2)], { time: high + 5n }).array
    const plan = planOf(s, all.length)
    const at = { from: 0, to: all.length, chunks: null }
    const data = { ...plan, epochHigh: Number(high >> 32n), epochLow: 3 }
    const block = { stream: 0, index: 0, bytes: all.length, at }
    const d = await decodeTraceDat({ format: '', fileName: '', data }, block, memorySource('', all))
    expect([...d.ticks]).toEqual([3, 97])
  })

  test('missed events before a page, counted and not', async () => {
    const d = await decode(s, [
      page(s, [event(s, 1, 7, 1)], { missed: -1 }),
      page(s, [event(s, 1, 7, 2), event(s, 1, 7, 3)], { missed: 4321, time: EPOCH + 50n }),
      page(s, [event(s, 1, 7, 4)], { time: EPOCH + 90n }),
    ])
    expect(d.lost).toEqual([
      { row: 0, events: -1 },
      { row: 1, events: 4321 },
    ])
    expect(d.count).toBe(4)
  })

  test('ids without a format become type 0 and are told once each', async () => {
    const d = await decode(s, [page(s, [event(s, 1, 900, 1), event(s, 1, 7, 2), event(s, 1, 900, 3)])])
    expect([...d.type]).toEqual([0, 1, 0])
    expect(d.faults).toMatchObject([{ code: 'unknown-event', times: 2, offset: 8 + s.long, cpu: 3, file: 'a.dat' }])
  })

  test('switches and wake-ups', async () => {
    const to = (state: number, next: number): Bytes =>
      head(s, 6, 1)
        .add(common(s, 314, 1))
        .number(state, s.long)
        .zeros(12 - s.long)
        .number(next, 4)
    const told = (id: number, flags: number, a: number, b: number): Bytes =>
      head(s, 4, 1)
        .add(common(s, id, 1, flags))
        .number(a, 4)
        .number(b, 4)
    const waking = told(316, 0x1d, 55, 300)
    const wakeup = told(317, 0x41, 1, 66)
    const failed = told(317, 0, 0, 67)
    const migrate = told(318, 0, 68, 2)
    const d = await decode(s, [page(s, [to(1, 10), waking, wakeup, to(0, 0), to(2, 12)])])
    expect([...d.switchRow]).toEqual([0, 3, 4])
    expect([...d.switchNext]).toEqual([10, 0, 12])
    expect([...d.switchState]).toEqual([1, 0, 2])
    expect([...d.wakeRow]).toEqual([1, 2])
    expect([...d.wakePid]).toEqual([55, 66])
    expect([...d.wakeCpu]).toEqual([300, -1])
    const { Waking, Wakeup, Migrate, First, HardIrq, SoftIrq, Nmi } = WakeHow
    expect([...d.wakeHow]).toEqual([Waking | HardIrq | SoftIrq | First, Wakeup | Nmi])
    const without = await decode(s, [page(s, [to(1, 10), wakeup, failed, migrate])])
    expect([...without.wakeRow]).toEqual([1, 3])
    expect([...without.wakePid]).toEqual([66, 68])
    expect([...without.wakeCpu]).toEqual([-1, 2])
    expect([...without.wakeHow]).toEqual([Wakeup | Nmi | First, Migrate])
  })

  describe('damage', () => {
    const good = page(s, [event(s, 1, 7, 8)], { time: EPOCH + 1000n })

    test('a page of zeros', async () => {
      const d = await decode(s, [page(s, [event(s, 1, 7, 1)]), new Bytes(s).zeros(PAGE), good])
      expect([...d.pid]).toEqual([1, 8])
      expect(d.faults).toMatchObject([{ code: 'zero-page', offset: PAGE, cpu: 3 }])
      expect(d.lost).toEqual([{ row: 1, events: -1 }])
    })

    test('a page that claims more than it holds', async () => {
      const d = await decode(s, [page(s, [event(s, 1, 7, 1)], { commit: PAGE }), good])
      expect([...d.pid]).toEqual([8])
      expect(d.faults).toMatchObject([{ code: 'bad-commit', offset: 0 }])
      expect(d.lost).toEqual([{ row: 0, events: -1 }])
    })

    test.each([0, 3, 200, 0xffffffff])('a record of length %i', async (length) => {
      const bad = head(s, 0, 1)
        .number(length, 4)
        .add(common(s, 7, 2))
      const d = await decode(s, [page(s, [event(s, 1, 7, 1), bad]), good])
      expect([...d.pid]).toEqual([1, 8])
      expect(d.faults).toMatchObject([{ code: 'bad-record', offset: 8 + s.long + 12 }])
      expect(d.lost).toEqual([{ row: 1, events: -1 }])
    })

    test('a record too short for an event', async () => {
      const d = await decode(s, [page(s, [head(s, 1, 1).zeros(4), event(s, 1, 7, 1)])])
      expect([...d.pid]).toEqual([1])
      expect([...d.ticks]).toEqual([2])
      expect(codes(d)).toEqual(['short-record'])
    })

    test('a last page cut anywhere keeps what lies before the cut', async () => {
      const pages = [good, page(s, [event(s, 1, 7, 1), event(s, 1, 7, 2, 2)], { time: EPOCH + 2000n })]
      const ends = [12, 32].map((n) => 8 + s.long + n)
      for (let there = 0; there < PAGE; there++) {
        const d = await decode(s, pages, PAGE - there)
        const whole = ends.filter((e) => e <= there).length
        expect([...d.pid], `${there} bytes`).toEqual([8, 1, 2].slice(0, 1 + whole))
        const damaged = there > 0 && there < ends[1]!
        expect(codes(d), `${there} bytes`).toEqual(damaged ? ['truncated-page'] : [])
        expect(d.lost, `${there} bytes`).toEqual(damaged ? [{ row: 1 + whole, events: -1 }] : [])
      }
    })

    /** A page full of records. */
    const full = (n: number): Bytes => {
      const events = Array.from({ length: Math.floor((PAGE - 8 - s.long) / 16) }, () => event(s, 1, 7, n, 1))
      return page(s, events, { time: EPOCH + BigInt(1000 * n) })
    }
    const perPage = Math.floor((PAGE - 8 - s.long) / 16)
    const times = (n: number, count = perPage): number[] => Array.from({ length: count }, (_, i) => 1000 * n + i + 1)

    test('pages behind one that was written in part', async () => {
      const cut = new Bytes(s).add(Array.from(full(2).array.subarray(0, 8 + s.long + 4 * 16)))
      const d = await decode(s, [full(1), cut, full(3), full(4), full(5)])
      expect([...d.ticks]).toEqual([...times(1), ...times(2, 4), ...times(3), ...times(4), ...times(5)])
      expect(d.faults[0]).toMatchObject({ code: 'shifted-pages', offset: PAGE + cut.length })
      expect(d.lost[0]).toEqual({ row: perPage + 4, events: -1 })
    })

    test('pages that are off the grid from the start of a block on', async () => {
      const rest = new Bytes(s).add(Array.from(full(2).array.subarray(100)))
      const d = await decode(s, [rest, full(3), full(4), full(5)])
      expect([...d.ticks]).toEqual([...times(3), ...times(4), ...times(5)])
      expect(codes(d)).toEqual(['shifted-pages'])
    })

    test('time that runs backwards is kept and told', async () => {
      const d = await decode(s, [good, page(s, [event(s, 1, 7, 1)])])
      expect([...d.ticks]).toEqual([1001, 1])
      expect(codes(d)).toEqual(['time-backwards'])
    })
  })
})

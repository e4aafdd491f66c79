import fc from 'fast-check'
import type { Compression } from './compress.js'
import type { TraceDat } from './description.js'
import type { Field, Format, Value } from './event-format.js'
import { bprint, bputs, everyKind, functionEntry, kernelStack, knownFormats, print } from './known-formats.js'
import type { EventItem, Item } from './ring-buffer.js'

type Shape = Pick<TraceDat, 'version' | 'compression' | 'bigEndian' | 'longSize' | 'pageSize' | 'common' | 'chunkPages'>

/** Every file shape the writer knows. */
export const shape: fc.Arbitrary<Shape> = fc
  .record({
    version: fc.constantFrom(6 as const, 7 as const),
    packed: fc.constantFrom<Compression>('none', 'zlib', 'zstd'),
    bigEndian: fc.boolean(),
    longSize: fc.constantFrom(4 as const, 8 as const),
    pageSize: fc.constantFrom(4096, 8192, 16384, 65536),
    common: fc.constantFrom('plain' as const, 'rt' as const),
    chunkPages: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ packed, ...rest }) => ({ ...rest, compression: rest.version === 6 ? 'none' : packed }))

const integer = (size: number, signed: boolean): fc.Arbitrary<bigint> => {
  const bits = BigInt(size * 8)
  return signed
    ? fc.bigInt({ min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n })
    : fc.bigInt({ min: 0n, max: (1n << bits) - 1n })
}
/** Field values end at their first NUL, so none is made here; blanks and slashes are what real names have. */
const text = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'abcxyz019 /_-.:=[]'), maxLength: max })

function value(field: Field, longSize: number): fc.Arbitrary<Value> {
  switch (field.kind) {
    case 'int':
      return integer(field.size, field.signed)
    case 'long':
      return integer(longSize, field.signed)
    case 'ints':
      return fc.array(integer(field.size, field.signed), { minLength: field.count, maxLength: field.count })
    case 'chars':
      return text(field.count - 1)
    case 'loc':
      return field.type === 'char' ? text(40) : fc.array(integer(field.size, field.signed), { maxLength: 12 })
    case 'tail':
      return field.size === 1 ? text(200) : fc.array(integer(field.size || longSize, false), { maxLength: 20 })
  }
}

const values = (format: Format, longSize: number): fc.Arbitrary<Record<string, Value>> =>
  fc.record(Object.fromEntries(format.fields.map((f) => [f.name, value(f, longSize)])))

/** Formats whose pointers and sizes refer to other parts of the file; the rest take any value. */
const special = new Set<Format>([functionEntry, kernelStack, print, bprint, bputs])
const freeFormats = knownFormats.filter((f) => !special.has(f))

/** Gap to the event before, ns: mostly small, at times more than the 27 bits of a delta. */
const gap: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 5_000n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: (1n << 27n) - 2n, max: (1n << 27n) + 2n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 1n << 36n }) },
)

type Loose = (Omit<EventItem, 'time'> & { readonly gap: bigint }) | Exclude<Item, EventItem>

const loose = (longSize: number): fc.Arbitrary<Loose> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.constantFrom(...freeFormats, everyKind, print).chain((format) =>
        fc.record({
          kind: fc.constant('event' as const),
          format: fc.constant(format),
          gap,
          pid: fc.integer({ min: 0, max: 4_194_304 }),
          flags: fc.integer({ min: 0, max: 255 }),
          preempt: fc.integer({ min: 0, max: 255 }),
          values: values(format, longSize),
          form: fc.constantFrom('short' as const, 'long' as const),
          stamp: fc.constantFrom('delta' as const, 'extend' as const, 'absolute' as const),
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('discard' as const),
        bytes: fc.integer({ min: 2, max: 20 }).map((n) => n * 4),
        delta: fc.integer({ min: 0, max: 1000 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('page' as const),
        lost: fc.oneof(fc.constantFrom(0, -1), fc.integer({ min: 1, max: 1_000_000 })),
      }),
    },
  )

/** One CPU's items, in time order from `start` on. */
export const items = (longSize: number, start: bigint, minLength = 0, maxLength = 120): fc.Arbitrary<Item[]> =>
  fc.array(loose(longSize), { minLength, maxLength, size: 'max' }).map((list) => {
    let now = start
    return list.map((item): Item => {
      if (item.kind === 'discard') now += BigInt(item.delta)
      if (item.kind !== 'event') return item
      now += item.gap
      const { gap: _, ...rest } = item
      return { ...rest, time: now }
    })
  })

/** Clock values: small ones, ones beyond 2^53, and ones that use the bits an absolute stamp does not hold. */
export const clockStart: fc.Arbitrary<bigint> = fc.constantFrom(
  0n,
  1_000_000_000n,
  (1n << 54n) + 12_345n,
  (3n << 59n) + 99n,
)

/** Whole files: up to two buffers with sparse CPU ids. */
export const traceDat: fc.Arbitrary<Partial<TraceDat>> = fc.tuple(shape, clockStart).chain(([s, start]) =>
  fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 3 }).chain((ids) =>
    fc.array(fc.tuple(...ids.map(() => items(s.longSize, start))), { minLength: 1, maxLength: 2 }).map((buffers) => ({
      ...s,
      buffers: buffers.map((streams, b) => ({
        name: b === 0 ? '' : 'second',
        cpus: ids.map((cpu, i) => ({ cpu, items: streams[i] ?? [] })),
      })),
    })),
  ),
)

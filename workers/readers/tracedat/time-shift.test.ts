import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTimeShift } from './time-shift.js'

interface Cpu {
  readonly time: readonly bigint[]
  readonly offset: readonly bigint[]
}

/** The option as trace-cmd writes it; `broken` = with the last CPU's count in every CPU's field. */
function write(cpus: readonly Cpu[], big: boolean, broken: boolean, fractions: boolean): Uint8Array {
  const out: number[] = []
  const put = (value: bigint, size: number): void => {
    const v = BigInt.asUintN(size * 8, value)
    const bytes = Array.from({ length: size }, (_, i) => Number((v >> BigInt(8 * i)) & 0xffn))
    out.push(...(big ? bytes.reverse() : bytes))
  }
  const last = cpus.at(-1)?.time.length ?? 0
  put(0x1234n, 8)
  put(1n, 4)
  put(BigInt(cpus.length), 4)
  for (const c of cpus) {
    put(BigInt(broken ? last : c.time.length), 4)
    for (const t of c.time) put(t, 8)
    for (const o of c.offset) put(o, 8)
    for (const _ of c.time) put(1n, 8)
  }
  if (fractions) for (const c of cpus) for (let i = 0; i < (broken ? last : c.time.length); i++) put(0n, 8)
  return new Uint8Array(out)
}

const cpu = fc
  .array(fc.tuple(fc.bigInt({ min: 1n, max: 10n ** 12n }), fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((samples): Cpu => {
    // Times ascend and are large, as clocks' are; offsets are anything.
    let time = 200_000_000_000n
    const times = samples.map(([step]) => (time += step))
    return { time: times, offset: samples.map(([, o]) => o) }
  })

describe('TIME_SHIFT', () => {
  test('is read as written, with and without fractions, in both byte orders', () => {
    fc.assert(
      fc.property(fc.array(cpu, { minLength: 1, maxLength: 5 }), fc.boolean(), fc.boolean(), (cpus, big, fractions) => {
        const { shift, problem } = parseTimeShift(write(cpus, big, false, fractions), big)
        expect(problem).toBeNull()
        expect(shift).toMatchObject({ peer: 0x1234n, interpolate: true, repaired: false })
        expect(shift!.cpus.map(({ time, offset }) => ({ time, offset }))).toEqual(cpus)
        const fraction = cpus.map((c) => (fractions ? c.time.map(() => 0n) : []))
        expect(shift!.cpus.map((c) => c.fraction)).toEqual(fraction)
      }),
    )
  })

  test('finds the samples again where every CPU states the count of the last', () => {
    fc.assert(
      fc.property(fc.array(cpu, { minLength: 2, maxLength: 5 }), fc.boolean(), fc.boolean(), (cpus, big, fractions) => {
        const counts = cpus.map((c) => c.time.length)
        fc.pre(counts.some((n) => n !== counts.at(-1)))
        const { shift, problem } = parseTimeShift(write(cpus, big, true, fractions), big)
        expect(shift!.repaired).toBe(true)
        expect(problem).toContain(counts.join(', '))
        expect(shift!.cpus.map(({ time, offset }) => ({ time, offset }))).toEqual(cpus)
      }),
    )
  })

  test('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, big) => {
        const { shift, problem } = parseTimeShift(bytes, big)
        if (shift === null) expect(problem).not.toBeNull()
        else for (const c of shift.cpus) expect(c.offset.length).toBe(c.time.length)
      }),
    )
  })

  test('does not believe counts of billions', () => {
    const bytes = new Uint8Array(200)
    bytes.fill(0xff, 12, 20)
    expect(parseTimeShift(bytes, false).shift).toBeNull()
  })
})

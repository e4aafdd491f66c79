import { describe, expect, it } from 'vitest'
import { headOnly, timeShift } from '../../test/fixtures/head-only.js'
import { buildFamily } from '../model/machines.js'
import type { TraceFile } from '../readers/types.js'
import type { ClockChoice } from '../thread/contract.js'
import { relateClocks } from './relate.js'

const relate = (files: TraceFile[], choices?: Record<number, ClockChoice>): ReturnType<typeof relateClocks> =>
  relateClocks(files, buildFamily(files), choices)

/** Session time of a raw clock value of a file. */
const timeOf = (r: ReturnType<typeof relateClocks>, files: TraceFile[], file: number, raw: bigint, cpu = 0): bigint => {
  const out = new Float64Array(1)
  r.clockOf(file, cpu).apply(Float64Array.of(Number(raw - files[file]!.meta.epoch)), 1, out)
  return BigInt(out[0]!) + r.epoch
}

const host = headOnly('host.dat', {
  traceId: 1n,
  guests: [{ name: 'g', traceId: 2n, vcpus: [{ cpu: 0, tid: 77 }] }],
  span: [10_000n, 20_000n],
})

describe('one time for all files', () => {
  it('uses the host clock as it is and shares its columns', () => {
    const r = relate([host])
    expect(r.clockOf(0, 0).identity).toBe(true)
    expect(r.epoch).toBe(10_000n)
    expect(r.states[0]!.method).toBe('none')
  })

  it('moves a guest by its recorded samples, whichever file comes first', () => {
    const guest = headOnly('host-g.dat', {
      traceId: 2n,
      timeShift: timeShift(1n, [[500n, 9_000n]]),
      span: [500n, 900n],
    })
    for (const files of [
      [host, guest],
      [guest, host],
    ]) {
      const r = relate(files)
      expect(timeOf(r, files, files.indexOf(guest), 1_700n)).toBe(10_700n)
      expect(timeOf(r, files, files.indexOf(host), 12_345n)).toBe(12_345n)
      expect(r.states.map((s) => s.method)).toEqual(['none', 'recorded'])
    }
  })

  it('synchronises before TSC becomes ns, and lends the guest the host’s conversion', () => {
    const tsc2nsec = { mult: 1 << 20, shift: 21, offset: 0n }
    const h = headOnly('h.dat', { traceId: 1n, clock: 'x86-tsc', tsc2nsec, span: [1000n, 2000n] })
    const g = headOnly('g.dat', {
      traceId: 2n,
      clock: 'x86-tsc',
      timeShift: timeShift(1n, [[0n, 600n]]),
      span: [400n, 900n],
    })
    const files = [h, g]
    const r = relate(files)
    expect(timeOf(r, files, 1, 401n)).toBe(500n)
    expect(timeOf(r, files, 0, 1001n)).toBe(500n)
  })

  it('shows unrelated files from their own start and says so', () => {
    const other = headOnly('other.dat', { span: [777_000n, 778_000n] })
    const files = [headOnly('one.dat', { span: [10n, 20n] }), other]
    const r = relate(files)
    expect(timeOf(r, files, 1, 777_000n)).toBe(10n)
    expect(r.states[1]!.statement).toMatch(/^No relation to the other files is recorded/)
    expect(timeOf(relate(files, { 1: { method: 'none' } }), files, 1, 777_000n)).toBe(777_000n)
    expect(timeOf(relate(files, { 1: { method: 'user', offset: '-776995' } }), files, 1, 777_000n)).toBe(5n)
  })

  it('adds a typed offset to whatever method is chosen', () => {
    const g = headOnly('g.dat', { traceId: 2n, timeShift: timeShift(1n, [[0n, 9_000n]]), span: [500n, 900n] })
    const files = [host, g]
    expect(timeOf(relate(files, { 1: { method: 'recorded', offset: '+12' } }), files, 1, 1_000n)).toBe(10_012n)
    expect(() => relate(files, { 1: { method: 'user', offset: '12.5' } })).toThrow(/not a whole number/)
    expect(() => relate(files, { 0: { method: 'recorded' } })).toThrow(/no recorded time shift/)
  })

  it('leaves a CPU outside the recorded table unchanged', () => {
    const g = headOnly('g.dat', {
      traceId: 2n,
      cpuCount: 2,
      timeShift: timeShift(1n, [[0n, 9_000n]], 1),
      span: [500n, 900n],
    })
    const files = [host, g]
    expect(timeOf(relate(files), files, 1, 600n, 1)).toBe(600n)
  })

  it('names a clock that is not comparable between CPUs, and files that count different things', () => {
    const codes = relate([headOnly('l.dat', { clock: 'local', span: [0n, 1n] })]).faults.map((f) => f.code)
    expect(codes).toEqual(['local-clock'])
    const mixed = relate([
      headOnly('a.dat', { span: [0n, 1n] }),
      headOnly('b.dat', { clock: 'x86-tsc', span: [0n, 1n] }),
    ])
    expect(mixed.unit).toBe('ticks')
    expect(mixed.faults.map((f) => f.code)).toEqual(['clock-units-differ'])
  })

  it('leaves an impossible sample out, and reports it', () => {
    const samples = [0n, 1n, 2n, 3n].map((i) => [i * 10n ** 9n, 5_000n + i] as const)
    const g = headOnly('g.dat', {
      traceId: 2n,
      timeShift: timeShift(1n, [...samples, [4n * 10n ** 9n, 10n ** 10n]]),
      span: [10n ** 9n, 10n ** 9n * 2n],
    })
    const files = [host, g]
    const r = relate(files)
    expect(timeOf(r, files, 1, 4n * 10n ** 9n)).toBe(4n * 10n ** 9n + 5_004n)
    expect(r.faults.map((f) => f.code)).toEqual(['time-shift-outlier'])
    expect(r.states[1]!.statement).toContain('1 left out as impossible')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headOnly } from '../../test/fixtures/head-only.js'
import { memorySource } from '../bytes.js'
import { buildFamily } from '../model/machines.js'
import { recordReader } from '../readers/records/reader.js'
import type { TraceFile } from '../readers/types.js'
import { bridgesByHead, relate } from './bridge.js'
import { relateClocks } from './relate.js'

const records = (header: object, t: bigint): Promise<TraceFile> =>
  recordReader.open(
    memorySource(
      'wake.jsonl',
      new TextEncoder().encode(
        `${JSON.stringify({ ev: 'header', ...header })}\n{"ev":"ttwu","timestamp_ns":"${t}","cpu":0,"pid":1}\n`,
      ),
    ),
  )

describe('the clock of records', () => {
  const tsc = headOnly('host.dat', {
    clock: 'x86-tsc',
    epoch: 1_000_000n,
    tsc2nsec: { mult: 1 << 20, shift: 21, offset: 0n },
    streams: [{ cpu: 0, buffer: '', bytes: 1 }],
  })

  it('needs nothing where it is that of the recording', async () => {
    const mono = headOnly('host.dat', { clock: 'mono', streams: [{ cpu: 0, buffer: '', bytes: 1 }] })
    const files = [mono, await records({}, 5n)]
    expect(bridgesByHead(files, buildFamily(files))).toEqual([])
  })

  it('leads to a TSC by paired readings, exactly, and from there to the session like the recording itself', async () => {
    const clocks = [
      { mono: '1000', tsc: '5000', width: '40' },
      { mono: '2000', tsc: '7000', width: '20' },
      { mono: '4000', tsc: '11000', width: '20' },
    ]
    const files = [tsc, await records({ clocks }, 2500n)]
    const family = buildFamily(files)
    const [bridge] = bridgesByHead(files, family)
    expect(bridge!.fault.message).toBe(
      'The records count in mono, the recording in x86-tsc; they are related by 3 readings of both, each read within 40 ns.',
    )
    // Two ticks a ns; also after the last reading.
    expect([1000n, 2500n, 5000n].map((t) => bridge!.stage.at(t))).toEqual([5000n, 8000n, 13000n])
    const relation = relateClocks(files, family, {}, new Map(), new Map([[1, bridge!.stage]]))
    const out = new Float64Array(1)
    relation.clockOf(1, 0).apply(Float64Array.of(0), 1, out)
    expect(relation.unit).toBe('ns')
    expect(BigInt(out[0]!) + relation.epoch).toBe(4000n)
  })

  it('says that nothing relates the clocks, until the wake-ups do', async () => {
    const files = [tsc, await records({}, 2500n)]
    const [bridge] = bridgesByHead(files, buildFamily(files))
    expect(bridge!.open).toBe(true)
    expect(bridge!.fault.message).toMatch(/nothing relates them: the records are shown from the recording's start/)
  })

  it('is found among the wake-ups, whatever the offset and the drift', () => {
    const scenario = fc.record({
      gaps: fc.array(fc.integer({ min: 5_000, max: 900_000 }), { minLength: 200, maxLength: 400 }),
      pids: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 400, maxLength: 400 }),
      late: fc.array(fc.integer({ min: 0, max: 8_000 }), { minLength: 400, maxLength: 400 }),
      missing: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 400, maxLength: 400 }),
      offset: fc.integer({ min: -1e12, max: 1e12 }),
      ppm: fc.integer({ min: -50, max: 50 }),
    })
    fc.assert(
      fc.property(scenario, ({ gaps, pids, late, missing, offset, ppm }) => {
        let t = 0
        const truth = gaps.map((gap, i) => ({ t: (t += gap), pid: pids[i]!, late: late[i]!, missing: missing[i]! }))
        const kept = truth.filter((w) => w.missing > 0)
        const own = { t: Float64Array.from(kept, (w) => w.t + w.late), pid: Int32Array.from(kept, (w) => w.pid) }
        const theirs = (x: number): number => x + offset + (x * ppm) / 1e6
        const other = { t: Float64Array.from(truth, (w) => theirs(w.t)), pid: Int32Array.from(truth, (w) => w.pid) }
        const line = relate(own, other)!
        // The records are 0..8 us late; the line goes through the middle of that.
        for (const x of [0, t / 2, t]) expect(Math.abs(line.at(x) + x - theirs(x))).toBeLessThan(12_000)
        expect(line.matched).toBeGreaterThan(kept.length * 0.9)
      }),
      { numRuns: 30 },
    )
  })

  it('is not made up where there is nothing in common', () => {
    const seen = (n: number, pid: number, step: number) => ({
      t: Float64Array.from({ length: n }, (_, i) => i * step),
      pid: new Int32Array(n).fill(pid),
    })
    expect(relate(seen(100, 1, 1e6), seen(100, 2, 1e6))).toBeNull()
    expect(relate(seen(3, 1, 1e6), seen(3, 1, 1e6))).toBeNull()
  })
})

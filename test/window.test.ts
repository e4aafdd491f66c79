import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { memorySource, type ByteSource, type SourceRef } from '../workers/bytes.js'
import { inlinePool } from '../workers/columns/load.js'
import { createEngine, type Engine } from '../workers/engine.js'
import { RequestError } from '../workers/fault.js'
import type { LoadWindow } from '../workers/thread/contract.js'
import { viewRow } from '../workers/units.js'
import { columnRows } from './fixtures/columns.js'
import { longTrace } from './fixtures/long-trace.js'
import { sharedData } from './make/tools.js'

const ref = (name: string, bytes: Uint8Array): SourceRef => ({ kind: 'bytes', name, size: bytes.length, bytes })

/** An engine that counts the bytes it is given. */
function counting(): { engine: Engine; read: () => number } {
  let read = 0
  const open = (of: SourceRef): ByteSource => {
    if (of.kind !== 'bytes') throw new Error('these tests keep their files in memory')
    const source = memorySource(of.name, of.bytes)
    return {
      ...source,
      async read(offset, length, signal) {
        const bytes = await source.read(offset, length, signal)
        read += bytes.length
        return bytes
      },
    }
  }
  return { engine: createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 }), read: () => read }
}

const since = (from: number, to: number): LoadWindow => ({
  from: { value: String(Math.round(from)), since: 'start' },
  to: { value: String(Math.round(to)), since: 'start' },
})

async function linesOf(engine: Engine): Promise<string[]> {
  const lines: string[] = []
  for await (const batch of engine.lines(0, viewRow(0), engine.session()!.table.count)) lines.push(...batch)
  return lines
}

/** Opens all, then windows of it, and compares what both hold of the window. */
async function compare(sources: readonly SourceRef[], windows: readonly (readonly [number, number])[]): Promise<void> {
  const { engine } = counting()
  await engine.open({ sources })
  const whole = engine.session()!
  const length = whole.to - whole.from
  const all = await linesOf(engine)
  for (const [a, b] of windows) {
    const { engine: part } = counting()
    const info = await part.open({ sources, window: since(a * length, b * length) })
    const { window } = info
    const session = part.session()!
    expect(columnRows(session)).toEqual(columnRows(whole, { from: window!.from, to: window!.to }))
    expect(session.epoch).toBe(whole.epoch)
    expect(info.partial).toContain('window')
    const first = whole.table.positionAtTime(window!.from)
    const expected = all.slice(first, whole.table.positionAfterTime(window!.to))
    const found = await linesOf(part)
    // A task may have told its name before the window.
    const nameless = (line: string, i: number): string =>
      found[i]!.includes('<...>-') ? line.replace(/\S.{0,30}(-\d+ +\[\d{3}\])/, '$1') : line
    expect(found.map(nameless)).toEqual(expected.map(nameless))
  }
}

const own = sharedData === null ? '' : join(sharedData, 'own')
const load = (path: string): SourceRef => {
  const raw = readFileSync(join(own, path))
  return ref(basename(path, '.gz'), new Uint8Array(path.endsWith('.gz') ? gunzipSync(raw) : raw))
}
const someWindows = [
  [0.2, 0.3],
  [0, 0.1],
  [0.9, 1.5],
  [0.5, 0.5001],
] as const

describe.skipIf(!existsSync(own))(`windows of recordings${existsSync(own) ? '' : ' (skipped: none here)'}`, () => {
  it.each([
    ['formats/v6-none-local.dat.gz'],
    ['formats/v6-buffers.dat.gz'],
    ['formats/v7-zlib-local.dat'],
    ['formats/v7-zstd-mono.dat'],
    ['pair-tcg-1guest-tsc/host.dat', 'pair-tcg-1guest-tsc/host-10.9.1.2.dat'],
  ])('hold the same events as the whole: %s', (...names) => compare(names.map(load), someWindows))

  it('cost what lies in them, not what the file holds', async () => {
    const source = load('large/large-10M.dat')
    const { engine, read } = counting()
    const info = await engine.open({ sources: [source], window: since(0.5e9, 0.51e9) })
    expect(info.count).toBeGreaterThan(1000)
    expect(read()).toBeLessThan(source.size * 0.05)
  })
})

describe('a window of a long recording', () => {
  it.each([
    ['none', 6],
    ['none', 7],
    ['zlib', 7],
    ['zstd', 7],
  ] as const)('is found wherever it lies (%s, version %i)', async (compression, version) => {
    const bytes = longTrace(1 << 19, 4, { compression, version, chunkPages: 3 })
    const part = fc.double({ min: 0, max: 1, noNaN: true })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(part, part), { minLength: 5, maxLength: 5 }), (windows) =>
        compare(
          [ref('long.dat', bytes)],
          windows.map(([at, n]) => [at, at + n * 0.3]),
        ),
      ),
      { numRuns: 2 },
    )
  })

  it('is read in a twentieth of the bytes where it is a hundredth of the time', async () => {
    const bytes = longTrace(32 << 20, 100)
    const { engine, read } = counting()
    const info = await engine.open({ sources: [ref('long.dat', bytes)], window: since(50e9, 51e9) })
    expect(info.count).toBeGreaterThan(1000)
    expect(info.window!.recorded.to - info.window!.recorded.from).toBeGreaterThan(99e9)
    await engine.rows(0, viewRow(0), 50)
    expect(read()).toBeLessThan(bytes.length * 0.05)
  })

  it('may be told by the trace clock', async () => {
    const { engine } = counting()
    const at = (value: string) => ({ value, since: 'clock' }) as const
    const sources = [ref('long.dat', longTrace(1 << 20, 4))]
    const info = await engine.open({ sources, window: { from: at('6000000000'), to: at('6100000000') } })
    expect(BigInt(info.epoch) + BigInt(info.from)).toBeGreaterThanOrEqual(6_000_000_000n)
    expect(BigInt(info.epoch) + BigInt(info.to)).toBeLessThanOrEqual(6_100_000_000n)
    expect(info.count).toBeGreaterThan(10)
  })

  it('must be one, and lie in the recording', async () => {
    const { engine } = counting()
    const sources = [ref('long.dat', longTrace(1 << 18, 4))]
    await expect(engine.open({ sources, window: since(2e9, 1e9) })).rejects.toThrow(RequestError)
    await expect(engine.open({ sources, window: since(20e9, 21e9) })).rejects.toThrow(/outside of the recording/)
  })
})

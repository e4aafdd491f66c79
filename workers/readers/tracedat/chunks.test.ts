import { zlibSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../../bytes.js'
import { scanChunks } from './chunks.js'
import { Head } from './head.js'

const le = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24]
const RAW = 40_960

/** Chunks of one CPU as they lie in the file at offset 100. */
function write(n: number): { bytes: Uint8Array; headers: number[] } {
  const out: number[] = [...Array.from({ length: 100 }, () => 0xee), ...le(n)]
  const headers: number[] = []
  for (let i = 0; i < n; i++) {
    const raw = Uint8Array.from({ length: i === n - 1 ? RAW / 2 : RAW }, (_, k) => (k * k * (i + 3)) >> 7)
    const packed = zlibSync(raw)
    headers.push(out.length)
    out.push(...le(packed.length), ...le(raw.length), ...packed)
  }
  return { bytes: new Uint8Array(out), headers }
}

async function scan(
  bytes: Uint8Array,
): Promise<{ offsets: number[]; packed: number[]; raw: number[]; codes: string[] }> {
  const head = new Head('a.dat')
  head.compression = 'zlib'
  const place = { cpu: 0, offset: 100, size: bytes.length - 104 }
  const c = await scanChunks(memorySource('a.dat', bytes), place, bytes.length, head)
  return { offsets: [...c.offset], packed: [...c.packed], raw: [...c.raw], codes: head.faults.list.map((f) => f.code) }
}

describe('index of compressed chunks', () => {
  const { bytes, headers } = write(5)

  test('follows the headers', async () => {
    const { offsets, raw, codes } = await scan(bytes)
    expect(offsets).toEqual(headers.map((h) => h + 8))
    expect(raw).toEqual([0, 1, 2, 3, 4, 4.5].map((n) => n * RAW))
    expect(codes).toEqual([])
  })

  test.each([0, 1, 2, 3])('finds the chunk behind damaged header %i again', async (i) => {
    const sound = await scan(bytes)
    for (const [at, value] of [
      [0, 0xffffffff],
      [0, 0],
      [0, 5000],
      [0, 17],
      [4, 0xffffffff],
      [4, 0],
    ] as const) {
      const bad = bytes.slice()
      bad.set(le(value), headers[i]! + at)
      const { offsets, packed, raw, codes } = await scan(bad)
      expect({ offsets, packed, raw }, `${value} at ${at}`).toEqual({
        offsets: sound.offsets,
        packed: sound.packed,
        raw: sound.raw,
      })
      expect(codes).toEqual(['damaged-chunk-header'])
    }
  })

  test('keeps the chunks before one that is cut', async () => {
    const { offsets, codes } = await scan(bytes.slice(0, headers[3]! + 20))
    expect(offsets).toEqual(headers.slice(0, 3).map((h) => h + 8))
    expect(codes).toEqual(['damaged-chunks'])
  })

  test('does not believe a count of billions', async () => {
    const bad = bytes.slice()
    bad.set(le(0xfffffff0), 100)
    const { offsets, codes } = await scan(bad)
    expect(offsets.length).toBe(5)
    expect(codes).toEqual(['damaged-chunks'])
  })
})

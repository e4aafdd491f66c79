import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { PieceSink } from './piece-source.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-pieces-'))
afterAll(() => rmSync(dir, { recursive: true }))
const path = join(dir, 'other')
const other = Uint8Array.from({ length: 5000 }, (_, i) => i % 251)
writeFileSync(path, other)

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ bytes })),
  fc.tuple(fc.nat(4000), fc.nat(1000)).map(([offset, length]) => ({ offset, length })),
)

test('pieces read as the one file that they make up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.nat(), fc.nat(6000), async (pieces, start, length) => {
      const sink = new PieceSink()
      for (const p of pieces) {
        if ('bytes' in p) sink.append(p.bytes)
        else sink.refer(path, p.offset, p.length)
      }
      const whole = Buffer.concat(
        pieces.map((p) => ('bytes' in p ? p.bytes : other.subarray(p.offset, p.offset + p.length))),
      )
      const first = pieces.find((p) => !('bytes' in p) || p.bytes.length > 0)
      if (first && 'bytes' in first) {
        sink.patch(0, Uint8Array.of(255))
        whole[0] = 255
      }
      const source = await sink.open('pieces')
      try {
        expect(source.size).toBe(whole.length)
        const from = start % (whole.length + 2)
        expect(Buffer.from(await source.read(from, length))).toEqual(whole.subarray(from, from + length))
      } finally {
        await source.close()
      }
    }),
    { numRuns: 60 },
  )
})

test('a file stays readable when it was removed, until it is let go', async () => {
  const gone = join(dir, 'gone')
  writeFileSync(gone, 'still here')
  const sink = new PieceSink()
  sink.refer(gone, 6, 4)
  const source = await sink.open('pieces')
  rmSync(gone)
  expect(Buffer.from(await source.read(0, 9)).toString()).toBe('here')
  await source.close()
  await expect(source.read(0, 9)).rejects.toThrow()
  await expect(sink.open('pieces')).rejects.toThrow('ENOENT')
})

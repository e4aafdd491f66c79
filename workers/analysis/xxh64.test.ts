import fc from 'fast-check'
import { expect, test } from 'vitest'
import { xxh64 } from './correlation-id.js'
import { xxh64Halves } from './xxh64.js'

test('halves make the same hash as bigints, whatever the bytes', () => {
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 100 })
  fc.assert(
    fc.property(bytes, (b) => {
      const { hi, lo } = xxh64Halves(new DataView(b.buffer, b.byteOffset, b.byteLength), b.length)
      expect((BigInt(hi) << 32n) | BigInt(lo)).toBe(xxh64(b))
    }),
    { numRuns: 500 },
  )
})

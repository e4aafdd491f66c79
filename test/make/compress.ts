import { deflateSync } from 'node:zlib'

export type Compression = 'none' | 'zlib' | 'zstd'

export function compress(bytes: Uint8Array, how: Exclude<Compression, 'none'>): Uint8Array {
  return how === 'zlib' ? deflateSync(bytes) : zstdFrame(bytes)
}

const MAX_BLOCK = 128 * 1024
const MIN_RUN = 32

/** A valid zstd frame of raw blocks, and of RLE blocks where one byte repeats: Node 20 has no zstd of its own. */
export function zstdFrame(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  const frame = new DataView(new ArrayBuffer(9))
  frame.setUint32(0, 0xfd2fb528, true)
  // Single segment, content size in four bytes, neither checksum nor dictionary.
  frame.setUint8(4, 0xa0)
  frame.setUint32(5, bytes.length, true)
  parts.push(new Uint8Array(frame.buffer))
  let from = 0
  do {
    const block = nextBlock(bytes, from)
    const end = from + block.length
    const head = (end === bytes.length ? 1 : 0) | (block.repeats ? 2 : 0) | (block.length << 3)
    parts.push(Uint8Array.of(head & 0xff, (head >> 8) & 0xff, (head >> 16) & 0xff))
    parts.push(bytes.subarray(from, block.repeats ? from + 1 : end))
    from = end
  } while (from < bytes.length)
  return Buffer.concat(parts)
}

function nextBlock(bytes: Uint8Array, from: number): { readonly length: number; readonly repeats: boolean } {
  const limit = Math.min(bytes.length, from + MAX_BLOCK)
  const first = runEnd(bytes, from, limit)
  if (first - from >= MIN_RUN) return { length: first - from, repeats: true }
  let end = first
  while (end < limit) {
    const next = runEnd(bytes, end, limit)
    if (next - end >= MIN_RUN) break
    end = next
  }
  return { length: end - from, repeats: false }
}

function runEnd(bytes: Uint8Array, from: number, limit: number): number {
  let i = from
  while (i < limit && bytes[i] === bytes[from]) i++
  return i
}

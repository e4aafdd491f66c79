// The times that the heads of ring-buffer pages state, read without decoding what is in them.

import type { ByteSource } from '../../bytes.js'
import type { Unpack } from './compression.js'
import type { Head } from './head.js'
import { pageTimes } from './resync.js'
import { fetchRange, type StreamPlace, swapWords, unpackRange } from './stream-bytes.js'

/** Layout of a ring-buffer page, from header_page. */
export interface PageShape {
  readonly commitSize: number
  readonly dataOffset: number
}

/** A file whose head is known, for looking at its streams. */
export interface OpenFile {
  readonly source: ByteSource
  readonly head: Head
  readonly shape: PageShape
  readonly unpack: Unpack | null
  readonly signal?: AbortSignal
}

/** Raw times of the pages among stream bytes [from, to), which begin with a page. */
export async function pageStamps(
  file: OpenFile,
  place: StreamPlace,
  pageSize: number,
  from: number,
  to: number,
): Promise<bigint[]> {
  const { bigEndian } = file.head
  const fetched = await fetchRange(file.source, place, from, to, file.signal)
  const words = new Int32Array((to - from + 3) >> 2)
  const bytes = new Uint8Array(words.buffer, 0, to - from)
  unpackRange(fetched, file.unpack, bytes)
  const lenient = pageHeadTimes(bytes, bigEndian, file.shape, pageSize)
  if (bigEndian) swapWords(words)
  const strict = pageTimes(words, bytes.length, { bigEndian, ...file.shape, epochHigh: 0, epochLow: 0 }, pageSize)
  return strict.length > 0 ? strict : lenient
}

/** Times of the pages on the grid whose heads make sense, whatever their records are like. */
function pageHeadTimes(bytes: Uint8Array, bigEndian: boolean, shape: PageShape, pageSize: number): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const out: bigint[] = []
  for (let at = 0; at + shape.dataOffset <= bytes.length; at += pageSize) {
    const commit = view.getUint32(at + (bigEndian && shape.commitSize === 8 ? 12 : 8), !bigEndian) & 0x7ffffff
    if (commit > 0 && commit <= pageSize - shape.dataOffset) out.push(view.getBigUint64(at, !bigEndian))
  }
  return out
}

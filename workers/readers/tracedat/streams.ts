// From the buffers that a head names to streams: where each CPU's bytes lie, how they are cut into blocks, and which times they span.

import type { ByteSource } from '../../bytes.js'
import type { BlockPlan, StreamMeta } from '../types.js'
import { scanChunks } from './chunks.js'
import type { Unpack } from './compression.js'
import { type BlockPlace, withOverlap } from './decode.js'
import type { BufferPlace, CpuPlace, Head } from './head.js'
import { pageTimes } from './resync.js'
import { chunksOf, diskBytes, fetchRange, type StreamPlace, swapWords, unpackRange } from './stream-bytes.js'

export interface Stream extends StreamMeta, StreamPlace {
  readonly pageSize: number
  /** Raw times of the first and last sound page; null where there is none. */
  readonly span: { readonly first: bigint; readonly last: bigint } | null
}

/** Layout of a ring-buffer page, from header_page. */
export interface PageShape {
  readonly commitSize: number
  readonly dataOffset: number
}

/** Uncompressed bytes of a block: small enough for progress, cancelling and several threads, large enough to be worth a message. */
const BLOCK = 1 << 22
/** `where` counts words of 4 bytes in 32 bits. */
const LONGEST = 2 ** 34

export async function openStreams(
  source: ByteSource,
  head: Head,
  shape: PageShape,
  unpack: Unpack | null,
  signal?: AbortSignal,
): Promise<Stream[]> {
  const streams: Stream[] = []
  for (const buffer of head.buffers) {
    for (const cpu of buffer.cpus) streams.push(await openStream(source, head, shape, buffer, cpu, unpack, signal))
  }
  return streams
}

async function openStream(
  source: ByteSource,
  head: Head,
  shape: PageShape,
  buffer: BufferPlace,
  cpu: CpuPlace,
  unpack: Unpack | null,
  signal?: AbortSignal,
): Promise<Stream> {
  const there = Math.max(0, Math.min(cpu.size, source.size - cpu.offset))
  if (there < cpu.size && !buffer.packed) {
    const message = `The file ends before the events of CPU ${cpu.cpu} do; ${cpu.size - there} of ${cpu.size} bytes are missing.`
    head.fault('error', 'truncated-file', message, source.size, cpu.cpu)
  }
  const chunks = buffer.packed && cpu.size > 0 ? await scanChunks(source, cpu, source.size, head, signal) : null
  let size = chunks ? chunks.raw.at(-1)! : buffer.packed ? 0 : there
  if (size > LONGEST) {
    head.fault('error', 'stream-too-long', `Only the first 16 GiB of CPU ${cpu.cpu} can be shown.`, cpu.offset, cpu.cpu)
    size = LONGEST
  }
  const last = chunks ? chunks.offset.length - 1 : -1
  const bytes = chunks && last >= 0 ? chunks.offset[last]! + chunks.packed[last]! - cpu.offset : there
  const place = { offset: cpu.offset, size, chunks }
  const pageSize = buffer.pageSize
  const span = await spanOf(source, head.bigEndian, shape, place, pageSize, unpack, signal)
  return { cpu: cpu.cpu, buffer: buffer.name, bytes, pageSize, ...place, span }
}

/** Blocks of whole pages. */
export function planBlocks(streams: readonly Stream[]): BlockPlan[] {
  const blocks: BlockPlan[] = []
  streams.forEach((s, stream) => {
    const step = Math.max(1, Math.floor(BLOCK / s.pageSize)) * s.pageSize
    for (let from = 0, index = 0; from < s.size; from += step, index++) {
      const to = Math.min(s.size, from + step)
      const chunks = s.chunks ? chunksOf(s.chunks, from, withOverlap(to, s)) : null
      const at: BlockPlace = { from, to, chunks }
      blocks.push({ stream, index, bytes: diskBytes(s, from, to), at })
    }
  })
  return blocks
}

/** Looks at the pages at both ends of a stream, past damaged ones, but never far. */
async function spanOf(
  source: ByteSource,
  bigEndian: boolean,
  shape: PageShape,
  place: StreamPlace,
  pageSize: number,
  unpack: Unpack | null,
  signal?: AbortSignal,
): Promise<Stream['span']> {
  const pages = Math.ceil(place.size / pageSize)
  if (pages === 0) return null
  const window = Math.max(1, Math.floor(65536 / pageSize))
  const stamps = async (from: number, to: number): Promise<bigint[]> => {
    const end = Math.min(place.size, to * pageSize)
    const fetched = await fetchRange(source, place, from * pageSize, end, signal)
    const words = new Int32Array((end - from * pageSize + 3) >> 2)
    const bytes = new Uint8Array(words.buffer, 0, end - from * pageSize)
    unpackRange(fetched, unpack, bytes)
    const lenient = pageHeadTimes(bytes, bigEndian, shape, pageSize)
    if (bigEndian) swapWords(words)
    const strict = pageTimes(words, bytes.length, { bigEndian, ...shape, epochHigh: 0, epochLow: 0 }, pageSize)
    return strict.length > 0 ? strict : lenient
  }
  const head = await stamps(0, Math.min(pages, window))
  const tail = pages <= window ? head : await stamps(pages - window, pages)
  const first = head[0] ?? tail[0]
  const last = tail.at(-1) ?? head.at(-1)
  return first === undefined || last === undefined ? null : { first, last: last < first ? first : last }
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

/**
 * The raw time that FileTicks 0 stands for: the earliest first page, but for pages so far from the others that they can only be
 * damaged (they would push all sound times beyond the exact numbers).
 */
export function epochOf(streams: readonly Stream[]): bigint {
  const firsts = streams.flatMap((s) => (s.span ? [s.span.first] : [])).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const middle = firsts[firsts.length >> 1]
  if (middle === undefined) return 0n
  return firsts.find((t) => middle - t < 2n ** 52n) ?? middle
}

// From the buffers that a head names to streams: where each CPU's bytes lie, how they are cut into blocks, and which times they span.

import type { ByteSource } from '../../bytes.js'
import type { BlockPlan, StreamMeta } from '../types.js'
import { chunksEnd, scanChunks } from './chunks.js'
import type { Unpack } from './compression.js'
import { type BlockPlace, withOverlap } from './decode.js'
import type { BufferPlace, CpuPlace, Head } from './head.js'
import { endChunks } from './probe.js'
import { type OpenFile, type PageShape, pageStamps } from './page-times.js'
import { type Chunks, chunksOf, diskBytes, type StreamPlace } from './stream-bytes.js'

/** What the head tells of a stream, and the pages at its ends. */
export interface StreamHead extends StreamMeta {
  readonly place: CpuPlace
  readonly pageSize: number
  readonly packed: boolean
  /** Bytes of it that the file holds. */
  readonly there: number
  /** Index of all chunks, where one had to be made to find the ends. */
  readonly chunks: Chunks | null
  /** Raw times of the first and last sound page; null where there is none. */
  readonly span: { readonly first: bigint; readonly last: bigint } | null
}

/** A stream laid out for decoding: all of it, or the part that can hold what was asked for. */
export interface Stream extends StreamPlace {
  readonly cpu: number
  readonly pageSize: number
  /** First byte of the stream to decode: the start of a page. */
  readonly from: number
  readonly to: number
}

/** Uncompressed bytes of a block: small enough for progress, cancelling and several threads, large enough to be worth a message. */
const BLOCK = 1 << 22

/** Looks at the ends of all streams at the same time: on a distant file, waiting is what costs. */
export async function openStreams(
  source: ByteSource,
  head: Head,
  shape: PageShape,
  unpack: Unpack | null,
  signal?: AbortSignal,
): Promise<StreamHead[]> {
  const file = { source, head, shape, unpack, signal }
  return Promise.all(head.buffers.flatMap((buffer) => buffer.cpus.map((cpu) => openStream(file, buffer, cpu))))
}

async function openStream(file: OpenFile, buffer: BufferPlace, place: CpuPlace): Promise<StreamHead> {
  const { source, head } = file
  const { cpu } = place
  const { packed, pageSize } = buffer
  const there = Math.max(0, Math.min(place.size, source.size - place.offset))
  const common = { cpu, buffer: buffer.name, place, pageSize, packed, there }
  if (!packed) {
    if (there < place.size) {
      const message = `The file ends before the events of CPU ${cpu} do; ${place.size - there} of ${place.size} bytes are missing.`
      head.fault('error', 'truncated-file', message, source.size, cpu)
    }
    const whole = { offset: place.offset, size: there, chunks: null }
    return { ...common, bytes: there, chunks: null, span: await spanOf(file, whole, pageSize) }
  }
  if (place.size === 0) return { ...common, bytes: 0, chunks: null, span: null }
  const ends = await endChunks(file, place)
  if (ends) {
    const [first, last] = await Promise.all(
      [ends.first, ends.last].map((c) =>
        pageStamps(file, { offset: place.offset, size: c.raw.at(-1)!, chunks: c }, pageSize, 0, c.raw.at(-1)!),
      ),
    )
    if (first![0] !== undefined && last!.at(-1) !== undefined) {
      const bytes = chunksEnd(place, source.size) - place.offset
      return { ...common, bytes, chunks: null, span: spanFrom(first![0], last!.at(-1)!) }
    }
  }
  // One of the ends is damaged: only the whole index tells what can be had.
  const chunks = await scanChunks(source, place, source.size, head, file.signal)
  const n = chunks.offset.length - 1
  const bytes = n >= 0 ? chunks.offset[n]! + chunks.packed[n]! - place.offset : there
  const whole = { offset: place.offset, size: chunks.raw.at(-1)!, chunks }
  return { ...common, bytes, chunks, span: await spanOf(file, whole, pageSize) }
}

/** Whole pages in pieces that are worth a message each. */
export function planBlocks(streams: readonly Stream[]): BlockPlan[] {
  const blocks: BlockPlan[] = []
  streams.forEach((s, stream) => {
    const step = Math.max(1, Math.floor(BLOCK / s.pageSize)) * s.pageSize
    for (let from = s.from, index = 0; from < s.to; from += step, index++) {
      const to = Math.min(s.to, from + step)
      const chunks = s.chunks ? chunksOf(s.chunks, from, withOverlap(to, s)) : null
      const at: BlockPlace = { from, to, chunks }
      blocks.push({ stream, index, bytes: diskBytes(s, from, to), at })
    }
  })
  return blocks
}

/** Looks at the pages at both ends of a stream, past damaged ones, but never far. */
async function spanOf(file: OpenFile, place: StreamPlace, pageSize: number): Promise<StreamHead['span']> {
  const pages = Math.ceil(place.size / pageSize)
  if (pages === 0) return null
  const window = Math.max(1, Math.floor(65536 / pageSize))
  const stamps = (from: number, to: number): Promise<bigint[]> =>
    pageStamps(file, place, pageSize, from * pageSize, Math.min(place.size, to * pageSize))
  const [head, tail] = await Promise.all([
    stamps(0, Math.min(pages, window)),
    pages <= window ? null : stamps(pages - window, pages),
  ])
  const first = head[0] ?? tail?.[0]
  const last = (tail ?? head).at(-1) ?? head.at(-1)
  return first === undefined || last === undefined ? null : spanFrom(first, last)
}

const spanFrom = (first: bigint, last: bigint): NonNullable<StreamHead['span']> => ({
  first,
  last: last < first ? first : last,
})

/**
 * The raw time that FileTicks 0 stands for: the earliest first page, but for pages so far from the others that they can only be
 * damaged (they would push all sound times beyond the exact numbers).
 */
export function epochOf(streams: readonly StreamHead[]): bigint {
  const firsts = streams.flatMap((s) => (s.span ? [s.span.first] : [])).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const middle = firsts[firsts.length >> 1]
  if (middle === undefined) return 0n
  return firsts.find((t) => middle - t < 2n ** 52n) ?? middle
}

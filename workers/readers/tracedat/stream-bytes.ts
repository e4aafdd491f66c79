// The uncompressed bytes of a stream (one CPU's ring-buffer pages), wherever they come from: a range of the file, or chunks to be
// unpacked. Decoder and records read through here, each with the part of the chunk index that it needs.

import type { ByteSource } from '../../bytes.js'
import type { Unpack } from './compression.js'

/** Chunks of a compressed stream, in order: plain data. */
export interface Chunks {
  /** File position of the packed bytes. */
  readonly offset: Float64Array<ArrayBuffer>
  readonly packed: Uint32Array<ArrayBuffer>
  /** Start of each chunk in the stream's uncompressed bytes, and the end of the last: one entry more. */
  readonly raw: Float64Array<ArrayBuffer>
}

/** Where a stream's bytes lie: plain data. */
export interface StreamPlace {
  /** File position of stream byte 0, where the stream is not compressed. */
  readonly offset: number
  /** Uncompressed bytes that are there. */
  readonly size: number
  readonly chunks: Chunks | null
}

/** A part of a stream's bytes that could not be had; positions in the uncompressed bytes. */
export interface Hole {
  readonly from: number
  readonly to: number
  /** File position of the damage. */
  readonly at: number
}

/** Index of the chunk that holds stream byte `at`: the last one that starts at or before it. */
function chunkAt(chunks: Chunks, at: number): number {
  let lo = 0
  let hi = chunks.offset.length - 1
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1
    if (chunks.raw[mid]! <= at) lo = mid
    else hi = mid - 1
  }
  return lo
}

/** The chunks that hold stream bytes [from, to). Copies, so that a plan does not carry the whole index. */
export function chunksOf(chunks: Chunks, from: number, to: number): Chunks {
  const a = chunkAt(chunks, from)
  const b = chunkAt(chunks, Math.max(from, to - 1)) + 1
  return { offset: chunks.offset.slice(a, b), packed: chunks.packed.slice(a, b), raw: chunks.raw.slice(a, b + 1) }
}

/** Bytes on disk of stream bytes [from, to). */
export function diskBytes(place: StreamPlace, from: number, to: number): number {
  if (!place.chunks) return to - from
  const { offset, packed } = chunksOf(place.chunks, from, to)
  const last = offset.length - 1
  return last < 0 ? 0 : offset[last]! + packed[last]! - offset[0]!
}

/** File position of a stream byte; for compressed data that of its chunk. */
export function filePosition(place: StreamPlace, at: number): number {
  if (!place.chunks) return place.offset + at
  return place.chunks.offset[chunkAt(place.chunks, at)] ?? 0
}

/** Packed bytes of a part of a stream, read but not yet unpacked. */
export interface Fetched {
  readonly place: StreamPlace
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
  /** File position of bytes[0]. */
  readonly at: number
}

/** Reads what holds stream bytes [from, to) with one request. */
export async function fetchRange(
  source: ByteSource,
  place: StreamPlace,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<Fetched> {
  if (!place.chunks) {
    const at = place.offset + from
    return { place, from, to, bytes: await source.read(at, to - from, signal), at }
  }
  const chunks = chunksOf(place.chunks, from, to)
  const last = chunks.offset.length - 1
  const at = chunks.offset[0] ?? 0
  const length = last < 0 ? 0 : chunks.offset[last]! + chunks.packed[last]! - at
  return { place: { ...place, chunks }, from, to, bytes: await source.read(at, length, signal), at }
}

/** Unpacks into out[0 .. to - from). What cannot be had is zero there and listed. */
export function unpackRange(f: Fetched, unpack: Unpack | null, out: Uint8Array): Hole[] {
  const length = f.to - f.from
  const chunks = f.place.chunks
  if (!chunks) {
    const n = Math.min(length, f.bytes.length)
    out.set(n === f.bytes.length ? f.bytes : f.bytes.subarray(0, n))
    if (n < length) out.fill(0, n, length)
    return n < length ? [{ from: f.from + n, to: f.to, at: f.at + n }] : []
  }
  const holes: Hole[] = []
  for (let i = 0; i < chunks.offset.length; i++) {
    const from = Math.max(f.from, chunks.raw[i]!)
    const to = Math.min(f.to, chunks.raw[i + 1]!)
    const start = chunks.offset[i]! - f.at
    const packed = f.bytes.subarray(start, start + chunks.packed[i]!)
    const raw = tryUnpack(unpack, packed, chunks.packed[i]!, chunks.raw[i + 1]! - chunks.raw[i]!)
    if (raw) {
      out.set(raw.subarray(from - chunks.raw[i]!, to - chunks.raw[i]!), from - f.from)
    } else {
      out.fill(0, from - f.from, to - f.from)
      holes.push({ from, to, at: chunks.offset[i]! })
    }
  }
  return holes
}

function tryUnpack(unpack: Unpack | null, packed: Uint8Array, stated: number, size: number): Uint8Array | null {
  if (!unpack || packed.length < stated) return null
  try {
    return unpack(packed, size)
  } catch {
    return null
  }
}

/** Turns big-endian words into this machine's order, in place. */
export function swapWords(words: Int32Array): void {
  for (let i = 0; i < words.length; i++) {
    const w = words[i]!
    words[i] = ((w & 0xff) << 24) | ((w & 0xff00) << 8) | ((w >>> 8) & 0xff00) | (w >>> 24)
  }
}

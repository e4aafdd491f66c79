// Looking at single places of a stream: its first and last chunk, and the first page or chunk at or behind a byte of the file. Each
// look costs a few kB, so that the part of a stream that holds a range of time is found without reading the rest.

import { chunksEnd, type ChunkRange, scanChunks, Windows } from './chunks.js'
import type { CpuPlace } from './head.js'
import type { Chunks } from './stream-bytes.js'
import { type OpenFile, pageStamps } from './page-times.js'

/** A page, or a chunk of them, whose time is known. */
export interface Mark {
  /** Where it begins in the file; a chunk: where its header does. */
  readonly at: number
  /** Raw time of its first sound page. */
  readonly time: bigint
}

/** Places of one stream, by their position in the file. */
export interface Places {
  readonly from: number
  readonly end: number
  /** Bytes closer together than this are read rather than looked for. */
  readonly step: number
  /** The first sound one that begins at or behind `at`; null where none is found before the end. */
  look(at: number): Promise<Mark | null>
}

/** Furthest that a look goes past damage. */
const FAR = 1 << 22
const PAGES_FAR = 64

/** Pages of a stream that is not compressed. */
export function pagePlaces(file: OpenFile, place: CpuPlace, there: number, pageSize: number): Places {
  const stream = { offset: place.offset, size: there, chunks: null }
  return {
    from: place.offset,
    end: place.offset + there,
    step: 8 * pageSize,
    async look(at) {
      const first = Math.ceil((at - place.offset) / pageSize) * pageSize
      if (first >= there) return null
      for (const n of [1, PAGES_FAR]) {
        const [time] = await pageStamps(file, stream, pageSize, first, Math.min(there, first + n * pageSize))
        if (time !== undefined) return { at: place.offset + first, time }
      }
      return null
    },
  }
}

/** Chunks of a compressed stream. `usual` is the unpacked size of most of them. */
export function chunkPlaces(file: OpenFile, place: CpuPlace, pageSize: number, usual: number, mean: number): Places {
  const { source, head, signal } = file
  const end = chunksEnd(place, source.size)
  const window = windowFor(mean)
  return {
    from: place.offset + 4,
    end,
    step: 4 * mean,
    async look(from) {
      const windows = new Windows(source, end, head, signal, end, window)
      const far = Math.min(end, from + FAR)
      for (let at = from; at < far; at++) {
        at = await windows.find(at, far, usual)
        if (at < 0) return null
        const time = await firstTime(file, place, pageSize, windows, at)
        if (time !== null) return { at, time }
      }
      return null
    },
  }
}

/** Bytes of one look: a chunk that begins anywhere in the first of three is whole in them. */
const windowFor = (mean: number): number => Math.max(4096, Math.ceil((3 * mean) / 1024) * 1024)

/** Raw time of the first page of the chunk whose header lies at `at`; null where it is none after all. */
async function firstTime(
  file: OpenFile,
  place: CpuPlace,
  pageSize: number,
  windows: Windows,
  at: number,
): Promise<bigint | null> {
  const header = await windows.at(at, 8)
  if (!header) return null
  const packed = windows.u32(header, 0)
  const raw = windows.u32(header, 4)
  const bytes = await windows.at(at + 8, packed)
  if (!bytes) return null
  const chunks: Chunks = { offset: Float64Array.of(0), packed: Uint32Array.of(packed), raw: Float64Array.of(0, raw) }
  const source = { name: '', size: packed, read: () => Promise.resolve(bytes.subarray(0, packed)) }
  const stream = { offset: place.offset, size: raw, chunks }
  const [time] = await pageStamps({ ...file, source }, stream, pageSize, 0, Math.min(raw, pageSize))
  return time ?? null
}

export interface EndChunks {
  readonly first: Chunks
  readonly last: Chunks
  /** Chunks of the stream, as its head states. */
  readonly count: number
}

/** The first and the last chunk of a compressed CPU; null where one of them is not where it should be. */
export async function endChunks(file: OpenFile, place: CpuPlace): Promise<EndChunks | null> {
  const { source, head, signal } = file
  const end = chunksEnd(place, source.size)
  const from = place.offset + 4
  const start = new Windows(source, end, head, signal, place.offset + 12)
  const opening = await start.at(place.offset, 12)
  if (!opening || chunksEnd(place, Infinity) > source.size) return null
  const count = start.u32(opening, 0)
  if (count < 1 || !start.sound(opening, 4, from)) return null
  const usual = start.u32(opening, 8)
  const window = windowFor((end - from) / count)
  const only = (at: number): Promise<Chunks> => one(file, place, { at, until: at + 1 })
  if (count === 1) {
    const first = await only(from)
    return { first, last: first, count }
  }
  for (let reach = window; ; reach *= 8) {
    const windows = new Windows(source, end, head, signal, end, Math.min(reach, FAR))
    const begin = Math.max(from, end - reach)
    for (let at = begin; at < end; at++) {
      at = await windows.find(at, end, usual)
      if (at < 0) break
      const last = await lastOfChain(windows, at, end)
      if (last === null) continue
      const [first, tail] = await Promise.all([only(from), only(last)])
      return { first, last: tail, count }
    }
    if (begin === from || reach > FAR) return null
  }
}

const one = (file: OpenFile, place: CpuPlace, part: ChunkRange): Promise<Chunks> =>
  scanChunks(file.source, place, file.source.size, file.head, file.signal, part)

/** Where the last header of a chain of chunks lies, if the chain ends exactly at `end`. */
async function lastOfChain(windows: Windows, from: number, end: number): Promise<number | null> {
  let last = from
  for (let at = from; at < end;) {
    const header = await windows.at(at, 8)
    if (!header || !windows.sound(header, 0, at)) return null
    last = at
    at += 8 + windows.u32(header, 0)
    if (at > end) return null
  }
  return last
}

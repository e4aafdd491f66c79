// The index of a compressed CPU's chunks, from their headers alone (u32 packed size, u32 raw size). How far the chunks reach
// follows from the headers; where one is damaged, the next is found by how packed bytes begin.

import type { ByteSource } from '../../bytes.js'
import { beginsPacked, plausible } from './compression.js'
import type { CpuPlace, Head } from './head.js'
import type { Chunks } from './stream-bytes.js'

const WINDOW = 1 << 20
/** A chunk is some ten pages; one that claims more than this is damage. */
const MAX_CHUNK = 1 << 26

/** Bytes of the file by windows, read one after another. */
export class Windows {
  #bytes: Uint8Array = new Uint8Array(0)
  #start = 0

  /** @param until nothing behind it is read unless it is needed; @param window bytes of one read */
  constructor(
    private readonly source: ByteSource,
    readonly end: number,
    private readonly head: Head,
    private readonly signal?: AbortSignal,
    private readonly until = end,
    private readonly window = WINDOW,
  ) {}

  /** Bytes from `at` on, at least `n` of them; null where the file ends before. */
  async at(at: number, n: number): Promise<Uint8Array | null> {
    if (at + n > this.end) return null
    if (at < this.#start || at + n > this.#start + this.#bytes.length) {
      this.#start = at
      const most = Math.min(this.window, this.until - at)
      this.#bytes = await this.source.read(at, Math.min(Math.max(most, n), this.end - at), this.signal)
    }
    return at - this.#start + n <= this.#bytes.length ? this.#bytes.subarray(at - this.#start) : null
  }

  u32(bytes: Uint8Array, at: number): number {
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, !this.head.bigEndian)
  }

  /** Whether a chunk's header of sound sizes lies at `at` in `bytes`, which lie at `position` in the file. */
  sound(bytes: Uint8Array, at: number, position: number): boolean {
    const packed = this.u32(bytes, at)
    const raw = this.u32(bytes, at + 4)
    return packed > 0 && raw > 0 && raw <= MAX_CHUNK && plausible(packed, raw, this.end - position - 8)
  }

  /** Position of the first chunk at or behind `from` whose raw size is like that of others; -1 if there is none before `to`. */
  async find(from: number, to: number, usual: number): Promise<number> {
    for (let start = from; start + 12 <= to;) {
      const bytes = await this.at(start, 12)
      if (!bytes) return -1
      const n = Math.min(bytes.length, to - start) - 12
      for (let i = 0; i <= n; i++) {
        if (!beginsPacked(this.head.compression, bytes, i + 8) || !this.sound(bytes, i, start + i)) continue
        const raw = this.u32(bytes, i + 4)
        if (raw === usual || (raw < usual && raw % this.head.pageSize === 0)) return start + i
      }
      start += n + 1
    }
    return -1
  }
}

/** Where the chunks of a CPU end: its stated size leaves out their count. */
export const chunksEnd = (place: CpuPlace, end: number): number => Math.min(end, place.offset + place.size + 4)

/** A part of a CPU's chunks: those whose headers lie from `at` on and before `until`. */
export interface ChunkRange {
  readonly at: number
  readonly until: number
}

/** Reads the headers of the chunks of one CPU, or of a part of them. `end` is where they must end at the latest. */
export async function scanChunks(
  source: ByteSource,
  place: CpuPlace,
  end: number,
  head: Head,
  signal?: AbortSignal,
  part?: ChunkRange,
): Promise<Chunks> {
  const windows = new Windows(source, end, head, signal, part?.until)
  const offset: number[] = []
  const packed: number[] = []
  const raw: number[] = []
  const first = part ? null : await windows.at(place.offset, 4)
  const count = part ? Infinity : first ? windows.u32(first, 0) : 0
  const searchEnd = part ? Math.min(end, part.until) : chunksEnd(place, end)
  const until = part?.until ?? Infinity
  let at = part?.at ?? place.offset + 4
  while (offset.length < count && at < until) {
    const header = await windows.at(at, 8)
    if (header && windows.sound(header, 0, at)) {
      offset.push(at + 8)
      packed.push(windows.u32(header, 0))
      raw.push(windows.u32(header, 4))
      at += 8 + packed.at(-1)!
      continue
    }
    const usual = raw[0] ?? head.pageSize * 10
    const begin = await windows.at(at, 12)
    const here = begin !== null && beginsPacked(head.compression, begin, 8)
    const next = here
      ? await windows.find(at + 12, searchEnd, usual)
      : await windows.find((offset.at(-1) ?? place.offset) + 4, searchEnd, usual)
    if (next < 0) {
      const lost = count === Infinity ? 'Some' : `${count - offset.length} of ${count}`
      const message = `${lost} compressed chunks of CPU ${place.cpu} are lost with their events.`
      head.fault('error', 'damaged-chunks', message, at, place.cpu)
      break
    }
    const message = `The header of a compressed chunk of CPU ${place.cpu} is damaged; its size was found again.`
    head.fault('error', 'damaged-chunk-header', message, at, place.cpu)
    if (here) {
      // This header's own sizes are damaged.
      offset.push(at + 8)
      packed.push(next - at - 8)
      raw.push(usual)
    } else if (offset.length > 0) {
      // The chunk before claimed another length than it has.
      packed[packed.length - 1] = next - offset.at(-1)!
    }
    at = next
  }
  const ends = new Float64Array(offset.length + 1)
  raw.forEach((n, i) => (ends[i + 1] = ends[i]! + n))
  return { offset: new Float64Array(offset), packed: new Uint32Array(packed), raw: ends }
}

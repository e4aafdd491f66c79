// The buffers of a version 7 file: where the options say that they lie, and what can be found again where no option does.

import { scanChunks } from './chunks.js'
import { MAX_RAW, type Unpack } from './compression.js'
import { asText, type HeadReader } from './cursor.js'
import { type CpuPlace, Head, OptionId, type StraySection } from './head.js'
import type { OptionFacts } from './options.js'
import { BadPart } from './parts.js'
import { damage, readSectionHeader, type SectionHeader } from './sections.js'
import { fetchRange, unpackRange } from './stream-bytes.js'

/** Completes the buffers that the options name by what their sections say: whether they are compressed, text of latency tracers. */
export async function placeBuffers(
  r: HeadReader,
  head: Head,
  facts: OptionFacts,
  unpack: Unpack | null,
): Promise<void> {
  for (const { name, offset, text } of facts.bufferSections) {
    try {
      const s = await readSectionHeader(r, offset)
      if (text) {
        head.latency += await readLatency(r, s, head, unpack)
      } else {
        const buffer = facts.buffers.find((b) => b.name === name)
        if (s.id !== OptionId.Buffer) throw new BadPart('no events lie there', offset)
        if (buffer) head.buffers.push({ ...buffer, packed: s.packed })
      }
    } catch (e) {
      const why = damage(e)
      const label = name === '' ? 'The top buffer' : `Buffer ${name}`
      head.fault('error', 'damaged-buffer', `${label} cannot be read (${why.message}).`, why.at)
      // The options say where the events lie; all that the header would add is whether they are compressed.
      const buffer = facts.buffers.find((b) => b.name === name)
      if (buffer && !text) head.buffers.push({ ...buffer, packed: head.compression !== 'none' })
    }
  }
  for (const stray of head.strayBuffers) {
    if (!facts.bufferSections.some((b) => b.offset === stray.offset)) await placeStray(r, head, stray)
  }
}

/** A section of events whose option is lost: its CPUs follow one another, each from a page boundary on, in ascending order. */
async function placeStray(r: HeadReader, head: Head, stray: StraySection): Promise<void> {
  const pageSize = head.pageSize > 0 ? head.pageSize : 4096
  const align = (n: number): number => Math.ceil(n / pageSize) * pageSize
  const cpus: CpuPlace[] = []
  for (let at = align(stray.data); at + pageSize <= stray.end || (stray.packed && at + 12 < stray.end);) {
    const most = { cpu: cpus.length, offset: at, size: stray.end - at }
    const size = stray.packed ? await packedSize(r, most, head) : await runOfPages(r, at, stray.end, pageSize)
    if (size === 0) break
    cpus.push({ ...most, size })
    at = align(at + size)
  }
  if (cpus.length === 0) return
  const name = head.buffers.length === 0 ? '' : `lost-${head.buffers.length}`
  head.buffers.push({ name, clock: '', pageSize, packed: stray.packed, cpus })
  const message = `The table of a buffer's CPUs is lost; ${cpus.length} CPUs were found again, their numbers are guessed.`
  head.fault('error', 'buffer-found-again', message, stray.offset)
}

/** Bytes that the chunks of a CPU take, as far as they are there. */
async function packedSize(r: HeadReader, place: CpuPlace, head: Head): Promise<number> {
  const silent = new Head(head.file)
  silent.bigEndian = head.bigEndian
  silent.compression = head.compression
  silent.pageSize = head.pageSize
  const chunks = await scanChunks(r.source, place, place.offset + place.size, silent, r.signal)
  const last = chunks.offset.length - 1
  if (last < 0) return 0
  const whole = silent.faults.list.length === 0
  return whole ? chunks.offset[last]! + chunks.packed[last]! - place.offset : place.size
}

/** Bytes of the pages from `at` on whose times ascend: those of the next CPU begin earlier. */
async function runOfPages(r: HeadReader, at: number, end: number, pageSize: number): Promise<number> {
  const step = Math.max(1, Math.floor((1 << 20) / pageSize)) * pageSize
  let last = 0n
  for (let from = at; from < end; from += step) {
    const bytes = await r.source.read(from, Math.min(step, end - from), r.signal)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let p = 0; p + 8 <= bytes.length; p += pageSize) {
      const time = view.getBigUint64(p, !r.bigEndian)
      if (time < last) return from + p - at
      last = time
    }
  }
  return end - at
}

async function readLatency(r: HeadReader, s: SectionHeader, head: Head, unpack: Unpack | null): Promise<string> {
  if (!s.packed) {
    r.pos = s.data
    return asText(await r.take(s.size))
  }
  const place = { cpu: 0, offset: s.data, size: s.size }
  const chunks = await scanChunks(r.source, place, r.source.size, head, r.signal)
  const size = chunks.raw.at(-1)!
  const bytes = new Uint8Array(Math.min(size, MAX_RAW))
  const stream = { offset: s.data, size, chunks }
  unpackRange(await fetchRange(r.source, stream, 0, bytes.length, r.signal), unpack, bytes)
  return asText(bytes)
}

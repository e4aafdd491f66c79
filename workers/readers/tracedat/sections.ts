// trace.dat version 7: sections found through options. Where the chain of options is broken, the sections themselves are walked,
// since each one's header says how long it is.

import { memorySource } from '../../bytes.js'
import { plausible, type Unpack } from './compression.js'
import { Cursor, HeadReader, ShortRead } from './cursor.js'
import { type Head, OptionId, optionName } from './head.js'
import { BadPart, readCmdlines, readEventFormats, readFtraceFormats, readHeaderInfo, readPrintk } from './parts.js'

export interface SectionHeader {
  readonly id: number
  readonly packed: boolean
  /** Bytes on disk behind the header. */
  readonly size: number
  /** Position of the first byte behind the header. */
  readonly data: number
}

export async function readSectionHeader(r: HeadReader, offset: number): Promise<SectionHeader> {
  r.pos = offset
  const c = new Cursor(await r.take(16), r.bigEndian)
  const id = c.u16()
  const flags = c.u16()
  c.u32()
  return { id, packed: (flags & 1) !== 0, size: c.size(), data: offset + 16 }
}

/** The bytes of a section other than a buffer's, unpacked. */
export async function readSection(r: HeadReader, s: SectionHeader, unpack: Unpack | null): Promise<Uint8Array> {
  r.pos = s.data
  if (!s.packed) return r.take(s.size)
  const c = new Cursor(await r.take(8), r.bigEndian)
  const packed = c.u32()
  const raw = c.u32()
  if (!plausible(packed, raw, r.left)) throw new ShortRead(s.data, packed, r.left)
  if (!unpack) throw new BadPart('its compression is not known', s.data)
  try {
    return unpack(await r.take(packed), raw)
  } catch (e) {
    if (e instanceof ShortRead) throw e
    throw new BadPart('it does not unpack', s.data)
  }
}

export function damage(e: unknown): { message: string; at: number } {
  if (e instanceof ShortRead) return { message: 'the file ends before it does', at: e.at }
  if (e instanceof BadPart) return { message: e.message, at: e.at }
  throw e
}

/** Reads everything behind the common start; `r` stands at the offset of the first options section. */
export async function readV7(r: HeadReader, head: Head, unpack: Unpack | null): Promise<void> {
  const first = await r.size()
  const start = r.pos
  const offsets = new Map<number, number>()
  const whole = await readOptionChain(r, head, first, unpack, offsets)
  if (!whole || !offsets.has(OptionId.HeaderInfo)) await walk(r, head, start, unpack, offsets)
  await readPart(r, head, unpack, offsets, OptionId.HeaderInfo, readHeaderInfo)
  await readPart(r, head, unpack, offsets, OptionId.FtraceEvents, readFtraceFormats)
  await readPart(r, head, unpack, offsets, OptionId.EventFormats, readEventFormats)
  await readPart(r, head, unpack, offsets, OptionId.Printk, readPrintk)
  await readPart(r, head, unpack, offsets, OptionId.Cmdlines, readCmdlines)
  const kallsyms = offsets.get(OptionId.Kallsyms)
  if (kallsyms !== undefined) head.kallsyms = { offset: kallsyms, size: 0, section: true }
}

/** Follows the options sections from `first`; false where the chain breaks. */
async function readOptionChain(
  r: HeadReader,
  head: Head,
  first: number,
  unpack: Unpack | null,
  offsets: Map<number, number>,
): Promise<boolean> {
  const seen = new Set<number>()
  for (let at = first; at !== 0;) {
    if (seen.has(at)) {
      head.fault('warning', 'options-loop', 'The chain of options leads back to itself and was left there.', at)
      return true
    }
    seen.add(at)
    try {
      const s = await readSectionHeader(r, at)
      if (s.id !== OptionId.Done) throw new BadPart('no options lie there', at)
      at = readOptions(await readSection(r, s, unpack), s, head, offsets)
    } catch (e) {
      const why = damage(e)
      head.fault('error', 'damaged-options', `A section of options cannot be read (${why.message}).`, why.at)
      return false
    }
  }
  return true
}

/** Takes the options of one section; returns the position of the next, 0 at the end of the chain. */
function readOptions(bytes: Uint8Array, s: SectionHeader, head: Head, offsets: Map<number, number>): number {
  const c = new Cursor(bytes, head.bigEndian)
  for (;;) {
    const at = s.packed ? s.data : s.data + c.pos
    if (c.left === 0) return 0
    const id = c.u16()
    const data = c.take(c.u32())
    if (id === OptionId.Done) return data.length >= 8 ? new Cursor(data, head.bigEndian).size() : 0
    head.options.push({ id, data: data.slice(), at })
    if (isPart(id) && data.length >= 8) offsets.set(id, new Cursor(data, head.bigEndian).size())
  }
}

const isPart = (id: number): boolean =>
  (id >= OptionId.HeaderInfo && id <= OptionId.Cmdlines) || id === OptionId.BtfFile || id === OptionId.ModulesFile

/** Finds sections by their headers alone, and the options that the broken chain did not lead to. */
async function walk(
  r: HeadReader,
  head: Head,
  start: number,
  unpack: Unpack | null,
  offsets: Map<number, number>,
): Promise<void> {
  const known = new Set(head.options.map((o) => o.at))
  for (let at = start; at + 16 <= r.source.size;) {
    const s = await readSectionHeader(r, at)
    if (optionName(s.id) === null) return
    const cut = s.size === 0 || s.data + s.size > r.source.size
    if (s.id === OptionId.Buffer) {
      const end = cut ? r.source.size : s.data + s.size
      head.strayBuffers.push({ offset: at, data: s.data, end, packed: s.packed })
    }
    if (cut) return
    if (isPart(s.id) && !offsets.has(s.id)) offsets.set(s.id, at)
    if (s.id === OptionId.Done && !known.has(s.data)) {
      try {
        readOptions(await readSection(r, s, unpack), s, head, offsets)
      } catch (e) {
        const why = damage(e)
        head.fault('error', 'damaged-options', `A section of options cannot be read (${why.message}).`, why.at)
      }
    }
    at = s.data + s.size
  }
}

async function readPart(
  r: HeadReader,
  head: Head,
  unpack: Unpack | null,
  offsets: Map<number, number>,
  id: number,
  read: (r: HeadReader, head: Head) => Promise<void>,
): Promise<void> {
  const at = offsets.get(id)
  if (at === undefined) return
  try {
    const s = await readSectionHeader(r, at)
    if (s.id !== id) throw new BadPart('another one lies there', at)
    const bytes = await readSection(r, s, unpack)
    const part = new HeadReader(memorySource(head.file, bytes), 0)
    part.bigEndian = head.bigEndian
    await read(part, head)
  } catch (e) {
    const why = damage(e)
    head.fault('error', 'damaged-section', `The section ${optionName(id)} cannot be read (${why.message}).`, at)
  }
}

// The parts of a head as they lie in the file, for writing them into another one.

import { type Container } from './container.js'
import { Cursor, HeadReader } from './cursor.js'
import { type Head, OptionId } from './head.js'
import { pageShapeOf } from './layout.js'
import { damage, readSection, readSectionHeader } from './sections.js'
import { InputError } from '../../fault.js'
import type { HeadCopy } from '../types.js'

/** Parts that are kept, in the order in which they are written. */
const parts: readonly { readonly id: number; readonly name: string }[] = [
  { id: OptionId.HeaderInfo, name: 'headers' },
  { id: OptionId.FtraceEvents, name: 'ftrace events' },
  { id: OptionId.EventFormats, name: 'events format' },
  { id: OptionId.Kallsyms, name: 'kallsyms' },
  { id: OptionId.Printk, name: 'printk' },
  { id: OptionId.Cmdlines, name: 'saved_cmdlines' },
  { id: OptionId.BtfFile, name: 'btf file' },
  { id: OptionId.ModulesFile, name: 'modules file' },
]

/** Options that are true of the whole recording only, or that say where something lies. */
const dropped: ReadonlySet<number> = new Set([
  OptionId.CpuStat,
  OptionId.Buffer,
  OptionId.Strings,
  OptionId.BufferText,
  ...parts.map((p) => p.id),
])

/** Throws InputError where a part is damaged. */
export async function copyHead(container: Container, signal?: AbortSignal): Promise<HeadCopy> {
  const { head } = container
  const r = new HeadReader(container.reader.source, 0, signal)
  r.bigEndian = head.bigEndian
  const options = head.options
    .filter((o) => !dropped.has(o.id))
    .map((o) => (o.id === OptionId.TraceClock && o.data.length === 0 ? { ...o, data: clockText(head) } : o))
    .map(({ id, data }) => ({ id, data }))
  const { commitSize, dataOffset } = pageShapeOf(head)
  try {
    const sections = head.version === '7' ? await sectionsV7(r, container) : await sectionsV6(r)
    return {
      start: { bigEndian: head.bigEndian, longSize: head.longSize, pageSize: head.pageSize },
      sections,
      options,
      buffers: head.buffers.map(({ name, clock, pageSize }) => ({ name, clock, pageSize })),
      commitSize,
      dataOffset,
    }
  } catch (e) {
    signal?.throwIfAborted()
    const { message, at } = damage(e)
    const text = `The head of ${head.file} is damaged (${message}) and cannot be copied.`
    throw new InputError(text, 'damaged-head', head.file, at)
  }
}

/** Version 6 keeps the kernel's list of clocks behind the table of the CPUs, version 7 in the option itself. */
const clockText = (head: Head): Uint8Array => new TextEncoder().encode(`${head.clockText}\0`)

async function sectionsV7(r: HeadReader, { head, unpack }: Container): Promise<HeadCopy['sections']> {
  const sections: { id: number; name: string; bytes: Uint8Array }[] = []
  for (const { id, name } of parts) {
    const option = head.options.findLast((o) => o.id === id && o.data.length >= 8)
    if (!option) continue
    const s = await readSectionHeader(r, new Cursor(option.data, head.bigEndian).size())
    sections.push({ id, name, bytes: (await readSection(r, s, unpack)).slice() })
  }
  return sections
}

/** The parts follow one another behind the common start, in the form that they have as sections too. */
async function sectionsV6(r: HeadReader): Promise<HeadCopy['sections']> {
  r.pos = 'xxxtracing'.length
  await r.text(16)
  r.skip(2 + 4)
  const ends: Readonly<Record<number, () => Promise<void>>> = {
    [OptionId.HeaderInfo]: async () => {
      r.skip('header_page\0'.length)
      r.skip(await r.size())
      r.skip('header_event\0'.length)
      r.skip(await r.size())
    },
    [OptionId.FtraceEvents]: async () => skipFormats(r),
    [OptionId.EventFormats]: async () => {
      for (let systems = await r.u32(); systems > 0; systems--) {
        await r.text()
        await skipFormats(r)
      }
    },
    [OptionId.Kallsyms]: async () => r.skip(await r.u32()),
    [OptionId.Printk]: async () => r.skip(await r.u32()),
    [OptionId.Cmdlines]: async () => r.skip(await r.size()),
  }
  const sections: { id: number; name: string; bytes: Uint8Array }[] = []
  for (const { id, name } of parts) {
    const skip = ends[id]
    if (!skip) continue
    const from = r.pos
    await skip()
    const size = r.pos - from
    r.pos = from
    sections.push({ id, name, bytes: (await r.take(size)).slice() })
  }
  return sections
}

async function skipFormats(r: HeadReader): Promise<void> {
  for (let n = await r.u32(); n > 0; n--) r.skip(await r.size())
}

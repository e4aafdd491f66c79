// The parts that both versions of a trace.dat head are made of: v6 puts them one after another, v7 into sections.

import { asText, type HeadReader, ShortRead } from './cursor.js'
import type { Head } from './head.js'

/** A part that is not what it should be (a tag is missing, a count is absurd). */
export class BadPart extends Error {
  override readonly name = 'BadPart'
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message)
  }
}

async function sized(r: HeadReader, size: number): Promise<string> {
  return asText(await r.take(size))
}

/** header_page and header_event. */
export async function readHeaderInfo(r: HeadReader, head: Head): Promise<void> {
  const at = r.pos
  if ((await r.tag(12)) !== 'header_page\0') throw new BadPart('the description of the ring-buffer page is missing', at)
  head.headerPage = await sized(r, await r.size())
  const at2 = r.pos
  if ((await r.tag(13)) !== 'header_event\0') throw new BadPart('the description of the event header is missing', at2)
  r.skip(await r.size())
}

export async function readFtraceFormats(r: HeadReader, head: Head): Promise<void> {
  const count = await r.u32()
  if (count * 8 > r.left) throw new ShortRead(r.pos, count * 8, r.left)
  for (let i = 0; i < count; i++) head.formats.push({ system: 'ftrace', text: await sized(r, await r.size()) })
}

export async function readEventFormats(r: HeadReader, head: Head): Promise<void> {
  const systems = await r.u32()
  if (systems * 5 > r.left) throw new ShortRead(r.pos, systems * 5, r.left)
  for (let s = 0; s < systems; s++) {
    const system = await r.text()
    const count = await r.u32()
    if (count * 8 > r.left) throw new ShortRead(r.pos, count * 8, r.left)
    for (let i = 0; i < count; i++) head.formats.push({ system, text: await sized(r, await r.size()) })
  }
}

export async function readPrintk(r: HeadReader, head: Head): Promise<void> {
  head.printk = await sized(r, await r.u32())
}

export async function readCmdlines(r: HeadReader, head: Head): Promise<void> {
  head.cmdlines = await sized(r, await r.size())
}

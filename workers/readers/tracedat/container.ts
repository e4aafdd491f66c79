// The common start of every trace.dat file, and which version's reader takes over behind it.

import type { ByteSource } from '../../bytes.js'
import { InputError } from '../../fault.js'
import { type Unpack, unpackerOf } from './compression.js'
import { HeadReader, ShortRead } from './cursor.js'
import { Head } from './head.js'
import { BadPart } from './parts.js'
import { readV7 } from './sections.js'
import { readV6 } from './v6.js'

const MAGIC = [0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67]

/** Whether bytes begin as a trace.dat file does: 17 08 44 "tracing". */
export const isTraceDat = (head: Uint8Array): boolean => MAGIC.every((b, i) => head[i] === b)

export interface Container {
  readonly head: Head
  readonly unpack: Unpack | null
  readonly reader: HeadReader
}

/** Reads the head of a file. Throws InputError where not even the formats of page and events can be had. */
export async function readContainer(source: ByteSource, signal?: AbortSignal): Promise<Container> {
  const head = new Head(source.name)
  const r = new HeadReader(source, MAGIC.length, signal)
  let unpack: Unpack | null = null
  try {
    head.version = await r.text(16)
    head.bigEndian = (await r.u8()) !== 0
    r.bigEndian = head.bigEndian
    head.longSize = await r.u8()
    head.pageSize = await r.u32()
    if (head.version === '6') {
      await readV6(r, head)
    } else if (head.version === '7') {
      head.compression = await r.text(64)
      await r.text(64)
      unpack = await unpackerOf(head.compression)
      if (!unpack) {
        const message = `${source.name} is compressed with ${head.compression}; only zstd, zlib and none can be read.`
        throw new InputError(message, 'unknown-compression', source.name)
      }
      await readV7(r, head, unpack)
    } else {
      const message = `${source.name} is a trace.dat file of version ${head.version}; only versions 6 and 7 can be read.`
      throw new InputError(message, 'unknown-version', source.name)
    }
  } catch (e) {
    if (!(e instanceof ShortRead || e instanceof BadPart)) throw e
    const why = e instanceof ShortRead ? 'ends inside its head' : `has a damaged head: ${e.message}`
    throw new InputError(`${source.name} ${why}; no event of it can be read.`, 'damaged-head', source.name, e.at)
  }
  if (head.headerPage === '' && head.formats.length === 0) {
    const message = `${source.name} has lost the description of its events; none of them can be read.`
    throw new InputError(message, 'damaged-head', source.name)
  }
  return { head, unpack, reader: r }
}

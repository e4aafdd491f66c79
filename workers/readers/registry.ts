// The formats that can be read. One entry per reader; which one opens a file is decided by the file's first bytes alone.

import type { ByteSource } from '../bytes.js'
import { InputError } from '../fault.js'
import { recordReader } from './records/reader.js'
import { traceDatReader } from './tracedat/index.js'
import type { BlockPlan, DecodedBlock, DecodePlan, TraceFile, TraceReader } from './types.js'
import { wireReader } from './wire/index.js'

const readers: readonly TraceReader[] = [traceDatReader, wireReader, recordReader]

/** The reader for a file that begins with `head`. Throws InputError with one sentence where there is none. */
function readerFor(head: Uint8Array, name: string): TraceReader {
  if (head.length === 0) throw new InputError(`${name} is empty.`, 'empty-file', name)
  const reader = readers.find((r) => r.recognises(head, name))
  if (reader) return reader
  const known = readers.map((r) => r.format).join(', ')
  const message = `${name} is ${describe(head)}, not a trace that can be read (${known}).`
  throw new InputError(message, 'unknown-format', name)
}

/** Format of a file that begins with `head`, null where no reader knows it. */
export const formatOf = (head: Uint8Array, name: string): string | null =>
  readers.find((r) => r.recognises(head, name))?.format ?? null

/** Opens a file with the reader that recognises it. Throws InputError where it cannot be read. */
export async function openTrace(source: ByteSource, signal?: AbortSignal): Promise<TraceFile> {
  const head = await source.read(0, Math.min(64, source.size), signal)
  return readerFor(head, source.name).open(source, signal)
}

/** Decodes one block of a file that openTrace() opened, on whatever thread. */
export function decodeBlock(
  plan: DecodePlan,
  block: BlockPlan,
  source: ByteSource,
  signal?: AbortSignal,
): Promise<DecodedBlock> {
  const reader = readers.find((r) => r.format === plan.format)
  if (!reader) return Promise.reject(new Error(`no reader for format ${plan.format}`))
  return reader.decode(plan, block, source, signal)
}

const signatures: readonly { readonly what: string; readonly bytes: readonly number[] }[] = [
  { what: 'a gzip archive (unpack it first)', bytes: [0x1f, 0x8b] },
  { what: 'a zstd archive (unpack it first)', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { what: 'a zip archive (unpack it first)', bytes: [0x50, 0x4b, 0x03, 0x04] },
  { what: 'a JPEG picture', bytes: [0xff, 0xd8, 0xff] },
  { what: 'a PNG picture', bytes: [0x89, 0x50, 0x4e, 0x47] },
  { what: 'a perf recording', bytes: [0x50, 0x45, 0x52, 0x46, 0x49, 0x4c, 0x45, 0x32] },
  { what: 'a program', bytes: [0x7f, 0x45, 0x4c, 0x46] },
]

/** What a file is, judged by its first bytes. */
function describe(head: Uint8Array): string {
  const known = signatures.find((s) => s.bytes.every((b, i) => head[i] === b))
  if (known) return known.what
  const text = head.every((b) => b >= 0x20 || (b >= 0x09 && b <= 0x0d))
  return text ? 'a text file' : 'a file of an unknown kind'
}

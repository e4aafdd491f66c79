// A trace.dat file, opened: its head made into TraceFileMeta, the plan for the decoder, and access to single records.

import type { ByteSource } from '../../bytes.js'
import type { EventTypeMeta, TraceFile, TraceFileMeta } from '../types.js'
import { placeBuffers } from './buffers.js'
import { type Container, readContainer } from './container.js'
import { Cursor, HeadReader, ShortRead } from './cursor.js'
import type { StreamPlan, TraceDatPlan } from './decode.js'
import { formatHead } from './formats.js'
import { type Head } from './head.js'
import { copyHead } from './head-copy.js'
import { layoutOf, pageShapeOf, soundPageSize } from './layout.js'
import { clockOf, type OptionFacts, readOptionFacts } from './options.js'
import { BadPart } from './parts.js'
import { Records, type RecordTexts } from './records.js'
import { readSection, readSectionHeader } from './sections.js'
import { layOutStreams } from './lay-out.js'
import { epochOf, openStreams, planBlocks, type Stream, type StreamHead } from './streams.js'
import {
  type EventFormat,
  parseCmdlines,
  parseEventFormat,
  parseKallsyms,
  parsePrintk,
  type SymbolTable,
} from './text/index.js'

export const FORMAT = 'trace.dat'

export async function openTraceDat(source: ByteSource, signal?: AbortSignal): Promise<TraceFile> {
  const container = await readContainer(source, signal)
  const { head, unpack } = container
  const facts = readOptionFacts(head)
  if (head.version === '7') await placeBuffers(container.reader, head, facts, unpack)
  const shape = pageShapeOf(head)
  soundPageSize(head, shape)
  const heads = await openStreams(source, head, shape, unpack, signal)
  const epoch = epochOf(heads)
  const { types, texts } = eventTypes(head)
  const comms = parseCmdlines(head.cmdlines)
  const layout = layoutOf(head, shape, types, texts, epoch)
  /** Filled when the decoding is laid out. */
  const streams: Stream[] = []
  const comm = (pid: number): string => (pid === 0 ? '<idle>' : (comms.get(pid) ?? '<...>'))
  // Names learned from the events are for the screens; what is printed of a record stays as trace-cmd prints it.
  const learned = new Map<number, string>()
  const meta = metaOf(source, head, facts, heads, types, comms, epoch, shape.commitSize)
  return {
    meta,
    faults: head.faults.list,
    async layOut(within, again) {
      const before = head.faults.list.length
      streams.splice(
        0,
        streams.length,
        ...(await layOutStreams({ source, head, shape, unpack, epoch }, heads, within, again)),
      )
      const data: TraceDatPlan = { ...layout, compression: head.compression, streams: streams.map(streamPlan) }
      return {
        plan: { format: FORMAT, fileName: source.name, data },
        blocks: planBlocks(streams),
        faults: head.faults.list.slice(before),
      }
    },
    span: (stream) => heads[stream]?.span ?? null,
    records: new Records(source, streams, layout, unpack, recordTexts(container, meta, types, texts, comm)),
    copyHead: (cancel) => copyHead(container, cancel),
    comm: (pid) => (comms.has(pid) ? comm(pid) : (learned.get(pid) ?? comm(pid))),
    learn: (names) => {
      for (const [pid, name] of names) learned.set(pid, name)
    },
  }
}

const streamPlan = (s: Stream): StreamPlan => ({ cpu: s.cpu, pageSize: s.pageSize, offset: s.offset, size: s.size })

/** Event types of a file, type 0 standing for all ids without a format, and the format texts by type. */
function eventTypes(head: Head): { types: EventTypeMeta[]; texts: string[] } {
  const types: EventTypeMeta[] = [{ system: '', name: 'unknown', id: -1 }]
  const texts: string[] = ['']
  const seen = new Set<number>()
  for (const { system, text } of head.formats) {
    const f = formatHead(text)
    if (!f) {
      head.fault('warning', 'bad-event-format', `A format of system ${system} has no name or id and was ignored.`)
    } else if (!seen.has(f.id)) {
      seen.add(f.id)
      types.push({ system, name: f.name, id: f.id })
      texts.push(text)
    }
  }
  return { types, texts }
}

function metaOf(
  source: ByteSource,
  head: Head,
  facts: OptionFacts,
  streams: readonly StreamHead[],
  types: readonly EventTypeMeta[],
  comms: ReadonlyMap<number, string>,
  epoch: bigint,
  longSize: number,
): TraceFileMeta {
  const top = head.buffers.find((b) => b.name === '')
  const clock = clockOf(facts.clockText) || clockOf(head.clockText) || clockOf(top?.clock ?? '')
  const bufferClocks: Record<string, string> = {}
  for (const b of head.buffers) {
    const own = clockOf(b.clock)
    if (own !== '' && own !== clock) bufferClocks[b.name] = own
  }
  const highest = streams.reduce((n, s) => Math.max(n, s.cpu + 1), 0)
  return {
    format: FORMAT,
    name: source.name,
    size: source.size,
    version: head.version,
    compression: head.compression,
    bigEndian: head.bigEndian,
    longSize,
    pageSize: head.pageSize,
    clock,
    bufferClocks,
    uname: facts.uname,
    tracerVersion: facts.tracerVersion,
    cpuCount: Math.max(facts.cpuCount ?? head.cpuCount, highest),
    traceId: facts.traceId,
    guests: facts.guests,
    timeShift: facts.timeShift,
    tsc2nsec: facts.tsc2nsec,
    dateOffset: facts.dateOffset,
    options: facts.list,
    epoch,
    streams: streams.map((s) => ({ cpu: s.cpu, buffer: s.buffer, bytes: s.bytes })),
    eventTypes: types,
    comms,
    text: [head.latency, facts.cpuStat].filter((t) => t !== '').join('\n'),
  }
}

/** Formats parsed when first asked for, symbols read with the first record. */
function recordTexts(
  container: Container,
  meta: TraceFileMeta,
  types: readonly EventTypeMeta[],
  texts: readonly string[],
  comm: (pid: number) => string,
): RecordTexts {
  const typeOf = new Map(types.map((t, i) => [t.id, i]))
  const formats = new Map<number, EventFormat | undefined>()
  const formatOf = (id: number): EventFormat | undefined => {
    if (formats.has(id)) return formats.get(id)
    const type = typeOf.get(id)
    const format = type ? tryFormat(texts[type]!, types[type]!.system) : undefined
    formats.set(id, format)
    return format
  }
  return {
    formatOf,
    context: async (signal) => {
      const kallsyms = await readKallsyms(container, signal)
      // Parsed at the first address: most events name none.
      let symbols: SymbolTable | undefined
      const printk = parsePrintk(container.head.printk)
      return {
        bigEndian: meta.bigEndian,
        longSize: meta.longSize,
        comm,
        symbol: (addr) => (symbols ??= parseKallsyms(kallsyms)).lookup(addr),
        printk: (addr) => printk.get(addr),
        formatById: formatOf,
        clock: meta.clock,
      }
    },
  }
}

function tryFormat(text: string, system: string): EventFormat | undefined {
  try {
    return parseEventFormat(text, system)
  } catch {
    // Its records are shown as raw bytes.
    return undefined
  }
}

/** kallsyms; empty where it is missing or damaged, since names are a help and no more. */
async function readKallsyms({ head, unpack, reader }: Container, signal?: AbortSignal): Promise<Uint8Array> {
  const later = head.kallsyms
  const none = new Uint8Array(0)
  if (!later) return none
  const r = new HeadReader(reader.source, later.offset, signal)
  r.bigEndian = head.bigEndian
  try {
    if (!later.section) return (await r.take(later.size)).slice()
    const bytes = await readSection(r, await readSectionHeader(r, later.offset), unpack)
    const c = new Cursor(bytes, head.bigEndian)
    const size = c.u32()
    return c.take(Math.min(size, c.left)).slice()
  } catch (e) {
    signal?.throwIfAborted()
    if (e instanceof ShortRead || e instanceof BadPart) return none
    throw e
  }
}

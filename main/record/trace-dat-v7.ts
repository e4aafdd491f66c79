// Writes a trace.dat, version 7, uncompressed, from what tracefs gives: the texts that describe the kernel, and per CPU a file of
// ring-buffer pages. The sections, their order and the options are those that trace-cmd writes.

import { open } from 'node:fs/promises'
import { ByteWriter } from '../../workers/write/byte-writer.js'
import { TraceDatWriter, type FileStart, type HeadSection, type RawOption } from '../../workers/write/trace-dat.js'
import { FileSink } from '../file-sink.js'
import { PieceSink } from '../piece-source.js'
import { version } from '../version.js'
import type { VcpuThread } from './preflight.js'

/** Files of tracefs and /proc by their path below tracefs, or `kallsyms`, `cmdlines`. */
export type HeadFiles = Readonly<Record<string, string>>

export interface GuestOption {
  readonly name: string
  readonly traceId: bigint
  readonly vcpus: readonly VcpuThread[]
}

export interface TraceDatParts {
  readonly files: HeadFiles
  /** Content of trace_clock: `[local] global mono`. */
  readonly clock: string
  /** `Linux host 6.1.0 x86_64`. */
  readonly uname: string
  readonly traceId: bigint
  readonly guests: readonly GuestOption[]
  readonly pageSize: number
  /** Highest CPU number + 1. */
  readonly cpuCount: number
  readonly cpus: readonly CpuPages[]
}

interface CpuPages {
  readonly cpu: number
  /** File of whole pages; its size is cut down to them. */
  readonly pages: string
  /** Content of per_cpu/cpuN/stats at the end; '' = not known. */
  readonly stats: string
}

const Option = {
  CpuStat: 2,
  TraceClock: 4,
  Uname: 5,
  CpuCount: 8,
  Version: 9,
  TraceId: 11,
  Guest: 13,
  HeaderInfo: 16,
  FtraceEvents: 17,
  EventFormats: 18,
  Kallsyms: 19,
  Printk: 20,
  Cmdlines: 21,
} as const

const startOf = (pageSize: number): FileStart => ({ bigEndian: false, longSize: 8, pageSize })
const writer = (): ByteWriter<FileStart> => new ByteWriter(startOf(0))
/** A text behind its length. */
const sized = (out: ByteWriter<FileStart>, size: 4 | 8, text: string): ByteWriter<FileStart> =>
  out.int(size, Buffer.byteLength(text)).text(text)

/** Formats of events/SYSTEM/EVENT/format by system, in the order of their names. */
function formatsOf(files: HeadFiles): Map<string, string[]> {
  const systems = new Map<string, string[]>()
  for (const path of Object.keys(files).sort()) {
    const found = /^events\/([^/]+)\/[^/]+\/format$/.exec(path)
    if (found) systems.set(found[1]!, [...(systems.get(found[1]!) ?? []), files[path]!])
  }
  return systems
}

function headSections(files: HeadFiles): HeadSection[] {
  const systems = formatsOf(files)
  const ftrace = systems.get('ftrace') ?? []
  const others = [...systems].filter(([name]) => name !== 'ftrace')
  const headers = sized(writer().string('header_page'), 8, files['events/header_page'] ?? '')
  sized(headers.string('header_event'), 8, files['events/header_event'] ?? '')
  const own = writer().u32(ftrace.length)
  for (const format of ftrace) sized(own, 8, format)
  const events = writer().u32(others.length)
  for (const [name, formats] of others) {
    events.string(name).u32(formats.length)
    for (const format of formats) sized(events, 8, format)
  }
  return [
    { id: Option.HeaderInfo, name: 'headers', bytes: headers.bytes },
    { id: Option.FtraceEvents, name: 'ftrace events', bytes: own.bytes },
    { id: Option.EventFormats, name: 'events format', bytes: events.bytes },
    { id: Option.Kallsyms, name: 'kallsyms', bytes: sized(writer(), 4, files['kallsyms'] ?? '').bytes },
    { id: Option.Printk, name: 'printk', bytes: sized(writer(), 4, files['printk_formats'] ?? '').bytes },
    { id: Option.Cmdlines, name: 'saved command lines', bytes: sized(writer(), 8, files['cmdlines'] ?? '').bytes },
  ]
}

function optionsOf(parts: TraceDatParts): RawOption[] {
  const text = (id: number, words: string): RawOption => ({ id, data: writer().string(words).bytes })
  const guests = parts.guests.map(({ name, traceId, vcpus }): RawOption => {
    const out = writer().string(name).u64(traceId).u32(vcpus.length)
    for (const v of vcpus) out.u32(v.cpu).u32(v.tid)
    return { id: Option.Guest, data: out.bytes }
  })
  return [
    text(Option.TraceClock, parts.clock),
    text(Option.Uname, parts.uname),
    text(Option.Version, `remora ${version}`),
    { id: Option.TraceId, data: writer().u64(parts.traceId).bytes },
    ...guests,
    ...parts.cpus.flatMap(({ cpu, stats }) => (stats ? [text(Option.CpuStat, `CPU: ${cpu}\n${stats}`)] : [])),
    { id: Option.CpuCount, data: writer().u32(parts.cpuCount).bytes },
  ]
}

/** Writes `to`. Rejects with the file system's error; what was written until then is of no use. */
export async function writeTraceDat(to: string, parts: TraceDatParts): Promise<void> {
  const sink = new FileSink(to)
  try {
    const out = begin(parts, new TraceDatWriter(startOf(parts.pageSize), sink))
    for (const { cpu, pages } of parts.cpus) {
      out.cpu(cpu)
      await copyPages(pages, parts.pageSize, (bytes) => out.pages(bytes))
    }
    out.finish(optionsOf(parts))
    sink.flush()
  } finally {
    sink.close()
  }
}

/** The same as it would be in memory, its pages being left where they are: those from `from` up to `to` of each file. */
export function layTraceDat(
  parts: Omit<TraceDatParts, 'cpus'> & {
    readonly cpus: readonly (CpuPages & { readonly from: number; readonly to: number })[]
  },
): PieceSink {
  const sink = new PieceSink()
  const out = begin(parts, new TraceDatWriter(startOf(parts.pageSize), sink))
  for (const { cpu, pages, from, to } of parts.cpus) {
    out.cpu(cpu)
    out.reserve(to - from)
    sink.refer(pages, from, to - from)
  }
  out.finish(optionsOf(parts))
  return sink
}

/** All that stands before the pages. */
function begin(parts: Omit<TraceDatParts, 'cpus'>, out: TraceDatWriter): TraceDatWriter {
  for (const section of headSections(parts.files)) out.section(section)
  out.buffer('', /\[(\S+)\]/.exec(parts.clock)?.[1] ?? '', parts.pageSize)
  return out
}

/** Bytes read at once, about. */
const AT_ONCE = 4 << 20

/** Hands out the whole pages of a file. */
async function copyPages(path: string, pageSize: number, give: (bytes: Uint8Array) => void): Promise<void> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const whole = size - (size % pageSize)
    const buffer = Buffer.alloc(Math.min(Math.ceil(AT_ONCE / pageSize) * pageSize, whole))
    for (let done = 0; done < whole;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, whole - done), done)
      if (bytesRead === 0) break
      give(buffer.subarray(0, bytesRead))
      done += bytesRead
    }
  } finally {
    await file.close()
  }
}

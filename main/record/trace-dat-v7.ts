// Writes a trace.dat, version 7, uncompressed, from what tracefs gives: the texts that describe the kernel, and per CPU a file of
// ring-buffer pages. The sections, their order and the options are those that trace-cmd writes.

import { open, type FileHandle } from 'node:fs/promises'
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
  readonly cpus: readonly {
    readonly cpu: number
    /** File of whole pages; its size is cut down to them. */
    readonly pages: string
    /** Content of per_cpu/cpuN/stats at the end. */
    readonly stats: string
  }[]
}

const Option = {
  Buffer: 3,
  TraceClock: 4,
  Uname: 5,
  CpuStat: 2,
  CpuCount: 8,
  Version: 9,
  TraceId: 11,
  Guest: 13,
  Strings: 15,
  HeaderInfo: 16,
  FtraceEvents: 17,
  EventFormats: 18,
  Kallsyms: 19,
  Printk: 20,
  Cmdlines: 21,
} as const

const u16 = (v: number): Buffer => {
  const b = Buffer.alloc(2)
  b.writeUInt16LE(v)
  return b
}
const u32 = (v: number): Buffer => {
  const b = Buffer.alloc(4)
  b.writeUInt32LE(v >>> 0)
  return b
}
const u64 = (v: number | bigint): Buffer => {
  const b = Buffer.alloc(8)
  b.writeBigUInt64LE(BigInt.asUintN(64, BigInt(v)))
  return b
}
const text = (s: string): Buffer => Buffer.from(s, 'utf8')
const string = (s: string): Buffer => text(`${s}\0`)
const sized32 = (s: string): Buffer[] => [u32(Buffer.byteLength(s)), text(s)]
const sized64 = (s: string): Buffer[] => [u64(Buffer.byteLength(s)), text(s)]

/** Formats of events/SYSTEM/EVENT/format by system, in the order of their names. */
function formatsOf(files: HeadFiles): Map<string, string[]> {
  const systems = new Map<string, string[]>()
  for (const path of Object.keys(files).sort()) {
    const found = /^events\/([^/]+)\/[^/]+\/format$/.exec(path)
    if (found) systems.set(found[1]!, [...(systems.get(found[1]!) ?? []), files[path]!])
  }
  return systems
}

function headSections(files: HeadFiles): { readonly id: number; readonly name: string; readonly body: Buffer }[] {
  const systems = formatsOf(files)
  const ftrace = systems.get('ftrace') ?? []
  const others = [...systems].filter(([name]) => name !== 'ftrace')
  const body = (...parts: Buffer[]): Buffer => Buffer.concat(parts)
  const page = files['events/header_page'] ?? ''
  const event = files['events/header_event'] ?? ''
  return [
    {
      id: Option.HeaderInfo,
      name: 'headers',
      body: body(string('header_page'), ...sized64(page), string('header_event'), ...sized64(event)),
    },
    { id: Option.FtraceEvents, name: 'ftrace events', body: body(u32(ftrace.length), ...ftrace.flatMap(sized64)) },
    {
      id: Option.EventFormats,
      name: 'events format',
      body: body(
        u32(others.length),
        ...others.flatMap(([name, formats]) => [string(name), u32(formats.length), ...formats.flatMap(sized64)]),
      ),
    },
    { id: Option.Kallsyms, name: 'kallsyms', body: body(...sized32(files['kallsyms'] ?? '')) },
    { id: Option.Printk, name: 'printk', body: body(...sized32(files['printk_formats'] ?? '')) },
    { id: Option.Cmdlines, name: 'saved command lines', body: body(...sized64(files['cmdlines'] ?? '')) },
  ]
}

/** Writes `to`. Rejects with the file system's error; what was written until then is of no use. */
export async function writeTraceDat(to: string, parts: TraceDatParts): Promise<void> {
  const file = await open(to, 'w')
  try {
    await write(file, parts)
  } finally {
    await file.close()
  }
}

async function write(file: FileHandle, parts: TraceDatParts): Promise<void> {
  let at = 0
  const strings: Buffer[] = []
  let stringBytes = 0
  const put = async (...bytes: Buffer[]): Promise<void> => {
    const all = Buffer.concat(bytes)
    await file.write(all, 0, all.length, at)
    at += all.length
  }
  const sectionHead = (id: number, name: string, size: number): Buffer => {
    const head = Buffer.concat([u16(id), u16(0), u32(stringBytes), u64(size)])
    strings.push(string(name))
    stringBytes += strings.at(-1)!.length
    return head
  }

  await put(Buffer.from([0x17, 0x08, 0x44]), text('tracing'), string('7'), Buffer.from([0, 8]), u32(parts.pageSize))
  await put(string('none'), string(''))
  const firstOptions = at
  await put(u64(0))

  const option = (id: number, ...data: Buffer[]): Buffer => {
    const body = Buffer.concat(data)
    return Buffer.concat([u16(id), u32(body.length), body])
  }
  const options: Buffer[] = []
  for (const { id, name, body } of headSections(parts.files)) {
    options.push(option(id, u64(at)))
    await put(sectionHead(id, name, body.length), body)
  }

  const sizes = await Promise.all(parts.cpus.map(({ pages }) => wholePages(pages, parts.pageSize)))
  const bufferAt = at
  const dataAt = Math.ceil((at + 16) / parts.pageSize) * parts.pageSize
  const dataBytes = sizes.reduce((sum, size) => sum + size, 0)
  await put(sectionHead(Option.Buffer, 'buffer ', dataAt - at - 16 + dataBytes))
  at = dataAt
  const table: Buffer[] = []
  for (const [i, { cpu, pages }] of parts.cpus.entries()) {
    table.push(u32(cpu), u64(at), u64(sizes[i]!))
    at = await append(file, at, pages, sizes[i]!)
  }

  options.push(
    option(Option.TraceClock, string(parts.clock)),
    option(Option.Uname, string(parts.uname)),
    option(Option.Version, string(`remora ${version}`)),
    option(Option.TraceId, u64(parts.traceId)),
    ...parts.guests.map((g) =>
      option(
        Option.Guest,
        string(g.name),
        u64(g.traceId),
        u32(g.vcpus.length),
        ...g.vcpus.flatMap((v) => [u32(v.cpu), u32(v.tid)]),
      ),
    ),
    ...parts.cpus.map(({ cpu, stats }) => option(Option.CpuStat, string(`CPU: ${cpu}\n${stats}`))),
    option(Option.CpuCount, u32(parts.cpuCount)),
    option(
      Option.Buffer,
      u64(bufferAt),
      string(''),
      string(/\[(\S+)\]/.exec(parts.clock)?.[1] ?? ''),
      u32(parts.pageSize),
      u32(parts.cpus.length),
      ...table,
    ),
    // The end: no further options section.
    option(0, u64(0)),
  )
  const optionsAt = at
  const body = Buffer.concat(options)
  await put(sectionHead(0, 'options', body.length), body)
  const names = Buffer.concat(strings)
  await put(Buffer.concat([u16(Option.Strings), u16(0), u32(0), u64(names.length)]), names)
  await file.write(u64(optionsAt), 0, 8, firstOptions)
}

async function wholePages(path: string, pageSize: number): Promise<number> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    return size - (size % pageSize)
  } finally {
    await file.close()
  }
}

const copyBytes = 4 << 20

async function append(to: FileHandle, at: number, path: string, size: number): Promise<number> {
  const from = await open(path, 'r')
  const buffer = Buffer.alloc(Math.min(copyBytes, size || 1))
  try {
    for (let done = 0; done < size;) {
      const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, size - done), done)
      if (bytesRead === 0) break
      await to.write(buffer, 0, bytesRead, at + done)
      done += bytesRead
    }
  } finally {
    await from.close()
  }
  return at + size
}

// Writes trace.dat, version 7, uncompressed (trace-cmd.dat.v7(5)): parts of the head as sections, the pages of each buffer, and at
// the end the options that point to all of them.

import { ByteWriter } from './byte-writer.js'

/** Where a file is written to: appended to, with a few numbers set later. */
export interface ByteSink {
  /** Takes the bytes before it returns; they may be reused. */
  append(bytes: Uint8Array): void
  /** Overwrites bytes that were appended before. */
  patch(at: number, bytes: Uint8Array): void
}

/** What stands at the start of a file, besides its version. */
export interface FileStart {
  readonly bigEndian: boolean
  /** Bytes in a long of the recorder's user space. */
  readonly longSize: number
  readonly pageSize: number
}

/** A part of the head: what the section with this id holds, unpacked. */
export interface HeadSection {
  readonly id: number
  readonly name: string
  readonly bytes: Uint8Array
}

export interface RawOption {
  readonly id: number
  readonly data: Uint8Array
}

const BUFFER = 3
const STRINGS = 15

interface CpuPlace {
  readonly cpu: number
  readonly offset: number
  size: number
}

interface OpenBuffer {
  /** Position of its section's header. */
  readonly at: number
  readonly name: string
  readonly clock: string
  readonly pageSize: number
  readonly cpus: CpuPlace[]
}

export class TraceDatWriter {
  /** Bytes written so far. */
  length = 0
  readonly #strings: ByteWriter<FileStart>
  readonly #options: RawOption[] = []
  readonly #optionsAt: number
  #open: OpenBuffer | null = null

  constructor(
    private readonly start: FileStart,
    private readonly sink: ByteSink,
  ) {
    this.#strings = this.#writer()
    const out = this.#writer()
      .raw(Uint8Array.of(0x17, 0x08, 0x44))
      .text('tracing')
      .string('7')
    out.int(1, start.bigEndian ? 1 : 0).int(1, start.longSize)
    out.u32(start.pageSize).string('none').string('')
    this.#optionsAt = out.length
    this.#put(out.u64(0))
  }

  /** A part of the head, and the option that says where it lies. */
  section({ id, name, bytes }: HeadSection): void {
    this.#options.push({ id, data: this.#writer().u64(this.length).bytes })
    this.#header(id, name, bytes.length)
    this.#append(bytes)
  }

  /** Begins a buffer ('' = the top one); its CPUs follow in ascending order. */
  buffer(name: string, clock: string, pageSize: number): void {
    this.#endBuffer()
    this.#open = { at: this.length, name, clock, pageSize, cpus: [] }
    this.#header(BUFFER, name === '' ? 'buffer' : `buffer ${name}`, 0)
  }

  /** Begins the pages of a CPU of the open buffer. */
  cpu(cpu: number): void {
    const { cpus, pageSize } = this.#opened()
    this.#put(this.#writer().fill((pageSize - (this.length % pageSize)) % pageSize))
    cpus.push({ cpu, offset: this.length, size: 0 })
  }

  /** More of the CPU's pages. */
  pages(bytes: Uint8Array): void {
    this.#opened().cpus.at(-1)!.size += bytes.length
    this.#append(bytes)
  }

  /** Leaves room for more of the CPU's pages, which whoever reads the file has from elsewhere; nothing is written. */
  reserve(length: number): void {
    this.#opened().cpus.at(-1)!.size += length
    this.length += length
  }

  /** Writes the options: those given, and those that say where everything lies. */
  finish(options: readonly RawOption[]): void {
    this.#endBuffer()
    const body = this.#writer()
    const all = [...this.#options.filter((o) => o.id !== BUFFER), ...options]
    for (const { id, data } of [...all, ...this.#options.filter((o) => o.id === BUFFER)]) {
      body.u16(id).u32(data.length).raw(data)
    }
    body.u16(0).u32(8).u64(0)
    this.sink.patch(this.#optionsAt, this.#writer().u64(this.length).bytes)
    this.#header(0, 'options', body.length)
    this.#put(body)
    // Nothing points at the strings: readers find them by walking the headers of the sections.
    const name = this.#strings.length
    this.#strings.string('strings')
    this.#put(this.#writer().u16(STRINGS).u16(0).u32(name).u64(this.#strings.length))
    this.#put(this.#strings)
  }

  #opened(): OpenBuffer {
    if (!this.#open) throw new Error('no buffer was begun')
    return this.#open
  }

  #endBuffer(): void {
    if (!this.#open) return
    const { at, name, clock, pageSize, cpus } = this.#open
    this.#open = null
    this.sink.patch(at + 8, this.#writer().u64(this.length - at - 16).bytes)
    const data = this.#writer().u64(at).string(name).string(clock).u32(pageSize).u32(cpus.length)
    for (const c of cpus) data.u32(c.cpu).u64(c.offset).u64(c.size)
    this.#options.push({ id: BUFFER, data: data.bytes })
  }

  #header(id: number, name: string, size: number): void {
    this.#put(this.#writer().u16(id).u16(0).u32(this.#strings.length).u64(size))
    this.#strings.string(name)
  }

  #writer(): ByteWriter<FileStart> {
    return new ByteWriter(this.start)
  }

  #put(out: ByteWriter<FileStart>): void {
    this.#append(out.bytes)
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.sink.append(bytes)
    this.length += bytes.length
  }
}

import { compress } from './compress.js'
import { ByteWriter } from './encoding.js'
import { cpuCount, traceClock } from './options.js'
import type { TraceDat, WrittenStream, WrittenTraceDat } from './description.js'
import { headParts, ringOf, writeStart } from './head.js'
import type { RingBuffer } from './ring-buffer.js'

/** Version 7: sections that options point to. Options come in two sections, so that readers must follow the chain. */
export function writeV7(d: TraceDat): WrittenTraceDat {
  const out = new ByteWriter(d)
  const boundaries: { name: string; offset: number }[] = []
  const streams: WrittenStream[] = []
  const mark = (name: string): unknown => boundaries.push({ name, offset: out.length })
  const strings = new ByteWriter(d)

  /** Writes a section header and returns a function that sets its size once the body is there. */
  const section = (name: string, id: number, compressed: boolean): (() => void) => {
    mark(name)
    out
      .u16(id)
      .u16(compressed ? 1 : 0)
      .u32(strings.length)
      .u64(0)
    strings.string(name)
    const body = out.length
    return () => out.int(8, out.length - body, body - 8)
  }
  const plainOption = (id: number, data: Uint8Array): unknown => out.u16(id).u32(data.length).raw(data)
  const offsetOption = (id: number, offset: number): unknown => out.u16(id).u32(8).u64(offset)

  writeStart(d, out)
  out.string(d.compression).string(d.compression === 'none' ? '' : '1')
  const firstOptions = out.length
  out.u64(0)

  const at = new Map<number, number>()
  for (const part of headParts) {
    at.set(part.option, out.length)
    const end = section(part.name, part.option, d.compression !== 'none')
    const body = new ByteWriter(d)
    part.write(d, body)
    if (d.compression === 'none') out.raw(body.bytes)
    else {
      const packed = compress(body.bytes, d.compression)
      out.u32(packed.length).u32(body.length).raw(packed)
    }
    end()
  }

  const buffers = d.buffers.map((buffer) => {
    const start = out.length
    const end = section(`buffer ${buffer.name}`, 3, d.compression !== 'none')
    const cpus = buffer.cpus.map((c) => {
      out.align(d.pageSize)
      mark(`data ${buffer.name}/${c.cpu}`)
      const ring = ringOf(d, c.items, c.repeat)
      const from = out.length
      const pages = writeData(d, ring, out)
      streams.push({ buffer: buffer.name, cpu: c.cpu, ring, from, to: out.length, pages })
      return { cpu: c.cpu, from, size: out.length - from }
    })
    end()
    return { buffer, start, cpus }
  })

  out.int(8, out.length, firstOptions)
  const highest = Math.max(0, ...d.buffers.flatMap((b) => b.cpus.map((c) => c.cpu + 1)))
  const endFirst = section('options', 0, false)
  for (const [id, offset] of at) offsetOption(id, offset)
  for (const option of [traceClock(d.clock), cpuCount(highest), ...d.options]) {
    const { id, data } = option(d)
    mark(`option ${id}`)
    plainOption(id, data)
  }
  out.u16(0).u32(8).u64(0)
  const next = out.length - 8
  endFirst()
  out.int(8, out.length, next)
  const endSecond = section('options of the buffers', 0, false)
  for (const { buffer, start, cpus } of buffers) {
    mark(`option of buffer ${buffer.name}`)
    const data = new ByteWriter(d)
      .u64(start)
      .string(buffer.name)
      .string(buffer.clock ?? d.clock)
    data.u32(d.pageSize).u32(cpus.length)
    for (const c of cpus) data.u32(c.cpu).u64(c.from).u64(c.size)
    plainOption(3, data.bytes)
  }
  out.u16(0).u32(8).u64(0)
  endSecond()
  // Nothing points at the strings: readers find them by walking the section headers.
  const endStrings = section('strings', 15, false)
  out.raw(strings.bytes)
  endStrings()
  return { bytes: out.bytes, streams, boundaries }
}

function writeData(d: TraceDat, ring: RingBuffer, out: ByteWriter): { readonly from: number; readonly to: number }[] {
  if (d.compression === 'none') {
    const from = out.length
    out.raw(ring.bytes)
    return Array.from({ length: ring.pages }, (_, i) => ({
      from: from + i * d.pageSize,
      to: from + (i + 1) * d.pageSize,
    }))
  }
  const step = d.chunkPages * d.pageSize
  const pages: { from: number; to: number }[] = []
  if (ring.bytes.length === 0) return pages
  out.u32(Math.ceil(ring.bytes.length / step))
  for (let at = 0; at < ring.bytes.length; at += step) {
    const raw = ring.bytes.subarray(at, at + step)
    const packed = compress(raw, d.compression)
    const from = out.length
    out.u32(packed.length).u32(raw.length).raw(packed)
    for (let p = 0; p < raw.length / d.pageSize; p++) pages.push({ from, to: out.length })
  }
  return pages
}

import { ByteWriter, utf8 } from './encoding.js'
import { cpuCount, traceClock } from './options.js'
import type { Buffer, TraceDat, WrittenStream, WrittenTraceDat } from './description.js'
import { headParts, ringOf, writeStart } from './head.js'

/** Version 6: everything strictly in order; further buffers stand behind the top one's data. */
export function writeV6(d: TraceDat): WrittenTraceDat {
  const out = new ByteWriter(d)
  const boundaries: { name: string; offset: number }[] = []
  const streams: WrittenStream[] = []
  const mark = (name: string): unknown => boundaries.push({ name, offset: out.length })
  const cpus = Math.max(0, ...d.buffers.flatMap((b) => b.cpus.map((c) => c.cpu + 1)))

  writeStart(d, out)
  for (const part of headParts) {
    mark(part.name)
    part.write(d, out)
  }
  mark('cpu count')
  out.u32(cpus)
  mark('options')
  out.text('options  ').int(1, 0)
  for (const option of [traceClock(d.clock), cpuCount(cpus), ...d.options]) {
    const { id, data } = option(d)
    mark(`option ${id}`)
    out.u16(id).u32(data.length).raw(data)
  }
  const [top, ...others] = d.buffers
  const optionOf = others.map((b) => {
    out
      .u16(3)
      .u32(8 + utf8(b.name).length + 1)
      .u64(0)
      .string(b.name)
    return out.length - utf8(b.name).length - 9
  })
  out.u16(0)
  mark('flyrecord')
  writeBuffer(d, top ?? { name: '', cpus: [] }, cpus, true, out, streams, mark)
  others.forEach((b, i) => {
    mark(`buffer ${b.name}`)
    out.int(8, out.length, optionOf[i])
    writeBuffer(d, b, cpus, false, out, streams, mark)
  })
  return { bytes: out.bytes, streams, boundaries }
}

function writeBuffer(
  d: TraceDat,
  buffer: Buffer,
  cpus: number,
  clock: boolean,
  out: ByteWriter,
  streams: WrittenStream[],
  mark: (name: string) => unknown,
): void {
  out.text('flyrecord').int(1, 0)
  mark('cpu table')
  const table = out.length
  out.fill(cpus * 16)
  if (clock) {
    const text = `local global [${d.clock}]\n`
    out.u64(text.length).text(text)
  }
  for (let cpu = 0; cpu < cpus; cpu++) {
    const written = buffer.cpus.find((c) => c.cpu === cpu)
    const ring = ringOf(d, written?.items ?? [], written?.repeat)
    out.align(d.pageSize)
    const from = out.length
    mark(`data ${buffer.name}/${cpu}`)
    out.raw(ring.bytes)
    out.int(8, from, table + cpu * 16).int(8, ring.bytes.length, table + cpu * 16 + 8)
    const pages = Array.from({ length: ring.pages }, (_, i) => ({
      from: from + i * d.pageSize,
      to: from + (i + 1) * d.pageSize,
    }))
    streams.push({ buffer: buffer.name, cpu, ring, from, to: out.length, pages })
  }
}

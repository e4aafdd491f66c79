import type { Repeat, TraceDat } from './description.js'
import { ByteWriter } from './encoding.js'
import { formatText, type Format } from './event-format.js'
import { encodeRingBuffer, type Item, type RingBuffer } from './ring-buffer.js'

/** Magic, version, byte order, long size, page size: the same in both versions. */
export function writeStart(d: TraceDat, out: ByteWriter): void {
  out
    .raw(Uint8Array.of(0x17, 0x08, 0x44))
    .text('tracing')
    .string(String(d.version))
  out
    .int(1, d.bigEndian ? 1 : 0)
    .int(1, d.longSize)
    .u32(d.pageSize)
}

/** The parts of the head that both versions share, in the order of version 6. */
export const headParts: readonly {
  readonly name: string
  readonly option: number
  write(d: TraceDat, out: ByteWriter): void
}[] = [
  {
    name: 'headers',
    option: 16,
    write(d, out) {
      const page =
        '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
        `\tfield: local_t commit;\toffset:8;\tsize:${d.longSize};\tsigned:1;\n` +
        '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n' +
        `\tfield: char data;\toffset:${8 + d.longSize};\tsize:${d.pageSize - 8 - d.longSize};\tsigned:0;\n`
      const event =
        '# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n' +
        '\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n\tdata max type_len  == 28\n'
      out.string('header_page').u64(page.length).text(page).string('header_event').u64(event.length).text(event)
    },
  },
  {
    name: 'ftrace formats',
    option: 17,
    write(d, out) {
      const own = d.formats.filter((f) => f.system === 'ftrace')
      out.u32(own.length)
      for (const f of own) writeFormat(d, f, out)
    },
  },
  {
    name: 'event formats',
    option: 18,
    write(d, out) {
      const systems = new Map<string, Format[]>()
      for (const f of d.formats) {
        if (f.system !== 'ftrace') systems.set(f.system, [...(systems.get(f.system) ?? []), f])
      }
      out.u32(systems.size)
      for (const [system, formats] of systems) {
        out.string(system).u32(formats.length)
        for (const f of formats) writeFormat(d, f, out)
      }
    },
  },
  {
    name: 'kallsyms',
    option: 19,
    write: (d, out) => sized(4, out, d.kallsyms.map((s) => `${hex(s.address, d)} T ${s.name}\n`).join('')),
  },
  {
    name: 'printk',
    option: 20,
    write: (d, out) =>
      sized(4, out, d.printk.map((p) => `0x${hex(p.address, d)} : ${JSON.stringify(p.text)}\n`).join('')),
  },
  {
    name: 'comms',
    option: 21,
    write: (d, out) =>
      sized(
        8,
        out,
        Object.entries(d.comms)
          .map(([pid, comm]) => `${pid} ${comm}\n`)
          .join(''),
      ),
  },
]

const hex = (address: bigint, d: TraceDat): string => address.toString(16).padStart(d.longSize * 2, '0')

function sized(size: 4 | 8, out: ByteWriter, text: string): void {
  const body = new ByteWriter(out.encoding).text(text).bytes
  out.int(size, body.length).raw(body)
}

function writeFormat(d: TraceDat, f: Format, out: ByteWriter): void {
  const text = formatText(f, d.longSize, d.common)
  out.u64(text.length).text(text)
}

/** Ring-buffer pages of one CPU. Of repeated pages, `events` lists the first round. */
export function ringOf(d: TraceDat, items: readonly Item[], repeat?: Repeat): RingBuffer {
  const once = encodeRingBuffer(items, d, d.pageSize, d.common)
  if (!repeat) return once
  const bytes = new Uint8Array(once.bytes.length * repeat.times)
  const view = new DataView(bytes.buffer)
  for (let round = 0; round < repeat.times; round++) {
    const from = round * once.bytes.length
    bytes.set(once.bytes, from)
    for (let at = from; at < from + once.bytes.length; at += d.pageSize) {
      const time = view.getBigUint64(at, !d.bigEndian)
      view.setBigUint64(at, time + BigInt(round) * repeat.period, !d.bigEndian)
    }
  }
  return { ...once, bytes, pages: once.pages * repeat.times }
}

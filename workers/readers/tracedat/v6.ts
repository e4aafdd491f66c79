// trace.dat version 6: everything strictly in order, so that damage in one part hides where the next begins. Then the tag that
// precedes the CPU table is searched for.

import { asText, cString, Cursor, type HeadReader, ShortRead } from './cursor.js'
import { type CpuPlace, type Head, MAX_CPUS, OptionId, type RawOption } from './head.js'
import { BadPart, readCmdlines, readEventFormats, readFtraceFormats, readHeaderInfo, readPrintk } from './parts.js'

const OPTIONS = 'options  \0'
const FLYRECORD = 'flyrecord\0'
const LATENCY = 'latency  \0'

/** Reads everything behind the common start. Throws only where not even the format of the ring buffer can be had. */
export async function readV6(r: HeadReader, head: Head): Promise<void> {
  await readHeaderInfo(r, head)
  await readFtraceFormats(r, head)
  try {
    await readEventFormats(r, head)
    const size = await r.u32()
    head.kallsyms = { offset: r.pos, size, section: false }
    r.skip(size)
    await readPrintk(r, head)
    await readCmdlines(r, head)
    head.cpuCount = cpuCount(await r.u32(), r.pos - 4)
    await readData(r, head)
  } catch (e) {
    await recover(r, head, damage(e))
  }
}

function cpuCount(n: number, at: number): number {
  if (n > MAX_CPUS) throw new BadPart(`the file claims ${n} CPUs`, at)
  return n
}

function damage(e: unknown): { message: string; at: number } {
  if (e instanceof ShortRead) return { message: 'a part of the head is longer than the file', at: e.at }
  if (e instanceof BadPart) return { message: e.message, at: e.at }
  throw e
}

async function recover(r: HeadReader, head: Head, why: { message: string; at: number }): Promise<void> {
  const found = await findTag(r, why.at)
  if (found === null) {
    head.fault(
      'error',
      'damaged-head',
      `The head is damaged (${why.message}) and where the events lie is lost.`,
      why.at,
    )
    return
  }
  head.fault('error', 'damaged-head', `The head is damaged (${why.message}); names may be missing.`, why.at)
  r.pos = found - 4
  try {
    head.options.length = 0
    head.cpuCount = cpuCount(await r.u32(), found - 4)
    await readData(r, head)
  } catch (e) {
    const again = damage(e)
    head.fault('error', 'damaged-cpu-table', `The table of the CPUs cannot be read (${again.message}).`, again.at)
  }
}

/** Position of the tag that follows the CPU count, searched for from `from` on. */
async function findTag(r: HeadReader, from: number): Promise<number | null> {
  const step = 1 << 20
  for (let at = Math.max(0, from - 16); at < r.source.size; at += step) {
    const bytes = await r.source.read(at, Math.min(step + 16, r.source.size - at), r.signal)
    const text = latin1.decode(bytes)
    const hits = [OPTIONS, FLYRECORD, LATENCY].map((tag) => text.indexOf(tag)).filter((i) => i >= 0)
    if (hits.length) return at + Math.min(...hits)
  }
  return null
}
const latin1 = new TextDecoder('latin1')

/** Options, then the data of the top buffer, then those of the instances that the options name. */
async function readData(r: HeadReader, head: Head): Promise<void> {
  let at = r.pos
  let tag = await r.tag(10)
  if (tag === OPTIONS) {
    await readOptions(r, head)
    at = r.pos
    tag = await r.tag(10)
  }
  const count = head.options.findLast((o) => o.id === OptionId.CpuCount && o.data.length >= 4)
  const cpus = count ? cpuCount(new Cursor(count.data, head.bigEndian).u32(), count.at) : head.cpuCount
  head.cpuCount = cpus
  if (tag === LATENCY) {
    head.latency = asText(await r.take(Math.min(r.left, 1 << 26)))
    return
  }
  if (tag !== FLYRECORD) throw new BadPart('neither events nor a latency report follow the options', at)
  await readCpuTable(r, head, '', cpus)
  for (const o of head.options) if (o.id === OptionId.Buffer) await readInstance(r, head, o, cpus)
}

async function readOptions(r: HeadReader, head: Head): Promise<void> {
  for (;;) {
    const at = r.pos
    const id = await r.u16()
    if (id === OptionId.Done) return
    const size = await r.u32()
    const data: RawOption = { id, data: (await r.take(size)).slice(), at }
    head.options.push(data)
  }
}

async function readCpuTable(r: HeadReader, head: Head, name: string, count: number): Promise<void> {
  const cpus: CpuPlace[] = []
  const at = r.pos
  try {
    for (let cpu = 0; cpu < count; cpu++) cpus.push({ cpu, offset: await r.size(), size: await r.size() })
  } catch (e) {
    if (!(e instanceof ShortRead)) throw e
    head.fault('error', 'truncated-file', `The file ends inside the table of the CPUs of ${label(name)}.`, at)
  }
  // A TRACECLOCK option says that the kernel's list of clocks follows the table.
  let clock = ''
  if (head.options.some((o) => o.id === OptionId.TraceClock)) clock = await readClock(r)
  if (name === '') head.clockText = clock
  head.buffers.push({ name, clock, pageSize: head.pageSize, packed: false, cpus })
}

async function readClock(r: HeadReader): Promise<string> {
  try {
    const size = await r.size()
    // Old writers left rubbish here; a list of clocks is short.
    return size > 4096 ? '' : cString(await r.take(size))
  } catch (e) {
    if (e instanceof ShortRead) return ''
    throw e
  }
}

const label = (buffer: string): string => (buffer === '' ? 'the top buffer' : `buffer ${buffer}`)

async function readInstance(r: HeadReader, head: Head, o: RawOption, cpus: number): Promise<void> {
  try {
    const c = new Cursor(o.data, head.bigEndian)
    const offset = c.size()
    const name = cString(c.take(c.left))
    r.pos = offset
    const tag = await r.tag(10)
    if (tag !== FLYRECORD) throw new BadPart('no events lie where the option says', offset)
    await readCpuTable(r, head, name, cpus)
  } catch (e) {
    const why = damage(e)
    head.fault('error', 'damaged-buffer', `A buffer named by the options cannot be read (${why.message}).`, why.at)
  }
}

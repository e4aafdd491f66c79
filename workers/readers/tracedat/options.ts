// What the options of a trace.dat file say, interpreted. Unknown options are listed and skipped; broken ones become faults.

import type { GuestRef, TimeShift, TraceFileMeta } from '../types.js'
import { cString, Cursor, ShortRead } from './cursor.js'
import { type BufferPlace, type CpuPlace, type Head, MAX_CPUS, OptionId, optionName, type RawOption } from './head.js'
import { parseTimeShift } from './time-shift.js'

export interface OptionFacts {
  clockText: string
  uname: string
  tracerVersion: string
  cpuCount: number | null
  traceId: bigint | null
  guests: GuestRef[]
  timeShift: TimeShift | null
  tsc2nsec: TraceFileMeta['tsc2nsec']
  dateOffset: bigint
  /** CPU statistics as the kernel prints them. */
  cpuStat: string
  /** v7: buffers with their CPUs' data; `packed` is known only from their section. */
  buffers: Omit<BufferPlace, 'packed'>[]
  /** v7: section offset of each buffer of events or (text) of a latency tracer. */
  bufferSections: { name: string; offset: number; text: boolean }[]
  procMaps: string[]
  list: TraceFileMeta['options']
}

export function readOptionFacts(head: Head): OptionFacts {
  const facts: OptionFacts = {
    clockText: '',
    uname: '',
    tracerVersion: '',
    cpuCount: null,
    traceId: null,
    guests: [],
    timeShift: null,
    tsc2nsec: null,
    dateOffset: 0n,
    cpuStat: '',
    buffers: [],
    bufferSections: [],
    procMaps: [],
    list: head.options.map((o) => {
      const name = optionName(o.id)
      return { id: o.id, name: name ?? `option ${o.id}`, size: o.data.length, known: name !== null }
    }),
  }
  for (const o of head.options) {
    try {
      readOption(o, head, facts)
    } catch (e) {
      if (!(e instanceof ShortRead)) throw e
      head.fault('warning', 'damaged-option', `Option ${optionName(o.id) ?? o.id} is too short and was ignored.`, o.at)
    }
  }
  return facts
}

function readOption(o: RawOption, head: Head, facts: OptionFacts): void {
  const c = new Cursor(o.data, head.bigEndian)
  switch (o.id) {
    case OptionId.Date:
      facts.dateOffset += 1000n * asciiNumber(o, head)
      break
    case OptionId.Offset:
      facts.dateOffset += asciiNumber(o, head)
      break
    case OptionId.CpuStat:
      facts.cpuStat += `${cString(o.data).trimEnd()}\n`
      break
    case OptionId.Buffer:
      if (head.version === '7') readBuffer(c, o, head, facts)
      break
    case OptionId.BufferText:
      facts.bufferSections.push({ offset: c.size(), name: c.text(), text: true })
      break
    case OptionId.TraceClock:
      facts.clockText = cString(o.data)
      break
    case OptionId.Uname:
      facts.uname = cString(o.data).trim()
      break
    case OptionId.Version:
      facts.tracerVersion = cString(o.data).trim()
      break
    case OptionId.CpuCount:
      facts.cpuCount = Math.min(c.u32(), MAX_CPUS)
      break
    case OptionId.ProcMaps:
      facts.procMaps.push(cString(o.data))
      break
    case OptionId.TraceId:
      facts.traceId = c.u64()
      break
    case OptionId.TimeShift:
      readTimeShift(o, head, facts)
      break
    case OptionId.Guest:
      facts.guests.push(readGuest(c))
      break
    case OptionId.Tsc2Nsec:
      facts.tsc2nsec = { mult: c.u32(), shift: c.u32(), offset: c.u64() }
      break
    default:
      if (optionName(o.id) === null) {
        head.fault(
          'note',
          'unknown-option',
          `Option ${o.id} (${o.data.length} bytes) is not known and was skipped.`,
          o.at,
        )
      }
  }
}

/** DATE and OFFSET are C numbers in ASCII: decimal, 0x hexadecimal, with a sign. */
function asciiNumber(o: RawOption, head: Head): bigint {
  const text = cString(o.data).trim()
  const m = /^([+-]?)(0[xX][0-9a-fA-F]+|\d+)/.exec(text)
  if (!m) {
    head.fault('warning', 'damaged-option', `Option ${optionName(o.id)} is no number and was ignored.`, o.at)
    return 0n
  }
  const n = BigInt(m[2]!)
  return m[1] === '-' ? -n : n
}

function readBuffer(c: Cursor, o: RawOption, head: Head, facts: OptionFacts): void {
  const offset = c.size()
  const name = c.text()
  const clock = c.text()
  const pageSize = c.u32()
  const count = c.u32()
  const cpus: CpuPlace[] = []
  const seen = new Set<number>()
  while (cpus.length < count && c.left >= 20) {
    const place = { cpu: c.u32(), offset: c.size(), size: c.size() }
    if (place.cpu >= MAX_CPUS) {
      head.fault(
        'error',
        'damaged-option',
        `A buffer claims a CPU ${place.cpu}; it is shown as CPU ${cpus.length}.`,
        o.at,
      )
      place.cpu = cpus.length
    }
    if (seen.has(place.cpu)) {
      head.fault('warning', 'repeated-cpu', `CPU ${place.cpu} appears twice in one buffer.`, o.at, place.cpu)
    }
    seen.add(place.cpu)
    cpus.push(place)
  }
  if (cpus.length < count) {
    head.fault(
      'error',
      'damaged-option',
      `The table of a buffer's CPUs ends after ${cpus.length} of ${count} CPUs.`,
      o.at,
    )
  }
  facts.bufferSections.push({ name, offset, text: false })
  facts.buffers.push({ name, clock, pageSize, cpus })
}

function readGuest(c: Cursor): GuestRef {
  const name = c.text()
  const traceId = c.u64()
  const count = c.u32()
  const vcpus: { cpu: number; tid: number }[] = []
  while (vcpus.length < count) vcpus.push({ cpu: c.u32(), tid: c.i32() })
  return { name, traceId, vcpus }
}

function readTimeShift(o: RawOption, head: Head, facts: OptionFacts): void {
  const { shift, problem } = parseTimeShift(o.data, head.bigEndian)
  facts.timeShift = shift
  if (problem === null) return
  const code = shift?.repaired ? 'time-shift-counts' : 'time-shift'
  head.fault(
    shift ? 'warning' : 'error',
    code,
    `The recorded clock samples (TIME_SHIFT) are damaged: the option ${problem}.`,
    o.at,
  )
}

/** The clock in use of a kernel's trace_clock file, `local [global] mono`; a bare name stands for itself. */
export function clockOf(text: string): string {
  const m = /\[([^\]\s]+)\]/.exec(text)
  if (m) return m[1]!
  const bare = text.trim()
  return /^[\w-]+$/.test(bare) ? bare : ''
}

// Some of a session's events as recordings of their own: a range of time, a choice of CPUs, one file for each file.

import type { StreamColumns } from '../columns/event-table.js'
import { RequestError } from '../fault.js'
import type { Session } from '../model/session.js'
import type { HeadCopy, TraceFile } from '../readers/types.js'
import type { FirstName } from '../table/comms.js'
import { utf8, ByteWriter } from './byte-writer.js'
import { PageWriter } from './ring-pages.js'
import { type ByteSink, TraceDatWriter } from './trace-dat.js'

/** What to keep. */
export interface TrimChoice {
  /** SessionTime, both inclusive. */
  readonly from: number
  readonly to: number
  /** Streams whose events are kept; absent = all. */
  readonly keeps?: (stream: StreamColumns) => boolean
}

export interface Trimmed {
  /** Bytes written, and events in them. */
  readonly bytes: number
  readonly events: number
}

/** Records looked at between two pauses for progress and cancelling. */
const BATCH = 1 << 14

/** Id of the section that names tasks. */
const CMDLINES = 21

/**
 * Writes the events of one file that the choice keeps as trace.dat, version 7, uncompressed: records and head untouched, ring-buffer
 * pages laid out anew, marks of lost events where they were. Rejects with RequestError for a file of another format.
 * @param names firstNames() of the whole session: tasks that the file names only in events before the range are named in its head
 */
export async function trimFile(
  session: Session,
  file: number,
  choice: TrimChoice,
  names: readonly FirstName[],
  sink: ByteSink,
  onEvents?: (events: number) => void,
  signal?: AbortSignal,
): Promise<Trimmed> {
  const trace = session.files[file]!
  if (!trace.copyHead) {
    throw new RequestError(`${trace.meta.name} is no trace.dat; only trace.dat files can be trimmed.`)
  }
  const head = await trace.copyHead(signal)
  const out = new TraceDatWriter(head.start, sink)
  const first = session.table.positionAtTime(choice.from)
  const known = names.filter((n) => n.file === file && n.row < first)
  for (const section of withNames(head, known)) out.section(section)
  let events = 0
  for (const buffer of head.buffers) {
    out.buffer(buffer.name, buffer.clock || trace.meta.bufferClocks[buffer.name] || trace.meta.clock, buffer.pageSize)
    const streams = session.table.streams.filter((s) => s.file === file && s.buffer === buffer.name)
    for (const stream of streams.toSorted((a, b) => a.cpu - b.cpu)) {
      out.cpu(stream.cpu)
      if (choice.keeps && !choice.keeps(stream)) continue
      const { bigEndian } = head.start
      const { commitSize, dataOffset } = head
      const form = { bigEndian, pageSize: buffer.pageSize, commitSize, dataOffset, epoch: trace.meta.epoch }
      const pages = new PageWriter(form, (page) => out.pages(page))
      const before = events
      events += await copyRecords(trace, stream, choice, pages, signal, (n) => onEvents?.(before + n))
      pages.end()
    }
  }
  out.finish(head.options)
  return { bytes: out.length, events }
}

/** The sections with more lines `pid comm` in the list of names, behind those that are there. */
function withNames({ sections, start }: HeadCopy, names: readonly FirstName[]): HeadCopy['sections'] {
  if (names.length === 0) return sections
  const old = sections.find((s) => s.id === CMDLINES)?.bytes.subarray(8) ?? new Uint8Array(0)
  const end = old.findLastIndex((byte) => byte !== 0) + 1
  const text = names.map(({ pid, comm }) => `${pid} ${comm}\n`).join('')
  const body = new ByteWriter(start).raw(old.subarray(0, end)).raw(utf8(text)).bytes
  const bytes = new ByteWriter(start).u64(body.length).raw(body).bytes
  return [...sections.filter((s) => s.id !== CMDLINES), { id: CMDLINES, name: 'saved_cmdlines', bytes }]
}

async function copyRecords(
  trace: TraceFile,
  stream: StreamColumns,
  choice: TrimChoice,
  pages: PageWriter,
  signal: AbortSignal | undefined,
  onEvents: (events: number) => void,
): Promise<number> {
  const { t, ticks, where, count, inFile } = stream
  const lostBefore = new Map(stream.lost.map((l) => [l.row, l.events]))
  let copied = 0
  // Where a clock runs backwards, a range is no run of rows: each row is asked for its own time.
  for (let from = 0; from < count; from += BATCH) {
    signal?.throwIfAborted()
    const to = Math.min(count, from + BATCH)
    const rows: number[] = []
    for (let row = from; row < to; row++) if (t[row]! >= choice.from && t[row]! <= choice.to) rows.push(row)
    if (rows.length === 0) continue
    await trace.records.load(
      inFile,
      rows.map((row) => where[row]!),
      signal,
    )
    for (const row of rows) {
      pages.record(ticks[row]!, trace.records.at(inFile, where[row]!).bytes(), lostBefore.get(row) ?? 0)
    }
    copied += rows.length
    onEvents(copied)
  }
  return copied
}

/** A sink in memory: the whole file as parts that a Blob or a file takes. */
export class MemorySink implements ByteSink {
  readonly parts: Uint8Array<ArrayBuffer>[] = []
  #used = 0
  length = 0

  append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      if (this.#used === (this.parts.at(-1)?.length ?? 0)) {
        this.parts.push(new Uint8Array(PART))
        this.#used = 0
      }
      const n = Math.min(bytes.length - from, PART - this.#used)
      this.parts.at(-1)!.set(bytes.subarray(from, from + n), this.#used)
      this.#used += n
      from += n
    }
    this.length += bytes.length
  }

  patch(at: number, bytes: Uint8Array): void {
    bytes.forEach((byte, i) => (this.parts[Math.floor((at + i) / PART)]![(at + i) % PART] = byte))
  }

  /** The bytes written, in order. */
  finish(): readonly Uint8Array<ArrayBuffer>[] {
    const last = this.parts.pop()
    if (last) this.parts.push(last.slice(0, this.#used))
    return this.parts
  }
}
const PART = 1 << 22

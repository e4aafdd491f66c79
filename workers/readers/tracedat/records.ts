// Single records on demand: windows of a stream's uncompressed bytes, kept up to a bound, and a view on one record whose text
// comes from text/.

import type { ByteSource } from '../../bytes.js'
import type { FieldValue, RecordAccess, RecordView } from '../types.js'
import type { Unpack } from './compression.js'
import { withOverlap } from './decode.js'
import type { Layout } from './pages.js'
import { fetchRange, filePosition, unpackRange } from './stream-bytes.js'
import type { Stream } from './streams.js'
import {
  allFields,
  type EventFormat,
  latencyText,
  readField,
  renderInfo,
  stackOf,
  type TextContext,
} from './text/index.js'

/** Uncompressed bytes of a window; a multiple of every page size but absurd ones. */
const WINDOW = 1 << 17
/** Bytes of windows kept. */
const BOUND = 64 << 20

export interface RecordTexts {
  /** Made when the first record is loaded: the symbol tables are large. */
  context(signal?: AbortSignal): Promise<TextContext>
  formatOf(id: number): EventFormat | undefined
}

interface Run {
  readonly first: number
  readonly last: number
}
/** Windows of one request to the file at most. */
const LONGEST_RUN = 32

/** Neighbours among windows, in runs. */
function runsOf(windows: readonly number[]): Run[] {
  const runs: { first: number; last: number }[] = []
  for (const w of [...windows].sort((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run && run.last === w - 1 && w - run.first < LONGEST_RUN) run.last = w
    else runs.push({ first: w, last: w })
  }
  return runs
}

export class Records implements RecordAccess {
  /** Oldest use first. */
  readonly #windows = new Map<number, Uint8Array>()
  #held = 0
  #context: TextContext | null = null

  constructor(
    private readonly source: ByteSource,
    private readonly streams: readonly Stream[],
    private readonly layout: Layout,
    private readonly unpack: Unpack | null,
    private readonly texts: RecordTexts,
  ) {}

  #windowSize(stream: Stream): number {
    return Math.max(1, Math.floor(WINDOW / stream.pageSize)) * stream.pageSize
  }

  #key(stream: number, where: number): number {
    const s = this.streams[stream]!
    return Math.floor((where * 4) / this.#windowSize(s)) * this.streams.length + stream
  }

  async load(stream: number, where: Uint32Array | readonly number[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#context ??= await this.texts.context(signal)
    const needed = new Set<number>()
    for (const w of where) needed.add(this.#key(stream, w))
    const missing: number[] = []
    for (const key of needed) {
      const kept = this.#windows.get(key)
      if (!kept) {
        missing.push(Math.floor(key / this.streams.length))
        continue
      }
      this.#windows.delete(key)
      this.#windows.set(key, kept)
    }
    await Promise.all(runsOf(missing).map((run) => this.#bring(stream, run, signal)))
    // Only now, so that no window of this very request was pushed out by another of it.
    this.#forget(needed)
  }

  /** Reads neighbouring windows with one request. */
  async #bring(stream: number, run: Run, signal?: AbortSignal): Promise<void> {
    const s = this.streams[stream]!
    const size = this.#windowSize(s)
    const from = run.first * size
    // A page more, so that a record which begins in a window is whole wherever its page lies.
    const to = withOverlap((run.last + 1) * size, s)
    if (from >= to) return
    const fetched = await fetchRange(this.source, s, from, to, signal)
    const bytes = new Uint8Array(to - from)
    unpackRange(fetched, this.unpack, bytes)
    for (let window = run.first; window <= run.last; window++) {
      const key = window * this.streams.length + stream
      const start = window * size - from
      if (start >= bytes.length || this.#windows.has(key)) continue
      const part = bytes.slice(start, start + size + s.pageSize)
      this.#windows.set(key, part)
      this.#held += part.length
    }
  }

  #forget(needed: ReadonlySet<number>): void {
    for (const [key, bytes] of this.#windows) {
      if (this.#held <= BOUND) return
      if (needed.has(key)) continue
      this.#windows.delete(key)
      this.#held -= bytes.length
    }
  }

  has(stream: number, where: number): boolean {
    return this.#context !== null && this.#windows.has(this.#key(stream, where))
  }

  at(stream: number, where: number): RecordView {
    const s = this.streams[stream]!
    const bytes = this.#windows.get(this.#key(stream, where))
    if (!bytes || !this.#context) throw new Error('record is not loaded')
    const position = where * 4
    const payload = payloadAt(bytes, position % this.#windowSize(s), this.layout.bigEndian)
    return new View(payload, filePosition(s, position), this.layout, this.texts, this.#context)
  }

  integers(stream: number, where: Uint32Array, names: readonly string[]): Int32Array[] | null {
    const size = this.#windowSize(this.streams[stream]!)
    const little = !this.layout.bigEndian
    const out = names.map(() => new Int32Array(where.length).fill(-1))
    const places: (Places | undefined)[] = []
    let window = -1
    let view: DataView | null = null
    for (let i = 0; i < where.length; i++) {
      const position = where[i]! * 4
      const index = Math.floor(position / size)
      if (index !== window) {
        const bytes = this.#windows.get(index * this.streams.length + stream)
        if (!bytes) return null
        view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        window = index
      }
      const v = view!
      const at = position - index * size
      if (at + 8 > v.byteLength) continue
      const head = v.getUint32(at, little)
      const kind = little ? head & 31 : head >>> 27
      if (kind > 28) continue
      const body = kind > 0 ? at + 4 : at + 8
      const length = kind > 0 ? kind * 4 : v.getUint32(at + 4, little) - 4
      const end = Math.min(v.byteLength, body + length)
      if (body + this.layout.typeField.offset + 2 > end) continue
      const id = v.getUint16(body + this.layout.typeField.offset, little)
      const own = (places[id] ??= placesOf(this.texts.formatOf(id), names))
      for (let f = 0; f < own.length; f++) {
        const { offset, size: bytes, signed } = own[f]!
        if (offset >= 0 && body + offset + bytes <= end) out[f]![i] = integerAt(v, body + offset, bytes, signed, little)
      }
    }
    return out
  }
}

/** Where to find integer fields in the payloads of one event type; offset -1 = it has no such field. */
type Places = readonly { readonly offset: number; readonly size: number; readonly signed: boolean }[]

const NO_PLACE = { offset: -1, size: 0, signed: false }

function placesOf(format: EventFormat | undefined, names: readonly string[]): Places {
  return names.map((name) => {
    const f = format?.byName.get(name)
    const plain = f && !f.isArray && !f.isString && (f.size === 1 || f.size === 2 || f.size === 4)
    return plain ? { offset: f.offset, size: f.size, signed: f.signed } : NO_PLACE
  })
}

function integerAt(view: DataView, at: number, size: number, signed: boolean, little: boolean): number {
  if (size === 4) return signed ? view.getInt32(at, little) : view.getUint32(at, little)
  if (size === 2) return signed ? view.getInt16(at, little) : view.getUint16(at, little)
  return signed ? view.getInt8(at) : view.getUint8(at)
}

/** The payload of the record whose header lies at `at`; empty where the bytes make no sense. */
function payloadAt(bytes: Uint8Array, at: number, bigEndian: boolean): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (at + 8 > bytes.length) return bytes.subarray(0, 0)
  const head = view.getUint32(at, !bigEndian)
  const kind = bigEndian ? head >>> 27 : head & 31
  if (kind > 28) return bytes.subarray(0, 0)
  if (kind > 0) return bytes.subarray(at + 4, Math.min(bytes.length, at + 4 + kind * 4))
  const length = view.getUint32(at + 4, !bigEndian) - 4
  return bytes.subarray(at + 8, Math.max(at + 8, Math.min(bytes.length, at + 8 + ((length + 3) & ~3))))
}

class View implements RecordView {
  readonly #id: number
  readonly #format: EventFormat | undefined
  readonly type: number
  readonly pid: number

  constructor(
    private readonly payload: Uint8Array,
    private readonly position: number,
    layout: Layout,
    texts: RecordTexts,
    private readonly context: TextContext,
  ) {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    const { typeField, pidField, bigEndian } = layout
    const enough = payload.length >= Math.max(typeField.offset + 2, pidField.offset + 4)
    this.#id = enough ? view.getUint16(typeField.offset, !bigEndian) : -1
    this.pid = enough ? view.getInt32(pidField.offset, !bigEndian) : 0
    this.type = layout.typeOf[this.#id] ?? 0
    this.#format = this.type === 0 ? undefined : texts.formatOf(this.#id)
  }

  latency(): string {
    return this.#format ? latencyText(this.#format, this.payload, this.context) : '.....'
  }
  info(raw = false): string {
    if (!this.#format) return `no format for event id ${this.#id}: ${hex(this.payload)}`
    return renderInfo(this.#format, this.payload, this.context, raw)
  }
  field(name: string): number | bigint | string | undefined {
    return this.#format && readField(this.#format, name, this.payload, this.context)
  }
  fields(): FieldValue[] {
    return this.#format ? allFields(this.#format, this.payload, this.context) : []
  }
  stack(): ReturnType<RecordView['stack']> {
    return this.#format ? stackOf(this.#format, this.payload, this.context) : null
  }
  bytes(): Uint8Array {
    return this.payload
  }
  fileOffset(): number {
    return this.position
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ')

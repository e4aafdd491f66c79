// Grows the columns of one stream out of decoded blocks.

import type { StreamClock } from '../clocks/relate.js'
import type { DecodedBlock } from '../readers/types.js'
import type { TimeRange } from '../thread/contract.js'
import type { MachineIndex, StreamIndex } from '../units.js'
import { lowerBound, type StreamColumns } from './event-table.js'

export type Allocate = (bytes: number) => ArrayBuffer | SharedArrayBuffer

/** Everything about a stream that is known before its first event. */
export interface StreamPlan {
  readonly stream: StreamIndex
  readonly file: number
  readonly inFile: number
  readonly machine: MachineIndex
  readonly cpu: number
  readonly buffer: string
  /** Bytes on disk: what the capacity is estimated from. */
  readonly bytes: number
  /** File-local event type -> session type. */
  readonly types: Uint16Array
  readonly clock: StreamClock
}

type Column = Float64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Uint8Array
interface ColumnType<T extends Column> {
  new (buffer: ArrayBuffer | SharedArrayBuffer): T
  readonly BYTES_PER_ELEMENT: number
}

function resized<T extends Column>(type: ColumnType<T>, from: T, used: number, size: number, allocate: Allocate): T {
  const to = new type(allocate(size * type.BYTES_PER_ELEMENT))
  to.set(from.subarray(0, used))
  return to
}

/** Columns of a stream without events. */
export function emptyColumns(plan: StreamPlan): StreamColumns {
  const ticks = new Float64Array(0)
  return {
    stream: plan.stream,
    file: plan.file,
    inFile: plan.inFile,
    machine: plan.machine,
    cpu: plan.cpu,
    buffer: plan.buffer,
    count: 0,
    ticks,
    t: plan.clock.identity ? ticks : new Float64Array(0),
    pid: new Int32Array(0),
    type: new Uint16Array(0),
    where: new Uint32Array(0),
    switchRow: new Uint32Array(0),
    switchNext: new Int32Array(0),
    switchState: new Uint8Array(0),
    switches: 0,
    wakeRow: new Uint32Array(0),
    wakePid: new Int32Array(0),
    wakeCpu: new Int16Array(0),
    wakeHow: new Uint8Array(0),
    wakes: 0,
    lost: [],
    types: plan.types,
  }
}

/** Bytes that a stream's columns take up, spare room included. */
export function columnBytes(c: StreamColumns): number {
  return (
    c.ticks.byteLength +
    (c.t === c.ticks ? 0 : c.t.byteLength) +
    c.pid.byteLength +
    c.type.byteLength +
    c.where.byteLength +
    c.switchRow.byteLength +
    c.switchNext.byteLength +
    c.switchState.byteLength +
    c.wakeRow.byteLength +
    c.wakePid.byteLength +
    c.wakeCpu.byteLength +
    c.wakeHow.byteLength
  )
}

/** Rows [first, end) of a block. */
function rowsOf(block: DecodedBlock, first: number, end: number): DecodedBlock {
  const side = (rows: Uint32Array): readonly [number, number] => [
    lowerBound(rows, rows.length, first),
    lowerBound(rows, rows.length, end),
  ]
  const switches = side(block.switchRow)
  const wakes = side(block.wakeRow)
  const last = end === block.count
  return {
    count: end - first,
    ticks: block.ticks.subarray(first, end),
    pid: block.pid.subarray(first, end),
    type: block.type.subarray(first, end),
    where: block.where.subarray(first, end),
    switchRow: block.switchRow.slice(...switches).map((row) => row - first),
    switchNext: block.switchNext.subarray(...switches),
    switchState: block.switchState.subarray(...switches),
    wakeRow: block.wakeRow.slice(...wakes).map((row) => row - first),
    wakePid: block.wakePid.subarray(...wakes),
    wakeCpu: block.wakeCpu.subarray(...wakes),
    wakeHow: block.wakeHow.subarray(...wakes),
    // Of an empty part nothing can be said.
    lost: block.lost.flatMap((l) =>
      end > first && l.row >= first && (l.row < end || (last && l.row === end)) ? [{ ...l, row: l.row - first }] : [],
    ),
    faults: block.faults,
  }
}

const SWITCH_BYTES = 9
const WAKE_BYTES = 11

export class StreamBuilder {
  readonly columns: StreamColumns
  /** Bytes on disk of the blocks appended so far. */
  bytesDone = 0

  /** @param limit most events worth reserving room for at once; @param window only events of these times are kept */
  constructor(
    readonly plan: StreamPlan,
    private readonly allocate: Allocate,
    private readonly limit = Infinity,
    private readonly window?: TimeRange,
  ) {
    this.columns = emptyColumns(plan)
  }

  /** Bytes an event takes in the columns. */
  get eventBytes(): number {
    return this.plan.clock.identity ? 18 : 26
  }

  /** Bytes in use, spare room not included. */
  get bytesUsed(): number {
    const c = this.columns
    return c.count * this.eventBytes + c.switches * SWITCH_BYTES + c.wakes * WAKE_BYTES
  }

  /** Time of the last event, -Infinity before the first. */
  get reached(): number {
    const c = this.columns
    return c.count > 0 ? c.t[c.count - 1]! : -Infinity
  }

  /** Appends the next block of the stream, `bytes` long on disk. */
  append(decoded: DecodedBlock, bytes: number): void {
    const block = this.window ? this.#within(decoded, this.window) : decoded
    const c = this.columns
    const n = block.count
    this.bytesDone += bytes
    const at = c.count
    if (at + n > c.ticks.length) this.#resize(this.#estimate(at + n))
    c.ticks.set(block.ticks.subarray(0, n), at)
    if (c.t !== c.ticks) this.plan.clock.apply(c.ticks.subarray(at, at + n), n, c.t.subarray(at, at + n))
    c.pid.set(block.pid.subarray(0, n), at)
    c.type.set(block.type.subarray(0, n), at)
    c.where.set(block.where.subarray(0, n), at)
    this.#appendSides(block, at)
    for (const l of block.lost) c.lost.push({ row: at + l.row, events: l.events })
    c.count = at + n
  }

  /** The events of the block from the first to the last that lie in the window. */
  #within(block: DecodedBlock, window: TimeRange): DecodedBlock {
    const t = this.plan.clock.identity ? block.ticks : new Float64Array(block.count)
    if (t !== block.ticks) this.plan.clock.apply(block.ticks, block.count, t)
    const inside = (row: number): boolean => t[row]! >= window.from && t[row]! <= window.to
    let first = 0
    while (first < block.count && !inside(first)) first++
    let end = block.count
    while (end > first && !inside(end - 1)) end--
    return first === 0 && end === block.count ? block : rowsOf(block, first, end)
  }

  /** Notes that an unknown number of events is missing here. */
  gap(bytes: number): void {
    this.bytesDone += bytes
    this.columns.lost.push({ row: this.columns.count, events: -1 })
  }

  /** Drops all events later than `time` (SessionTime). */
  cut(time: number): void {
    const c = this.columns
    let n = c.count
    while (n > 0 && c.t[n - 1]! > time) n--
    c.count = n
    while (c.switches > 0 && c.switchRow[c.switches - 1]! >= n) c.switches--
    while (c.wakes > 0 && c.wakeRow[c.wakes - 1]! >= n) c.wakes--
    c.lost = c.lost.filter((l) => l.row < n)
  }

  /** Gives spare room back, but for a trifle that is not worth a copy of everything. Call once, after the last block. */
  trim(): void {
    const c = this.columns
    if (c.ticks.length > c.count * 1.02) this.#resize(c.count)
    this.#resizeSwitches(c.switches)
    this.#resizeWakes(c.wakes)
  }

  /** Room for all events of the stream, judged by what the bytes read so far held; never less than `needed`. */
  #estimate(needed: number): number {
    const left = Math.max(0, this.plan.bytes - this.bytesDone)
    const whole = needed + Math.ceil((needed / Math.max(1, this.bytesDone)) * left * 1.03)
    return Math.max(needed, Math.min(whole, this.limit))
  }

  #resize(size: number): void {
    const c = this.columns
    const shared = c.t === c.ticks
    c.ticks = resized(Float64Array, c.ticks, c.count, size, this.allocate)
    c.t = shared ? c.ticks : resized(Float64Array, c.t, c.count, size, this.allocate)
    c.pid = resized(Int32Array, c.pid, c.count, size, this.allocate)
    c.type = resized(Uint16Array, c.type, c.count, size, this.allocate)
    c.where = resized(Uint32Array, c.where, c.count, size, this.allocate)
  }

  #appendSides(block: DecodedBlock, at: number): void {
    const c = this.columns
    const s = block.switchRow.length
    if (c.switches + s > c.switchRow.length) this.#resizeSwitches(this.#estimate(c.switches + s))
    for (let i = 0; i < s; i++) c.switchRow[c.switches + i] = at + block.switchRow[i]!
    c.switchNext.set(block.switchNext.subarray(0, s), c.switches)
    c.switchState.set(block.switchState.subarray(0, s), c.switches)
    c.switches += s
    const w = block.wakeRow.length
    if (c.wakes + w > c.wakeRow.length) this.#resizeWakes(this.#estimate(c.wakes + w))
    for (let i = 0; i < w; i++) c.wakeRow[c.wakes + i] = at + block.wakeRow[i]!
    c.wakePid.set(block.wakePid.subarray(0, w), c.wakes)
    c.wakeCpu.set(block.wakeCpu.subarray(0, w), c.wakes)
    c.wakeHow.set(block.wakeHow.subarray(0, w), c.wakes)
    c.wakes += w
  }

  #resizeSwitches(size: number): void {
    const c = this.columns
    if (c.switchRow.length === size) return
    c.switchRow = resized(Uint32Array, c.switchRow, c.switches, size, this.allocate)
    c.switchNext = resized(Int32Array, c.switchNext, c.switches, size, this.allocate)
    c.switchState = resized(Uint8Array, c.switchState, c.switches, size, this.allocate)
  }

  #resizeWakes(size: number): void {
    const c = this.columns
    if (c.wakeRow.length === size) return
    c.wakeRow = resized(Uint32Array, c.wakeRow, c.wakes, size, this.allocate)
    c.wakePid = resized(Int32Array, c.wakePid, c.wakes, size, this.allocate)
    c.wakeCpu = resized(Int16Array, c.wakeCpu, c.wakes, size, this.allocate)
    c.wakeHow = resized(Uint8Array, c.wakeHow, c.wakes, size, this.allocate)
  }
}

import { ByteWriter, type Encoding } from './encoding.js'
import { encodePayload, type Common, type Format, type Value } from './event-format.js'

export interface EventItem {
  readonly kind: 'event'
  /** Raw clock value. */
  readonly time: bigint
  readonly format: Format
  readonly pid: number
  readonly flags?: number
  readonly preempt?: number
  readonly values: Readonly<Record<string, Value>>
  /** `long` = length word even where the payload would fit a short record. */
  readonly form?: 'short' | 'long'
  /** How the time is told: by delta (with a time extend where it does not fit), always with an extend, or absolutely. */
  readonly stamp?: 'delta' | 'extend' | 'absolute'
}

/** What a CPU's stream consists of, in order. */
export type Item =
  | EventItem
  /** A discarded record of `bytes` (a multiple of 4, at least 8), moving the time by `delta`. */
  | { readonly kind: 'discard'; readonly bytes: number; readonly delta: number }
  /** Begins a page; `lost` events are missing before it (-1 = some, not counted). */
  | { readonly kind: 'page'; readonly lost?: number }

export interface RingBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly pages: number
  /** Every event in order and the page that holds it. */
  readonly events: readonly { readonly item: EventItem; readonly page: number }[]
  /** Events lost before the event of index `row` (== events.length: after the last one). */
  readonly lost: readonly { readonly row: number; readonly events: number }[]
}

const Padding = 29
const Extend = 30
const Absolute = 31
const LOST = 1 << 31
const LOST_COUNTED = 1 << 30
const LOW27 = (1n << 27n) - 1n

/** Lays a CPU's items out in ring-buffer pages. What a page does not use holds stale bytes, as in a real ring buffer. */
export function encodeRingBuffer(
  items: readonly Item[],
  encoding: Encoding,
  pageSize: number,
  common: Common = 'plain',
): RingBuffer {
  const out = new ByteWriter(encoding)
  const headSize = 8 + encoding.longSize
  const events: { item: EventItem; page: number }[] = []
  const lost: { row: number; events: number }[] = []
  let pages = 0
  let now = timeBeforeFirst(items)
  /** The open page: where it begins, its missed-event mark and whether its time is still to be set. */
  let page: { start: number; lost: number; empty: boolean } | null = null

  const close = (): void => {
    if (!page) return
    const used = out.length - page.start - headSize
    let commit = used
    if (page.lost !== 0) commit |= LOST
    if (page.lost > 0) {
      commit |= LOST_COUNTED
      out.int(encoding.longSize, page.lost)
    }
    // The mark is the sign bit of an int, and the kernel adds it to a long: its sign fills the upper half.
    out.int(encoding.longSize, commit, page.start + 8)
    out.fill(page.start + pageSize - out.length, 0xa5)
    page = null
  }
  const begin = (missed: number): void => {
    close()
    page = { start: out.length, lost: missed, empty: true }
    pages++
    out.u64(now).fill(encoding.longSize)
    if (missed !== 0) lost.push({ row: events.length, events: missed })
  }
  /** Makes sure that `bytes` fit on the open page. True when the page has no record yet. */
  const room = (bytes: number): boolean => {
    const left = (): number => (page ? page.start + pageSize - out.length - (page.lost > 0 ? encoding.longSize : 0) : 0)
    if (left() < bytes) begin(0)
    if (left() < bytes) throw new Error(`a record of ${bytes} bytes does not fit a page`)
    const first = page!.empty
    page!.empty = false
    return first
  }
  const header = (typeLen: number, delta: bigint): void => {
    const d = Number(delta & LOW27)
    out.u32((encoding.bigEndian ? (typeLen << 27) | d : (d << 5) | typeLen) >>> 0)
  }

  for (const item of items) {
    if (item.kind === 'page') {
      begin(item.lost ?? 0)
    } else if (item.kind === 'discard') {
      if (room(item.bytes)) out.int(8, now, page!.start)
      header(Padding, BigInt(item.delta))
      out.u32(item.bytes - 4).fill(item.bytes - 8, 0x5a)
      now += BigInt(item.delta)
    } else {
      const payload = encodePayload(item.format, item.values, item, encoding, common)
      const padded = Math.ceil(payload.length / 4) * 4
      const long = item.form === 'long' || padded > 28 * 4
      const first = room(padded + 4 + (long ? 4 : 0) + 8)
      if (first) {
        now = item.time
        out.int(8, now, page!.start)
      }
      let delta = item.time - now
      if (item.stamp === 'absolute') {
        header(Absolute, item.time)
        out.u32(Number((item.time >> 27n) & 0xffffffffn))
        delta = 0n
      } else if (item.stamp === 'extend' || delta > LOW27) {
        header(Extend, delta)
        out.u32(Number(delta >> 27n))
        delta = 0n
      }
      header(long ? 0 : padded / 4, delta)
      // The length word may be odd; readers round it up.
      if (long) out.u32(payload.length + 4)
      out.raw(payload).fill(padded - payload.length)
      now = item.time
      events.push({ item, page: pages - 1 })
    }
  }
  close()
  return { bytes: out.bytes, pages, events, lost }
}

/** Clock value at which the stream sets out: discarded records before the first event move it on to that event's. */
function timeBeforeFirst(items: readonly Item[]): bigint {
  let moved = 0n
  for (const item of items) {
    if (item.kind === 'event') return item.time > moved ? item.time - moved : 0n
    if (item.kind === 'discard') moved += BigInt(item.delta)
  }
  return 1n
}

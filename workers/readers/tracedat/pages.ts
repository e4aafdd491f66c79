// The loop over ring-buffer pages. Pure: words in, columns out.

import type { Severity } from '../../fault.js'
import { type DecodedBlock, foldPrevState, WakeHow } from '../types.js'
import type { FieldPlace } from './formats.js'
import { findPage, timeOfPage } from './resync.js'
import type { Hole } from './stream-bytes.js'

/** What the loop must know of a file: plain data. */
export interface Layout {
  readonly bigEndian: boolean
  /** Bytes of the page's commit word: 4 or 8. */
  readonly commitSize: number
  /** Where the records of a page begin. */
  readonly dataOffset: number
  /** FileTicks 0 as a raw clock value, upper and lower 32 bits. */
  readonly epochHigh: number
  readonly epochLow: number
  /** common_type (2 bytes) and common_pid (4 bytes) in every payload. */
  readonly typeField: FieldPlace
  readonly pidField: FieldPlace
  /** Kernel event id -> file-local type, 65536 entries, 0 = unknown. */
  readonly typeOf: Uint16Array
  /** File-local type -> Role. */
  readonly roleOf: Uint8Array
  readonly switchNext: FieldPlace
  readonly switchState: FieldPlace
  /** common_flags; size 0 = none. */
  readonly flagsField: FieldPlace
  /** Fields of wake events by their kind (WakeHow); null where the file has no such event. */
  readonly wakes: readonly (WakePlaces | null)[]
}

/** Fields of a wake event; of size 0 what it does not have. */
export interface WakePlaces {
  readonly pid: FieldPlace
  /** target_cpu, or dest_cpu of a migration. */
  readonly cpu: FieldPlace
  readonly success: FieldPlace
  /** Bytes of the payload that hold them. */
  readonly needs: number
}

/** What the loop does with an event beyond its four columns: the kinds of wake events are their own roles (WakeHow.Kind). */
export const Role = { None: 0, Switch: 8 } as const

export interface BlockShape {
  /** Pages that begin in the block's first `length` bytes are decoded. */
  readonly length: number
  readonly pageSize: number
  /** Position of the block in the stream's uncompressed bytes. */
  readonly base: number
  /** Parts of the block that are not there, in stream bytes. */
  readonly holes: readonly Hole[]
}

/** Takes a fault at a position in the stream's uncompressed bytes. */
export type Report = (severity: Severity, code: string, message: string, position: number, times?: number) => void

/** Columns in the making, grown to the largest block seen. The smallest record takes 8 bytes, which bounds their length. */
class Scratch {
  capacity = 0
  ticks = new Float64Array(0)
  pid = new Int32Array(0)
  type = new Uint16Array(0)
  where = new Uint32Array(0)
  switchRow = new Uint32Array(0)
  switchNext = new Int32Array(0)
  switchState = new Uint8Array(0)
  wakeRow = new Uint32Array(0)
  wakePid = new Int32Array(0)
  wakeCpu = new Int16Array(0)
  wakeHow = new Uint8Array(0)

  reserve(bytes: number): void {
    const n = (bytes >> 3) + 1
    if (n <= this.capacity) return
    this.capacity = n
    this.ticks = new Float64Array(n)
    this.pid = new Int32Array(n)
    this.type = new Uint16Array(n)
    this.where = new Uint32Array(n)
    this.switchRow = new Uint32Array(n)
    this.switchNext = new Int32Array(n)
    this.switchState = new Uint8Array(n)
    this.wakeRow = new Uint32Array(n)
    this.wakePid = new Int32Array(n)
    this.wakeCpu = new Int16Array(n)
    this.wakeHow = new Uint8Array(n)
  }
}
const scratch = new Scratch()

const COMMIT_MASK = (1 << 27) - 1
const MISSED = 1 << 31
const MISSED_STORED = 1 << 30
const TWO_27 = 2 ** 27
const TWO_32 = 2 ** 32
const PADDING = 29
const TIME_EXTEND = 30
const TIME_STAMP = 31

/** A field of up to 4 bytes (the low 4 of longer ones) at any offset of the payload that begins at word `body`. */
function field(words: Int32Array, body: number, f: FieldPlace, bigEndian: boolean): number {
  const low = bigEndian && f.size > 4 ? f.offset + f.size - 4 : f.offset
  const n = Math.min(f.size, 4)
  if (n === 4 && (low & 3) === 0) return words[body + (low >> 2)]!
  let value = 0
  for (let i = 0; i < n; i++) {
    const at = low + i
    const byte = words[body + (at >> 2)]! >>> (8 * (bigEndian ? 3 - (at & 3) : at & 3))
    value |= (byte & 0xff) << (8 * (bigEndian ? n - 1 - i : i))
  }
  return value
}

/**
 * Decodes the pages of one block. `words` are the block's bytes as 32-bit words in this machine's order; `limit` says how many
 * bytes of them count: up to a page more than the block, since pages may be off their grid.
 */
export function decodePages(
  words: Int32Array,
  limit: number,
  layout: Layout,
  shape: BlockShape,
  report: Report,
): Omit<DecodedBlock, 'faults'> {
  scratch.reserve(limit)
  const s = scratch
  const { ticks, pid, type, where, switchRow, switchNext, switchState, wakeRow, wakePid, wakeCpu, wakeHow } = s
  const { bigEndian, typeOf, roleOf, epochHigh, epochLow, dataOffset, commitSize } = layout
  const { pageSize, base, holes, length: blockEnd } = shape
  const longCommit = commitSize === 8
  const typeWord = layout.typeField.offset >> 2
  const typeInFirstHalf = (layout.typeField.offset & 2) === 0
  const typeShift = typeInFirstHalf === bigEndian ? 16 : 0
  const pidWord = layout.pidField.offset >> 2
  const needed = Math.max(layout.typeField.offset + 2, layout.pidField.offset + 4)
  const switchNeeds = Math.max(end(layout.switchNext), end(layout.switchState))
  const whereBase = base / 4
  const lost: { row: number; events: number }[] = []
  let n = 0
  let switches = 0
  let wakes = 0
  let unknown = 0
  let t = Number.NEGATIVE_INFINITY
  /** Time of the last page that held records; none is earlier than the epoch. */
  let pageTime = 0

  const lose = (events: number): void => {
    const last = lost.at(-1)
    if (last?.row !== n) lost.push({ row: n, events })
    else last.events = last.events < 0 || events < 0 ? -1 : last.events + events
  }

  /** Where a search for the next sound page ended. */
  let found = -1
  /** Looks for pages off the grid behind a damaged one; the position of the first, 0 if the grid holds. */
  const offGrid = (page: number, notBefore: number): number => {
    if (page >= found) {
      const onGrid = findPage(words, page + pageSize, page + pageSize + 4, limit, layout, pageSize, notBefore)
      if (onGrid > 0) return 0
      const at = findPage(words, page + 4, blockEnd, limit, layout, pageSize, notBefore)
      found = at < 0 ? Number.POSITIVE_INFINITY : at
    }
    return found === Number.POSITIVE_INFINITY || (found - page) % pageSize === 0 ? 0 : found
  }
  /** Drops the events that were made of bytes at or behind `from`, and goes on at `to`. */
  const resume = (from: number, to: number): number => {
    const keep = whereBase + (from >> 2)
    while (n > 0 && where[n - 1]! >= keep) n--
    while (switches > 0 && switchRow[switches - 1]! >= n) switches--
    while (wakes > 0 && wakeRow[wakes - 1]! >= n) wakes--
    while (lost.length > 0 && lost.at(-1)!.row >= n) lost.pop()
    t = Number.NEGATIVE_INFINITY
    report(
      'error',
      'shifted-pages',
      'A page was written only in part and those behind it are shifted; reading goes on at the next sound one.',
      base + to,
    )
    lose(-1)
    return to
  }

  let following: number
  for (let page = 0; page < blockEnd; page = following) {
    following = page + pageSize
    const left = Math.min(pageSize, limit - page)
    const hole = holes.find((h) => h.from < base + page + left && h.to > base + page)
    if (hole && hole.from <= base + page) {
      lose(-1)
      continue
    }
    if (left < dataOffset) {
      report('error', 'truncated-page', 'The last page is cut inside its head.', base + page)
      lose(-1)
      continue
    }
    const w = page >> 2
    const low = words[bigEndian ? w + 1 : w]! >>> 0
    const high = words[bigEndian ? w : w + 1]! >>> 0
    const commit = words[bigEndian && longCommit ? w + 3 : w + 2]!
    const used = commit & COMMIT_MASK
    const start = (high - epochHigh) * TWO_32 + (low - epochLow)
    const zero = low === 0 && high === 0 && commit === 0
    const before = pageTime
    // Bits that no kernel sets; the flags in bits 31 and 30 may be sign-extended into the upper half.
    const upper = longCommit ? words[bigEndian ? w + 2 : w + 3]! : 0
    const odd = (commit & 0x38000003) !== 0 || (upper !== 0 && upper !== -1)
    if (odd || used === 0 || used > pageSize - dataOffset || start < before) {
      const other = offGrid(page, before)
      if (other > 0) {
        following = resume(page, other)
        continue
      }
    }
    if (zero) {
      report('warning', 'zero-page', 'A page holds nothing but zeros and was skipped.', base + page)
      lose(-1)
      continue
    }
    if (used > pageSize - dataOffset) {
      report('error', 'bad-commit', `A page claims ${used} bytes, more than fit; it was skipped.`, base + page)
      lose(-1)
      continue
    }
    if (used > 0) {
      if (start < t)
        report('warning', 'time-backwards', 'A page begins before the end of the one before it.', base + page)
      t = pageTime = start
    }
    if (commit & MISSED) lose(commit & MISSED_STORED ? storedCount(words, w, used, layout, left) : -1)

    // What is there of the page: less than it claims where the file was cut or a chunk is missing.
    const there = hole ? hole.from - base - page : left
    const stop = (page + Math.min(dataOffset + used, there)) >> 2
    let p = (page + dataOffset) >> 2
    while (p < stop) {
      const head = words[p]!
      const kind = bigEndian ? head >>> 27 : head & 31
      const delta = bigEndian ? head & 0x7ffffff : head >>> 5
      let body = p + 1
      let next: number
      if (kind < PADDING) {
        if (kind !== 0) {
          next = body + kind
        } else {
          const length = words[body]!
          body++
          // A length that cannot be makes `next` lie outside the page.
          next = length >= 4 ? body + ((length - 1) >>> 2) : -1
        }
        if (next <= p || next > stop) {
          if (there >= dataOffset + used) {
            const other = offGrid(page, before)
            if (other > 0) {
              // What precedes the next page is of this one, if this is a page at all.
              const sound = start >= before && start <= timeOfPage(words, other, layout, pageSize)
              if (!sound) pageTime = before
              following = resume(sound ? other : page, other)
              break
            }
            report(
              'error',
              'bad-record',
              'A record reaches beyond its page; the rest of the page was skipped.',
              base + p * 4,
            )
          }
          lose(-1)
          break
        }
        t += delta
        const room = (next - body) * 4
        if (room < needed) {
          report('error', 'short-record', 'A record is too short to be an event and was skipped.', base + p * 4)
          p = next
          continue
        }
        const k = typeOf[(words[body + typeWord]! >>> typeShift) & 0xffff]!
        ticks[n] = t
        pid[n] = words[body + pidWord]!
        type[n] = k
        where[n] = whereBase + p
        if (k === 0) unknown++
        const role = roleOf[k]!
        if (role !== Role.None) {
          if (role === Role.Switch) {
            if (room >= switchNeeds) {
              switchRow[switches] = n
              switchNext[switches] = field(words, body, layout.switchNext, bigEndian)
              switchState[switches++] = foldPrevState(field(words, body, layout.switchState, bigEndian))
            }
          } else {
            const places = layout.wakes[role]!
            if (room >= places.needs) {
              const woken = field(words, body, places.pid, bigEndian)
              const succeeded = places.success.size === 0 || field(words, body, places.success, bigEndian) !== 0
              if (woken >= 0 && succeeded) {
                wakeRow[wakes] = n
                wakePid[wakes] = woken
                wakeCpu[wakes] = places.cpu.size === 0 ? -1 : field(words, body, places.cpu, bigEndian)
                wakeHow[wakes++] = role | contextOf(words, body, layout, room)
              }
            }
          }
        }
        n++
        p = next
      } else if (body >= stop) {
        // Padding of 4 bytes that fills a page, or a record that was cut.
        if (kind !== PADDING) lose(-1)
        break
      } else if (kind === PADDING) {
        const length = words[body]!
        t += delta
        next = length > 0 ? body + ((length + 3) >>> 2) : stop
        p = next > stop ? stop : next
      } else {
        const more = words[body]! >>> 0
        if (kind === TIME_EXTEND) t += more * TWO_27 + delta
        else if (kind === TIME_STAMP) t = absolute(more, delta, t, epochHigh, epochLow)
        p = body + 1
      }
    }
    if (following === page + pageSize && there < dataOffset + used && !hole) {
      report(
        'error',
        'truncated-page',
        `The last page is cut: ${there} of ${dataOffset + used} bytes are there.`,
        base + page,
      )
      lose(-1)
    } else if (hole) lose(-1)
  }
  if (unknown > 0) reportUnknown(words, layout, where, type, n, base, report)

  markFirst(wakeHow, wakes)
  return {
    count: n,
    ticks: ticks.slice(0, n),
    pid: pid.slice(0, n),
    type: type.slice(0, n),
    where: where.slice(0, n),
    switchRow: switchRow.slice(0, switches),
    switchNext: switchNext.slice(0, switches),
    switchState: switchState.slice(0, switches),
    wakeRow: wakeRow.slice(0, wakes),
    wakePid: wakePid.slice(0, wakes),
    wakeCpu: wakeCpu.slice(0, wakes),
    wakeHow: wakeHow.slice(0, wakes),
    lost,
  }
}

const end = (f: FieldPlace): number => f.offset + f.size

const CONTEXT = WakeHow.HardIrq | WakeHow.SoftIrq | WakeHow.Nmi

function contextOf(words: Int32Array, body: number, { flagsField, bigEndian }: Layout, room: number): number {
  if (flagsField.size === 0 || room < end(flagsField)) return WakeHow.NoContext
  return field(words, body, flagsField, bigEndian) & CONTEXT
}

/** A block without sched_waking tells of wake-ups by sched_wakeup, if it does at all. */
export function markFirst(how: Uint8Array, count: number): void {
  let waking = false
  for (let i = 0; i < count; i++) waking ||= (how[i]! & WakeHow.Kind) === WakeHow.Waking
  for (let i = 0; i < count; i++) {
    const kind = how[i]! & WakeHow.Kind
    if (waking ? kind === WakeHow.Waking : kind !== WakeHow.Migrate) how[i]! |= WakeHow.First
  }
}

/** An absolute time holds 59 bits; the upper 5 are those of the current time. In ticks since the epoch. */
function absolute(more: number, delta: number, t: number, epochHigh: number, epochLow: number): number {
  const top = Math.floor((t + epochLow) / TWO_32) + epochHigh
  const high = ((top & 0xf8000000) | (more >>> 5)) >>> 0
  const low = (((more & 31) << 27) | delta) >>> 0
  return (high - epochHigh) * TWO_32 + (low - epochLow)
}

/** Number of events lost before a page, stored right after its records; -1 where it cannot be read. */
function storedCount(words: Int32Array, page: number, used: number, layout: Layout, there: number): number {
  const at = layout.dataOffset + used
  if (at + layout.commitSize > there || (at & 3) !== 0) return -1
  const first = words[page + (at >> 2)]! >>> 0
  if (layout.commitSize === 4) return first
  const second = words[page + (at >> 2) + 1]! >>> 0
  const count = layout.bigEndian ? first * TWO_32 + second : second * TWO_32 + first
  return count <= Number.MAX_SAFE_INTEGER ? count : -1
}

/** One fault for every id that has no format, at its first record. */
function reportUnknown(
  words: Int32Array,
  layout: Layout,
  where: Uint32Array,
  type: Uint16Array,
  n: number,
  base: number,
  report: Report,
): void {
  const seen = new Map<number, { times: number; position: number }>()
  for (let i = 0; i < n; i++) {
    if (type[i] !== 0) continue
    const position = where[i]! * 4
    const p = (position - base) >> 2
    const head = words[p]!
    const long = (layout.bigEndian ? head >>> 27 : head & 31) === 0
    const id = field(words, p + (long ? 2 : 1), layout.typeField, layout.bigEndian) & 0xffff
    const entry = seen.get(id)
    if (entry) entry.times++
    else seen.set(id, { times: 1, position })
  }
  for (const [id, { times, position }] of [...seen].slice(0, 100)) {
    report(
      'warning',
      'unknown-event',
      `Events of id ${id} have no format in this file and are shown as raw bytes.`,
      position,
      times,
    )
  }
}

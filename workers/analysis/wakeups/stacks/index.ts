// The stacks of all wake-ups: each distinct one once, found by its bytes, so that a symbol is looked up once and not a million times.

import type { StreamColumns } from '../../../columns/event-table.js'
import type { Session } from '../../../model/session.js'
import type { RecordView } from '../../../readers/types.js'
import { stacksBehind } from '../../../table/details.js'
import { visitRows } from '../../../table/records.js'
import type { OnProgress } from '../../../thread/contract.js'
import { NONE, type Wakeups } from '../columns.js'
import { meaningful } from './frames.js'

export interface StackIndex {
  /** Stack of each wake-up, -1 = none. */
  readonly of: Int32Array
  /** Function names of each stack, innermost first, noise left out. */
  readonly stacks: readonly (readonly string[])[]
}

const BATCH = 1 << 15
/** Size of the common fields, which say nothing of the stack. */
const HEAD = 8
/** Levels of contexts in the order of Context; what is not known counts as a task. */
const LEVEL = [0, 1, 2, 3, 0]

/**
 * Reads the stack behind each sched_waking, or behind sched_wakeup where that one has none.
 * @param recorded frames of the record of a collector that joined a wake-up, innermost first; for those that have neither
 */
export async function readStacks(
  session: Session,
  w: Wakeups,
  recorded: (i: number) => readonly string[] | null,
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<StackIndex> {
  const reader = new Reader(session, w, signal)
  const tell = (done: number): void => onProgress?.({ phase: 'indexing', done, total: w.count, unit: 'events' })
  for (let start = 0; start < w.count; start += BATCH) {
    const end = Math.min(w.count, start + BATCH)
    await reader.read(start, end, w.wakingStream, w.wakingRow)
    await reader.read(start, end, w.wakeupStream, w.wakeupRow)
    for (let i = start; i < end; i++) reader.take(i, recorded)
    tell(end)
  }
  return { of: reader.of, stacks: reader.stacks }
}

/** A stack's record, and what it is. */
interface Known {
  readonly file: number
  readonly bytes: Uint8Array
  readonly stack: number
}

/** FNV-1a of what follows the common fields. */
function hashOf(bytes: Uint8Array, file: number): number {
  let hash = 0x811c9dc5 ^ file
  for (let i = HEAD; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash
}

function sameStack(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = HEAD; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

class Reader {
  readonly of: Int32Array
  readonly stacks: string[][] = []
  readonly #byHash = new Map<number, Known[]>()
  readonly #byNames = new Map<string, number>()
  readonly #isStack: Uint8Array

  constructor(
    private readonly session: Session,
    private readonly w: Wakeups,
    private readonly signal?: AbortSignal,
  ) {
    this.of = new Int32Array(w.count).fill(-1)
    this.#isStack = Uint8Array.from(session.eventTypes, (e) => (e.name === 'kernel_stack' && e.count > 0 ? 1 : 0))
  }

  /** Looks behind the given event of each wake-up that has no stack yet. */
  async read(start: number, end: number, streams: Uint16Array, rows: Uint32Array): Promise<void> {
    const byStream: number[][] = []
    for (let i = start; i < end; i++) {
      if (this.of[i]! < 0 && rows[i] !== NONE) (byStream[streams[i]!] ??= []).push(i)
    }
    for (const [k, own] of byStream.entries()) {
      if (own) await this.#readStream(this.session.table.streams[k]!, own, rows)
    }
  }

  /** The stack of a wake-up that has none in the recording. */
  take(i: number, recorded: (i: number) => readonly string[] | null): void {
    if (this.of[i]! >= 0) return
    const frames = recorded(i)
    if (frames) this.of[i] = this.#named(frames)
  }

  async #readStream(stream: StreamColumns, own: readonly number[], rows: Uint32Array): Promise<void> {
    if (!stream.types.some((type) => this.#isStack[type] === 1)) return
    const candidates = own.filter((i) => {
      const next = rows[i]! + 1
      return next < stream.count && stream.pid[next] === stream.pid[next - 1]
    })
    const behindInterrupt: number[] = []
    const next = Uint32Array.from(candidates, (i) => rows[i]! + 1)
    await visitRows(
      this.session,
      stream,
      next,
      (record, k) => {
        const i = candidates[k]!
        if (this.#isStack[stream.types[stream.type[next[k]!]!]!] === 1) this.of[i] = this.#stackOf(stream, record)
        else if (levelOf(record) > LEVEL[this.w.context[i]!]!) behindInterrupt.push(i)
      },
      this.signal,
    )
    for (const i of behindInterrupt) {
      const [kernel] = (await stacksBehind(this.session, stream, rows[i]!, this.signal)).filter(
        (s) => s.kind === 'kernel',
      )
      if (kernel) this.of[i] = this.#named(kernel.frames.map((f) => f.symbol || f.address))
    }
  }

  #stackOf(stream: StreamColumns, record: RecordView): number {
    const bytes = record.bytes()
    const hash = hashOf(bytes, stream.file)
    const known = this.#byHash.get(hash)
    const same = known?.find((k) => k.file === stream.file && sameStack(k.bytes, bytes))
    if (same) return same.stack
    const frames = record.stack()?.frames ?? []
    const stack = this.#named(frames.map((f) => f.symbol || `0x${f.address.toString(16)}`))
    const entry = { file: stream.file, bytes: bytes.slice(), stack }
    if (known) known.push(entry)
    else this.#byHash.set(hash, [entry])
    return stack
  }

  #named(symbols: readonly string[]): number {
    const names = meaningful(symbols)
    if (names.length === 0) return -1
    const key = names.join('\n')
    const known = this.#byNames.get(key)
    if (known !== undefined) return known
    this.#byNames.set(key, this.stacks.length)
    return this.stacks.push(names) - 1
  }
}

function levelOf(record: RecordView): number {
  const flags = Number(record.field('common_flags') ?? 0)
  if (flags & 0x40) return 3
  if (flags & 0x08) return 2
  return flags & 0x10 ? 1 : 0
}

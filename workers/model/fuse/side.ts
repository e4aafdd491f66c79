// What the fused model needs from records beside the columns: kinds and few numbers of kvm, interrupt and system call events. Read
// once per session in one pass over those event types; times stay in the columns, so that other clocks need no second reading.

import type { StreamColumns } from '../../columns/event-table.js'
import type { RecordView } from '../../readers/types.js'
import { visitRows } from '../../table/records.js'
import type { Session } from '../session.js'
import { readClaims, type Claims } from './claims.js'
import { familyOf } from './handlers/families.js'
import { mark, MarkKind, type Mark, type Texts } from './handlers/marks.js'

export interface SideColumns {
  /** Index of the stream in the session's table. */
  readonly stream: number
  readonly count: number
  /** Rows in the stream, ascending. */
  readonly row: Uint32Array
  /** MarkKind. */
  readonly kind: Uint8Array
  readonly a: Int32Array
  readonly b: Int32Array
}

export interface Side {
  readonly streams: readonly SideColumns[]
  /** What numbers in `a` and `b` stand for, where they are texts. */
  readonly texts: readonly string[]
  readonly claims: readonly Claims[]
  readonly bytes: number
}

class TextTable implements Texts {
  readonly all: string[] = []
  readonly #known = new Map<string, number>()
  of(text: string): number {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const index = this.all.push(text) - 1
    this.#known.set(text, index)
    return index
  }
}

/** Reads the side columns of all streams. */
export async function readSide(session: Session): Promise<Side> {
  const texts = new TextTable()
  const families = session.eventTypes.map((type) => (type.count > 0 ? familyOf(type, texts) : null))
  const streams: SideColumns[] = []
  for (const [i, stream] of session.table.streams.entries()) {
    const side = await readStream(session, stream, i, families)
    if (side) streams.push(side)
  }
  const claims = await readClaims(session)
  const bytes =
    streams.reduce((n, s) => n + s.row.byteLength + s.kind.byteLength + s.a.byteLength + s.b.byteLength, 0) +
    claims.reduce((n, c) => n + c.row.byteLength + c.pid.byteLength + c.ns.byteLength, 0)
  return { streams, texts: texts.all, claims, bytes }
}

type Families = readonly (ReturnType<typeof familyOf> | null)[]

async function readStream(
  session: Session,
  stream: StreamColumns,
  index: number,
  families: Families,
): Promise<SideColumns | null> {
  const local = Array.from(stream.types, (type) => families[type] ?? null)
  const wanted = Uint8Array.from(local, (f) => (f ? 1 : 0))
  // Where events were lost: one mark at the event before, one at the event after.
  const gaps = [...new Set(stream.lost.map((l) => l.row))].filter((row) => row > 0 && row < stream.count)
  let count = gaps.length * 2
  for (let i = 0; i < stream.count; i++) count += wanted[stream.type[i]!]!
  if (count === 0) return null
  const side: SideColumns = {
    stream: index,
    count,
    row: new Uint32Array(count),
    kind: new Uint8Array(count),
    a: new Int32Array(count),
    b: new Int32Array(count),
  }
  const put = (k: number, m: Mark): void => {
    side.kind[k] = m.kind
    side.a[k] = m.a
    side.b[k] = m.b
  }
  const read: number[] = []
  const told = new Set<number>()
  let gap = 0
  let n = 0
  const closeBefore = (i: number): void => {
    side.row[n] = i
    put(n++, GAP)
  }
  for (let i = 0; i < stream.count; i++) {
    if (gaps[gap] === i) {
      side.row[n] = i
      put(n++, GAP_END)
      gap++
    }
    const before = gaps[gap] === i + 1
    if (wanted[stream.type[i]!] === 0) {
      if (before) closeBefore(i)
      continue
    }
    side.row[n] = i
    const { plain, of, onceAThread } = local[stream.type[i]!]!
    if (plain) put(n, plain)
    if (of && (!onceAThread || !told.has(stream.pid[i]!))) {
      read.push(n)
      if (onceAThread) told.add(stream.pid[i]!)
    }
    n++
    if (before) closeBefore(i)
  }
  const rows = Uint32Array.from(read, (k) => side.row[k]!)
  await visitRows(session, stream, rows, (record: RecordView, i) => {
    const k = read[i]!
    const { of } = local[stream.type[side.row[k]!]!]!
    const made = of?.(record)
    if (made) put(k, made)
  })
  return side
}

const GAP = mark(MarkKind.Gap)
const GAP_END = mark(MarkKind.GapEnd)

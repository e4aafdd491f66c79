// What guests say of the time that was taken from them. Their kernels subtract steal from what a task is charged for, so that
// sched_stat_runtime tells it; an event of its own may tell it directly (a probe on account_steal_time, or a record of
// struct kvm_steal_time).

import type { StreamColumns } from '../../columns/event-table.js'
import type { RecordView } from '../../readers/types.js'
import { visitRows } from '../../table/records.js'
import type { Session } from '../session.js'
import { numberOf } from './handlers/marks.js'

/** 'runtime': ns that the task `pid` was charged for since the event before. 'steal': ns stolen since the event before. */
export type ClaimKind = 'runtime' | 'steal'

/** The events of one kind in one stream of a guest. */
export interface Claims {
  readonly stream: number
  readonly kind: ClaimKind
  readonly event: string
  readonly row: Uint32Array
  /** Whom it is about, -1 = nobody in particular. */
  readonly pid: Int32Array
  readonly ns: Float64Array
}

export const RUNTIME_EVENT = 'sched_stat_runtime'

/** Fields of an event about steal: what was added, or the total so far. */
const ADDED = ['cputime', 'delta', 'delta_ns'] as const
const TOTAL = ['steal'] as const

export async function readClaims(session: Session): Promise<Claims[]> {
  const { machines, table, eventTypes } = session
  const all: Claims[] = []
  for (const [index, stream] of table.streams.entries()) {
    if (machines[stream.machine]!.parent === null) continue
    for (const [local, type] of stream.types.entries()) {
      const { name, count } = eventTypes[type]!
      if (count === 0) continue
      const kind: ClaimKind | null = name === RUNTIME_EVENT ? 'runtime' : /steal/i.test(name) ? 'steal' : null
      const claims = kind && (await readType(session, stream, index, local, kind, name))
      if (claims) all.push(claims)
    }
  }
  return all
}

async function readType(
  session: Session,
  stream: StreamColumns,
  index: number,
  local: number,
  kind: ClaimKind,
  event: string,
): Promise<Claims | null> {
  const rows: number[] = []
  for (let i = 0; i < stream.count; i++) if (stream.type[i] === local) rows.push(i)
  if (rows.length === 0) return null
  const row = Uint32Array.from(rows)
  const pid = new Int32Array(rows.length)
  const ns = new Float64Array(rows.length)
  let before = -1
  let told = false
  await visitRows(session, stream, row, (r, i) => {
    if (kind === 'runtime') {
      pid[i] = numberOf(r, 'pid', -1)
      ns[i] = numberOf(r, 'runtime', 0)
      told = true
      return
    }
    pid[i] = -1
    const added = firstField(r, ADDED)
    const total = added === null ? firstField(r, TOTAL) : null
    if (added !== null) ns[i] = added
    else if (total !== null) {
      if (before >= 0) ns[i] = Math.max(0, total - before)
      before = total
    }
    told ||= added !== null || total !== null
  })
  return told ? { stream: index, kind, event, row, pid, ns } : null
}

function firstField(r: RecordView, names: readonly string[]): number | null {
  const name = names.find((n) => r.field(n) !== undefined)
  return name === undefined ? null : numberOf(r, name, 0)
}

// Wake events as decoding left them, without those that were recorded twice.

import type { StreamColumns } from '../../columns/event-table.js'
import type { Session } from '../../model/session.js'
import { WakeHow } from '../../readers/types.js'
import { Context } from './columns.js'

/** Wake events of one stream. */
export interface WakeSide {
  /** Index of the stream in the session's table. */
  readonly stream: number
  readonly columns: StreamColumns
  /** Entries of the stream's wake columns that count, ascending; null = all. */
  readonly counts: Uint32Array | null
}

export function wakeSides({ table }: Session): WakeSide[] {
  const sides: WakeSide[] = []
  for (const [stream, columns] of table.streams.entries()) {
    if (columns.wakes === 0) continue
    const others = sides.map((s) => s.columns).filter((o) => o.machine === columns.machine && o.cpu === columns.cpu)
    sides.push({ stream, columns, counts: others.length === 0 ? null : withoutDoubles(columns, others) })
  }
  return sides
}

/** Index of `contexts`. */
export function contextOf(how: number): number {
  if (how & WakeHow.NoContext) return Context.Unknown
  if (how & WakeHow.Nmi) return Context.Nmi
  if (how & WakeHow.HardIrq) return Context.Irq
  return how & WakeHow.SoftIrq ? Context.Softirq : Context.Task
}

/** The same event in a second buffer follows within this time (ns or ticks). */
const DOUBLE = 2000

/** Of events that a CPU recorded into several buffers one stays. */
function withoutDoubles(stream: StreamColumns, others: readonly StreamColumns[]): Uint32Array {
  const double = new Uint8Array(stream.wakes)
  const kind = (s: StreamColumns, i: number): number => s.wakeHow[i]! & WakeHow.Kind
  for (const first of others) {
    const time = (i: number): number => first.t[first.wakeRow[i]!]!
    let at = 0
    for (let i = 0; i < stream.wakes; i++) {
      const t = stream.t[stream.wakeRow[i]!]!
      while (at < first.wakes && time(at) < t - DOUBLE) at++
      for (let j = at; j < first.wakes && time(j) <= t + DOUBLE; j++)
        if (kind(first, j) === kind(stream, i) && first.wakePid[j] === stream.wakePid[i]) double[i] = 1
    }
  }
  return Uint32Array.from(double.keys()).filter((i) => double[i] === 0)
}

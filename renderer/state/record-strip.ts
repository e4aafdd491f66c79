// A recording's events per second of each CPU along its time, as it grows: from counts read now and then, kept in a bounded
// number of columns.

import type { RecordCounts, RecordLive } from '../remote-api.js'

/** A stretch of time between two readings; `events` and `lost` are of each CPU of the strip, in its order. */
export interface Column {
  /** ms since the first reading. */
  readonly from: number
  readonly to: number
  readonly events: readonly number[]
  readonly lost: readonly number[]
}

export interface Strip {
  /** The recorder. */
  readonly label: string
  readonly cpus: readonly number[]
  readonly columns: readonly Column[]
  readonly first: number
  readonly last: RecordCounts
}

/** More columns than this are joined by two: a long recording stays whole, and coarser. */
export const COLUMNS = 512

/** The strips with what the live figures tell of new; a recorder that counts no CPUs has none. */
export function grown(strips: readonly Strip[], live: RecordLive): readonly Strip[] {
  return live.recorders.flatMap(({ label, counts }) => {
    const strip = strips.find((s) => s.label === label)
    if (!counts || counts.cpus.length === 0) return strip ? [strip] : []
    if (!strip) return [{ label, cpus: counts.cpus.map((c) => c.cpu), columns: [], first: counts.at, last: counts }]
    return [longer(strip, counts)]
  })
}

function longer(strip: Strip, counts: RecordCounts): Strip {
  const { last, first } = strip
  // Figures come oftener than readings do.
  if (counts.at <= last.at) return strip
  const since = (key: 'events' | 'lost'): number[] =>
    strip.cpus.map((cpu) => {
      const of = (all: RecordCounts): number | undefined => all.cpus.find((c) => c.cpu === cpu)?.[key]
      const [now, before] = [of(counts), of(last)]
      return now === undefined || before === undefined ? 0 : Math.max(0, now - before)
    })
  const column = { from: last.at - first, to: counts.at - first, events: since('events'), lost: since('lost') }
  const columns = [...strip.columns, column]
  return { ...strip, columns: columns.length > COLUMNS ? joined(columns) : columns, last: counts }
}

function joined(columns: readonly Column[]): Column[] {
  const half: Column[] = []
  for (let i = 0; i < columns.length; i += 2) {
    const [a, b] = [columns[i]!, columns[i + 1]]
    const sum = (x: readonly number[], y: readonly number[]): number[] => x.map((n, cpu) => n + y[cpu]!)
    half.push(b ? { from: a.from, to: b.to, events: sum(a.events, b.events), lost: sum(a.lost, b.lost) } : a)
  }
  return half
}

/** Events per second of a CPU (its place in the strip) in a column. */
export const rateOf = (column: Column, place: number): number =>
  ((column.events[place] ?? 0) * 1000) / Math.max(1, column.to - column.from)

/** The greatest rate of all CPUs and columns; 0 = nothing yet. */
export const greatestRate = ({ cpus, columns }: Strip): number =>
  columns.reduce((max, column) => cpus.reduce((m, _, place) => Math.max(m, rateOf(column, place)), max), 0)

// Where events were lost: who ran on a CPU meanwhile is not known, nor what the tasks did that were not running elsewhere.

import type { StreamColumns } from '../columns/event-table.js'
import { RunState, SpanFlag } from '../thread/contract.js'
import type { MachineIndex } from '../units.js'
import { IntervalWriter, type Intervals } from './intervals.js'
import { NotRecorded, type Runs } from './runs.js'
import type { TaskIntervals } from './tasks.js'

/** From the last event before the loss to the first one after it. */
export interface Gap {
  readonly machine: MachineIndex
  readonly cpu: number
  readonly from: number
  readonly to: number
}

/** The gaps of all streams, earliest first. */
export function gapsOf(streams: readonly StreamColumns[]): Gap[] {
  const gaps = streams.flatMap(({ machine, cpu, lost, count, t }) =>
    [...new Set(lost.map((l) => l.row))]
      .filter((row) => row > 0 && row < count)
      .map((row): Gap => ({ machine, cpu, from: t[row - 1]!, to: t[row]! })),
  )
  return gaps.sort((a, b) => a.from - b.from)
}

type Stretch = Pick<Gap, 'from' | 'to'>

/** The same time without overlaps; `gaps` must ascend. */
function union(gaps: readonly Stretch[]): Stretch[] {
  const all: { from: number; to: number }[] = []
  for (const { from, to } of gaps) {
    const last = all.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else all.push({ from, to })
  }
  return all
}

/** Total time of gaps, each instant once. */
export const gapTime = (gaps: readonly Stretch[]): number => union(gaps).reduce((n, g) => n + g.to - g.from, 0)

/** Index of the first gap that ends after `t`; gaps must not overlap. */
function firstAfter(gaps: readonly Stretch[], t: number): number {
  let lo = 0
  let hi = gaps.length
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if (gaps[mid]!.to <= t) lo = mid + 1
    else hi = mid
  }
  return lo
}

/** Copies rows; `gapsOfEntry` says where an interval of a row is not known. */
function cut(x: Intervals, gapsOfEntry: (row: number, i: number) => readonly Stretch[]): IntervalWriter {
  const writer = new IntervalWriter(x.t.length)
  for (let row = 0; row < x.rows; row++) {
    const end = x.first[row + 1]! - 1
    for (let i = x.first[row]!; i < end; i++) {
      const [from, to] = [x.t[i]!, x.t[i + 1]!]
      const known = (t: number): void => writer.add(t, x.value[i]!, x.state[i]! as RunState, x.flags[i]!)
      let done = from
      const gaps = gapsOfEntry(row, i)
      for (let k = firstAfter(gaps, from); k < gaps.length && gaps[k]!.from < to; k++) {
        const gap = gaps[k]!
        if (gap.from > done) known(done)
        writer.add(Math.max(gap.from, done), -1, RunState.Unknown, SpanFlag.Lost)
        done = Math.min(gap.to, to)
      }
      if (done < to || from === to) known(done)
    }
    writer.endRow(end < x.first[row]! ? 0 : x.t[end]!)
  }
  return writer
}

/** Runs that claim nothing of the time in which events of their CPU were lost: value -1. Their outcomes say nothing. */
export function runsWithGaps(runs: Runs, gaps: readonly Gap[]): Runs {
  if (gaps.length === 0) return runs
  const own = runs.cpus.map((c) => union(gaps.filter((g) => g.machine === c.machine && g.cpu === c.cpu)))
  const intervals = cut(runs.intervals, (row) => own[row]!).finish()
  return { ...runs, intervals, outcome: new Uint8Array(intervals.t.length).fill(NotRecorded) }
}

/** Tasks of which nothing is claimed where they may have run unseen. */
export function tasksWithGaps(tasks: TaskIntervals, gaps: readonly Gap[]): TaskIntervals {
  const own = gaps.filter((g) => g.machine === tasks.machine)
  if (own.length === 0) return tasks
  const byCpu = new Map(
    [...new Set(own.map((g) => g.cpu))].map((cpu) => [cpu, union(own.filter((g) => g.cpu === cpu))]),
  )
  const anywhere = union(own)
  const { intervals: x } = tasks
  const gapsAt = (_: number, i: number): readonly Stretch[] =>
    x.state[i] === RunState.Running ? (byCpu.get(x.value[i]!) ?? []) : anywhere
  return { ...tasks, intervals: cut(x, gapsAt).finish() }
}

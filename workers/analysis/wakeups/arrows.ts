// Arrows from wakers to whom they woke, as many as a window can show.

import { lowerBound } from '../../columns/event-table.js'
import { RequestError } from '../../fault.js'
import type { FusedTrack } from '../../thread/contract.js'
import { WakeupMark, type ArrowQuery, type WakeupArrows } from '../../thread/contract.js'
import type { Runs } from '../../model/runs.js'
import { trackKey } from '../../model/tracks.js'
import { Context, NONE_16, type Wakeups } from './columns.js'

/** Arrows of one pair of rows are at least so many pixels apart. */
const APART = 4
const MOST = 4000

/** Which of the rows shows a CPU or a task. */
class RowIndex {
  readonly #cpus = new Map<number, number>()
  readonly #tasks = new Map<number, number>()

  constructor(tracks: readonly string[], fused: readonly FusedTrack[]) {
    for (const [row, id] of tracks.entries()) {
      const f = fused.find((x) => x.id === id)
      const key = f?.vcpu
        ? ({ kind: 'task', machine: f.vcpu.host, pid: f.vcpu.tid } as const)
        : f
          ? ({ kind: 'cpu', machine: f.machine, cpu: f.cpu } as const)
          : /\/(pcpu|vcpu)/.test(id)
            ? null
            : trackKey(id)
      if (key?.kind === 'cpu') first(this.#cpus, key.cpu * 256 + key.machine, row)
      if (key?.kind === 'task') first(this.#tasks, key.pid * 256 + key.machine, row)
    }
  }

  cpu(machine: number, cpu: number): number {
    return this.#cpus.get(cpu * 256 + machine) ?? -1
  }

  task(machine: number, pid: number): number {
    return this.#tasks.get(pid * 256 + machine) ?? -1
  }
}

const first = (map: Map<number, number>, key: number, row: number): void => {
  if (!map.has(key)) map.set(key, row)
}

/** @param passes null = all wake-ups; else 1 for those that are wanted */
export function arrows(
  w: Wakeups,
  runs: Runs,
  streamCpu: (stream: number) => number,
  query: ArrowQuery,
  fused: readonly FusedTrack[],
  passes: Uint8Array | null,
  version: number,
): WakeupArrows {
  const { from, to, pixels, tracks } = query
  if (!(from < to)) throw new RequestError(`There is nothing between ${from} and ${to}.`)
  if (!Number.isInteger(pixels) || pixels < 1 || pixels > 1 << 16)
    throw new RequestError(`A window cannot be ${pixels} pixels wide.`)
  const rows = new RowIndex(tracks, fused)
  const columns = Math.ceil(pixels / APART)
  const perTime = columns / (to - from)
  const kept = new Map<number, { wakeup: number; fromRow: number; toRow: number; length: number; count: number }>()
  const end = lowerBound(w.wakingT, w.count, to)
  for (let i = 0; i < end; i++) {
    const t0 = w.wakingT[i]!
    const t1 = endOf(w, i)
    if (t1 < from || (passes && passes[i] === 0) || w.marks[i]! & WakeupMark.Repeated) continue
    const machine = w.machine[i]!
    const wakerCpu = rows.cpu(machine, streamCpu(w.wakingStream[i]!))
    const wakerTask = rows.task(machine, w.waker[i]!)
    const byTask = w.context[i] === Context.Task || w.context[i] === Context.Unknown
    // An interrupt is the CPU's, whatever task it interrupts.
    const fromRow = byTask && wakerTask >= 0 ? wakerTask : wakerCpu >= 0 ? wakerCpu : wakerTask
    const ranOn = w.runCpu[i] === NONE_16 ? w.cpuAfter[i]! : runs.cpus[w.runCpu[i]!]!.cpu
    const wakee = rows.task(machine, w.wakee[i]!)
    const toRow = wakee >= 0 ? wakee : rows.cpu(machine, ranOn)
    if (fromRow < 0 && toRow < 0) continue
    const column = Math.max(-1, Math.floor((t0 - from) * perTime))
    const key = ((fromRow + 1) * (tracks.length + 1) + toRow + 1) * (columns + 2) + column + 1
    const length = t1 - t0
    const same = kept.get(key)
    if (!same) kept.set(key, { wakeup: i, fromRow, toRow, length, count: 1 })
    else {
      same.count++
      if (length > same.length) {
        same.wakeup = i
        same.length = length
      }
    }
  }
  const all = [...kept.values()].sort((a, b) => b.length - a.length)
  const shown = all.slice(0, MOST).sort((a, b) => w.wakingT[a.wakeup]! - w.wakingT[b.wakeup]!)
  return {
    version,
    tracks,
    t0: Float64Array.from(shown, (a) => w.wakingT[a.wakeup]!),
    t1: Float64Array.from(shown, (a) => endOf(w, a.wakeup)),
    fromRow: Int32Array.from(shown, (a) => a.fromRow),
    toRow: Int32Array.from(shown, (a) => a.toRow),
    wakeup: Uint32Array.from(shown, (a) => a.wakeup),
    count: Uint32Array.from(shown, (a) => a.count),
    hidden: all.slice(MOST).reduce((n, a) => n + a.count, 0),
  }
}

/** Where an arrow ends: when the task runs; it ran already, or never: when its wake-up was over. */
function endOf(w: Wakeups, i: number): number {
  const run = w.runT[i]!
  if (run === run) return run
  const activated = w.wakeupT[i]!
  return activated === activated ? activated : w.wakingT[i]!
}

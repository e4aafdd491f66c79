// Names of tasks that a file's own list of names lacks (the kernel keeps only so many), learned from the last sched_switch that
// carries them: a task that called exec is known by its last name, as in that list.

import type { StreamColumns } from '../columns/event-table.js'
import type { TraceFile } from '../readers/types.js'

/** More unknown tasks than this keep their pid as their only name. */
const MOST = 50_000

interface Place {
  readonly stream: StreamColumns
  readonly row: number
  readonly field: 'prev_comm' | 'next_comm'
  readonly t: number
}

/** Reads the missing names of every file's tasks and tells them to the file. */
export async function learnNames(
  files: readonly TraceFile[],
  streams: readonly StreamColumns[],
  signal?: AbortSignal,
): Promise<void> {
  for (const [f, file] of files.entries()) {
    const own = streams.filter((s) => s.file === f)
    const places = lastPlaces(file, own)
    const names = new Map<number, string>()
    for (const s of own) {
      const mine = [...places].filter(([, p]) => p.stream === s)
      if (mine.length === 0) continue
      const where = mine.map(([, p]) => s.where[p.row]!)
      await file.records.load(s.inFile, where, signal)
      for (const [i, [pid, place]] of mine.entries()) {
        if (!file.records.has(s.inFile, where[i]!)) await file.records.load(s.inFile, [where[i]!], signal)
        const name = file.records.at(s.inFile, where[i]!).field(place.field)
        if (typeof name === 'string' && name !== '') names.set(pid, name)
      }
    }
    file.learn(names)
  }
}

function lastPlaces(file: TraceFile, streams: readonly StreamColumns[]): Map<number, Place> {
  const places = new Map<number, Place>()
  const known = file.meta.comms
  const see = (pid: number, stream: StreamColumns, row: number, field: Place['field']): void => {
    if (pid <= 0 || known.has(pid)) return
    const t = stream.t[row]!
    const last = places.get(pid)
    if (last ? t >= last.t : places.size < MOST) places.set(pid, { stream, row, field, t })
  }
  for (const s of streams) {
    for (let i = 0; i < s.switches; i++) {
      const row = s.switchRow[i]!
      see(s.pid[row]!, s, row, 'prev_comm')
      see(s.switchNext[i]!, s, row, 'next_comm')
    }
  }
  return places
}

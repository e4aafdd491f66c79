import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { connectNode } from '../../workers/thread/node.js'
import { sessionTime } from '../../workers/units.js'
import { makeFusedFiles } from './fused-files.js'

/** What the fused views of one session measured. Times in ms, memory in bytes. */
export interface FusedRun {
  readonly events: number
  /** From the columns to the rows of physical CPUs and vCPUs, on one thread: records are read, states are built. */
  readonly built: number
  /** State changes of those rows, and of the threads. */
  readonly intervals: number
  readonly memory: number
  /** The first frame of all CPUs and vCPUs, and of these with the busiest threads. */
  readonly first: number
  readonly firstThreads: number
  /** Cost of each frame of either, by decades of zoom, as in EngineRun. */
  readonly lod: readonly (readonly number[])[]
  readonly lodThreads: readonly (readonly number[])[]
  /** Totals, preemptions, and the split of one delta, over the whole of it. */
  readonly totals: number
  readonly preemptions: number
  readonly delta: number
}

const PIXELS = 1600
const DECADES = 5
const PANS = 12
const THREADS = 30

export async function runFused(events: number): Promise<FusedRun> {
  const dir = mkdtempSync(join(tmpdir(), 'remora-fused-'))
  const { engine, dispose } = connectNode()
  try {
    const { paths } = makeFusedFiles(dir, events)
    const sources = paths.map((path) => ({
      kind: 'path' as const,
      name: basename(path),
      size: statSync(path).size,
      path,
    }))
    const info = await engine.open({ sources })
    const timed = async <T>(work: () => T | Promise<T>): Promise<{ ms: number; value: T }> => {
      const started = performance.now()
      const value = await work()
      return { ms: performance.now() - started, value }
    }
    const built = await timed(() => engine.fused())
    const { model } = built.value
    const cpus = model.tracks.map((t) => t.id)
    const ask = (tracks: readonly string[], from: number, to: number) =>
      timed(() => engine.lod({ tracks, from: sessionTime(from), to: sessionTime(to), pixels: PIXELS }))
    const first = await ask(cpus, info.from, info.to)
    const { threads } = await engine.fusedTracks()
    const rows = [...cpus, ...threads.slice(0, THREADS).map((t) => t.id)]
    const withThreads = await ask(rows, info.from, info.to)
    const zoomed = async (tracks: readonly string[]): Promise<number[][]> => {
      const lod: number[][] = []
      for (let decade = 0; decade <= DECADES; decade++) {
        const width = (info.to - info.from) / 10 ** decade
        const costs: number[] = []
        for (let i = 0; i < PANS; i++) {
          const from = info.from + (info.to - info.from - width) * 0.37 + i * width * (decade === 0 ? 0.01 : 0.5)
          costs.push((await ask(tracks, from, from + width)).ms)
        }
        lod.push(costs)
      }
      return lod
    }
    const lod = await zoomed(cpus)
    const lodThreads = await zoomed(rows)
    return {
      events: info.count,
      built: built.ms,
      intervals: model.intervals.t.length,
      memory: model.bytes,
      first: first.ms,
      firstThreads: withThreads.ms,
      lod,
      lodThreads,
      totals: (await timed(() => engine.fusedTotals())).ms,
      preemptions: (await timed(() => engine.preemptions({ limit: 100 }))).ms,
      delta: (await timed(() => engine.deltaByLayer({ from: info.from, to: info.to }))).ms,
    }
  } finally {
    await engine.close()
    dispose()
    rmSync(dir, { recursive: true })
  }
}

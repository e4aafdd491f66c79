import { statSync } from 'node:fs'
import { basename } from 'node:path'
import type { SessionInfo } from '../../workers/thread/contract.js'
import { connectNode } from '../../workers/thread/node.js'
import { sessionTime } from '../../workers/units.js'

/** What one run of the engine in a fresh process measured. Times in ms, memory in bytes. */
export interface EngineRun {
  readonly count: number
  readonly firstPartial: number
  readonly loaded: number
  readonly memory: number
  readonly perEvent: number
  /** Growth of the process, which holds code and caches besides the events. */
  readonly rss: number
  /** Cost of each lod query, by decades of zoom: [0] the whole session, [5] a hundred-thousandth of it. */
  readonly lod: readonly (readonly number[])[]
}

const PIXELS = 1600
const DECADES = 5
const PANS = 12
const TASK_ROWS = 30

export async function runEngine(path: string): Promise<EngineRun> {
  const before = resident()
  const { engine, dispose } = connectNode()
  try {
    const started = performance.now()
    let firstPartial = Number.NaN
    const sources = [{ kind: 'path', name: basename(path), size: statSync(path).size, path }] as const
    const info = await engine.open({ sources }, undefined, () => {
      if (Number.isNaN(firstPartial)) firstPartial = performance.now() - started
    })
    const loaded = performance.now() - started
    // A file that is loaded at once is drawable then.
    if (Number.isNaN(firstPartial)) firstPartial = loaded
    const rss = resident() - before
    const tracks = rowsOf(info)
    const lod: number[][] = []
    for (let decade = 0; decade <= DECADES; decade++) {
      const width = (info.to - info.from) / 10 ** decade
      const costs: number[] = []
      for (let i = 0; i < PANS; i++) {
        // Half a screen at a time, from a place that is not the beginning; of the whole session a little out of it.
        const from = info.from + (info.to - info.from - width) * 0.37 + i * width * (decade === 0 ? 0.01 : 0.5)
        const at = performance.now()
        await engine.lod({ tracks, from: sessionTime(from), to: sessionTime(from + width), pixels: PIXELS })
        costs.push(performance.now() - at)
      }
      lod.push(costs)
    }
    const { bytes, perEvent } = info.memory
    return { count: info.count, firstPartial, loaded, memory: bytes, perEvent, rss, lod }
  } finally {
    await engine.close()
    dispose()
  }
}

/** What a screen shows: every CPU, and the busiest tasks. */
function rowsOf(info: SessionInfo): string[] {
  const cpus = info.tracks.filter((t) => t.kind === 'cpu')
  const tasks = info.tracks.filter((t) => t.kind === 'task').toSorted((a, b) => b.events - a.events)
  return [...cpus, ...tasks.slice(0, TASK_ROWS)].map((t) => t.id)
}

function resident(): number {
  globalThis.gc?.()
  return process.memoryUsage().rss
}

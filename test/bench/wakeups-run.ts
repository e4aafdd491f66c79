import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { connectNode } from '../../workers/thread/node.js'
import { sessionTime } from '../../workers/units.js'
import { seeded } from '../make/random.js'
import type { Item } from '../make/ring-buffer.js'
import { switchTo, task, wakeup, waking } from '../make/scenario.js'
import { writeTraceDat } from '../make/trace-dat.js'

/** What the views of wake-ups measured. Times in ms, memory in bytes. */
export interface WakeupsRun {
  readonly wakeups: number
  /** From the columns to all wake-ups with their latencies, on one thread: records are read. */
  readonly built: number
  readonly memory: number
  /** The table's first 60 rows in the order of time, then by latency and by name; the next page of that; a filter. */
  readonly table: number
  readonly byLatency: number
  readonly byName: number
  readonly page: number
  readonly filter: number
  readonly histogram: number
  /** Heat map of everything, and of a moving tenth of it as brushing asks. */
  readonly heat: number
  readonly brush: readonly number[]
  readonly arrows: readonly number[]
  readonly chain: readonly number[]
  readonly search: number
}

const ROWS = 60
const TIMES = 12

/** @param what a recording, or how many wake-ups to make */
export async function runWakeups(what: string): Promise<WakeupsRun> {
  const dir = mkdtempSync(join(tmpdir(), 'remora-wakeups-'))
  const { engine, dispose } = connectNode()
  const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> => {
    const started = performance.now()
    const value = await work()
    return { ms: performance.now() - started, value }
  }
  try {
    const path = /^\d+$/.test(what) ? makeWakeups(dir, Number(what)) : what
    const info = await engine.open({
      sources: [{ kind: 'path', name: basename(path), size: statSync(path).size, path }],
    })
    const survey = await timed(() => engine.wakeupSurvey())
    const rows = { start: 0, count: ROWS } as const
    const table = await timed(() => engine.wakeups(rows))
    const byLatency = await timed(() => engine.wakeups({ ...rows, sort: 'latency', descending: true }))
    const page = await timed(() => engine.wakeups({ start: 5000, count: ROWS, sort: 'latency', descending: true }))
    const byName = await timed(() => engine.wakeups({ ...rows, sort: 'wakee' }))
    const filter = await timed(() => engine.wakeups({ ...rows, text: 'work', minLatency: 1000, contexts: ['task'] }))
    const histogram = await timed(() => engine.wakeupHistogram({}))
    const heat = await timed(() => engine.wakeupHeat({}, 800))
    const tenth = (info.to - info.from) / 10
    const range = (i: number) => {
      const from = info.from + tenth * 0.5 * i
      return { from: sessionTime(from), to: sessionTime(from + tenth) }
    }
    const tracks = info.tracks.filter((t) => t.kind !== 'machine').map((t) => t.id)
    const brush: number[] = []
    const arrows: number[] = []
    const chain: number[] = []
    for (let i = 0; i < TIMES; i++) {
      brush.push((await timed(() => engine.wakeups({ ...rows, ...range(i) }))).ms)
      arrows.push((await timed(() => engine.wakeupArrows({ ...range(i), pixels: 1600, tracks }))).ms)
      const one = Math.floor((survey.value.count - 1) * (i / TIMES))
      chain.push((await timed(() => engine.wakeupChain({ wakeup: one }))).ms)
    }
    const last = (await engine.wakeups({ start: Math.max(0, survey.value.count - 1), count: 1 })).rows[0]!
    const search = await timed(() => engine.wakeupChain({ id: last.id }))
    return {
      wakeups: survey.value.count,
      built: survey.ms,
      memory: survey.value.bytes,
      table: table.ms,
      byLatency: byLatency.ms,
      page: page.ms,
      byName: byName.ms,
      filter: filter.ms,
      histogram: histogram.ms,
      heat: heat.ms,
      brush,
      arrows,
      // The first one indexes the tasks.
      chain: chain.slice(1),
      search: search.ms,
    }
  } finally {
    await engine.close()
    dispose()
    rmSync(dir, { recursive: true })
  }
}

const CPUS = 4
const ROUND = 20_000

/** So many wake-ups on a few CPUs: tasks in turn, each woken by the one before and put to sleep. */
export function makeWakeups(dir: string, wakeups: number): string {
  const times = Math.ceil(wakeups / CPUS / ROUND)
  const random = seeded(5)
  const cpus = Array.from({ length: CPUS }, (_, cpu) => {
    const tasks = Array.from({ length: 25 }, (_, i) => ({ pid: 1000 * (cpu + 1) + i, comm: `work-${cpu}-${i}` }))
    const items: Item[] = []
    const start = 1_000_000_000n
    let time = start
    let current: (typeof tasks)[number] | typeof task.idle = task.idle
    for (let i = 0; i < ROUND; i++) {
      const next = tasks[i % tasks.length]!
      items.push(waking((time += 700n), current, next, cpu))
      items.push(wakeup((time += 400n), current, next, cpu))
      items.push(switchTo((time += BigInt(Math.round(400 - 3000 * Math.log(1 - random())))), current, 1, next))
      current = next
    }
    items.push(switchTo((time += 500n), current, 1, task.idle))
    return { cpu, items, repeat: { times, period: time - start + 1000n } }
  })
  const path = join(dir, `made-${wakeups}.dat`)
  writeFileSync(path, writeTraceDat({ buffers: [{ name: '', cpus }] }).bytes)
  return path
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tell } from '../../../test/fixtures/vm-story.js'
import { WakeupMark, type WakeupFilter, type WakeupRow } from '../../thread/contract.js'
import { sessionTime } from '../../units.js'
import { atRanks, binOf, edgesFor, summarise } from './latency.js'
import type { WakeupViews } from './views.js'

const comms = { 3: 'make', 7: 'cc1', 8: 'bash', 9: 'cc1plus' }
/** Four wake-ups: of cc1 after 5, of bash by an interrupt after 100, of cc1plus after 20 on another CPU, of cc1 that ran. */
const STORY = `
  0 sw 3->7 | 2 sw 7(S)->3 | 10 waking 7 0 0 | 12 wakeup 7 0 | 15 sw 3(S)->7
  20 waking 8 0 8 | 21 wakeup 8 0 | 30 waking 9 0 0 | 31 wakeup 9 1 | 50 0.1 sw 0->9 | 60 0.1 waking 7 0 0 | 61 0.1 wakeup 7 0
  120 sw 7(R)->8 | 130 0.1 end | 130 end`
const open = (): Promise<WakeupViews> => tell([{ name: 'host', comms }], STORY).wakeups()

describe('the table of wake-ups', () => {
  const pids = async (filter: WakeupFilter): Promise<number[]> =>
    (await (await open()).table({ ...filter, start: 0, count: 9 })).rows.map((r) => r.wakee.pid)

  test('holds those that pass every filter', async () => {
    expect(await pids({})).toEqual([7, 8, 9, 7])
    expect(await pids({ from: sessionTime(20), to: sessionTime(30) })).toEqual([8, 9])
    expect(await pids({ text: 'CC1' })).toEqual([7, 8, 9, 7])
    expect(await pids({ task: 'cc1' })).toEqual([7, 9, 7])
    expect(await pids({ task: '7' })).toEqual([7, 7])
    expect(await pids({ contexts: ['irq'] })).toEqual([8])
    expect(await pids({ migrated: true })).toEqual([9])
    expect(await pids({ migrated: false })).toEqual([7, 8, 7])
    expect(await pids({ minLatency: 20 })).toEqual([8, 9])
    expect(await pids({ maxLatency: 20 })).toEqual([7, 9])
    expect(await pids({ wakees: [{ machine: 0, pid: 8 }] })).toEqual([8])
    expect(await pids({ wakers: [{ machine: 0, pid: 3 }] })).toEqual([7])
    expect(await pids({ machines: [1] })).toEqual([])
    expect(await pids({ marks: WakeupMark.WhileRunning })).toEqual([7])
    expect(await pids({ notMarks: WakeupMark.WhileRunning | WakeupMark.Migrated })).toEqual([7, 8])
    expect(await pids({ grades: ['AMBIGUOUS'] })).toEqual([])
  })

  test('is sorted both ways, those without a value last', async () => {
    const views = await open()
    const sorted = async (sort: 'latency' | 'wakee' | 'cpuAfter', descending: boolean): Promise<number[]> =>
      (await views.table({ start: 0, count: 9, sort, descending })).rows.map((r) => r.wakeup)
    expect(await sorted('latency', false)).toEqual([0, 2, 1, 3])
    expect(await sorted('latency', true)).toEqual([1, 2, 0, 3])
    expect(await sorted('wakee', false)).toEqual([1, 0, 3, 2])
    expect(await sorted('cpuAfter', true)).toEqual([2, 0, 1, 3])
  })

  test('gives windows of rows, and finds a wake-up in them', async () => {
    const views = await open()
    const query = { sort: 'latency', descending: true } as const
    const page = await views.table({ ...query, start: 1, count: 2 })
    expect([page.total, ...page.rows.map((r) => r.wakeup)]).toEqual([4, 2, 0])
    expect(await views.rowOf(query, 0)).toBe(2)
    expect(await views.rowOf({ ...query, minLatency: 20 }, 0)).toBe(-1)
    await expect(views.table({ start: -1, count: 2 })).rejects.toThrow('cannot be asked for')
  })

  test('keeps answers of concurrent questions apart', async () => {
    const views = await open()
    const [a, b] = await Promise.all([
      views.table({ start: 0, count: 9, sort: 'latency', descending: true }),
      views.table({ start: 0, count: 9, task: 'bash', sort: 'latency', descending: true }),
    ])
    expect(a.rows.map((r) => r.wakeup)).toEqual([1, 2, 0, 3])
    expect(b.rows.map((r) => r.wakeup)).toEqual([1])
    expect([a.latency!.n, b.latency!.n]).toEqual([3, 1])
  })

  test('sums latencies by task, one value a run', async () => {
    const { tasks } = await (await open()).tasks({}, 9)
    expect(tasks.map((t) => [t.task.name, t.runs, t.total, t.max, t.at])).toEqual([
      ['bash-8', 1, 100, 100, 20],
      ['cc1plus-9', 1, 20, 20, 30],
      ['cc1-7', 1, 5, 5, 10],
    ])
  })
})

describe('distributions', () => {
  test('hold every latency in the bin whose edges it lies between', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e13, noNaN: true }), (x) => {
        const edges = edgesFor(x)
        const bin = binOf(x)
        expect(edges[bin]!).toBeLessThanOrEqual(x)
        expect(edges[bin + 1]!).toBeGreaterThan(x)
        expect(bin).toBe(edges.length - 2)
      }),
    )
  })

  test('are summed up by nearest ranks', () => {
    const values = Float64Array.from({ length: 1000 }, (_, i) => i + 1)
    expect(summarise(values)).toEqual({
      n: 1000,
      mean: 500.5,
      min: 1,
      p50: 500,
      p90: 900,
      p99: 990,
      p999: 999,
      max: 1000,
    })
    expect(summarise(new Float64Array(0))).toBeNull()
  })

  test('of many values find the ranks without sorting all of them', () => {
    const value = fc.oneof(fc.nat(1e6), fc.double({ min: 0, max: 1e12, noNaN: true }), fc.constant(64))
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), fc.boolean(), (some, backwards) => {
        const values = Float64Array.from({ length: 5000 }, (_, i) => some[(i * i) % some.length]! * (1 + (i % 7)))
        if (backwards) values[17] = -3
        const sorted = values.slice().sort()
        const places = [0, 0, 2499, 4499, 4999]
        expect(atRanks(values, places)).toEqual(places.map((place) => sorted[place]))
      }),
      { numRuns: 40 },
    )
  })

  test('of histogram, heat map and table agree', async () => {
    const views = await open()
    const histogram = await views.histogram({})
    const heat = await views.heat({}, 13)
    expect(histogram.counts.reduce((a, b) => a + b, 0)).toBe(3)
    expect(heat.counts.reduce((a, b) => a + b, 0)).toBe(3)
    // Columns of ten: those of 10..20, 20..30 and 30..40.
    expect(Array.from(heat.longest)).toEqual([0, 5, 100, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    await expect(views.heat({}, 0)).rejects.toThrow('0 columns')
  })
})

describe('arrows', () => {
  const window = { from: sessionTime(0), to: sessionTime(130), pixels: 1300 }
  const drawn = async (tracks: string[], more: object = {}): Promise<string[]> => {
    const a = await (await open()).arrows({ ...window, tracks, ...more })
    const row = (i: number): string => (i < 0 ? '-' : tracks[i]!)
    return Array.from(a.t0, (t, i) => `${t} ${row(a.fromRow[i]!)} > ${a.t1[i]} ${row(a.toRow[i]!)} x${a.count[i]}`)
  }

  test('lead from the waker to whom it woke, from CPU to CPU where tasks have no rows', async () => {
    expect(await drawn(['m0/cpu0', 'm0/cpu1'])).toEqual([
      '10 m0/cpu0 > 15 m0/cpu0 x1',
      '20 m0/cpu0 > 120 m0/cpu0 x1',
      '30 m0/cpu0 > 50 m0/cpu1 x1',
      '60 m0/cpu1 > 61 m0/cpu0 x1',
    ])
    expect(await drawn(['m0/cpu0', 'm0/task/7', 'm0/task/9'])).toEqual([
      '10 m0/cpu0 > 15 m0/task/7 x1',
      '20 m0/cpu0 > 120 m0/cpu0 x1',
      '30 m0/task/7 > 50 m0/task/9 x1',
      '60 m0/task/9 > 61 m0/task/7 x1',
    ])
    expect(await drawn(['m0/task/9'])).toEqual(['30 - > 50 m0/task/9 x1', '60 m0/task/9 > 61 - x1'])
  })

  test('that begin before the window or end behind it are drawn, others are not', async () => {
    const part = { from: sessionTime(100), to: sessionTime(110) }
    expect(await drawn(['m0/cpu0', 'm0/cpu1'], part)).toEqual(['20 m0/cpu0 > 120 m0/cpu0 x1'])
    expect(await drawn(['m0/cpu0', 'm0/cpu1'], { filter: { task: 'bash' } })).toEqual(['20 m0/cpu0 > 120 m0/cpu0 x1'])
  })

  test('of one pair of rows share a place, and the slowest stands for all', async () => {
    expect(await drawn(['m0/cpu0'], { pixels: 4 })).toContain('20 m0/cpu0 > 120 m0/cpu0 x2')
  })
})

const WAKES = ['sw', 'waking', 'wakeup', 'migrate', 'new'] as const

/** Whatever happens: three CPUs, five tasks, events in any order. */
const drawnStory = fc
  .array(fc.tuple(fc.constantFrom(...WAKES), fc.nat(2), fc.integer({ min: 1, max: 5 }), fc.nat(2), fc.boolean()), {
    minLength: 1,
    maxLength: 60,
  })
  .map((steps) => {
    const running = [0, 0, 0]
    return steps
      .flatMap(([what, cpu, pid, target, sleeps], i) => {
        const where = `${(i + 1) * 10} 0.${cpu}`
        if (what !== 'sw') return [`${where} ${what} ${pid} ${target} by ${running[cpu]}`]
        // A task runs on one CPU at a time.
        if (running.includes(pid)) return []
        const step = `${where} sw ${running[cpu]}(${sleeps ? 'S' : 'R'})->${pid}`
        running[cpu] = pid
        return [step]
      })
      .join('\n')
  })
  .filter((text) => text !== '')

test('whatever the events, each run belongs to one wake-up at most and nothing happens before its cause', async () => {
  await fc.assert(
    fc.asyncProperty(drawnStory, async (text) => {
      const views = await tell([{ name: 'host' }], text).wakeups()
      const { rows, latency, total } = await views.table({ start: 0, count: 1000 })
      const wakings = text.split('\n').filter((l) => /waking|wakeup|new/.test(l)).length
      expect(total).toBeLessThanOrEqual(wakings)
      const runs: string[] = []
      const events: (number | null | undefined)[] = []
      for (const r of rows) {
        events.push(r.waking.position)
        if (r.activated && r.activated.position !== r.waking.position) events.push(r.activated.position)
        if (r.activated) expect(r.activated.t).toBeGreaterThanOrEqual(r.waking.t)
        if (r.latency !== null) {
          expect(r.latency).toBe(r.running!.t - r.waking.t)
          expect(r.latency).toBeGreaterThanOrEqual(0)
          runs.push(`${r.wakee.pid} ${r.running!.t}`)
        }
        expect(unmarked(r)).toBe(true)
      }
      // No event is part of two wake-ups, no run follows two.
      expect(new Set(events).size).toBe(events.length)
      expect(new Set(runs).size).toBe(runs.length)
      expect(latency?.n ?? 0).toBe(runs.length)
      for (const r of rows) {
        const chain = (await views.chain({ wakeup: r.wakeup }))!
        expect(chain.wakeups.some((w) => w.wakeup === r.wakeup)).toBe(true)
        expect(Object.values(chain.split).reduce((a, b) => a + b, 0)).toBe(chain.to - chain.from)
      }
    }),
    { numRuns: 120 },
  )
})

/** A latency or a mark that says why there is none. */
function unmarked(r: WakeupRow): boolean {
  const { Repeated, WhileRunning, NeverRan } = WakeupMark
  return (r.latency === null) === ((r.marks & (Repeated | WhileRunning | NeverRan)) !== 0)
}

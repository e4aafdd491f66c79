import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draw, drawnRuns, pidOf, type DrawnEvent, type DrawnStream } from '../../test/fixtures/draw.js'
import { PrevState } from '../readers/types.js'
import { RunState } from '../thread/contract.js'
import { machineIndex } from '../units.js'
import { intervalAt, intervalsOf } from './intervals.js'
import { buildTasks, taskSteps, type TaskIntervals } from './tasks.js'

const names = Object.fromEntries(Object.entries(RunState).map(([name, state]) => [state, name]))

function tasksOf(streams: readonly DrawnStream[], from: number, to: number): TaskIntervals {
  const { runs, columns } = drawnRuns(streams)
  return buildTasks(machineIndex(0), runs, columns, from, to)
}

/** `Sleeping 0..100`, CPU added where it runs. */
function story(tasks: TaskIntervals, task: string): string[] {
  const row = tasks.rowOf(pidOf(task))
  const { first, t, state, value } = tasks.intervals
  return Array.from({ length: intervalsOf(tasks.intervals, row) }, (_, k) => {
    const i = first[row]! + k
    const cpu = value[i]! >= 0 ? ` on ${value[i]}` : ''
    return `${names[state[i]!]}${cpu} ${t[i]}..${t[i + 1]}`
  })
}

/** The state that a task leaves its CPU for, by name. */
const stateAfter = (state: PrevState): string => {
  const events: DrawnEvent[] = [
    { t: 0, pid: 7, next: 0, state },
    { t: 9000, pid: 0 },
  ]
  const { intervals, rowOf } = tasksOf([{ cpu: 0, events }], 0, 9000)
  return names[intervals.state[intervalAt(intervals, rowOf(7), 5000)]!]!
}

describe('states of a task', () => {
  it('come from switches and wake-ups', () => {
    const wakes = { 1: [{ t: 230, pid: 0, wakes: pidOf('A') }] }
    const tasks = tasksOf(draw('cpu0: A - - A B! A\ncpu1: - - - - - -', 100, wakes), 0, 550)
    expect(story(tasks, 'A')).toEqual([
      'Unknown 0..50',
      'Running on 0 50..100',
      'Sleeping 100..230',
      'Runnable 230..300',
      'Running on 0 300..400',
      'Sleeping 400..500',
      'Running on 0 500..550',
    ])
    expect(story(tasks, 'B')).toEqual(['Unknown 0..400', 'Running on 0 400..500', 'Runnable 500..550'])
    expect(tasks.rowOf(0)).toBe(-1)
  })

  it('tell sleeping, waiting for a device, stopped and dead apart', () => {
    expect(Object.values(PrevState).map(stateAfter)).toEqual([
      'Runnable',
      'Sleeping',
      'DiskSleep',
      'Stopped',
      'Dead',
      'Sleeping',
    ])
  })

  it('are unknown after a switch that was not recorded', () => {
    expect(story(tasksOf(draw('cpu0: A ~B B'), 0, 250), 'A')).toEqual([
      'Unknown 0..50',
      'Running on 0 50..150',
      'Unknown 150..250',
    ])
  })

  it('count a wake-up that overtook the switch it undoes', () => {
    const early = { 1: [{ t: 95, pid: 0, wakes: pidOf('A') }] }
    expect(story(tasksOf(draw('cpu0: A - A\ncpu1: - - -', 100, early), 0, 250), 'A')).toEqual([
      'Unknown 0..50',
      'Running on 0 50..100',
      'Runnable 100..200',
      'Running on 0 200..250',
    ])
  })

  it('never show a task on two CPUs', () => {
    expect(story(tasksOf(draw('cpu0: A A A -\ncpu1: - A - -'), 0, 350), 'A')).toEqual([
      'Unknown 0..50',
      'Running on 0 50..100',
      'Running on 1 100..200',
      'Sleeping 200..350',
    ])
  })

  const event = fc.record<DrawnEvent>(
    {
      t: fc.nat(4000),
      pid: fc.nat(3),
      next: fc.option(fc.nat(3), { nil: undefined }),
      state: fc.constantFrom(...Object.values(PrevState)),
      wakes: fc.option(fc.nat(4), { nil: undefined }),
      lost: fc.option(fc.constant(2), { nil: undefined }),
    },
    { requiredKeys: ['t', 'pid'] },
  )
  const streams = fc.array(
    fc.array(event, { maxLength: 30 }).map((list) => {
      let t = 0
      return list.map((e): DrawnEvent => ({ ...e, t: (t += e.t) }))
    }),
    { minLength: 1, maxLength: 4 },
  )

  it('come piece by piece as they come at once', () => {
    const pieces = (drawn: readonly DrawnStream[], step: number) => {
      const { runs, columns } = drawnRuns(drawn)
      const steps = taskSteps(machineIndex(0), runs, columns, -1, 1e6, step)
      let pauses = 0
      let at = steps.next()
      for (; !at.done; at = steps.next()) pauses++
      return { pauses, intervals: at.value.intervals }
    }
    // Many events at the same time, and now and then one that runs backwards: such lists cannot be cut.
    const dense = fc.array(fc.tuple(event, fc.constantFrom(0, 0, 1, 5), fc.nat(60)), { maxLength: 60 }).map((list) => {
      let t = 10
      return list.map(([e, by, odd]): DrawnEvent => ({ ...e, t: (t += odd === 0 && by > 0 ? -by : by) }))
    })
    fc.assert(
      fc.property(fc.array(dense, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 12 }), (drawn, step) => {
        const list = drawn.map((events, cpu) => ({ cpu, events }))
        const once = pieces(list, Infinity)
        expect(once.pauses).toBe(0)
        expect(pieces(list, step).intervals).toEqual(once.intervals)
      }),
      { numRuns: 300 },
    )
    const events = Array.from({ length: 90 }, (_, t): DrawnEvent => ({ t, pid: 1 + (t % 2), next: 1 + ((t + 1) % 2) }))
    expect(pieces([{ cpu: 0, events }], 10).pauses).toBeGreaterThan(10)
  })

  it('partition the time of the machine, and run only where the CPU says so', () => {
    fc.assert(
      fc.property(streams, (drawn) => {
        const list = drawn.map((events, cpu) => ({ cpu, events }))
        const to = Math.max(0, ...drawn.flatMap((events) => events.map((e) => e.t))) + 1
        const { runs } = drawnRuns(list)
        const { intervals, rowOf } = tasksOf(list, -1, to)
        for (let row = 0; row < intervals.rows; row++) {
          const [lo, end] = [intervals.first[row]!, intervals.first[row + 1]! - 1]
          expect([intervals.t[lo], intervals.t[end]]).toEqual([-1, to])
          for (let i = lo; i < end; i++) expect(intervals.t[i]).toBeLessThanOrEqual(intervals.t[i + 1]!)
        }
        const cpuRow = new Map(runs.cpus.map((c, row) => [c.cpu, row]))
        for (const t of drawn.flatMap((events) => events.map((e) => e.t + 0.5))) {
          const ran = [...cpuRow].map(([, row]) => runs.intervals.value[intervalAt(runs.intervals, row, t)] ?? 0)
          for (let pid = 1; pid < 5; pid++) {
            if (rowOf(pid) < 0) continue
            const at = intervalAt(intervals, rowOf(pid), t)
            if (intervals.state[at] !== RunState.Running) continue
            expect(ran[[...cpuRow.keys()].indexOf(intervals.value[at]!)]).toBe(pid)
          }
          for (const pid of new Set(ran.filter((p) => p !== 0))) expect(rowOf(pid)).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  draw,
  drawnBlock,
  drawnBuilder,
  drawnRuns,
  isDrawnStack,
  pidOf,
  type DrawnEvent,
  type DrawnStream,
} from '../../test/fixtures/draw.js'
import { PrevState } from '../readers/types.js'
import { RunState, SpanFlag } from '../thread/contract.js'
import { intervalAt, intervalsOf } from './intervals.js'
import { collectRuns, cpusOf, NotRecorded, RunBuilder, type Runs } from './runs.js'

const A = pidOf('A')
const B = pidOf('B')

/** [from, to, pid, flags] of each run of a CPU. */
function runsOf(runs: Runs, row = 0): number[][] {
  const { first, t, value, flags } = runs.intervals
  return Array.from({ length: intervalsOf(runs.intervals, row) }, (_, k) => {
    const i = first[row]! + k
    return [t[i]!, t[i + 1]!, value[i]!, flags[i]!]
  })
}

describe('runs of a CPU', () => {
  it('follow sched_switch, and pids where no switch was recorded', () => {
    const { runs, builders } = drawnRuns(draw('cpu0: A A - ~B B A!\ncpu3: _ B'))
    expect(runs.cpus.map((c) => c.cpu)).toEqual([0, 3])
    expect(runsOf(runs)).toEqual([
      [50, 200, A, SpanFlag.Inferred],
      [200, 350, 0, 0],
      [350, 500, B, SpanFlag.Inferred],
      [500, 550, A, 0],
    ])
    expect(runsOf(runs, 1)).toEqual([[150, 150, B, SpanFlag.Inferred]])
    expect([...runs.intervals.state.subarray(0, 2)]).toEqual([RunState.Running, RunState.Idle])
    const first = runs.intervals.first[0]!
    expect([...runs.outcome.subarray(first, first + 4)]).toEqual([
      PrevState.Sleeping,
      NotRecorded,
      PrevState.Sleeping,
      NotRecorded,
    ])
    expect([builders[0]!.inferred, builders[0]!.inferredFromIdle, builders[0]!.recorded]).toEqual([1, 1, 2])
  })

  it('keep a run that shows only in the switch that ends it', () => {
    const events: DrawnEvent[] = [
      { t: 1, pid: 0 },
      { t: 9000, pid: A, next: 0 },
      { t: 9900, pid: 0 },
    ]
    expect(runsOf(drawnRuns([{ cpu: 0, events }]).runs)).toEqual([
      [1, 9000, 0, SpanFlag.Inferred],
      [9000, 9000, A, SpanFlag.Inferred],
      [9000, 9900, 0, 0],
    ])
  })

  it('take no stack, and nothing recorded on the way out, for a switch back', () => {
    const events: DrawnEvent[] = [
      { t: 0, pid: A },
      { t: 10_000, pid: A, next: B },
      { t: 10_001, pid: A, stack: true },
      { t: 10_900, pid: A },
      { t: 50_000, pid: A, stack: true },
      { t: 60_000, pid: B },
    ]
    expect(runsOf(drawnRuns([{ cpu: 0, events }]).runs)).toEqual([
      [0, 10_000, A, SpanFlag.Inferred],
      [10_000, 60_000, B, 0],
    ])
  })

  it('count a switch once that two buffers recorded', () => {
    const top = { cpu: 0, events: draw('cpu0: A - B')[0]!.events }
    const second = { cpu: 0, buffer: 'copy', events: top.events.map((e) => ({ ...e, t: e.t + 1 })) }
    const { runs, builders } = drawnRuns([top, second])
    expect(runsOf(runs)).toEqual([
      [50, 100, A, SpanFlag.Inferred],
      [100, 200, 0, 0],
      [200, 251, B, 0],
    ])
    expect(builders[0]!.recorded).toBe(2)
  })

  it('are marked where events were lost', () => {
    const events: DrawnEvent[] = [
      { t: 0, pid: A },
      { t: 10, pid: A, lost: 3 },
      { t: 20, pid: B, lost: -1 },
      { t: 30, pid: B },
    ]
    const { runs, builders } = drawnRuns([{ cpu: 0, events }])
    expect(runsOf(runs)).toEqual([
      [0, 20, A, SpanFlag.Inferred | SpanFlag.Lost],
      [20, 30, B, SpanFlag.Inferred | SpanFlag.Lost],
    ])
    expect(builders[0]!.inferred).toBe(0)
  })

  const cells = fc.array(
    fc.tuple(fc.constantFrom('', '~'), fc.constantFrom('A', 'B', 'C', '-'), fc.constantFrom('', '!')),
  )

  it('run in the middle of each cell whatever was drawn there', () => {
    fc.assert(
      fc.property(cells, (row) => {
        fc.pre(row.length > 1)
        const { runs } = drawnRuns(draw(`cpu0: ${row.map((c) => c.join('')).join(' ')}`, 10_000))
        row.slice(0, -1).forEach(([, task], i) => {
          const at = intervalAt(runs.intervals, 0, i * 10_000 + 5000)
          expect(runs.intervals.value[at]).toBe(pidOf(task))
        })
      }),
    )
  })

  it('are the same whether found at once or while the streams grow', () => {
    const event = fc.record<DrawnEvent>(
      { t: fc.nat(3000), pid: fc.nat(3), next: fc.option(fc.nat(3), { nil: undefined }) },
      { requiredKeys: ['t', 'pid'] },
    )
    const streams = fc.array(
      fc.array(event, { minLength: 1, maxLength: 25 }).map((list): DrawnStream => {
        let t = 0
        return { cpu: 0, events: list.map((e) => ({ ...e, t: (t += e.t) })) }
      }),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(streams, fc.array(fc.nat(2), { maxLength: 30 }), (drawn, turns) => {
        const growing = drawn.map(drawnBuilder)
        const builders = cpusOf(growing.map((g) => g.columns)).map((cpu) => new RunBuilder(cpu, isDrawnStack))
        const put = drawn.map(() => 0)
        const feed = (k: number, n: number): void => {
          const part = drawn[k]!.events.slice(put[k], put[k]! + n)
          growing[k]!.append(drawnBlock(part), part.length)
          put[k]! += part.length
        }
        for (const turn of turns) {
          feed(turn % drawn.length, 3)
          collectRuns(builders, false)
        }
        drawn.forEach((_, k) => feed(k, Infinity))
        expect(runsOf(collectRuns(builders, true))).toEqual(runsOf(drawnRuns(drawn).runs))
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FusedState, SpanFlag, type LodFrame } from '../../../workers/thread/contract.js'
import { machineIndex, sessionTime } from '../../../workers/units.js'
import { LABEL_MIN } from '../geometry.js'
import { sched } from './drawn-frame.js'
import { labelStretches } from './label-stretches.js'

/** A row of spans given by their lengths, one unit a pixel. */
function row(...spans: readonly (readonly [length: number, value: number, state?: number, more?: Partial<Shares>])[]) {
  const base = sched('A'.repeat(spans.length))
  let t = 0
  const t0 = spans.map(([length]) => (t += length) - length)
  const of = (pick: (s: Partial<Shares>) => number | undefined, other: number) =>
    Uint8Array.from(spans, ([, , , more]) => pick(more ?? {}) ?? other)
  const frame: LodFrame = {
    ...base,
    t0: Float64Array.from(t0),
    t1: Float64Array.from(t0, (from, i) => from + spans[i]![0]),
    value: Int32Array.from(spans, ([, value]) => value),
    state: Uint8Array.from(spans, ([, , state]) => state ?? FusedState.GuestTask),
    flags: of((s) => s.flags, 0),
    busy: of((s) => s.busy, 255),
    taken: of((s) => s.taken, 0),
    // a task, the same within a system call, another task, a preemptor
    labels: [
      { text: 'wc-7', machine: machineIndex(1), pid: 7, detail: null },
      { text: 'wc-7', machine: machineIndex(1), pid: 7, detail: 'read' },
      { text: 'cat-8', machine: machineIndex(1), pid: 8, detail: null },
      { text: 'hog-9', machine: machineIndex(0), pid: 9, detail: null },
    ],
  }
  const stretches = labelStretches(frame, 0, { from: sessionTime(0), to: sessionTime(t), width: t }, true)
  return stretches.map((s) => [s.x0, s.x1, s.span, s.broken])
}
interface Shares {
  readonly flags: number
  readonly busy: number
  readonly taken: number
}
const { Preempted, VmmKernel } = FusedState

describe('stretches that carry a label', () => {
  it('are spans that are wide enough', () => {
    expect(row([LABEL_MIN, 0], [50, 2], [LABEL_MIN - 1, 0])).toEqual([
      [0, 28, 0, false],
      [28, 78, 1, false],
    ])
  })
  it('go on over slivers of others, and are as wide as all of their pieces', () => {
    expect(row([10, 0], [2, 2], [12, 0], [3, 3, VmmKernel], [10, 1])).toEqual([[0, 37, 2, true]])
    // What is no sliver any more interrupts.
    expect(row([20, 0], [5, 2], [20, 0])).toEqual([])
  })
  it('leave system calls that can be labelled their own labels, and take in the short ones', () => {
    expect(row([40, 0], [40, 1])).toEqual([
      [0, 40, 0, false],
      [40, 80, 1, false],
    ])
    expect(row([40, 0], [10, 1], [40, 0])).toEqual([[0, 90, 0, true]])
  })
  it('do not mix a task with the time in which it kept another from running', () => {
    expect(row([20, 3], [20, 3, Preempted])).toEqual([])
    expect(row([30, 3, Preempted], [2, 0], [30, 3, Preempted])).toEqual([[0, 62, 0, true]])
  })
  it('are made of merged spans too, where these are all but full of one owner', () => {
    const merged = (busy: number, taken = 0) => ({ flags: SpanFlag.Mixed, busy, taken })
    const of = (busy: number, taken = 0) =>
      row(...Array.from({ length: 40 }, () => [1, 0, FusedState.GuestTask, merged(busy, taken)] as const))
    expect(of(250)).toEqual([[0, 40, 0, true]])
    expect([of(200), of(250, 100)]).toEqual([[], []])
  })
  it('never overlap, lie in the view and are wide enough', () => {
    const span = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(3), fc.constantFrom(FusedState.GuestTask, Preempted))
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 60 }), (spans) => {
        let end = 0
        for (const [x0, x1] of row(...spans) as [number, number][]) {
          expect(x0).toBeGreaterThanOrEqual(end)
          expect(x1 - x0).toBeGreaterThanOrEqual(LABEL_MIN)
          end = x1
        }
        expect(end).toBeLessThanOrEqual(spans.reduce((n, [length]) => n + length, 0))
      }),
    )
  })
})

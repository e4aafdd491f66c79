import { describe, expect, it } from 'vitest'
import { FusedState, RunState, type HoverInfo } from '../../workers/thread/contract.js'
import { machineIndex, sessionTime } from '../../workers/units.js'
import { culpritRows, isShownBy, waitOf } from './blame.js'
import { arrowPlace } from './paint/arrow.js'
import type { Row } from '../state/rows.js'

const span = (state: RunState, fused?: FusedState): NonNullable<HoverInfo['span']> => ({
  from: sessionTime(10),
  to: sessionTime(20),
  state,
  ...(fused === undefined ? {} : { fused }),
  value: -1,
  task: '',
  flags: 0,
})
const m0 = machineIndex(0)
const m1 = machineIndex(1)

describe('what may be a preemption', () => {
  it('is a preempted vCPU, or a task that waits for a CPU', () => {
    const vcpu = { track: 'm0/vcpu/7', span: span(RunState.Runnable, FusedState.Preempted), event: null }
    expect(waitOf(vcpu)?.kind).toBe('vcpu')
    expect(waitOf({ track: 'm1/task/5', span: span(RunState.Runnable), event: null })?.kind).toBe('task')
  })
  it('is nothing else', () => {
    expect(waitOf(null)).toBeNull()
    expect(waitOf({ track: 'm0/vcpu/7', span: span(RunState.Runnable, FusedState.Ready), event: null })).toBeNull()
    expect(waitOf({ track: 'm1/task/5', span: span(RunState.Running), event: null })).toBeNull()
    expect(waitOf({ track: 'm1/task/5', span: null, event: null })).toBeNull()
  })
})

it('a culprit is shown on its vCPU, else its task, else the vCPU that it took the CPU by, else the CPU', () => {
  const rows = culpritRows({
    kind: 'vcpu',
    victim: { machine: m0, pid: 7, name: 'a' },
    cpu: 3,
    culprit: { machine: m1, pid: 50, name: 'cc1', through: [{ machine: m0, pid: 8, name: 'b' }] },
    culpritTrack: 'm1/task/50',
  })
  expect(rows).toEqual(['m1/vcpu/50', 'm1/thread/50', 'm1/task/50', 'm0/vcpu/8', 'm0/pcpu3'])
})

it('is seen on the row of the task that stood still as well', () => {
  const still = { machine: m1, pid: 50, name: 'cc1' }
  const vcpu = { kind: 'vcpu', track: 'm0/vcpu/7', stoodStill: still } as const
  expect(['m0/vcpu/7', 'm1/thread/50', 'm1/thread/51', 'm0/thread/50'].map((row) => isShownBy(vcpu, row))).toEqual([
    true,
    true,
    false,
    false,
  ])
  const task = { kind: 'task', track: 'm1/task/50', stoodStill: still } as const
  expect(['m1/task/50', 'm1/thread/50', 'm1/thread/5'].map((row) => isShownBy(task, row))).toEqual([true, true, false])
})

describe('the arrow', () => {
  const row = (y: number): Row => ({
    id: String(y),
    kind: 'vcpu',
    track: null,
    machine: m0,
    label: '',
    depth: 2,
    y,
    height: 22,
    pinned: false,
    expanded: null,
    children: 0,
  })
  const scale = { from: sessionTime(0), to: sessionTime(100), width: 100 }
  const base = { scale, scroll: 0, height: 400, from: 10, to: 20 }
  it('points from the start of the span to the row above or below', () => {
    const down = arrowPlace({ ...base, victim: row(22), culprit: row(88) })!
    expect(down.x).toBe(10.5)
    expect(down.y1!).toBeGreaterThan(down.y0)
    const up = arrowPlace({ ...base, victim: row(88), culprit: row(22) })!
    expect(up.y1!).toBeLessThan(up.y0)
  })
  it('stays in the canvas, has no tip without a row, and is none out of view', () => {
    expect(arrowPlace({ ...base, victim: row(22), culprit: row(4000) })!.y1).toBe(398)
    expect(arrowPlace({ ...base, victim: row(22), culprit: null })!.y1).toBeNull()
    expect(arrowPlace({ ...base, from: 200, to: 300, victim: row(22), culprit: row(88) })).toBeNull()
  })
})

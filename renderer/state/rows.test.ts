import { describe, expect, it } from 'vitest'
import type { TrackInfo } from '../../workers/thread/contract.js'
import { machineIndex } from '../../workers/units.js'
import { layoutRows, rowsBetween } from './rows.js'
import type { RowChoices } from './rows.js'

const m0 = machineIndex(0)
const m1 = machineIndex(1)
const task = (machine: typeof m0, pid: number, comm: string, events: number): TrackInfo => ({
  id: `m${machine}/task/${pid}`,
  kind: 'task',
  parent: `m${machine}`,
  machine,
  label: `${comm}-${pid}`,
  pid,
  events,
})
const cpu = (machine: typeof m0, n: number): TrackInfo => ({
  id: `m${machine}/cpu${n}`,
  kind: 'cpu',
  parent: `m${machine}`,
  machine,
  label: `CPU ${n}`,
  cpu: n,
  events: 5,
})
const machine = (m: typeof m0, label: string): TrackInfo => ({
  id: `m${m}`,
  kind: 'machine',
  parent: null,
  machine: m,
  label,
  events: 10,
})
const tracks = [
  machine(m0, 'host'),
  cpu(m0, 0),
  cpu(m0, 1),
  task(m0, 7, 'bash', 3),
  task(m0, 8, 'qemu', 30),
  machine(m1, 'guest'),
  cpu(m1, 0),
  task(m1, 1, 'init', 1),
]
const choices: RowChoices = { pinned: [], hidden: new Set(), toggled: new Set(), text: '', height: 22 }
const ids = (c: Partial<RowChoices>) => layoutRows(tracks, { ...choices, ...c }).rows.map((r) => r.id)

describe('layoutRows', () => {
  it('shows machines open and their tasks closed', () => {
    expect(ids({})).toEqual(['m0', 'm0/cpu0', 'm0/cpu1', 'm0/tasks', 'm1', 'm1/cpu0', 'm1/tasks'])
  })
  it('puts the busiest task first once they are opened', () => {
    expect(ids({ toggled: new Set(['m0/tasks', 'm1']) })).toEqual([
      'm0',
      'm0/cpu0',
      'm0/cpu1',
      'm0/tasks',
      'm0/task/8',
      'm0/task/7',
      'm1',
    ])
  })
  it('moves pinned rows to the top, in the order of pinning, and shows each once', () => {
    expect(ids({ pinned: ['m1/cpu0', 'm0/task/7', 'gone'] })).toEqual([
      'm1/cpu0',
      'm0/task/7',
      'm0',
      'm0/cpu0',
      'm0/cpu1',
      'm0/tasks',
      'm1',
      'm1/tasks',
    ])
  })
  it('finds rows in closed groups by their text and drops groups without any', () => {
    expect(ids({ text: 'BASH' })).toEqual(['m0', 'm0/tasks', 'm0/task/7'])
  })
  it('leaves hidden rows out and counts them', () => {
    const layout = layoutRows(tracks, { ...choices, hidden: new Set(['m0/cpu0', 'm1']) })
    expect(layout.rows.map((r) => r.id)).toEqual(['m0', 'm0/cpu1', 'm0/tasks'])
    expect(layout.hidden).toBe(2)
  })
  it('stacks rows without gaps and knows each by id', () => {
    const layout = layoutRows(tracks, { ...choices, height: 16 })
    layout.rows.forEach((r, i) => {
      expect(r.y).toBe(i * 16)
      expect(layout.index.get(r.id)).toBe(i)
    })
    expect(layout.height).toBe(layout.rows.length * 16)
  })
})

describe('rowsBetween', () => {
  const layout = layoutRows(tracks, choices)
  it('covers rows that are cut by the edge', () => {
    expect(rowsBetween(layout, 21, 45)).toEqual([0, 3])
    expect(rowsBetween(layout, 22, 44)).toEqual([1, 2])
  })
  it('stays within the rows', () => {
    expect(rowsBetween(layout, -50, 1e6)).toEqual([0, 7])
    expect(rowsBetween(layout, 1e6, 2e6)).toEqual([7, 7])
  })
})

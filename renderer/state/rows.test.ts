import { describe, expect, it } from 'vitest'
import type { TrackInfo } from '../../workers/thread/contract.js'
import { machineIndex } from '../../workers/units.js'
import { busiestThatFit, firstTasks, layoutRows, rowsBetween } from './rows.js'
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
const choices: RowChoices = {
  pinned: [],
  hidden: new Set(),
  // Both machines' tasks are closed, so that the other rows are easy to follow.
  toggled: new Set(['m0/tasks', 'm1/tasks']),
  order: 'events',
  busiest: 6,
  text: '',
  height: 22,
}
const ids = (c: Partial<RowChoices>) => layoutRows(tracks, { ...choices, ...c }).rows.map((r) => r.id)

describe('layoutRows', () => {
  it('shows machines and their tasks open, the busiest task first', () => {
    expect(ids({ toggled: new Set() })).toEqual([
      'm0',
      'm0/cpu0',
      'm0/cpu1',
      'm0/tasks',
      'm0/task/8',
      'm0/task/7',
      'm1',
      'm1/cpu0',
      'm1/tasks',
      'm1/task/1',
    ])
  })
  it('closes what was toggled', () => {
    expect(ids({})).toEqual(['m0', 'm0/cpu0', 'm0/cpu1', 'm0/tasks', 'm1', 'm1/cpu0', 'm1/tasks'])
    expect(ids({ toggled: new Set(['m0', 'm1']) })).toEqual(['m0', 'm1'])
  })
  it('orders tasks by name on demand', () => {
    expect(ids({ toggled: new Set(['m1']), order: 'name' })).toContain('m0/task/7')
    const tasks = ids({ toggled: new Set(['m1']), order: 'name' }).filter((id) => id.includes('/task/'))
    expect(tasks).toEqual(['m0/task/7', 'm0/task/8'])
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

describe('layoutRows with many tasks', () => {
  const crowd = (m: typeof m0, n: number) => [
    machine(m, `machine ${m}`),
    cpu(m, 0),
    ...Array.from({ length: n }, (_, i) => task(m, i + 1, `t${String(i).padStart(3, '0')}`, n - i)),
  ]
  const both = [...crowd(m0, 9), ...crowd(m1, 8)]
  const rows = (toggled: readonly string[] = [], order: RowChoices['order'] = 'events', all = both) =>
    layoutRows(all, { ...choices, toggled: new Set(toggled), order, busiest: 2 }).rows
  const tasksOf = (m: number, of: ReturnType<typeof rows>) => of.filter((r) => r.kind === 'task' && r.machine === m)

  it('keeps quieter tasks folded where they would push the next machine away', () => {
    expect(tasksOf(0, rows()).map((r) => r.id)).toEqual(['m0/task/1', 'm0/task/2'])
    expect(rows().find((r) => r.id === 'm0/quieter')).toMatchObject({ expanded: false, children: 7 })
    expect(tasksOf(0, rows(['m0/quieter'])).length).toBe(9)
  })
  it('unfolds those of the last machine, unless they are many', () => {
    expect(tasksOf(1, rows()).length).toBe(8)
    expect(tasksOf(1, rows(['m1/quieter'])).length).toBe(2)
    expect(tasksOf(0, rows([], 'events', crowd(m0, 203))).length).toBe(2)
  })
  it('has the busiest above the others in either order', () => {
    const named = [...crowd(m0, 0), ...['d', 'c', 'b', 'a', 'e'].map((name, i) => task(m0, i, name, 9 - i))]
    expect(tasksOf(0, rows([], 'name', named)).map((r) => r.label)).toEqual(['c-1', 'd-0', 'a-3', 'b-2', 'e-4'])
  })
  it('spends no header on two tasks', () => {
    expect(rows([], 'events', [...crowd(m0, 4), ...crowd(m1, 0)]).some((r) => r.kind === 'quieter')).toBe(false)
  })
  it('keeps those where they stand that stay, behind them those that became busy', () => {
    const stay = (staying: readonly string[], toggled: readonly string[] = []) =>
      layoutRows(both, { ...choices, toggled: new Set(toggled), busiest: 2, staying })
    const staying = ['m0/task/5', 'm1/task/2', 'm0/task/2', 'm0/task/77']
    expect(tasksOf(0, stay(staying).rows).map((r) => r.id)).toEqual(['m0/task/5', 'm0/task/2', 'm0/task/1'])
    expect(stay(staying).rows.find((r) => r.id === 'm0/quieter')).toMatchObject({ children: 6 })
    // What stands there now stays in the next layout.
    expect(firstTasks(stay(staying))).toEqual(['m0/task/5', 'm0/task/2', 'm0/task/1', 'm1/task/2', 'm1/task/1'])
    expect(stay(firstTasks(stay(staying))).rows).toEqual(stay(staying).rows)
  })
  it('gives every machine the same share of the room', () => {
    expect(busiestThatFit(both, 22)).toBe(7)
    expect(busiestThatFit(both, 4)).toBe(3)
  })
})

describe('fused rows that are not there yet', () => {
  const none = { tracks: [], threads: [] }
  it('have a header that says why, above all machines', () => {
    const { rows } = layoutRows(tracks, choices, { ...none, awaited: 'being worked out' })
    expect(rows[0]).toMatchObject({ kind: 'group', track: null, note: 'being worked out', expanded: null, y: 0 })
    expect(rows.slice(1).map((r) => r.id)).toEqual(layoutRows(tracks, choices).rows.map((r) => r.id))
  })
  it('have none where none are expected, or rows are sought by name', () => {
    expect(layoutRows(tracks, choices, none).rows[0]!.id).toBe('m0')
    const sought = layoutRows(tracks, { ...choices, text: 'cpu' }, { ...none, awaited: 'being worked out' })
    expect(sought.rows.some((r) => r.note)).toBe(false)
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

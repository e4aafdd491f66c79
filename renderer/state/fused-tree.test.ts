import { describe, expect, it } from 'vitest'
import type { FusedThread, FusedTrack, TrackInfo } from '../../workers/thread/contract.js'
import { machineIndex } from '../../workers/units.js'
import { besideAll, isFusedTrack, vmGroup } from './fused-tree.js'
import { layoutRows } from './rows.js'
import type { RowChoices } from './rows.js'

const m0 = machineIndex(0)
const m1 = machineIndex(1)
const track = (id: string, kind: TrackInfo['kind'], machine: typeof m0, label: string): TrackInfo => ({
  id,
  kind,
  parent: null,
  machine,
  label,
  events: 1,
})
const tracks = [
  track('m0', 'machine', m0, 'host'),
  track('m0/cpu0', 'cpu', m0, 'CPU 0'),
  track('m0/task/4711', 'task', m0, 'CPU 0/KVM-4711'),
  track('m1', 'machine', m1, 'web'),
]
const pcpu = (cpu: number): FusedTrack => ({
  id: `m0/pcpu${cpu}`,
  kind: 'pcpu',
  machine: m0,
  label: `CPU ${cpu}`,
  cpu,
  cpuTrack: `m0/cpu${cpu}`,
  vcpu: null,
})
const vcpu = (tid: number, guest: typeof m0 | null): FusedTrack => ({
  id: `m0/vcpu/${tid}`,
  kind: 'vcpu',
  machine: guest ?? m0,
  label: `vCPU ${tid - 4711}`,
  cpu: tid - 4711,
  cpuTrack: null,
  vcpu: { host: m0, tid, guest, threadTrack: `m0/task/${tid}`, by: 'GUEST option', split: true, level: 1 },
})
const fused = [pcpu(0), pcpu(1), vcpu(4711, m1), vcpu(4712, m1)]
const ids = (more: Partial<RowChoices> = {}, rows = fused, threads: readonly FusedThread[] = []) =>
  layoutRows(
    tracks,
    {
      pinned: [],
      hidden: new Set(),
      toggled: new Set(['m0', 'm1']),
      order: 'events',
      busiest: 6,
      text: '',
      height: 22,
      ...more,
    },
    { tracks: rows, threads },
  ).rows.map((r) => r.id)

const thread = (pid: number, label: string, machine = m1): FusedThread => ({
  id: `m${machine}/thread/${pid}`,
  machine,
  pid,
  label,
  taskTrack: `m${machine}/task/${pid}`,
  container: null,
  running: 100 - pid,
})
const tasks = ['make-5', 'cc1-6', 'ld-7', 'sh-8', 'ar-9'].map((label, i) => thread(i + 5, label))

const GROUP = vmGroup(m1, true)

describe('rows of the fused views', () => {
  it('stand above the machines, all unfolded', () => {
    expect(ids()).toEqual([
      'fused/pcpus',
      'm0/pcpu0',
      'm0/pcpu1',
      'fused/vms',
      GROUP,
      'm0/vcpu/4711',
      'm0/vcpu/4712',
      'm0',
      'm1',
    ])
  })
  it('are none where no vCPU is known', () => {
    expect(ids({}, [pcpu(0)])).toEqual(['m0', 'm1'])
  })
  it('fold away', () => {
    expect(ids({ toggled: new Set(['m0', 'm1', 'fused/pcpus', GROUP]) })).toEqual([
      'fused/pcpus',
      'fused/vms',
      GROUP,
      'm0',
      'm1',
    ])
  })
  it('show all host threads beside their vCPUs at once, and fold them away again', () => {
    const one = new Set(['m0', 'm0/vcpu/4711'])
    const all = besideAll(fused, one)
    expect([...all]).toEqual(['m0', 'm0/vcpu/4711', 'm0/vcpu/4712'])
    expect([...besideAll(fused, all)]).toEqual(['m0'])
    expect(one.size).toBe(2)
  })
  it('show the host thread of a vCPU below it on demand, where it has a row', () => {
    const shown = ids({ toggled: new Set(['m0', 'm1', 'fused/pcpus', 'm0/vcpu/4711', 'm0/vcpu/4712']) })
    expect(shown).toEqual([
      'fused/pcpus',
      'fused/vms',
      GROUP,
      'm0/vcpu/4711',
      'm0/vcpu/4711/thread',
      'm0/vcpu/4712',
      'm0',
      'm1',
    ])
  })
  it('are hidden, pinned and found by name like all others', () => {
    expect(ids({ hidden: new Set(['m0/pcpu1']) })).not.toContain('m0/pcpu1')
    expect(ids({ pinned: ['m0/vcpu/4712'] }).filter((id) => id === 'm0/vcpu/4712')).toHaveLength(1)
    expect(ids({ pinned: ['m0/vcpu/4712'] })[0]).toBe('m0/vcpu/4712')
    expect(ids({ text: 'vCPU 1' })).toEqual(['fused/vms', GROUP, 'm0/vcpu/4712'])
  })
  it('show the tasks of a machine below its vCPUs, the busiest at once', () => {
    const below = ids({}, fused, tasks).slice(7, -2)
    expect(below).toEqual([`${GROUP}/tasks`, 'm1/thread/5', 'm1/thread/6', 'm1/thread/7', `${GROUP}/quieter`])
    const all = ids({ toggled: new Set([`${GROUP}/quieter`]), order: 'name' }, fused, tasks)
    expect(all.slice(8, 14)).toEqual([
      'm1/thread/6',
      'm1/thread/7',
      'm1/thread/5',
      `${GROUP}/quieter`,
      'm1/thread/9',
      'm1/thread/8',
    ])
    expect(ids({ text: 'ar-' }, fused, tasks)).toEqual(['fused/vms', GROUP, `${GROUP}/tasks`, 'm1/thread/9'])
  })
  it('leave the tasks of many machines folded', () => {
    const m2 = machineIndex(2)
    const m3 = machineIndex(3)
    const many = [...fused, vcpu(4713, m2), vcpu(4714, m3)]
    const shown = ids({}, many, [...tasks, thread(50, 'bash-50', m2)])
    expect(shown).toContain(`${GROUP}/tasks`)
    expect(shown.filter((id) => id.includes('/thread/'))).toEqual([])
  })
  it('of guests that are not open stand by themselves', () => {
    expect(ids({}, [vcpu(4711, null), vcpu(4712, m1)])).toContain(vmGroup(m0, false))
  })
})

it('isFusedTrack knows fused rows from all others', () => {
  expect(['m0/pcpu1', 'm12/vcpu/4711', 'm1/thread/5'].every(isFusedTrack)).toBe(true)
  expect(['m0/cpu1', 'm0/task/4711', 'm0', 'm0/vcpu/4711/thread'].some(isFusedTrack)).toBe(false)
})

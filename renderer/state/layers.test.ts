import { describe, expect, it } from 'vitest'
import { FusedState, type FusedLayers, type FusedTrack } from '../../workers/thread/contract.js'
import { machineIndex, sessionTime } from '../../workers/units.js'
import { chainsFor, chainsOf, neighbourLayer } from './layers.js'

const m0 = machineIndex(0)
const m1 = machineIndex(1)
const vcpu = (tid: number, cpu: number): FusedTrack => ({
  id: `m0/vcpu/${tid}`,
  kind: 'vcpu',
  machine: m1,
  label: `vCPU ${cpu}`,
  cpu,
  cpuTrack: `m1/cpu${cpu}`,
  vcpu: { host: m0, tid, guest: m1, threadTrack: `m0/task/${tid}`, by: 'GUEST option', split: true, level: 1 },
})
const tracks: readonly FusedTrack[] = [
  { id: 'm0/pcpu0', kind: 'pcpu', machine: m0, label: 'CPU 0', cpu: 0, cpuTrack: 'm0/cpu0', vcpu: null },
  vcpu(4711, 0),
  vcpu(4712, 1),
]
const layers: FusedLayers = {
  version: 1,
  t: sessionTime(5),
  cpus: [
    {
      track: 'm0/pcpu0',
      state: FusedState.GuestTask,
      label: 'bash-50',
      condition: 'IN_VM',
      machine: m1,
      layers: [
        {
          machine: m0,
          cpu: 0,
          cpuTrack: 'm0/cpu0',
          task: { machine: m0, pid: 4711, name: 'CPU 0/KVM-4711' },
          taskTrack: 'm0/task/4711',
          syscall: 'ioctl',
          interrupt: null,
          vcpu: { track: 'm0/vcpu/4711', guest: m1, cpu: 0, state: FusedState.GuestTask, label: 'bash-50' },
        },
        {
          machine: m1,
          cpu: 0,
          cpuTrack: 'm1/cpu0',
          task: { machine: m1, pid: 50, name: 'bash-50' },
          taskTrack: 'm1/task/50',
          syscall: null,
          interrupt: null,
          vcpu: null,
        },
      ],
    },
  ],
  waiting: [
    {
      track: 'm0/vcpu/4712',
      label: 'vCPU 1',
      state: FusedState.Preempted,
      why: 'CPU 0/KVM-4711',
      since: sessionTime(1),
      task: { machine: m1, pid: 60, name: 'make-60' },
    },
  ],
}
const chains = chainsOf(layers, tracks)

describe('layers at an instant', () => {
  it('go from the physical CPU up to the task that really runs', () => {
    expect(chains[0]!.steps.map((s) => s.rows[0])).toEqual(['m0/pcpu0', 'm0/task/4711', 'm0/vcpu/4711', 'm1/task/50'])
    expect(chains[0]!.steps.map((s) => s.text)).toEqual(['CPU 0', 'CPU 0/KVM-4711', 'vCPU 0', 'bash-50'])
    expect(chains[0]!.steps[1]!.note).toBe('ioctl')
  })
  it('of a vCPU that waits end at the task that stands still', () => {
    expect(chains[1]!.steps.map((s) => s.rows[0])).toEqual(['m0/task/4712', 'm0/vcpu/4712', 'm1/task/60'])
    expect(chains[1]!.waits).toBe(true)
  })
  it('are those of a row, else those that run', () => {
    expect(chainsFor(chains, 'm1/cpu1')).toEqual([chains[1]])
    expect(chainsFor(chains, 'm0/task/1')).toEqual([chains[0]])
    expect(chainsFor(chains, null)).toEqual([chains[0]])
  })
  it('are walked up and down from any row that stands for one of them', () => {
    expect(neighbourLayer(chains, 'm1/task/50', -1)).toBe('m0/vcpu/4711')
    expect(neighbourLayer(chains, 'm1/cpu0', -1)).toBe('m0/task/4711')
    expect(neighbourLayer(chains, 'm0/cpu0', 1)).toBe('m0/task/4711')
    expect(neighbourLayer(chains, 'm0/vcpu/4712', 1)).toBe('m1/task/60')
    expect(neighbourLayer(chains, 'm0/pcpu0', -1)).toBeNull()
    expect(neighbourLayer(chains, 'm1/task/50', 1)).toBeNull()
    expect(neighbourLayer(chains, 'm0/task/9', 1)).toBeNull()
  })
})

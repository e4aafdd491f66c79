import { describe, expect, it } from 'vitest'
import type { ChainHop, FusedTrack, WakeupChain, WakeupRow } from '../../workers/thread/contract.js'
import { machineIndex, sessionTime } from '../../workers/units.js'
import { chainParts, gatheredRows, hopRows } from './chain-rows.js'

const hop = (m: number, cpu: number, pid: number, layer: ChainHop['layer'], t: number): ChainHop => ({
  number: 1,
  kind: 'switch',
  layer,
  machine: machineIndex(m),
  cpu,
  cpuTrack: `m${m}/cpu${cpu}`,
  taskTrack: pid > 0 ? `m${m}/task/${pid}` : null,
  t: sessionTime(t),
  position: null,
  actor: { machine: machineIndex(m), pid, name: `p-${pid}` },
  context: 'task',
  label: '',
  since: null,
  orderCertain: true,
  wakeup: null,
  id: null,
  stack: null,
  record: null,
})
const vcpu = {
  id: 'm0/vcpu/21',
  kind: 'vcpu',
  machine: machineIndex(1),
  label: 'vCPU 1',
  cpu: 1,
  cpuTrack: 'm1/cpu1',
  vcpu: {
    host: machineIndex(0),
    tid: 21,
    guest: machineIndex(1),
    threadTrack: 'm0/task/21',
    by: 'GUEST option',
    split: true,
    level: 1,
  },
} satisfies FusedTrack
const wakeup = (m: number, pid: number, from: number, to: number) =>
  ({
    machine: machineIndex(m),
    wakee: { machine: machineIndex(m), pid, name: '' },
    waking: { t: sessionTime(from), cpu: 0, position: null, notBefore: null },
    running: { t: sessionTime(to), cpu: 1, position: null, notBefore: null },
  }) as WakeupRow
const chain: Pick<WakeupChain, 'hops' | 'wakeups'> = {
  hops: [
    hop(0, 1, 900, 'host irq', 10),
    hop(0, 1, 21, 'vcpu', 50),
    hop(1, 1, 0, 'guest irq', 60),
    hop(1, 1, 701, 'guest task', 80),
  ],
  wakeups: [wakeup(0, 21, 10, 50), wakeup(1, 701, 60, 80)],
}

describe('rows of a chain', () => {
  it('shows an interrupt on its CPU, and a vCPU’s thread on the row of the vCPU', () => {
    expect(hopRows(chain.hops[0]!, [vcpu])[0]).toBe('m0/cpu1')
    expect(hopRows(chain.hops[1]!, [vcpu])[0]).toBe('m0/vcpu/21')
    expect(hopRows(chain.hops[2]!, [vcpu]).slice(0, 2)).toEqual(['m1/cpu1', 'm0/vcpu/21'])
    expect(hopRows(chain.hops[1]!, [vcpu], ['m0/task/21'])[0]).toBe('m0/task/21')
  })

  it('pulls together each row once, in the order of the hops', () => {
    expect(gatheredRows(chain)).toEqual(['m0/cpu1', 'm0/task/21', 'm1/cpu1', 'm1/task/701'])
  })

  it('lights what a CPU did between its hops, and what a task waited for', () => {
    const parts = chainParts(chain, [vcpu])
    expect(parts.get('m0/cpu1')).toEqual([{ from: 10, to: 50 }])
    expect(parts.get('m0/task/21')).toEqual([{ from: 10, to: 50 }])
    expect(parts.get('m0/vcpu/21')).toEqual([
      { from: 10, to: 50 },
      { from: 60, to: 80 },
    ])
    expect(parts.get('m1/cpu1')).toEqual([{ from: 60, to: 80 }])
    expect(parts.get('m1/task/701')).toEqual([{ from: 60, to: 80 }])
    expect(parts.get('m0/cpu0')).toBeUndefined()
  })
})

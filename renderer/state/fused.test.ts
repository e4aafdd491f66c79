import { expect, it } from 'vitest'
import type { MachineInfo, SessionInfo } from '../../workers/thread/contract.js'
import { eventTypeIndex, machineIndex } from '../../workers/units.js'
import { mayHaveGuests } from './fused.js'

const machine = (parent: number | null, vcpus: MachineInfo['vcpus'] = []): MachineInfo => ({
  machine: machineIndex(parent === null ? 0 : 1),
  name: 'm',
  role: parent === null ? 'alone' : 'guest',
  parent: parent === null ? null : machineIndex(parent),
  files: [0],
  cpus: [0],
  vcpus,
  pairedBy: 'none',
})
const types = (system: string, name: string, count = 1): SessionInfo['eventTypes'] => [
  { type: eventTypeIndex(0), system, name, count },
]

it('asks for the fused rows where guests are open, named, or told of by events, and nowhere else', () => {
  const sched = types('sched', 'sched_switch')
  expect(mayHaveGuests({ machines: [machine(null)], eventTypes: sched })).toBe(false)
  expect(mayHaveGuests({ machines: [machine(null), machine(0)], eventTypes: sched })).toBe(true)
  expect(mayHaveGuests({ machines: [machine(null, [{ cpu: 0, tid: 7 }])], eventTypes: sched })).toBe(true)
  expect(mayHaveGuests({ machines: [machine(null)], eventTypes: types('kvm', 'kvm_entry') })).toBe(true)
  expect(mayHaveGuests({ machines: [machine(null)], eventTypes: types('kvm', 'kvm_entry', 0) })).toBe(false)
})

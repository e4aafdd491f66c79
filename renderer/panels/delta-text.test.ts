import { expect, it } from 'vitest'
import type { DeltaLayer, DeltaPart, DeltaPhase } from '../../workers/thread/contract.js'
import { machineIndex, sessionTime } from '../../workers/units.js'
import { partLook, partText } from './delta-text.js'

const host = machineIndex(0)
const busy = { machine: host, pid: 900, name: 'busyloop-900', through: [] }
const part = (phase: DeltaPhase, layer: DeltaLayer, what = '', by: DeltaPart['by'] = null): DeltaPart => ({
  phase,
  layer,
  what,
  by,
  time: 1,
  count: 1,
  longest: { from: sessionTime(0), to: sessionTime(1) },
})
const text = (p: DeltaPart, own = 'm1/task/5') => partText(p, own, () => 'host')

it('names layers and culprits, of a task with what its own kernel said meanwhile', () => {
  expect(text(part('running', 'task', '', busy))).toBe('host busyloop-900')
  expect(text(part('preempted', 'task', '', busy))).toBe('preempted, host busyloop-900 ran')
  expect(text(part('running', 'vcpuPreempted', '', busy))).toBe('vCPU preempted by host busyloop-900')
  expect(text(part('blocked', 'hypervisor', 'HLT'))).toBe('asleep, hypervisor HLT')
  expect(text(part('ready', 'vcpuReady'))).toBe('woken, vCPU ready, waits for a CPU')
  expect(text(part('blocked', 'asleep'))).toBe('asleep')
  expect(text(part('unknown', 'unknown'))).toBe('not known')
})

it('says of a vCPU what its own row says', () => {
  expect(text(part('preempted', 'vcpuPreempted', '', busy), 'm0/vcpu/7')).toBe('preempted by host busyloop-900')
  expect(text(part('ready', 'vcpuReady'), 'm0/vcpu/7')).toBe('ready, waits for a CPU')
  expect(text(part('blocked', 'vcpuBlocked', 'halted'), 'm0/vcpu/7')).toBe('blocked: halted')
})

it('looks like the rows of the timeline', () => {
  expect(partLook(part('running', 'task', '', busy))).toBe('solid')
  expect(partLook(part('running', 'hypervisor', 'HLT'))).toBe('hatch')
  expect(partLook(part('running', 'vcpuPreempted', '', busy))).toBe('cross')
  expect(partLook(part('preempted', 'task', '', busy))).toBe('cross')
  expect(partLook(part('ready', 'idle'))).toBe('line')
  expect(partLook(part('running', 'idle'))).toBe('idle')
  expect(partLook(part('blocked', 'vcpuBlocked', 'halted'))).toBe('none')
})

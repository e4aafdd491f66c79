import { expect, it } from 'vitest'
import { FusedState, SpanFlag } from '../../workers/thread/contract.js'
import { machineIndex } from '../../workers/units.js'
import { spanHeadline, spanNotes } from '../timeline/fused-words.js'
import { culpritName } from './preemption-text.js'

const host = machineIndex(0)
const guest = machineIndex(1)
const nameOf = (m: number) => (m === 0 ? 'host' : 'web')

it('names a culprit, and the vCPU by which a guest’s task took the CPU', () => {
  expect(culpritName({ machine: host, pid: 9, name: 'cron-9', through: [] }, nameOf)).toBe('host cron-9')
  const through = [{ machine: host, pid: 70, name: 'CPU 0/KVM-70' }]
  expect(culpritName({ machine: guest, pid: 50, name: 'cc1-50', through }, nameOf)).toBe(
    'web cc1-50 through CPU 0/KVM-70',
  )
})

it('says in words what a span is', () => {
  expect(spanHeadline(FusedState.Preempted, 'cron-9')).toBe('preempted by cron-9')
  expect(spanHeadline(FusedState.Blocked, 'halted')).toBe('blocked: halted')
  expect(spanHeadline(FusedState.VmmKernel, 'EPT_VIOLATION')).toBe('exit EPT_VIOLATION')
  expect(spanHeadline(FusedState.GuestIdle, 'idle')).toBe('guest idle')
  expect(spanNotes(FusedState.GuestTask, SpanFlag.Unsplit)).toEqual([
    'Guest task.',
    'Guest or hypervisor, cannot be told apart without kvm_entry and kvm_exit.',
  ])
  expect(spanNotes(FusedState.Preempted, 0)).toEqual([])
})

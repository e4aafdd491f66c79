import { expect, test } from 'vitest'
import { fakeSession, type FakeEvent } from '../../../test/fixtures/fake-file.js'
import { WakeHow } from '../../readers/types.js'
import { Context } from './columns.js'
import { contextOf, wakeSides } from './read.js'

const waking = (t: number, pid: number): FakeEvent => ({
  t,
  pid: 3,
  type: 'sched:sched_waking',
  fields: { pid, target_cpu: 1, common_flags: 0 },
})

test('events that a CPU recorded into two buffers count once, those of other CPUs, tasks and times stay', () => {
  const session = fakeSession([
    {
      name: 'host',
      streams: [
        { cpu: 0, events: [waking(10_000, 7), waking(90_000, 7)] },
        { cpu: 0, buffer: 'irqs', events: [waking(10_400, 7), waking(10_500, 8), waking(50_000, 7)] },
        { cpu: 1, events: [waking(10_400, 7)] },
        { cpu: 2, events: [{ t: 11, pid: 3, type: 'test:work' }] },
      ],
    },
  ])
  expect(wakeSides(session).map((s) => [s.stream, s.counts && [...s.counts]])).toEqual([
    [0, null],
    [1, [1, 2]],
    [2, null],
  ])
})

test('the innermost context counts, and none where the kernel does not say', () => {
  const { HardIrq, SoftIrq, Nmi, NoContext, Waking } = WakeHow
  expect(contextOf(Waking)).toBe(Context.Task)
  expect(contextOf(Waking | SoftIrq)).toBe(Context.Softirq)
  expect(contextOf(Waking | SoftIrq | HardIrq)).toBe(Context.Irq)
  expect(contextOf(Waking | SoftIrq | HardIrq | Nmi)).toBe(Context.Nmi)
  expect(contextOf(Waking | NoContext)).toBe(Context.Unknown)
})

import { expect, test } from 'vitest'
import { fakeSession, type FakeEvent } from '../../../test/fixtures/fake-file.js'
import type { Session } from '../../model/session.js'
import { readWakes, WakeKind } from './read.js'

const waking = (t: number, pid: number, fields: FakeEvent['fields'] = {}): FakeEvent => ({
  t,
  pid: 3,
  type: 'sched:sched_waking',
  fields: { pid, target_cpu: 1, common_flags: 0, ...fields },
})
const told = async (session: Session): Promise<string[]> =>
  (await readWakes(session)).flatMap((s) =>
    Array.from(s.kind, (kind, i) => `${s.stream}/${s.row[i]} ${kind} ${s.pid[i]} ${s.cpu[i]} ${s.context[i]}`),
  )

test('wake-up events are read with who, where to and in what context', async () => {
  const events: FakeEvent[] = [
    waking(10, 7),
    { t: 11, pid: 3, type: 'test:work' },
    { t: 12, pid: 3, type: 'sched:sched_wakeup', fields: { pid: 7, target_cpu: 2, common_flags: 8 } },
    { t: 13, pid: 3, type: 'sched:sched_migrate_task', fields: { pid: 7, orig_cpu: 2, dest_cpu: 4, common_flags: 16 } },
    { t: 14, pid: 3, type: 'sched:sched_wakeup_new', fields: { pid: 9, target_cpu: 0 } },
    waking(15, 8, { common_flags: 0x48 }),
  ]
  expect(await told(fakeSession([{ name: 'host', streams: [{ cpu: 0, events }] }]))).toEqual([
    `0/0 ${WakeKind.Waking} 7 1 0`,
    `0/2 ${WakeKind.Wakeup} 7 2 2`,
    `0/3 ${WakeKind.Migrate} 7 4 1`,
    `0/4 ${WakeKind.WakeupNew} 9 0 4`,
    `0/5 ${WakeKind.Waking} 8 1 3`,
  ])
})

test('wake-ups of old kernels that did not succeed are none', async () => {
  const wakeup = (t: number, success: number): FakeEvent => ({
    t,
    pid: 3,
    type: 'sched:sched_wakeup',
    fields: { pid: 7, success, target_cpu: 0 },
  })
  const session = fakeSession([{ name: 'old', streams: [{ cpu: 0, events: [wakeup(10, 0), wakeup(20, 1)] }] }])
  expect((await told(session)).map((l) => l.split(' ')[1])).toEqual([`${WakeKind.Ignored}`, `${WakeKind.Wakeup}`])
})

test('events that a CPU recorded into two buffers count once, those of other CPUs, tasks and times stay', async () => {
  const session = fakeSession([
    {
      name: 'host',
      streams: [
        { cpu: 0, events: [waking(10_000, 7), waking(90_000, 7)] },
        { cpu: 0, buffer: 'irqs', events: [waking(10_400, 7), waking(10_500, 8), waking(50_000, 7)] },
        { cpu: 1, events: [waking(10_400, 7)] },
      ],
    },
  ])
  const kinds = (await readWakes(session)).map((s) => Array.from(s.kind))
  expect(kinds).toEqual([[1, 1], [0, 1, 1], [1]])
})

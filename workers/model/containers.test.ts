import { expect, test } from 'vitest'
import { guest, host } from '../../test/fixtures/vm-oracle.js'
import { tell } from '../../test/fixtures/vm-story.js'
import { fakeSession } from '../../test/fixtures/fake-file.js'
import { knownFormats } from '../../test/make/known-formats.js'
import type { Field, Format } from '../../test/make/event-format.js'
import type { EventItem } from '../../test/make/ring-buffer.js'
import { switchTo } from '../../test/make/scenario.js'
import { writeTraceDat } from '../../test/make/trace-dat.js'
import { memorySource, type SourceRef } from '../bytes.js'
import { inlinePool } from '../columns/load.js'
import { createEngine } from '../engine.js'
import { readContainers } from './containers.js'

const containersOf = async (text: string): Promise<Record<string, string>> => {
  const views = await tell([host, guest], text).views()
  const { threads } = views.tracks()
  return Object.fromEntries(
    threads.flatMap((t) => (t.container === null ? [] : [[`${t.machine}/${t.pid}`, t.container]])),
  )
}

const ran = '0 sw 0->31 | 5 entry | 50 sw 31(R)->30 | 60 sw 30->33 | 70 sw 33->34 | 80 end'
const inside = '6 G sw 0->131 | 20 G sw 131(S)->132 | 30 G sw 132(S)->133 | 40 G end'

test('control groups are containers, and children are where their parents are', async () => {
  const text = `${ran} | ${inside}
10 G attach 131 /kubepods/pod7/web by 1 | 11 G fork 131 132 | 12 G fork 132 133 | 61 attach 33 /docker/3f2a by 33 | 62 attach 34 /docker/3f2a by 33
63 attach 34 / by 33`
  expect(await containersOf(text)).toEqual({
    '0/33': '/docker/3f2a',
    '1/131': '/kubepods/pod7/web',
    '1/132': '/kubepods/pod7/web',
    '1/133': '/kubepods/pod7/web',
  })
})

test('a child that was there before its parent went into one is not in it, nor is who got the number of a dead task', async () => {
  expect(
    await containersOf(
      `${ran} | ${inside} | 9 G fork 131 132 | 10 G attach 131 /a | 11 G attach 133 /b | 12 G fork 7 133`,
    ),
  ).toEqual({
    '1/131': '/a',
  })
})

test('a recording that tells of none has none, and none of its records is read', async () => {
  expect(await containersOf(`${ran} | ${inside} | 11 G fork 131 132`)).toEqual({})
  const session = fakeSession([
    {
      name: 'a.dat',
      streams: [
        {
          cpu: 0,
          events: [{ t: 1, pid: 1, type: 'sched:sched_process_fork', fields: { parent_pid: 1, child_pid: 2 } }],
        },
      ],
    },
  ])
  const file = session.files[0]! as (typeof session.files)[0] & { reads: { loads: number } }
  await readContainers(session.files, session.machines, session.table.streams, session.eventTypes)
  expect(file.reads.loads).toBe(0)
})

test("pid namespaces of an LTTng state dump, the machine's own left out", async () => {
  const dump = (pid: number, level: number, inode: number) => ({
    t: pid,
    pid: 1,
    type: 'lttng:lttng_statedump_process_pid_ns',
    fields: { tid: pid, ns_level: level, ns_inum: inode },
  })
  const fork = { t: 99, pid: 8, type: 'sched:sched_process_fork', fields: { parent_tid: 8, child_tid: 9 } }
  const { files, machines, table, eventTypes } = fakeSession([
    { name: 'a.dat', streams: [{ cpu: 0, events: [dump(7, 0, 4026531836), dump(8, 1, 4026532300), fork] }] },
  ])
  const [containers] = await readContainers(files, machines, table.streams, eventTypes)
  expect([...containers!]).toEqual([
    [8, 'pid namespace 4026532300'],
    [9, 'pid namespace 4026532300'],
  ])
})

test('totals by container', async () => {
  const text = `${ran} | ${inside} | 8 G attach 131 /web | 9 G fork 131 132 | 61 attach 33 /db by 33`
  const { containers, tasks } = (await tell([host, guest], text).views()).totals()
  const [a, b] = [131, 132].map((pid) => tasks.find((t) => t.pid === pid)!)
  expect(containers).toEqual([
    {
      machine: 1,
      container: '/web',
      tasks: 2,
      running: a!.running + b!.running,
      ran: a!.guestMode + b!.guestMode,
      vmm: 0,
      taken: 0,
      preempted: 0,
      ready: 0,
    },
    { machine: 0, container: '/db', tasks: 1, running: 10, ran: 10, vmm: 0, taken: 0, preempted: 10, ready: 0 },
  ])
})

test('as the kernel writes them into a recording', async () => {
  const int = (name: string, size: 4 | 8 = 4): Field => ({
    kind: 'int',
    name,
    type: size === 8 ? 'u64' : 'int',
    size,
    signed: true,
  })
  const text = (name: string): Field => ({ kind: 'loc', name, rel: false, type: 'char', size: 1, signed: false })
  const attach: Format = {
    system: 'cgroup',
    name: 'cgroup_attach_task',
    id: 538,
    fields: [int('dst_root'), int('dst_level'), int('dst_id', 8), int('pid'), text('dst_path'), text('comm')],
    printFmt: '"dst_path=%s pid=%d", __get_str(dst_path), REC->pid',
  }
  const fork: Format = {
    system: 'sched',
    name: 'sched_process_fork',
    id: 360,
    fields: [text('parent_comm'), int('parent_pid'), text('child_comm'), int('child_pid')],
    printFmt: '"pid=%d child_pid=%d", REC->parent_pid, REC->child_pid',
  }
  const [init, web, worker] = [
    { pid: 1, comm: 'runc' },
    { pid: 70, comm: 'nginx' },
    { pid: 71, comm: 'worker' },
  ]
  const path = '/kubepods.slice/cri-containerd-3f2a.scope'
  const event = (time: bigint, format: Format, values: EventItem['values']): EventItem => ({
    kind: 'event',
    time,
    pid: 1,
    format,
    values,
  })
  const items = [
    event(10n, attach, { dst_root: 0n, dst_level: 2n, dst_id: 9n, pid: 70n, dst_path: path, comm: 'nginx' }),
    event(11n, fork, { parent_comm: 'nginx', parent_pid: 70n, child_comm: 'nginx', child_pid: 71n }),
    switchTo(20n, init!, 1, web!),
    switchTo(30n, web!, 1, worker!),
  ]
  const { bytes } = writeTraceDat({
    formats: [...knownFormats, attach, fork],
    buffers: [{ name: '', cpus: [{ cpu: 0, items }] }],
  })
  const open = (ref: SourceRef) => memorySource(ref.name, bytes)
  const engine = createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 })
  const { tracks } = await engine.open({ sources: [{ kind: 'bytes', name: 'trace.dat', size: bytes.length, bytes }] })
  expect(tracks.filter((t) => t.kind === 'task').map((t) => [t.pid, t.container])).toEqual([
    [70, path],
    [1, undefined],
    [71, path],
  ])
})

// The host and guest of the published stub traces whose fused states are known from another tool's tests.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sharedData } from '../../../test/make/tools.js'
import { storySession, type StoryEvent } from '../../../test/fixtures/vm-story.js'
import type { FusedViews } from '../../analysis/views.js'

const dir = sharedData === null ? '' : join(sharedData, 'public', '01-tc-vm-oracle', 'derived', 'OneQemuKvm')
const here = existsSync(dir)
if (!here) console.warn('oracle.test.ts: no public traces beside the repository, the tests on them are skipped')

interface Row {
  readonly timestamp_ns: number
  readonly cpu: number
  readonly name: string
  readonly fields: Readonly<Record<string, number>>
}

/** LTTng's names of the fields that are read. */
const NAMES: Readonly<Record<string, string>> = { next_tid: 'next_pid', prev_tid: 'prev_pid' }
const SYSTEM: Readonly<Record<string, string>> = { sched_switch: 'sched', kvm_entry: 'kvm', kvm_exit: 'kvm' }

function eventsOf(name: string, machine: number, end: number): StoryEvent[] {
  const rows = readFileSync(join(dir, `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
  let running = 0
  const events = rows.map(({ timestamp_ns: t, cpu, name: event, fields }): StoryEvent => {
    const pid = fields.prev_tid ?? running
    running = fields.next_tid ?? running
    const named = Object.fromEntries(Object.entries(fields).map(([k, v]) => [NAMES[k] ?? k, v]))
    return { t, machine, cpu, type: `${SYSTEM[event] ?? 'vmsync'}:${event}`, pid, fields: named }
  })
  // A trace of that format says until when it was recorded.
  return [...events, { t: end, machine, cpu: 0, type: 'trace:end', pid: running, fields: {} }]
}

/** Which machine, and which of its tasks, the CPU runs at a time. */
function ran(views: FusedViews, t: number): string {
  const { cpus } = views.layersAt(t)
  const { layers, condition } = cpus[0]!
  const layer = condition === 'IN_VM' ? layers.at(-1)! : layers[0]!
  return `${condition === 'IN_VM' ? 'guest' : 'host'} ${layer.task.pid < 0 ? 'unknown' : layer.task.pid}`
}

const expected: readonly (readonly [from: number, to: number, what: string])[] = [
  // What the data themselves say of the time in which the other tool still learns who is who.
  [1, 4, 'host 31'],
  [5, 9, 'guest unknown'],
  [10, 34, 'guest 131'],
  [35, 44, 'guest 130'],
  [45, 59, 'host 31'],
  [60, 74, 'guest 130'],
  [75, 94, 'guest 131'],
  // From here on the two agree.
  [95, 99, 'host 31'],
  [100, 149, 'host 30'],
  [150, 154, 'host 31'],
  [155, 174, 'guest 131'],
  [175, 194, 'guest 130'],
  [195, 209, 'host 31'],
  [210, 224, 'guest 130'],
  [225, 244, 'guest 131'],
  [245, 259, 'host 31'],
  [260, 274, 'guest 131'],
  [275, 294, 'guest 130'],
  [295, 299, 'host 31'],
  [300, 349, 'host 30'],
  [350, 354, 'host 31'],
  [355, 374, 'guest 130'],
  [375, 375, 'guest 131'],
]

test.skipIf(!here)('the fused CPU runs what is known of it, instant by instant', async () => {
  const events = [...eventsOf('host', 0, 376), ...eventsOf('guest', 1, 376)]
  const views = await storySession([{ name: 'host' }, { name: 'guest', parent: 0 }], events).views()
  for (const [from, to, what] of expected) {
    for (let t = from; t <= to; t++) expect(`${t}: ${ran(views, t)}`).toBe(`${t}: ${what}`)
  }
  expect(views.tracks().tracks).toMatchObject([
    { kind: 'pcpu', machine: 0, cpu: 0 },
    { kind: 'vcpu', machine: 1, cpu: 0, vcpu: { host: 0, tid: 31, guest: 1, by: 'kvm_entry', split: true, level: 1 } },
  ])
})

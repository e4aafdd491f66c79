// Latencies beside those of `perf sched`: the events of one perf.data (test/golden/perf/record.sh) put into a session, and what perf
// made of the same events.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { storySession, type StoryEvent } from '../../../test/fixtures/vm-story.js'
import { WakeupMark, type WakeupRow } from '../../thread/contract.js'

const golden = (name: string): Buffer => readFileSync(new URL(`../../../test/golden/perf/${name}`, import.meta.url))

/** prev_state as perf writes it: `R+` is preempted. */
const STATES: Readonly<Record<string, number>> = {
  R: 0,
  'R+': 0x100,
  S: 1,
  D: 2,
  T: 4,
  t: 8,
  X: 0x10,
  Z: 0x20,
  I: 0x80,
}

function eventOf(line: string, first: bigint): StoryEvent {
  const m = /^\s*(-?\d+) \[(\d+)\] (\d+)\.(\d{9}):\s+(\S+): (.*)$/.exec(line)!
  const field = (name: string): string | undefined => new RegExp(`(?:^| )${name}=(\\S+)`).exec(m[6]!)?.[1]
  const numbers = ['pid', 'target_cpu', 'dest_cpu', 'prev_pid', 'next_pid'].flatMap((name) => {
    const text = field(name)
    return text === undefined ? [] : [[name, Number(text)] as const]
  })
  const state = field('prev_state')
  return {
    t: Number(BigInt(m[3]! + m[4]!) - first),
    machine: 0,
    cpu: Number(m[2]),
    type: m[5]!,
    // perf no longer knows the id of a task that has exited.
    pid: Number(field('prev_pid') ?? m[1]),
    fields: { ...Object.fromEntries(numbers), ...(state === undefined ? {} : { prev_state: STATES[state]! }) },
  }
}

const lines = gunzipSync(golden('events.txt.gz')).toString().trimEnd().split('\n')
const begin = /\] (\d+)\.(\d{9}):/.exec(lines[0]!)!
const first = BigInt(begin[1]! + begin[2]!)
const events = lines.map((l) => eventOf(l, first))
const views = storySession([{ name: 'host' }], events).wakeups()
const all = async (): Promise<readonly WakeupRow[]> => (await (await views).table({ start: 0, count: 10_000 })).rows

/** A time that perf writes in s to 1 us, as the story counts. */
const at = (s: string, us: string): number => Number(BigInt(s + us) * 1000n - first)
/** perf writes what it knows to the ns rounded (ms) or cut (s) to 1 us. */
const US = 1000
const near = (ns: number, told: number): boolean => Math.abs(ns - told) <= US

const Doubtful = WakeupMark.RunInferred | WakeupMark.NeverRan | WakeupMark.WhileRunnable | WakeupMark.WhileRunning

test('from waking to running it took what perf sched timehist calls the delay, wake-up by wake-up', async () => {
  const line = /^\s*(\d+)\.(\d{6}) \[(\d+)\]\s+\S.*\[(\d+)(?:\/\d+)?\]\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s*$/gm
  const told = [...gunzipSync(golden('timehist.txt.gz')).toString().matchAll(line)].map((m) => ({
    pid: Number(m[4]),
    end: at(m[1]!, m[2]!),
    delay: Number(m[6]) * 1e6,
  }))
  const left = new Map<number, number[]>()
  for (const e of events) {
    const pid = Number(e.fields?.prev_pid ?? 0)
    if (pid > 0) left.set(pid, [...(left.get(pid) ?? []), e.t])
  }
  let compared = 0
  for (const r of await all()) {
    if (r.latency === null || r.marks & Doubtful) continue
    // perf tells of a run when it ends.
    const end = left.get(r.wakee.pid)?.find((t) => t > r.running!.t)
    const run = told.find((x) => end !== undefined && x.pid === r.wakee.pid && near(end, x.end))
    if (!run) continue
    // One that reaches a task on its way out of the CPU is forgotten by perf when the task leaves it.
    const leaving = left.get(r.wakee.pid)!.some((t) => t > r.waking.t && t < r.running!.t)
    const ours = leaving ? 0 : r.latency
    expect(near(ours, run.delay), `${r.wakee.pid} woken at ${r.waking.t}: ${ours} ns, perf ${run.delay}`).toBe(true)
    compared++
  }
  expect(compared).toBeGreaterThan(90)
})

test('counts, sums and longest delays of tasks that waited for nothing else are those of perf sched latency', async () => {
  const line =
    /:(\d+)\s*\|[^|]*\|\s*(\d+) \| avg:\s*([\d.]+) ms \| max:\s*([\d.]+) ms \| max start:\s*(\d+)\.(\d{6}) s/g
  const rows = await all()
  let compared = 0
  for (const m of golden('latency.txt').toString().matchAll(line)) {
    const [pid, count, average, max] = [Number(m[1]), Number(m[2]), Number(m[3]) * 1e6, Number(m[4]) * 1e6]
    const woken = rows.filter((r) => r.wakee.pid === pid)
    // perf counts the time after giving up the CPU while runnable too, and does not infer what was not recorded.
    const gaveUp = events.some((e) => e.fields?.prev_pid === pid && e.fields.prev_state === 0)
    if (gaveUp || woken.some((r) => r.marks & (Doubtful | WakeupMark.Repeated))) continue
    const heard = events.find((e) => ['pid', 'prev_pid', 'next_pid'].some((name) => e.fields?.[name] === pid))
    // One that perf first hears of when it comes in counts once more, with no delay.
    const unheard = heard?.fields?.next_pid === pid ? 1 : 0
    // For perf a delay begins at sched_wakeup.
    const waits = woken.flatMap((r) => (r.wakeupToRunning === null ? [] : [r]))
    expect([pid, waits.length + unheard]).toEqual([pid, count])
    const sum = waits.reduce((s, r) => s + r.wakeupToRunning!, 0)
    expect(near(sum / count, average), `average of ${pid}: ${sum / count} ns, perf ${average}`).toBe(true)
    if (waits.length > 0) {
      const longest = waits.reduce((a, b) => (b.wakeupToRunning! > a.wakeupToRunning! ? b : a))
      expect(near(longest.wakeupToRunning!, max), `longest of ${pid}`).toBe(true)
      expect(near(longest.activated!.t, at(m[5]!, m[6]!)), `begin of the longest of ${pid}`).toBe(true)
    }
    compared += waits.length
  }
  expect(compared).toBeGreaterThan(90)
})

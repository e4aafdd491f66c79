// Wake-ups of real recordings against a plain recomputation from what `trace-cmd report` prints of them, and against its own `-w`.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { hasTraceCmd, sharedData } from '../../../test/make/tools.js'
import { memorySource, type SourceRef } from '../../bytes.js'
import { inlinePool } from '../../columns/load.js'
import { createEngine, type Engine } from '../../engine.js'
import { TimeWriter } from '../../table/time-text.js'
import { WakeupMark, type WakeupRow } from '../../thread/contract.js'

const own = sharedData === null ? '' : join(sharedData, 'own')
const here = existsSync(own)
if (!here)
  console.warn('wakeups/recordings.test.ts: no recordings beside the repository, the tests on them are skipped')
if (!hasTraceCmd) console.warn('wakeups/recordings.test.ts: no trace-cmd, the comparison with its -w is skipped')

const open = (ref: SourceRef) => {
  if (ref.kind !== 'bytes') throw new Error('these tests keep their files in memory')
  return memorySource(ref.name, ref.bytes)
}

async function load(...files: string[]): Promise<Engine> {
  const engine = createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 })
  const sources = files.map((f): SourceRef => {
    const whole = readFileSync(join(own, f))
    const bytes = new Uint8Array(f.endsWith('.gz') ? gunzipSync(whole) : whole)
    return { kind: 'bytes', name: basename(f, '.gz'), size: bytes.length, bytes }
  })
  await engine.open({ sources })
  return engine
}

const rowsOf = async (engine: Engine): Promise<readonly WakeupRow[]> =>
  (await engine.wakeups({ start: 0, count: 100_000 })).rows

/** Microseconds, as the report prints them. */
const usOf = (engine: Engine): ((t: number) => number) => {
  const writer = new TimeWriter(engine.session()!.epoch)
  return (t) => Number(writer.seconds(t, 6).replace('.', ''))
}

interface Line {
  readonly pid: number
  readonly cpu: number
  readonly t: number
  readonly event: string
  readonly rest: string
}

function* linesOf(report: string): Generator<Line> {
  for (const row of report.split('\n')) {
    const m = /^ *.+-(\d+) +\[(\d+)\] *(\d+)\.(\d+): +(\w+): +(.*)$/.exec(row)
    if (m) yield { pid: Number(m[1]), cpu: Number(m[2]), t: Number(m[3]! + m[4]!), event: m[5]!, rest: m[6]! }
  }
}

/** `pid: waking > wakeup > running`, for each run that follows a wake-up. */
interface Found {
  readonly pid: number
  readonly waking: number
  readonly wakeup: number | null
  readonly running: number
  readonly from: number
  readonly to: number | null
}

/** After a switch the events of a CPU carry the old pid for a moment. */
const TAIL = 2

/** Runs that follow a wake-up, line by line. */
function recompute(report: string): Found[] {
  const found: Found[] = []
  const current = new Map<number, number>()
  const switched = new Map<number, { readonly pid: number; readonly t: number }>()
  const on = new Map<number, number>()
  /** Wake-ups of a task since it last left its CPU, and those that reached it on its way out. */
  const open = new Map<
    number,
    { waking: number; wakeup: number | null; from: number; to: number | null; early: boolean }[]
  >()
  const runs = (pid: number, cpu: number, t: number): void => {
    current.set(cpu, pid)
    if (pid === 0) return
    on.set(pid, cpu)
    const [first] = open.get(pid) ?? []
    if (first)
      found.push({ pid, waking: first.waking, wakeup: first.wakeup, running: t, from: first.from, to: first.to })
    open.delete(pid)
  }
  const leaves = (pid: number, cpu: number, state: string): void => {
    if (on.get(pid) !== cpu) return
    on.delete(pid)
    if (/^[RXZ]/.test(state)) open.delete(pid)
    else for (const w of open.get(pid) ?? []) w.early = false
  }
  for (const { pid, cpu, t, event, rest } of linesOf(report)) {
    const tail = switched.get(cpu)
    const follows = event === 'kernel_stack' || event === 'user_stack'
    if (!follows && current.get(cpu) !== pid && !(tail && tail.pid === pid && t - tail.t <= TAIL)) {
      leaves(current.get(cpu) ?? -1, cpu, '?')
      runs(pid, cpu, t)
    }
    const woken = /pid=(\d+).*target_cpu=(\d+)/.exec(rest) ?? /:(\d+) \[\d+\](?:.*CPU:(\d+))/.exec(rest)
    if (event === 'sched_waking') {
      const [, p, target] = woken!
      const own = (open.get(Number(p)) ?? []).filter((w) => on.has(Number(p)) || !w.early)
      own.push({ waking: t, wakeup: null, from: Number(target), to: null, early: on.has(Number(p)) })
      open.set(Number(p), own)
    } else if (event === 'sched_wakeup' || event === 'sched_wakeup_new') {
      const [, p, target] = woken!
      const own = open.get(Number(p)) ?? []
      const last = event === 'sched_wakeup' ? own.findLast((w) => w.wakeup === null) : undefined
      if (last) {
        last.wakeup = t
        last.to = Number(target)
      } else own.push({ waking: t, wakeup: t, from: -1, to: Number(target), early: on.has(Number(p)) })
      open.set(Number(p), own)
      if (on.has(Number(p))) open.delete(Number(p))
    } else if (event === 'sched_switch') {
      const m = /:(\d+) \[-?\d+\] (\S+) ==> .*:(\d+) \[-?\d+\]/.exec(rest)!
      const next = Number(m[3])
      leaves(Number(m[1]), cpu, m[2]!)
      switched.set(cpu, { pid: Number(m[1]), t })
      if (next !== Number(m[1])) runs(next, cpu, t)
    }
  }
  return found
}

const sets = [
  ['pair-tcg-1guest-independent/host.dat', 'pair-tcg-1guest-independent/host.report.txt.gz'],
  ['pair-tcg-1guest-independent/guest.dat', 'pair-tcg-1guest-independent/guest.report.txt.gz'],
  ['formats/v7-stack-T.dat', 'formats/v7-stack-T.report.txt.gz'],
  ['formats/v7-stacktrig.dat', 'formats/v7-stacktrig.report.txt.gz'],
] as const

describe.skipIf(!here).each(sets)('of %s', (dat, report) => {
  test('every run that follows a wake-up is in one chain, with the latency that the report gives', async () => {
    const engine = await load(dat)
    const us = usOf(engine)
    const rows = await rowsOf(engine)
    const ours = rows
      .filter((r) => r.latency !== null)
      .map((r) => {
        const { wakee, waking, activated, running, cpuBefore } = r
        const wakeup = activated ? us(activated.t) : '-'
        return `${wakee.pid}: ${us(waking.t)} > ${wakeup} > ${us(running!.t)} from ${cpuBefore}`
      })
    const text = gunzipSync(readFileSync(join(own, report))).toString('utf8')
    const theirs = recompute(text).map(
      (f) => `${f.pid}: ${f.waking} > ${f.wakeup ?? '-'} > ${f.running} from ${f.from}`,
    )
    expect(ours.length).toBeGreaterThan(100)
    expect(ours.toSorted()).toEqual(theirs.toSorted())
    // Two wake-ups never claim the same run.
    const runs = rows.filter((r) => r.latency !== null).map((r) => `${r.machine} ${r.wakee.pid} ${r.running!.t}`)
    expect(new Set(runs).size).toBe(runs.length)
  })

  test('the sums by task are those of the report', async () => {
    const engine = await load(dat)
    const text = gunzipSync(readFileSync(join(own, report))).toString('utf8')
    const theirs = new Map<number, { runs: number; total: number }>()
    for (const f of recompute(text)) {
      const sum = theirs.get(f.pid) ?? { runs: 0, total: 0 }
      theirs.set(f.pid, { runs: sum.runs + 1, total: sum.total + f.running - f.waking })
    }
    const { tasks } = await engine.wakeupTasks({}, 1e6)
    expect(tasks.map((t) => t.task.pid).toSorted()).toEqual([...theirs.keys()].toSorted())
    for (const { task, runs, total } of tasks) {
      const sum = theirs.get(task.pid)!
      expect([task.pid, runs]).toEqual([task.pid, sum.runs])
      // The report rounds each time to a microsecond.
      expect(Math.abs(total / 1000 - sum.total)).toBeLessThanOrEqual(runs)
    }
  })
})

test.skipIf(!here)('each stack that a trigger took at sched_waking belongs to one wake-up', async () => {
  const engine = await load('formats/v7-stacktrig.dat')
  const taken = engine.session()!.eventTypes.find((e) => e.name === 'kernel_stack')!.count
  const tree = await engine.wakeupStackTree({})
  expect(taken).toBeGreaterThan(50)
  expect(tree.withStack).toBe(taken)
  // What the report prints below its first waking, but for the tracing and the wake-up itself.
  const [first] = (await engine.wakeups({ start: 0, count: 1, sort: 'time' })).rows
  const text = gunzipSync(readFileSync(join(own, 'formats/v7-stacktrig.report.txt.gz'))).toString('utf8')
  const frames = /sched_waking:[^\n]*\n[^\n]*kernel_stack:[^\n]*\n((?:=> [^\n]*\n)+)/.exec(text)![1]!
  const names = [...frames.matchAll(/^=> (\S+)/gm)].map((m) => m[1]!)
  expect(first!.stack).toBe(names.slice(2, 5).join(' < '))
})

test.skipIf(!here)(
  'chains of a host and its guest add up, keep their order, and reach the host by their vCPUs',
  async () => {
    const engine = await load('pair-tcg-1guest-tsc/host.dat', 'pair-tcg-1guest-tsc/host-10.9.1.2.dat')
    const inGuest = (await engine.wakeups({ start: 0, count: 300, machines: [1] })).rows
    let across = 0
    for (const row of inGuest) {
      const chain = (await engine.wakeupChain({ wakeup: row.wakeup }))!
      const sum = (split: object): number => Object.values(split).reduce((a: number, b: number) => a + b, 0)
      expect(sum(chain.split)).toBeCloseTo(chain.to - chain.from, 3)
      if (row.latency !== null) expect(sum(chain.ownSplit)).toBeCloseTo(row.latency, 3)
      for (const h of chain.hops) if (h.orderCertain && h.since !== null) expect(h.since).toBeGreaterThanOrEqual(0)
      const link = chain.links.find((l) => l.kind === 'boundary' && l.from !== null)
      if (!link) continue
      across++
      // Without kvm events nothing is ever certain; the thread that was woken is the vCPU of the guest's CPU.
      expect(link.grade).not.toBe('EXACT')
      const [vcpu, woken] = [link.from, link.to].map((i) => chain.wakeups.find((w) => w.wakeup === i)!)
      expect([vcpu!.machine, vcpu!.wakee.name.split('-')[0]]).toEqual([0, `CPU ${woken!.waking.cpu}/TCG`])
    }
    expect(across).toBeGreaterThan(20)
  },
)

test.skipIf(!here)('wake_flags of records filter and sort the wake-ups that they joined', async () => {
  const set = 'pair-tcg-1guest-ebpf'
  const engine = await load(`${set}/host-10.9.1.2.dat`, `${set}/guest-ebpf.jsonl.gz`)
  const all = await rowsOf(engine)
  const flagsOf = (r: WakeupRow): string[] => [...(r.record?.activate?.names ?? []), ...(r.record?.entry?.names ?? [])]
  const names = new Set(all.flatMap(flagsOf))
  // Entry flags are those of callers: of all, SYNC alone is theirs to set here.
  expect([...names]).toEqual(['SYNC'])
  for (const flag of names) {
    const own = await engine.wakeups({ start: 0, count: 100_000, flags: [flag] })
    expect(own.rows.map((r) => r.wakeup)).toEqual(all.filter((r) => flagsOf(r).includes(flag)).map((r) => r.wakeup))
  }
  const sorted = (await engine.wakeups({ start: 0, count: 100_000, sort: 'flags' })).rows.map(
    (r) => flagsOf(r).length > 0,
  )
  expect(sorted).toEqual(sorted.toSorted((a, b) => Number(b) - Number(a)))
  const stacks = (await engine.wakeups({ start: 0, count: 100_000, sort: 'stack' })).rows.map((r) => r.stack)
  const told = stacks.filter((s) => s !== null)
  expect(told.length).toBeGreaterThan(100)
  expect(stacks.slice(0, told.length)).toEqual(told)
})

/** Latencies as `trace-cmd report -w` writes them behind the switches that end them. */
function latencyLines(path: string): { pid: number; t: string; latency: string }[] {
  const { stdout } = spawnSync('trace-cmd', ['report', '-w', '-t', path], { encoding: 'utf8', maxBuffer: 1 << 28 })
  return stdout.split('\n').flatMap((line) => {
    const m = /\] *(\d+\.\d+): sched_switch:.*:(\d+) \[-?\d+\] Latency: ([\d.]+) usecs/.exec(line)
    return m ? [{ t: m[1]!, pid: Number(m[2]), latency: m[3]! }] : []
  })
}

test.skipIf(!here || !hasTraceCmd).each(['formats/v7-zstd-mono.dat', 'pair-tcg-1guest-independent/guest.dat'])(
  'sched_wakeup to run is what trace-cmd -w says of %s',
  async (dat) => {
    const engine = await load(dat)
    const writer = new TimeWriter(engine.session()!.epoch)
    const rows = await rowsOf(engine)
    const lines = latencyLines(join(own, dat))
    const ran = new Map(rows.flatMap((r) => (r.running ? [[`${r.wakee.pid} ${writer.seconds(r.running.t)}`, r]] : [])))
    const unclear = new Set(
      rows.flatMap((r) => (r.marks & (WakeupMark.WhileRunning | WakeupMark.RunInferred) ? [r.wakee.pid] : [])),
    )
    expect(lines.length).toBeGreaterThan(100)
    let compared = 0
    for (const { pid, t, latency } of lines) {
      // It takes the last wakeup before a run, also one that found the task running, or without sched_switch since.
      const last = ran.get(`${pid} ${t}`)
      if (!last) {
        expect(unclear).toContain(pid)
        continue
      }
      compared++
      expect(`${pid} ${t} ${((last.running!.t - last.activated!.t) / 1000).toFixed(3)}`).toBe(`${pid} ${t} ${latency}`)
    }
    expect(compared / lines.length).toBeGreaterThan(0.9)
  },
)

// The fused views of real recordings against a plain recomputation from what `trace-cmd report` prints of them.

import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { hasTraceCmd, sharedData, traceCmdReport } from '../../test/make/tools.js'
import { memorySource, type SourceRef } from '../bytes.js'
import { inlinePool } from '../columns/load.js'
import { createEngine, type Engine } from '../engine.js'
import type { SessionInfo, VcpuTotals } from '../thread/contract.js'
import { machineIndex, sessionTime } from '../units.js'

const own = sharedData === null ? '' : join(sharedData, 'own')
const here = existsSync(own)
if (!here) console.warn('recordings.test.ts: no recordings beside the repository, the tests on them are skipped')

const open = (ref: SourceRef) => {
  if (ref.kind !== 'bytes') throw new Error('these tests keep their files in memory')
  return memorySource(ref.name, ref.bytes)
}
const read = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(own, path)))
const text = (path: string): string => gunzipSync(read(path)).toString('utf8')

async function load({ set, files, pair }: Recording): Promise<{ engine: Engine; info: SessionInfo }> {
  const engine = createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 })
  const sources = files.map((f): SourceRef => {
    const bytes = read(`${set}/${f}`)
    return { kind: 'bytes', name: basename(f), size: bytes.length, bytes }
  })
  return { engine, info: await engine.open({ sources, assess: true, ...(pair ? { pair: [pair] } : {}) }) }
}

interface Split {
  running: number
  preempted: number
  ready: number
  blocked: number
  readonly by: Map<number, number>
}

type State = 'unknown' | 'running' | 'preempted' | 'ready' | 'blocked'

interface Line {
  readonly pid: number
  readonly cpu: number
  readonly t: number
  readonly event: string
  readonly rest: string
}

function* linesOf(report: string): Generator<Line> {
  for (const row of report.split('\n')) {
    const m = /^ *.+-(\d+) +\[(\d+)\] *(\d+)(?:\.(\d{9}))?: +(\w+): +(.*)$/.exec(row)
    if (m) yield { pid: Number(m[1]), cpu: Number(m[2]), t: Number(m[3]! + (m[4] ?? '')), event: m[5]!, rest: m[6]! }
  }
}

/** What one thread of the host did, line after line. After a switch its events still carry the old pid for a moment. */
function recompute(report: string, tid: number): Split {
  const split: Split = { running: 0, preempted: 0, ready: 0, blocked: 0, by: new Map() }
  const current = new Map<number, number>()
  const switched = new Map<number, { pid: number; t: number }>()
  const lines = [...linesOf(report)]
  const lastOf = new Map<number, number>()
  lines.forEach((l, i) => lastOf.set(l.cpu, i))
  let state: State = 'unknown'
  let early = false
  let since = 0
  let on = -1
  let waitsOn = -1
  const spend = (t: number, as: State = state): void => {
    if (as !== 'unknown') split[as] += t - since
    if (as === 'preempted') {
      const by = current.get(waitsOn)!
      split.by.set(by, (split.by.get(by) ?? 0) + t - since)
    }
    since = t
  }
  const becomes = (cpu: number, next: number, t: number, left: State): void => {
    if (next === current.get(cpu)) return
    const wasHere = on === cpu && state === 'running'
    if (wasHere) spend(t)
    else if (waitsOn === cpu && state === 'preempted') spend(t)
    if (wasHere) {
      state = left
      waitsOn = left === 'preempted' ? cpu : -1
      on = -1
    }
    if (next === tid) {
      spend(t, early && state === 'blocked' ? 'ready' : state)
      early = false
      state = 'running'
      on = cpu
    }
    current.set(cpu, next)
  }
  lines.forEach((l, i) => {
    const tail = switched.get(l.cpu)
    const isTail = tail?.pid === l.pid && l.t - tail.t <= 2000
    // A stack belongs to the event before it.
    if (l.pid !== current.get(l.cpu) && !isTail && l.event !== 'kernel_stack') becomes(l.cpu, l.pid, l.t, 'unknown')
    if (l.event === 'sched_switch') {
      const m = /^.*:(\d+) \[-?\d+\] (\S+) ==> .*:(\d+) \[-?\d+\]$/.exec(l.rest)!
      becomes(l.cpu, Number(m[3]), l.t, m[2]!.startsWith('R') ? 'preempted' : 'blocked')
      switched.set(l.cpu, { pid: Number(m[1]), t: l.t })
    } else if (l.event === 'sched_waking' && new RegExp(`pid=${tid} `).test(l.rest)) {
      if (state === 'running') early = true
      else if (state !== 'preempted' && state !== 'ready') {
        spend(l.t)
        state = 'ready'
      }
    } else if (l.event === 'sched_migrate_task' && state === 'preempted') {
      const m = new RegExp(`pid=${tid} .*dest_cpu=(\\d+)`).exec(l.rest)
      if (m) {
        spend(l.t)
        waitsOn = Number(m[1])
      }
    }
    // Beyond a CPU's last event nothing is known of it.
    const here = state === 'running' ? on : state === 'preempted' ? waitsOn : -1
    if (lastOf.get(l.cpu) === i && here === l.cpu) {
      spend(l.t)
      state = 'unknown'
    }
    if (i === lines.length - 1) spend(l.t)
  })
  return split
}

interface Recording {
  readonly set: string
  readonly files: readonly string[]
  /** Host thread of each vCPU, by guest. */
  readonly threads: Readonly<Record<string, readonly number[]>>
  readonly pair?: { readonly guest: number; readonly host: number }
}

const sets: Recording[] = [
  {
    set: 'pair-tcg-1guest-tsc',
    files: ['host.dat', 'host-10.9.1.2.dat'],
    threads: { '10.9.1.2': [12891, 12894] },
  },
  {
    set: 'pair-tcg-2guests-tsc',
    files: ['host.dat', 'host-10.9.1.2.dat', 'host-10.9.2.2.dat'],
    threads: { '10.9.1.2': [12891, 12894], '10.9.2.2': [12890, 12893] },
  },
  {
    set: 'pair-tcg-1guest-ebpf',
    files: ['host.dat', 'host-10.9.1.2.dat'],
    threads: { '10.9.1.2': [12891, 12894] },
  },
  {
    set: 'pair-tcg-1guest-independent',
    files: ['host.dat', 'guest.dat'],
    threads: { guest: [12891, 12894] },
    pair: { guest: 1, host: 0 },
  },
]

/** What trace-cmd says of a recording, to the last digit: stored where its times are ticks, printed anew where they are ns. */
function reportOf(set: string): string | null {
  const stored = text(`${set}/host.report.txt.gz`)
  if (!/^ .*\] +\d+\.\d{6}: /m.test(stored)) return stored
  if (!hasTraceCmd) return null
  return traceCmdReport(['-t', join(own, set, 'host.dat')])
}

describe.skipIf(!here).each(sets)('$set', (recording) => {
  const { set, threads } = recording
  const loaded = here ? load(recording) : null

  test('the vCPU threads are those that were written down when it was recorded', async () => {
    const { engine, info } = await loaded!
    const { tracks } = await engine.fusedTracks()
    for (const [name, tids] of Object.entries(threads)) {
      const guest = info.machines.find((m) => m.name === name)!
      const mine = tracks.filter((t) => t.vcpu !== null && t.vcpu.guest === guest.machine)
      expect(mine.map((t) => [t.cpu, t.vcpu!.tid])).toEqual(tids.map((tid, cpu) => [cpu, tid]))
    }
  })

  test('the states of every vCPU sum to the range, whatever the range', async () => {
    const { engine, info } = await loaded!
    const span = info.to - info.from
    for (const [a, b] of [
      [0, 1],
      [0.2, 0.21],
      [0.5, 0.75],
    ] as const) {
      const range = {
        from: sessionTime(Math.round(info.from + a * span)),
        to: sessionTime(Math.round(info.from + b * span)),
      }
      const { vcpus, tasks, pcpus } = await engine.fusedTotals(range)
      expect(vcpus.length).toBeGreaterThan(1)
      const length = range.to - range.from
      for (const v of vcpus) {
        expect(v.guest + v.vmmKernel + v.vmmUser + v.preempted + v.blocked + v.ready + v.unknown).toBe(length)
      }
      for (const p of pcpus) {
        expect(p.host + p.idle + p.vmm + p.unknown + p.guests.reduce((n, g) => n + g.time, 0)).toBe(length)
      }
      for (const k of tasks) {
        expect(k.guestMode + k.vmm + k.hostPreempted + k.vcpuReady + k.vcpuBlocked + k.vcpuUnknown).toBe(k.running)
        expect(k.running + k.preempted + k.ready + k.blocked + k.unknown).toBe(length)
      }
      const all = tasks.map((k) => k.track)
      for (const query of [range, { ...range, tracks: all }]) {
        for (const { parts } of (await engine.deltaByLayer(query)).subjects) {
          expect(parts.reduce((n, p) => n + p.time, 0)).toBe(length)
        }
      }
    }
  })

  test('the totals are those that trace-cmd report tells', async ({ skip }) => {
    const { engine } = await loaded!
    const report = reportOf(set)
    if (report === null) return skip('trace-cmd is not installed')
    const { vcpus } = await engine.fusedTotals()
    const { byPair } = await engine.preemptions({ limit: 0, kind: 'vcpu' })
    for (const tid of Object.values(threads).flat()) {
      const v = vcpus.find((x) => x.track === `m0/vcpu/${tid}`)!
      const told = recompute(report, tid)
      const { guest, preempted, ready, blocked }: VcpuTotals = v
      expect({ guest, preempted, ready, blocked }).toEqual({
        guest: told.running,
        preempted: told.preempted,
        ready: told.ready,
        blocked: told.blocked,
      })
      const by = new Map(v.preemptedBy.map((s) => [s.by.pid, s.time]))
      expect(by).toEqual(new Map([...told.by].filter(([, time]) => time > 0)))
      const lost = byPair.filter((p) => p.victim.pid === tid).reduce((n, p) => n + p.lost, 0)
      expect(lost).toBe(told.preempted)
    }
  })

  test('the busy loop that was pinned to CPU 1 is the top culprit', async () => {
    const { engine } = await loaded!
    const { byCulprit, rows } = await engine.preemptions({ limit: 1e6, kind: 'vcpu' })
    // Two guests on the same CPUs take more from each other than anybody else does.
    const host = byCulprit.filter((c) => c.culprit.machine === machineIndex(0) && !/^CPU \d/.test(c.culprit.name))
    if (Object.keys(threads).length === 1) expect(host[0]).toBe(byCulprit[0])
    expect(host[0]!.culprit.name).toMatch(/^bash-/)
    const its = rows.filter((r) => r.culprit.pid === host[0]!.culprit.pid)
    expect(its.length).toBeGreaterThan(10)
    expect(its.every((r) => r.cpu === 1)).toBe(true)
  })

  test('what was taken from the guests is not what they believe', async () => {
    const { engine, info } = await loaded!
    const { vcpus } = await engine.fusedTotals()
    const views = vcpus.flatMap((v) => (v.guestView ? [v.guestView] : []))
    expect(views).toHaveLength(Object.values(threads).flat().length)
    for (const v of views) {
      expect(v.really).toBeLessThan(v.believed)
      // An emulated machine has no clock of stolen time: its kernel charges its tasks for all of it.
      if (v.source !== null) expect(v.steal).toBeLessThan(0.01 * v.hostSteal)
    }
    const told = info.unit === 'ns' && info.eventTypes.some((t) => t.name === 'sched_stat_runtime')
    expect(views.every((v) => (v.source === 'sched_stat_runtime') === told)).toBe(true)
  })

  test('fused rows are drawn like all others', async () => {
    const { engine, info } = await loaded!
    const { tracks } = await engine.fusedTracks()
    const ids = tracks.map((t) => t.id)
    const frame = await engine.lod({ tracks: ['m0/cpu0', ...ids], from: info.from, to: info.to, pixels: 800 })
    expect(frame.labels!.length).toBeGreaterThan(0)
    for (let i = frame.spanStart[1]!; i < frame.value.length; i++) {
      expect(frame.value[i]!).toBeLessThan(frame.labels!.length)
    }
    const span = (await engine.hover(ids[0]!, sessionTime((info.from + info.to) / 2), 0)).span!
    expect(span.fused).toBeGreaterThanOrEqual(16)
    expect((await engine.snap(ids[0]!, span.from, 0))!).toBe(span.from)
  })
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { memorySource, type SourceRef } from '../../workers/bytes.js'
import { inlinePool } from '../../workers/columns/load.js'
import { createEngine } from '../../workers/engine.js'
import { compareLines } from '../oracle/agreement.js'
import { ourLines } from '../oracle/our-lines.js'
import { hasTraceCmd, traceCmdReport } from './tools.js'
import type { EventItem } from './ring-buffer.js'
import { makeVmSample, type VmSample } from './vm-sample.js'
import { addressOf } from './vm/formats.js'
import { shifts, tellStory } from './vm/story.js'

const sample = makeVmSample(60)

function opened(sample: VmSample) {
  const open = (ref: SourceRef) => {
    if (ref.kind !== 'bytes') throw new Error('these tests keep their files in memory')
    return memorySource(ref.name, ref.bytes)
  }
  const engine = createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 })
  const sources = sample.files.map(({ name, bytes }): SourceRef => ({ kind: 'bytes', name, size: bytes.length, bytes }))
  return { engine, info: engine.open({ sources, assess: true }) }
}

describe('the views tell of the made sample what was put into it', () => {
  const { engine, info } = opened(sample)

  test('four machines, one the guest of a guest, with clocks that the events prove where there are enough', async () => {
    const { machines, clocks } = await info
    expect(machines.map((m) => [m.name, m.parent])).toEqual([
      ['host', null],
      ['db', 0],
      ['lab', 0],
      ['inner', 2],
    ])
    expect(clocks.map((c) => c.verdict)).toEqual([null, 'GUARANTEED', 'GUARANTEED', 'CONDITIONAL'])
    expect(clocks[3]!.statement).toContain('in too short a time or too few of them to see')
  })

  test('the times of the vCPUs', async () => {
    await info
    const { tracks, lacking } = await engine.fusedTracks()
    expect(tracks.map((t) => t.id)).toEqual(
      'm0/pcpu0 m0/pcpu1 m0/pcpu2 m0/vcpu/2101 m0/vcpu/2102 m0/vcpu/2201 m0/vcpu/2202 m2/vcpu/451'.split(' '),
    )
    expect(lacking).toEqual([])
    const { vcpus } = await engine.fusedTotals()
    expect(sample.truth.size).toBe(4)
    for (const [tid, truth] of sample.truth) {
      const v = vcpus.find((x) => x.track === `m0/vcpu/${tid}`)!
      // The recording ends with the last event, the story a little later, with the thread in a state that is not over.
      const near = (told: number, made: number): void => expect(Math.abs(told - made)).toBeLessThan(4e6)
      expect(Math.abs(v.guest - truth.guest)).toBeLessThan(1_000)
      near(v.vmmKernel + v.vmmUser, truth.vmm)
      near(v.preempted, truth.preempted)
      near(v.ready, truth.ready)
      near(v.blocked, truth.blocked)
      expect(v.missing).toEqual({ entries: 0, exits: 0 })
      expect(new Map(v.exits.map((e) => [e.reason, e.count]))).toEqual(truth.exits)
    }
    const inner = vcpus.find((x) => x.track === 'm2/vcpu/451')!
    expect(inner.missing).toEqual({ entries: 0, exits: 0 })
    expect(inner.guest).toBeGreaterThan(10e6)
    expect(inner.preempted).toBeGreaterThan(10e6)
  })

  test('preemptions across machines, and by the host', async () => {
    await info
    const { rows, byCulprit } = await engine.preemptions({ limit: 2000, kind: 'vcpu' })
    const across = rows.filter((r) => r.culprit.machine !== 0 && r.culprit.machine !== r.stoodStill.machine)
    expect(across.length).toBeGreaterThan(5)
    for (const name of ['busyloop-900', 'backup-960', 'postgres-612']) {
      expect(byCulprit.map((c) => c.culprit.name)).toContain(name)
    }
  })
})

test('events after the last entry that was left again are not said to disagree', async () => {
  const { clocks } = await opened(makeVmSample(116)).info
  expect(clocks[3]).toMatchObject({ verdict: 'CONDITIONAL' })
  expect(clocks[3]!.statement).toMatch(
    /^As trace-cmd recorded it: all events of inner that can be checked lie between kvm_entry and kvm_exit, to within [\d.]+ us; 0\.\d+ % lie beyond the first or last entry whose exit was recorded too, and cannot be\.$/,
  )
})

test('an interrupt goes from the host through a vCPU into a task of the guest', () => {
  const { cpus } = tellStory(60, 7)
  const [host, db] = [cpus.host[0]!.items, cpus.db[0]!.items]
  const when = (i: EventItem): bigint => i.time + shifts.db
  let chains = 0
  db.forEach((item, n) => {
    if (item.format.name !== 'irq_handler_entry' || item.values.name !== 'virtio2-req.0') return
    const before = host.filter((h) => h.time <= when(item))
    const kvm = before.findLast((h) => h.format.name === 'kvm_entry')!
    expect([kvm.pid, kvm.values.intr_info]).toEqual([2101, 0x80000022n])
    const accept = before.findLastIndex((h) => h.format.name === 'kvm_apic_accept_irq' && h.values.vec === 0x22n)
    expect(before[accept]!.pid).toBe(2098)
    const after = db.slice(n, n + 9)
    expect(after[1]!.format.name).toBe('sched_waking')
    expect(after[2]!.values.caller).toContainEqual(addressOf('virtblk_done') + 0x40n + 54n)
    expect(after.some((d) => d.format.name === 'sched_wakeup' && d.values.comm === 'postgres')).toBe(true)
    const woken = before.slice(accept).some((h) => h.format.name === 'sched_waking' && h.values.pid === 2101n)
    const taken = after.some((d) => d.format.name === 'sched_switch' && d.values.next_comm === 'postgres')
    if (woken && taken) chains++
  })
  expect(chains).toBeGreaterThan(10)
})

test('time never goes back on a CPU', () => {
  for (const cpu of Object.values(tellStory(60, 7).cpus).flat()) {
    expect(cpu.items.length).toBeGreaterThan(100)
    expect(cpu.items.findIndex((item, i) => i > 0 && item.time < cpu.items[i - 1]!.time)).toBe(-1)
  }
})

describe.skipIf(!hasTraceCmd)('trace-cmd (skipped where it is not installed)', () => {
  const dir = mkdtempSync(join(tmpdir(), 'remora-sample-'))
  afterAll(() => rmSync(dir, { recursive: true }))

  test.each(sample.files)('reads $name without complaint', ({ name, bytes }) => {
    const path = join(dir, name)
    writeFileSync(path, bytes)
    const { status, stderr, stdout } = spawnSync('trace-cmd', ['report', '-i', path], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('kernel_stack:')
    expect(stdout).not.toMatch(/\[FAILED TO PARSE\]|MISSED EVENTS|UNKNOWN/)
  })

  test.each(sample.files)('prints $name as Remora does', async ({ name, bytes }) => {
    const path = join(dir, name)
    writeFileSync(path, bytes)
    const theirs = traceCmdReport(['-t', path]).replace(/\n$/, '').split('\n')
    expect(compareLines(await ourLines([path]), theirs).differences).toEqual([])
  })

  test('reads host and guests together, on one clock', () => {
    const paths = sample.files
      .filter((f) => !f.name.includes('inner'))
      .map(({ name, bytes }) => {
        writeFileSync(join(dir, name), bytes)
        return join(dir, name)
      })
    const text = traceCmdReport(['-t', ...paths.flatMap((path) => ['-i', path])])
    const times = [...text.matchAll(/ (\d+)\.(\d{9}): /g)].map((m) => Number(m[1]) * 1e9 + Number(m[2]))
    expect(times.length).toBeGreaterThan(10_000)
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(61e6)
  })
})

describe('the stored sample', () => {
  const made = makeVmSample()

  test.each(made.files)('$name is what the generator makes (else: npm run make:sample)', ({ name, bytes }) => {
    const stored = readFileSync(new URL(`../../samples/generated-vms/${name}`, import.meta.url))
    expect(Buffer.compare(stored, bytes)).toBe(0)
  })

  test('is small, and its README states the true clocks', () => {
    expect(made.files.reduce((n, f) => n + f.bytes.length, 0)).toBeLessThan(1.5e6)
    const readme = readFileSync(new URL('../../samples/generated-vms/README.md', import.meta.url), 'utf8')
    for (const ns of [shifts.db, shifts.lab, shifts.inner, shifts.inner - shifts.lab]) {
      expect(readme).toContain(String(ns).replace(/\B(?=(\d{3})+$)/g, ' '))
    }
  })
})

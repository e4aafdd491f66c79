import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readSchema, violations } from '../../test/json-schema.js'
import { makeVmSample } from '../../test/make/vm-sample.js'
import { memorySource, type SourceRef } from '../../workers/bytes.js'
import { inlinePool } from '../../workers/columns/load.js'
import { createEngine } from '../../workers/engine.js'
import { openNodeSource } from '../../workers/thread/sources-node.js'
import { chainCommand } from './chain.js'
import type { Connect } from './engine.js'
import type { Io } from './io.js'
import { wakeupsCommand } from './wakeups.js'
import type { ChainReport, WakeupsReport } from './wakeups-json.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-wakeups-'))
for (const { name, bytes } of makeVmSample(60).files) writeFileSync(join(dir, name), bytes)
afterAll(() => rmSync(dir, { recursive: true }))

const open = (ref: SourceRef) => (ref.kind === 'bytes' ? memorySource(ref.name, ref.bytes) : openNodeSource(ref))
const connect: Connect = () =>
  Promise.resolve({
    engine: createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 }),
    dispose: () => undefined,
  })

async function say(
  command: (args: readonly string[], io: Io, connect: Connect) => Promise<number>,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const io: Io = {
    out: (text) => Promise.resolve(void (said.out += typeof text === 'string' ? text : new TextDecoder().decode(text))),
    err: (text) => void (said.err += text),
    signal: new AbortController().signal,
    terminal: false,
  }
  return { code: await command([...args, dir], io, connect), ...said }
}
const list = async (...args: string[]): Promise<WakeupsReport> =>
  JSON.parse((await say(wakeupsCommand, '--json', ...args)).out) as WakeupsReport

describe('remora wakeups', () => {
  test('tells people who was woken and how long it took', async () => {
    const { code, out, err } = await say(wakeupsCommand, '--top', '5')
    expect([code, err]).toEqual([0, ''])
    for (const part of ['p99.9', 'slowest tasks of', 'The 5 slowest wake-ups', 'CPU 0/KVM-2101', 'local_timer'])
      expect(out).toContain(part)
  })

  test('as JSON keeps to its schema, the slowest first', async () => {
    const report = await list('--top', '50')
    expect(violations(readSchema('wakeups'), report)).toEqual([])
    const latencies = report.rows.map((r) => r.latency!)
    expect(latencies).toEqual([...latencies].sort((a, b) => b - a))
    expect(report.latency!.max).toBe(latencies[0])
    expect(report.tasks[0]!.max).toBe(latencies[0])
  })

  test('takes those of a task and a range alone', async () => {
    const all = await list('--top', '9999')
    const own = await list('--top', '9999', '--task', 'cpu 0/kvm-2101', '--from', '+0.010', '--to', '+0.030')
    const wanted = all.rows.filter((r) => r.wakee.pid === 2101 && r.waking.t >= own.from && r.waking.t <= own.to)
    expect(own.rows.map((r) => r.id)).toEqual(wanted.map((r) => r.id))
    expect(own.total).toBeGreaterThan(0)
    expect((await list('--task', '2101')).rows.every((r) => r.wakee.pid === 2101)).toBe(true)
  })

  test('fails when a task had to wait for longer than is allowed, or nothing can be held against the limit', async () => {
    const strict = await say(wakeupsCommand, '--max-latency', '1')
    expect(strict.code).toBe(1)
    expect(strict.err).toMatch(
      /^remora: A woken task waited for [\d.]+ us \([0-9a-f]{16}\), longer than the 1 us allowed\.$/m,
    )
    expect((await say(wakeupsCommand, '--max-latency', '1000000')).code).toBe(0)
    expect((await say(wakeupsCommand, '--max-latency', '1', '--task', 'nobody')).code).toBe(1)
    await expect(say(wakeupsCommand, '--max-latency', 'x')).rejects.toThrow(
      '--max-latency takes microseconds, not "x".',
    )
  })
})

describe('remora chain', () => {
  test('follows a wake-up of a guest to what the host did', async () => {
    const { rows } = await list('--top', '9999')
    const inGuest = rows.filter((r) => r.machine > 0 && r.waker.task.pid === 0)
    const chains: ChainReport[] = []
    for (const { id } of inGuest.slice(0, 6))
      chains.push(JSON.parse((await say(chainCommand, '--json', id)).out) as ChainReport)
    for (const chain of chains) {
      expect(violations(readSchema('chain'), chain)).toEqual([])
      expect(Object.values(chain.split).reduce((a, b) => a + b, 0)).toBeCloseTo(chain.to - chain.from, 6)
    }
    const across = chains.find((c) => c.links.some((l) => l.kind === 'boundary' && l.from !== null))!
    expect(across.hops.map((h) => h.layer)).toEqual(expect.arrayContaining(['vcpu', 'guest irq', 'guest task']))
    const link = across.links.find((l) => l.kind === 'boundary')!
    const byLink = JSON.parse((await say(chainCommand, '--json', link.id)).out) as ChainReport
    expect(byLink.id).toBe(across.id)
    const { out } = await say(chainCommand, across.id)
    for (const part of [`Chain ${across.id}`, 'Hops', 'Where the time went', 'Links', link.id])
      expect(out).toContain(part)
  })

  test('wants an id that there is', async () => {
    await expect(say(chainCommand)).rejects.toThrow('An id comes first')
    await expect(say(chainCommand, '1234')).rejects.toThrow('No wake-up has the id 0000000000001234, and no link.')
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { readSchema, violations } from '../../test/json-schema.js'
import { makeVmSample } from '../../test/make/vm-sample.js'
import { memorySource, type SourceRef } from '../../workers/bytes.js'
import { inlinePool } from '../../workers/columns/load.js'
import { createEngine } from '../../workers/engine.js'
import { openNodeSource } from '../../workers/thread/sources-node.js'
import type { Connect } from './engine.js'
import { fusedCommand } from './fused.js'
import type { FusedReport, PreemptionsReport } from './fused-json.js'
import type { InfoReport } from './info-json.js'
import { infoCommand } from './info.js'
import type { Io } from './io.js'
import { preemptionsCommand } from './preemptions.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-fused-'))
for (const { name, bytes } of makeVmSample(60).files) writeFileSync(join(dir, name), bytes)
afterAll(() => rmSync(dir, { recursive: true }))

const open = (ref: SourceRef) => (ref.kind === 'bytes' ? memorySource(ref.name, ref.bytes) : openNodeSource(ref))
const connect: Connect = () =>
  Promise.resolve({
    engine: createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 }),
    dispose: () => undefined,
  })

type Command = (args: readonly string[], io: Io, connect: Connect) => Promise<number>
interface Said {
  code: number
  out: string
  err: string
}

const say = (command: Command, ...args: string[]): Promise<Said> => sayOf(dir, command, ...args)

async function sayOf(path: string, command: Command, ...args: string[]): Promise<Said> {
  const said = { out: '', err: '' }
  const io: Io = {
    out: (text) => Promise.resolve(void (said.out += typeof text === 'string' ? text : new TextDecoder().decode(text))),
    err: (text) => void (said.err += text),
    signal: new AbortController().signal,
    terminal: false,
  }
  return { code: await command([...args, path], io, connect), ...said }
}

describe('remora fused', () => {
  test('tells of a part of the recordings, and that it is one', async () => {
    const { code, out, err } = await say(fusedCommand, '--json', '--window', '+0.01..+0.02')
    const { from, to } = JSON.parse(out) as FusedReport
    expect(code).toBe(0)
    // From the first event in it to the last.
    expect(to - from).toBeLessThanOrEqual(1e7)
    expect(to - from).toBeGreaterThan(9e6)
    expect(err).toMatch(/^remora: A window of 10\.000 ms is loaded/)
  })

  test(
    'relates a guest whose recording is contradicted by its events, as the screens do',
    { timeout: 60_000 },
    async () => {
      const sample = fileURLToPath(new URL('../../samples/host-and-guest', import.meta.url))
      const totals = async (...args: string[]): Promise<FusedReport> =>
        JSON.parse((await sayOf(sample, fusedCommand, '--json', ...args)).out) as FusedReport
      const usual = await totals()
      expect(usual.vcpus.length).toBeGreaterThan(0)
      expect(usual).toEqual(await totals('--clock', 'events'))
      expect(usual.vcpus).not.toEqual((await totals('--clock', 'recorded')).vcpus)
    },
  )

  test('tells people who had the CPUs', async () => {
    const { code, out, err } = await say(fusedCommand)
    expect([code, err]).toEqual([0, ''])
    for (const part of [
      'Physical CPUs',
      'vCPUs',
      'Exits',
      'Guest tasks',
      'db vCPU 1',
      'IO_INSTRUCTION',
      'lab cc1-533',
    ]) {
      expect(out).toContain(part)
    }
  })

  test('as JSON keeps to its schema, with and without every state', async () => {
    const plain = JSON.parse((await say(fusedCommand, '--json')).out) as FusedReport
    const whole = JSON.parse((await say(fusedCommand, '--json', '--intervals')).out) as FusedReport
    for (const report of [plain, whole]) expect(violations(readSchema('fused'), report)).toEqual([])
    expect(plain.tracks.every((t) => t.intervals === undefined)).toBe(true)
    for (const { intervals } of whole.tracks) {
      expect(intervals!.reduce((n, i) => n + i.to - i.from, 0)).toBe(whole.to - whole.from)
    }
  })

  test('as CSV says every state once, and only those of the range', async () => {
    const lines = (await say(fusedCommand, '--csv')).out.trim().split('\n')
    expect(lines[0]).toBe('row,machine,name,from,to,length,state,label,inferred')
    const rows = lines.slice(1).map((l) => l.split(','))
    const sums = new Map<string, number>()
    for (const r of rows) sums.set(r[0]!, (sums.get(r[0]!) ?? 0) + Number(r[5]))
    expect(new Set(sums.values()).size).toBe(1)
    const part = (await say(fusedCommand, '--csv', '--from', '+0.010', '--to', '+0.011')).out.trim().split('\n')
    expect(part.length).toBeLessThan(lines.length / 10)
    expect(part.length).toBeGreaterThan(5)
  })

  test('tells where the time of a task and of a vCPU went, to the last nanosecond', async () => {
    const range = ['--from', '+0.010', '--to', '+0.030']
    const named = ['--task', 'lab/533', '--vcpu', 'db/1', '--task', '900']
    const report = JSON.parse((await say(fusedCommand, ...range, ...named, '--json')).out) as FusedReport
    expect(violations(readSchema('fused'), report)).toEqual([])
    expect(report.delta!.map((d) => d.label)).toEqual(['vCPU 1', 'cc1-533', 'busyloop-900'])
    for (const { parts } of report.delta!) {
      expect(parts.reduce((n, p) => n + p.time, 0)).toBe(report.to - report.from)
    }
    const { out } = await say(fusedCommand, ...range, ...named)
    for (const part of ['Where the time of db vCPU 1 went', 'vCPU preempted by', 'EXTERNAL_INTERRUPT', '20,000,000']) {
      expect(out).toContain(part)
    }
  })

  test('names what it cannot find, or cannot tell apart', async () => {
    const refusal = (...args: string[]) => expect(say(fusedCommand, ...args)).rejects
    await refusal('--vcpu', '0').toThrow('--vcpu: 0 may be db/0 or lab/0 or inner/0; name the machine as well.')
    await refusal('--task', '99999').toThrow('--task: nothing in these recordings is 99999.')
    await refusal('--task', 'gcc').toThrow('--task takes [MACHINE/]NUMBER, not "gcc".')
    await refusal('--task', 'moon/1').toThrow('--task: there is no machine "moon"; there are host, db, lab, inner.')
    await refusal('--task', '1', '--csv').toThrow('--task and --vcpu go with the totals or --json.')
  })

  test('as CSV with threads says what each of them did', async () => {
    const rows = (await say(fusedCommand, '--csv', '--threads')).out
      .trim()
      .split('\n')
      .map((l) => l.split(','))
    const states = new Set(rows.filter((r) => r[0]!.includes('/thread/')).map((r) => r[6]))
    for (const state of [
      'GuestTask',
      'VmmKernel',
      'Preempted',
      'TaskPreempted',
      'TaskReady',
      'TaskBlocked',
      'HostTask',
    ]) {
      expect(states).toContain(state)
    }
    await expect(say(fusedCommand, '--threads')).rejects.toThrow('--threads goes with --csv.')
  })

  test('refuses what contradicts itself', async () => {
    await expect(say(fusedCommand, '--csv', '--json')).rejects.toThrow('--csv and --json exclude each other.')
    await expect(say(fusedCommand, '--intervals')).rejects.toThrow('--intervals goes with --json.')
  })
})

test('remora info says of generated files that nobody recorded them', async () => {
  const { out } = await say(infoCommand, '--heads')
  expect(out.match(/recorded by +nobody: generated by a program$/gm)).toHaveLength(4)
  const report = JSON.parse((await say(infoCommand, '--heads', '--json')).out) as InfoReport
  expect(violations(readSchema('info'), report)).toEqual([])
  expect(report.files.every((f) => f.generated)).toBe(true)
})

describe('remora preemptions', () => {
  test('tells people who took what from whom', async () => {
    const { code, out } = await say(preemptionsCommand, '--top', '3')
    expect(code).toBe(0)
    for (const part of ['The 3 longest', 'By culprit', 'By victim', 'By pair', 'Steal', ' on CPU 0/KVM-2101']) {
      expect(out).toContain(part)
    }
  })

  test('as JSON keeps to its schema', async () => {
    const report = JSON.parse((await say(preemptionsCommand, '--json', '--top', '5')).out) as PreemptionsReport
    expect(violations(readSchema('preemptions'), report)).toEqual([])
    expect(report.rows).toHaveLength(5)
    expect(report.rows[0]!.lost).toBeGreaterThanOrEqual(report.rows[1]!.lost)
  })

  test('fails when more was stolen than is allowed', async () => {
    const strict = await say(preemptionsCommand, '--max-steal', '1')
    expect(strict.code).toBe(1)
    expect(strict.err).toMatch(/^remora: The steal of \w+ vCPU \d is \d+\.\d %, more than the 1 % allowed\.$/m)
    expect((await say(preemptionsCommand, '--max-steal', '100')).code).toBe(0)
    await expect(say(preemptionsCommand, '--max-steal', 'x')).rejects.toThrow('--max-steal takes a number, not "x".')
  })
})

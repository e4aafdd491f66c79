import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readSchema, violations } from '../../test/json-schema.js'
import { makeStudy } from '../../test/make/study.js'
import { makeVmSample } from '../../test/make/vm-sample.js'
import { memorySource, type SourceRef } from '../../workers/bytes.js'
import { inlinePool } from '../../workers/columns/load.js'
import { createEngine } from '../../workers/engine.js'
import { openNodeSource } from '../../workers/thread/sources-node.js'
import type { Connect } from './engine.js'
import type { Io } from './io.js'
import { runsCommand, type RunsJson } from './runs.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-runs-'))
const file = (path: string, text: string | Uint8Array): string => {
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  writeFileSync(join(dir, path), text)
  return join(dir, path)
}
for (const { path, text } of makeStudy()) file(`study/${path}`, text)
for (const { name, bytes } of makeVmSample(60).files) file(`traces/${name}`, bytes)
afterAll(() => rmSync(dir, { recursive: true }))

const open = (ref: SourceRef) => (ref.kind === 'bytes' ? memorySource(ref.name, ref.bytes) : openNodeSource(ref))
const connect: Connect = () =>
  Promise.resolve({
    engine: createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 }),
    dispose: () => undefined,
  })

async function runs(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const io: Io = {
    out: (text) => Promise.resolve(void (said.out += typeof text === 'string' ? text : new TextDecoder().decode(text))),
    err: (text) => void (said.err += text),
    signal: new AbortController().signal,
    terminal: false,
  }
  return { code: await runsCommand(args, io, connect), ...said }
}
const study = ['--host', join(dir, 'study/host'), '--vm', join(dir, 'study/vm'), '--stratify', 'phase']

describe('remora runs', () => {
  test('tells people what was found, first', async () => {
    const { code, out, err } = await runs(...study)
    expect([code, err]).toEqual([0, ''])
    const findings = out.slice(0, out.indexOf('\n\n'))
    for (const part of [
      'a constant offset',
      'lost 2 edges of the pulse (number 77, 140)',
      'The runs pass in 2 ways',
      'phase io is larger',
    ]) {
      expect(findings).toContain(part)
    }
    expect(out).toContain('[1] 500 resamples, fewer than 1000')
  })

  test('as JSON keeps to its schema, with a margin and without', async () => {
    for (const more of [[], ['--margin', '2000', '--resamples', '1000', '--seed', '9', '--confidence', '90']]) {
      const report = JSON.parse((await runs(...study, '--json', ...more)).out) as RunsJson
      expect(violations(readSchema('runs'), report)).toEqual([])
      expect(report.samples[0]!.n).toBe(300)
    }
  })

  test('is the same for the same seed', async () => {
    const [one, two, other] = [
      await runs(...study, '--json'),
      await runs(...study, '--json'),
      await runs(...study, '--json', '--seed', '2'),
    ]
    expect(one.out).toBe(two.out)
    expect(one.out).not.toBe(other.out)
  })

  test('as CSV, Markdown and HTML says the same', async () => {
    const csv = (await runs(...study, '--csv')).out.trim().split('\n')
    expect(csv[0]).toBe('section,environment,stratum,against,measure,figure,value,low,high,p,p_holm,p_bh,warnings')
    expect(new Set(csv.map((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).length))).toEqual(new Set([13]))
    const bins = csv
      .filter((line) => line.startsWith('sample,host,,,total,bin,'))
      .map((line) => Number(line.split(',')[6]))
    expect(bins.reduce((n, x) => n + x, 0)).toBe(300)
    const md = (await runs(...study, '--md')).out
    expect(md).toContain('## Findings')
    expect(md).toMatch(/\| host \| 300 \|/)
    const html = (await runs(...study, '--html')).out
    expect(html).toMatch(/^<!doctype html>/)
    expect(html.match(/<svg/g)).toHaveLength(4)
    expect(html).not.toMatch(/<script|https?:/)
  })

  test('holds a report against stored bounds', async () => {
    const bounds = (max: number) =>
      file(`bounds-${max}.json`, JSON.stringify({ expect: [{ figure: 'median', group: 'host', max }] }))
    expect(await runs(...study, '--expect', bounds(30_000))).toMatchObject({ code: 0, err: '' })
    const failed = await runs(...study, '--expect', bounds(1000))
    expect(failed.code).toBe(1)
    expect(failed.err).toMatch(/^remora: The median of host, total is \d+, more than the 1000 expected\.\n$/)
    const json = JSON.parse((await runs(...study, '--json', '--expect', bounds(1000))).out) as RunsJson
    expect(json.failures).toHaveLength(1)
  })

  test('takes runs from recordings, hosts against guests', async () => {
    const report = JSON.parse(
      (await runs(join(dir, 'traces'), '--chain', 'Wake-up to running', '--json')).out,
    ) as RunsJson
    expect(violations(readSchema('runs'), report)).toEqual([])
    expect(report.groups.find((g) => g.environment === 'host')!.runs).toBeGreaterThan(20)
    expect(report.measures).toEqual(['total', 'sched_waking -> sched_wakeup', 'sched_wakeup -> sched_switch'])
  })

  test('follows vCPUs from the host into its guests, and says how well their clocks are known', async () => {
    const report = JSON.parse(
      (await runs(join(dir, 'traces'), '--chain', 'host:kvm_entry -> guest:sched_switch', '--json')).out,
    ) as RunsJson
    expect(violations(readSchema('runs'), report)).toEqual([])
    expect(report.groups.map((g) => g.environment)).toEqual(['vm'])
    const [total] = report.samples
    expect(total!.clocks!.accuracy).toBeGreaterThan(0)
    expect(total!.warnings.map((w) => w.code)).toContain('two-clocks')
    const text = await runs(join(dir, 'traces'), '--chain', 'Into the guest')
    expect(text.out).toMatch(/clocks +order not certain/)
    expect(text.out).toContain('every figure may be off by the accuracy of their clocks’ relation')
    await expect(runs(join(dir, 'traces'), '--chain', 'nobody:a -> guest:b')).rejects.toThrow('nobody:a')
  })

  test('reads a folder with a file a run, however many', async () => {
    for (let i = 0; i < 400; i++) {
      const t = 171_223_000_000_000 + i * 1_000_000
      file(
        `many/host/r${i}.csv`,
        `timestamp_ns,probe_name,session_id,cpu_id,delta_chain_id\n${t},a,s,0,${i}\n${t + 500 + i},b,s,0,${i}\n`,
      )
    }
    const report = JSON.parse((await runs('--records', join(dir, 'many'), '--json')).out) as RunsJson
    expect(report.groups).toEqual([{ environment: 'host', runs: 400, incomplete: 0, strata: [] }])
    expect(report.samples[0]).toMatchObject({ min: 500, max: 899 })
  })

  test('refuses what makes no sense', async () => {
    await expect(runs()).rejects.toThrow('Records are missing (--host, --vm), or a recording.')
    await expect(runs(...study, '--json', '--csv')).rejects.toThrow('--json and --csv exclude each other.')
    await expect(runs(...study, '--chain', 'a')).rejects.toThrow('A chain is two or more probes')
    await expect(runs(...study, '--chain', 'a -> b')).rejects.toThrow('There is no record of a or b')
    await expect(runs(...study, '--group', 'x')).rejects.toThrow('--group takes NAME=PATH, not "x".')
    await expect(runs(...study, '--margin', 'x')).rejects.toThrow('--margin takes a number, not "x".')
    await expect(runs('--host', join(dir, 'nowhere'))).rejects.toThrow('does not exist')
    await expect(runs(join(dir, 'traces'))).rejects.toThrow('--chain says which events of the recording make a run.')
    await expect(runs(...study, '--expect', file('wrong.json', '{}'))).rejects.toThrow(
      'needs "expect", a list of bounds.',
    )
  })
})

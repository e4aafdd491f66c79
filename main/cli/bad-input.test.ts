// What users really give to it by mistake, through the real command line.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSchema, violations } from '../../test/json-schema.js'
import { buildCli, remora, repo } from '../../test/run-cli.js'
import type { InfoReport } from './info-json.js'

const host = `${repo}samples/host-and-guest/host.dat`
const guest = `${repo}samples/host-and-guest/guest.dat`
let folder: string
const path = (name: string) => join(folder, name)

beforeAll(async () => {
  buildCli()
  folder = await mkdtemp(join(tmpdir(), 'remora-bad-'))
  await mkdir(path('no-traces'))
  await mkdir(path('two-hosts'))
  await writeFile(path('no-traces/readme.txt'), 'nothing here')
  await writeFile(path('photo.dat'), Buffer.from('ffd8ffe000104a46494600010100000100010000ffdb', 'hex'))
  await writeFile(path('empty.dat'), '')
  const bytes = await readFile(host)
  await writeFile(path('cut.dat'), bytes.subarray(0, bytes.length >> 1))
  await writeFile(path('stump.dat'), bytes.subarray(0, 100))
  await cp(host, path('two-hosts/a.dat'))
  await cp(host, path('two-hosts/b.dat'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('what cannot be read at all: one sentence, exit code 2, nothing on stdout', () => {
  test.each([
    ['photo.dat', /^remora: photo\.dat .*JPEG.*\.\n$/],
    ['empty.dat', /^remora: empty\.dat is empty\.\n$/],
    ['no-traces', /^remora: .*no-traces holds no traces .*\.\n$/],
    ['stump.dat', /^remora: stump\.dat .*\.\n$/],
    ['absent.dat', /^remora: .*absent\.dat does not exist\.\n$/],
  ])('%s', async (name, sentence) => {
    for (const command of ['info', 'events']) {
      const { code, out, err } = await remora([command, path(name)])
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toMatch(sentence)
    }
  })

  test('as JSON where JSON was asked for', async () => {
    for (const name of ['photo.dat', 'empty.dat', 'no-traces', 'stump.dat']) {
      const { code, out, err } = await remora(['info', '--json', path(name)])
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(violations(readSchema('error'), JSON.parse(err))).toEqual([])
    }
  })
})

async function info(...paths: string[]): Promise<InfoReport> {
  const { code, out, err } = await remora(['info', '--json', ...paths])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const report: unknown = JSON.parse(out)
  expect(violations(readSchema('info'), report)).toEqual([])
  return report as InfoReport
}

describe('what can be read in part is shown with its faults', () => {
  test('a recording cut in the middle', async () => {
    const report = await info(path('cut.dat'))
    expect(report.events!.count).toBeGreaterThan(1000)
    const lost = report.faults.filter((fault) => fault.severity === 'error')
    expect(lost.length).toBeGreaterThan(0)
    for (const fault of lost) expect([fault.file, typeof fault.offset]).toEqual(['cut.dat', 'number'])
  })

  test('a guest without its host', async () => {
    const report = await info(guest)
    expect(report.machines.map((m) => [m.role, m.parent])).toEqual([['guest', null]])
    expect(report.faults.map((fault) => fault.code)).toContain('host-file-missing')
    expect(report.events!.count).toBe(27_830)
  })

  test('two hosts are two machines, not one', async () => {
    const report = await info(path('two-hosts'))
    expect(report.machines.map((m) => [m.name, m.parent])).toEqual([
      ['a', null],
      ['b', null],
    ])
    expect(report.events!.count).toBe(2 * 264_037)
  })

  test('a picture among traces: the traces are shown, the picture is named, exit code 2', async () => {
    const { code, out, err } = await remora(['info', path('photo.dat'), guest])
    expect(code).toBe(2)
    expect(out).toContain('27,830')
    expect(err).toMatch(/^remora: photo\.dat .*JPEG.*\.\n$/)
  })
})

describe('the bundled pair', () => {
  test('events as JSON are what the schema says, with all digits of a 64-bit number', async () => {
    const { code, out, err } = await remora(['events', '--json', '--from', '+2', '--to', '+2.02', host, guest])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(100)
    const schema = readSchema('event')
    const machines = new Set<unknown>()
    let last = -Infinity
    for (const line of lines) {
      const event = JSON.parse(line) as { t: number; machine: string }
      expect(violations(schema, event)).toEqual([])
      expect(event.t).toBeGreaterThanOrEqual(last)
      last = event.t
      machines.add(event.machine)
    }
    expect([...machines].sort()).toEqual(['10.9.1.2', 'host'])
  })

  test('many events, printed on several threads, come in order and complete', async () => {
    const { code, out, err } = await remora(['events', host, guest])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    expect(lines.length).toBe(2 + 291_867)
    const times = lines.slice(2).map((line) => Number(/\] +(\d+\.\d{9}): /.exec(line)![1]))
    expect(times.findIndex((t, i) => i > 0 && t < times[i - 1]!)).toBe(-1)
  })

  test('options choose what is printed', async () => {
    const args = ['events', '--machine', 'host', '--cpu', '1', '--event', 'sched_switch', '--filter', 'prev_prio < 100']
    const { code, out } = await remora([...args, host, guest])
    const [, , ...lines] = out.trimEnd().split('\n')
    expect(code).toBe(0)
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines)
      expect(line).toMatch(/^ host\.dat: .*\[001\] .* sched_switch: +\S.*:\d+ \[\d\d?\] \S+ ==> /)
  })

  test('output closed early ends it quietly', async () => {
    const { code, out, err } = await remora(['events', host], 5000)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.length).toBeGreaterThan(5000)
    expect(out.length).toBeLessThan(20_000_000)
  })

  test.each([
    [['--event', 'no_such_event'], /no_such_event/],
    [['--machine', 'moon'], /moon.*host, 10\.9\.1\.2/],
    [['--cpu', '64'], /64/],
    [['--filter', 'prev_pid =='], /column/],
    [['--from', 'yesterday'], /yesterday/],
  ])('%j names what is wrong', async (options, words) => {
    const { code, out, err } = await remora(['events', ...options, host, guest])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(words)
    expect(err).toMatch(/^remora: [^\n]+\n$/)
  })
})

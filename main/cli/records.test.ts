import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSchema, violations } from '../../test/json-schema.js'
import { makeStudy } from '../../test/make/record-runs.js'
import { buildCli, remora } from '../../test/run-cli.js'
import type { AggregateReport } from './aggregate.js'
import type { CompareReport } from './compare.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-records-'))
const path = (name: string): string => join(dir, name)

beforeAll(() => {
  buildCli()
  const study = makeStudy()
  for (const side of ['host', 'vm'] as const) {
    mkdirSync(path(side))
    study[side].forEach((text, i) => writeFileSync(path(`${side}/run-${String(i).padStart(2, '0')}.jsonl`), text))
  }
  writeFileSync(path('wake_flags.cfg'), '# the study\nconstellation moved = MIGRATED|*\nconstellation rest = *\n')
  writeFileSync(path('bad.cfg'), 'constellation moved MIGRATED\n')
  writeFileSync(path('traces.json'), '[{"trace_id":"a1","flags":"0x30","timestamp":"171223.534912180"}]')
  writeFileSync(path('broken.jsonl'), `${study.host[0]!}{"ev":"ttwu","cpu":0}\n`)
})
afterAll(() => rmSync(dir, { recursive: true }))

const id = ['correlation-id', '--tgid', '1234', '--pid', '1234', '--run-seq', '1', '--ktime', '171223534912180']

describe('remora correlation-id', () => {
  test('prints the golden ids', async () => {
    expect(await remora(id)).toEqual({ code: 0, out: '64f75f545c354bbd\n', err: '' })
    expect((await remora([...id, '--machine-id', '7'])).out).toBe('265c98452c364b08\n')
    const { out } = await remora([...id, '--json'])
    expect(violations(readSchema('correlation-id'), JSON.parse(out))).toEqual([])
    expect(JSON.parse(out)).toMatchObject({
      correlation_id: '64f75f545c354bbd',
      ktime_ns: '171223534912180',
      machine_id: null,
      bytes: 'd2040000d20400000100000000000000b4c2f915ba9b0000',
    })
  })

  test('says what is missing or too large', async () => {
    expect(await remora(['correlation-id', '--tgid', '1'])).toMatchObject({
      code: 2,
      err: 'remora: --pid is missing. See: remora correlation-id --help\n',
    })
    expect((await remora([...id, '--tgid', '4294967296'])).err).toMatch(/--tgid takes a whole number below 2\^32/)
  })
})

describe('remora compare', () => {
  test('finds the planted clusters and sets host and VM beside each other', async () => {
    const { code, out, err } = await remora(['compare', '--host', path('host'), '--vm', path('vm'), '--json'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const report = JSON.parse(out) as CompareReport
    expect(violations(readSchema('compare'), report)).toEqual([])
    expect(report.inputs.host).toHaveLength(30)
    expect(report.clusters).toHaveLength(2)
    expect(report.cluster_a!.flags.map((f) => f.text)).toEqual(['TTWU|SYNC|MIGRATED'])
    expect(report.cluster_b!.flags.map((f) => f.text)).toEqual(['TTWU'])
    expect(Number(report.cluster_a!.offset)).toBeGreaterThan(6_900)
    expect(Number(report.cluster_a!.offset)).toBeLessThan(7_100)
  })

  test('says the same to a person', async () => {
    const { code, out } = await remora(['compare', '--host', path('host'), '--vm', path('vm')])
    expect(code).toBe(0)
    expect(out).toMatch(/^host {2}30 runs, 1,200 wake-ups with a stack$/m)
    expect(out).toMatch(/^Cluster A {2}[0-9a-f]{16} {2}[\d,]+ wake-ups, \d+ distinct stacks, offset [67]\.\d{3} us$/m)
    expect(out).toMatch(/^ {2}try_to_wake_up < hrtimer_wakeup < /m)
    expect(out).toMatch(/^ {2}0x38 TTWU\|SYNC\|MIGRATED, host +\d/m)
    expect(out).toMatch(/^ {2}0x8 TTWU, VM +\d/m)
  })

  test('names a file that holds no records, and lines that are bad', async () => {
    const one = ['compare', '--vm', path('vm'), '--host']
    expect(await remora([...one, path('wake_flags.cfg')])).toMatchObject({ code: 2 })
    const { code, err } = await remora([...one, path('broken.jsonl')])
    expect({ code, err }).toEqual({
      code: 0,
      err: 'remora: broken.jsonl: Line 242 was left out: it has no timestamp (timestamp_ns, ts or timestamp).\n',
    })
    expect((await remora([...one, path('host'), '--cut', '2'])).err).toMatch(/--cut takes a number from 0 to 1/)
    expect((await remora(['compare', '--host', path('host')])).err).toMatch(/--vm is missing/)
  })
})

describe('remora aggregate', () => {
  test('counts the constellations of a configuration', async () => {
    const args = ['aggregate', '--input', path('host'), '--flags', path('wake_flags.cfg')]
    const { code, out } = await remora([...args, '--json'])
    const report = JSON.parse(out) as AggregateReport
    expect({ code, wrong: violations(readSchema('aggregate'), report) }).toEqual({ code: 0, wrong: [] })
    expect(report.groups.map((g) => [g.name, g.count])).toEqual([
      ['moved', 864],
      ['rest', 336],
    ])
    expect((await remora(args)).out).toMatch(/^moved +MIGRATED\|\* +864 +72\.0 %/m)
  })

  test('reads traces of the scripts, by a kernel that is chosen', async () => {
    const args = ['aggregate', '--input', path('traces.json')]
    expect((await remora([...args, '--kernel', '6.1'])).out).toMatch(/^SYNC\|MIGRATED +1 +100\.0 %/m)
    expect((await remora([...args, '--kernel', '5.10'])).out).toMatch(/^0x30 +1 +100\.0 %/m)
    expect((await remora(args)).out).toMatch(/^ambiguous 0x30 +1/m)
  })

  test('names the line of a bad configuration', async () => {
    const { code, err } = await remora(['aggregate', '--input', path('host'), '--flags', path('bad.cfg')])
    expect(code).toBe(2)
    expect(err).toMatch(
      /Line 1 of .*bad\.cfg cannot be used: it is neither kernel = \.\., flag NAME = \.\. nor constellation/,
    )
  })
})

describe('remora records', () => {
  test('lists wake-ups with their ids, flags and stages', async () => {
    const { code, out } = await remora(['records', path('host/run-00.jsonl')])
    expect(code).toBe(0)
    const lines = out.trimEnd().split('\n')
    expect(lines).toHaveLength(40)
    expect(lines[0]).toMatch(
      /^[0-9a-f]{16} {2}\d+\.\d{9} {2}probe-1234 +CPU \d->\d +TTWU.* waking\+\d+ {2}activate\+\d+ {2}wakeup\+\d+ {2}switch_in\+\d+ {2}first_read\+\d+ {2}ktime_get/,
    )
    const json = (await remora(['records', path('host/run-00.jsonl'), '--json'])).out.trimEnd().split('\n')
    expect(json.flatMap((line) => violations(readSchema('wake-record'), JSON.parse(line)))).toEqual([])
    expect(JSON.parse(json[39]!)).toMatchObject({ tgid: 1234, pid: 1234, run_seq: 40 })
  })
})

test('a file of records opens like a recording', async () => {
  const { code, out } = await remora(['info', path('host/run-00.jsonl')])
  expect(code).toBe(0)
  expect(out).toMatch(/^ +40 {2}remora:first_read$/m)
  expect(out).toMatch(/^Records {2}run-00\.jsonl$/m)
  expect(out).toMatch(/^ {2}wake-ups +40, with id 40, stack 40, first read 40$/m)
  expect(out).toMatch(/^ {2}wake_flags +at entry 40, at activation 40; names of 6\.0-6\.5$/m)
  const json = (await remora(['info', path('host/run-00.jsonl'), '--json'])).out
  expect(violations(readSchema('info'), JSON.parse(json))).toEqual([])
  const events = (await remora(['events', path('host/run-00.jsonl')])).out.split('\n')
  expect(events[1]).toMatch(/\[00\d\] +\d+\.\d{9}: ttwu: +correlation_id=[0-9a-f]{16} pid=1234 comm=probe/)
})

// Reports on recordings, made by the built command line without a display.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PreemptionsReport } from '../main/cli/fused-json.js'
import { readSchema, violations } from './json-schema.js'
import { makeStudy } from './make/study.js'
import { buildCli, remora, repo } from './run-cli.js'

const sample = `${repo}samples/generated-vms`
const range = ['--from', '+0.010', '--to', '+0.030']
const dir = mkdtempSync(join(tmpdir(), 'remora-report-'))
beforeAll(buildCli, 60_000)
afterAll(() => rmSync(dir, { recursive: true }))

async function report(name: string, ...args: string[]): Promise<string> {
  const out = join(dir, name)
  const { code, err } = await remora(['report', ...range, ...args, '--out', out, sample])
  expect([code, err]).toEqual([0, ''])
  return readFileSync(out, 'utf8')
}

describe('remora report', { timeout: 60_000 }, () => {
  it('is one file that needs nothing else, the same every time', async () => {
    const html = await report('a.html', '--text', 'Why <so> late & "slow"?')
    expect(await report('b.html', '--text', 'Why <so> late & "slow"?')).toBe(html)
    expect(html).toContain('Why &lt;so&gt; late &amp; &quot;slow&quot;?')
    expect(html).not.toMatch(/<script|(?:src|href)="(?!#|data:)/)
    const urls = [...html.matchAll(/https?:[^"\s<]*/g)].map((m) => m[0])
    expect(new Set(urls)).toEqual(new Set(['http://www.w3.org/2000/svg']))
    const headings = [...html.matchAll(/<h2>([^<]*)/g)].map((m) => m[1])
    expect(headings).toEqual([
      'CPUs and vCPUs',
      'Machines',
      'Clocks',
      'What the CPUs really ran',
      'Guest tasks by layer',
      'Preemptions',
      'Wake-ups',
      'Faults of the recordings',
    ])
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map((m) => m[1])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('says what the other commands say', async () => {
    const md = await report('c.md', '--parts', 'preemptions', '--top', '3')
    const { out } = await remora(['preemptions', '--json', '--top', '3', ...range, sample])
    const { count, rows } = JSON.parse(out) as PreemptionsReport
    expect(md).toContain(`${count} preemptions`)
    const lines = md.split('\n').filter((line) => /^\| \d+\.\d{9} /.test(line))
    expect(lines).toHaveLength(3)
    rows.forEach((row, i) => expect(lines[i]).toContain(row.culprit.name.replaceAll('_', '\\_')))
  })

  it('tells machines what it wrote', async () => {
    const out = join(dir, 'j.html')
    const said = await remora(['report', ...range, '--parts', 'faults', '--json', '--out', out, sample])
    expect(violations(readSchema('report'), JSON.parse(said.out))).toEqual([])
    expect(JSON.parse(said.out)).toMatchObject({ path: out, bytes: readFileSync(out).length })
  })

  it('as Markdown lays its pictures beside it', async () => {
    const md = await report('d.md', '--parts', 'pictures')
    expect([...md.matchAll(/!\[[^\]]*\]\(([^)]*)\)/g)].map((m) => m[1])).toEqual(['d-files/1.png', 'd-files/2.png'])
    expect(readdirSync(join(dir, 'd-files')).toSorted()).toEqual(['1.png', '2.png'])
  })

  it('compares runs as remora runs does, alone or beside recordings', async () => {
    for (const { path, text } of makeStudy()) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), text)
    }
    const study = ['--host', join(dir, 'host'), '--vm', join(dir, 'vm'), '--stratify', 'phase']
    const out = join(dir, 'runs.md')
    const { code, err } = await remora(['report', ...study, '--out', out])
    expect([code, err]).toEqual([0, ''])
    const md = readFileSync(out, 'utf8')
    const said = (await remora(['runs', ...study, '--md'])).out
    const cells = (line: string): string => line.replaceAll('\\', '').replaceAll(' ', '')
    const rows = (text: string): string[] => text.split('\n').filter((l) => l.startsWith('|') && !/^\|[-:| ]*$/.test(l))
    expect(rows(md).length).toBeGreaterThan(40)
    expect(rows(md).map(cells).toSorted()).toEqual(rows(said).map(cells).toSorted())
    expect(md).toContain('500 resamples, fewer than 1000')
    expect(readdirSync(join(dir, 'runs-files')).length).toBeGreaterThan(2)
    const both = await report('both.html', '--parts', 'runs,faults', '--chain', 'Wake-up to running')
    expect([...both.matchAll(/<h2>([^<]*)/g)].map((m) => m[1]?.slice(0, 15))).toEqual([
      'Run comparison:',
      'Runs: total',
      'Runs: sched_wak',
      'Runs: sched_wak',
      'Faults of the r',
    ])
    expect(both.match(/<svg/g)).toHaveLength(3)
  })

  it('tells of a recording without guests what can be told', async () => {
    const out = join(dir, 'alone.html')
    const { code } = await remora(['report', '--out', out, `${repo}samples/host-and-guest/guest.dat`])
    expect(code).toBe(0)
    expect(readFileSync(out, 'utf8')).toContain('there are no clocks to relate')
  })

  it.each([
    [['--out', join(dir, 'x.docx')], /--out takes \.html or \.md/],
    [['--out', join(dir, 'x.html'), '--parts', 'nothing'], /--parts takes pictures/],
    [['--out', join(dir, 'x.html'), '--parts', 'runs'], /--parts runs needs records of runs/],
  ])('refuses %j', async (args, why) => {
    const { code, err } = await remora(['report', ...args, sample])
    expect(code).toBe(2)
    expect(err).toMatch(why)
  })
})

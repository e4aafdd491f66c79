// Reports on recordings, made by the built command line without a display.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PreemptionsReport } from '../main/cli/fused-json.js'
import { readSchema, violations } from './json-schema.js'
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

  it('tells of a recording without guests what can be told', async () => {
    const out = join(dir, 'alone.html')
    const { code } = await remora(['report', '--out', out, `${repo}samples/host-and-guest/guest.dat`])
    expect(code).toBe(0)
    expect(readFileSync(out, 'utf8')).toContain('there are no clocks to relate')
  })

  it.each([
    [['--out', join(dir, 'x.docx')], /--out takes \.html or \.md/],
    [['--out', join(dir, 'x.html'), '--parts', 'nothing'], /--parts takes pictures/],
  ])('refuses %j', async (args, why) => {
    const { code, err } = await remora(['report', ...args, sample])
    expect(code).toBe(2)
    expect(err).toMatch(why)
  })
})

// Pictures of recordings, made by the built command line without a display.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { difference, readPng, readPpm } from './pixels.js'
import { readSchema, violations } from './json-schema.js'
import { buildCli, remora, repo } from './run-cli.js'

const sample = `${repo}samples/generated-vms`
const dir = mkdtempSync(join(tmpdir(), 'remora-render-'))
beforeAll(buildCli, 60_000)
afterAll(() => rmSync(dir, { recursive: true }))

const range = ['--from', '+0.010', '--to', '+0.030']
const textsOf = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((m) => m[1]!)

async function render(name: string, ...args: string[]): Promise<Buffer> {
  const out = join(dir, name)
  const { code, err } = await remora(['render', ...range, ...args, '--out', out, sample])
  expect([code, err]).toEqual([0, ''])
  return readFileSync(out)
}

describe('remora render', { timeout: 60_000 }, () => {
  it('draws the same bytes every time, every caption once', async () => {
    const svg = (await render('a.svg', '--view', 'fused')).toString()
    expect((await render('b.svg', '--view', 'fused')).toString()).toBe(svg)
    const texts = textsOf(svg)
    for (const once of ['Physical CPUs, fused', 'Virtual machines', 'CPU 0', 'CPU 1', 'CPU 2', '2.00 ms']) {
      expect(
        texts.filter((t) => t === once),
        once,
      ).toHaveLength(1)
    }
    expect(texts.some((t) => t.startsWith('busyl'))).toBe(true)
    expect(texts.join(' ')).toMatch(/Clocks\. .*SHA-256 [\da-f]{64}/)
  })

  it('tells machines what it wrote', async () => {
    const { out } = await remora(['render', ...range, '--json', '--out', join(dir, 'j.svg'), sample])
    expect(violations(readSchema('picture'), JSON.parse(out))).toEqual([])
    expect(JSON.parse(out)).toMatchObject({ bytes: readFileSync(join(dir, 'j.svg')).length })
  })

  it('keeps every text inside the picture', async () => {
    const panels = ['--panels', 'clocks,cpus,preemptions,wakeups,notes', '--top', '3']
    const svg = (await render('c.svg', '--width', '600', ...panels)).toString()
    for (const heading of ['Clocks', 'What the CPUs really ran', 'Preemptions', 'Wake-ups', 'Notes']) {
      expect(textsOf(svg).filter((t) => t === heading)).toEqual([heading])
    }
    expect(textsOf(svg)).toContain('The 3 longest')
    const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number)
    expect(width).toBe(600)
    for (const [, x, y] of svg.matchAll(/<text x="([\d.-]+)" y="([\d.-]+)"/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0)
      expect(Number(x)).toBeLessThan(width!)
      expect(Number(y)).toBeLessThan(height!)
    }
  })

  it('draws PNG of the size asked for, and PDF', async () => {
    const png = await render('d.png', '--width', '800', '--scale', '1.5')
    expect(png.readUInt32BE(16)).toBe(1200)
    expect((await render('e.pdf')).subarray(0, 5).toString()).toBe('%PDF-')
  })

  // test/golden/pictures/fused.png: remora render --from +0.010 --to +0.030 --view fused --width 800 --scale 1 --title Fused
  // --no-notes samples/generated-vms
  it('looks as it looked when it was last looked at', async () => {
    const args = ['--view', 'fused', '--width', '800', '--title', 'Fused', '--no-notes']
    const now = readPng(await render('g.png', ...args, '--scale', '1'))
    const then = readPng(readFileSync(`${repo}test/golden/pictures/fused.png`))
    expect(difference(now, then)).toBeLessThan(0.002)
    // The comparison sees a missing row.
    const less = readPng(await render('h.png', ...args, '--scale', '1', '--rows', 'm0/cpu0'))
    expect(() => difference(less, then)).toThrow(/is not/)
    const dark = readPng(await render('i.png', ...args, '--scale', '1', '--theme', 'dark'))
    expect(difference(dark, then)).toBeGreaterThan(0.3)
  })

  it.skipIf(spawnSync('pdftoppm', ['-v']).error !== undefined)(
    'looks the same as PDF and as PNG (needs pdftoppm)',
    async () => {
      const args = ['--view', 'fused', '--width', '800']
      const png = readPng(await render('j.png', ...args, '--scale', '1'))
      await render('j.pdf', ...args)
      const { stdout } = spawnSync('pdftoppm', ['-r', '96', join(dir, 'j.pdf')], { maxBuffer: 1 << 28 })
      expect(difference(readPpm(stdout), png, 40)).toBeLessThan(0.02)
    },
  )

  it('draws the rows that were named, in that order', async () => {
    const texts = textsOf(
      (await render('f.svg', '--rows', 'm0/cpu1,m0/cpu0', '--no-legend', '--title', 'Two')).toString(),
    )
    expect(texts.filter((t) => /^(CPU \d|Two)$/.test(t))).toEqual(['Two', 'CPU 1', 'CPU 0'])
  })

  it.each([
    [['--out', join(dir, 'x.gif')], /--out takes \.svg, \.png, \.pdf/],
    [['--panels', 'runs', '--out', join(dir, 'x.svg')], /--panels takes clocks, /],
    [['--rows', 'm0/cpu99', '--out', join(dir, 'x.svg')], /There is no row m0\/cpu99/],
    [['--out', join(dir, 'no/such/x.svg')], /x\.svg does not exist/],
    [['--scale', '0', '--out', join(dir, 'x.png')], /--scale takes/],
  ])('refuses %j', async (args, why) => {
    const { code, err } = await remora(['render', ...args, sample])
    expect(code).toBe(2)
    expect(err).toMatch(why)
  })
})

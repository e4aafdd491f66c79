// The generated study in a browser: records alone, then runs taken from a recording, down to the events of one of them.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeStudy, studyChain } from '../make/study.js'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { root, samples } from './story.js'

const plain = (text: string | null): string => (text ?? '').replace(/[\u00a0\u2009\u202f]/g, ' ')
const eventually = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 30_000, interval: 100 })

describe('runs', { timeout: 240_000 }, () => {
  let server: ChildProcess
  let browser: Browser
  let page: Page
  let url = ''
  const errors: string[] = []
  const dir = mkdtempSync(join(tmpdir(), 'remora-runs-e2e-'))
  const artefacts = join(root, 'artefacts')
  const picture = async (name: string): Promise<void> => {
    mkdirSync(artefacts, { recursive: true })
    await page.screenshot({ path: join(artefacts, `runs-${name}.png`) })
  }
  const words = async (): Promise<string> => plain(await page.getByLabel('Findings').textContent())
  const command = async (name: string): Promise<void> => {
    await page.keyboard.press('Control+Shift+P')
    await page.getByRole('combobox', { name: 'Command' }).fill(name)
    await page.keyboard.press('Enter')
  }

  beforeAll(async () => {
    for (const { path, text } of makeStudy()) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), text)
    }
    await ensureBuilt()
    server = spawn(process.execPath, [join(root, 'dist/main/cli.js'), 'serve', samples, '--port', '0', '--no-open'])
    url = await new Promise<string>((found, failed) => {
      let said = ''
      const listen = (chunk: Buffer): void => {
        said += chunk.toString()
        const match = /http:\/\/\S+/.exec(said)
        if (match) found(match[0])
      }
      server.stdout!.on('data', listen)
      server.stderr!.on('data', listen)
      server.once('exit', () => failed(new Error(`remora serve ended: ${said}`)))
    })
    browser = await launchChromium()
    page = await browser.newPage({ viewport: { width: 1440, height: 900 }, acceptDownloads: true })
    page.on('pageerror', (e) => errors.push(e.message))
    page.on('console', (m) => m.type() === 'error' && errors.push(m.text()))
    await page.goto(url)
    await page.getByRole('tab', { name: /Events/ }).waitFor({ timeout: 60_000 })
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    rmSync(dir, { recursive: true })
    if (server && server.exitCode === null) {
      const ended = once(server, 'exit')
      server.kill('SIGINT')
      await ended
    }
  })

  it('takes runs from the recording, and a click leads to the events of one', async () => {
    await eventually(() => page.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
    await page.getByRole('tab', { name: 'Runs' }).click()
    await page.getByLabel('Defined chains').selectOption({ label: 'Wake-up to running' })
    await page.getByRole('button', { name: 'Take from the recording' }).click()
    await eventually(words).toContain('VM is longer than host')
    await page.getByRole('button', { name: 'ECDF', exact: true }).click()
    const plot = page.getByRole('group', { name: 'ECDF of total' })
    // Values arrive after the report.
    await eventually(() => plot.locator('.plot-line').count()).toBe(2)
    await page.getByLabel('Tails').check()
    await plot.focus()
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    // The longest of all; its digits below the microsecond are the clock relation's.
    await eventually(words).toMatch(/9\.43\d \d{3} ms in all/)
    const nanoseconds = (text: string): number => Number(text.replace(/[^\d]/g, ''))
    const length = nanoseconds(/(\d+\.\d{3} \d{3}) ms in all/.exec(await words())![1]!)
    const status = page.getByRole('contentinfo', { name: 'Status' })
    // Shown in twice its length.
    await eventually(async () => {
      const shown = /(\d+\.\d{3} \d{3}) ms shown/.exec(plain(await status.textContent()))
      return shown !== null && Math.abs(nanoseconds(shown[1]!) - 2 * length) <= 1
    }).toBe(true)
    await page.getByRole('button', { name: 'sched_switch', exact: true }).click()
    await page
      .getByLabel('Selection', { exact: true })
      .getByRole('heading', { level: 2, name: 'sched_switch' })
      .waitFor()
    await picture('1-taken')
    await page.getByRole('button', { name: 'Close the runs' }).click()
    await command('Close the session')
  })

  it('opens a folder of records without a recording, and finds what was planted', async () => {
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: /Compare runs/ }).click(),
    ])
    await chooser.setFiles(dir)
    await eventually(words).toContain(
      'The runs pass in 2 ways: A 404 with SYNC|MIGRATED (0x30), B 196 with SYNC (0x10).',
    )
    const found = await words()
    expect(found).toContain('VM s1 lost 2 edges of the pulse (number 77, 140)')
    expect(found).toContain('1.111 000 0')
    expect(await page.getByLabel('Chain', { exact: true }).inputValue()).toBe(studyChain)
    await page.getByLabel('phase', { exact: true }).check()
    await eventually(words).toContain('the spread of phase io is larger than that of phase quiet')
    // Each comparison of what is shown has its sentence; the figures their warnings.
    await page.getByRole('button', { name: 'phase io', exact: true }).first().click()
    await page.getByRole('button', { name: 'phase quiet', exact: true }).first().click()
    await page.getByLabel('Measure').selectOption('baseline_recalc -> switch_done')
    await eventually(words).toMatch(
      /Shown groups.*baseline_recalc -> switch_done on host.*phase io is larger.*Found in all/,
    )
    const figures = page.getByLabel('Figures')
    await eventually(async () => plain(await figures.textContent())).toContain('500 resamples, fewer than 1000')
    await eventually(async () => plain(await figures.textContent())).toMatch(
      /Mann-Whitney.*Brown-Forsythe.*Jensen-Shannon distance/,
    )
    await picture('2-study')
  })

  it('draws every plot, and a run can be chosen by the pointer', async () => {
    for (const [name, marks] of [
      ['Histogram', 4],
      ['ECDF', 4],
      ['Box', 4],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).click()
      await eventually(() => page.locator(name === 'ECDF' ? '.plot-line' : '.plot-area').count()).toBe(marks)
    }
    await page.getByRole('button', { name: 'Shares', exact: true }).click()
    await eventually(() => page.locator('.plot-bar').count()).toBe(6)
    await page.getByRole('button', { name: 'Clocks', exact: true }).click()
    await eventually(() => page.locator('.plot-lost').count()).toBe(5)
    await page.getByRole('button', { name: 'Q-Q', exact: true }).click()
    const dots = page.locator('.plot-dots').first()
    await dots.waitFor()
    const [, x, y] = /M([\d.]+) ([\d.]+)/.exec((await dots.getAttribute('d'))!)!
    const box = (await page.locator('.plot > svg').boundingBox())!
    await page.mouse.click(box.x + Number(x), box.y + Number(y))
    await eventually(words).toMatch(/^Run \d+ of (VM|host) s[12]/)
    expect(await words()).toMatch(/study|probes\.(csv|jsonl) line \d+/)
    await picture('3-chosen')
  })

  it('saves the report, and keeps definitions that are right', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save JSON' }).click(),
    ])
    const report = JSON.parse(readFileSync(await download.path(), 'utf8')) as { samples: { n: number }[] }
    expect(report.samples[0]!.n).toBe(300)
    await page.getByRole('button', { name: 'Labels' }).click()
    const text = page.getByRole('textbox', { name: 'Definitions' })
    await eventually(() => text.inputValue()).toContain('"first_read"')
    await text.fill('{"version":1,"probes":{"x":[]}}')
    await page.getByRole('button', { name: 'Use these' }).click()
    await eventually(() => page.getByRole('alert').textContent()).toContain('the probe "x" needs a list')
    await text.fill('{"version":1,"chains":[{"name":"Mine","steps":["first_read","switch_done"]}]}')
    await page.getByRole('button', { name: 'Use these' }).click()
    await page.getByLabel('Defined chains').selectOption({ label: 'Mine' })
    await eventually(async () => page.getByLabel('Chain', { exact: true }).inputValue()).toBe(
      'first_read -> switch_done',
    )
    await eventually(words).toContain('total: no difference of the medians of host and VM is shown')
  })

  it('says what cannot be answered, in both themes and sizes without anything sticking out', async () => {
    const chain = page.getByLabel('Chain', { exact: true })
    await chain.fill('first_read -> nowhere')
    await chain.press('Enter')
    await eventually(() => page.getByRole('alert').textContent()).toContain('There is no record of nowhere')
    for (const theme of ['Dark', 'Light']) {
      await command(`${theme} theme`)
      for (const [width, height] of [
        [1440, 900],
        [1024, 700],
      ] as const) {
        await page.setViewportSize({ width, height })
        await page.waitForTimeout(200)
        await picture(`4-${theme.toLowerCase()}-${width}`)
        expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(
          0,
        )
      }
    }
    await page.getByRole('button', { name: 'Close the runs' }).click()
    await page.getByRole('button', { name: /Compare runs/ }).waitFor()
    // They are in the list; a browser that was given a folder by its dialog may not read it by itself again.
    const recent = page.getByRole('region', { name: 'Recent sessions' }).getByRole('button')
    const entry = recent.filter({ hasText: 'probe records' }).filter({ hasText: basename(dir) })
    await eventually(async () => plain(await entry.textContent())).toMatch(/\d+ runs/)
    await entry.click()
    await page.getByText(`This window may not read the records of ${basename(dir)} by itself any more`).waitFor()
    expect(errors).toEqual([])
  })
})

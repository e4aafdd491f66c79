import { copyFileSync, existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { watchRecording } from './recording.js'
import { openPage, startServer, type Served } from './serving.js'
import { root, samples } from './story.js'

const tracefs = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'].find((d) => existsSync(`${d}/events/header_page`))
const missing = process.getuid?.() === 0 ? (tracefs ? '' : 'no tracefs') : 'not root'

const plain = (text: string | null): string => (text ?? '').replace(/[\u00a0\u2009\u202f]/g, ' ')
const eventually = (read: () => Promise<unknown>): ReturnType<typeof expect.poll> =>
  expect.poll(read, { timeout: 30_000, interval: 100 })

describe('recording this machine on the screens', { timeout: 240_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'remora-record-'))
  const recordings = join(dir, 'data/remora/recordings')
  let server: Served
  let browser: Browser

  beforeAll(async () => {
    await ensureBuilt()
    mkdirSync(join(root, 'artefacts'), { recursive: true })
    server = await startServer([samples], { XDG_DATA_HOME: join(dir, 'data'), XDG_STATE_HOME: join(dir, 'state') })
    browser = await launchChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    if (server) expect(await server.stop()).toBe(0)
    rmSync(dir, { recursive: true, force: true })
  })

  it.skipIf(missing)(
    `records, with a timeline that grows, and opens it${missing && ` (skipped: ${missing})`}`,
    async () => {
      const { page, errors } = await openPage(browser, server.url)
      const status = page.getByRole('contentinfo', { name: 'Status' })
      await eventually(async () => plain(await status.textContent())).toContain('291 867 events')
      await eventually(() => page.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
      const before = readdirSync(`${tracefs}/instances`)
      const dialog = page.getByRole('dialog', { name: 'Record' })
      await page.getByRole('button', { name: 'View menu' }).click()
      await page.getByRole('menuitem', { name: /^Record this machine/ }).click()
      await dialog.getByRole('tab', { name: 'This machine', selected: true }).waitFor()
      await eventually(async () => plain(await dialog.getByLabel('What will be run').textContent())).toMatch(
        /mono.*sched/,
      )
      expect(await dialog.getByLabel('What the machine allows').textContent()).toMatch(/Commands run as root/)
      await page.screenshot({ path: join(root, 'artefacts/record-1-here.png') })
      // Looking is not recording.
      expect(existsSync(recordings)).toBe(false)
      expect(readdirSync(`${tracefs}/instances`)).toEqual(before)

      await watchRecording(page, dialog, (name) =>
        page.screenshot({ path: join(root, `artefacts/record-2-${name}.png`) }),
      )
      expect(plain(await status.textContent())).not.toContain('291 867')
      await page.screenshot({ path: join(root, 'artefacts/record-3-opened.png') })
      expect(readdirSync(recordings).length).toBe(1)
      expect(readdirSync(`${tracefs}/instances`).filter((n) => !before.includes(n))).toEqual([])
      expect(errors).toEqual([])
    },
  )

  it('leads to another machine too', async () => {
    const { page, errors } = await openPage(browser, server.url)
    const dialog = page.getByRole('dialog', { name: 'Record' })
    await page.getByRole('button', { name: 'View menu' }).waitFor()
    await page.getByRole('contentinfo', { name: 'Status' }).getByText('events').first().waitFor()
    await page.keyboard.press('Control+Alt+r')
    await dialog.getByRole('heading', { name: /CPUs$/ }).waitFor()
    await dialog.getByRole('tab', { name: 'Another machine' }).click()
    await dialog.getByRole('textbox', { name: 'Machine' }).waitFor()
    await dialog.getByRole('tab', { name: 'This machine' }).click()
    await dialog.getByRole('heading', { name: /CPUs$/ }).waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(errors).toEqual([])
  })
  it('opens a folder of runs, all machines of one together, and leads to the others', async () => {
    const folder = join(dir, 'runs')
    const names = ['host.dat', 'guest.dat']
    for (const run of ['run-1', 'run-2']) {
      mkdirSync(join(folder, run), { recursive: true })
      for (const name of names) copyFileSync(join(samples, name), join(folder, run, name))
    }
    const runs = [1, 2].map((run) => ({
      run,
      seconds: 5,
      files: names.map((name) => ({ path: `run-${run}/${name}` })),
    }))
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ version: 1, runs }))
    const other = await startServer([folder])
    try {
      const { page, errors } = await openPage(browser, other.url)
      const status = page.getByRole('contentinfo', { name: 'Status' })
      const choice = page.getByRole('group', { name: 'Runs of the folder' })
      await eventually(async () => plain(await status.textContent())).toContain('291 867 events')
      expect(plain(await choice.textContent())).toContain(`${folder} holds 2 runs`)
      expect(await choice.getByLabel('Run', { exact: true }).inputValue()).toBe('0')
      await eventually(() => page.title()).toContain('run-1/')
      await choice.getByRole('button', { name: 'Next run' }).click()
      await eventually(() => page.title()).toContain('run-2/')
      expect(await choice.getByLabel('Run', { exact: true }).inputValue()).toBe('1')
      await eventually(() => choice.getByRole('button', { name: 'Next run' }).isDisabled()).toBe(true)
      expect(errors).toEqual([])
    } finally {
      expect(await other.stop()).toBe(0)
    }
  })
})

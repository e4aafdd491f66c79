// A session as a file: saved, opened where nothing is known of it, drawn by the command line, and made a report of.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { remora } from '../run-cli.js'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { drop } from './dropping.js'
import { openPage, startServer, type Served } from './serving.js'
import { eventually, root, samples, textOf, untilLoaded } from './story.js'

describe('a session as a file', { timeout: 240_000 }, () => {
  let server: Served
  let elsewhere: Served
  let browser: Browser
  let page: Page
  let errors: string[]
  let folder: string
  const artefacts = join(root, 'artefacts')

  beforeAll(async () => {
    mkdirSync(artefacts, { recursive: true })
    folder = mkdtempSync(join(tmpdir(), 'remora-bundle-'))
    await ensureBuilt()
    server = await startServer([samples])
    elsewhere = await startServer([join(root, 'samples/generated-vms/host-lab-inner.dat')])
    browser = await launchChromium()
    ;({ page, errors } = await openPage(browser, server.url))
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await elsewhere?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const settled = async (of: Page): Promise<void> => {
    await untilLoaded(of)
    await eventually(() => textOf(of.getByRole('tree', { name: 'Rows of the timeline' }))).toContain('Tasks, by layer')
  }
  const notes = (of: Page): Promise<string[]> =>
    of.locator('.note-row .note-text').evaluateAll((all) => all.map((n) => n.textContent ?? ''))
  const saved = async (traces: string, name: string): Promise<string> => {
    await page.keyboard.press('Control+s')
    const dialog = page.getByRole('dialog', { name: 'Save the session as a file' })
    await dialog.locator(`input[value=${traces}]`).check()
    await page.screenshot({ path: join(artefacts, 'bundle-dialog.png') })
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Save' }).click(),
    ])
    expect(file.suggestedFilename()).toMatch(/\.remora$/)
    const path = join(folder, name)
    await file.saveAs(path)
    return path
  }
  const clip = async (of: Page): Promise<string> =>
    (await of.locator('.area-canvas').screenshot({ path: undefined })).toString('base64')
  /** Share of the pixels that differ by more than a shade. */
  const difference = (a: string, b: string): Promise<number> =>
    page.evaluate(
      async (both) => {
        const data = await Promise.all(
          both.map(async (text) => {
            const image = new Image()
            image.src = `data:image/png;base64,${text}`
            await image.decode()
            const canvas = document.createElement('canvas')
            ;[canvas.width, canvas.height] = [image.width, image.height]
            const ctx = canvas.getContext('2d')!
            ctx.drawImage(image, 0, 0)
            return ctx.getImageData(0, 0, image.width, image.height).data
          }),
        )
        const [x, y] = data as [Uint8ClampedArray, Uint8ClampedArray]
        if (x.length !== y.length) return 1
        let other = 0
        for (let i = 0; i < x.length; i++) if (Math.abs(x[i]! - y[i]!) > 24) other++
        return other / x.length
      },
      [a, b],
    )
  /** Nothing below the pointer, and nothing said. */
  const parked = async (of: Page): Promise<void> => {
    const said = of.getByRole('button', { name: 'Dismiss' })
    while ((await said.count()) > 0) await said.first().click()
    await of.mouse.move(700, 20)
  }

  it('is made of notes, views and zoom', async () => {
    await settled(page)
    await page.getByRole('tab', { name: 'Notes' }).click()
    const box = (await page.getByRole('application', { name: 'Timeline' }).boundingBox())!
    await page.mouse.move(box.x + 420, box.y + 200)
    for (let i = 0; i < 3; i++) await page.keyboard.press('w')
    await page.keyboard.press('m')
    await page.getByRole('textbox', { name: 'Text of the note' }).fill('here it is late')
    await page.keyboard.press('Enter')
    await eventually(() => notes(page)).toEqual(['here it is late'])
    await page.keyboard.press('Control+Shift+e')
    const dialog = page.getByRole('dialog', { name: 'Write a report' })
    await dialog.getByLabel('Name of the new view').fill('The late one')
    await dialog.getByLabel('Caption of the new view').fill('Between two switches.')
    await dialog.getByRole('button', { name: 'Add what is in view' }).click()
    await eventually(() => dialog.getByLabel('Name of the view', { exact: true }).inputValue()).toBe('The late one')
    await dialog.getByLabel('Faults of the recordings').uncheck()
    await page.screenshot({ path: join(artefacts, 'report-dialog.png') })
    const [file] = await Promise.all([
      page.waitForEvent('download', { timeout: 90_000 }),
      dialog.getByRole('button', { name: 'Save the report' }).click(),
    ])
    const html = readFileSync(await file.path(), 'utf8')
    for (const words of ['The late one', 'Between two switches.', 'here it is late']) expect(html).toContain(words)
    expect(html).not.toMatch(/(?:src|href)="https?:/)
    await file.saveAs(join(artefacts, 'report.html'))
  })

  it('opens in a fresh profile and looks the same', async () => {
    const path = await saved('whole', 'whole.remora')
    await eventually(() => page.getByRole('button', { name: 'Dismiss' }).count()).toBeGreaterThan(0)
    await parked(page)
    const other = await openPage(browser, elsewhere.url)
    await eventually(() => textOf(other.page.getByRole('contentinfo', { name: 'Status' }))).toContain('1 609 events')
    await drop(other.page, 'whole.remora', readFileSync(path))
    await settled(other.page)
    await other.page.getByRole('tab', { name: 'Notes' }).click()
    await eventually(() => notes(other.page)).toEqual(['here it is late'])
    await parked(other.page)
    await page.keyboard.press('Escape')
    await eventually(async () => difference(await clip(page), await clip(other.page))).toBeLessThan(0.01)
    await other.page.screenshot({ path: join(artefacts, 'bundle-opened.png') })
    expect(other.errors).toEqual([])
    await other.page.close()
  })

  it('with the traces of a part shows that part', async () => {
    const path = await saved('view', 'part.remora')
    expect(readFileSync(path).length).toBeLessThan(readFileSync(join(folder, 'whole.remora')).length)
    const other = await openPage(browser, elsewhere.url)
    await drop(other.page, 'part.remora', readFileSync(path))
    await other.page.getByRole('tab', { name: 'Notes' }).click()
    await eventually(() => notes(other.page)).toEqual(['here it is late'])
    await other.page.close()
  })

  it('that is no session says so, and leaves what is open alone', async () => {
    await drop(page, 'broken.remora', readFileSync(join(folder, 'whole.remora')).subarray(0, 5000))
    await eventually(() => textOf(page.locator('.banners'))).toContain('broken.remora cannot be opened as a session')
    expect(await notes(page)).toEqual(['here it is late'])
  })

  it('is drawn, told and made a report of without a screen', async () => {
    const path = join(folder, 'whole.remora')
    const out = join(folder, 'late.svg')
    expect((await remora(['render', path, '--view', 'The late one', '--out', out])).code).toBe(0)
    const svg = readFileSync(out, 'utf8')
    expect(svg.split('here it is late')).toHaveLength(2)
    expect(svg).toContain('The late one')
    expect((await remora(['render', path, '--out', out])).code).toBe(0)
    expect(readFileSync(out, 'utf8')).toContain('here it is late')
    const info = await remora(['info', path, '--json'])
    expect(JSON.parse(info.out)).toMatchObject({
      bundle: { notes: [{ kind: 'note', text: 'here it is late' }], views: [{ name: 'The late one' }], trimmed: null },
    })
    const html = join(folder, 'r.html')
    expect((await remora(['report', path, '--parts', 'pictures,faults', '--out', html])).code).toBe(0)
    expect(readFileSync(html, 'utf8')).toContain('Between two switches.')
    const whole = unzipSync(readFileSync(path))
    expect(Object.keys(whole).toSorted()).toEqual([
      'manifest.json',
      'session.json',
      'traces/0-guest.dat',
      'traces/1-host.dat',
    ])
  })

  it('had no error on the way', () => {
    expect(errors).toEqual([])
  })
})

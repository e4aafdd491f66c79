// The fused views on a recording of half a million events: rows are painted, and what the screen says is what the engine says.

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectNode, type NodeConnection } from '../../workers/thread/node.js'
import { sessionTime } from '../../workers/units.js'
import { makeFusedFiles } from '../bench/fused-files.js'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { openPage, startServer, type Served } from './serving.js'
import { eventually, plain, textOf } from './story.js'

const EVENTS = 500_000

describe('the fused views of a large recording', { timeout: 240_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'remora-fused-e2e-'))
  let server: Served
  let browser: Browser
  let truth: NodeConnection
  let start = 0

  beforeAll(async () => {
    await ensureBuilt()
    const { paths } = makeFusedFiles(dir, EVENTS)
    server = await startServer([...paths])
    browser = await launchChromium()
    truth = connectNode()
    const sources = paths.map((path) => ({
      kind: 'path' as const,
      name: basename(path),
      size: statSync(path).size,
      path,
    }))
    const info = await truth.engine.open({ sources, assess: true })
    start = info.from
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    truth?.dispose()
    rmSync(dir, { recursive: true })
  })

  it('are painted, and say what the engine says, without an error on the way', async () => {
    const { page, errors } = await openPage(browser, server.url)
    await page.emulateMedia({ colorScheme: 'dark' })
    const tree = page.getByRole('tree', { name: 'Rows of the timeline' })
    const status = page.getByRole('contentinfo', { name: 'Status' })
    await eventually(() => textOf(status)).toMatch(/ events/)
    await eventually(() => page.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
    await eventually(() => textOf(tree)).toContain('Physical CPUs, fused')
    await eventually(() => textOf(tree)).toContain('Tasks, by layer')
    const { tracks } = await truth.engine.fusedTracks()
    const vcpus = tracks.filter((t) => t.kind === 'vcpu')
    expect(vcpus.length).toBeGreaterThan(0)

    // Whole, then deep: every fused row shows something at either zoom.
    for (const zoom of ['whole', 'deep'] as const) {
      if (zoom === 'deep') await zoomIn(page, 30)
      for (const { id } of tracks) await eventually(() => coloursOn(page, id)).toBeGreaterThan(2)
    }

    // Words under the pointer.
    let seen = 0
    for (const { id } of tracks) {
      for (const share of [0.21, 0.5, 0.83]) {
        const t = await point(page, id, share)
        const { span } = await truth.engine.hover(id, sessionTime(start + t), 0)
        if (!span || span.to - span.from < 200 || span.task === '') continue
        await eventually(() => textOf(page.getByRole('tooltip'))).toContain(plain(span.task))
        seen++
      }
    }
    expect(seen).toBeGreaterThan(3)

    // The table of the tab, and the way from a row of it to the timeline.
    await page.mouse.move(5, 5)
    await page.keyboard.press('0')
    await page.getByRole('tab', { name: 'Preemptions' }).click()
    await page.getByRole('button', { name: 'vCPUs', exact: true }).click()
    const { vcpus: totals } = await truth.engine.fusedTotals()
    const table = page.getByRole('tabpanel').getByRole('table')
    await eventually(() => table.getByRole('row').count()).toBe(totals.length + 1)
    for (const v of totals) await eventually(() => textOf(table)).toContain(`${v.stealPercent.toFixed(1)} %`)

    // From A to B: as many parts as the engine names, and each leads to its longest stretch.
    await page.getByRole('tab', { name: 'A to B' }).click()
    await page.getByRole('button', { name: /^Set A and B/ }).click()
    const first = page.getByRole('tabpanel').locator('.delta').first()
    const { subjects } = await truth.engine.deltaByLayer({
      from: sessionTime(start),
      to: (await truth.engine.fusedTotals()).to,
    })
    await eventually(() => first.locator('.delta-bar .seg').count()).toBe(subjects[0]!.parts.length)
    await first.locator('.delta-parts .link').first().click()
    await eventually(() => page.getByLabel('Selection', { exact: true }).textContent()).toMatch(/Length/)

    // Choosing one vCPU dims the others; what is chosen stays as it is.
    await page.keyboard.press('Escape')
    await page.keyboard.press('0')
    const [one, other] = vcpus
    await page.mouse.move(5, 5)
    await page.locator(`[id="row-${other!.id}"]`).click()
    await eventually(async () => (await brightness(page, one!.id)) / (await brightness(page, other!.id))).toBeLessThan(
      0.7,
    )
    expect(errors).toEqual([])
  })
})

/** Zooms in at the middle of the timeline by turns of the wheel. */
async function zoomIn(page: Page, turns: number): Promise<void> {
  const box = (await page.getByRole('application', { name: 'Timeline' }).boundingBox())!
  await page.mouse.move(box.x + box.width / 2, box.y + 80)
  await page.keyboard.down('Control')
  for (let i = 0; i < turns; i++) await page.mouse.wheel(0, -120)
  await page.keyboard.up('Control')
}

/** Moves the pointer onto a row, at a share of its width; answers the time that the status bar says, from the session's start. */
async function point(page: Page, row: string, share: number): Promise<number> {
  const caption = (await page.locator(`[id="row-${row}"]`).boundingBox())!
  const box = (await page.getByRole('application', { name: 'Timeline' }).boundingBox())!
  await page.mouse.move(box.x + box.width * share, caption.y + caption.height * 0.7)
  const status = plain(await page.getByRole('contentinfo', { name: 'Status' }).textContent())
  const [, whole, rest] = /^\D*?([\d ]+)\.([\d ]+) s/.exec(status)!
  return Number(whole!.replaceAll(' ', '')) * 1e9 + Number(rest!.replaceAll(' ', ''))
}

/** Pixels of a row on the canvas below. */
async function pixelsOf(page: Page, row: string): Promise<number[]> {
  return page.evaluate((id) => {
    const caption = document.getElementById(`row-${id}`)!.getBoundingClientRect()
    const canvas = document.querySelector<HTMLCanvasElement>('.timeline canvas')!
    const box = canvas.getBoundingClientRect()
    const ratio = canvas.width / box.width
    const top = Math.round((caption.top - box.top + 4) * ratio)
    const { data } = canvas
      .getContext('2d')!
      .getImageData(0, top, canvas.width, Math.round((caption.height - 6) * ratio))
    const found: number[] = []
    for (let i = 0; i < data.length; i += 4) found.push((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!)
    return found
  }, row)
}

const coloursOn = async (page: Page, row: string): Promise<number> => new Set(await pixelsOf(page, row)).size

/** Of a row's pixels on average; the ground of the dark theme is dark. */
async function brightness(page: Page, row: string): Promise<number> {
  const pixels = await pixelsOf(page, row)
  const light = (p: number): number => ((p >> 16) & 255) + ((p >> 8) & 255) + (p & 255)
  return pixels.reduce((n, p) => n + light(p), 0) / pixels.length
}

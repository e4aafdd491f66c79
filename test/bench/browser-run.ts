import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '../../main/serve.js'
import { launchChromium } from '../e2e/browser.js'
import { makeFusedFiles } from './fused-files.js'

/** What one run of the screens measured, ms. */
export interface BrowserRun {
  /** From navigation to the session being loaded. */
  readonly loaded: number
  /** The costliest frame while it loaded: most of what the first of everything takes. */
  readonly first: number
  /** Cost of each painted frame on the main thread while zooming and panning. */
  readonly frames: readonly number[]
}

/** The timeline notes there what its repaints cost. */
type Measured = Window & { __remoraFrames?: number[] }

const DECADES = 5
/** Turns of the wheel that make one decade, roughly. */
const TURNS = 8

/** Runs in the page: events are counted and nothing is under way any more. */
const isLoaded = (): boolean =>
  / events/.test(document.querySelector('footer')?.textContent ?? '') && document.querySelector('progress') === null

/** The same of a made host and guest of so many events, with the pointer on a vCPU's row: its preemptions get their arrows. */
export async function runFusedBrowser(events: number): Promise<BrowserRun> {
  const dir = mkdtempSync(join(tmpdir(), 'remora-fused-'))
  try {
    return await runBrowser(makeFusedFiles(dir, events).paths, '[id*="/vcpu/"]')
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/**
 * Opens files in a headless browser through the web door, zooms in and out over five decades and pans at each.
 * @param row caption of the row to point at, which is waited for; absent = the first
 */
export async function runBrowser(paths: readonly string[], row?: string): Promise<BrowserRun> {
  const server = await serve({ paths: [...paths], port: 0 })
  const browser = await launchChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    const started = performance.now()
    await page.goto(server.url)
    await page.waitForFunction(isLoaded, undefined, { timeout: 120_000 })
    const loaded = performance.now() - started
    const box = await page.getByRole('application', { name: 'Timeline' }).boundingBox()
    if (!box) throw new Error('the timeline is not on the screen')
    const caption = row === undefined ? null : await page.locator(row).first().boundingBox()
    const first = await page.evaluate(() => Math.max(0, ...((window as Measured).__remoraFrames ?? [])))
    await page.mouse.move(box.x + box.width * 0.6, caption ? caption.y + caption.height * 0.7 : box.y + 60)
    await page.evaluate(() => {
      ;(window as Measured).__remoraFrames = []
    })
    for (const direction of [-1, 1]) {
      for (let decade = 0; decade < DECADES; decade++) {
        await page.keyboard.down('Control')
        for (let i = 0; i < TURNS; i++) await turn(0, direction * 120)
        await page.keyboard.up('Control')
        await page.keyboard.down('Shift')
        for (let i = 0; i < TURNS; i++) await turn(0, i % 2 ? -120 : 120)
        await page.keyboard.up('Shift')
      }
    }
    const frames = await page.evaluate(() => (window as Measured).__remoraFrames ?? [])
    return { loaded, first, frames }

    async function turn(dx: number, dy: number): Promise<void> {
      await page.mouse.wheel(dx, dy)
      await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))))
    }
  } finally {
    await browser.close()
    await server.close()
  }
}

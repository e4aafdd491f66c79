import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Page } from 'playwright-core'
import { serve } from '../../main/serve.js'
import { annotationKinds, annotationsJson, inks, type Annotation } from '../../renderer/annotate/model.js'
import { connectNode } from '../../workers/thread/node.js'
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

/** The same of a recording with so many annotations upon it, of every kind, spread over its time and CPUs. */
export async function runNotesBrowser(path: string, count: number): Promise<BrowserRun> {
  const { engine, dispose } = connectNode()
  const { files } = await engine.inspect([{ kind: 'path', name: basename(path), size: statSync(path).size, path }])
  dispose()
  const { span, cpuCount } = files[0]!
  if (!span) throw new Error(`${path} holds no events`)
  const [first, last] = [BigInt(span.first), BigInt(span.last)]
  const notes = Array.from({ length: count }, (_, i): Annotation => {
    const kind = annotationKinds[i % annotationKinds.length]!
    const two = kind === 'arrow' || kind === 'box' || kind === 'range'
    const at = (share: number): string =>
      String(first + ((last - first) * BigInt(Math.round(share * 1e6))) / 1_000_000n)
    const row = kind === 'range' ? null : `m0/cpu${i % cpuCount}`
    const share = (i + 0.5) / count
    return {
      id: `note-${i}`,
      kind,
      text: kind === 'callout' ? '' : `note ${i}: what was seen here`,
      ink: inks[i % inks.length]!,
      from: { t: at(share), row },
      to: two ? { t: at(Math.min(1, share + 0.3 / count)), row } : null,
      dx: 18,
      dy: 22 + 16 * (i % 9),
      number: kind === 'callout' ? i + 1 : null,
    }
  })
  return runBrowser([path], undefined, async (page) => {
    await page.getByRole('tab', { name: 'Notes' }).click()
    const file = { name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from(annotationsJson(notes)) }
    await page.locator('#import-notes').setInputFiles(file)
    await page
      .locator('.note-row')
      .nth(count - 1)
      .waitFor({ state: 'attached' })
  })
}

/**
 * Opens files in a headless browser through the web door, zooms in and out over five decades and pans at each.
 * @param row caption of the row to point at, which is waited for; absent = the first
 * @param prepare what is done before frames are measured
 */
export async function runBrowser(
  paths: readonly string[],
  row?: string,
  prepare?: (page: Page) => Promise<void>,
): Promise<BrowserRun> {
  const server = await serve({ paths: [...paths], port: 0 })
  const browser = await launchChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    const started = performance.now()
    await page.goto(server.url)
    await page.waitForFunction(isLoaded, undefined, { timeout: 120_000 })
    const loaded = performance.now() - started
    await prepare?.(page)
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

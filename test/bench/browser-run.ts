import { serve } from '../../main/serve.js'
import { launchChromium } from '../e2e/browser.js'

/** What one run of the screens measured, ms. */
export interface BrowserRun {
  /** From navigation to the session being loaded. */
  readonly loaded: number
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

/** Opens the file in a headless browser through the web door, zooms in and out over five decades and pans at each. */
export async function runBrowser(path: string): Promise<BrowserRun> {
  const server = await serve({ paths: [path], port: 0 })
  const browser = await launchChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    const started = performance.now()
    await page.goto(server.url)
    await page.waitForFunction(isLoaded, undefined, { timeout: 120_000 })
    const loaded = performance.now() - started
    const box = await page.getByRole('application', { name: 'Timeline' }).boundingBox()
    if (!box) throw new Error('the timeline is not on the screen')
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60)
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
    return { loaded, frames }

    async function turn(dx: number, dy: number): Promise<void> {
      await page.mouse.wheel(dx, dy)
      await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))))
    }
  } finally {
    await browser.close()
    await server.close()
  }
}

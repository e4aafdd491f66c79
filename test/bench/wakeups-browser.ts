import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '../../main/serve.js'
import { launchChromium } from '../e2e/browser.js'
import { makeWakeups } from './wakeups-run.js'

/** What the wake-ups' tab measured, ms. */
export interface WakeupsBrowserRun {
  /** From the session being loaded until the wake-ups are known. */
  readonly found: number
  /** From the click on the tab to its rows. */
  readonly table: number
  readonly sorted: number
  /** From the click on a row until its hops are listed. */
  readonly chain: number
  /** From each move of a brush over the heat map to the second frame after it: 33 ms is what two frames take. */
  readonly steps: readonly number[]
  /** From one change of the figures beside the tabs to the next, while the brush moves. */
  readonly figures: readonly number[]
}

const STEPS = 60
const WAIT = { timeout: 180_000 }

const isLoaded = (): boolean =>
  / events/.test(document.querySelector('footer')?.textContent ?? '') && document.querySelector('progress') === null
const hasRows = (): boolean => document.querySelectorAll('[aria-label="Wake-ups"] [role=gridcell]').length > 10
const isSorted = (): boolean =>
  document.querySelector('[aria-label="Wake-ups"] [aria-sort=descending]') !== null &&
  document.querySelector('[aria-label="Wake-ups"] .stale') === null &&
  document.querySelectorAll('[aria-label="Wake-ups"] [role=gridcell]').length > 10

/** @param what a recording, or how many wake-ups to make */
export async function runWakeupsBrowser(what: string): Promise<WakeupsBrowserRun> {
  const dir = mkdtempSync(join(tmpdir(), 'remora-wakeups-'))
  const server = await serve({ paths: [/^\d+$/.test(what) ? makeWakeups(dir, Number(what)) : what], port: 0 })
  const browser = await launchChromium()
  const timed = async (act: () => Promise<unknown>, until: () => boolean): Promise<number> => {
    const started = performance.now()
    await act()
    await page.waitForFunction(until, undefined, WAIT)
    return performance.now() - started
  }
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  try {
    await page.goto(server.url)
    await page.waitForFunction(isLoaded, undefined, WAIT)
    const wakeups = page.getByRole('tab', { name: 'Wake-ups' })
    const events = page.getByRole('tab', { name: 'Events' })
    const found = await timed(() => wakeups.click(), hasRows)
    await events.click()
    await page.waitForTimeout(300)
    const table = await timed(() => wakeups.click(), hasRows)
    const grid = page.getByRole('grid', { name: 'Wake-ups' })
    const sorted = await timed(
      () => grid.getByRole('columnheader', { name: 'Latency' }).getByRole('button').click(),
      isSorted,
    )
    const chain = await timed(
      () => grid.getByRole('row').nth(1).click(),
      () => document.querySelector('.hops li') !== null,
    )
    await page.keyboard.press('Escape')
    await page.keyboard.press('0')
    await page.getByRole('tabpanel').getByRole('button', { name: 'Latency', exact: true }).first().click()
    const heat = page.getByRole('group', { name: /^Wake-ups by time/ })
    await heat.waitFor()
    await page.waitForTimeout(1000)
    const box = (await heat.boundingBox())!
    const status = page.getByRole('status', { name: 'Wake-ups in view' })
    const steps: number[] = []
    const figures: number[] = []
    await page.mouse.move(box.x + box.width * 0.2, box.y + box.height / 2)
    await page.mouse.down()
    let [said, at] = [await status.textContent(), performance.now()]
    for (let i = 1; i <= STEPS; i++) {
      const started = performance.now()
      await page.mouse.move(box.x + box.width * (0.2 + (0.6 * i) / STEPS), box.y + box.height / 2)
      await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))))
      steps.push(performance.now() - started)
      const now = await status.textContent()
      if (now === said) continue
      figures.push(performance.now() - at)
      ;[said, at] = [now, performance.now()]
    }
    await page.mouse.up()
    return { found, table, sorted, chain, steps, figures }
  } finally {
    await browser.close()
    await server.close()
    rmSync(dir, { recursive: true })
  }
}

// `npm run make:pictures`: the README's pictures, taken from the generated sample in a browser.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { launchChromium } from '../e2e/browser.js'

const cli = fileURLToPath(new URL('./cli.js', import.meta.url))
const folder = process.argv[2] ?? 'docs/images'

const server = spawn(process.execPath, [cli, 'serve', '--sample', 'generated-vms', '--port', '0', '--no-open'])
const url = await new Promise<string>((found, failed) => {
  let said = ''
  server.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    const match = /http:\/\/\S+/.exec(said)
    if (match) found(match[0])
  })
  server.once('exit', () => failed(new Error(`remora serve ended: ${said}`)))
})
const browser = await launchChromium()

async function picture(
  name: string,
  colorScheme: 'dark' | 'light',
  show: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme })
  const page = await context.newPage()
  await page.goto(url)
  await page
    .getByRole('contentinfo', { name: 'Status' })
    .getByText(/events/)
    .waitFor()
  // The fused rows come when the whole session is known.
  await page.getByRole('treeitem').filter({ hasText: 'inner' }).first().waitFor()
  await show(page)
  await page.mouse.move(720, 20)
  await page.waitForTimeout(1_500)
  await page.screenshot({ path: `${folder}/${name}.png` })
  console.log(`${folder}/${name}.png`)
  await context.close()
}

async function find(page: Page, text: string, times: number): Promise<void> {
  await page.keyboard.press('/')
  await page.getByLabel('Search events').fill(text)
  await page.waitForTimeout(1_200)
  for (let i = 0; i < times; i++) {
    await page.keyboard.press('Enter')
    await page.waitForTimeout(150)
  }
  await page.keyboard.press('Escape')
}

async function press(page: Page, keys: string): Promise<void> {
  for (const key of keys.split(' ')) {
    await page.keyboard.press(key)
    await page.waitForTimeout(250)
  }
}

/** Brings the fused rows back into sight. */
async function toTop(page: Page): Promise<void> {
  await page.getByRole('tree', { name: 'Rows of the timeline' }).hover()
  await page.mouse.wheel(0, -10_000)
  await page.waitForTimeout(300)
}

try {
  // An interrupt of the disk on its way from the host into a guest's task.
  await picture('timeline', 'dark', async (page) => {
    await find(page, 'virtio2-req.0', 20)
    await press(page, 'f f f s s s')
    await toTop(page)
  })
  // Who took the CPUs from whom.
  await picture('fused', 'light', async (page) => {
    await page.getByRole('tab', { name: /Preemptions/ }).click()
    await page.getByRole('tabpanel').getByRole('combobox').selectOption({ index: 1 })
    await page
      .getByRole('tabpanel')
      .getByRole('row')
      .filter({ hasText: 'busyloop' })
      .first()
      .getByRole('button')
      .first()
      .click()
    await page.waitForTimeout(800)
    await toTop(page)
  })
} finally {
  await browser.close()
  const ended = once(server, 'exit')
  server.kill('SIGINT')
  await ended
}

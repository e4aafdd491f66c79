// Menus, dialogs and the Clocks tab on the recorded sample, by mouse and by keyboard.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { openPage, startServer, type Served } from './serving.js'
import { eventually, samples, textOf, untilLoaded } from './story.js'

describe('the screens', { timeout: 240_000 }, () => {
  let server: Served
  let browser: Browser
  let page: Page
  let errors: string[]

  beforeAll(async () => {
    await ensureBuilt()
    server = await startServer([samples])
    browser = await launchChromium()
    ;({ page, errors } = await openPage(browser, server.url))
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const menu = () => page.getByRole('menu')
  const items = async (): Promise<string[]> =>
    (await menu().getByRole('menuitem').allTextContents()).map((t) => t.trim())
  const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')

  it('load', async () => {
    await untilLoaded(page)
    const tree = page.getByRole('tree', { name: 'Rows of the timeline' })
    await eventually(() => textOf(tree)).toContain('Tasks, by layer')
  })

  describe('menus', () => {
    it('of a row pin and hide it, and close again by Escape or a click elsewhere', async () => {
      const tree = page.getByRole('tree', { name: 'Rows of the timeline' })
      const row = tree.getByRole('treeitem').filter({ hasText: 'CPU 1' }).first()
      await row.click({ button: 'right' })
      expect(await items()).toEqual(
        expect.arrayContaining([expect.stringContaining('Pin to the top'), expect.stringContaining('Hide row')]),
      )
      await page.keyboard.press('Escape')
      await eventually(() => menu().count()).toBe(0)
      await row.click({ button: 'right' })
      await eventually(() => menu().count()).toBe(1)
      await page.mouse.click(5, 5)
      await eventually(() => menu().count()).toBe(0)
      const before = await textOf(tree)
      await row.click({ button: 'right' })
      await menu().getByRole('menuitem', { name: 'Hide row' }).click()
      await eventually(() => page.getByRole('button', { name: '1 hidden' }).count()).toBe(1)
      await page.getByRole('button', { name: '1 hidden' }).click()
      await eventually(() => textOf(tree)).toBe(before)
    })

    it('are walked by arrow keys, and give the focus back', async () => {
      const button = page.getByRole('button', { name: 'View menu' })
      await button.focus()
      await page.keyboard.press('Enter')
      await eventually(focused).toContain('Times since the first event')
      await page.keyboard.press('ArrowDown')
      expect(await focused()).toContain('Times of the trace clock')
      await page.keyboard.press('End')
      expect(await focused()).toContain('Close the session')
      await page.keyboard.press('ArrowDown')
      expect(await focused()).toContain('Times since the first event')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await eventually(() => menu().count()).toBe(0)
      await eventually(focused).toBe('View menu')
      // The choice holds: the first row of the table shows the trace clock.
      const cell = page.getByRole('grid', { name: 'Events' }).getByRole('row').nth(1)
      await eventually(() => textOf(cell)).toContain('4 093.901 497 690 s')
      await page.keyboard.press('t')
      await eventually(() => textOf(cell)).toContain('0.000 000 000 s')
    })

    it('of an event set markers and filters', async () => {
      const table = page.getByRole('grid', { name: 'Events' })
      const event = table.getByRole('row').filter({ hasText: 'sched_switch' }).first()
      await event.click({ button: 'right' })
      expect(await items()).toEqual(expect.arrayContaining([expect.stringContaining('Only sched_switch')]))
      await menu()
        .getByRole('menuitem', { name: /^Marker A here/ })
        .click()
      const status = page.getByRole('contentinfo', { name: 'Status' })
      await eventually(() => textOf(status)).toMatch(/A ?0\.000 007 141 s/)
      await event.click({ button: 'right' })
      await menu()
        .getByRole('menuitem', { name: /^Only sched_switch/ })
        .click()
      await eventually(() => textOf(status)).toMatch(/[\d ]+ of 291 867 events/)
      await page.getByRole('region', { name: 'Filter' }).getByRole('button', { name: 'Clear' }).click()
      await eventually(() => textOf(status)).not.toContain(' of 291')
    })

    it('of the canvas say the time under the pointer', async () => {
      const box = (await page.getByRole('application', { name: 'Timeline' }).boundingBox())!
      await page.mouse.click(box.x + box.width / 2, box.y + 100, { button: 'right' })
      await eventually(items).toEqual(expect.arrayContaining([expect.stringMatching(/^Copy time [\d.\s]+ s/)]))
      await page.keyboard.press('Escape')
    })
  })

  describe('dialogs', () => {
    it('the family names hosts, guests and files, keeps the focus and gives it back', async () => {
      await page.getByRole('grid', { name: 'Events' }).focus()
      await page.keyboard.press('i')
      const dialog = page.getByRole('dialog', { name: 'Hosts, guests and files' })
      await eventually(() => textOf(dialog)).toContain('2 machines in 2 files')
      expect(await textOf(dialog)).toContain('paired by trace id')
      for (let i = 0; i < 12; i++) await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true)
      await page.keyboard.press('Escape')
      await eventually(() => dialog.count()).toBe(0)
      await eventually(focused).toBe('Events')
    })

    it('the palette finds commands by words and runs the chosen one', async () => {
      await page.keyboard.press('Control+Shift+P')
      const field = page.getByRole('combobox', { name: 'Command' })
      await field.fill('zzz')
      await eventually(() => textOf(page.getByRole('dialog'))).toContain('No command has these words.')
      await field.fill('show clocks')
      await eventually(() => page.locator('#palette-list [role=option]').count()).toBe(1)
      await page.keyboard.press('Enter')
      await eventually(() => page.getByRole('tab', { name: 'Clocks' }).getAttribute('aria-selected')).toBe('true')
    })

    it('the shortcut sheet lists the keys of the real key map', async () => {
      await page.mouse.click(5, 5)
      await page.keyboard.press('?')
      const sheet = page.getByRole('dialog', { name: 'Keyboard and mouse' })
      await eventually(() => textOf(sheet)).toContain('Zoom in')
      for (const words of ['Show a to b', 'Select a range', 'Undo the last change']) {
        expect((await textOf(sheet)).toLowerCase()).toContain(words.toLowerCase())
      }
      await sheet.getByRole('button', { name: 'Close' }).click()
      await eventually(() => sheet.count()).toBe(0)
    })
  })

  describe('the Clocks tab', () => {
    const card = () => page.getByRole('region', { name: 'Clock of 10.9.1.2' })

    it('shows how the guest’s time is related, and what speaks against it', async () => {
      await page.getByRole('tab', { name: 'Clocks' }).click()
      await eventually(() => textOf(card())).toContain('trace clock')
      await eventually(() => textOf(card())).toMatch(/Brackets\s*[\d ]+ used/)
      expect(await textOf(card())).toMatch(/Recorded\s*contradicted/)
    })

    it('takes another method and an offset, and takes them back', async () => {
      const method = card().getByLabel('Method')
      const chosen = await method.inputValue()
      await method.selectOption({ label: 'Recorded' })
      await eventually(() => method.inputValue()).not.toBe(chosen)
      const offset = card().getByRole('textbox', { name: 'Offset' })
      await offset.fill('twelve')
      await eventually(() => offset.getAttribute('aria-invalid')).toBe('true')
      expect(await card().getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true)
      await offset.fill('-12.5 us')
      await card().getByRole('button', { name: 'Apply' }).click()
      await eventually(() => offset.inputValue()).toBe('-12500 ns')
      await page.getByRole('tab', { name: 'Clocks' }).focus()
      await page.keyboard.press('Control+Z')
      await eventually(() => offset.inputValue()).toBe('')
      await page.keyboard.press('Control+Z')
      await eventually(() => method.inputValue()).toBe(chosen)
    })

    it('leads from the badge of the overview to its card', async () => {
      await page.getByRole('tab', { name: 'Events' }).click()
      await page.locator('.area-verdicts').getByRole('button').first().click()
      await eventually(() => page.getByRole('tab', { name: 'Clocks' }).getAttribute('aria-selected')).toBe('true')
    })
  })

  it('had no error on the way', () => {
    expect(errors).toEqual([])
  })
})

// The story of a wake-up in the generated sample, which is the same wherever it is made: the slowest one, a guest's timer whose vCPU
// waited for a CPU that a busy loop had.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeStudy } from '../make/record-runs.js'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { openPage, startServer, type Served } from './serving.js'
import { eventually, plain, root, textOf } from './story.js'

/** As `remora wakeups` and `remora chain` tell them. */
const slowest = {
  task: 'CPU 1/KVM-2102',
  latency: '4.200 530 ms',
  hops: 11,
  stack: 'kvm_vcpu_wake_up',
} as const
const count = '1 642 wake-ups'

describe('wake-ups in the window', { timeout: 240_000 }, () => {
  let server: Served
  let browser: Browser
  let page: Page
  let errors: readonly string[] = []

  beforeAll(async () => {
    await ensureBuilt()
    server = await startServer([join(root, 'samples/generated-vms')])
    browser = await launchChromium()
    ;({ page, errors } = await openPage(browser, server.url))
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    expect(errors).toEqual([])
  })

  /** Its correlation id. */
  let id = ''
  const table = (): Locator => page.getByRole('grid', { name: 'Wake-ups' })
  const story = (): Locator => page.getByRole('article', { name: 'Wake-up' })
  const current = (): Locator => story().locator('[aria-current=step]')
  const figures = (): Locator => page.getByRole('status', { name: 'Wake-ups in view' })
  const part = (name: string): Locator => page.getByRole('tabpanel').getByRole('button', { name, exact: true })
  const picture = async (name: string): Promise<void> => {
    mkdirSync(join(root, 'artefacts'), { recursive: true })
    await page.screenshot({ path: join(root, `artefacts/wakeups-${name}.png`) })
  }

  it('lists them, the slowest first when its head is clicked', async () => {
    await eventually(() => textOf(page.getByRole('contentinfo', { name: 'Status' }))).toContain('27 744 events')
    await page.getByRole('tab', { name: 'Wake-ups' }).click()
    await eventually(() => textOf(figures())).toContain(count)
    await table().getByRole('columnheader', { name: 'Latency' }).getByRole('button').click()
    await eventually(() => textOf(table().locator('[aria-rowindex="2"]'))).toContain(slowest.latency)
    id = /[0-9a-f]{16}/.exec(await textOf(table().locator('[aria-rowindex="2"]')))?.[0] ?? 'none'
    expect(await textOf(table().locator('[aria-rowindex="2"]'))).toContain(slowest.task)
  })

  it('tells the whole story of the one that is picked', async () => {
    await table().locator('[aria-rowindex="2"]').click()
    await story().getByRole('heading', { level: 2, name: slowest.task }).waitFor()
    const text = await textOf(story())
    for (const said of [id, slowest.latency, 'EXACT', 'Order'.toLowerCase(), 'host scheduling', 'cyclictest-701'])
      expect(text).toContain(said)
    expect(text).toContain('order not certain')
    await eventually(() => story().locator('.hops li').count()).toBe(slowest.hops)
    expect(await textOf(story().getByRole('group', { name: 'Where the time went' }))).toMatch(
      /host scheduling\s*4.20 ms\s*99.8 %/,
    )
    await picture('1-story')
  })

  it('walks the hops and keeps them in view', async () => {
    await eventually(() => textOf(current())).toMatch(/^3/)
    expect(await textOf(story())).toContain(slowest.stack)
    await page.keyboard.press(']')
    await eventually(() => textOf(current())).toMatch(/^4/)
    for (let i = 4; i < slowest.hops; i++) await page.keyboard.press(']')
    await eventually(() => textOf(current())).toMatch(new RegExp(`^${slowest.hops}`))
    expect(await textOf(current())).toContain('cyclictest-701 runs')
    // The event of the hop is selected with it.
    await eventually(() => textOf(page.getByLabel('Selection', { exact: true }))).toContain('next_pid')
    // The end is the end.
    await page.keyboard.press(']')
    await eventually(() => textOf(current())).toMatch(new RegExp(`^${slowest.hops}`))
    await page.keyboard.press('[')
    await eventually(() => textOf(current())).toMatch(/^10/)
  })

  it('pulls the rows of the chain together, and lets them go', async () => {
    const rows = page.getByRole('tree', { name: 'Rows of the timeline' }).getByRole('treeitem')
    const first = async (n: number) =>
      (await rows.allTextContents()).slice(0, n).map((t) => plain(t).replace(/[\d ]+$/, ''))
    await page.keyboard.press('g')
    await eventually(async () => (await first(4)).join(', ')).toMatch(
      /^host CPU.*, host CPU 1\/KVM.*, db CPU.*, db cyclictest/,
    )
    await picture('2-together')
    await page.keyboard.press('g')
    await eventually(async () => (await first(1))[0]).toBe('Physical CPUs, fused')
  })

  it('goes to a part of the latency, and puts all out with Escape', async () => {
    await story().getByRole('button', { name: 'host scheduling' }).first().click()
    await eventually(() => textOf(page.getByRole('application', { name: 'Timeline' }))).toContain('4.200 530 ms')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await eventually(() => story().count()).toBe(0)
    await page.keyboard.press('0')
  })

  it('finds an id in the search box', async () => {
    await page.keyboard.press('/')
    await page.getByLabel('Search events').fill(id)
    await page.keyboard.press('Enter')
    await story().getByRole('heading', { level: 2, name: slowest.task }).waitFor()
    await page.getByLabel('Search events').fill('0123456789abcdef')
    await page.keyboard.press('Enter')
    await page.getByText('No wake-up of this session has the id 0123456789abcdef').waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await eventually(() => story().count()).toBe(0)
    await page.keyboard.press('0')
  })

  it('narrows all to what is brushed in the histogram, and to a range brushed in the heat map', async () => {
    await part('Latency').click()
    const histogram = page.getByRole('group', { name: /^Wake-ups by latency/ })
    const box = (await histogram.boundingBox())!
    await eventually(() => textOf(figures())).toContain(count)
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.99, box.y + box.height / 2, { steps: 6 })
    await page.mouse.up()
    await eventually(() => textOf(figures())).not.toContain(count)
    await eventually(() => textOf(figures())).toContain('max 4.20 ms')
    await picture('3-brushed')
    await page.getByRole('tabpanel').getByRole('button', { name: /×$/ }).click()
    await eventually(() => textOf(figures())).toContain(count)
    const heat = (await page.getByRole('group', { name: /^Wake-ups by time and latency/ }).boundingBox())!
    await page.mouse.move(heat.x + heat.width * 0.4, heat.y + heat.height / 2)
    await page.mouse.down()
    await page.mouse.move(heat.x + heat.width * 0.6, heat.y + heat.height / 2, { steps: 6 })
    await page.mouse.up()
    await eventually(() => textOf(figures())).toContain('in the range of')
    await page.mouse.move(5, 5)
    await page.keyboard.press('Escape')
    await eventually(() => textOf(figures())).toContain(count)
  })

  it('shows stacks as a tree and as clusters', async () => {
    await part('Stack tree').click()
    const panel = page.getByRole('tabpanel')
    await eventually(() => textOf(panel)).toContain('100.0 %')
    await panel.getByLabel('Find a function in the stacks').fill('hrtimer_interrupt')
    await eventually(() => textOf(panel)).toMatch(/in [\d.]+ %/)
    await picture('4-tree')
    await part('Stack clusters').click()
    await panel.getByRole('button', { name: 'A', exact: true }).click()
    await eventually(() => textOf(panel)).toContain('Flags constellation')
    await picture('5-clusters')
    await part('Records').click()
    await eventually(() => textOf(panel)).toContain('No such file is open')
    await part('Table').click()
  })

  it('looks as it should in both themes and sizes', async () => {
    await table().locator('[aria-rowindex="2"]').click()
    await story().waitFor()
    for (const theme of ['Dark', 'Light']) {
      await page.keyboard.press('Control+Shift+P')
      await page.getByRole('combobox', { name: 'Command' }).fill(`${theme} theme`)
      await page.keyboard.press('Enter')
      for (const [width, height] of [
        [1440, 900],
        [1024, 700],
      ] as const) {
        await page.setViewportSize({ width, height })
        await page.waitForTimeout(300)
        await picture(`6-${theme.toLowerCase()}-${width}`)
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(wide, `${theme} at ${width}`).toBeLessThanOrEqual(0)
      }
      await page.setViewportSize({ width: 1440, height: 900 })
    }
  })
})

describe('records of runs on a host and in a VM', { timeout: 240_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'remora-records-e2e-'))
  let server: Served
  let browser: Browser

  beforeAll(async () => {
    await ensureBuilt()
    for (const [side, runs] of Object.entries(makeStudy()))
      runs.forEach((text: string, i: number) => writeFileSync(join(dir, `${side}-${i}.jsonl`), text))
    server = await startServer([dir])
    browser = await launchChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    rmSync(dir, { recursive: true })
  })

  it('show the two planted clusters with their flags and spread, host and VM beside each other', async () => {
    const { page, errors } = await openPage(browser, server.url)
    await page.getByRole('tab', { name: 'Wake-ups' }).click()
    const table = page.getByRole('tabpanel').getByRole('table')
    await eventually(() => textOf(table)).toContain('host 1 200 with a stack')
    expect(await textOf(table)).toContain('vm 1 200 with a stack')
    const rows = await table.locator('tbody tr').allTextContents()
    expect(rows.length).toBe(2)
    // Tight and migrated by a timer, wide and staying by a pipe: the larger is the first.
    expect(plain(rows[0]!)).toMatch(/^A.*SYNC\|MIGRATED \(0x38\).*hrtimer_wakeup/)
    expect(plain(rows[1]!)).toMatch(/^B.*\(0x8\).*autoremove_wake_function/)
    expect(plain(rows[1]!)).not.toContain('MIGRATED')
    const spreads = rows.map((r) => /us([\d.]+) (ns|us)/.exec(plain(r))!)
    const length = ([, n, unit]: RegExpExecArray): number => Number(n) * (unit === 'us' ? 1000 : 1)
    expect(length(spreads[0]!) * 10).toBeLessThan(length(spreads[1]!))
    expect(errors).toEqual([])
  })
})

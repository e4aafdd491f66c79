import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

export const root = resolve(import.meta.dirname, '../..')
export const samples = join(root, 'samples/host-and-guest')
const artefacts = join(root, 'artefacts')

/** What trace-cmd says of the samples, and what every door must show. */
const facts = {
  events: '291 867 events',
  cpuEvents: { host: ['143 070', '120 967'], guest: ['14 975', '12 855'] },
  generatedEvents: '27 744 events',
  execs: 55,
  switchesToMigration: 33,
  /** Row 3: the trace's first sched_switch. */
  firstSwitch: {
    info: 'trace-cmd:28592 [120] R ==> migration/1:21 [0]',
    time: '0.000 007 141 s',
    clock: '4 093.901 504 831 s',
    fields: {
      prev_comm: 'trace-cmd',
      prev_pid: '28592',
      prev_prio: '120',
      next_comm: 'migration/1',
      next_pid: '21',
      next_prio: '0',
    },
    /** To the next event of that CPU. */
    gap: '5.037 us',
  },
} as const

/** Numbers are grouped by thin blanks; tests read them with plain ones. */
export const plain = (text: string | null): string =>
  (text ?? '').replace(/[\u00a0\u2009\u202f]/g, ' ').replaceAll('µ', 'u')
export const textOf = async (at: Locator): Promise<string> => plain(await at.textContent())

export const eventually = (read: () => Promise<unknown>): ReturnType<typeof expect.poll> =>
  expect.poll(read, { timeout: 20_000, interval: 100 })

/** Waits until the session is loaded as a whole. */
export async function untilLoaded(page: Page): Promise<void> {
  const status = page.getByRole('contentinfo', { name: 'Status' })
  await eventually(() => textOf(status)).toContain(facts.events)
  await eventually(() => page.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
}

type Picture = (name: string) => Promise<void>

/** The main story on the samples: overview, search, event, zoom, markers, filter, pin, samples, themes. `door` names the pictures. */
export async function story(page: Page, door: string): Promise<void> {
  mkdirSync(artefacts, { recursive: true })
  const picture: Picture = async (name) => {
    await page.screenshot({ path: join(artefacts, `${door}-${name}.png`) })
  }
  try {
    await tell(page, picture)
  } catch (e) {
    await picture('failed')
    throw e
  }
}

async function tell(page: Page, picture: Picture): Promise<void> {
  const status = page.getByRole('contentinfo', { name: 'Status' })
  const tree = page.getByRole('tree', { name: 'Rows of the timeline' })
  const table = page.getByRole('grid', { name: 'Events' })
  const inspector = page.getByLabel('Selection', { exact: true })
  const timeline = page.getByRole('application', { name: 'Timeline' })
  const chosenRow = table.locator('[role=row][aria-selected=true]')
  const shown = async (): Promise<string> => /([\d. ]+ \S+) shown/.exec(await textOf(status))?.[1] ?? ''

  await untilLoaded(page)
  for (const counts of Object.values(facts.cpuEvents)) {
    for (const count of counts) await eventually(() => textOf(tree)).toContain(count)
  }
  await picture('1-overview')

  // Search: as many matches as trace-cmd prints lines, and Enter goes to one.
  await page.keyboard.press('/')
  await page.getByLabel('Search events').fill('sched_process_exec')
  await eventually(() => textOf(page.getByRole('search'))).toMatch(new RegExp(`\\b${facts.execs}\\b`))
  await page.keyboard.press('Enter')
  await eventually(() => textOf(chosenRow)).toContain('sched_process_exec')
  await picture('2-search')
  await page.keyboard.press('Escape')

  // An event: its row, its fields.
  await page.keyboard.press('Home')
  await table.evaluate((element) => element.scrollTo({ top: 0 }))
  await table.getByRole('row').filter({ hasText: facts.firstSwitch.info }).first().click()
  await inspector.getByRole('heading', { level: 2, name: 'sched_switch' }).waitFor()
  await eventually(() => textOf(inspector)).toContain(facts.firstSwitch.time)
  expect(await textOf(inspector)).toContain(facts.firstSwitch.clock)
  for (const [name, value] of Object.entries(facts.firstSwitch.fields)) {
    expect(await textOf(inspector), name).toMatch(new RegExp(`${name}\\W*${value.replace('/', '\\/')}`))
  }

  // Zoom to it: the visible span shrinks and the event stays chosen.
  const whole = await shown()
  for (let i = 0; i < 3; i++) await page.keyboard.press('f')
  await eventually(shown).not.toBe(whole)
  expect(await textOf(chosenRow)).toContain(facts.firstSwitch.info)
  await picture('3-event')

  // Markers: A on the event, B on the next one of its CPU, the delta as trace-cmd's times say.
  await page.mouse.move(5, 5)
  await page.keyboard.press('Shift+A')
  await page.keyboard.press('.')
  await eventually(() => textOf(chosenRow)).toContain('sched_migrate_task')
  await page.keyboard.press('Shift+B')
  await eventually(() => textOf(status)).toContain(`B−A ${facts.firstSwitch.gap}`)
  await picture('4-markers')

  // Zoom by the wheel at the pointer, and back by the zoom history.
  const before = await shown()
  const box = (await timeline.boundingBox())!
  await page.mouse.move(box.x + box.width / 2, box.y + 60)
  await page.keyboard.down('Control')
  await page.mouse.wheel(0, 600)
  await page.keyboard.up('Control')
  await eventually(shown).not.toBe(before)
  await page.keyboard.press('0')
  await eventually(shown).toBe(whole)

  // Filter by a field.
  await page.keyboard.press('Control+Shift+F')
  await eventually(() => page.evaluate(() => document.activeElement?.id)).toBe('filter-expression')
  await page.keyboard.type('next_pid == 21')
  await page.keyboard.press('Enter')
  await eventually(() => textOf(status)).toContain(`${facts.switchesToMigration} of ${facts.events}`)
  await picture('5-filter')
  await page.getByRole('region', { name: 'Filter' }).getByRole('button', { name: 'Clear' }).click()
  await eventually(() => textOf(status)).not.toContain(' of 291')

  // Pin a row: it stands at the top and says whose it is.
  const row = tree.getByRole('treeitem').filter({ hasText: 'CPU 1' }).first()
  await row.click()
  await tree.press('p')
  await eventually(() => textOf(tree.getByRole('treeitem').first())).toContain('host CPU 1')
  await picture('6-pinned')

  // Who took a CPU from a guest: the busy loop that shared CPU 1 with it.
  await page.getByRole('tab', { name: /Preemptions/ }).click()
  await eventually(() => textOf(page.getByRole('tabpanel'))).toContain('bash-28598')
  await picture('7-preemptions')

  // How far the guest's clock can be trusted: the recorded relation is contradicted by the events.
  await page.getByRole('tab', { name: /Clocks/ }).click()
  await eventually(() => textOf(page.getByRole('tabpanel'))).toMatch(/Recorded\s*contradicted/)
  await picture('8-clocks')

  // The start page opens the generated sample, not what was open before, and every place says what it is.
  const run = async (command: string): Promise<void> => {
    await page.keyboard.press('Control+Shift+P')
    await page.getByRole('combobox', { name: 'Command' }).fill(command)
    await page.keyboard.press('Enter')
  }
  await run('Close the session')
  const samplesListed = page.getByRole('region', { name: 'Open' }).getByRole('button', { name: /sample/ })
  await eventually(async () => (await samplesListed.allTextContents()).map((t) => t.slice(0, 16))).toEqual([
    'Recorded samplea',
    'Generated sample',
  ])
  await picture('9-start')
  await samplesListed.filter({ hasText: 'generated' }).click()
  await eventually(() => textOf(status)).toContain(facts.generatedEvents)
  await eventually(() => textOf(page.getByRole('banner', { name: 'Toolbar' }))).toContain('generated')
  for (const machine of ['db', 'lab', 'inner']) await eventually(() => textOf(tree)).toContain(machine)
  await page.getByRole('tab', { name: /Preemptions/ }).click()
  await eventually(() => textOf(page.getByRole('tabpanel'))).toContain('busyloop-900')
  await picture('10-generated')
  await run('Close the session')
  const recent = page.getByRole('region', { name: 'Recent sessions' }).getByRole('listitem')
  await eventually(() => textOf(recent.first())).toContain('generated')
  await samplesListed.filter({ hasText: 'Recorded' }).click()
  await untilLoaded(page)

  // Both themes, at the usual size and at the smallest.
  for (const theme of ['Dark', 'Light']) {
    await run(`${theme} theme`)
    await eventually(() => page.locator('html').getAttribute('data-theme')).toBe(theme.toLowerCase())
    for (const [width, height] of [
      [1440, 900],
      [1024, 700],
    ] as const) {
      await page.setViewportSize({ width, height })
      await page.waitForTimeout(300)
      await picture(`11-${theme.toLowerCase()}-${width}x${height}`)
      // Nothing may stick out of the window.
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(wide, `${theme} at ${width}`).toBeLessThanOrEqual(0)
    }
  }
}

// A recording that is watched while it goes on, as both doors tell it.

import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

const plain = (text: string | null): string => (text ?? '').replace(/[\u00a0\u2009\u202f]/g, ' ')
const eventually = (read: () => Promise<unknown>): ReturnType<typeof expect.poll> =>
  expect.poll(read, { timeout: 60_000, interval: 100 })

/**
 * Presses Record in the dialog, sees the timeline grow and follow the end, zooms, sees it grow and the view stay, and ends the
 * recording, which is seen in the same way then.
 * @param picture takes one
 */
export async function watchRecording(
  page: Page,
  dialog: Locator,
  picture: (name: string) => Promise<unknown>,
): Promise<void> {
  const bar = page.getByRole('region', { name: 'Recording' })
  const follow = bar.getByRole('button', { name: 'Follow' })
  const status = page.getByRole('contentinfo', { name: 'Status' })
  const text = async (): Promise<string> => plain(await status.textContent())
  const events = async (): Promise<number> =>
    Number(/shown\s*([\d ]+) events/.exec(await text())?.[1]?.replaceAll(' ', '') ?? NaN)
  const shown = async (): Promise<string | undefined> => /([\d. ]+ \S+) shown/.exec(await text())?.[1]
  const grown = async (): Promise<void> => {
    const before = await events()
    await eventually(events).toBeGreaterThan(before)
  }
  await dialog.getByRole('button', { name: 'Record', exact: true }).click()
  await bar.waitFor()
  await dialog.waitFor({ state: 'hidden' })
  await grown()
  expect(await follow.getAttribute('aria-pressed')).toBe('true')
  expect(plain(await bar.textContent())).toMatch(/Recording.*\d events.*\d\/s/)
  await picture('growing')

  await page.keyboard.press('w')
  await eventually(() => follow.getAttribute('aria-pressed')).toBe('false')
  // It goes on growing, or says why it waits: a busy machine records more than is looked at. The view stays in either case.
  const further = async (): Promise<void> => {
    const before = await events()
    await eventually(async () => (await events()) > before || /waits/.test(plain(await bar.textContent()))).toBe(true)
  }
  await further()
  const view = await shown()
  await further()
  expect(await shown()).toBe(view)

  await bar.getByRole('button', { name: 'Figures' }).click()
  await dialog.getByRole('img', { name: /^Events per second of \d+ CPUs over [1-9]\d*\.\d s/ }).waitFor()
  await picture('figures')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })

  await bar.getByRole('button', { name: 'Stop' }).click()
  await bar.waitFor({ state: 'hidden' })
  await page.getByText(/The recording lies in .*recordings/).waitFor()
  expect(await shown()).toBe(view)
}

// What the window keeps, read beside the app, and lives of it that end in a kill.

import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { eventually, textOf } from './story.js'

/** Waits until the small trace that these tests open is there as a whole; several windows may be starting at once. */
export async function untilSmallLoaded(page: Page): Promise<void> {
  const soon = { timeout: 60_000, interval: 100 }
  const status = page.getByRole('contentinfo', { name: 'Status' })
  await expect.poll(() => textOf(status), soon).toContain('1 609 events')
  await expect.poll(() => page.getByRole('button', { name: 'Cancel' }).count(), soon).toBe(0)
}

export type StoredSession = Readonly<Record<string, unknown>> & {
  readonly view?: {
    readonly notes?: readonly { readonly id: string; readonly text: string }[]
    readonly history?: { readonly notes: { readonly future: readonly (readonly { readonly what: string }[])[] } }
  } | null
}

/** Everything that is kept of sessions in the window's database. */
export const storedSessions = (page: Page): Promise<StoredSession[]> =>
  page.evaluate(
    () =>
      new Promise((done, failed) => {
        const opening = indexedDB.open('remora')
        opening.addEventListener('error', () => failed(opening.error!))
        opening.addEventListener('success', () => {
          const all = opening.result.transaction('sessions').objectStore('sessions').getAll()
          all.addEventListener('success', () => (opening.result.close(), done(all.result as StoredSession[])))
        })
      }),
  )

/** Waits until a note with this text is kept. */
export const untilStored = (page: Page, text: string): Promise<void> =>
  eventually(async () =>
    (await storedSessions(page)).some((s) => s.view?.notes?.some((n) => n.text === text) ?? false),
  ).toBe(true)

export const noteTexts = (page: Page): Promise<string[]> =>
  page.locator('.note-row .note-text').evaluateAll((all) => all.map((n) => n.textContent ?? ''))

/** The written notes in their order; one that was begun and has no text yet is none. */
export async function writtenNotes(page: Page): Promise<string[]> {
  const tab = page.getByRole('tab', { name: 'Notes' })
  // Which tab was open may have been lost with the last moment.
  if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click()
  const number = (text: string): number => Number(/^note (\d+) /.exec(text)![1])
  const texts = (await noteTexts(page)).filter((text) => text !== 'no text')
  return texts.toSorted((a, b) => number(a) - number(b))
}

export async function writeNote(page: Page, text: string): Promise<void> {
  const box = (await page.getByRole('application', { name: 'Timeline' }).boundingBox())!
  await page.mouse.move(box.x + box.width / 2, box.y + 120)
  await page.keyboard.press('m')
  await page.getByRole('textbox', { name: 'Text of the note' }).fill(text)
  await page.keyboard.press('Enter')
}

const STORED = 'remora-test: stored '

/** Has the page say which notes each finished storing of the session held. */
function tellStored(): void {
  const all = IDBObjectStore.prototype
  const put = all.put
  all.put = function (this: IDBObjectStore, ...args: Parameters<typeof put>) {
    const value = args[0] as StoredSession
    if (this.name === 'sessions') {
      const count = value.view?.notes?.filter((n) => n.text !== '').length ?? 0
      this.transaction.addEventListener('complete', () => console.debug(`remora-test: stored ${count}`))
    }
    return put.apply(this, args)
  }
}

/** What was written over several lives, in order. */
export interface Written {
  readonly texts: string[]
  /** So many of them, the first ones, are known to be kept. */
  kept: number
}

/**
 * One life of a window whose session has just come up: what earlier lives are known to have kept is there, and nothing else than
 * what was written, from the first on without a gap. Then writes on, and kills it at a random moment.
 */
export async function lifeAndDeath(page: Page, written: Written, kill: () => Promise<void>): Promise<void> {
  let stored = 0
  page.on('console', (said) => {
    const [, count] = said.text().split(STORED)
    if (count !== undefined) stored = Math.max(stored, Number(count))
  })
  await page.evaluate(tellStored)
  const there = await writtenNotes(page)
  expect(there).toEqual(written.texts.slice(0, there.length))
  expect(there.length).toBeGreaterThanOrEqual(written.kept)
  // What the last life lost is not expected any more.
  written.texts.length = there.length
  for (let more = 1 + Math.floor(Math.random() * 3); more > 0; more--) {
    const text = `note ${written.texts.length} ${Math.random()}`
    written.texts.push(text)
    await writeNote(page, text)
    await page.waitForTimeout(Math.random() * 150)
  }
  // Storing begins 200 ms after a change: before, meanwhile and after.
  await page.waitForTimeout(Math.random() * 400)
  written.kept = Math.max(there.length, stored)
  await kill()
}

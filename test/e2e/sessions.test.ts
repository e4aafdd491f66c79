// What was done to a set of files outlives the window: killed, migrated, harmed, renamed, or without room.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { drop } from './dropping.js'
import { startServer, type Served } from './serving.js'
import {
  lifeAndDeath,
  noteTexts,
  storedSessions,
  untilStored,
  writeNote,
  writtenNotes,
  type Written,
} from './stored.js'
import { eventually, root, textOf } from './story.js'

const KILLS = 20
const LANES = 4
/** Small, so that it is there at once: what is tested is the store. */
const trace = join(root, 'samples/generated-vms/host-lab-inner.dat')

describe('sessions', { timeout: 240_000 }, () => {
  let server: Served
  let browser: Browser

  beforeAll(async () => {
    await ensureBuilt()
    server = await startServer([trace])
    browser = await launchChromium()
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const loaded = async (page: Page): Promise<void> => {
    const status = page.getByRole('contentinfo', { name: 'Status' })
    await eventually(() => textOf(status)).toContain('1 609 events')
    await eventually(() => page.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
  }
  const fresh = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(server.url)
    await loaded(page)
    return page
  }
  /** Changes what is stored, beside the app. */
  const tamper = (page: Page, change: string): Promise<void> =>
    page.evaluate(
      (code) =>
        new Promise<void>((done, failed) => {
          const opening = indexedDB.open('remora')
          opening.addEventListener('error', () => failed(opening.error!))
          opening.addEventListener('success', () => {
            const change = opening.result.transaction('sessions', 'readwrite')
            const all = change.objectStore('sessions').getAll()
            all.addEventListener('success', () => {
              for (const row of all.result as Record<string, unknown>[]) {
                if (code === 'newer') row.schema = 99
                else row.view = { range: 'gone' }
                change.objectStore('sessions').put(row)
              }
            })
            change.addEventListener('complete', () => (opening.result.close(), done()))
          })
        }),
      change,
    )

  it(`lose nothing that was stored when the window is killed, ${KILLS} times`, async () => {
    // Windows of their own beside each other: most of a life is waiting.
    const lane = async (kills: number): Promise<number> => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
      const written: Written = { texts: [], kept: 0 }
      for (let kill = 0; kill < kills; kill++) {
        const page = await fresh(context)
        await lifeAndDeath(page, written, async () => {
          const session = await context.newCDPSession(page)
          const gone = page.waitForEvent('crash')
          session.send('Page.crash').catch(() => undefined)
          await gone
        })
      }
      const last = await writtenNotes(await fresh(context))
      expect(last).toEqual(written.texts.slice(0, last.length))
      expect(last.length).toBeGreaterThanOrEqual(written.kept)
      await context.close()
      return last.length
    }
    const kept = await Promise.all(Array.from({ length: LANES }, () => lane(KILLS / LANES)))
    expect(kept.reduce((n, k) => n + k, 0)).toBeGreaterThan(0)
  })

  it('of version 1 come back, and of other names', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const blank = await context.newPage()
    // A page of the same origin that runs nothing of ours.
    await blank.goto(`${new URL(server.url).origin}/api/startup${new URL(server.url).search}`)
    await blank.evaluate(
      () =>
        new Promise<void>((done, failed) => {
          // Dexie counts versions in tens.
          const opening = indexedDB.open('remora', 10)
          opening.addEventListener('error', () => failed(opening.error!))
          opening.addEventListener('upgradeneeded', () => {
            opening.result.createObjectStore('sessions', { keyPath: 'key' }).createIndex('opened', 'opened')
            opening.result.createObjectStore('settings', { keyPath: 'name' }).put({ name: 'drawerTab', value: 'notes' })
          })
          opening.addEventListener('success', () => {
            const change = opening.result.transaction('sessions', 'readwrite')
            const note = {
              id: 'old',
              kind: 'note',
              text: 'of version 1',
              ink: 'blue',
              to: null,
              dx: 9,
              dy: 9,
              number: null,
              from: { t: '299820000000', row: 'm0/cpu0' },
            }
            change.objectStore('sessions').put({
              key: 'host-lab-inner.dat:94719:0000000000000054',
              name: 'host-lab-inner.dat',
              files: [{ name: 'host-lab-inner.dat', size: 94719, anchor: { kind: 'none' } }],
              pairs: [],
              events: 1609,
              opened: 1,
              view: {
                range: { from: 1e7, to: 3e7 },
                markers: { a: 15e6, b: null },
                pinned: [],
                hidden: [],
                toggled: [],
                filter: {},
                clocks: {},
                selected: null,
                notes: [note],
              },
            })
            change.addEventListener('complete', () => (opening.result.close(), done()))
          })
        }),
    )
    await blank.close()
    const page = await fresh(context)
    await eventually(() => noteTexts(page)).toEqual(['of version 1'])
    await eventually(() => textOf(page.getByRole('contentinfo', { name: 'Status' }))).toContain('20.000 000 ms shown')
    await eventually(async () =>
      (await storedSessions(page)).map((s) => [s.schema, String(s.key).slice(0, 8)]),
    ).toEqual([[2, 'content:']])
    await writeNote(page, 'and of now')
    await untilStored(page, 'and of now')
    // Dropped under another name: the same session.
    await drop(page, 'renamed.dat', readFileSync(trace))
    await page.getByRole('dialog').getByRole('button', { name: 'Load' }).click()
    await eventually(() => page.title()).toContain('renamed')
    await eventually(async () => (await noteTexts(page)).toSorted()).toEqual(['and of now', 'of version 1'])
    expect(await storedSessions(page)).toHaveLength(1)
    await context.close()
  })

  it('that are newer or harmed leave the traces alone, and say so', async () => {
    for (const [how, words] of [
      ['newer', 'was written by a newer Remora'],
      ['harmed', 'a copy of what was stored is put aside'],
    ] as const) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
      const page = await fresh(context)
      await page.getByRole('tab', { name: 'Notes' }).click()
      await writeNote(page, 'mine')
      await untilStored(page, 'mine')
      await page.goto('about:blank')
      const beside = await context.newPage()
      await beside.goto(`${new URL(server.url).origin}/api/startup${new URL(server.url).search}`)
      await tamper(beside, how)
      await beside.close()
      await page.goto(server.url)
      await loaded(page)
      await eventually(() => textOf(page.locator('.banners'))).toContain(words)
      expect(await noteTexts(page)).toEqual([])
      await writeNote(page, `after ${how}`)
      await untilStored(page, `after ${how}`)
      await page.reload()
      await loaded(page)
      await eventually(() => noteTexts(page)).toEqual([`after ${how}`])
      if (how === 'newer') expect((await storedSessions(page)).some((s) => s.schema === 99)).toBe(true)
      await context.close()
    }
  })

  it('say that there is no room, and lose nothing when there is again', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const page = await fresh(context)
    await page.getByRole('tab', { name: 'Notes' }).click()
    // As the browser refuses when the disk is full; its own quota is only looked at now and then.
    await page.evaluate(() => {
      const all = IDBObjectStore.prototype as { put: unknown; kept?: unknown }
      all.kept = all.put
      all.put = () => {
        throw new DOMException('There is no room.', 'QuotaExceededError')
      }
    })
    const banner = page.getByRole('alert').filter({ hasText: 'storage is full' })
    await writeNote(page, 'x'.repeat(3900))
    await eventually(() => banner.count()).toBe(1)
    await page.evaluate(() => {
      const all = IDBObjectStore.prototype as { put: unknown; kept?: unknown }
      all.put = all.kept
    })
    await eventually(() => banner.count()).toBe(0)
    await page.reload()
    await loaded(page)
    await eventually(async () => (await noteTexts(page))[0]?.length).toBe(3900)
    await context.close()
  })
})

// What was done to a set of files outlives the window: killed, migrated, harmed, renamed, or without room.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { remora } from '../run-cli.js'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { drop } from './dropping.js'
import { startServer, type Served } from './serving.js'
import {
  lifeAndDeath,
  noteTexts,
  storedSessions,
  untilSmallLoaded,
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
  const folder = mkdtempSync(join(tmpdir(), 'remora-sessions-'))

  beforeAll(async () => {
    await ensureBuilt()
    server = await startServer([trace])
    browser = await launchChromium()
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    rmSync(folder, { recursive: true })
  })

  const fresh = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(server.url)
    await untilSmallLoaded(page)
    return page
  }
  const dropAndLoad = async (page: Page, name: string, bytes: Buffer): Promise<void> => {
    await drop(page, name, bytes)
    await page.getByRole('dialog').getByRole('button', { name: 'Load' }).click()
    await eventually(() => page.title()).toContain(name.replace(/\..*/, ''))
    await eventually(() => page.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
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
      // Small windows: what is drawn is not looked at.
      const context = await browser.newContext({ viewport: { width: 1024, height: 640 } })
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
    await dropAndLoad(page, 'renamed.dat', readFileSync(trace))
    await eventually(async () => (await noteTexts(page)).toSorted()).toEqual(['and of now', 'of version 1'])
    expect(await storedSessions(page)).toHaveLength(1)
    // Another part of the same recording: known by its trace id.
    const part = join(folder, 'part.dat')
    const trimmed = await remora(['trim', '--from', '+0.005', '--to', '+0.040', '--out', part, trace])
    expect([trimmed.code, trimmed.err]).toEqual([0, ''])
    await dropAndLoad(page, 'part.dat', readFileSync(part))
    await eventually(() => textOf(page.locator('.banners'))).toContain('have the trace ids of')
    await eventually(async () => (await noteTexts(page)).toSorted()).toEqual(['and of now', 'of version 1'])
    // Without its traces, for somebody who has them.
    await page.keyboard.press('Control+s')
    const dialog = page.getByRole('dialog', { name: 'Save the session as a file' })
    await dialog.locator('input[value=none]').check()
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Save' }).click(),
    ])
    const bundle = readFileSync(await file.path())
    expect(bundle.length).toBeLessThan(readFileSync(part).length / 4)
    await context.close()
    const elsewhere = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const theirs = await fresh(elsewhere)
    await drop(theirs, 'part.remora', bundle)
    await eventually(() => textOf(theirs.locator('.banners'))).toContain('Open or drop part.dat')
    await dropAndLoad(theirs, 'part.dat', readFileSync(part))
    await theirs.getByRole('tab', { name: 'Notes' }).click()
    await eventually(async () => (await noteTexts(theirs)).toSorted()).toEqual(['and of now', 'of version 1'])
    await elsewhere.close()
  })

  it('say in tables for other programs what their own tables show', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const page = await fresh(context)
    const saved = async (tab: string, entry: string): Promise<string> => {
      await page.getByRole('tab', { name: tab }).click()
      await page.getByRole('tab', { name: tab, selected: true }).waitFor()
      await page.getByTitle('Save the table as CSV or JSON').click()
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: entry }).click(),
      ])
      return readFileSync(await file.path(), 'utf8')
    }
    const csv = (await saved('Events', 'Save the event table as CSV')).trim().split('\r\n')
    expect(csv[0]).toBe('time_ns,machine,cpu,task,pid,latency,system,event,info')
    expect(csv).toHaveLength(1609 + 1)
    const wakeups = JSON.parse(await saved('Wake-ups', 'Save the wake-ups as JSON')) as {
      readonly rows: readonly object[]
    }
    const { out } = await remora(['wakeups', '--json', trace])
    expect(wakeups.rows).toHaveLength((JSON.parse(out) as { readonly total: number }).total)
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
      await untilSmallLoaded(page)
      await eventually(() => textOf(page.locator('.banners'))).toContain(words)
      expect(await noteTexts(page)).toEqual([])
      await writeNote(page, `after ${how}`)
      await untilStored(page, `after ${how}`)
      await page.reload()
      await untilSmallLoaded(page)
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
    await untilSmallLoaded(page)
    await eventually(async () => (await noteTexts(page))[0]?.length).toBe(3900)
    await context.close()
  })
})

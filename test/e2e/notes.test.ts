// Notes of every kind upon a recorded trace: written, moved, taken back, found again after a reload, and on pictures.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Download, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { annotationKinds, readAnnotations } from '../../renderer/annotate/model.js'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { openPage, startServer, type Served } from './serving.js'
import { storedSessions } from './stored.js'
import { eventually, root, samples, textOf, untilLoaded } from './story.js'

describe('notes', { timeout: 240_000 }, () => {
  let server: Served
  let browser: Browser
  let page: Page
  let errors: string[]
  const artefacts = join(root, 'artefacts')

  beforeAll(async () => {
    mkdirSync(artefacts, { recursive: true })
    await ensureBuilt()
    server = await startServer([samples])
    browser = await launchChromium()
    ;({ page, errors } = await openPage(browser, server.url))
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const list = (): Locator => page.getByRole('list', { name: 'Notes' }).getByRole('listitem')
  const texts = async (): Promise<string[]> =>
    (
      await page
        .locator('.note-row')
        .evaluateAll((rows) =>
          rows.map((r) => `${r.children[1]!.textContent} ${r.querySelector('.note-text')!.textContent}`),
        )
    ).toSorted()
  const canvas = async () => (await page.getByRole('application', { name: 'Timeline' }).boundingBox())!
  const press = async (x: number, y: number, to?: readonly [number, number]): Promise<void> => {
    const box = await canvas()
    await page.mouse.move(box.x + x, box.y + y)
    await page.mouse.down()
    if (to) await page.mouse.move(box.x + to[0], box.y + to[1], { steps: 4 })
    await page.mouse.up()
  }
  const write = async (text: string): Promise<void> => {
    const field = page.getByRole('textbox', { name: 'Text of the note' })
    await field.fill(text)
    await field.press('Enter')
    await eventually(() => field.count()).toBe(0)
  }
  const draw = async (button: string, text: string, ...at: Parameters<typeof press>): Promise<void> => {
    await page.getByRole('button', { name: button, exact: true }).click()
    await press(...at)
    if (button !== 'Row') await write(text)
  }
  /** All notes as their file form says. */
  const exported = async () => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('tabpanel', { name: 'Notes' }).getByRole('button', { name: 'Export' }).click(),
    ])
    return readAnnotations(readFileSync(await file.path(), 'utf8'))
  }
  const byId = <T extends { readonly id: string }>(some: readonly T[]) =>
    some.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const all = [
    'Arrow who',
    'Box here',
    'Chain no text',
    'Number 1 callout',
    'Range pause',
    'Row no text',
    'Text late by 12 us',
  ].toSorted()

  /** The id of the wake-up whose chain is lit. */
  const lit = (): Promise<string> =>
    textOf(page.getByRole('article', { name: 'Wake-up' }).locator('.facts .mono').first())
  const litNone = async (): Promise<void> => {
    await page.getByRole('application', { name: 'Timeline' }).focus()
    await eventually(async () => {
      // The chosen note goes first, then the selection.
      await page.keyboard.press('Escape')
      return page.getByRole('article', { name: 'Wake-up' }).count()
    }).toBe(0)
    await page.keyboard.press('0')
  }

  it('highlight the chain of wake-ups that is lit', async () => {
    await untilLoaded(page)
    // Rows that come later would push away what is drawn upon.
    await eventually(() => textOf(page.getByRole('tree', { name: 'Rows of the timeline' }))).toContain(
      'Tasks, by layer',
    )
    await page.getByRole('tab', { name: 'Wake-ups' }).click()
    await page.getByRole('grid', { name: 'Wake-ups' }).getByRole('row').nth(3).click()
    await eventually(lit).toMatch(/^[0-9a-f]{16}$/)
    const id = await lit()
    await page.keyboard.press('Shift+C')
    await page.getByRole('tab', { name: 'Notes' }).click()
    await eventually(() => textOf(list().first())).toContain(id)
    await litNone()
  })

  it('are drawn with the tools, each kind', async () => {
    await draw('Text', 'late by 12 us', 200, 80)
    await draw('Arrow', 'who', 330, 100, [460, 190])
    await draw('Box', 'here', 520, 90, [640, 180])
    await page.getByRole('button', { name: 'Colour orange' }).click()
    await draw('Range', 'pause', 250, 250, [500, 250])
    await draw('Number', 'callout', 700, 120)
    await page.getByRole('button', { name: 'Colour green' }).click()
    await draw('Row', '', 300, 220)
    await eventually(texts).toEqual(all)
    const kinds = (await exported()).map((a) => a.kind)
    expect([...new Set(kinds)].toSorted()).toEqual([...annotationKinds].toSorted())
    await page.screenshot({ path: join(artefacts, 'notes-1.png') })
  })

  it('are moved by the hand, edited in place, and go back and forth by one key', async () => {
    const before = await exported()
    await press(700, 120, [760, 120])
    const moved = await exported()
    const at = (notes: typeof before, kind: string) => BigInt(notes.find((a) => a.kind === kind)!.from.t)
    expect(at(moved, 'callout') > at(before, 'callout')).toBe(true)
    expect(moved.filter((a) => a.kind !== 'callout')).toEqual(before.filter((a) => a.kind !== 'callout'))
    await list().filter({ hasText: 'late by' }).getByRole('button', { name: 'Edit' }).click()
    await write('late by 13 us')
    await eventually(texts).toContain('Text late by 13 us')
    await page.keyboard.press('Control+z')
    await eventually(texts).toEqual(all)
    await page.keyboard.press('Control+z')
    expect(await exported()).toEqual(before)
    await page.keyboard.press('Control+Shift+z')
    expect(await exported()).toEqual(moved)
    await list().filter({ hasText: 'who' }).click()
    await page.keyboard.press('Delete')
    await eventually(() => list().count()).toBe(all.length - 1)
    await page.keyboard.press('Control+z')
    await eventually(texts).toEqual(all)
  })

  it('are all there after a reload, where they were', async () => {
    const before = await exported()
    // Of the latest state: the deletion that was taken back last could be made again.
    await eventually(async () => {
      const view = (await storedSessions(page))[0]?.view
      return [view?.history?.notes.future.map((step) => step.map((c) => c.what)), byId(view?.notes ?? [])]
    }).toEqual([[['gone']], byId(before)])
    await page.reload()
    await untilLoaded(page)
    await page.getByRole('tab', { name: 'Notes' }).click()
    await eventually(texts).toEqual(all)
    expect(await exported()).toEqual(before)
    // So is the way back, and forward: the last that was done before was to take back that one was deleted.
    await page.keyboard.press('Control+Shift+z')
    await eventually(() => list().count()).toBe(all.length - 1)
    await page.keyboard.press('Control+z')
    await eventually(texts).toEqual(all)
    const chain = before.find((a) => a.on?.kind === 'chain')!
    await list().filter({ hasText: 'Chain' }).click()
    await eventually(async () => ((await page.getByRole('article', { name: 'Wake-up' }).count()) ? lit() : '')).toBe(
      chain.on!.kind === 'chain' ? chain.on!.id : '',
    )
    await litNone()
  })

  it('follow their guest when its clock is chosen anew, and come back with it', async () => {
    const before = await exported()
    const tree = page.getByRole('tree', { name: 'Rows of the timeline' })
    await eventually(() => textOf(tree)).toContain('Tasks, by layer')
    const row = tree.getByRole('treeitem').filter({ hasText: 'CPU 0' }).last()
    await row.scrollIntoViewIfNeeded()
    const [at, timeline] = [(await row.boundingBox())!, await canvas()]
    await draw('Number', 'guest', 400, at.y + at.height / 2 - timeline.y)
    const found = async () => (await exported()).find((a) => a.text === 'guest')!
    // The engine is asked for the guest's own time.
    await eventually(async () => (await found()).from.raw ?? '').toMatch(/^\d+$/)
    const guest = await found()
    expect(guest.from.row).toBe('m1/cpu0')
    await page.getByRole('tab', { name: 'Clocks' }).click()
    const card = page.getByRole('region', { name: 'Clock of 10.9.1.2' })
    const offset = card.getByRole('textbox', { name: 'Offset' })
    await offset.fill('5 us')
    await card.getByRole('button', { name: 'Apply' }).click()
    await eventually(() => offset.inputValue()).toBe('5000 ns')
    await page.getByRole('tab', { name: 'Notes' }).click()
    const later = async () => (await exported()).find((a) => a.text === 'guest')!.from
    await eventually(async () => BigInt((await later()).t) - BigInt(guest.from.t)).toBe(5000n)
    expect((await later()).raw).toBe(guest.from.raw)
    await page.keyboard.press('Control+z')
    await eventually(async () => (await later()).t).toBe(guest.from.t)
    await page.keyboard.press('Control+z')
    await eventually(exported).toEqual(before)
  })

  describe('on pictures', () => {
    const save = async (format: string): Promise<Download> => {
      await page.keyboard.press('Control+e')
      const dialog = page.getByRole('dialog', { name: 'Export a picture' })
      await dialog.getByLabel('Format').selectOption(format)
      await eventually(() => dialog.getByText('digests are being computed').count()).toBe(0)
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        dialog.getByRole('button', { name: 'Save' }).click(),
      ])
      return file
    }

    it('stand once each in an SVG that parses', async () => {
      const svg = readFileSync(await (await save('svg')).path(), 'utf8')
      // Elsewhere than on our page, which lets no inline style pass.
      const blank = await browser.newPage()
      const parsed = await blank.evaluate((text) => {
        const doc = new DOMParser().parseFromString(text, 'image/svg+xml')
        return {
          wrong: doc.querySelector('parsererror')?.textContent ?? null,
          texts: [...doc.querySelectorAll('text')].map((t) => t.textContent ?? ''),
          bold: [...doc.querySelectorAll('text[font-family$=Bold]')].map((t) => t.textContent ?? ''),
        }
      }, svg)
      await blank.close()
      expect(parsed.wrong).toBe(null)
      const count = (words: string) => parsed.texts.filter((t) => t === words).length
      for (const words of ['late by 12 us', 'who', 'here']) expect([words, count(words)]).toEqual([words, 1])
      // Labels of rows may be numbers too; those of notes are bold.
      expect(parsed.bold.filter((t) => t === '1')).toHaveLength(1)
      expect(parsed.texts.filter((t) => t.startsWith('pause, '))).toHaveLength(1)
      expect(parsed.texts.filter((t) => /SHA-256 [\da-f]{64}/.test(t.replaceAll(/\s/g, ' '))).length).toBeGreaterThan(0)
    })

    it('are a PNG of the size asked for', async () => {
      const file = await save('png')
      await file.saveAs(join(artefacts, 'notes-picture.png'))
      const png = readFileSync(await file.path())
      expect(png.subarray(1, 4).toString()).toBe('PNG')
      expect(png.readUInt32BE(16)).toBe(2400)
    })

    it('are a PDF of one page with the texts as text', async () => {
      const file = await save('pdf')
      const path = join(artefacts, 'notes-picture.pdf')
      await file.saveAs(path)
      expect(readFileSync(path).subarray(0, 5).toString()).toBe('%PDF-')
      let text: string
      try {
        text = execFileSync('pdftotext', [path, '-'], { encoding: 'utf8' })
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code === 'ENOENT') return console.warn('pdftotext is not here; texts unread')
        throw e
      }
      expect(text).toContain('late by 12 us')
    })
  })

  it('had no error on the way', () => {
    expect(errors).toEqual([])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt } from './built.js'
import { noWindow, openWindow, type OpenedWindow } from './electron.js'
import { samples, story } from './story.js'

describe.skipIf(noWindow)(`the desktop door${noWindow && ` (skipped: ${noWindow})`}`, { timeout: 240_000 }, () => {
  let window: OpenedWindow

  beforeAll(async () => {
    await ensureBuilt()
    window = await openWindow([samples])
  }, 120_000)
  afterAll(() => window?.close())

  it('opens a guarded window and tells the main story of the samples in it', async () => {
    const { page, errors } = window
    expect(page.url()).toMatch(/^remora:/)
    // The page has no door to Node but the few calls of the preload.
    expect(await page.evaluate(() => ['require', 'process', 'module'].filter((name) => name in globalThis))).toEqual([])
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    await story(page, 'desktop')
    expect(errors).toEqual([])
  })
})

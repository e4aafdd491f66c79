import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { openPage, startServer, type Served } from './serving.js'
import { samples, story } from './story.js'

describe('the web door', { timeout: 240_000 }, () => {
  let server: Served
  let browser: Browser

  beforeAll(async () => {
    await ensureBuilt()
    server = await startServer([samples])
    browser = await launchChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    if (server) expect(await server.stop()).toBe(0)
  })

  it('tells the main story of the samples, without an error on the way', async () => {
    const { page, errors } = await openPage(browser, server.url)
    await story(page, 'web')
    expect(errors).toEqual([])
  })
})

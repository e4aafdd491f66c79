import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { root, samples, story } from './story.js'

describe('the web door', { timeout: 240_000 }, () => {
  let server: ChildProcess
  let browser: Browser
  let url = ''

  beforeAll(async () => {
    await ensureBuilt()
    server = spawn(process.execPath, [join(root, 'dist/main/cli.js'), 'serve', samples, '--port', '0', '--no-open'])
    url = await new Promise<string>((found, failed) => {
      let said = ''
      const listen = (chunk: Buffer): void => {
        said += chunk.toString()
        const match = /http:\/\/\S+/.exec(said)
        if (match) found(match[0])
      }
      server.stdout!.on('data', listen)
      server.stderr!.on('data', listen)
      server.once('exit', () => failed(new Error(`remora serve ended: ${said}`)))
    })
    browser = await launchChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    if (server && server.exitCode === null) {
      const ended = once(server, 'exit')
      server.kill('SIGINT')
      expect((await ended)[0]).toBe(0)
    }
  })

  it('tells the main story of the samples, without an error on the way', async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    const errors: string[] = []
    page.on('pageerror', (e) => errors.push(e.message))
    page.on('console', (m) => m.type() === 'error' && errors.push(m.text()))
    await page.goto(url)
    await story(page, 'web')
    expect(errors).toEqual([])
  })
})

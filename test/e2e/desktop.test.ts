import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt } from './built.js'
import { noWindow, openWindow, type OpenedWindow } from './electron.js'
import { watchRecording } from './recording.js'
import { root, samples, story } from './story.js'

const tracefs = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'].some((d) => existsSync(`${d}/events/header_page`))
const noRecording = process.getuid?.() === 0 ? (tracefs ? '' : 'no tracefs') : 'not root'

describe.skipIf(noWindow)(`the desktop door${noWindow && ` (skipped: ${noWindow})`}`, { timeout: 240_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'remora-desktop-record-'))
  let window: OpenedWindow

  beforeAll(async () => {
    await ensureBuilt()
    window = await openWindow([samples], { XDG_DATA_HOME: join(dir, 'data'), XDG_STATE_HOME: join(dir, 'state') })
  }, 120_000)
  afterAll(async () => {
    await window?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  it('opens a guarded window and tells the main story of the samples in it', async () => {
    const { page, errors } = window
    expect(page.url()).toMatch(/^remora:/)
    // The page has no door to Node but the few calls of the preload.
    expect(await page.evaluate(() => ['require', 'process', 'module'].filter((name) => name in globalThis))).toEqual([])
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    await story(page, 'desktop')
    expect(errors).toEqual([])
  })
  it.skipIf(noRecording)(
    `records this machine, with a timeline that grows${noRecording && ` (skipped: ${noRecording})`}`,
    async () => {
      const { page, errors } = window
      const dialog = page.getByRole('dialog', { name: 'Record' })
      await page.keyboard.press('Control+Alt+r')
      await dialog.getByRole('tab', { name: 'This machine', selected: true }).waitFor()
      await watchRecording(page, dialog, (name) =>
        page.screenshot({ path: join(root, `artefacts/desktop-record-${name}.png`) }),
      )
      expect(errors).toEqual([])
    },
  )
})

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Annotation } from '../../renderer/annotate/model.js'
import { writeBundle } from '../../renderer/store/bundle.js'
import { ensureBuilt } from './built.js'
import { makeProfile, noWindow, openWindow, type OpenedWindow } from './electron.js'
import { watchRecording } from './recording.js'
import { lifeAndDeath, untilSmallLoaded, writtenNotes, type Written } from './stored.js'
import { root, samples, story } from './story.js'

/** Of the window; more by hand. */
const KILLS = Number(process.env.REMORA_KILLS ?? 2)

/** A session saved as a file, of one trace and one note upon it. */
function sessionWith(name: string, trace: Buffer, text: string): Uint8Array {
  const note: Annotation = {
    id: 'theirs',
    kind: 'note',
    text,
    ink: 'blue',
    from: { t: '299820000000', row: 'm0/cpu0' },
    to: null,
    dx: 18,
    dy: 22,
    number: null,
  }
  const view = {
    range: { from: 1e7, to: 3e7 },
    markers: { a: null, b: null },
    pinned: [],
    hidden: [],
    toggled: [],
    filter: {},
    clocks: {},
    selected: null,
    notes: [note],
  }
  const file = { name, size: trace.length, traceId: null, print: '', entry: 'traces/0' }
  return writeBundle({
    manifest: { by: 'a test', name: 'Late', at: Date.UTC(2026, 1, 3), trimmed: null, files: [file], pairs: [] },
    content: { view, views: [] },
    traces: new Map([['traces/0', Uint8Array.from(trace)]]),
  })
}

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
  it(`opens a session saved as a file that it is given, and loses nothing stored when killed, ${KILLS} times`, async () => {
    const bundle = join(dir, 'late.remora')
    const trace = readFileSync(join(root, 'samples/generated-vms/host-lab-inner.dat'))
    writeFileSync(bundle, sessionWith('host-lab-inner.dat', trace, 'note 0 of a colleague'))
    const profile = await makeProfile()
    try {
      const written: Written = { texts: ['note 0 of a colleague'], kept: 1 }
      for (let life = 0; life <= KILLS; life++) {
        const { page, errors, kill, close } = await openWindow([bundle], {}, profile)
        await untilSmallLoaded(page)
        if (life < KILLS) await lifeAndDeath(page, written, kill)
        else {
          const last = await writtenNotes(page)
          expect(last).toEqual(written.texts.slice(0, last.length))
          expect(last.length).toBeGreaterThanOrEqual(written.kept)
          await close()
        }
        expect(errors).toEqual([])
      }
    } finally {
      profile.dispose()
    }
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

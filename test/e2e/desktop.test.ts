import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt } from './built.js'
import { root, samples, story } from './story.js'

/** The runtime named by ELECTRON_OVERRIDE_DIST_PATH, else the one that the electron package has fetched, else null. */
function electronRuntime(): string | null {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (override) return existsSync(join(override, 'electron')) ? join(override, 'electron') : null
  const note = join(root, 'node_modules/electron/path.txt')
  return existsSync(note) ? join(root, 'node_modules/electron/dist', readFileSync(note, 'utf8').trim()) : null
}

const runtime = electronRuntime()
const display = process.platform !== 'linux' || process.env.DISPLAY !== undefined
const hasXvfb = spawnSync('Xvfb', ['-help']).error === undefined
const missing = !runtime ? 'no Electron runtime' : !display && !hasXvfb ? 'neither a display nor Xvfb' : ''

describe.skipIf(missing)(`the desktop door${missing && ` (skipped: ${missing})`}`, { timeout: 240_000 }, () => {
  let xvfb: ChildProcess | undefined
  let app: ElectronApplication
  const home = mkdtempSync(join(tmpdir(), 'remora-desktop-'))

  beforeAll(async () => {
    await ensureBuilt()
    const env: Record<string, string> = { XDG_CONFIG_HOME: home }
    for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] ??= value
    if (!display) {
      const screen = await startXvfb()
      xvfb = screen.process
      env.DISPLAY = screen.display
    }
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    app = await _electron.launch({ executablePath: runtime!, args: [...asRoot, root, samples], cwd: root, env })
  }, 120_000)
  afterAll(async () => {
    await app?.close()
    xvfb?.kill()
    rmSync(home, { recursive: true })
  })

  it('opens a guarded window and tells the main story of the samples in it', async () => {
    const page = await app.firstWindow()
    const errors: string[] = []
    page.on('pageerror', (e) => errors.push(e.message))
    expect(page.url()).toMatch(/^remora:/)
    // The page has no door to Node but the few calls of the preload.
    expect(await page.evaluate(() => ['require', 'process', 'module'].filter((name) => name in globalThis))).toEqual([])
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    await page.setViewportSize({ width: 1440, height: 900 })
    await story(page, 'desktop')
    expect(errors).toEqual([])
  })
})

/** A virtual screen of its own, on the first free number that Xvfb finds and tells over its third channel. */
async function startXvfb(): Promise<{ process: ChildProcess; display: string }> {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const number = await new Promise<string>((found, failed) => {
    child.stdio[3]!.once('data', (chunk: Buffer) => found(chunk.toString().trim()))
    child.once('exit', (code) => failed(new Error(`Xvfb ended with ${code}`)))
  })
  return { process: child, display: `:${number}` }
}

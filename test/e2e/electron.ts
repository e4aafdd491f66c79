// The real window, for tests that are told in it.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, errors as playwrightErrors, type ElectronApplication, type Page } from 'playwright-core'
import { root } from './story.js'

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
/** Why there can be no window: the word to skip with; '' = there can. */
export const noWindow = !runtime ? 'no Electron runtime' : !display && !hasXvfb ? 'neither a display nor Xvfb' : ''

export interface OpenedWindow {
  readonly app: ElectronApplication
  readonly page: Page
  readonly errors: string[]
  close(): Promise<void>
  /** Ends it at once, as the loss of power to its process would; for windows of a profile. */
  kill(): Promise<void>
}

/** What windows that follow one another have in common: what they keep, and the screen. */
export interface Profile {
  readonly env: Readonly<Record<string, string>>
  dispose(): void
}

/** Nothing of the user's own is read or kept. */
export async function makeProfile(): Promise<Profile> {
  const home = mkdtempSync(join(tmpdir(), 'remora-desktop-'))
  const screen = display ? null : await startXvfb()
  return {
    env: { XDG_CONFIG_HOME: home, ...(screen ? { DISPLAY: screen.display } : {}) },
    dispose: () => {
      screen?.process.kill()
      rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    },
  }
}

/** Starts the built desktop door with files; `env` is added to ours. @param shared absent: a profile of its own, gone with it */
export async function openWindow(
  files: readonly string[],
  env: Readonly<Record<string, string>> = {},
  shared?: Profile,
): Promise<OpenedWindow> {
  const profile = shared ?? (await makeProfile())
  const all: Record<string, string> = { ...profile.env, ...env }
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) all[name] ??= value
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  // Where there is no graphics card, Electron's process for it comes and goes while it starts.
  const app = await launched({
    executablePath: runtime!,
    args: [...asRoot, '--disable-gpu', root, ...files],
    cwd: root,
    env: all,
    timeout: 60_000,
  })
  const page = await app.firstWindow()
  const errors: string[] = []
  page.on('pageerror', (e) => errors.push(e.message))
  await page.setViewportSize({ width: 1440, height: 900 })
  return {
    app,
    page,
    errors,
    close: async () => {
      await app.close()
      if (!shared) profile.dispose()
    },
    kill: async () => {
      const gone = new Promise<void>((ended) => app.once('close', () => ended()))
      app.process().kill('SIGKILL')
      await gone
    },
  }
}

/** The driver's handshake with a starting Electron may come to a standstill on a busy machine: it is then started anew. */
async function launched(options: Parameters<typeof _electron.launch>[0], again = 2): Promise<ElectronApplication> {
  try {
    return await _electron.launch(options)
  } catch (e) {
    if (again === 0 || !(e instanceof playwrightErrors.TimeoutError)) throw e
    return launched(options, again - 1)
  }
}

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

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { packageRoot } from '../paths.js'
import { hasDisplay } from './open-browser.js'

const executable = () =>
  process.platform === 'win32'
    ? 'electron.exe'
    : process.platform === 'darwin'
      ? 'Electron.app/Contents/MacOS/Electron'
      : 'electron'

export type DesktopRuntime = { readonly path: string } | { readonly missing: string }

/**
 * The Electron executable, fetched by its npm package where it never was; or why there is none, as the end of a sentence.
 * `fetching` is called before a download starts.
 */
export async function findElectron(fetching: () => void, signal: AbortSignal): Promise<DesktopRuntime> {
  if (!hasDisplay()) return { missing: 'there is no display' }
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (override) {
    const path = join(override, executable())
    return existsSync(path) ? { path } : { missing: `ELECTRON_OVERRIDE_DIST_PATH holds no ${executable()}` }
  }
  const folder = electronPackage()
  if (!folder) return { missing: 'the electron package is not installed' }
  const path = installed(folder)
  if (path) return { path }
  fetching()
  await runQuietly(join(folder, 'install.js'), signal)
  const fetched = installed(folder)
  return fetched ? { path: fetched } : { missing: "Electron's runtime could not be fetched" }
}

function electronPackage(): string | undefined {
  try {
    return dirname(createRequire(join(packageRoot, 'package.json')).resolve('electron/package.json'))
  } catch {
    return undefined
  }
}

function installed(folder: string): string | undefined {
  const note = join(folder, 'path.txt')
  if (!existsSync(note)) return undefined
  const path = join(folder, 'dist', readFileSync(note, 'utf8').trim())
  return existsSync(path) ? path : undefined
}

function runQuietly(script: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script], { stdio: 'ignore', signal })
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
}

/** Chromium's sandbox does not work for root; everybody else keeps it. */
export const sandboxArgs = () => (process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [])

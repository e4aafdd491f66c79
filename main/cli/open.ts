import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { tracePaths } from '../api/files.js'
import { packageRoot } from '../paths.js'
import { namedPaths, readArgs, sampleOption } from './args.js'
import { findElectron, sandboxArgs } from './electron.js'
import type { Io } from './io.js'
import { pathsHere } from './paths-here.js'
import { serveUntilStopped } from './serve.js'

export const openHelp = `remora open [FILE|DIR...] [--sample NAME]

Opens the traces (none: the recorded sample) in the desktop window. Where Electron's runtime or a display is missing, says so and
opens the same screens in the browser.

  --sample NAME  a sample that comes with Remora: host-and-guest (recorded), generated-vms (generated, with KVM events)
  -h, --help     this text
`

export async function openCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs('open', args, sampleOption)
  // A wrong path is said here, before any window opens.
  const named = await pathsHere(await namedPaths('open', values.sample, positionals), io)
  const paths = (await tracePaths(named, named.length === 1)).map((path) => resolve(path))
  const fetching = () => io.err('Fetching the desktop runtime (once, about 110 MB) …\n')
  const runtime = await findElectron(fetching, io.signal)
  io.signal.throwIfAborted()
  const missing = 'missing' in runtime ? runtime.missing : await runWindow(runtime.path, paths, io)
  if (missing === null) return 0
  io.err(`No desktop window, because ${missing}; Remora uses the browser instead.\n`)
  return serveUntilStopped({ paths, browser: true }, io)
}

/** Runs the window until it is closed: null; or, when it did not come up, why. */
function runWindow(electron: string, paths: readonly string[], io: Io): Promise<string | null> {
  const sandbox = sandboxArgs()
  if (sandbox.length > 0) io.err('Running as root, so Chromium runs without its sandbox.\n')
  return new Promise((done) => {
    // Chromium's chatter is kept for the case that it does not start; over ipc it says when the window is up.
    const child = spawn(electron, [...sandbox, packageRoot, ...paths], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      signal: io.signal,
    })
    let up = false
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (!up) said = (said + text).slice(-2000)
    })
    child.on('message', () => (up = true))
    child.once('error', (error) => done(io.signal.aborted ? null : `Electron could not be started (${error.message})`))
    child.once('exit', (code, signal) => {
      if (up || code === 0 || io.signal.aborted) done(null)
      else done(`Electron ended with ${signal ?? `code ${code}`}${reason(said)}`)
    })
  })
}

/** The line of Electron's output that tells most: a missing library, else nothing. */
function reason(said: string): string {
  const line = /error while loading shared libraries: ([^:]+)/.exec(said)?.[1]
  return line ? ` (the library ${line} is missing)` : ''
}

// Runs the built command line as a user does.

import { execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const repo = fileURLToPath(new URL('..', import.meta.url))

/** Brings dist/main up to date. */
export function buildCli(): void {
  execFileSync(process.execPath, [`${repo}build/build.mjs`, 'main'], { stdio: 'pipe' })
}

export interface CliResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `remora ARGS`; `stopAfter` closes its output after that many characters, as `| head` does; `env` is added to ours. */
export function remora(
  args: readonly string[],
  stopAfter = Infinity,
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${repo}dist/main/cli.js`, ...args], { env: { ...process.env, ...env } })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (out.length > stopAfter) child.stdout.destroy()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
  })
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { root } from './story.js'

export interface Served {
  readonly url: string
  /** Ends it as Ctrl+C would; answers its exit code. */
  readonly stop: () => Promise<number | null>
}

/** `remora serve` of files, on a free port; `env` is added to ours. Rejects with what it said when it ends instead. */
export async function startServer(
  paths: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const args = [join(root, 'dist/main/cli.js'), 'serve', ...paths, '--port', '0', '--no-open']
  const server = spawn(process.execPath, args, { env: { ...process.env, ...env } })
  const url = await new Promise<string>((found, failed) => {
    let said = ''
    const listen = (chunk: Buffer): void => {
      said += chunk.toString()
      const match = /http:\/\/\S+/.exec(said)
      if (match) found(match[0])
    }
    server.stdout.on('data', listen)
    server.stderr.on('data', listen)
    server.once('exit', () => failed(new Error(`remora serve ended: ${said}`)))
  })
  const stop = async (): Promise<number | null> => {
    if (server.exitCode !== null) return server.exitCode
    const ended = once(server, 'exit')
    server.kill('SIGINT')
    return (await ended)[0] as number | null
  }
  return { url, stop }
}

/** A fresh page at `url`, and what goes wrong on it. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const errors: string[] = []
  page.on('pageerror', (e) => errors.push(e.message))
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()))
  await page.goto(url)
  return { page, errors }
}

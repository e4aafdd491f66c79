// The desktop window for real, where an Electron runtime and a display are at hand (see .ci/run).

import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { repo } from '../../test/run-cli.js'
import { sandboxArgs } from '../cli/electron.js'

const runtime = process.env.ELECTRON_OVERRIDE_DIST_PATH
const executable = join(runtime ?? '', 'electron')
const display = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY
const missing = !runtime || !existsSync(executable) ? 'no Electron runtime' : display ? '' : 'no display'

describe.skipIf(missing)(`desktop window${missing && `: skipped, ${missing}`}`, () => {
  let folder: string
  let app: ElectronApplication
  let page: Page
  const launch = async (...paths: string[]) => {
    const args = [...sandboxArgs(), `--user-data-dir=${join(folder, 'user')}`, repo, ...paths]
    app = await _electron.launch({ executablePath: executable, args, cwd: repo })
    page = await app.firstWindow()
    await page.waitForLoadState('domcontentloaded')
  }
  const startup = () =>
    page.evaluate(
      async () =>
        (await (await fetch('/api/startup')).json()) as {
          sources: { name: string; url: string }[]
          sample: boolean
          notice?: string
        },
    )
  const menuLabels = () =>
    app.evaluate(({ Menu }) =>
      Menu.getApplicationMenu()!.items.map((item) => [
        item.label,
        ...(item.submenu?.items.map((sub) => sub.label) ?? []),
      ]),
    )

  beforeAll(async () => {
    execFileSync(process.execPath, [`${repo}build/build.mjs`], { stdio: 'pipe' })
    folder = await mkdtemp(join(tmpdir(), 'remora-desktop-'))
    await mkdir(join(folder, 'traces'))
    await cp(`${repo}samples/host-and-guest/guest.dat`, join(folder, 'traces/guest.dat'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('opens what was named, alone with its own origin', async () => {
    await launch(join(folder, 'traces'))
    expect(page.url()).toBe('remora://app/')
    const { sources, sample } = await startup()
    expect([sources.map((s) => s.name), sample]).toEqual([['guest.dat'], false])
    const seen = await page.evaluate(async (url) => {
      const part = await fetch(url, { headers: { range: 'bytes=0-9' } })
      // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page and can use nothing from here
      const refused = async (f: () => unknown) => {
        try {
          return (await f()) === null ? 'refused' : 'done'
        } catch {
          return 'refused'
        }
      }
      return {
        isolated: crossOriginIsolated,
        part: [part.status, (await part.arrayBuffer()).byteLength],
        node: typeof Reflect.get(globalThis, 'process') + typeof Reflect.get(globalThis, 'require'),
        evaluated: await refused(() => Reflect.construct(Function, ['return 1'])()),
        window: await refused(() => window.open('https://example.invalid/')),
        elsewhere: await refused(() => fetch('https://example.invalid/')),
        permission: (await navigator.permissions.query({ name: 'geolocation' })).state,
      }
    }, sources[0]!.url)
    expect(seen).toEqual({
      isolated: true,
      part: [206, 10],
      node: 'undefinedundefined',
      evaluated: 'refused',
      window: 'refused',
      elsewhere: 'refused',
      permission: 'denied',
    })
    await page.evaluate(() => location.assign('https://example.invalid/'))
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)))
    expect(page.url()).toBe('remora://app/')
  })

  test('reads again only what the user opened before', async () => {
    const known = join(folder, 'traces/guest.dat')
    const answer = await page.evaluate(
      async (paths) => (await window.remoraHost!.openPaths!(paths)).map((source) => ({ ...source })),
      [known, `${repo}package.json`, join(folder, 'gone.dat')],
    )
    expect(answer).toMatchObject([{ kind: 'url', name: 'guest.dat' }])
  })

  test('menu entries reach the screens; title and theme reach the system', async () => {
    const menu = await menuLabels()
    expect(menu.map(([label]) => label)).toEqual(expect.arrayContaining(['&File', '&View', '&Help']))
    const heard = page.evaluate(() => new Promise((resolve) => window.remoraHost!.onMenu(resolve)))
    // The listener must be there before the entry is chosen.
    await page.evaluate(() => undefined)
    await app.evaluate(({ Menu }) => {
      const view = Menu.getApplicationMenu()!.items.find((item) => item.label === '&View')!
      view.submenu!.items.find((item) => item.label === '&Dark Theme')!.click()
    })
    expect(await heard).toBe('theme-dark')
    await page.evaluate(() => {
      window.remoraHost!.setTheme!('light')
      window.remoraHost!.setTitle('a title')
    })
    await expect
      .poll(() =>
        app.evaluate(({ BrowserWindow, nativeTheme }) => [
          BrowserWindow.getAllWindows()[0]!.getTitle(),
          nativeTheme.themeSource,
        ]),
      )
      .toEqual(['a title', 'light'])
  })

  test('a second start hands its files to the window that is there', async () => {
    const args = [
      ...sandboxArgs(),
      `--user-data-dir=${join(folder, 'user')}`,
      repo,
      `${repo}samples/host-and-guest/host.dat`,
    ]
    execFileSync(executable, args, { stdio: 'pipe', cwd: repo })
    await expect.poll(async () => (await startup()).sources.map((s) => s.name)).toEqual(['host.dat'])
    expect(app.windows().length).toBe(1)
  })

  test('stands where it was, in the size that it had, in the next start', async () => {
    const place = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.getBounds())
    await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]!.setBounds({ x: 40, y: 30, width: 1010, height: 690 }),
    )
    await expect.poll(place).toMatchObject({ width: 1010, height: 690 })
    const before = await place()
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
    await app.close().catch(() => undefined)
    await launch(join(folder, 'traces'))
    expect(await place()).toEqual(before)
  })

  test('recent files are offered, and their addresses hold, in the next start', async () => {
    const before = await startup()
    await app.close()
    await launch()
    expect((await startup()).sample).toBe(true)
    const file = (await menuLabels()).find(([label]) => label === '&File')
    expect(file).toContain('Open &Recent')
    const status = await page.evaluate(
      async (url) => (await fetch(url, { method: 'HEAD' })).status,
      before.sources[0]!.url,
    )
    expect(status).toBe(200)
    await app.close()
  })

  test('a path that cannot be opened is a notice in the window', async () => {
    await launch(join(folder, 'gone.dat'))
    const { sources, notice } = await startup()
    expect([sources, notice]).toEqual([[], `${join(folder, 'gone.dat')} does not exist.`])
    await app.close()
  })
})

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longTrace } from '../fixtures/long-trace.js'
import { noServer, type Sshd, SshWorld, user } from '../ssh/sshd.js'
import { launchChromium } from './browser.js'
import { ensureBuilt } from './built.js'
import { noWindow, openWindow, type OpenedWindow } from './electron.js'
import { watchRecording } from './recording.js'
import { openPage, startServer, type Served } from './serving.js'
import { root, samples } from './story.js'

/** The machine of the story is this one: it can be recorded by root, where the kernel shows its tracing. */
const canRecord = process.getuid?.() === 0 && existsSync('/sys/kernel/tracing/events/header_page')

const plain = (text: string | null): string => (text ?? '').replace(/[\u00a0\u2009\u202f]/g, ' ')
const eventually = (read: () => Promise<unknown>): ReturnType<typeof expect.poll> =>
  expect.poll(read, { timeout: 30_000, interval: 100 })

describe.skipIf(noServer)(
  `files of another machine on the screens${noServer && ` (skipped: ${noServer})`}`,
  { timeout: 240_000 },
  () => {
    const world = new SshWorld()
    const traces = join(world.dir, 'traces')
    const cache = join(world.dir, 'cache')
    const env = { HOME: world.home, REMORA_CACHE: cache, SSH_AUTH_SOCK: '', XDG_DATA_HOME: join(world.dir, 'data') }
    let sshd: Sshd

    beforeAll(async () => {
      await ensureBuilt()
      sshd = await world.sshd([world.key('id_ed25519', 'open sesame')])
      mkdirSync(traces)
      writeFileSync(join(traces, 'huge.dat'), longTrace(16 << 20, 100))
      for (const name of readdirSync(samples))
        if (name.endsWith('.dat')) copyFileSync(join(samples, name), join(traces, name))
      writeFileSync(join(traces, 'notes.txt'), 'no trace '.repeat(20))
      world.config(`Host lab\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User ${user}\n`)
    }, 120_000)
    afterAll(() => world.close())

    /** Connect, look round, see what heads say, open in place, move the window, copy host and guest, open again. */
    async function story(page: Page, door: string, cache: string, keyStore: boolean): Promise<void> {
      const picture = (name: string): Promise<unknown> =>
        page.screenshot({ path: join(root, 'artefacts', `${door}-remote-${name}.png`) })
      mkdirSync(join(root, 'artefacts'), { recursive: true })
      const dialog = page.getByRole('dialog', { name: 'Files of another machine' })
      const files = dialog.getByRole('grid', { name: 'Files' })
      const status = page.getByRole('contentinfo', { name: 'Status' })
      const statusText = async (): Promise<string> => plain(await status.textContent())
      const loaded = (): Promise<unknown> =>
        eventually(() => page.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
      try {
        await eventually(statusText).toContain('events')
        await loaded()
        await page.keyboard.press('Control+Alt+o')
        await dialog.getByRole('button', { name: /^lab / }).waitFor()
        await dialog.getByRole('textbox', { name: 'Machine' }).fill(`ssh://lab${traces}`)
        await page.keyboard.press('Enter')
        // The machine is not known yet: its key is shown, as ssh-keygen shows it.
        await eventually(async () => plain(await dialog.textContent())).toMatch(/SHA256:\S{43}/)
        await picture('1-key')
        await dialog.getByRole('button', { name: 'Trust this key' }).click()
        // Its passphrase is typed where the focus already is, wrong at first.
        await dialog.getByLabel('Passphrase of the key id_ed25519').waitFor()
        await page.keyboard.type('open sesam')
        await page.keyboard.press('Enter')
        await dialog.getByText('That was refused').waitFor()
        await picture('1-passphrase')
        // It may be kept where there is something to keep it in.
        const keep = dialog.getByRole('checkbox', { name: 'Keep it in this system’s key store' })
        expect(await keep.count()).toBe(keyStore ? 1 : 0)
        if (keyStore) await keep.check()
        await dialog.getByLabel('Passphrase of the key id_ed25519').fill('open sesame')
        await page.keyboard.press('Enter')
        await files.getByRole('row').first().waitFor()
        expect(await files.getByRole('row').count()).toBe(3)
        expect(plain(await files.textContent())).not.toContain('notes.txt')

        await files.getByRole('row').filter({ hasText: 'huge.dat' }).click()
        await eventually(async () => plain(await dialog.textContent())).toContain(
          'trace.dat 6, not compressed, 2 CPUs, clock mono',
        )
        await picture('2-info')
        await dialog.getByLabel('Beginning of the window').fill('30')
        await dialog.getByLabel('Length of the window').fill('1')
        await dialog.getByRole('button', { name: 'Open in place' }).click()
        await eventually(() =>
          page.getByText(/A window of 1\.000 s is loaded, beginning 30\.000 s after/).count(),
        ).toBe(1)
        await loaded()
        const first = await statusText()
        await page.getByRole('button', { name: 'Later' }).click()
        await eventually(() => page.getByText(/beginning 31\.000 s after/).count()).toBe(1)
        await loaded()
        expect(first).toContain('events')
        await picture('3-window')
        // Nothing was copied.
        expect(() => readdirSync(cache)).toThrow()

        await page.keyboard.press('Control+Alt+o')
        for (const name of readdirSync(samples).filter((n) => n.endsWith('.dat'))) {
          await files.getByRole('row').filter({ hasText: name }).getByRole('checkbox').click()
        }
        await eventually(async () => plain(await dialog.textContent())).toContain('1 guest of host')
        await dialog.getByRole('button', { name: /^Copy .* and open$/ }).click()
        await eventually(statusText).toContain('291 867 events')
        await loaded()
        expect(readdirSync(cache).length).toBe(2)
        await picture('4-copied')

        // A marker, and the session once more from the list: through the same connection, with its marker.
        await page.keyboard.press('Shift+A')
        await eventually(statusText).toMatch(/A \d/)
        await page.waitForTimeout(800)
        await page.getByRole('button', { name: 'View menu' }).click()
        await page.getByRole('menuitem', { name: 'Close the session' }).click()
        const recent = page
          .getByRole('region', { name: 'Recent sessions' })
          .getByRole('button')
          .filter({ hasText: 'lab' })
          .first()
        await recent.click()
        await eventually(statusText).toContain('291 867 events')
        await eventually(statusText).toMatch(/A \d/)
        await picture('5-again')
        await loaded()

        if (canRecord) {
          // Record it, and look at what comes of that.
          await page.keyboard.press('Control+Alt+o')
          await dialog.getByRole('tab', { name: 'Record' }).click()
          await dialog.getByRole('button', { name: 'Record', exact: true }).waitFor()
          await eventually(async () => plain(await dialog.getByLabel('What will be run').textContent())).toMatch(
            /mono.*sched/,
          )
          await watchRecording(page, dialog, (name) => picture(`6-${name}`))
          await loaded()
          expect(await statusText()).not.toContain('291 867')
          await picture('7-recorded')
        }
      } catch (e) {
        await picture('failed')
        throw e
      }
    }

    /** The passphrase is in a file that tells nobody, opens the machine without a question, and goes when it is told to. */
    async function kept({ app, page }: OpenedWindow): Promise<void> {
      const file = join(await app.evaluate(({ app }) => app.getPath('userData')), 'kept-secrets.json')
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(readFileSync(file, 'utf8')).toMatch(/^\{[^]*SHA256:[^]* \S*id_ed25519": "[\w+/=]{20,}"/)
      expect(readFileSync(file, 'utf8')).not.toContain('sesame')
      const dialog = page.getByRole('dialog', { name: 'Files of another machine' })
      await page.keyboard.press('Control+Alt+o')
      await dialog.getByRole('button', { name: 'Disconnect' }).click()
      await dialog.getByRole('textbox', { name: 'Machine' }).fill(`ssh://lab${traces}`)
      await page.keyboard.press('Enter')
      await dialog.getByRole('grid', { name: 'Files' }).getByRole('row').first().waitFor()
      await page.keyboard.press('Escape')
      await app.evaluate(({ Menu }) => {
        const file = Menu.getApplicationMenu()!.items.find((item) => item.label === '&File')!
        file.submenu!.items.find((item) => item.label === 'Forget &Kept Passwords')!.click()
      })
      await page.getByText('One kept secret is forgotten').waitFor()
      expect(existsSync(file)).toBe(false)
    }

    describe('the web door', () => {
      let server: Served
      let browser: Browser
      beforeAll(async () => {
        server = await startServer([samples], env)
        browser = await launchChromium()
      }, 60_000)
      afterAll(async () => {
        await browser?.close()
        if (server) expect(await server.stop()).toBe(0)
      })

      it('tells the story of a remote machine', async () => {
        const { page, errors } = await openPage(browser, server.url)
        await story(page, 'web', cache, false)
        expect(errors).toEqual([])
      })
    })

    it.skipIf(noWindow)(`the desktop door tells it too${noWindow && ` (skipped: ${noWindow})`}`, async () => {
      writeFileSync(join(world.home, '.ssh/known_hosts'), '')
      const window = await openWindow([samples], { ...env, REMORA_CACHE: `${cache}-2` })
      try {
        const keyStore = await window.app.evaluate(
          ({ safeStorage }) =>
            safeStorage.isEncryptionAvailable() &&
            (process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text'),
        )
        await story(window.page, 'desktop', `${cache}-2`, keyStore)
        if (keyStore) await kept(window)
        else console.warn('No key store answers here: that passphrases are kept in it is not tried.')
        expect(window.errors).toEqual([])
      } finally {
        await window.close()
      }
    })
  },
)

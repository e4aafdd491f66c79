import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { findElectron, sandboxArgs } from './electron.js'

afterEach(() => void vi.unstubAllEnvs())
const fetching = () => {
  throw new Error('nothing is to be fetched here')
}
const { signal } = new AbortController()

describe.runIf(process.platform === 'linux')('the desktop runtime', () => {
  test('is not looked for where nothing could be shown', async () => {
    vi.stubEnv('DISPLAY', '')
    vi.stubEnv('WAYLAND_DISPLAY', '')
    expect(await findElectron(fetching, signal)).toEqual({ missing: 'there is no display' })
  })

  test('is the one that the environment names, or its absence is said', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'remora-electron-'))
    vi.stubEnv('DISPLAY', ':99')
    vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', folder)
    expect(await findElectron(fetching, signal)).toEqual({
      missing: 'ELECTRON_OVERRIDE_DIST_PATH holds no electron',
    })
    await writeFile(join(folder, 'electron'), '#!/bin/sh\n')
    await chmod(join(folder, 'electron'), 0o755)
    expect(await findElectron(fetching, signal)).toEqual({ path: join(folder, 'electron') })
    await rm(folder, { recursive: true })
  })

  test('gives up its sandbox for root only', () => {
    const uid = vi.spyOn(process, 'getuid')
    uid.mockReturnValue(1000)
    expect(sandboxArgs()).toEqual([])
    uid.mockReturnValue(0)
    expect(sandboxArgs()).toEqual(['--no-sandbox'])
    uid.mockRestore()
  })
})

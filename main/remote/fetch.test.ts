import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { asker, Lab, sha } from '../../test/ssh/lab.js'
import { noServer, until } from '../../test/ssh/sshd.js'
import { Cache } from './cache.js'
import { fetchFile, type FetchProgress } from './fetch.js'
import { remoteSource } from './source.js'

describe.skipIf(noServer)(
  `a copy from a machine behind SSH${noServer && ` (skipped: ${noServer})`}`,
  { timeout: 60_000 },
  () => {
    const at = new Lab()
    const { world, trusted, hostWith, lines } = at
    const { files, random, dull } = at.withFiles()
    const cache = new Cache({ dir: join(world.dir, 'cache') })
    beforeAll(() => void trusted())

    it('is the file, proved by its checksum, and is taken from the cache the next time', async () => {
      const host = await hostWith(lines())
      const got = await fetchFile(host, join(files, 'random.dat'), { cache })
      expect(got).toMatchObject({ size: random.length, resumed: 0, checked: 'sha256', cached: false })
      expect(sha(readFileSync(got.file))).toBe(sha(random))
      expect(got.file).toMatch(/\/random\.dat$/)
      expect(await fetchFile(host, join(files, 'random.dat'), { cache })).toMatchObject({
        cached: true,
        transferred: 0,
      })
    })

    it('goes on by itself when the server is killed in the middle and comes back', async () => {
      const server = await world.sshd([at.plainKey])
      const link = await world.link(server.port, 8e6)
      trusted(server, link.port)
      const host = await hostWith(lines(link.port))
      const phases: string[] = []
      let killed = 0
      const onProgress = ({ phase, done }: FetchProgress): void => {
        if (phases.at(-1) !== phase) phases.push(phase)
        if (killed > 0 || done < 2e6) return
        killed = done
        server.kill()
        // What it had sent is lost with it.
        link.cut()
        setTimeout(() => void server.start(), 600)
      }
      const got = await fetchFile(host, join(files, 'random.dat'), {
        cache: new Cache({ dir: join(world.dir, 'cache-2') }),
        onProgress,
      })
      expect(killed).toBeGreaterThan(0)
      expect(phases).toEqual(['copying', 'broken', 'copying', 'checking'])
      expect(sha(readFileSync(got.file))).toBe(sha(random))
      // What had come did not come again.
      expect(got.transferred).toBeLessThan(random.length + 1e6)
      trusted()
    })

    it('can be cancelled and gone on with later', async () => {
      const link = await world.link(at.sshd.port, 8e6)
      trusted(at.sshd, link.port)
      const host = await hostWith(lines(link.port))
      const later = new Cache({ dir: join(world.dir, 'cache-3') })
      const abort = new AbortController()
      const first = fetchFile(host, join(files, 'random.dat'), {
        cache: later,
        signal: abort.signal,
        onProgress: ({ done }) => done > 2e6 && abort.abort(new Error('enough')),
      })
      await expect(first).rejects.toThrow('enough')
      const got = await fetchFile(host, join(files, 'random.dat'), { cache: later })
      expect(got.resumed).toBeGreaterThan(1e6)
      expect(got.transferred).toBe(random.length - got.resumed)
      expect(sha(readFileSync(got.file))).toBe(sha(random))
      trusted()
    })

    it('is packed on the way where the link is slow and the file shrinks', async () => {
      const link = await world.link(at.sshd.port, 10e6)
      trusted(at.sshd, link.port)
      const seen: FetchProgress[] = []
      const got = await fetchFile(await hostWith(lines(link.port)), join(files, 'dull.dat'), {
        cache: new Cache({ dir: join(world.dir, 'cache-4') }),
        onProgress: (p) => seen.push(p),
      })
      expect(got.transferred).toBeLessThan(dull.length / 5)
      expect(seen.at(-1)).toMatchObject({ phase: 'checking', packed: true, done: dull.length })
      expect(sha(readFileSync(got.file))).toBe(sha(dull))
      trusted()
    })

    it('is thrown away when it is not what the machine has', async () => {
      const dir = join(world.dir, 'cache-5')
      const spoilt = new Cache({ dir })
      const host = await hostWith(lines())
      const slot = spoilt.slot.bind(spoilt)
      // As if an earlier try had left other bytes.
      spoilt.slot = async (origin) => {
        const at = await slot(origin)
        writeFileSync(at.part, new Uint8Array(1000))
        return { ...at, begun: 1000 }
      }
      await expect(fetchFile(host, join(files, 'random.dat'), { cache: spoilt })).rejects.toThrow(
        /differs from the original/,
      )
      expect(existsSync(join(dir, 'random.dat'))).toBe(false)
    })

    it('must fit the cache, and pushes old copies out', async () => {
      const small = new Cache({ dir: join(world.dir, 'cache-6'), limit: 7 << 20 })
      const host = await hostWith(lines())
      writeFileSync(join(files, 'second.dat'), random.subarray(100))
      const first = await fetchFile(host, join(files, 'random.dat'), { cache: small })
      await expect(fetchFile(host, join(files, 'dull.dat'), { cache: small })).rejects.toThrow(
        /more than the cache of remote files may hold/,
      )
      // The same cache, of a later run that has not opened the first copy.
      const next = new Cache({ dir: join(world.dir, 'cache-6'), limit: 7 << 20 })
      await fetchFile(host, join(files, 'second.dat'), { cache: next })
      expect(existsSync(first.file)).toBe(false)
    })

    it.skipIf(process.getuid?.() !== 0)(
      'stops with a sentence when the disk is full, keeps what came, and goes on with it',
      async (test) => {
        const dir = join(world.dir, 'small-disk')
        mkdirSync(dir)
        if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', dir]).status !== 0)
          return test.skip('no tmpfs may be mounted')
        try {
          const link = await world.link(at.sshd.port, 12e6)
          trusted(at.sshd, link.port)
          const host = await hostWith(lines(link.port))
          const disk = new Cache({ dir })
          await expect(fetchFile(host, join(files, 'dull.dat'), { cache: disk })).rejects.toThrow(
            /disk of .* is full: dull.dat needs 25.2 MB more, and .* are free/,
          )
          const filler = join(dir, 'filler')
          const onProgress = ({ done }: FetchProgress): unknown =>
            done > 1e6 && !existsSync(filler) && writeFileSync(filler, new Uint8Array(4e6))
          await expect(fetchFile(host, join(files, 'random.dat'), { cache: disk, onProgress })).rejects.toThrow(
            /is full: random.dat needs .* more\. What has come is kept/,
          )
          rmSync(filler)
          const got = await fetchFile(host, join(files, 'random.dat'), { cache: disk })
          expect(got.resumed).toBeGreaterThan(1e6)
          expect(sha(readFileSync(got.file))).toBe(sha(random))
        } finally {
          spawnSync('umount', [dir])
          trusted()
        }
      },
    )

    it('is checked by its size alone where the machine runs no commands', async () => {
      const bare = await world.sshd([at.plainKey], ['ForceCommand internal-sftp'])
      trusted(bare)
      const got = await fetchFile(await hostWith(lines(bare.port)), join(files, 'random.dat'), {
        cache: new Cache({ dir: join(world.dir, 'cache-7') }),
      })
      expect(got.checked).toBe('size')
      expect(sha(readFileSync(got.file))).toBe(sha(random))
      trusted()
    })

    it('comes back by itself with a passphrase that was typed once', async () => {
      const ask = asker({ secrets: ['open sesame'] })
      const link = await world.link(at.sshd.port)
      trusted(at.sshd, link.port)
      const host = await hostWith(lines(link.port, [`IdentityFile ${at.lockedKey}`]), ask)
      const source = await remoteSource(host, join(files, 'random.dat'))
      link.cut()
      await until(() => !host.connected, 'the break')
      await source.read(0, 10)
      expect(ask.asked.length).toBe(1)
      trusted()
    })
  },
)

import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nobody } from '../main/remote/ask.js'
import { Cache } from '../main/remote/cache.js'
import { fetchFile } from '../main/remote/fetch.js'
import { Host } from '../main/remote/host.js'
import { remoteSource, type RemoteSource } from '../main/remote/source.js'
import { SshConfig } from '../main/remote/ssh-config.js'
import type { ByteSource, SourceRef } from '../workers/bytes.js'
import { inlinePool } from '../workers/columns/load.js'
import { createEngine, type Engine } from '../workers/engine.js'
import type { LoadWindow } from '../workers/thread/contract.js'
import { openNodeSource } from '../workers/thread/sources-node.js'
import { viewRow } from '../workers/units.js'
import { columnsHash } from './fixtures/columns.js'
import { longTrace } from './fixtures/long-trace.js'
import { noServer, SshWorld, user } from './ssh/sshd.js'

describe.skipIf(noServer)(
  `the ways to a remote file${noServer && ` (skipped: ${noServer})`}`,
  { timeout: 120_000 },
  () => {
    const world = new SshWorld()
    const files = join(world.dir, 'files')
    let host: Host

    beforeAll(async () => {
      mkdirSync(files)
      const sshd = await world.sshd([world.key('id_ed25519')])
      writeFileSync(join(world.home, '.ssh/known_hosts'), `[127.0.0.1]:${sshd.port} ${sshd.publicKeys[0]}\n`)
      const config = await SshConfig.read({ home: world.home, files: [] })
      host = new Host({ host: '127.0.0.1', user, port: sshd.port }, { asker: nobody, config })
    }, 60_000)
    afterAll(() => {
      host?.close()
      world.close()
    })

    function engineOn(open: (ref: SourceRef) => ByteSource): Engine {
      return createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 31 })
    }
    const local = (path: string): SourceRef => ({ kind: 'path', name: basename(path), size: statSync(path).size, path })

    async function hashOf(engine: Engine, ref: SourceRef, window?: LoadWindow): Promise<string> {
      const { count } = await engine.open({ sources: [ref], window })
      expect(count).toBeGreaterThan(100)
      return columnsHash(engine.session()!)
    }

    const since = (from: number, to: number): LoadWindow => ({
      from: { value: String(from * 1e9), since: 'start' },
      to: { value: String(to * 1e9), since: 'start' },
    })

    it.each([
      ['none', 6],
      ['zlib', 7],
      ['zstd', 7],
    ] as const)(
      'lead to the same events: local, copied, in place, whole and by a window (%s, version %i)',
      async (compression, version) => {
        const path = join(files, `${compression}-${version}.dat`)
        writeFileSync(path, longTrace(3 << 20, 10, { compression, version, chunkPages: 10 }))
        const copy = await fetchFile(host, path, { cache: new Cache({ dir: join(world.dir, 'cache') }) })
        const source = await remoteSource(host, path)
        const away: SourceRef = { kind: 'url', name: source.name, size: source.size, url: '' }
        for (const window of [undefined, since(2, 2.5), since(9.9, 11)]) {
          const here = await hashOf(engineOn(openNodeSource), local(path), window)
          expect(await hashOf(engineOn(openNodeSource), local(copy.file), window)).toBe(here)
          expect(
            await hashOf(
              engineOn(() => source),
              away,
              window,
            ),
          ).toBe(here)
        }
        await source.close()
      },
    )

    it('read under a twentieth of 200 MB in place for a second of it, and no more to look at its events', async () => {
      const path = join(files, 'huge.dat')
      writeFileSync(path, longTrace(96 << 20, 200))
      expect(statSync(path).size).toBeGreaterThan(200e6)
      const source: RemoteSource = await remoteSource(host, path)
      const engine = engineOn(() => source)
      const away: SourceRef = { kind: 'url', name: source.name, size: source.size, url: '' }
      const family = await engine.inspect([away])
      expect(family.files[0]!.span).not.toBeNull()
      const info = await engine.open({ sources: [away], window: since(120, 121), assess: true })
      expect(info.count).toBeGreaterThan(1000)
      expect(info.to - info.from).toBeGreaterThan(0.99e9)
      expect(info.to - info.from).toBeLessThanOrEqual(1e9)
      const rows = await engine.rows(0, viewRow(0), 200)
      await engine.details(rows[100]!.position)
      await engine.lod({ tracks: info.tracks.map((t) => t.id), from: info.from, to: info.to, pixels: 1500 })
      console.log(`in place: ${source.traffic.bytes} of ${source.size} bytes, ${source.traffic.requests} requests`)
      expect(source.traffic.bytes).toBeLessThan(source.size * 0.05)
      await source.close()
    })
  },
)

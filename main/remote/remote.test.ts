import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noServer, type Sshd, SshWorld, until, user } from '../../test/ssh/sshd.js'
import type { Asker, HostKeyQuestion, SecretQuestion } from './ask.js'
import { Cache } from './cache.js'
import { fetchFile, type FetchProgress } from './fetch.js'
import { Host } from './host.js'
import { remoteSource } from './source.js'
import { SshConfig } from './ssh-config.js'

/** Answers by the given words, and remembers what it was asked. */
function asker(
  answers: { trust?: boolean; secrets?: (string | null)[] } = {},
): Asker & { asked: (HostKeyQuestion | SecretQuestion)[] } {
  const asked: (HostKeyQuestion | SecretQuestion)[] = []
  const secrets = [...(answers.secrets ?? [])]
  return {
    asked,
    hostKey: (q) => {
      asked.push(q)
      return Promise.resolve(answers.trust ?? false)
    },
    secret: (q) => {
      asked.push(q)
      return Promise.resolve(secrets.shift() ?? null)
    },
  }
}

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe.skipIf(noServer)(`a machine behind SSH${noServer && ` (skipped: ${noServer})`}`, { timeout: 60_000 }, () => {
  const world = new SshWorld()
  const hosts: Host[] = []
  let sshd: Sshd
  let plainKey: string
  let lockedKey: string
  const files = join(world.dir, 'files')
  const known = join(world.home, '.ssh/known_hosts')
  const random = new Uint8Array(6 << 20).map((_, i) => (Math.imul(i ^ (i >> 9), 2654435761) >>> 13) & 255)
  const dull = new Uint8Array(24 << 20).map((_, i) => (i >> 12) & 255)

  beforeAll(async () => {
    plainKey = world.key('id_plain')
    lockedKey = world.key('id_locked', 'open sesame')
    sshd = await world.sshd([plainKey, lockedKey])
    mkdirSync(files)
    writeFileSync(join(files, 'random.dat'), random)
    writeFileSync(join(files, 'dull.dat'), dull)
  }, 60_000)
  afterAll(() => {
    for (const host of hosts) host.close()
    world.close()
  })

  const trusted = (server: Sshd = sshd, port = server.port): unknown =>
    writeFileSync(known, server.publicKeys.map((k) => `[127.0.0.1]:${port} ${k}\n`).join(''))

  async function hostWith(lines: readonly string[], ask: Asker = asker(), name = 'lab'): Promise<Host> {
    world.config(lines.join('\n'))
    const config = await SshConfig.read({ home: world.home, files: [join(world.home, '.ssh/config')] })
    const host = new Host({ host: name, user: null, port: null }, { asker: ask, config })
    hosts.push(host)
    return host
  }
  const lab = (port = sshd.port, more: readonly string[] = [`IdentityFile ${plainKey}`]): string[] => [
    'Host lab',
    '  HostName 127.0.0.1',
    `  User ${user}`,
    `  Port ${port}`,
    '  IdentityAgent none',
    `  UserKnownHostsFile ${known}`,
    '  GlobalKnownHostsFile /dev/null',
    ...more.map((l) => `  ${l}`),
  ]

  describe('its key', () => {
    it('is shown with its fingerprint when it is unknown, and noted when it is accepted', async () => {
      writeFileSync(known, '')
      const no = asker({ trust: false })
      await expect((await hostWith(lab(), no)).connect()).rejects.toThrow(/is not known and was not accepted/)
      const yes = asker({ trust: true })
      await (await hostWith(lab(), yes)).connect()
      const [question] = yes.asked as HostKeyQuestion[]
      const blob = Buffer.from(sshd.publicKeys[0]!.split(' ')[1]!, 'base64')
      expect(question).toEqual({
        kind: 'host-key',
        host: `${user}@lab:${sshd.port}`,
        type: 'ssh-ed25519',
        fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace('=', '')}`,
        file: known,
      })
      // Now it is known: nobody is asked.
      const again = asker()
      await (await hostWith(lab(), again)).connect()
      expect(again.asked).toEqual([])
    })

    it('is noted in hashed form where the configuration says so, as ssh-keygen finds it', async () => {
      writeFileSync(known, '# mine')
      await (
        await hostWith(lab(sshd.port, [`IdentityFile ${plainKey}`, 'HashKnownHosts yes']), asker({ trust: true }))
      ).connect()
      expect(readFileSync(known, 'utf8')).toMatch(/^# mine\n\|1\|[^ ]+ ssh-ed25519 /)
      await (await hostWith(lab())).connect()
    })

    it('is refused when it has changed', async () => {
      const other = await world.sshd([plainKey])
      writeFileSync(known, `# a\n[127.0.0.1]:${sshd.port} ${other.publicKeys[0]}\n`)
      const ask = asker({ trust: true })
      await expect((await hostWith(lab(), ask)).connect()).rejects.toThrow(
        new RegExp(`The key of .*lab.* has changed: it shows SHA256:.*${known}:2 knows SHA256:`),
      )
      expect(ask.asked).toEqual([])
    })

    it('is refused when it is revoked', async () => {
      writeFileSync(known, `@revoked * ${sshd.publicKeys[0]}\n`)
      await expect((await hostWith(lab(), asker({ trust: true }))).connect()).rejects.toThrow(/is revoked/)
    })

    it('is asked for by the type that is known', async () => {
      const two = await world.sshd([plainKey], [], ['ed25519', 'rsa'])
      writeFileSync(known, `[127.0.0.1]:${two.port} ${two.publicKeys[1]}\n`)
      await (await hostWith(lab(two.port))).connect()
    })
  })

  describe('a login', () => {
    beforeAll(() => trusted())

    it('takes the keys of the agent', async () => {
      const socket = await world.agent([plainKey])
      const host = await hostWith(
        lab(sshd.port, [`IdentityAgent ${socket}`, 'IdentityFile none']).filter((l) => l !== '  IdentityAgent none'),
      )
      expect((await host.exec('echo hello')).stdout).toBe('hello\n')
    })

    it('asks for the passphrase of a key, again when it was wrong, and keeps it in memory', async () => {
      const ask = asker({ secrets: ['wrong', 'open sesame'] })
      const host = await hostWith(lab(sshd.port, [`IdentityFile ${lockedKey}`]), ask)
      await host.connect()
      expect(ask.asked).toMatchObject([
        { what: 'passphrase', text: 'Passphrase of the key id_locked', again: false, echo: false },
        { what: 'passphrase', again: true },
      ])
    })

    it('says what it tried when nothing is let in', async () => {
      const stranger = world.key('id_stranger')
      await expect((await hostWith(lab(sshd.port, [`IdentityFile ${stranger}`]))).connect()).rejects.toThrow(
        /let nobody in \(tried: key .*id_stranger\)\. The host lets in by publickey/,
      )
    })

    it('goes through jump hosts', async () => {
      const jump = await world.sshd([plainKey])
      const inner = await world.sshd([plainKey])
      writeFileSync(known, [jump, inner, sshd].map((s) => `[127.0.0.1]:${s.port} ${s.publicKeys[0]}\n`).join(''))
      const hop = (name: string, port: number): string[] =>
        lab(port).map((l) => (l === 'Host lab' ? `Host ${name}` : l))
      const host = await hostWith([
        ...lab(sshd.port, [`IdentityFile ${plainKey}`, 'ProxyJump one,two']),
        ...hop('one', jump.port),
        ...hop('two', inner.port),
      ])
      expect((await host.exec('echo $SSH_CONNECTION')).stdout).toContain(String(sshd.port))
      expect(jump.log).toContain('Accepted publickey')
      expect(inner.log).toContain('Accepted publickey')
    })

    it('goes through the machine that it is a guest of', async () => {
      const outer = await hostWith(lab())
      const inner = await world.sshd([plainKey])
      writeFileSync(known, [sshd, inner].map((s) => `[127.0.0.1]:${s.port} ${s.publicKeys[0]}\n`).join(''))
      const config = await SshConfig.read({ home: world.home, files: [join(world.home, '.ssh/config')] })
      const guest = new Host({ host: 'lab', user: null, port: inner.port }, { asker: asker(), config, via: outer })
      hosts.push(guest)
      expect((await guest.exec('echo $SSH_CONNECTION')).stdout).toContain(` ${inner.port}`)
      expect(outer.connected).toBe(true)
      const nowhere = new Host({ host: 'lab', user: null, port: 1 }, { asker: asker(), config, via: outer })
      await expect(nowhere.connect()).rejects.toThrow(/lab:\d+ does not reach 127.0.0.1 port 1/)
      trusted()
    })

    it('says when nothing listens, and when it is not SSH that answers', async () => {
      await expect((await hostWith(lab(1))).connect()).rejects.toThrow(
        /cannot be reached \(127.0.0.1 port 1\): nothing listens there/,
      )
    })
  })

  describe('its files', () => {
    beforeAll(() => trusted())

    it('are listed with sizes and kinds, links as what they lead to', async () => {
      symlinkSync('random.dat', join(files, 'link.dat'))
      mkdirSync(join(files, 'sub'))
      const sftp = await (await hostWith(lab())).sftp()
      const list = (await sftp.list(files)).sort((a, b) => a.name.localeCompare(b.name))
      expect(list.map(({ name, kind, size }) => [name, kind, kind === 'file' ? size : 0])).toEqual([
        ['dull.dat', 'file', dull.length],
        ['link.dat', 'file', random.length],
        ['random.dat', 'file', random.length],
        ['sub', 'directory', 0],
      ])
      expect(Math.abs(list[0]!.modified - Date.now())).toBeLessThan(600_000)
    })

    it('are read in place: what is asked for, once', async () => {
      const source = await remoteSource(await hostWith(lab()), join(files, 'random.dat'))
      expect([source.name, source.size]).toEqual(['random.dat', random.length])
      const parts = await Promise.all([
        source.read(5000, 100_000),
        source.read(5100, 50),
        source.read(random.length - 10, 100),
      ])
      expect(parts.map(sha)).toEqual(
        [random.subarray(5000, 105_000), random.subarray(5100, 5150), random.subarray(-10)].map(sha),
      )
      expect(source.traffic.bytes).toBeLessThan(120_000)
      await source.read(5000, 100_000)
      expect(source.traffic.bytes).toBeLessThan(120_000)
      await source.close()
    })

    it('go on being read when the line broke between two reads', async () => {
      const link = await world.link(sshd.port)
      trusted(sshd, link.port)
      const source = await remoteSource(await hostWith(lab(link.port)), join(files, 'random.dat'))
      await source.read(0, 10)
      link.cut()
      expect(sha(await source.read(1 << 20, 5000))).toBe(sha(random.subarray(1 << 20, (1 << 20) + 5000)))
      trusted()
    })

    it('are not mixed up when one is changed while it is open', async () => {
      const path = join(files, 'changing.dat')
      writeFileSync(path, random.subarray(0, 100_000))
      const link = await world.link(sshd.port)
      trusted(sshd, link.port)
      const source = await remoteSource(await hostWith(lab(link.port)), path)
      truncateSync(path, 50_000)
      link.cut()
      await expect(source.read(0, 10)).rejects.toThrow(/was changed while it was open/)
      trusted()
    })

    it('say by a sentence what is not there or may not be read', async () => {
      const host = await hostWith(lab())
      await expect(remoteSource(host, '/no/such.dat')).rejects.toThrow(/\/no\/such.dat on .*lab.* does not exist/)
      await expect(remoteSource(host, files)).rejects.toThrow(/is not a file/)
    })

    it('say that they may not be opened', async () => {
      const strict = await world.sshd([plainKey], ['Subsystem sftp internal-sftp -P open'])
      trusted(strict)
      await expect(remoteSource(await hostWith(lab(strict.port)), join(files, 'random.dat'))).rejects.toThrow(
        /random.dat on .* may not be read: permission denied for this user/,
      )
      trusted()
    })

    it('go on being read when the line fell silent: nobody waits for ever', async () => {
      const link = await world.link(sshd.port)
      trusted(sshd, link.port)
      const host = await hostWith(
        lab(link.port, [`IdentityFile ${plainKey}`, 'ServerAliveInterval 1', 'ServerAliveCountMax 1']),
      )
      const source = await remoteSource(host, join(files, 'random.dat'))
      link.silent = true
      const read = source.read(2 << 20, 1000)
      await until(() => !host.connected, 'the end of the silent connection')
      link.silent = false
      expect(sha(await read)).toBe(sha(random.subarray(2 << 20, (2 << 20) + 1000)))
      trusted()
    })

    it.skipIf(process.getuid?.() === 0)('say that this user may not read one', async () => {
      const path = join(files, 'private.dat')
      writeFileSync(path, 'x')
      chmodSync(path, 0)
      await expect(remoteSource(await hostWith(lab()), path)).rejects.toThrow(/may not be read: permission denied/)
    })

    it('need SFTP, and say so where it is switched off', async () => {
      const bare = await world.sshd([plainKey], ['Subsystem sftp none'])
      trusted(bare)
      await expect((await hostWith(lab(bare.port))).sftp()).rejects.toThrow(/offers no SFTP .*Subsystem sftp/)
      trusted()
    })
  })

  describe('a copy', () => {
    const cache = new Cache({ dir: join(world.dir, 'cache') })
    beforeAll(() => trusted())

    it('is the file, proved by its checksum, and is taken from the cache the next time', async () => {
      const host = await hostWith(lab())
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
      const server = await world.sshd([plainKey])
      const link = await world.link(server.port, 8e6)
      trusted(server, link.port)
      const host = await hostWith(lab(link.port))
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
      const link = await world.link(sshd.port, 8e6)
      trusted(sshd, link.port)
      const host = await hostWith(lab(link.port))
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
      const link = await world.link(sshd.port, 10e6)
      trusted(sshd, link.port)
      const seen: FetchProgress[] = []
      const got = await fetchFile(await hostWith(lab(link.port)), join(files, 'dull.dat'), {
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
      const host = await hostWith(lab())
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
      const host = await hostWith(lab())
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
          const link = await world.link(sshd.port, 12e6)
          trusted(sshd, link.port)
          const host = await hostWith(lab(link.port))
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
      const bare = await world.sshd([plainKey], ['ForceCommand internal-sftp'])
      trusted(bare)
      const got = await fetchFile(await hostWith(lab(bare.port)), join(files, 'random.dat'), {
        cache: new Cache({ dir: join(world.dir, 'cache-7') }),
      })
      expect(got.checked).toBe('size')
      expect(sha(readFileSync(got.file))).toBe(sha(random))
      trusted()
    })

    it('comes back by itself with a passphrase that was typed once', async () => {
      const ask = asker({ secrets: ['open sesame'] })
      const link = await world.link(sshd.port)
      trusted(sshd, link.port)
      const host = await hostWith(lab(link.port, [`IdentityFile ${lockedKey}`]), ask)
      const source = await remoteSource(host, join(files, 'random.dat'))
      link.cut()
      await until(() => !host.connected, 'the break')
      await source.read(0, 10)
      expect(ask.asked.length).toBe(1)
      trusted()
    })
  })
})

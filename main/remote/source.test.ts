import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { Lab, sha } from '../../test/ssh/lab.js'
import { noServer, until } from '../../test/ssh/sshd.js'
import { remoteSource } from './source.js'

describe.skipIf(noServer)(
  `files of a machine behind SSH${noServer && ` (skipped: ${noServer})`}`,
  { timeout: 60_000 },
  () => {
    const at = new Lab()
    const { world, trusted, hostWith, lines } = at
    const { files, random, dull } = at.withFiles()
    beforeAll(() => void trusted())

    it('are listed with sizes and kinds, links as what they lead to', async () => {
      symlinkSync('random.dat', join(files, 'link.dat'))
      mkdirSync(join(files, 'sub'))
      const sftp = await (await hostWith(lines())).sftp()
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
      const source = await remoteSource(await hostWith(lines()), join(files, 'random.dat'))
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
      const link = await world.link(at.sshd.port)
      trusted(at.sshd, link.port)
      const source = await remoteSource(await hostWith(lines(link.port)), join(files, 'random.dat'))
      await source.read(0, 10)
      link.cut()
      expect(sha(await source.read(1 << 20, 5000))).toBe(sha(random.subarray(1 << 20, (1 << 20) + 5000)))
      trusted()
    })

    it('are not mixed up when one is changed while it is open', async () => {
      const path = join(files, 'changing.dat')
      writeFileSync(path, random.subarray(0, 100_000))
      const link = await world.link(at.sshd.port)
      trusted(at.sshd, link.port)
      const source = await remoteSource(await hostWith(lines(link.port)), path)
      truncateSync(path, 50_000)
      link.cut()
      await expect(source.read(0, 10)).rejects.toThrow(/was changed while it was open/)
      trusted()
    })

    it('say by a sentence what is not there or may not be read', async () => {
      const host = await hostWith(lines())
      await expect(remoteSource(host, '/no/such.dat')).rejects.toThrow(/\/no\/such.dat on .*lab.* does not exist/)
      await expect(remoteSource(host, files)).rejects.toThrow(/is not a file/)
    })

    it('say that they may not be opened', async () => {
      const strict = await world.sshd([at.plainKey], ['Subsystem sftp internal-sftp -P open'])
      trusted(strict)
      await expect(remoteSource(await hostWith(lines(strict.port)), join(files, 'random.dat'))).rejects.toThrow(
        /random.dat on .* may not be read: permission denied for this user/,
      )
      trusted()
    })

    it('go on being read when the line fell silent: nobody waits for ever', async () => {
      const link = await world.link(at.sshd.port)
      trusted(at.sshd, link.port)
      const host = await hostWith(
        lines(link.port, [`IdentityFile ${at.plainKey}`, 'ServerAliveInterval 1', 'ServerAliveCountMax 1']),
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
      await expect(remoteSource(await hostWith(lines()), path)).rejects.toThrow(/may not be read: permission denied/)
    })

    it('need SFTP, and say so where it is switched off', async () => {
      const bare = await world.sshd([at.plainKey], ['Subsystem sftp none'])
      trusted(bare)
      await expect((await hostWith(lines(bare.port))).sftp()).rejects.toThrow(/offers no SFTP .*Subsystem sftp/)
      trusted()
    })
  },
)

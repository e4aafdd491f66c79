import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { asker, Lab } from '../../test/ssh/lab.js'
import { noServer } from '../../test/ssh/sshd.js'
import { Host } from './host.js'
import { SshConfig } from './ssh-config.js'

describe.skipIf(noServer)(
  `a login at a machine behind SSH${noServer && ` (skipped: ${noServer})`}`,
  { timeout: 60_000 },
  () => {
    const at = new Lab()
    const { world, known, trusted, hostWith, lines } = at
    beforeAll(() => void trusted())

    it('takes the keys of the agent', async () => {
      const socket = await world.agent([at.plainKey])
      const host = await hostWith(
        lines(at.sshd.port, [`IdentityAgent ${socket}`, 'IdentityFile none']).filter(
          (l) => l !== '  IdentityAgent none',
        ),
      )
      expect((await host.exec('echo hello')).stdout).toBe('hello\n')
    })

    it('asks for the passphrase of a key, again when it was wrong, and keeps it in memory', async () => {
      const ask = asker({ secrets: ['wrong', 'open sesame'] })
      const host = await hostWith(lines(at.sshd.port, [`IdentityFile ${at.lockedKey}`]), ask)
      await host.connect()
      expect(ask.asked).toMatchObject([
        { what: 'passphrase', text: 'Passphrase of the key id_locked', again: false, echo: false },
        { what: 'passphrase', again: true },
      ])
    })

    it('says what it tried when nothing is let in', async () => {
      const stranger = world.key('id_stranger')
      await expect((await hostWith(lines(at.sshd.port, [`IdentityFile ${stranger}`]))).connect()).rejects.toThrow(
        /let nobody in \(tried: key .*id_stranger\)\. The host lets in by publickey/,
      )
    })

    it('goes through jump hosts', async () => {
      const jump = await world.sshd([at.plainKey])
      const inner = await world.sshd([at.plainKey])
      writeFileSync(known, [jump, inner, at.sshd].map((s) => `[127.0.0.1]:${s.port} ${s.publicKeys[0]}\n`).join(''))
      const hop = (name: string, port: number): string[] =>
        lines(port).map((l) => (l === 'Host lab' ? `Host ${name}` : l))
      const host = await hostWith([
        ...lines(at.sshd.port, [`IdentityFile ${at.plainKey}`, 'ProxyJump one,two']),
        ...hop('one', jump.port),
        ...hop('two', inner.port),
      ])
      expect((await host.exec('echo $SSH_CONNECTION')).stdout).toContain(String(at.sshd.port))
      expect(jump.log).toContain('Accepted publickey')
      expect(inner.log).toContain('Accepted publickey')
    })

    it('goes through the machine that it is a guest of', async () => {
      const outer = await hostWith(lines())
      const inner = await world.sshd([at.plainKey])
      writeFileSync(known, [at.sshd, inner].map((s) => `[127.0.0.1]:${s.port} ${s.publicKeys[0]}\n`).join(''))
      const config = await SshConfig.read({ home: world.home, files: [join(world.home, '.ssh/config')] })
      const guest = new Host({ host: 'lab', user: null, port: inner.port }, { asker: asker(), config, via: outer })
      at.hosts.push(guest)
      expect((await guest.exec('echo $SSH_CONNECTION')).stdout).toContain(` ${inner.port}`)
      expect(outer.connected).toBe(true)
      const nowhere = new Host({ host: 'lab', user: null, port: 1 }, { asker: asker(), config, via: outer })
      await expect(nowhere.connect()).rejects.toThrow(/lab:\d+ does not reach 127.0.0.1 port 1/)
      trusted()
    })

    it('says when nothing listens, and when it is not SSH that answers', async () => {
      await expect((await hostWith(lines(1))).connect()).rejects.toThrow(
        /cannot be reached \(127.0.0.1 port 1\): nothing listens there/,
      )
    })
  },
)

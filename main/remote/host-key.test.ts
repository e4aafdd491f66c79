import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { asker, Lab } from '../../test/ssh/lab.js'
import { noServer, user } from '../../test/ssh/sshd.js'
import type { HostKeyQuestion } from './ask.js'

describe.skipIf(noServer)(
  `the key of a machine behind SSH${noServer && ` (skipped: ${noServer})`}`,
  { timeout: 60_000 },
  () => {
    const at = new Lab()
    const { world, known, hostWith, lines } = at

    it('is shown with its fingerprint when it is unknown, and noted when it is accepted', async () => {
      writeFileSync(known, '')
      const no = asker({ trust: false })
      await expect((await hostWith(lines(), no)).connect()).rejects.toThrow(/is not known and was not accepted/)
      const yes = asker({ trust: true })
      await (await hostWith(lines(), yes)).connect()
      const [question] = yes.asked as HostKeyQuestion[]
      const blob = Buffer.from(at.sshd.publicKeys[0]!.split(' ')[1]!, 'base64')
      expect(question).toEqual({
        kind: 'host-key',
        host: `${user}@lab:${at.sshd.port}`,
        type: 'ssh-ed25519',
        fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace('=', '')}`,
        file: known,
      })
      // Now it is known: nobody is asked.
      const again = asker()
      await (await hostWith(lines(), again)).connect()
      expect(again.asked).toEqual([])
    })

    it('is noted in hashed form where the configuration says so, as ssh-keygen finds it', async () => {
      writeFileSync(known, '# mine')
      await (
        await hostWith(
          lines(at.sshd.port, [`IdentityFile ${at.plainKey}`, 'HashKnownHosts yes']),
          asker({ trust: true }),
        )
      ).connect()
      expect(readFileSync(known, 'utf8')).toMatch(/^# mine\n\|1\|[^ ]+ ssh-ed25519 /)
      await (await hostWith(lines())).connect()
    })

    it('is refused when it has changed', async () => {
      const other = await world.sshd([at.plainKey])
      writeFileSync(known, `# a\n[127.0.0.1]:${at.sshd.port} ${other.publicKeys[0]}\n`)
      const ask = asker({ trust: true })
      await expect((await hostWith(lines(), ask)).connect()).rejects.toThrow(
        new RegExp(`The key of .*lab.* has changed: it shows SHA256:.*${known}:2 knows SHA256:`),
      )
      expect(ask.asked).toEqual([])
    })

    it('is refused when it is revoked', async () => {
      writeFileSync(known, `@revoked * ${at.sshd.publicKeys[0]}\n`)
      await expect((await hostWith(lines(), asker({ trust: true }))).connect()).rejects.toThrow(/is revoked/)
    })

    it('is asked for by the type that is known', async () => {
      const two = await world.sshd([at.plainKey], [], ['ed25519', 'rsa'])
      writeFileSync(known, `[127.0.0.1]:${two.port} ${two.publicKeys[1]}\n`)
      await (await hostWith(lines(two.port))).connect()
    })
  },
)

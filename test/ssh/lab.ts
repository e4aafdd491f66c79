// A machine called `lab` behind a real SSH server, as the tests of remote machines know it.

import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { Asker, HostKeyQuestion, SecretQuestion } from '../../main/remote/ask.js'
import { Host } from '../../main/remote/host.js'
import { SshConfig } from '../../main/remote/ssh-config.js'
import { type Sshd, SshWorld, user } from './sshd.js'

/** Answers by the given words, and remembers what it was asked. */
export function asker(
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

export const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The machine, from before the tests of a `describe` until after them. */
export class Lab {
  readonly world = new SshWorld()
  readonly known = join(this.world.home, '.ssh/known_hosts')
  sshd!: Sshd
  plainKey!: string
  lockedKey!: string
  readonly hosts: Host[] = []

  constructor() {
    beforeAll(async () => {
      this.plainKey = this.world.key('id_plain')
      this.lockedKey = this.world.key('id_locked', 'open sesame')
      this.sshd = await this.world.sshd([this.plainKey, this.lockedKey])
    }, 60_000)
    afterAll(() => {
      for (const host of this.hosts) host.close()
      this.world.close()
    })
  }

  /** Makes a server's keys those that are known for a port, and no other. */
  readonly trusted = (server: Sshd = this.sshd, port = server.port): unknown =>
    writeFileSync(this.known, server.publicKeys.map((k) => `[127.0.0.1]:${port} ${k}\n`).join(''))

  /** The machine by these lines of configuration. */
  readonly hostWith = async (lines: readonly string[], ask: Asker = asker(), name = 'lab'): Promise<Host> => {
    this.world.config(lines.join('\n'))
    const config = await SshConfig.read({ home: this.world.home, files: [join(this.world.home, '.ssh/config')] })
    const host = new Host({ host: name, user: null, port: null }, { asker: ask, config })
    this.hosts.push(host)
    return host
  }

  /** Lines of configuration. */
  readonly lines = (
    port = this.sshd.port,
    more: readonly string[] = [`IdentityFile ${this.plainKey}`],
  ): readonly string[] => [
    'Host lab',
    '  HostName 127.0.0.1',
    `  User ${user}`,
    `  Port ${port}`,
    '  IdentityAgent none',
    `  UserKnownHostsFile ${this.known}`,
    '  GlobalKnownHostsFile /dev/null',
    ...more.map((l) => `  ${l}`),
  ]

  /** Gives it two files: `random.dat`, which does not shrink, and `dull.dat`, which does. */
  withFiles(): { readonly files: string; readonly random: Uint8Array; readonly dull: Uint8Array } {
    const files = join(this.world.dir, 'files')
    const random = new Uint8Array(6 << 20).map((_, i) => (Math.imul(i ^ (i >> 9), 2654435761) >>> 13) & 255)
    const dull = new Uint8Array(24 << 20).map((_, i) => (i >> 12) & 255)
    beforeAll(() => {
      mkdirSync(files)
      writeFileSync(join(files, 'random.dat'), random)
      writeFileSync(join(files, 'dull.dat'), dull)
    })
    return { files, random, dull }
  }
}

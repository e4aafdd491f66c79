// known_hosts: which key a host has shown before. Reference: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.

import { createHash, createHmac, randomBytes } from 'node:crypto'
import { appendFile, chmod, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { matchesList } from './ssh-config.js'

interface Entry {
  readonly marker: '' | '@revoked' | '@cert-authority'
  /** Patterns, or `|1|salt|hash`. */
  readonly hosts: readonly string[]
  readonly type: string
  /** base64. */
  readonly key: string
  readonly file: string
  readonly line: number
}

export type KeyVerdict =
  | { readonly is: 'known' }
  | { readonly is: 'unknown' }
  /** The host is known by another key. `at` is `file:line` of it. */
  | { readonly is: 'changed'; readonly at: string; readonly expected: string }
  | { readonly is: 'revoked'; readonly at: string }

/** `host`, or `[host]:port` where the port is not 22. */
export const hostId = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`)

/** `SHA256:…`, as ssh shows it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** Type of a public key as it lies on the wire: `ssh-ed25519`. */
export function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0
  return key.subarray(4, 4 + Math.min(length, 64)).toString('latin1')
}

export class KnownHosts {
  private constructor(private readonly entries: readonly Entry[]) {}

  /** Reads the files that are there. */
  static async read(files: readonly string[]): Promise<KnownHosts> {
    const entries: Entry[] = []
    for (const file of files) {
      const text = await readFile(file, 'utf8').catch(() => '')
      text.split('\n').forEach((line, i) => {
        const m = /^\s*(?:(@revoked|@cert-authority)\s+)?([^#\s]\S*)\s+(\S+)\s+([A-Za-z0-9+/]+=*)/.exec(line)
        if (!m) return
        const marker = (m[1] ?? '') as Entry['marker']
        entries.push({ marker, hosts: m[2]!.split(','), type: m[3]!, key: m[4]!, file, line: i + 1 })
      })
    }
    return new KnownHosts(entries)
  }

  #of(id: string): Entry[] {
    return this.entries.filter((e) => fits(e.hosts, id))
  }

  /** Types of the keys by which the host is known: those to ask it for first. */
  typesOf(id: string): string[] {
    return [...new Set(this.#of(id).flatMap((e) => (e.marker === '' ? [e.type] : [])))]
  }

  judge(id: string, key: Buffer): KeyVerdict {
    const text = key.toString('base64')
    const entries = this.#of(id)
    const revoked = this.entries.find((e) => e.marker === '@revoked' && e.key === text && fits(e.hosts, id))
    if (revoked) return { is: 'revoked', at: `${revoked.file}:${revoked.line}` }
    const known = entries.filter((e) => e.marker === '')
    if (known.some((e) => e.key === text)) return { is: 'known' }
    const other = known.find((e) => e.type === keyType(key)) ?? known[0]
    if (!other) return { is: 'unknown' }
    return { is: 'changed', at: `${other.file}:${other.line}`, expected: fingerprint(Buffer.from(other.key, 'base64')) }
  }
}

function fits(hosts: readonly string[], id: string): boolean {
  const [first = ''] = hosts
  if (!first.startsWith('|1|')) return matchesList(hosts, id)
  const [, , salt = '', hash] = first.split('|')
  return hashed(id, Buffer.from(salt, 'base64')) === hash
}

const hashed = (id: string, salt: Buffer): string => createHmac('sha1', salt).update(id.toLowerCase()).digest('base64')

/** Notes a host's key. Rejects with Node's error where the file cannot be written. */
export async function addKnownHost(file: string, id: string, key: Buffer, hash: boolean): Promise<void> {
  const salt = randomBytes(20)
  const name = hash ? `|1|${salt.toString('base64')}|${hashed(id, salt)}` : id
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const before = await readFile(file, 'utf8').catch(() => null)
  const gap = before === null || before === '' || before.endsWith('\n') ? '' : '\n'
  await appendFile(file, `${gap}${name} ${keyType(key)} ${key.toString('base64')}\n`)
  if (before === null) await chmod(file, 0o600)
}

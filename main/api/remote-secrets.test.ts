import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { Cache } from '../remote/cache.js'
import type { SecretStore } from '../remote/secrets.js'
import { SshConfig } from '../remote/ssh-config.js'
import { createApp } from './app.js'
import { FileRegistry } from './files.js'
import type { ConnectLine } from './remote.js'

class FakeStore implements SecretStore {
  readonly kept = new Map<string, string>()
  offered = true
  full = false
  get = (name: string): string | null => this.kept.get(name) ?? null
  put(name: string, value: string): void {
    if (this.full) throw new Error('The secret could not be kept: the disk is full.')
    this.kept.set(name, value)
  }
  forget(name?: string): number {
    const gone = name === undefined ? [...this.kept.keys()] : [name].filter((n) => this.kept.has(n))
    for (const one of gone) this.kept.delete(one)
    return gone.length
  }
}

// Servers in this process, since a real one would need a password of this machine's.
describe('secrets that outlive a connection', () => {
  const dir = mkdtempSync(join(tmpdir(), 'remora-secrets-'))
  const servers: ssh2.Server[] = []
  const plain = ssh2.utils.generateKeyPairSync('ed25519')
  const other = ssh2.utils.generateKeyPairSync('ed25519')
  const locked = ssh2.utils.generateKeyPairSync('ed25519', {
    passphrase: 'open sesame',
    cipher: 'aes256-cbc',
    rounds: 1,
  })
  mkdirSync(join(dir, '.ssh'))
  const config = join(dir, '.ssh/config')
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })
  afterAll(() => {
    rmSync(dir, { recursive: true })
  })

  type Way = 'password' | 'keyboard-interactive' | 'publickey'
  /** Lets in by one way; tells the passwords that it was given. */
  async function server(way: Way, right = 'hunter2', { port = 0, key = plain.private, prompt = 'Password: ' } = {}) {
    const given: string[] = []
    const judge = (ctx: ssh2.AuthContext, fine: boolean): void => (fine ? ctx.accept() : ctx.reject([way]))
    const made = new ssh2.Server({ hostKeys: [key] }, (client) => {
      client.on('authentication', (ctx) => {
        if (ctx.method !== way) return ctx.reject([way])
        const look = (text: string): void => {
          given.push(text)
          judge(ctx, text === right)
        }
        if (ctx.method === 'password') look(ctx.password)
        else if (ctx.method === 'keyboard-interactive')
          ctx.prompt([{ prompt, echo: false }], ([text = '']) => look(text))
        else ctx.accept()
      })
      client.on('ready', () => {
        client.on('session', (accept) => {
          accept().on('sftp', (take) => void take())
        })
      })
      client.on('error', () => undefined)
    })
    servers.push(made)
    await new Promise<void>((done) => made.listen(port, '127.0.0.1', done))
    const at = (made.address() as { port: number }).port
    writeFileSync(
      config,
      `Host lab\n HostName 127.0.0.1\n User me\n Port ${at}\n IdentityAgent none\n IdentityFile ${join(dir, 'id')}\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n GlobalKnownHostsFile none\n`,
    )
    return { given, port: at, close: () => new Promise((done) => made.close(done)) }
  }

  const appWith = (secrets?: SecretStore) =>
    createApp({
      files: new FileRegistry(),
      startup: () => ({ sources: [], sample: false, version: '' }),
      renderer: '/nowhere',
      remote: {
        cache: new Cache({ dir: join(dir, 'cache') }),
        record: { root: join(dir, 'recordings') },
        config: () => SshConfig.read({ home: dir, files: [config] }),
        ...(secrets ? { secrets } : {}),
      },
    })

  type Answer = string | { text: string; keep: boolean } | null
  /** Connects as a window does, and ends the connection; gives the lines. */
  async function connect(app: ReturnType<typeof appWith>, ...answers: Answer[]): Promise<ConnectLine[]> {
    const post = (path: string, body: unknown) =>
      app.request(`/api/remote${path}`, { method: 'POST', body: JSON.stringify(body) })
    const lines: ConnectLine[] = []
    const decoder = new TextDecoder()
    const answer = await post('/connect', { address: 'lab' })
    for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) {
      for (const text of decoder.decode(bytes).trim().split('\n').filter(Boolean)) {
        const line = JSON.parse(text) as ConnectLine
        lines.push(line)
        if (line.type === 'question') await post(`/answers/${line.id}`, { value: answers.shift() ?? null })
        if (line.type === 'connected') await app.request(`/api/remote/machines/${line.machine}`, { method: 'DELETE' })
      }
    }
    return lines
  }
  const types = (lines: ConnectLine[]): string[] => lines.map((l) => l.type)
  const asked = (lines: ConnectLine[]) =>
    lines.flatMap((l) => (l.type === 'question' && l.question.kind === 'secret' ? [l.question] : []))
  const kept = (text: string) => ({ text, keep: true })

  it.each(['password', 'keyboard-interactive'] as const)(
    'keeps a %s once it was right, uses it silently, drops it when it is refused',
    async (way) => {
      const store = new FakeStore()
      const first = await server(way)
      const lines = await connect(appWith(store), kept('wrong'), kept('hunter2'))
      expect(asked(lines)).toMatchObject([
        { keepable: true, again: false },
        { keepable: true, again: true },
      ])
      // The wrong one never got there.
      expect([...store.kept]).toEqual([
        [
          expect.stringMatching(
            new RegExp(`^me@\\[127\\.0\\.0\\.1\\]:${first.port} SHA256:\\S{43} (password|answer)$`),
          ),
          'hunter2',
        ],
      ])
      expect(JSON.stringify(lines)).not.toContain('hunter2')

      // Another start of the program.
      expect(types(await connect(appWith(store)))).toEqual(['connected'])
      await first.close()

      const second = await server(way, 'changed', { port: first.port })
      const again = await connect(appWith(store), 'changed')
      expect(second.given).toEqual(['hunter2', 'changed'])
      expect(asked(again)).toMatchObject([
        { text: expect.stringMatching(/the one that was kept is refused now/), again: false },
      ])
      // The new one was not to be kept.
      expect(store.kept.size).toBe(0)
    },
  )

  it('drops one that is refused when nobody answers after that', async () => {
    const store = new FakeStore()
    const first = await server('password')
    await connect(appWith(store), kept('hunter2'))
    await first.close()
    await server('password', 'changed', { port: first.port })
    expect(types(await connect(appWith(store), null))).toEqual(['question', 'error'])
    expect(store.kept.size).toBe(0)
  })

  it('gives it to no machine that shows another key', async () => {
    const store = new FakeStore()
    const first = await server('password')
    await connect(appWith(store), kept('hunter2'))
    await first.close()
    const second = await server('password', 'hunter2', { port: first.port, key: other.private })
    expect(types(await connect(appWith(store), null))).toEqual(['question', 'error'])
    expect([second.given, store.kept.size]).toEqual([[], 1])
  })

  it('keeps the passphrase of a key, and drops it when the key has another', async () => {
    const store = new FakeStore()
    writeFileSync(join(dir, 'id'), locked.private)
    await server('publickey')
    expect(asked(await connect(appWith(store), kept('open sesame')))).toMatchObject([
      { what: 'passphrase', keepable: true },
    ])
    expect([...store.kept.values()]).toEqual(['open sesame'])
    expect(types(await connect(appWith(store)))).toEqual(['connected'])
    const fresh = { passphrase: 'new words', cipher: 'aes256-cbc', rounds: 1 } as const
    writeFileSync(join(dir, 'id'), ssh2.utils.generateKeyPairSync('ed25519', fresh).private)
    expect(types(await connect(appWith(store), 'new words'))).toEqual(['question', 'connected'])
    expect(store.kept.size).toBe(0)
    rmSync(join(dir, 'id'))
  })

  it('keeps nothing unasked, no one-time codes, and nothing where there is no key store', async () => {
    const store = new FakeStore()
    const first = await server('password')
    await connect(appWith(store), 'hunter2')
    await connect(appWith(store), { text: 'hunter2', keep: false })
    store.offered = false
    expect(asked(await connect(appWith(store), kept('hunter2')))[0]).not.toHaveProperty('keepable')
    expect(asked(await connect(appWith(), kept('hunter2')))[0]).not.toHaveProperty('keepable')
    await first.close()
    store.offered = true
    await server('keyboard-interactive', '123456', { prompt: 'One-time password: ' })
    expect(asked(await connect(appWith(store), kept('123456')))[0]).not.toHaveProperty('keepable')
    expect(store.kept.size).toBe(0)
  })

  it('connects, and says so, where a secret could not be kept', async () => {
    const store = new FakeStore()
    store.full = true
    await server('password')
    const lines = await connect(appWith(store), kept('hunter2'))
    expect(lines.slice(1)).toMatchObject([
      { type: 'note', sentence: 'The secret could not be kept: the disk is full.' },
      { type: 'connected' },
    ])
  })

  it('forgets them all when it is told to; a door without a store has nothing to forget', async () => {
    const store = new FakeStore()
    await server('password')
    await connect(appWith(store), kept('hunter2'))
    const forget = (app: ReturnType<typeof appWith>) => app.request('/api/remote/secrets', { method: 'DELETE' })
    expect(await (await forget(appWith(store))).json()).toEqual({ forgotten: 1 })
    expect(store.kept.size).toBe(0)
    expect((await forget(appWith())).status).toBe(400)
  })
})

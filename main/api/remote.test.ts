import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longTrace } from '../../test/fixtures/long-trace.js'
import { noServer, type Sshd, SshWorld, user } from '../../test/ssh/sshd.js'
import { Cache } from '../remote/cache.js'
import { SshConfig } from '../remote/ssh-config.js'
import { createApp } from './app.js'
import { FileRegistry } from './files.js'
import type { ConnectLine, FetchLine } from './remote.js'

describe.skipIf(noServer)(
  `other machines over the API${noServer && ` (skipped: ${noServer})`}`,
  { timeout: 60_000 },
  () => {
    const world = new SshWorld()
    const files = join(world.dir, 'traces')
    const trace = longTrace(1 << 19, 5)
    const ended = new AbortController()
    let sshd: Sshd

    const app = createApp({
      files: new FileRegistry(),
      startup: () => ({ sources: [], sample: false, version: '' }),
      renderer: '/nowhere',
      remote: {
        cache: new Cache({ dir: join(world.dir, 'cache') }),
        config: () => SshConfig.read({ home: world.home, files: [join(world.home, '.ssh/config')] }),
        until: ended.signal,
      },
    })
    const post = async (path: string, body: unknown): Promise<Response> =>
      app.request(`/api/remote${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      })

    /** Reads the lines of an answer as they come, answering questions. */
    async function follow<Line extends { type: string }>(
      response: Response,
      answer?: (line: Line) => unknown,
    ): Promise<Line[]> {
      const all: Line[] = []
      const decoder = new TextDecoder()
      let rest = ''
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
        const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n')
        rest = parts.pop()!
        for (const text of parts) {
          const line = JSON.parse(text) as Line
          all.push(line)
          const value = answer?.(line)
          if (value !== undefined) await post(`/answers/${(line as unknown as { id: string }).id}`, { value })
        }
      }
      return all
    }

    async function connected(): Promise<string> {
      const lines = await follow<ConnectLine>(await post('/connect', { address: 'lab' }), (l) =>
        l.type === 'question' ? true : undefined,
      )
      const last = lines.at(-1)!
      if (last.type !== 'connected') throw new Error(JSON.stringify(last))
      return last.machine
    }

    beforeAll(async () => {
      const key = world.key('id_ed25519')
      sshd = await world.sshd([key])
      world.config(
        `Host lab\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User ${user}\n  IdentityAgent none\n  GlobalKnownHostsFile none\nHost *.example\n`,
      )
      mkdirSync(join(files, 'more'), { recursive: true })
      writeFileSync(join(files, 'long.trace'), trace)
      writeFileSync(join(files, 'notes.dat'), 'nothing but words, though it is called like a trace. '.repeat(5))
      symlinkSync('long.trace', join(files, 'newest'))
    }, 60_000)
    afterAll(() => {
      ended.abort()
      world.close()
    })

    it('names the hosts of the configuration', async () => {
      expect(await (await app.request('/api/remote/hosts')).json()).toEqual([
        { name: 'lab', leads: `${user}@127.0.0.1:${sshd.port}` },
      ])
    })

    it('asks on the way, and connects', async () => {
      const lines = await follow<ConnectLine>(await post('/connect', { address: 'ssh://lab' }), (l) =>
        l.type === 'question' ? true : undefined,
      )
      expect(lines).toEqual([
        {
          type: 'question',
          id: expect.any(String),
          question: expect.objectContaining({ kind: 'host-key', type: 'ssh-ed25519' }),
        },
        { type: 'connected', machine: expect.any(String), label: `${user}@lab:${sshd.port}`, address: 'ssh://lab' },
      ])
    })

    it('takes a typed password, which is nowhere in any answer', async () => {
      // A server in this process, since a real one would need a password of this machine's.
      const server = new ssh2.Server({ hostKeys: [readFileSync(world.key('host'), 'utf8')] }, (client) => {
        let tries = 0
        client.on('authentication', (ctx) => {
          if (ctx.method !== 'password') ctx.reject(['password'])
          else if (++tries > 1 && ctx.password === 'hunter2') ctx.accept()
          else ctx.reject(['password'])
        })
        client.on('ready', () => {
          client.on('session', (accept) => {
            accept().on('sftp', (take) => void take())
          })
        })
        client.on('error', () => undefined)
      })
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      const { port } = server.address() as { port: number }
      const answers: (string | true)[] = [true, 'wrong', 'hunter2']
      const lines = await follow<ConnectLine>(await post('/connect', { address: `me@127.0.0.1:${port}` }), (l) =>
        l.type === 'question' ? answers.shift() : undefined,
      )
      expect(
        lines.map((l) =>
          l.type === 'question' ? [l.question.kind, 'again' in l.question && l.question.again] : l.type,
        ),
      ).toEqual([['host-key', false], ['secret', false], ['secret', true], 'connected'])
      expect(JSON.stringify(lines)).not.toContain('hunter2')
      server.close()
    })

    it('answers the questions of the host (keyboard-interactive), and says when nobody answers', async () => {
      const server = new ssh2.Server({ hostKeys: [readFileSync(world.key('host2'), 'utf8')] }, (client) => {
        client.on('authentication', (ctx) => {
          if (ctx.method !== 'keyboard-interactive') ctx.reject(['keyboard-interactive'])
          else {
            ctx.prompt(
              [
                { prompt: 'Password: ', echo: false },
                { prompt: 'Code: ', echo: true },
              ],
              (given) => (given.join() === 'pw,123456' ? ctx.accept() : ctx.reject(['keyboard-interactive'])),
            )
          }
        })
        client.on('ready', () => {
          client.on('session', (accept) => {
            accept().on('sftp', (take) => void take())
          })
        })
        client.on('error', () => undefined)
      })
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      const { port } = server.address() as { port: number }
      const asked: string[] = []
      const answer = (given: (string | boolean | null)[]) => (l: ConnectLine) => {
        if (l.type !== 'question') return undefined
        if (l.question.kind === 'secret') asked.push(`${l.question.text} ${l.question.echo}`)
        return given.shift()
      }
      const fine = await follow<ConnectLine>(
        await post('/connect', { address: `me@127.0.0.1:${port}` }),
        answer([true, 'pw', '123456']),
      )
      expect(fine.at(-1)!.type).toBe('connected')
      expect(asked).toEqual([`me@127.0.0.1:${port} asks: Password false`, `me@127.0.0.1:${port} asks: Code true`])
      const not = await follow<ConnectLine>(await post('/connect', { address: `me@127.0.0.1:${port}` }), answer([null]))
      expect(not.at(-1)).toMatchObject({ type: 'error', error: { code: 'no-login' } })
      server.close()
    })

    it('lists a directory and recognises traces by their bytes', async () => {
      const machine = await connected()
      const listing = (await (
        await app.request(`/api/remote/machines/${machine}/list?path=${encodeURIComponent(files)}`)
      ).json()) as {
        path: string
        entries: { name: string; kind: string; format: string | null; size: number }[]
      }
      expect(listing.path).toBe(files)
      expect(listing.entries.map((e) => [e.name, e.kind, e.format])).toEqual([
        ['more', 'directory', null],
        ['long.trace', 'file', 'trace.dat'],
        ['newest', 'file', 'trace.dat'],
        ['notes.dat', 'file', null],
      ])
      const none = await app.request(`/api/remote/machines/${machine}/list?path=/no/such`)
      expect([none.status, await none.json()]).toEqual([422, { error: expect.objectContaining({ code: 'not-found' }) }])
    })

    it('gives a file out by ranges while it stays where it is', async () => {
      const machine = await connected()
      const file = (await (await post(`/machines/${machine}/place`, { path: join(files, 'long.trace') })).json()) as {
        url: string
        size: number
      }
      expect(file).toMatchObject({ name: 'long.trace', size: trace.length })
      const part = await app.request(file.url, { headers: { range: 'bytes=1000-1999' } })
      expect(part.status).toBe(206)
      expect(Buffer.from(await part.arrayBuffer()).equals(trace.subarray(1000, 2000))).toBe(true)
      expect((await app.request(file.url)).status).toBe(411)
      // Once the connection is closed, so is the way to the file.
      await app.request(`/api/remote/machines/${machine}`, { method: 'DELETE' })
      expect((await app.request(file.url, { headers: { range: 'bytes=0-9' } })).status).toBe(404)
      const gone = await post(`/machines/${machine}/place`, { path: '/x' })
      expect([gone.status, await gone.json()]).toEqual([
        422,
        { error: expect.objectContaining({ code: 'connection-closed' }) },
      ])
    })

    it('copies a file, telling how far it is, and serves the copy', async () => {
      const machine = await connected()
      const lines = await follow<FetchLine>(
        await post(`/machines/${machine}/fetch`, { path: join(files, 'long.trace') }),
      )
      expect(lines[0]).toMatchObject({ type: 'progress', progress: { phase: 'copying', total: trace.length } })
      const done = lines.at(-1)!
      if (done.type !== 'done') throw new Error(JSON.stringify(done))
      expect(done.fetched).toMatchObject({ checked: 'sha256', cached: false })
      const copy = await app.request(done.file.url)
      expect(Buffer.from(await copy.arrayBuffer()).equals(trace)).toBe(true)
      expect(await (await app.request('/api/remote/cache')).json()).toMatchObject({ copies: 1, bytes: trace.length })
    })

    it('ends a copy when the window goes away', async () => {
      const machine = await connected()
      writeFileSync(join(files, 'big.dat'), Buffer.alloc(64 << 20, 'x'))
      const response = await post(`/machines/${machine}/fetch`, { path: join(files, 'big.dat') })
      const reader = response.body!.getReader()
      await reader.read()
      await reader.cancel()
      const { bytes } = (await (await app.request('/api/remote/cache')).json()) as { bytes: number }
      await new Promise((resolve) => setTimeout(resolve, 300))
      const later = (await (await app.request('/api/remote/cache')).json()) as { bytes: number }
      expect(later.bytes - bytes).toBeLessThan(8 << 20)
      expect(later.bytes).toBeLessThan(64 << 20)
    })
  },
)

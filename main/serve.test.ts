import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serve, type RunningServer } from './serve.js'

let folder: string
let server: RunningServer
let token: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remora-serve-'))
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  await writeFile(join(folder, 'a.dat'), 'some bytes')
  server = await serve({ paths: [join(folder, 'a.dat')], port: 0, renderer: folder })
  token = new URL(server.url).searchParams.get('token')!
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

// fetch() lets nobody set Host, Origin or Cookie.
async function get(path: string, headers: Record<string, string> = {}) {
  const asked = request({ host: '127.0.0.1', port: server.port, path, headers })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) text += chunk
  return { status: answer.statusCode, headers: answer.headers, text }
}
const cookie = () => `remora-${server.port}=${token}`

describe('who may ask', () => {
  test('nobody without the token, and the sentence says where it is', async () => {
    const answer = await get('/api/startup')
    expect(answer.status).toBe(403)
    expect(answer.text).toMatch(/token/)
    expect((await get('/?token=wrong')).status).toBe(403)
    expect((await get('/', { cookie: `remora-${server.port}=wrong` })).status).toBe(403)
  })

  test('the token in the address becomes a cookie that scripts and other sites do not see', async () => {
    const answer = await get(`/?token=${token}`)
    expect([answer.status, answer.headers.location]).toEqual([303, '/'])
    expect(answer.headers['set-cookie']?.[0]).toMatch(/HttpOnly; SameSite=Strict/)
  })

  test('with the cookie everything is there', async () => {
    expect((await get('/', { cookie: cookie() })).status).toBe(200)
    const { sources } = JSON.parse((await get('/api/startup', { cookie: cookie() })).text) as {
      sources: { name: string; url: string }[]
    }
    expect(sources.map((s) => s.name)).toEqual(['a.dat'])
    const part = await get(sources[0]!.url, { cookie: cookie(), range: 'bytes=5-' })
    expect([part.status, part.text]).toEqual([206, 'bytes'])
  })

  test('another host name or another origin is refused even with the token', async () => {
    expect((await get('/', { cookie: cookie(), host: 'attacker.example' })).status).toBe(403)
    expect((await get('/', { cookie: cookie(), origin: 'http://attacker.example' })).status).toBe(403)
    expect((await get('/', { cookie: cookie(), origin: 'null' })).status).toBe(403)
    const own = `http://127.0.0.1:${server.port}`
    expect((await get('/', { cookie: cookie(), origin: own })).status).toBe(200)
  })

  test('a refusal is isolated like every answer', async () => {
    expect((await get('/')).headers['cross-origin-opener-policy']).toBe('same-origin')
  })
})

test('a port that was asked for and is taken is an error; without one the next free port is used', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await expect(serve({ paths: [join(folder, 'a.dat')], port, renderer: folder })).rejects.toMatchObject({
    name: 'InputError',
    code: 'port-taken',
  })
  other.close()
  const first = await serve({ paths: [join(folder, 'a.dat')], renderer: folder })
  const second = await serve({ paths: [join(folder, 'a.dat')], renderer: folder })
  expect(second.port).toBeGreaterThan(first.port)
  await Promise.all([first.close(), second.close()])
})

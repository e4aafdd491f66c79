import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError, RequestError } from '../../workers/fault.js'
import { createApp, errorResponse } from './app.js'
import { FileRegistry, type ServedFile } from './files.js'
import { contentSecurityPolicy } from './headers.js'

const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff)
let folder: string
let files: FileRegistry
let big: ServedFile
let empty: ServedFile
let app: ReturnType<typeof createApp>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remora-api-'))
  await mkdir(join(folder, 'renderer/assets'), { recursive: true })
  await writeFile(join(folder, 'renderer/index.html'), '<!doctype html><title>Remora</title>')
  await writeFile(join(folder, 'renderer/assets/app.js'), 'export {}')
  await writeFile(join(folder, 'secret.txt'), 'not for the window')
  await writeFile(join(folder, 'big.dat'), bytes)
  await writeFile(join(folder, 'empty.dat'), '')
  files = new FileRegistry()
  big = await files.add(join(folder, 'big.dat'))
  empty = await files.add(join(folder, 'empty.dat'))
  const startup = () => ({ sources: [big], sample: false, version: '1.2.3' })
  app = createApp({ files, startup, renderer: join(folder, 'renderer') })
})
afterAll(() => rm(folder, { recursive: true }))

const body = async (response: Response) => new Uint8Array(await response.arrayBuffer())

describe('files', () => {
  test('a whole file comes as it is, in several pieces', async () => {
    const response = await app.request(big.url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe(String(bytes.length))
    expect(response.headers.get('accept-ranges')).toBe('bytes')
    expect(Buffer.compare(await body(response), bytes)).toBe(0)
  })

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=1048570-1048590', 1_048_570, 1_048_591],
    ['bytes=-16', bytes.length - 16, bytes.length],
    ['bytes=2999000-', 2_999_000, bytes.length],
  ])('%s', async (range, start, end) => {
    const response = await app.request(big.url, { headers: { range } })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${bytes.length}`)
    expect(Buffer.compare(await body(response), bytes.subarray(start, end))).toBe(0)
  })

  test('a range beyond the end is refused with the size', async () => {
    const response = await app.request(big.url, { headers: { range: 'bytes=3000000-' } })
    expect(response.status).toBe(416)
    expect(response.headers.get('content-range')).toBe('bytes */3000000')
  })

  test('HEAD tells the size and sends nothing', async () => {
    const response = await app.request(big.url, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe('3000000')
    expect((await body(response)).length).toBe(0)
  })

  test('an empty file is an empty answer', async () => {
    const response = await app.request(empty.url)
    expect([response.status, (await body(response)).length]).toEqual([200, 0])
  })

  test('what was never registered is not there', async () => {
    expect((await app.request('/api/files/0')).status).toBe(404)
    expect((await app.request('/api/files/..%2fsecret.txt')).status).toBe(404)
  })

  test('a file that vanished answers 404 as JSON', async () => {
    const path = join(folder, 'short-lived.dat')
    await writeFile(path, 'x')
    const { url } = await files.add(path)
    await rm(path)
    const response = await app.request(url)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'not-found' } })
  })

  test('an aborted request ends the stream', async () => {
    const abort = new AbortController()
    const response = await app.request(big.url, { signal: abort.signal })
    const reader = response.body!.getReader()
    await reader.read()
    abort.abort()
    await expect(
      (async () => {
        while (!(await reader.read()).done);
      })(),
    ).rejects.toThrow(/abort/)
  })

  test('the id of a path stays the same in another run', async () => {
    expect((await new FileRegistry().add(join(folder, 'big.dat'))).url).toBe(big.url)
  })
})

describe('screens', () => {
  test.each([
    ['/', 'text/html; charset=utf-8'],
    ['/index.html', 'text/html; charset=utf-8'],
    ['/assets/app.js', 'text/javascript; charset=utf-8'],
  ])('%s is %s', async (path, type) => {
    const response = await app.request(path)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
  })

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets',
    '/nowhere',
    '/%ff',
    '/a%00b',
    '/api/x',
  ])('%s is not there', async (path) => {
    const response = await app.fetch(new Request(`http://localhost${path}`))
    expect(response.status).toBe(404)
  })

  test.each(['/', '/nowhere', '/api/startup', '/api/files/none'])('%s is isolated and strict', async (path) => {
    const { headers } = await app.request(path)
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toBe(contentSecurityPolicy)
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  test('the policy lets no inline code and no other place in', () => {
    expect(contentSecurityPolicy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/)
  })
})

test('startup says what to open', async () => {
  expect(await (await app.request('/api/startup')).json()).toEqual({ sources: [big], sample: false, version: '1.2.3' })
})

describe('errors', () => {
  test.each([
    [
      new InputError('x.dat is no trace', 'not-a-trace', 'x.dat', 4),
      422,
      { code: 'not-a-trace', file: 'x.dat', offset: 4 },
    ],
    [new RequestError('unknown field'), 400, { code: 'bad-request', message: 'unknown field' }],
    [Object.assign(new Error('no'), { code: 'EACCES' }), 403, { code: 'no-permission' }],
    [new Error('surprise'), 500, { code: 'internal', message: 'surprise' }],
  ])('%s', async (error, status, expected) => {
    const response = errorResponse(error)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: expected })
  })
})

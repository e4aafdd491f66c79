// Other machines for the screens: connecting (with questions on the way), looking round, opening in place and copying. Answers that
// take long, or ask back, are lines of JSON. What the user types comes in, is used, and is kept nowhere but in memory.

import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { boolean, nullable, object, parse, string, union } from 'valibot'
import { InputError, RequestError } from '../../workers/fault.js'
import { formatAddress, parseAddress } from '../remote/address.js'
import type { Asker, Question } from '../remote/ask.js'
import { browse, type Listing } from '../remote/browse.js'
import { Cache } from '../remote/cache.js'
import { fetchFile, type Fetched, type FetchProgress } from '../remote/fetch.js'
import { Host } from '../remote/host.js'
import { remoteSource, type RemoteSource } from '../remote/source.js'
import { SshConfig } from '../remote/ssh-config.js'
import type { FileRegistry, ServedFile } from './files.js'

/** Lines of POST connect. */
export type ConnectLine =
  | { readonly type: 'question'; readonly id: string; readonly question: Question }
  | { readonly type: 'connected'; readonly machine: string; readonly label: string; readonly address: string }
  | ErrorLine

/** Lines of POST fetch. */
export type FetchLine =
  | { readonly type: 'progress'; readonly progress: FetchProgress }
  | { readonly type: 'done'; readonly file: ServedFile; readonly fetched: Omit<Fetched, 'file'> }
  | ErrorLine

export interface ErrorLine {
  readonly type: 'error'
  readonly error: { readonly code: string; readonly message: string; readonly file?: string }
}

/** GET /api/remote/hosts */
export interface KnownHost {
  /** As the ssh configuration names it. */
  readonly name: string
  /** `user@host:port` behind the name. */
  readonly leads: string
}

interface Machine {
  readonly host: Host
  readonly sources: Set<RemoteSource>
  /** Who is asked; nobody once the window has its connection. */
  ask: Asker | null
}

const connectBody = object({ address: string() })
const pathBody = object({ path: string() })
const answerBody = object({ value: nullable(union([string(), boolean()])) })
const noStore = { headers: { 'Cache-Control': 'no-store' } }

export interface RemoteOptions {
  readonly cache?: Cache
  readonly config?: () => Promise<SshConfig>
  /** Ends all connections: they would keep the process alive. */
  readonly until?: AbortSignal
}

export function remoteRoutes(files: FileRegistry, options: RemoteOptions = {}): Hono {
  const app = new Hono()
  const cache = options.cache ?? new Cache()
  const readConfig = options.config ?? (() => SshConfig.read())
  const machines = new Map<string, Machine>()
  const questions = new Map<string, (value: string | boolean | null) => void>()

  options.until?.addEventListener('abort', () => {
    for (const { host } of machines.values()) host.close()
    machines.clear()
  })

  const machineOf = (id: string): Machine => {
    const machine = machines.get(id)
    if (!machine) throw new RequestError('That connection was closed; connect again.')
    return machine
  }

  app.get('/hosts', async () => {
    const config = await readConfig()
    const hosts = config.hosts.map((name): KnownHost => {
      const { user, hostName, port } = config.resolve(name)
      return { name, leads: `${user}@${hostName}${port === 22 ? '' : `:${port}`}` }
    })
    return Response.json(hosts, noStore)
  })

  app.post('/connect', async (c) => {
    const { address: text } = parse(connectBody, await c.req.json())
    const address = parseAddress(/^ssh:\/\//i.test(text) ? text : `ssh://${text.trim()}`)
    return lines<ConnectLine>(c.req.raw.signal, async (send, signal) => {
      const ask = async (question: Question): Promise<string | boolean | null> => {
        const id = randomUUID()
        try {
          return await new Promise((resolve, reject) => {
            questions.set(id, resolve)
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
            send({ type: 'question', id, question })
          })
        } finally {
          questions.delete(id)
        }
      }
      const machine: Machine = {
        sources: new Set(),
        ask: {
          hostKey: async (question) => (await ask(question)) === true,
          secret: async (question) => {
            const answer = await ask(question)
            return typeof answer === 'string' ? answer : null
          },
        },
        host: new Host(address, {
          config: await readConfig(),
          asker: {
            hostKey: async (question) => (await machine.ask?.hostKey(question)) ?? false,
            secret: async (question) => (await machine.ask?.secret(question)) ?? null,
          },
        }),
      }
      try {
        const { label } = await machine.host.connect(signal)
        // A machine without SFTP is said to be one now.
        await machine.host.sftp(signal)
        const id = randomUUID()
        machines.set(id, machine)
        send({
          type: 'connected',
          machine: id,
          label,
          address: formatAddress({ ...address, path: '' }).replace(/\/~$/, ''),
        })
      } catch (e) {
        machine.host.close()
        throw e
      } finally {
        machine.ask = null
      }
    })
  })

  app.post('/answers/:id', async (c) => {
    const { value } = parse(answerBody, await c.req.json())
    const answer = questions.get(c.req.param('id'))
    if (!answer) throw new RequestError('Nobody waits for that answer any more.')
    answer(value)
    return new Response(null, { status: 204 })
  })

  app.get('/machines/:id/list', async (c) => {
    const listing: Listing = await browse(
      machineOf(c.req.param('id')).host,
      c.req.query('path') ?? '',
      c.req.raw.signal,
    )
    return Response.json(listing, noStore)
  })

  app.post('/machines/:id/place', async (c) => {
    const machine = machineOf(c.req.param('id'))
    const { path } = parse(pathBody, await c.req.json())
    const source = await remoteSource(machine.host, path, c.req.raw.signal)
    machine.sources.add(source)
    return Response.json(files.addSource(`${machine.host.label}:${path}:${source.modified}`, source), noStore)
  })

  app.post('/machines/:id/fetch', async (c) => {
    const { host } = machineOf(c.req.param('id'))
    const { path } = parse(pathBody, await c.req.json())
    return lines<FetchLine>(c.req.raw.signal, async (send, signal) => {
      const onProgress = (progress: FetchProgress): void => send({ type: 'progress', progress })
      const { file, ...fetched } = await fetchFile(host, path, { cache, signal, onProgress })
      send({ type: 'done', file: await files.add(file), fetched })
    })
  })

  app.delete('/machines/:id', async (c) => {
    const id = c.req.param('id')
    const machine = machines.get(id)
    machines.delete(id)
    for (const source of machine?.sources ?? []) files.dropSource(source)
    machine?.host.close()
    return new Response(null, { status: 204 })
  })

  app.get('/cache', async () => {
    const copies = await cache.list()
    const bytes = copies.reduce((n, copy) => n + copy.bytes, 0)
    return Response.json({ dir: cache.dir, limit: cache.limit, bytes, copies: copies.length }, noStore)
  })
  app.delete('/cache', async () => {
    await cache.clear()
    return new Response(null, { status: 204 })
  })
  return app
}

/** An answer of lines that come while the work goes on; it ends when the reader goes away. */
function lines<Line extends object>(
  asked: AbortSignal,
  work: (send: (line: Line | ErrorLine) => void, signal: AbortSignal) => Promise<void>,
): Response {
  const abort = new AbortController()
  const gone = (): void => abort.abort(new DOMException('The window went away.', 'AbortError'))
  if (asked.aborted) gone()
  asked.addEventListener('abort', gone, { once: true })
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (line: Line | ErrorLine): void => {
        if (!abort.signal.aborted) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`))
      }
      try {
        await work(send, abort.signal)
      } catch (e) {
        send({ type: 'error', error: errorOf(e) })
      }
      if (!abort.signal.aborted) controller.close()
    },
    cancel: gone,
  })
  return new Response(body, { headers: { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' } })
}

function errorOf(e: unknown): ErrorLine['error'] {
  if (e instanceof InputError)
    return { code: e.code, message: e.message, ...(e.file === undefined ? {} : { file: e.file }) }
  return { code: 'internal', message: e instanceof Error ? e.message : String(e) }
}

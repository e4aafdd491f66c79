// Other machines for the screens: connecting (with questions on the way), looking round, opening in place and copying. Answers that
// take long, or ask back, are lines of JSON. What the user types comes in and is used; it is kept in memory, and in the system's key store where
// there is one and the user wishes.

import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { boolean, nullable, object, parse, string, union } from 'valibot'
import { InputError, RequestError } from '../../workers/fault.js'
import { formatAddress, parseAddress } from '../remote/address.js'
import type { Asker } from '../remote/ask.js'
import { browse, type Listing } from '../remote/browse.js'
import { Cache } from '../remote/cache.js'
import { fetchFile, type Fetched, type FetchProgress } from '../remote/fetch.js'
import { Host } from '../remote/host.js'
import type { SecretStore } from '../remote/secrets.js'
import { remoteSource, type RemoteSource } from '../remote/source.js'
import { SshConfig } from '../remote/ssh-config.js'
import type { FileRegistry, ServedFile } from './files.js'
import { lines, type ErrorLine, type NoteLine, type QuestionLine, Questions } from './lines.js'
import { recordRoutes, type RecordOptions } from './record.js'

/** Lines of POST connect. */
export type ConnectLine =
  | QuestionLine
  | NoteLine
  | { readonly type: 'connected'; readonly machine: string; readonly label: string; readonly address: string }
  | ErrorLine

/** Lines of POST fetch. */
export type FetchLine =
  | { readonly type: 'progress'; readonly progress: FetchProgress }
  | { readonly type: 'done'; readonly file: ServedFile; readonly fetched: Omit<Fetched, 'file'> }
  | ErrorLine

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
const answerBody = object({
  value: nullable(union([string(), boolean(), object({ text: string(), keep: boolean() })])),
})
const noStore = { headers: { 'Cache-Control': 'no-store' } }

export interface RemoteOptions {
  readonly cache?: Cache
  /** Recordings that the windows make. */
  readonly record?: RecordOptions
  readonly config?: () => Promise<SshConfig>
  /** Where secrets are kept for the next time; absent = nowhere. */
  readonly secrets?: SecretStore
  /** Ends all connections: they would keep the process alive. */
  readonly until?: AbortSignal
}

export function remoteRoutes(files: FileRegistry, options: RemoteOptions = {}): Hono {
  const app = new Hono()
  const cache = options.cache ?? new Cache()
  const readConfig = options.config ?? (() => SshConfig.read())
  const store = options.secrets && { store: options.secrets }
  const machines = new Map<string, Machine>()
  const questions = new Questions()

  options.until?.addEventListener('abort', () => {
    for (const { host } of machines.values()) host.close()
    machines.clear()
  })

  const machineOf = (id: string): Machine => {
    const machine = machines.get(id)
    if (!machine) throw new InputError('That connection was closed; connect again.', 'connection-closed')
    return machine
  }

  /**
   * A guest of a machine, reached by its own SSH for as long as it is recorded: through its host, which is sure to reach it, or
   * from here where the host is this machine.
   */
  const openGuest = async (address: string, via: Host | null, asker: Asker): Promise<Host> => {
    const at = parseAddress(`ssh://${address.replace(/^ssh:\/\//i, '')}`)
    const host = new Host(at, { asker, ...(via ? { via } : {}), config: await readConfig(), ...store })
    await host.connect()
    return host
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
      const machine: Machine = {
        sources: new Set(),
        ask: questions.asker(send, signal),
        host: new Host(address, {
          config: await readConfig(),
          ...store,
          asker: {
            hostKey: async (question) => (await machine.ask?.hostKey(question)) ?? false,
            secret: async (question, keep) => (await machine.ask?.secret(question, keep)) ?? null,
            note: (sentence) => machine.ask?.note?.(sentence),
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
    questions.answer(c.req.param('id'), value)
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

  app.route(
    '/machines',
    recordRoutes((id) => machineOf(id).host, openGuest, files, questions, options.record),
  )

  app.delete('/machines/:id', async (c) => {
    const id = c.req.param('id')
    const machine = machines.get(id)
    machines.delete(id)
    for (const source of machine?.sources ?? []) files.dropSource(source)
    machine?.host.close()
    return new Response(null, { status: 204 })
  })

  app.delete('/secrets', () => {
    if (!options.secrets) throw new RequestError('No secrets are kept here.')
    return Response.json({ forgotten: options.secrets.forget() }, noStore)
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

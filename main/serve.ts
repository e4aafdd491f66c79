import { createAdaptorServer, type ServerType } from '@hono/node-server'
import type { Hono } from 'hono'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { InputError } from '../workers/fault.js'
import { createApp } from './api/app.js'
import { FileRegistry } from './api/files.js'
import { guard } from './api/guard.js'
import { firstFiles } from './first-files.js'
import { rendererDir } from './paths.js'
import { serveSamples } from './samples.js'

/** Fixed, because a browser keeps notes and sessions by origin, and the port is part of it. */
export const defaultPort = 7867

export interface ServeOptions {
  /** Files and directories to open; none = the first sample. */
  readonly paths: readonly string[]
  /** Absent = defaultPort or the next free one; given = this one or an error. */
  readonly port?: number
  readonly renderer?: string
}

export interface RunningServer {
  /** Carries the token. */
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** The web door: serves the screens and the named files to a browser on this machine. Throws InputError. */
export async function serve({ paths, port, renderer = rendererDir }: ServeOptions): Promise<RunningServer> {
  const files = new FileRegistry()
  const startup = await firstFiles(files, paths)
  const token = randomBytes(24).toString('base64url')
  let app: Hono | undefined
  const server = createAdaptorServer({ fetch: (request) => app?.fetch(request) ?? new Response(null, { status: 503 }) })
  const bound = await listen(server, port)
  const ended = new AbortController()
  app = createApp({
    remote: { until: ended.signal },
    files,
    startup: () => startup,
    samples: () => serveSamples(files),
    renderer,
    guard: guard(bound, token),
  })
  return {
    url: `http://127.0.0.1:${bound}/?token=${token}`,
    port: bound,
    close: async () => {
      ended.abort()
      if ('closeAllConnections' in server) server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function listen(server: ServerType, port: number | undefined): Promise<number> {
  const last = port ?? defaultPort + 20
  for (let at = port ?? defaultPort; ; at++) {
    try {
      server.listen(at, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      return typeof address === 'object' && address ? address.port : at
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EADDRINUSE' && at < last) continue
      if (code === 'EADDRINUSE') throw new InputError(`Port ${at} is taken by another program.`, 'port-taken')
      if (code === 'EACCES') throw new InputError(`Port ${at} may not be used.`, 'port-taken')
      throw error
    }
  }
}

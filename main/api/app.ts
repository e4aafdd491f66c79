import { Hono, type MiddlewareHandler } from 'hono'
import { join, normalize } from 'node:path'
import { InputError, RequestError } from '../../workers/fault.js'
import { FileRegistry, type ServedFile } from './files.js'
import { safeHeaders } from './headers.js'
import { pictureRoutes } from './pictures.js'
import { remoteRoutes, type RemoteOptions } from './remote.js'
import { reportRoutes } from './report.js'
import { sendFile } from './send-file.js'
import { sendSource } from './send-source.js'

/** GET /api/startup: what a window opens first. */
export interface Startup {
  readonly sources: readonly ServedFile[]
  /** The sources are the first of these runs, which were recorded one after the other; absent = there are no others. */
  readonly runs?: ServedRuns
  /** The sources are the samples that come with Remora: the user named none. */
  readonly sample: boolean
  /** One sentence to show, e.g. why a file given at the start is not among the sources. */
  readonly notice?: string
  readonly version: string
}

/** A folder of recordings, each of all its machines. */
export interface ServedRuns {
  readonly folder: string
  readonly runs: readonly { readonly run: number; readonly seconds: number; readonly sources: readonly ServedFile[] }[]
}

export interface AppOptions {
  readonly files: FileRegistry
  /** Called for every window, so that a reload sees what is current. */
  readonly startup: () => Startup
  /** Absent = none come with this installation. */
  readonly samples?: () => Promise<readonly ServedSample[]>
  /** Other machines; absent = with this user's own configuration and cache. */
  readonly remote?: RemoteOptions
  /** Directory of the built screens. */
  readonly renderer: string
  /** Who may ask at all; absent = everybody who can reach the app. */
  readonly guard?: MiddlewareHandler
}

/** GET /api/samples: the recordings that come with Remora. */
export interface ServedSample {
  /** Its folder under samples/. */
  readonly name: string
  /** One line about it. */
  readonly line: string
  /** Made by a program, not recorded. */
  readonly generated: boolean
  readonly sources: readonly ServedFile[]
}

interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly file?: string; readonly offset?: number }
}

const answer = (status: number, error: ErrorBody['error']): Response => Response.json({ error }, { status })

/** The one place where an error becomes a status: bad input 422, senseless request 400, a file gone 404, ours 500. */
export function errorResponse(error: unknown): Response {
  if (error instanceof InputError) {
    const { code, message, file, offset } = error
    return answer(422, { code, message, file, offset })
  }
  if (error instanceof RequestError) return answer(400, { code: 'bad-request', message: error.message })
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') {
    return answer(404, { code: 'not-found', message: 'There is no such file' })
  }
  if (code === 'EACCES' || code === 'EPERM')
    return answer(403, { code: 'no-permission', message: 'The file may not be read' })
  const message = error instanceof Error ? error.message : String(error)
  return answer(500, { code: 'internal', message })
}

const notFound = () => errorResponse({ code: 'ENOENT' })

function decodePath(path: string): string | null {
  try {
    const decoded = decodeURIComponent(path)
    return decoded.includes('\0') ? null : decoded
  } catch {
    return null
  }
}

/** The Node side as one function from Request to Response: both windows and the tests call `fetch` / `request` of it. */
export function createApp({ files, startup, samples, renderer, remote, guard }: AppOptions): Hono {
  const app = new Hono()
  app.use(safeHeaders)
  if (guard) app.use(guard)
  app.onError((error) => errorResponse(error))
  app.notFound(() => notFound())

  app.get('/api/startup', () => Response.json(startup(), { headers: { 'Cache-Control': 'no-store' } }))

  app.get('/api/samples', async () =>
    Response.json((await samples?.()) ?? [], { headers: { 'Cache-Control': 'no-store' } }),
  )

  app.get('/api/files/:id', (c) => {
    const id = c.req.param('id')
    const source = files.source(id)
    if (source) return sendSource(source, c.req.raw)
    const path = files.path(id)
    return path === undefined ? notFound() : sendFile(path, c.req.raw, 'application/octet-stream')
  })

  app.route('/api/pictures', pictureRoutes())
  app.route('/api/report', reportRoutes())
  app.route('/api/remote', remoteRoutes(files, remote))

  app.get('/*', (c) => {
    const path = c.req.path === '/' ? '/index.html' : decodePath(c.req.path)
    if (path === null || path.startsWith('/api/')) return notFound()
    // normalize() of an absolute path cannot climb out of its root.
    return sendFile(join(renderer, normalize(path)), c.req.raw)
  })
  return app
}

// `ssh://user@host/path` wherever a command takes a file: copied into the cache, or read in place where only a part is wanted.

import { createAdaptorServer } from '@hono/node-server'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { SourceRef } from '../../workers/bytes.js'
import { InputError } from '../../workers/fault.js'
import { createApp } from '../api/app.js'
import { FileRegistry, looksLikeTrace } from '../api/files.js'
import { isRemote, parseAddress, type RemoteAddress } from '../remote/address.js'
import { Cache } from '../remote/cache.js'
import { fetchFile, type FetchProgress } from '../remote/fetch.js'
import { Host } from '../remote/host.js'
import { remoteSource } from '../remote/source.js'
import { terminalAsker } from './ask-terminal.js'
import type { Io } from './io.js'
import { closeAtEnd } from './leftovers.js'
import { bytesText } from './text.js'

/** A machine per `user@host:port`, connected once for all files that are on it; closed when the command ends. */
class Machines {
  readonly #hosts = new Map<string, Host>()
  constructor(private readonly io: Io) {}

  of({ host, user, port }: RemoteAddress): Host {
    const key = `${user ?? ''}@${host}:${port ?? ''}`
    const held = this.#hosts.get(key)
    if (held) return held
    const made = new Host({ host, user, port }, { asker: terminalAsker(this.io) })
    this.#hosts.set(key, made)
    closeAtEnd(() => made.close())
    return made
  }
}

/** Paths on the machines; a directory stands for the traces in it. Rejects with InputError. */
async function remotePaths(addresses: readonly string[], io: Io): Promise<{ host: Host; path: string }[]> {
  const machines = new Machines(io)
  const found: { host: Host; path: string }[] = []
  for (const text of addresses) {
    const address = parseAddress(text)
    const host = machines.of(address)
    const sftp = await host.sftp(io.signal)
    const path = await sftp.realpath(address.path === '' ? '.' : address.path)
    const { kind } = await sftp.stat(path)
    if (kind !== 'directory') {
      found.push({ host, path })
      continue
    }
    const names = (await sftp.list(path)).filter((e) => e.kind === 'file' && looksLikeTrace(e.name)).map((e) => e.name)
    if (names.length === 0)
      throw new InputError(`${path} on ${host.label} holds no traces (no *.dat file).`, 'no-traces', path)
    found.push(...names.sort().map((name) => ({ host, path: `${path.replace(/\/$/, '')}/${name}` })))
  }
  return found
}

/** Replaces remote addresses among paths by copies of what they name. Rejects with InputError. */
export async function localPaths(paths: readonly string[], io: Io): Promise<string[]> {
  const cache = new Cache()
  const local: string[] = []
  for (const path of paths) {
    if (!isRemote(path)) local.push(path)
    else
      for (const { host, path: there } of await remotePaths([path], io))
        local.push(await copyHere(host, there, cache, io))
  }
  return local
}

async function copyHere(host: Host, path: string, cache: Cache, io: Io): Promise<string> {
  const name = path.split('/').at(-1)!
  const quiet = performance.now() + 500
  let shown = false
  const onProgress = (p: FetchProgress): void => {
    if (!io.terminal || performance.now() < quiet) return
    shown = true
    io.err(`\r\u001b[K${name}: ${progressText(p)}`)
  }
  try {
    const got = await fetchFile(host, path, { cache, signal: io.signal, onProgress })
    if (got.checked === 'size')
      io.err(`remora: ${host.label} computes no checksum: the copy of ${name} was compared by its size alone.\n`)
    return got.file
  } finally {
    if (shown) io.err('\r\u001b[K')
  }
}

export function progressText({ phase, done, total, speed, left }: FetchProgress): string {
  if (phase === 'checking') return 'comparing checksums'
  const part = `${bytesText(done)} of ${bytesText(total)}`
  if (phase === 'broken') return `${part}, the line broke, connecting again`
  return `${part}, ${bytesText(speed)}/s${left === null ? '' : `, ${Math.ceil(left)} s left`}`
}

/** Sources that are read through this process, piece by piece as they are asked for, by all of its threads. */
export async function inPlace(addresses: readonly string[], io: Io): Promise<SourceRef[]> {
  const files = new FileRegistry()
  const app = createApp({ files, startup: () => ({ sources: [], sample: false, version: '' }), renderer: '/nowhere' })
  // Others on this machine must not read what this user may.
  const token = randomBytes(24).toString('base64url')
  const server = createAdaptorServer({
    fetch: (request) => {
      const url = new URL(request.url)
      if (url.searchParams.get('token') !== token) return new Response(null, { status: 403 })
      return app.fetch(request)
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closeAtEnd(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  })
  const at = server.address()
  const port = typeof at === 'object' && at ? at.port : 0
  const refs: SourceRef[] = []
  for (const { host, path } of await remotePaths(addresses, io)) {
    const source = await remoteSource(host, path, io.signal)
    const { name, size, url } = files.addSource(`${host.label}:${path}`, source)
    refs.push({ kind: 'url', name, size, url: `http://127.0.0.1:${port}${url}?token=${token}` })
  }
  return refs
}

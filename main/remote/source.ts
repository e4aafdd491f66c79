// A file of another machine read in place: only the pages that somebody asks for cross the line, and each crosses it once.

import type { ByteSource } from '../../workers/bytes.js'
import { InputError } from '../../workers/fault.js'
import type { Host } from './host.js'
import { LineBroken, type RemoteStat, type Sftp } from './sftp.js'

const PAGE = 4096
/** Pages of one request. */
const RUN = 8
/** Bytes of pages kept. */
const BOUND = 64 << 20

export interface RemoteSource extends ByteSource {
  readonly modified: number
  /** What crossed the line so far. */
  readonly traffic: { readonly bytes: number; readonly requests: number }
  close(): Promise<void>
}

/** Rejects with InputError for what is no file that can be read. */
export async function remoteSource(host: Host, path: string, signal?: AbortSignal): Promise<RemoteSource> {
  const stat = await host.steadily(async () => (await host.sftp(signal)).stat(path), { signal })
  const name = path.split('/').at(-1) || path
  if (stat.kind !== 'file') throw new InputError(`${path} on ${host.label} is not a file.`, 'not-a-file', name)
  const source = new PagedSource(host, path, name, stat)
  // Says now, not at the first look, that it may not be read.
  await host.steadily(() => source.handle(), { signal })
  return source
}

class PagedSource implements RemoteSource {
  readonly size: number
  readonly modified: number
  readonly traffic = { bytes: 0, requests: 0 }
  /** Oldest use first. */
  readonly #pages = new Map<number, Uint8Array>()
  readonly #coming = new Map<number, Promise<void>>()
  #open: { readonly sftp: Sftp; readonly handle: Promise<Buffer> } | null = null

  constructor(
    private readonly host: Host,
    private readonly path: string,
    readonly name: string,
    stat: RemoteStat,
  ) {
    this.size = stat.size
    this.modified = stat.modified
  }

  /** The file's handle on the connection that stands. */
  async handle(): Promise<{ sftp: Sftp; handle: Buffer }> {
    const sftp = await this.host.sftp()
    if (this.#open?.sftp !== sftp) this.#open = { sftp, handle: this.#openOn(sftp) }
    return { sftp, handle: await this.#open.handle }
  }

  async #openOn(sftp: Sftp): Promise<Buffer> {
    const handle = await sftp.open(this.path)
    const { size, modified } = await sftp.stat(this.path)
    if (size !== this.size || modified !== this.modified) {
      const message = `${this.path} on ${this.host.label} was changed while it was open (${this.size} bytes, now ${size}); open it again.`
      throw new InputError(message, 'changed', this.name)
    }
    return handle
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted()
    const end = Math.min(this.size, offset + length)
    if (end <= offset) return new Uint8Array(0)
    const first = Math.floor(offset / PAGE)
    const last = Math.floor((end - 1) / PAGE)
    const held: (Uint8Array | undefined)[] = []
    const wait: Promise<void>[] = []
    for (let page = first; page <= last; page++) {
      const kept = this.#pages.get(page)
      held.push(kept)
      if (kept) {
        this.#pages.delete(page)
        this.#pages.set(page, kept)
        continue
      }
      let coming = this.#coming.get(page)
      if (!coming) {
        let n = 1
        while (n < RUN && page + n <= last && !this.#pages.has(page + n) && !this.#coming.has(page + n)) n++
        coming = this.#bring(page, n)
        coming.catch(() => undefined)
        for (let i = 0; i < n; i++) this.#coming.set(page + i, coming)
      }
      if (wait.at(-1) !== coming) wait.push(coming)
    }
    await Promise.all(wait)
    signal?.throwIfAborted()
    const out = new Uint8Array(end - offset)
    for (let page = first; page <= last; page++) {
      let bytes = held[page - first] ?? this.#pages.get(page)
      // Pushed out meanwhile by others that were read.
      if (!bytes) await this.#bring(page, 1)
      bytes ??= this.#pages.get(page)
      if (!bytes)
        throw new InputError(`${this.name} became shorter while it was read.`, 'changed', this.name, page * PAGE)
      const from = Math.max(offset, page * PAGE)
      const to = Math.min(end, page * PAGE + bytes.length)
      if (to > from) out.set(bytes.subarray(from - page * PAGE, to - page * PAGE), from - offset)
    }
    this.#forget()
    return out
  }

  async #bring(page: number, n: number): Promise<void> {
    try {
      const at = page * PAGE
      const length = Math.min(n * PAGE, this.size - at)
      const bytes = await this.host.steadily(async () => {
        const { sftp, handle } = await this.handle()
        return sftp.piece(handle, this.path, at, length)
      })
      this.traffic.requests++
      this.traffic.bytes += bytes.length
      for (let i = 0; i * PAGE < bytes.length; i++) this.#pages.set(page + i, bytes.slice(i * PAGE, (i + 1) * PAGE))
    } finally {
      for (let i = 0; i < n; i++) this.#coming.delete(page + i)
    }
  }

  #forget(): void {
    for (const page of this.#pages.keys()) {
      if (this.#pages.size * PAGE <= BOUND) return
      this.#pages.delete(page)
    }
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = null
    this.#pages.clear()
    try {
      await open?.sftp.close(await open.handle)
    } catch (e) {
      if (!(e instanceof LineBroken)) throw e
    }
  }
}

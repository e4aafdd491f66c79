// Copying a file from another machine: piece by piece into the cache, going on where a broken line left off, packed on the way
// where that pays, and compared with the original by its checksum in the end.

import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, statfs, type FileHandle } from 'node:fs/promises'
import { createGunzip, deflateRawSync } from 'node:zlib'
import { InputError } from '../../workers/fault.js'
import { quote } from '../record/runner.js'
import type { Cache } from './cache.js'
import type { Host } from './host.js'
import { LineBroken } from './sftp.js'

export interface FetchProgress {
  readonly phase: 'copying' | 'broken' | 'checking'
  /** Bytes of the file that are here. */
  readonly done: number
  readonly total: number
  /** Bytes of the file a second, over the last seconds. */
  readonly speed: number
  /** Seconds; null = not known yet. */
  readonly left: number | null
  /** Packed on the way. */
  readonly packed: boolean
}

export interface Fetched {
  /** The copy here. */
  readonly file: string
  readonly size: number
  /** Bytes that were there already from an earlier try. */
  readonly resumed: number
  /** Bytes that crossed the line. */
  readonly transferred: number
  /** How the copy was proved: by sha256 of both, or by its size alone where the machine computes none. */
  readonly checked: 'sha256' | 'size'
  /** It was in the cache. */
  readonly cached: boolean
}

export interface FetchOptions {
  readonly cache: Cache
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: FetchProgress) => void
}

/** Where it pays to pack: a link slower than a processor packs, and bytes that shrink. */
const SAMPLE = 1 << 20
const SLOW = 30e6
const SHRINKS = 0.7
const REPORT_MS = 200

/**
 * Brings a file here. Rejects with InputError: what is not there or may not be read, a full disk (what has come stays and is gone
 * on with), a file that changed meanwhile; and with the signal's reason.
 */
export async function fetchFile(host: Host, path: string, options: FetchOptions): Promise<Fetched> {
  const { cache, signal } = options
  const { stat, full } = await host.steadily(
    async () => {
      const sftp = await host.sftp(signal)
      return { stat: await sftp.stat(path), full: await sftp.realpath(path) }
    },
    { signal },
  )
  const name = path.split('/').at(-1) || path
  if (stat.kind !== 'file') throw new InputError(`${path} on ${host.label} is not a file.`, 'not-a-file', name)
  const origin = { host: host.label, path: full, size: stat.size, modified: stat.modified }
  const slot = await cache.slot(origin).catch((e: unknown) => {
    throw diskError(e, cache.dir, name)
  })
  if (slot.whole) {
    return { file: slot.file, size: stat.size, resumed: stat.size, transferred: 0, checked: 'sha256', cached: true }
  }
  const begun = Math.min(slot.begun, stat.size)
  await checkRoom(cache, stat.size - begun, name)
  const copy = new Copy(host, full, name, stat.size, slot.part, options)
  await copy.run(begun)
  const now = await host.steadily(async () => (await host.sftp(signal)).stat(full), { signal })
  if (now.size !== stat.size || now.modified !== stat.modified) {
    await rm(slot.part, { force: true })
    throw new InputError(`${full} on ${host.label} was changed while it was copied; copy it again.`, 'changed', name)
  }
  const checked = await copy.check()
  await rename(slot.part, slot.file)
  return { file: slot.file, size: stat.size, resumed: begun, transferred: copy.transferred, checked, cached: false }
}

async function checkRoom(cache: Cache, needed: number, name: string): Promise<void> {
  if (!(await cache.makeRoom(needed))) {
    throw new InputError(
      `${name} needs ${mb(needed)}, more than the cache of remote files may hold (${mb(cache.limit)} in ${cache.dir}): open it in place, or raise the limit.`,
      'cache-full',
      name,
    )
  }
  const { bavail, bsize } = await statfs(cache.dir)
  if (bavail * bsize < needed) throw fullDisk(cache.dir, name, needed, bavail * bsize)
}

function fullDisk(dir: string, name: string, needed: number, free?: number): InputError {
  const has = free === undefined ? '' : `, and ${mb(free)} are free`
  return new InputError(
    `The disk of ${dir} is full: ${name} needs ${mb(needed)} more${has}. What has come is kept; make room and copy again, or open it in place.`,
    'disk-full',
    name,
  )
}

function diskError(e: unknown, dir: string, name: string, needed = 0): unknown {
  const { code, message } = e as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return fullDisk(dir, name, needed)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new InputError(`The cache of remote files cannot be written (${message}).`, 'cache-unwritable', name)
  }
  return e
}

const mb = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`

class Copy {
  /** Bytes that crossed the line. */
  transferred = 0
  #done = 0
  #hash: Hash = createHash('sha256')
  #packed = false
  readonly #marks: { at: number; done: number }[] = []
  #reported = 0

  constructor(
    private readonly host: Host,
    private readonly path: string,
    private readonly name: string,
    private readonly size: number,
    private readonly part: string,
    private readonly options: FetchOptions,
  ) {}

  async run(begun: number): Promise<void> {
    const { signal, cache } = this.options
    try {
      const file = await open(this.part, begun > 0 ? 'r+' : 'w', 0o600)
      try {
        await this.#rehash(begun)
        await file.truncate(begun)
        await this.host.steadily(() => this.#goOn(file), { signal, onBreak: () => this.#report('broken') })
        await file.sync()
      } finally {
        await file.close()
      }
    } catch (e) {
      throw diskError(e, cache.dir, this.name, this.size - this.#done)
    }
    if (this.#done !== this.size) {
      const message = `${this.path} on ${this.host.label} ended after ${this.#done} of ${this.size} bytes.`
      throw new InputError(message, 'changed', this.name)
    }
  }

  /** What is here from an earlier try belongs to the checksum. */
  async #rehash(begun: number): Promise<void> {
    if (begun === 0) return
    for await (const bytes of createReadStream(this.part, { end: begun - 1, signal: this.options.signal })) {
      this.#hash.update(bytes as Buffer)
    }
    this.#done = begun
  }

  async #goOn(file: FileHandle): Promise<void> {
    this.#marks.length = 0
    this.#report('copying')
    const sample = await this.#bySftp(file, Math.min(this.size, this.#done + SAMPLE))
    if (this.#done >= this.size) return
    if (sample !== null && (await this.#paysToPack(sample))) {
      this.#packed = true
      await this.#byGzip(file)
    } else await this.#bySftp(file, this.size)
  }

  /** Copies up to `to`; gives the speed and some of the bytes. */
  async #bySftp(file: FileHandle, to: number): Promise<{ speed: number; bytes: Uint8Array } | null> {
    const { signal } = this.options
    const sftp = await this.host.sftp(signal)
    const handle = await sftp.open(this.path)
    const start = performance.now()
    const from = this.#done
    let last: Uint8Array | null = null
    try {
      for await (const bytes of sftp.pieces(handle, this.path, from, to, signal)) {
        this.transferred += bytes.length
        await this.#take(file, bytes)
        last = bytes
      }
    } finally {
      await sftp.close(handle)
    }
    const seconds = Math.max(1e-3, (performance.now() - start) / 1000)
    return last && { speed: (this.#done - from) / seconds, bytes: last }
  }

  async #paysToPack({ speed, bytes }: { speed: number; bytes: Uint8Array }): Promise<boolean> {
    if (speed > SLOW || this.size - this.#done < 4 * SAMPLE) return false
    if (deflateRawSync(bytes, { level: 1 }).length > bytes.length * SHRINKS) return false
    // Of its output and not its code, since a host that offers files alone answers commands with silence.
    const { stdout } = await this.host
      .exec('command -v gzip && command -v tail', { signal: this.options.signal })
      .catch((e: unknown) => {
        if (e instanceof LineBroken) throw e
        return { stdout: '' }
      })
    return /gzip[^]*tail/.test(stdout)
  }

  /** The rest of the file, packed on the other side and unpacked here. */
  async #byGzip(file: FileHandle): Promise<void> {
    const { signal } = this.options
    const { channel, ended } = await this.host.start(
      `tail -c +${this.#done + 1} -- ${quote(this.path)} | gzip -1 -c`,
      signal,
    )
    const stop = (): void => channel.close()
    signal?.addEventListener('abort', stop, { once: true })
    let said = ''
    channel.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
    channel.on('data', (bytes: Buffer) => (this.transferred += bytes.length))
    channel.end()
    const unpack = createGunzip()
    channel.pipe(unpack)
    // The stream of a line that breaks ends in the middle of what is packed.
    ended.then(
      () => undefined,
      (e: Error) => unpack.destroy(e),
    )
    try {
      for await (const bytes of unpack) {
        signal?.throwIfAborted()
        await this.#take(file, bytes as Buffer)
      }
      await ended
    } catch (e) {
      signal?.throwIfAborted()
      // Whether the line broke shows a moment later than the stream's end.
      const code = await Promise.race([
        ended,
        new Promise<'open'>((resolve) => setTimeout(() => resolve('open'), 2000)),
      ])
      if (code === 'open') throw e
      throw said
        ? new InputError(`${this.path} on ${this.host.label} cannot be read: ${said.trim()}.`, 'unreadable', this.name)
        : e
    } finally {
      signal?.removeEventListener('abort', stop)
      channel.close()
    }
  }

  async #take(file: FileHandle, bytes: Uint8Array): Promise<void> {
    const fitting = bytes.subarray(0, this.size - this.#done)
    for (let at = 0; at < fitting.length;) {
      const { bytesWritten } = await file.write(fitting, at, fitting.length - at, this.#done + at)
      at += bytesWritten
    }
    this.#hash.update(fitting)
    this.#done += fitting.length
    if (performance.now() - this.#reported >= REPORT_MS) this.#report('copying')
  }

  #report(phase: FetchProgress['phase']): void {
    const now = performance.now()
    this.#reported = now
    this.#marks.push({ at: now, done: this.#done })
    while (this.#marks.length > 2 && now - this.#marks[0]!.at > 3000) this.#marks.shift()
    const first = this.#marks[0]!
    const speed = now > first.at ? ((this.#done - first.done) * 1000) / (now - first.at) : 0
    const left = phase === 'copying' && speed > 0 ? (this.size - this.#done) / speed : null
    this.options.onProgress?.({ phase, done: this.#done, total: this.size, speed, left, packed: this.#packed })
  }

  /** Compares with the original's checksum, where the machine can compute it. A copy that differs is thrown away. */
  async check(): Promise<Fetched['checked']> {
    const { signal } = this.options
    this.#report('checking')
    const mine = this.#hash.digest('hex')
    const found = await this.host
      .steadily(
        () => this.host.exec(`sha256sum -- ${quote(this.path)} || shasum -a 256 -- ${quote(this.path)}`, { signal }),
        { signal },
      )
      .catch((e: unknown) => {
        if (e instanceof InputError && e.code === 'no-commands') return null
        throw e
      })
    const theirs = /^\\?([0-9a-f]{64})\b/.exec(found?.stdout ?? '')?.[1]
    if (theirs === undefined) return 'size'
    if (theirs === mine) return 'sha256'
    await rm(this.part, { force: true })
    throw new InputError(
      `The copy of ${this.path} differs from the original on ${this.host.label} (sha256 ${mine.slice(0, 12)}… and ${theirs.slice(0, 12)}…) and was thrown away; copy it again.`,
      'checksum',
      this.name,
    )
  }
}

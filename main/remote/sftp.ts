// Files of another machine over SFTP: promises over ssh2's callbacks, and errors as sentences.

import type { Client, SFTPWrapper } from 'ssh2'
import { InputError } from '../../workers/fault.js'

export interface RemoteEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'other'
  /** Bytes. */
  readonly size: number
  /** ms since 1970. */
  readonly modified: number
}

export interface RemoteStat extends Omit<RemoteEntry, 'name'> {}

/** Most bytes that every server gives in one answer. */
const PIECE = 32768
/** Requests under way at once: enough for a link of 1 Gbit/s and 15 ms. */
const WINDOW = 64

/** The line broke: what was asked for may be asked again over a new one. */
export class LineBroken extends InputError {
  constructor(label: string) {
    super(`The connection to ${label} broke.`, 'connection-lost')
  }
}

type Done<T> = (error: Error | undefined | null, value: T) => void

export class Sftp {
  #gone = false
  readonly #pending = new Set<(e: Error) => void>()

  private constructor(
    private readonly wrapper: SFTPWrapper,
    readonly label: string,
  ) {
    const broke = (): void => {
      this.#gone = true
      for (const reject of this.#pending) reject(new LineBroken(label))
    }
    wrapper.once('close', broke)
    wrapper.on('error', broke)
  }

  /** Rejects with InputError where the host offers no SFTP. */
  static open(client: Client, label: string): Promise<Sftp> {
    return new Promise((resolve, reject) => {
      const lost = (): void => reject(new LineBroken(label))
      client.once('close', lost)
      client.sftp((error, wrapper) => {
        client.removeListener('close', lost)
        if (error) {
          const message = `${label} offers no SFTP (${error.message.replace(/\.$/, '')}): nothing can be browsed or opened there. In its sshd_config, Subsystem sftp switches it on.`
          reject(new InputError(message, 'no-sftp'))
        } else resolve(new Sftp(wrapper, label))
      })
    })
  }

  #call<T>(what: string, path: string, call: (done: Done<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#gone) {
        reject(new LineBroken(this.label))
        return
      }
      const fail = (e: Error): void => {
        this.#pending.delete(fail)
        reject(e)
      }
      this.#pending.add(fail)
      call((error, value) => {
        this.#pending.delete(fail)
        if (error)
          reject(this.#gone || isBroken(error) ? new LineBroken(this.label) : sftpError(error, what, path, this.label))
        else resolve(value)
      })
    })
  }

  realpath = (path: string): Promise<string> =>
    this.#call('be found', path, (done) => this.wrapper.realpath(path, done as Done<string>))

  async stat(path: string): Promise<RemoteStat> {
    const stats = await this.#call<import('ssh2').Stats>('be looked at', path, (done) => this.wrapper.stat(path, done))
    const kind = stats.isDirectory() ? 'directory' : stats.isFile() ? 'file' : 'other'
    return { kind, size: stats.size, modified: stats.mtime * 1000 }
  }

  /** What lies in a directory; links count as what they lead to. */
  async list(path: string): Promise<RemoteEntry[]> {
    const entries = await this.#call<import('ssh2').FileEntryWithStats[]>('be listed', path, (done) =>
      this.wrapper.readdir(path, done),
    )
    return Promise.all(
      entries
        .filter((e) => e.filename !== '.' && e.filename !== '..')
        .map(async ({ filename: name, attrs }) => {
          const plain = { size: attrs.size, modified: attrs.mtime * 1000 }
          if (attrs.isSymbolicLink()) {
            const target = await this.stat(`${path.replace(/\/$/, '')}/${name}`).catch(() => null)
            return target ? { name, ...target } : { name, kind: 'other' as const, ...plain }
          }
          const kind = attrs.isDirectory()
            ? ('directory' as const)
            : attrs.isFile()
              ? ('file' as const)
              : ('other' as const)
          return { name, kind, ...plain }
        }),
    )
  }

  open = (path: string): Promise<Buffer> =>
    this.#call('be read', path, (done) => this.wrapper.open(path, 'r', done as Done<Buffer>))

  async close(handle: Buffer): Promise<void> {
    await this.#call<void>('be closed', '', (done) => this.wrapper.close(handle, () => done(null, undefined))).catch(
      () => undefined,
    )
  }

  /** Up to `length` bytes from `at`, `length` being one piece at most; fewer only at the end of the file. */
  async piece(handle: Buffer, path: string, at: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const n = await this.#call<number>('be read', path, (finish) =>
        this.wrapper.read(handle, bytes, done, length - done, at + done, (error, count) => {
          // The end of the file comes as an error of its own.
          if ((error as { code?: number } | undefined)?.code === 1) finish(null, 0)
          else finish(error, count)
        }),
      )
      if (n === 0) break
      done += n
    }
    return bytes.subarray(0, done)
  }

  /** The bytes of a range, piece by piece in order, many requests being under way at once. Shorter where the file is. */
  async *pieces(
    handle: Buffer,
    path: string,
    from: number,
    to: number,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const coming: Promise<Uint8Array>[] = []
    const ask = (at: number): void => {
      const piece = this.piece(handle, path, at, Math.min(PIECE, to - at))
      // Awaited in its turn; a rejection before that is no unhandled one.
      piece.catch(() => undefined)
      coming.push(piece)
    }
    let at = from
    while (at < to || coming.length > 0) {
      for (; at < to && coming.length < WINDOW; at += PIECE) ask(at)
      const bytes = await coming.shift()!
      signal?.throwIfAborted()
      yield bytes
      if (bytes.length < PIECE && at < to) return
    }
  }

  end = (): void => this.wrapper.end()
}

/** What ssh2 says of requests that were under way when the connection ended. */
const isBroken = (error: Error): boolean => /No response from server|Not connected|not open/i.test(error.message)

function sftpError(error: Error & { code?: number | string }, what: string, path: string, label: string): InputError {
  const name = path.split('/').at(-1) || path
  const where = `${path} on ${label}`
  if (error.code === 2) return new InputError(`${where} does not exist.`, 'not-found', name)
  if (error.code === 3)
    return new InputError(`${where} may not ${what}: permission denied for this user.`, 'no-permission', name)
  return new InputError(`${where} cannot ${what} (${error.message.replace(/\.$/, '')}).`, 'unreadable', name)
}

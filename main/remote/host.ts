// A machine behind SSH as the rest of the program sees it: files and commands, over a connection that comes back when it breaks.

import { homedir } from 'node:os'
import type { ClientChannel } from 'ssh2'
import { InputError } from '../../workers/fault.js'
import { hostLabel, type RemoteAddress } from './address.js'
import type { Asker } from './ask.js'
import { connect, type Connected } from './connect.js'
import { Secrets, type SecretStore } from './secrets.js'
import { LineBroken, Sftp } from './sftp.js'
import { SshConfig } from './ssh-config.js'

export interface HostOptions {
  readonly asker: Asker
  readonly config?: SshConfig
  /** Secrets of earlier connections; absent = none outlives this one. */
  readonly store?: SecretStore
  /** The machine that this one is a guest of: it is reached through it, unless the configuration names another way. */
  readonly via?: Host
}

/** How long a broken connection is tried to be made again, and the pauses between the tries. */
const PATIENCE_MS = 30_000
const PAUSES_MS = [250, 500, 1000, 2000, 4000]

export interface Stream {
  readonly channel: ClientChannel
  /** Exit code when the command has ended; null when a signal ended it. Rejects with LineBroken. */
  readonly ended: Promise<number | null>
}

export class Host {
  #connected: Connected | null = null
  #connecting: Promise<Connected> | null = null
  #sftp: Promise<Sftp> | null = null
  #closed = false
  /** There was a connection once. */
  #stood = false
  readonly #secrets = new Map<string, Secrets>()
  readonly #config: Promise<SshConfig>

  constructor(
    readonly address: Pick<RemoteAddress, 'host' | 'user' | 'port'>,
    private readonly options: HostOptions,
  ) {
    this.#config = options.config ? Promise.resolve(options.config) : SshConfig.read({ home: homedir() })
  }

  /** `user@host:port`; before the first connection as far as it was given. */
  get label(): string {
    return this.#connected?.label ?? hostLabel(this.address)
  }

  get connected(): boolean {
    return this.#connected !== null
  }

  /** Makes the connection if there is none. Rejects with one sentence, or with the signal's reason. */
  async connect(signal?: AbortSignal): Promise<Connected> {
    if (this.#closed) throw new InputError(`The connection to ${this.label} was closed.`, 'connection-closed')
    if (this.#connected) return this.#connected
    this.#connecting ??= this.#make(signal).finally(() => (this.#connecting = null))
    return this.#connecting
  }

  async #make(signal?: AbortSignal): Promise<Connected> {
    const config = await this.#config
    const secrets = (host: string): Secrets => {
      const kept = this.#secrets.get(host) ?? new Secrets(this.options.store)
      this.#secrets.set(host, kept)
      return kept
    }
    const { asker, via } = this.options
    const through = via && (() => via.connect(signal))
    const made = await connect(this.address, { config, asker, secrets, signal, ...(through ? { via: through } : {}) })
    made.client.once('close', () => {
      if (this.#connected !== made) return
      this.#connected = null
      this.#sftp = null
    })
    if (this.#closed) made.end()
    this.#connected = made
    this.#stood = true
    return made
  }

  /** The one SFTP session of the connection. */
  async sftp(signal?: AbortSignal): Promise<Sftp> {
    const { client, label } = await this.connect(signal)
    this.#sftp ??= Sftp.open(client, label)
    try {
      return await this.#sftp
    } catch (e) {
      this.#sftp = null
      throw e
    }
  }

  /** Starts a command (a line for sh). */
  async start(command: string, signal?: AbortSignal): Promise<Stream> {
    const { client, label } = await this.connect(signal)
    return new Promise((resolve, reject) => {
      const lost = (): void => reject(new LineBroken(label))
      client.once('close', lost)
      client.exec(command, (error, channel) => {
        client.removeListener('close', lost)
        if (error) {
          reject(new InputError(`${label} runs no commands (${error.message.replace(/\.$/, '')}).`, 'no-commands'))
          return
        }
        const ended = new Promise<number | null>((done, broken) => {
          let code: number | null | undefined
          channel.once('exit', (c: number | null) => (code = c))
          channel.once('close', () => (code === undefined ? broken(new LineBroken(label)) : done(code)))
        })
        ended.catch(() => undefined)
        channel.on('error', () => undefined)
        resolve({ channel, ended })
      })
    })
  }

  /** Runs a command to its end and gives what it wrote. */
  async exec(
    command: string,
    { input = '', signal }: { readonly input?: string; readonly signal?: AbortSignal } = {},
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { channel, ended } = await this.start(command, signal)
    let stop = (): void => undefined
    const stopped = new Promise<never>((_, reject) => {
      stop = () => {
        channel.signal('TERM')
        channel.close()
        // The other side tells of the end only when the command has ended, which may heed no signal.
        reject(signal?.reason as Error)
      }
    })
    stopped.catch(() => undefined)
    signal?.addEventListener('abort', stop, { once: true })
    const out: Buffer[] = []
    const err: Buffer[] = []
    channel.on('data', (bytes: Buffer) => out.push(bytes))
    channel.stderr.on('data', (bytes: Buffer) => err.push(bytes))
    channel.end(input)
    try {
      const code = await Promise.race([ended, stopped])
      signal?.throwIfAborted()
      return { code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }
    } catch (e) {
      signal?.throwIfAborted()
      throw e
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /**
   * Does something over the connection; when that breaks meanwhile, does it again over a new one, for as long as one comes about
   * within half a minute. What cannot be done at all rejects at once.
   */
  async steadily<T>(
    work: () => Promise<T>,
    { signal, onBreak }: { readonly signal?: AbortSignal; readonly onBreak?: () => void } = {},
  ): Promise<T> {
    for (;;) {
      try {
        return await work()
      } catch (e) {
        signal?.throwIfAborted()
        // Work that finds the line broken already fails at connecting.
        const broke = e instanceof LineBroken || (this.#stood && e instanceof InputError && e.code === 'no-connection')
        if (!broke || this.#closed) throw e
        onBreak?.()
        await this.#again(signal)
      }
    }
  }

  async #again(signal?: AbortSignal): Promise<void> {
    this.#connected = null
    this.#sftp = null
    const until = performance.now() + PATIENCE_MS
    for (let n = 0; ; n++) {
      await pause(PAUSES_MS[Math.min(n, PAUSES_MS.length - 1)]!, signal)
      try {
        await this.connect(signal)
        return
      } catch (e) {
        signal?.throwIfAborted()
        const code = e instanceof InputError ? e.code : ''
        if (code !== 'no-connection') throw e
        if (performance.now() > until) {
          throw new InputError(
            `The connection to ${this.label} broke and did not come back: ${(e as Error).message}`,
            'connection-lost',
          )
        }
      }
    }
  }

  /** Ends the connection for good and forgets what was typed for it. */
  close(): void {
    this.#closed = true
    for (const secrets of this.#secrets.values()) secrets.clear()
    this.#connected?.end()
    this.#connected = null
    this.#sftp = null
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}

// Recording on a machine behind SSH: its commands and files as a Runner.

import { createReadStream, createWriteStream } from 'node:fs'
import { basename } from 'node:path'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { InputError } from '../../workers/fault.js'
import { partsSink } from '../record/parts.js'
import { lineSplitter, partsCommand, quote, type Runner } from '../record/runner.js'
import type { SecretQuestion } from './ask.js'
import type { Host, Stream } from './host.js'

/** How commands become root's. */
export type Elevation =
  /** The user is root, or root is not needed. */
  | { readonly by: 'nothing' }
  /** sudo, which asks for nothing. */
  | { readonly by: 'sudo' }
  /** sudo with the user's password, which is given to it on its standard input alone. */
  | { readonly by: 'sudo-password'; readonly password: string }

/**
 * Finds out how commands can be root's on a machine; `ask` is called for the password of sudo, again when it was wrong.
 * @returns null where nobody answered. Rejects with InputError where sudo is missing or lets this user do nothing.
 */
export async function elevate(
  host: Host,
  ask: (again: boolean) => Promise<string | null>,
  signal?: AbortSignal,
): Promise<Elevation | null> {
  const { stdout } = await host.exec('id -u; command -v sudo; sudo -n true 2>/dev/null && echo free', { signal })
  if (/^0$/m.test(stdout)) return { by: 'nothing' }
  if (/^free$/m.test(stdout)) return { by: 'sudo' }
  if (!/sudo$/m.test(stdout)) {
    throw new InputError(`Recording needs root, and ${host.label} has no sudo: log in as root.`, 'no-root')
  }
  for (let n = 0; n < 3; n++) {
    const password = await ask(n > 0)
    if (password === null) return null
    const { code, stderr } = await host.exec(`${SUDO_ASKING} true`, { input: `${password}\n`, signal })
    if (code === 0) return { by: 'sudo-password', password }
    if (/not in the sudoers|not allowed|may not run/i.test(stderr)) {
      throw new InputError(`Recording needs root, and sudo lets this user of ${host.label} do nothing.`, 'no-root')
    }
  }
  throw new InputError(`sudo on ${host.label} refused the password three times.`, 'no-root')
}

export const sudoQuestion = (host: Host, again: boolean): SecretQuestion => ({
  kind: 'secret',
  what: 'password',
  host: host.label,
  text: `Password for sudo on ${host.label}`,
  echo: false,
  again,
})

/** -k: a password that sudo remembers would leave ours to the command. */
const SUDO_ASKING = "sudo -k -S -p '' --"

/** The host stays open until close(). */
export function sshRunner(host: Host, elevation: Elevation = { by: 'nothing' }): Runner {
  const last = (text: string): string => text.trim().split('\n').at(-1)?.replace(/\.$/, '') ?? ''
  const copyError = (what: string, said: string): InputError => {
    const why = last(said)
    return new InputError(`${what} could not be copied (${host.label}${why ? `: ${why}` : ''}).`, 'copy-failed', what)
  }
  const wrap = (command: string): string => {
    if (elevation.by === 'nothing') return command
    return `${elevation.by === 'sudo' ? 'sudo -n --' : SUDO_ASKING} /bin/sh -c ${quote(command)}`
  }
  /** What sudo reads of the standard input before the command does. */
  const first = elevation.by === 'sudo-password' ? `${elevation.password}\n` : ''
  const start = async (command: string, signal?: AbortSignal): Promise<Stream> => {
    const stream = await host.start(wrap(command), signal)
    if (first !== '') stream.channel.write(first)
    return stream
  }
  /** The output of a command goes into `to`. */
  const printed = async (command: string, to: Writable, what: string, signal?: AbortSignal): Promise<void> => {
    const { channel, ended } = await start(command, signal)
    let said = ''
    channel.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
    const stop = (): void => channel.close()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      channel.end()
      await pipeline(channel, to)
      const code = await ended
      signal?.throwIfAborted()
      if (code !== 0) throw copyError(what, said)
    } catch (e) {
      signal?.throwIfAborted()
      throw e instanceof InputError ? e : copyError(what, said || (e as Error).message)
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
  return {
    get name() {
      return host.label
    },
    local: false,

    exec: (command, { input = '', signal } = {}) => host.exec(wrap(command), { input: first + input, signal }),

    async start(command, { onLine } = {}) {
      const { channel, ended } = await start(command)
      const out = lineSplitter((line) => onLine?.(line, 'stdout'))
      const err = lineSplitter((line) => onLine?.(line, 'stderr'))
      channel.setEncoding('utf8').on('data', (text: string) => out.push(text))
      channel.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text))
      const done = ended.then((code) => {
        out.flush()
        err.flush()
        return { code }
      })
      // Whoever awaits `done` later still gets the rejection; until then it must not count as unhandled.
      done.catch(() => undefined)
      return {
        done,
        say: (line) => void channel.write(`${line}\n`),
        endInput: () => void channel.end(),
        interrupt: () => channel.signal('INT'),
      }
    },

    fetch: (from, to, signal) => printed(`cat -- ${quote(from)}`, createWriteStream(to), from, signal),
    fetchParts: (parts, signal) => printed(partsCommand(parts), partsSink(parts), 'What was recorded so far', signal),

    async send(from, to, mode, signal) {
      const { channel, ended } = await start(`cat > ${quote(to)} && chmod ${mode.toString(8)} ${quote(to)}`, signal)
      let said = ''
      channel.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
      channel.resume()
      const stop = (): void => channel.close()
      signal?.addEventListener('abort', stop, { once: true })
      try {
        createReadStream(from)
          .on('error', (e) => {
            said ||= e.message
            channel.close()
          })
          .pipe(channel)
        const code = await ended
        signal?.throwIfAborted()
        if (code !== 0) throw copyError(basename(from), said)
      } catch (e) {
        signal?.throwIfAborted()
        throw e instanceof InputError && said === '' ? e : copyError(basename(from), said || (e as Error).message)
      } finally {
        signal?.removeEventListener('abort', stop)
      }
    },

    close: () => {
      host.close()
      return Promise.resolve()
    },
  }
}

// Recording on a machine behind SSH: its commands and files as a Runner.

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { InputError } from '../../workers/fault.js'
import { lineSplitter, quote, type Runner } from '../record/runner.js'
import type { Host } from './host.js'

/** The host stays open until close(). */
export function sshRunner(host: Host): Runner {
  const last = (text: string): string => text.trim().split('\n').at(-1)?.replace(/\.$/, '') ?? ''
  const copyError = (what: string, said: string): InputError => {
    const why = last(said)
    return new InputError(`${what} could not be copied (${host.label}${why ? `: ${why}` : ''}).`, 'copy-failed', what)
  }
  return {
    get name() {
      return host.label
    },
    local: false,

    exec: (command, options) => host.exec(command, options),

    async start(command, { onLine } = {}) {
      const { channel, ended } = await host.start(command)
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

    async fetch(from, to, signal) {
      const sftp = await host.sftp(signal)
      const { size } = await sftp.stat(from)
      const handle = await sftp.open(from)
      try {
        const file = await open(to, 'w')
        try {
          for await (const bytes of sftp.pieces(handle, from, 0, size, signal)) await file.writeFile(bytes)
        } finally {
          await file.close()
        }
      } catch (e) {
        signal?.throwIfAborted()
        throw e instanceof InputError ? e : copyError(from, (e as Error).message)
      } finally {
        await sftp.close(handle)
      }
    },

    async send(from, to, mode, signal) {
      const { channel, ended } = await host.start(
        `cat > ${quote(to)} && chmod ${mode.toString(8)} ${quote(to)}`,
        signal,
      )
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

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Asker, HostKeyQuestion, SecretQuestion } from '../remote/ask.js'
import type { Io } from './io.js'

/**
 * Asks on the terminal, what is secret without an echo. Without a terminal, or with SSH_ASKPASS_REQUIRE=force, by the program that
 * SSH_ASKPASS names, as ssh does; without that either, nobody answers.
 */
export function terminalAsker(io: Io): Asker {
  const program = process.env.SSH_ASKPASS
  const force = process.env.SSH_ASKPASS_REQUIRE === 'force'
  const terminal = process.stdin.isTTY === true && io.terminal
  const ask = async (text: string, echo: boolean): Promise<string | null> => {
    if (terminal && !force) return askHere(text, echo, io)
    if (!program) return null
    try {
      const { stdout } = await promisify(execFile)(program, [text], { signal: io.signal })
      return stdout.replace(/\r?\n$/, '')
    } catch {
      // Cancelled there.
      io.signal.throwIfAborted()
      return null
    }
  }
  return {
    async hostKey({ host, type, fingerprint }: HostKeyQuestion) {
      const answer = await ask(
        `The key of ${host} is not known: ${type} ${fingerprint}. Trust it from now on (yes/no)? `,
        true,
      )
      return answer?.trim().toLowerCase() === 'yes'
    },
    secret: ({ text, echo, again }: SecretQuestion) => ask(`${again ? 'That was refused. ' : ''}${text}: `, echo),
  }
}

function askHere(text: string, echo: boolean, io: Io): Promise<string | null> {
  const { stdin } = process
  io.err(text)
  return new Promise((resolve, reject) => {
    let typed = ''
    const settle = (finish: () => void): void => {
      stdin.setRawMode(false)
      stdin.pause()
      stdin.removeListener('data', onData)
      io.signal.removeEventListener('abort', onAbort)
      io.err('\n')
      finish()
    }
    const onAbort = (): void => settle(() => reject(io.signal.reason as Error))
    const onData = (bytes: Buffer): void => {
      for (const c of bytes.toString('utf8')) {
        if (c === '\r' || c === '\n') return settle(() => resolve(typed))
        if (c === '\u0003' || c === '\u0004') return settle(() => resolve(null))
        if (c === '\u007f' || c === '\b') {
          if (typed !== '' && echo) io.err('\b \b')
          typed = typed.slice(0, -1)
        } else if (c >= ' ') {
          typed += c
          if (echo) io.err(c)
        }
      }
    }
    stdin.setRawMode(true)
    stdin.resume()
    stdin.on('data', onData)
    io.signal.addEventListener('abort', onAbort, { once: true })
  })
}

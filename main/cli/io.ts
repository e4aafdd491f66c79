import { once } from 'node:events'

/** Where a command writes, and what can end it early. */
export interface Io {
  /** Resolves when more may be written (backpressure). */
  out(text: string | Uint8Array): Promise<void>
  err(text: string): void
  readonly signal: AbortSignal
  /** Somebody watches stderr. */
  readonly terminal: boolean
}

/** Bad use of the command line: one sentence, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  constructor(
    message: string,
    /** Command whose --help would tell. */
    readonly command = '',
  ) {
    super(message)
  }
}

/** The reader of our output went away (`remora events … | head`): nothing to say, nothing went wrong. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** The process's own streams; Ctrl-C aborts the signal, a second one ends the process. */
export function processIo(): Io {
  const abort = new AbortController()
  process.once('SIGINT', () => abort.abort())
  process.once('SIGTERM', () => abort.abort())
  let closed = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    closed = true
    abort.abort(new OutputClosed('output closed'))
  })
  return {
    signal: abort.signal,
    terminal: process.stderr.isTTY === true,
    err: (text) => void process.stderr.write(text),
    async out(text) {
      if (closed) throw new OutputClosed('output closed')
      if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal: abort.signal })
    },
  }
}

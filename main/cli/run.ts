import { InputError, RequestError } from '../../workers/fault.js'
import { version } from '../version.js'
import { type Io, OutputClosed, UsageError } from './io.js'

/** 0 fine; 1 a check failed; 2 bad use or unreadable input; 3 a mistake in Remora; 130 stopped by Ctrl-C. */
export const ExitCode = { Fine: 0, CheckFailed: 1, BadInput: 2, Internal: 3, Stopped: 130 } as const

interface Command {
  readonly run: (args: readonly string[], io: Io) => Promise<number>
  readonly help: string
}

// Loaded when called for: `remora --version` reads no engine and no server.
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  info: () => import('./info.js').then((m) => ({ run: m.infoCommand, help: m.infoHelp })),
  events: () => import('./events.js').then((m) => ({ run: m.eventsCommand, help: m.eventsHelp })),
  serve: () => import('./serve.js').then((m) => ({ run: m.serveCommand, help: m.serveHelp })),
  open: () => import('./open.js').then((m) => ({ run: m.openCommand, help: m.openHelp })),
}

export const help = `remora COMMAND [options] [FILE|DIR...]

  info FILE|DIR...    what the traces hold: files, machines, clocks, events, faults
  events FILE|DIR...  the merged events, one line each
  serve [FILE|DIR...] the screens in your browser
  open [FILE|DIR...]  the desktop window, or the browser where there is none

  -V, --version       print the version
  -h, --help          this text; remora COMMAND --help for one command

Exit code: 0 fine, 1 a check failed, 2 bad use or unreadable input, 3 a mistake in Remora, 130 stopped.
`

/** Runs one command line; every outcome is an exit code, every error one sentence on stderr. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args
  try {
    if (name === undefined) throw new UsageError('A command is missing.')
    if (name === '--version' || name === '-V') {
      await io.out(`remora ${version}\n`)
      return ExitCode.Fine
    }
    if (name === '--help' || name === '-h' || name === 'help') {
      await io.out(help)
      return ExitCode.Fine
    }
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!load) throw new UsageError(`"${name}" is no command.`)
    const command = await load()
    if (rest.includes('--help') || rest.includes('-h')) {
      await io.out(command.help)
      return ExitCode.Fine
    }
    return await command.run(rest, io)
  } catch (error) {
    return report(error, rest.includes('--json'), io)
  }
}

/** Says what went wrong: a sentence, or with --json one JSON object, on stderr. */
function report(error: unknown, json: boolean, io: Io): number {
  if (error instanceof OutputClosed || io.signal.reason instanceof OutputClosed) return ExitCode.Fine
  if (io.signal.aborted) return ExitCode.Stopped
  const { exit, code, file, offset } = classify(error)
  let message = error instanceof Error ? error.message : String(error)
  if (exit === ExitCode.Internal) message = `A mistake in Remora itself: ${message}`
  if (json) {
    io.err(`${JSON.stringify({ error: { code, message, file, offset } })}\n`)
  } else {
    if (file !== undefined && !message.includes(file)) message = `${file}: ${message}`
    io.err(`remora: ${oneSentence(message)}${hint(error)}\n`)
    if (exit === ExitCode.Internal && process.env.REMORA_DEBUG && error instanceof Error) io.err(`${error.stack}\n`)
  }
  return exit
}

const oneSentence = (message: string): string => message.replace(/\s*\n\s*/g, ' ').replace(/\.?$/, '.')

/** Where to look further. */
function hint(error: unknown): string {
  if (error instanceof UsageError) return ` See: remora ${error.command ? `${error.command} ` : ''}--help`
  return error instanceof RequestError && error.at !== undefined ? ` (At column ${error.at + 1}.)` : ''
}

function classify(error: unknown): { exit: number; code: string; file?: string; offset?: number } {
  if (error instanceof InputError) {
    return { exit: ExitCode.BadInput, code: error.code, file: error.file, offset: error.offset }
  }
  if (error instanceof RequestError) return { exit: ExitCode.BadInput, code: 'bad-request' }
  if (error instanceof UsageError) return { exit: ExitCode.BadInput, code: 'usage' }
  return { exit: ExitCode.Internal, code: 'internal' }
}

import { InputError, RequestError, type Fault } from '../../workers/fault.js'
import { type Io, OutputClosed, UsageError } from './io.js'

/** 0 fine; 1 a check failed; 2 bad use or unreadable input; 3 a mistake in Remora; 130 stopped by Ctrl-C. */
export const ExitCode = { Fine: 0, CheckFailed: 1, BadInput: 2, Internal: 3, Stopped: 130 } as const

/** Says what went wrong: a sentence, or with --json one JSON object, on stderr. */
export function report(error: unknown, json: boolean, io: Io): number {
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

/**
 * Of several files some may be unreadable: what could be read is shown, and this says the others. Exit code 2 if there are any.
 */
export function reportUnread(
  { files, faults }: { readonly files: readonly { readonly name: string }[]; readonly faults: readonly Fault[] },
  json: boolean,
  io: Io,
): number {
  const unread = faults.filter((fault) => fault.file !== undefined && !files.some(({ name }) => name === fault.file))
  for (const { message, code, file, offset } of unread) report(new InputError(message, code, file, offset), json, io)
  return unread.length > 0 ? ExitCode.BadInput : ExitCode.Fine
}

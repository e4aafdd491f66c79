// Everything that recording does to a machine goes through a Runner, so that a machine behind SSH is recorded by the same code
// as this one. Commands are lines for POSIX sh.

export interface ExecResult {
  /** Exit code; null when a signal ended the command. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ExecOptions {
  /** Given to the command as its standard input, which ends there. */
  readonly input?: string
  readonly signal?: AbortSignal
}

/** A command that goes on until it is told to end. */
export interface Running {
  /** Resolves when the command has ended and all its output was handed on. Rejects when the machine was lost. */
  readonly done: Promise<{ readonly code: number | null }>
  /** A line for the command's standard input. */
  say(line: string): void
  /** Ends the command's standard input: every script of ours takes that as the word to stop and to clear up behind itself. */
  endInput(): void
  /** Ctrl-C for commands that know nothing of ours. */
  interrupt(): void
}

export interface StartOptions {
  /** Called with every whole line, without its end. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
}

/** Bytes of a file that are copied to the same place of another, which may have others already. */
export interface FilePart {
  readonly from: string
  readonly to: string
  readonly offset: number
  readonly length: number
}

export interface Runner {
  /** As sentences name the machine: `this machine`, `root@10.9.1.2`. */
  readonly name: string
  /** Whether paths of this machine can be opened by this process. */
  readonly local: boolean
  /**
   * Runs a command to its end. A command that fails is a result, not an error; rejects (InputError, one sentence) only when the
   * machine cannot be reached, and with the signal's reason when that aborts.
   */
  exec(command: string, options?: ExecOptions): Promise<ExecResult>
  /**
   * Starts a command whose standard input stays open. When this process ends or the line breaks, the command's input ends, so
   * that it clears up behind itself.
   */
  start(command: string, options?: StartOptions): Promise<Running>
  /** Copies a file of that machine to `to` here. Rejects (InputError) with one sentence. */
  fetch(from: string, to: string, signal?: AbortSignal): Promise<void>
  /**
   * Copies parts of files of that machine, which must be there, into files here, in one go. Rejects (InputError) with one
   * sentence; of what was to come some may be here then.
   */
  fetchParts(parts: readonly FilePart[], signal?: AbortSignal): Promise<void>
  /** Copies a file from here to that machine and gives it this mode. Rejects (InputError) with one sentence. */
  send(from: string, to: string, mode: number, signal?: AbortSignal): Promise<void>
  /** Lets go of the connection, if there is one. */
  close(): Promise<void>
}

/** One word of a shell command, quoted so that sh takes it as it is. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Prints the parts of files one behind the other. */
export const partsCommand = (parts: readonly FilePart[]): string =>
  parts.map((p) => `tail -c +${p.offset + 1} -- ${quote(p.from)} | head -c ${p.length}`).join('; ')

/** Hands whole lines on; what is left without an end comes at flush(). */
export function lineSplitter(onLine: (line: string) => void): { push(text: string): void; flush(): void } {
  let rest = ''
  return {
    push(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    },
    flush() {
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}

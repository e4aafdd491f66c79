import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { chmod, copyFile, open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { InputError } from '../../workers/fault.js'
import { partsSink } from './parts.js'
import {
  lineSplitter,
  partsCommand,
  quote,
  type ExecOptions,
  type ExecResult,
  type Running,
  type Runner,
  type StartOptions,
} from './runner.js'

/** How a command line of sh is brought to the machine: program and arguments. */
type Wrap = (command: string) => readonly [string, readonly string[]]

/** A command that this program started; in a process group of its own, so that Ctrl-C on the terminal is ours to hand on. */
function launch([program, args]: readonly [string, readonly string[]]): ChildProcessWithoutNullStreams {
  const child = spawn(program, args, { detached: true })
  // A command that ends before it has read its input is no error of ours.
  child.stdin.on('error', () => undefined)
  return child
}

function ended(child: ChildProcessWithoutNullStreams, program: string): Promise<{ readonly code: number | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(startError(program, error)))
    child.once('close', (code) => resolve({ code }))
  })
}

function startError(program: string, error: NodeJS.ErrnoException): Error {
  if (error.code === 'ENOENT') return new InputError(`${program} is not installed on this machine.`, 'no-program')
  return new InputError(`${program} could not be started: ${error.message}.`, 'no-program')
}

function interruptGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined || child.exitCode !== null) return
  try {
    process.kill(-child.pid, 'SIGINT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function processRunner(wrap: Wrap): Pick<Runner, 'exec' | 'start'> {
  return {
    async exec(command: string, { input, signal }: ExecOptions = {}): Promise<ExecResult> {
      signal?.throwIfAborted()
      const [program, args] = wrap(command)
      const child = launch([program, args])
      const stop = (): void => interruptGroup(child)
      signal?.addEventListener('abort', stop, { once: true })
      const out: Buffer[] = []
      const err: Buffer[] = []
      child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
      child.stderr.on('data', (bytes: Buffer) => err.push(bytes))
      child.stdin.end(input ?? '')
      try {
        const { code } = await ended(child, program)
        signal?.throwIfAborted()
        return { code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }
      } finally {
        signal?.removeEventListener('abort', stop)
      }
    },
    start(command: string, { onLine }: StartOptions = {}): Promise<Running> {
      const [program, args] = wrap(command)
      const child = launch([program, args])
      const splitters = (['stdout', 'stderr'] as const).map((stream) => {
        const lines = lineSplitter((line) => onLine?.(line, stream))
        child[stream].setEncoding('utf8').on('data', (text: string) => lines.push(text))
        return lines
      })
      const done = ended(child, program).then((end) => {
        for (const lines of splitters) lines.flush()
        return end
      })
      // Whoever awaits `done` later still gets the rejection; until then it must not count as unhandled.
      done.catch(() => undefined)
      return Promise.resolve({
        done,
        say: (line) => void child.stdin.write(`${line}\n`),
        endInput: () => void child.stdin.end(),
        interrupt: () => interruptGroup(child),
      })
    },
  }
}

/** Runs a command, its output going into `to`; resolves to what it said on its way to failing, null = it did not fail. */
async function printed(
  [program, args]: readonly [string, readonly string[]],
  to: Writable,
  signal?: AbortSignal,
): Promise<string | null> {
  const child = launch([program, args])
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stdin.end()
  const [{ code }, taken] = await Promise.all([
    ended(child, program),
    pipeline(child.stdout, to, { signal }).then(
      () => null,
      (error: Error) => error,
    ),
  ])
  if (code !== 0) return said
  if (taken) throw taken
  return null
}

/** This machine. */
export function localRunner(): Runner {
  const copy = async (from: string, to: string): Promise<void> => {
    try {
      await copyFile(from, to)
    } catch (error) {
      throw new InputError(`${from} could not be copied to ${to}: ${(error as Error).message}.`, 'copy-failed', from)
    }
  }
  return {
    name: 'this machine',
    local: true,
    ...processRunner((command) => ['/bin/sh', ['-c', command]]),
    fetch: copy,
    async fetchParts(parts, signal) {
      const said = await printed(['/bin/sh', ['-c', partsCommand(parts)]], partsSink(parts), signal)
      if (said !== null) throw copyError('What was recorded so far', 'this machine', said)
    },
    send: async (from, to, mode) => {
      await copy(from, to)
      await chmod(to, mode)
    },
    close: () => Promise.resolve(),
  }
}

/**
 * A machine reached by the `ssh` command, with the user's own configuration, keys and agent. `target` is what ssh takes:
 * `user@host`, a Host of the configuration. `ssh` is the command and its options. It never asks: what needs a password fails.
 */
export function sshCommandRunner(target: string, ssh: readonly string[] = ['ssh']): Runner {
  const [program = 'ssh', ...options] = ssh
  const wrap: Wrap = (command) => [program, [...options, '-o', 'BatchMode=yes', target, '--', command]]
  const base = processRunner(wrap)
  /** ssh itself fails with 255. */
  const reached = (result: ExecResult): ExecResult => {
    if (result.code !== 255) return result
    const why = result.stderr.trim().split('\n').at(-1) ?? ''
    throw new InputError(
      `${target} cannot be reached by ssh${why ? `: ${why.replace(/\.$/, '')}` : ''}.`,
      'no-connection',
    )
  }
  const exec = async (command: string, options?: ExecOptions): Promise<ExecResult> =>
    reached(await base.exec(command, options))
  return {
    name: target,
    local: false,
    exec,
    start: base.start,
    async fetch(from, to, signal) {
      // First the file: output of a command that ends before somebody reads it is lost.
      const file = await open(to, 'w')
      const said = await printed(wrap(`cat ${quote(from)}`), file.createWriteStream(), signal)
      if (said !== null) throw copyError(from, target, said)
    },
    async fetchParts(parts, signal) {
      const said = await printed(wrap(partsCommand(parts)), partsSink(parts), signal)
      if (said !== null) throw copyError('What was recorded so far', target, said)
    },
    async send(from, to, mode, signal) {
      const [program, args] = wrap(`cat > ${quote(to)} && chmod ${mode.toString(8)} ${quote(to)}`)
      const child = launch([program, args])
      let said = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
      child.stdout.resume()
      const [{ code }] = await Promise.all([
        ended(child, program),
        pipeline(createReadStream(from), child.stdin, { signal }).catch((error: NodeJS.ErrnoException) => {
          // The command ended before it took everything: its own words say why.
          if (error.code !== 'EPIPE') throw error
        }),
      ])
      if (code !== 0) throw copyError(basename(from), target, said)
    },
    close: () => Promise.resolve(),
  }
}

function copyError(what: string, target: string, said: string): InputError {
  const why = said.trim().split('\n').at(-1) ?? ''
  return new InputError(
    `${what} could not be copied (${target}${why ? `: ${why.replace(/\.$/, '')}` : ''}).`,
    'copy-failed',
    what,
  )
}

import { access, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InputError } from '../../workers/fault.js'
import { packageRoot } from '../paths.js'
import { PieceSink } from '../piece-source.js'
import { breakable, noFigures, type Figures, type RecordedFile, type Recorder } from './recorder.js'
import { quote, type Runner, type Running } from './runner.js'

export interface CollectorOptions {
  readonly runner: Runner
  readonly label: string
  readonly groups: readonly string[]
  readonly stacks: boolean
  readonly bufferMib: number
  readonly session: string
  /** Filters and further options of remora-collect, as they are. */
  readonly options: readonly string[]
  /** The collector's program here. */
  readonly program: string
  /** The file of records to write, here. */
  readonly to: string
}

/** The collector's program: REMORA_COLLECT, or where its Makefile puts it. Throws InputError where there is none. */
export async function collectorProgram(): Promise<string> {
  const path = process.env['REMORA_COLLECT'] ?? join(packageRoot, 'native-collector/remora-collect')
  try {
    await access(path)
    return path
  } catch {
    throw new InputError(
      `The collector (${path}) is not built: make -C native-collector, with clang, libbpf-dev, libelf-dev and zlib1g-dev.`,
      'no-collector',
      path,
    )
  }
}

interface Status {
  readonly records: number
  readonly per_second: number
  readonly lost: number
  readonly buffer: number
  readonly bytes: number
}

/** Drives remora-collect; on another machine the program is copied there and taken away again. */
export function collectorRecorder(o: CollectorOptions): Recorder {
  const notes: string[] = []
  const { broken, break: breakOff } = breakable()
  let figures: Figures = noFigures
  let running: Running | null = null
  let directory = ''
  /** Bytes that were brought here while the recording goes on. */
  let here = 0
  let stopping = false
  let last = ''
  const output = (): string => (o.runner.local ? o.to : `${directory}/records.wire`)
  const words = (program: string): string[] => [
    program,
    '--until-input-ends',
    '--status',
    '--groups',
    o.groups.join(','),
    ...(o.stacks ? ['--stacks'] : []),
    '--buffer',
    String(o.bufferMib),
    '--session',
    o.session,
    '--exclude',
    String(o.runner.local ? process.pid : 1 << 30),
    '--output',
    output(),
    ...o.options,
  ]
  const sentence = (line: string): string => line.replace(/^remora-collect: /, '')
  const clearUp = async (): Promise<void> => {
    if (directory) await o.runner.exec(`rm -rf ${quote(directory)}`)
  }

  return {
    label: o.label,
    how: `remora-collect: ${o.groups.join(', ')}${o.stacks ? ', with stacks' : ''}`,
    notes,
    broken,
    figures: () => figures,
    async soFar(limit) {
      // With each status all records until then are in the file, whole ones.
      const { bytes } = figures
      if (!running || stopping || bytes === null) return null
      if (bytes > limit) {
        const note = `${o.label}: there are more records than can be shown while it goes on; all are there when it ends.`
        return { source: null, bytes: 0, since: null, note }
      }
      const sink = new PieceSink()
      if (o.runner.local) sink.refer(o.to, 0, bytes)
      else {
        const to = `${o.to}.seen`
        await o.runner.fetchParts([{ from: output(), to, offset: here, length: bytes - here }])
        here = bytes
        sink.refer(to, 0, bytes)
      }
      return { source: await sink.open(basename(o.to)), bytes, since: null }
    },
    async start() {
      let program = o.program
      if (!o.runner.local) {
        const made = await o.runner.exec('mktemp -d /var/tmp/remora-XXXXXX')
        if (made.code !== 0) throw new InputError(`${o.label}: no directory can be made in /var/tmp.`, 'no-directory')
        directory = made.stdout.trim()
        program = `${directory}/remora-collect`
        await o.runner.send(o.program, program, 0o755)
      }
      let told: (on: boolean) => void = () => undefined
      const first = new Promise<boolean>((resolve) => (told = resolve))
      // Where the line breaks the collector's input ends without a word (exit code 3), and nobody comes for its file.
      const command = o.runner.local
        ? `exec ${words(program).map(quote).join(' ')}`
        : `${words(program).map(quote).join(' ')}; c=$?; [ $c != 3 ] || rm -rf ${quote(directory)}; exit $c`
      running = await o.runner.start(command, {
        onLine: (line, stream) => {
          if (stream === 'stdout') return
          if (line.startsWith('{')) figures = figuresOf(JSON.parse(line) as Status)
          else if (line.includes('recording;')) told(true)
          else last = sentence(line)
        },
      })
      void running.done.then(
        () => {
          told(false)
          if (!stopping) {
            breakOff(
              new InputError(`${o.label}: the collector ended: ${last || 'it did not say why'}`, 'collector-ended'),
            )
          }
        },
        (error: Error) => {
          told(false)
          breakOff(error)
        },
      )
      if (await first) return
      await clearUp()
      throw new InputError(`${o.label}: ${last || 'the collector did not start.'}`, 'no-collector')
    },
    async end() {
      stopping = true
      running?.say('stop')
      running?.endInput()
      await running?.done
    },
    async bring() {
      if (!running) return []
      const seen = `${o.to}.seen`
      try {
        const { code } = await running.done
        if (code !== 0 && last) notes.push(`${o.label}: ${last}`)
        if (!o.runner.local) {
          await o.runner.fetch(output(), o.to)
          await rm(seen, { force: true })
          await clearUp()
        }
      } catch (error) {
        if (here === 0) throw error
        await rename(seen, o.to)
        notes.push(`${o.label}: ${(error as Error).message} What had come here until then is kept.`)
      }
      const { size } = await stat(o.to)
      if ((figures.lost ?? 0) > 0)
        notes.push(`${o.label}: ${figures.lost} records found no room in the buffer and are lost.`)
      return [{ kind: 'wire', path: o.to, bytes: size, figures } satisfies RecordedFile]
    },
  }
}

const figuresOf = (s: Status): Figures => ({
  events: s.records,
  perSecond: s.per_second,
  lost: s.lost,
  fill: s.buffer,
  bytes: s.bytes,
})

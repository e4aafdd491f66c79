import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InputError } from '../../workers/fault.js'
import { breakable, noFigures, type CpuCounts, type Figures, type RecordedFile, type Recorder } from './recorder.js'
import { quote, type Runner, type Running } from './runner.js'
import { GrowingPages } from './so-far.js'
import { cmdlinesOf, headScript, parseHead, tracefsScript, type TracefsOptions } from './tracefs-script.js'
import { writeTraceDat, type GuestOption, type HeadFiles } from './trace-dat-v7.js'

export interface TracefsRecorderOptions {
  readonly runner: Runner
  readonly label: string
  readonly tracefs: string
  readonly events: readonly string[]
  readonly clock: string
  readonly bufferKb: number
  readonly stacks: boolean
  /** The trace.dat to write, here. */
  readonly to: string
  /** Command line of ours that completes a recording whose process was killed; local recordings only. */
  readonly finishCommand?: string
  /** Asked when the recording has ended: the guests whose files belong to it. */
  readonly guests: () => Promise<readonly GuestOption[]>
}

/** What is known of a recording in the making, beside its pages; lets a killed one be completed. */
interface Pending {
  readonly to: string
  readonly files: HeadFiles
  readonly traceId: string
  readonly pageSize: number
  readonly clock: string
}

interface CpuFigures {
  raw: number
  entries: number
  read: number
  overrun: number
  dropped: number
  bytes: number
}

/** Directory of a recording's pages until they are one file. */
const pagesOf = (to: string): string => `${to}.pages`

/** Records through an instance of tracefs, without trace-cmd, into a trace.dat that trace-cmd reads. */
export function tracefsRecorder(o: TracefsRecorderOptions): Recorder {
  const notes: string[] = []
  const cpus = new Map<number, CpuFigures>()
  const { broken, break: breakOff } = breakable()
  const pages = pagesOf(o.to)
  let directory = pages
  let running: Running | null = null
  let pending: Pending | null = null
  let pageSize = 4096
  let clock = ''
  let rate = { at: 0, events: 0, perSecond: 0 }
  let stopping = false
  let counts: CpuCounts | null = null
  /** Bytes of pages of each CPU, all from one look. */
  let standing: readonly { readonly cpu: number; readonly bytes: number }[] = []
  const traceId = randomBytes(8).readBigUInt64LE()
  const growing = new GrowingPages(o)

  const total = (of: (c: CpuFigures) => number): number => [...cpus.values()].reduce((sum, c) => sum + of(c), 0)
  const figures = (): Figures => {
    if (cpus.size === 0) return noFigures
    return {
      events: total((c) => c.entries + c.read),
      perSecond: rate.perSecond,
      lost: total((c) => c.overrun + c.dropped),
      fill: Math.max(...[...cpus.values()].map((c) => c.bytes / (o.bufferKb * 1024))),
      bytes: total((c) => c.raw),
    }
  }
  /** Being told; taken over when its last line is there, so that sums are never of half a CPU. */
  let cpu: (CpuFigures & { readonly number: number }) | null = null
  const take = (line: string): string | null => {
    const [, key = '', value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? []
    const stat = /^([a-z ]+): (\d+)$/.exec(line)
    if (stat && cpu) {
      const amount = Number(stat[2])
      if (stat[1] === 'entries') cpu.entries = amount
      else if (stat[1] === 'read events') {
        cpu.read = amount
        cpus.set(cpu.number, cpu)
        tellRate()
      } else if (stat[1] === 'overrun') cpu.overrun = amount
      else if (stat[1] === 'dropped events') cpu.dropped = amount
      else if (stat[1] === 'bytes') cpu.bytes = amount
    } else if (key === 'cpu') {
      const [n = '0', raw = '0'] = value.split(' ')
      cpu = { number: Number(n), raw: Number(raw), entries: 0, read: 0, overrun: 0, dropped: 0, bytes: 0 }
    } else if (key === 'all') {
      const all = [...cpus].sort(([a], [b]) => a - b)
      standing = all.map(([number, c]) => ({ cpu: number, bytes: c.raw }))
      counts = {
        at: performance.now(),
        cpus: all.map(([number, c]) => ({ cpu: number, events: c.entries + c.read, lost: c.overrun + c.dropped })),
      }
    } else if (key === 'page') pageSize = Number(value)
    else if (key === 'clock') clock = value
    else if (key === 'absent') notes.push(`${o.label}: the kernel has no events ${value}.`)
    else if (key === 'removed')
      notes.push(`${o.label}: what a broken recording had left in tracefs was removed (${value}).`)
    else if (key === 'full') {
      breakOff(new InputError(`${o.label}: the disk is full; what was recorded until then is kept.`, 'disk-full'))
    } else if (key === 'on' || key === 'error') return line
    return null
  }
  const tellRate = (): void => {
    const now = performance.now()
    const events = figures().events ?? 0
    if (now - rate.at < 400) return
    rate = { at: now, events, perSecond: rate.at === 0 ? 0 : ((events - rate.events) * 1000) / (now - rate.at) }
  }

  return {
    label: o.label,
    how: `tracefs: clock ${o.clock}, ${o.bufferKb} KiB a CPU, events ${o.events.join(' ')}${o.stacks ? ', with stacks' : ''}`,
    notes,
    broken,
    figures,
    counts: () => counts,
    traceId,
    async soFar(limit, guests) {
      if (!pending || stopping || standing.length === 0) return null
      const { files } = pending
      const there = (name: string): string => `${directory}/${name}`
      const now = standing.map((c) => ({ ...c, path: there(`cpu${c.cpu}.raw`) }))
      return growing.soFar(
        basename(o.to),
        { files, clock, pageSize, traceId, guests, comms: there('comms.start'), cpus: now },
        limit,
      )
    },
    async start() {
      const head = await o.runner.exec(headScript(o.tracefs, o.events))
      const files = parseHead(head.stdout)
      if (!files['events/header_page']) {
        throw new InputError(`${o.label}: tracefs (${o.tracefs}) cannot be read.`, 'no-tracefs')
      }
      await mkdir(pages, { recursive: true })
      if (!o.runner.local) directory = await remoteDirectory(o.runner, o.label)
      const options: TracefsOptions = {
        tracefs: o.tracefs,
        directory,
        events: o.events,
        clock: o.clock,
        bufferKb: o.bufferKb,
        stacks: o.stacks,
        orphaned: o.runner.local ? (o.finishCommand ?? '') : `rm -rf ${quote(directory)}`,
      }
      let told: (line: string | null) => void = () => undefined
      const first = new Promise<string | null>((resolve) => (told = resolve))
      const said: string[] = []
      running = await o.runner.start(tracefsScript(options), {
        onLine: (line, stream) => {
          if (stream === 'stderr') said.push(line)
          else {
            const word = take(line)
            if (word !== null) told(word)
          }
        },
      })
      void running.done.then(
        () => {
          told(null)
          if (!stopping) breakOff(new InputError(`${o.label}: the recording ended by itself.`, 'recorder-ended'))
        },
        (error: Error) => {
          told(null)
          breakOff(error)
        },
      )
      const giveUp = async (why: string, code: string): Promise<InputError> => {
        stopping = true
        // It writes what it has into the directory as it ends.
        running?.say('stop')
        running?.endInput()
        await Promise.allSettled([running?.done])
        // There it is nobody else's to clear away, once we have said that we end it.
        if (!o.runner.local) await Promise.allSettled([o.runner.exec(`rm -rf ${quote(directory)}`)])
        await rm(pages, { recursive: true, force: true })
        return new InputError(`${o.label}: ${why}`, code)
      }
      const word = await first
      if (word?.startsWith('on') !== true) {
        throw await giveUp(word?.replace(/^error /, '') ?? said.at(-1) ?? 'the recorder did not start', 'no-recording')
      }
      const begun = { to: o.to, files, traceId: String(traceId), pageSize, clock }
      try {
        await writeFile(join(pages, 'pending.json'), JSON.stringify(begun))
      } catch (error) {
        const full = (error as NodeJS.ErrnoException).code === 'ENOSPC'
        const why = full ? 'the disk is full, there is no room for a recording' : (error as Error).message
        throw await giveUp(`${why} (${pages}).`, full ? 'disk-full' : 'no-recording')
      }
      pending = begun
    },
    async end() {
      stopping = true
      running?.say('stop')
      running?.endInput()
      await running?.done
    },
    async bring() {
      if (!pending) return []
      if (!o.runner.local) {
        try {
          await fetchPages(o.runner, directory, pages, standing, growing)
        } catch (error) {
          if (!(await keepSeen(pages, standing, growing))) throw error
          notes.push(`${o.label}: ${(error as Error).message} What had come here until then is kept.`)
        }
      }
      await assemble(pages, await o.guests())
      const { size } = await stat(o.to)
      const end = figures()
      if ((end.lost ?? 0) > 0) notes.push(`${o.label}: ${end.lost} events found no room in the buffers and are lost.`)
      return [{ kind: 'trace.dat', path: o.to, bytes: size, figures: end } satisfies RecordedFile]
    },
  }
}

async function remoteDirectory(runner: Runner, label: string): Promise<string> {
  const made = await runner.exec('mktemp -d /var/tmp/remora-XXXXXX')
  if (made.code === 0) return made.stdout.trim()
  throw new InputError(`${label}: no directory for the recording can be made in /var/tmp.`, 'no-directory')
}

/** What was brought while the recording went on is not brought again. */
async function fetchPages(
  runner: Runner,
  from: string,
  to: string,
  cpus: readonly { readonly cpu: number; readonly bytes: number }[],
  growing: GrowingPages,
): Promise<void> {
  for (const { cpu, bytes } of cpus) {
    const raw = { from: `${from}/cpu${cpu}.raw`, to: join(to, `cpu${cpu}.raw`) }
    const here = await growing.handOver(cpu, raw.to)
    if (here === 0) await runner.fetch(raw.from, raw.to)
    else if (bytes > here) await runner.fetchParts([{ ...raw, offset: here, length: bytes - here }])
    await runner.fetch(`${from}/cpu${cpu}.stats`, join(to, `cpu${cpu}.stats`))
  }
  await growing.close()
  for (const name of ['comms.start', 'comms.end']) await runner.fetch(`${from}/${name}`, join(to, name))
  await runner.exec(`rm -rf ${quote(from)}`)
}

/** Takes the pages that were seen while the recording went on for the recording; false = there are none. */
async function keepSeen(
  to: string,
  cpus: readonly { readonly cpu: number }[],
  growing: GrowingPages,
): Promise<boolean> {
  let bytes = 0
  for (const { cpu } of cpus) {
    const path = join(to, `cpu${cpu}.raw`)
    const there = await stat(path).catch(() => null)
    bytes += there?.size ? there.size : await growing.handOver(cpu, path)
  }
  await growing.close()
  return bytes > 0
}

/**
 * Makes the trace.dat of a directory of pages and removes the directory: the end of every recording, and what completes one
 * whose process was killed. Rejects (InputError) with one sentence; the pages are kept then.
 */
export async function assemble(pages: string, guests: readonly GuestOption[] = []): Promise<string> {
  const optional = (name: string): Promise<string> => readFile(join(pages, name), 'utf8').catch(() => '')
  const pending = JSON.parse(await readFile(join(pages, 'pending.json'), 'utf8')) as Pending
  const cpus = []
  for (let cpu = 0; cpu < 8192; cpu++) {
    const path = join(pages, `cpu${cpu}.raw`)
    if (await stat(path).catch(() => null)) cpus.push({ cpu, pages: path, stats: await optional(`cpu${cpu}.stats`) })
    else if (cpu > 1024 && cpus.length > 0) break
  }
  const cmdlines = cmdlinesOf(await optional('comms.end'), await optional('comms.start'))
  const part = `${pending.to}.part`
  try {
    await writeTraceDat(part, {
      files: { ...pending.files, cmdlines },
      clock: pending.clock,
      uname: (pending.files['uname'] ?? '').trim(),
      traceId: BigInt(pending.traceId),
      guests,
      pageSize: pending.pageSize,
      cpuCount: (cpus.at(-1)?.cpu ?? 0) + 1,
      cpus,
    })
  } catch (error) {
    await rm(part, { force: true })
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    const folder = join(pages, '..')
    throw new InputError(
      `The disk is full: ${pending.to} could not be written. Its pages are kept; make room, then: remora record --finish ${folder}.`,
      'disk-full',
      pending.to,
    )
  }
  await rename(part, pending.to)
  await rm(pages, { recursive: true })
  return pending.to
}

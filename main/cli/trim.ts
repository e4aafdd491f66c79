import { mkdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { SourceRef } from '../../workers/bytes.js'
import { RequestError } from '../../workers/fault.js'
import type { Session } from '../../workers/model/session.js'
import { firstNames, type FirstName } from '../../workers/table/comms.js'
import { filesOf } from '../../workers/write/files.js'
import { trimFile, type TrimChoice, type Trimmed } from '../../workers/write/trim.js'
import { pathError } from '../api/files.js'
import { FileSink } from '../file-sink.js'
import { readArgs } from './args.js'
import { connect as connectNode, wholeHelp, wholeOptions, type Connect } from './engine.js'
import { rangeOf, rangeOptions } from './fused.js'
import { UsageError, type Io } from './io.js'
import { progressLine } from './progress.js'
import { filterOf } from './select.js'
import { withSession } from './session.js'
import { inPlace } from './save.js'
import { bytesText, plural } from './text.js'

export const trimHelp = `remora trim [options] --out PATH FILE|DIR...

Writes the events of a range, or of some machines or CPUs, as trace.dat files (version 7, not compressed) that trace-cmd and
KernelShark open: one for each file, records untouched. A directory stands for all *.dat files in it.

  --out PATH              the file to write; a directory where there are several
  --from TIME, --to TIME  only from .. to, both included: seconds as printed, or +SECONDS from the first event
  --cpu LIST              only these CPUs: 0,2-3
  --machine NAME          only this machine: host, or a guest's name (see remora info)
${wholeHelp(26, 'recorded where a file records one')}  --force                 overwrite what is there
  --json                  one JSON object (docs/schema/trim.schema.json)
  -h, --help              this text
`

interface Written extends Trimmed {
  readonly source: string
  readonly path: string
}

export async function trimCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('trim', args, {
    ...rangeOptions,
    ...wholeOptions,
    out: { type: 'string' },
    cpu: { type: 'string', multiple: true },
    machine: { type: 'string', multiple: true },
    force: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  const { out } = values
  if (out === undefined) throw new UsageError('--out PATH is missing.', 'trim')
  const asked = { command: 'trim', paths: positionals, values, assess: false, tellsPart: true }
  return withSession(asked, io, connect, async ({ sources, info, session }) => {
    if (info.partial) throw new RequestError(`${info.partial} What is not loaded cannot be written.`)
    const choice = choiceOf(session, values)
    const wanted = filesOf(session, choice)
    // Records are text that any tool cuts; beside recordings they are left alone, by themselves they are refused.
    const others = session.files.filter((f, file) => wanted.has(file) && f.wakeRecords)
    const alone = others.length === wanted.size
    if (!alone)
      for (const { meta } of others) io.err(`remora: ${meta.name} holds records of wake-ups and is not trimmed.\n`)
    const kept = session.files.flatMap((f, file) => (wanted.has(file) && (alone || !f.wakeRecords) ? [file] : []))
    const targets = await targetsOf(session, sources, kept, out, values.force ?? false)
    const names = await firstNames(session, null, io.signal)
    const written: Written[] = []
    for (const [i, file] of kept.entries()) {
      written.push({
        source: session.files[file]!.meta.name,
        ...(await write(session, file, choice, names, targets[i]!, io)),
      })
    }
    await io.out(values.json ? `${JSON.stringify({ files: written }, null, 2)}\n` : written.map(sentence).join(''))
  })
}

const sentence = ({ path, events, bytes }: Written): string =>
  `${path}: ${plural(events, 'event')}, ${bytesText(bytes)}\n`

function choiceOf(
  session: Session,
  values: Parameters<typeof rangeOf>[1] & {
    readonly cpu?: string[] | undefined
    readonly machine?: string[] | undefined
  },
): TrimChoice {
  const { from, to } = rangeOf(session, values)
  if (to < from) throw new RequestError('The range ends before it begins.')
  const { cpu, machine } = values
  const filter = filterOf(session, { ...(cpu ? { cpu } : {}), ...(machine ? { machine } : {}) })
  const machines = filter.machines && new Set(filter.machines)
  const tracks = filter.tracks && new Set(filter.tracks)
  return {
    from,
    to,
    keeps: (s) => (!machines || machines.has(s.machine)) && (!tracks || tracks.has(`m${s.machine}/cpu${s.cpu}`)),
  }
}

/** Where each file goes. Throws RequestError rather than write over anything. */
async function targetsOf(
  session: Session,
  sources: readonly SourceRef[],
  kept: readonly number[],
  out: string,
  force: boolean,
): Promise<string[]> {
  const there = await stat(out).catch(() => null)
  const toDirectory = kept.length > 1 || there?.isDirectory() === true || /[/\\]$/.test(out)
  if (toDirectory && there && !there.isDirectory()) {
    throw new RequestError(`${out} is a file, and ${kept.length} files are to be written: name a directory.`)
  }
  if (toDirectory) {
    await mkdir(out, { recursive: true }).catch((error: unknown) => {
      throw pathError(out, error)
    })
  }
  const names = new Set<string>()
  const targets = kept.map((file) => {
    if (!toDirectory) return out
    const name = basename(session.files[file]!.meta.name)
    if (names.has(name)) throw new RequestError(`Two of the files are called ${name}; trim them one by one.`)
    names.add(name)
    return join(out, name)
  })
  const originals = await Promise.all(sources.map(async (s) => (s.kind === 'path' ? realpath(s.path) : s.name)))
  for (const target of targets) {
    const real = await realpath(target).catch(() => null)
    if (real !== null && originals.includes(real)) throw new RequestError(`${target} is the recording itself.`)
    if (real !== null && !force) throw new RequestError(`${target} is there already; --force overwrites it.`)
  }
  return targets
}

async function write(
  session: Session,
  file: number,
  choice: TrimChoice,
  names: readonly FirstName[],
  target: string,
  io: Io,
): Promise<Trimmed & { readonly path: string }> {
  const total = session.table.streams.reduce((n, s) => n + (s.file === file ? s.count : 0), 0)
  const progress = progressLine(io)
  const show = (done: number): void => progress.show({ phase: 'writing', done, total, unit: 'events' })
  try {
    const trimmed = await inPlace(target, async (part) => {
      const sink = new FileSink(part)
      try {
        const done = await trimFile(session, file, choice, names, sink, show, io.signal)
        sink.flush()
        return done
      } finally {
        sink.close()
      }
    })
    return { path: target, ...trimmed }
  } finally {
    progress.clear()
  }
}

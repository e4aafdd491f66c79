import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { chainOf, chainText, defaultDefinitions, parseDefinitions } from '../../workers/analysis/runs/definitions.js'
import { parseExpectations, unmet } from '../../workers/analysis/runs/expect.js'
import { writeReport } from '../../workers/analysis/runs/write/write.js'
import type { SourceRef } from '../../workers/bytes.js'
import { InputError } from '../../workers/fault.js'
import type { RunsFormat, RunsProgress, RunsQuery, RunsReport, RunsSource } from '../../workers/thread/contract.js'
import { pathError } from '../api/files.js'
import { version } from '../version.js'
import { integerOption, readArgs } from './args.js'
import { connect as connectNode, openSession, pairsOf, sourcesOf, type Connect } from './engine.js'
import { UsageError, type Io } from './io.js'
import { progressLine } from './progress.js'
import { ExitCode } from './report.js'

export const runsHelp = `remora runs --host DIR --vm DIR --chain DEF [options]
remora runs --chain DEF [options] FILE.dat...

Describes many runs of the same chain of probes and compares host with VM: figures with intervals, outliers, tests, clusters,
clocks against a pulse per second. The first form reads probe records (CSV, JSON lines, JSON, or lines "SECONDS PROBE"), a folder
with all below it; the second takes the runs from recordings, hosts against guests.

  --host PATH, --vm PATH  files or folders of that group; may repeat
  --group NAME=PATH       of another group; may repeat. Without groups the records' metadata tell (--records PATH)
  --records PATH          files or folders whose metadata name the environment; may repeat
  --chain DEF             "a -> b -> c", or the name of a chain; default: the probes that most runs pass
  --definitions FILE      chains, and what their labels stand for (docs/runs.md)
  --stratify KEYS         attributes to divide by: wake_flags,governor
  --resamples B           of the bootstrap (default 500)
  --seed N                of the bootstrap and of permutations (default 1)
  --confidence PCT        of intervals (default 95)
  --margin NS             differences below that are of no concern: tests whether groups are equivalent within it
  --pair GUEST=HOST       take these two recordings for a guest and its host; may repeat
  --expect FILE           hold the report against stored bounds; exit code 1 where one does not hold
  --json | --csv | --md | --html
                          the report for machines (docs/schema/runs.schema.json), as a long table, Markdown, one HTML file
  -h, --help              this text

What the figures mean, and the formats: docs/runs.md
`

const formats = ['json', 'csv', 'md', 'html'] as const
const RECORDS = /\.(csv|jsonl|ndjson|json|txt|log|wire)$/i

/** What `remora runs --json` prints: docs/schema/runs.schema.json. */
export interface RunsJson extends RunsReport {
  readonly remora: string
  /** One sentence a bound that does not hold. */
  readonly failures: readonly string[]
}

export async function runsCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('runs', args, {
    host: { type: 'string', multiple: true },
    vm: { type: 'string', multiple: true },
    group: { type: 'string', multiple: true },
    records: { type: 'string', multiple: true },
    chain: { type: 'string' },
    definitions: { type: 'string' },
    stratify: { type: 'string', multiple: true },
    resamples: { type: 'string' },
    seed: { type: 'string' },
    confidence: { type: 'string' },
    margin: { type: 'string' },
    pair: { type: 'string', multiple: true },
    expect: { type: 'string' },
    json: { type: 'boolean' },
    csv: { type: 'boolean' },
    md: { type: 'boolean' },
    html: { type: 'boolean' },
  })
  const asked = formats.filter((f) => values[f])
  if (asked.length > 1) throw new UsageError(`--${asked[0]} and --${asked[1]} exclude each other.`, 'runs')
  const format: RunsFormat = asked[0] ?? 'text'
  const groups = [
    ...(values.host ?? []).map((path) => ({ environment: 'host', path })),
    ...(values.vm ?? []).map((path) => ({ environment: 'vm', path })),
    ...(values.group ?? []).map(groupOption),
    ...(values.records ?? []).map((path) => ({ environment: null, path })),
  ]
  if (groups.length === 0 && positionals.length === 0) {
    throw new UsageError('Records are missing (--host, --vm), or a recording.', 'runs')
  }
  if (positionals.length > 0 && values.chain === undefined) {
    throw new UsageError('--chain says which events of the recording make a run.', 'runs')
  }
  const definitions =
    values.definitions === undefined
      ? defaultDefinitions
      : parseDefinitions(await textOf(values.definitions), values.definitions)
  const expectations =
    values.expect === undefined ? null : parseExpectations(await textOf(values.expect), values.expect)
  const chosen = values.chain ?? expectations?.chain
  const chain = chosen === undefined ? null : chainText(chainOf(chosen, definitions).steps)
  const options: Omit<RunsQuery, 'chain'> = {
    stratify: (values.stratify ?? [])
      .flatMap((k) => k.split(','))
      .map((k) => k.trim())
      .filter((k) => k !== ''),
    resamples: integerOption('runs', '--resamples', values.resamples ?? '500', 100, 100_000),
    seed: integerOption('runs', '--seed', values.seed ?? '1', 0, 0xffff_ffff),
    confidence: numberOption('--confidence', values.confidence ?? '95') / 100,
    ...(values.margin === undefined ? {} : { margin: numberOption('--margin', values.margin) }),
  }
  const sources = await recordSources(groups)
  const connection = await connect()
  const { engine } = connection
  const progress = progressLine(io)
  const show = ({ phase, done, total }: RunsProgress): void => progress.show({ phase, done, total, unit: 'bytes' })
  try {
    let suggested: string | null = null
    if (sources.length > 0) {
      const input = await engine.runsOpen(sources, true, show, io.signal)
      suggested = input.suggested && chainText(input.suggested.steps)
    }
    const use = chain ?? suggested
    if (use === null) throw new InputError('No run passes two probes: there is no chain to look at.', 'no-runs')
    if (positionals.length > 0) {
      const traces = await sourcesOf('runs', positionals, io)
      await openSession(connection, traces, { pair: pairsOf('runs', values.pair, traces) }, io)
      await engine.runsTake(use, definitions, show, io.signal)
    }
    const report = await engine.runsReport({ chain: use, ...options }, show, io.signal)
    progress.clear()
    const failures = expectations ? unmet(report, expectations) : []
    await io.out(format === 'json' ? jsonOf(report, failures) : writeReport(report, format))
    if (format !== 'json') for (const sentence of failures) io.err(`remora: ${sentence}\n`)
    return failures.length > 0 ? ExitCode.CheckFailed : ExitCode.Fine
  } finally {
    progress.clear()
    connection.dispose()
  }
}

function jsonOf(report: RunsReport, failures: readonly string[]): string {
  const whole: RunsJson = { remora: version, ...report, failures }
  return `${JSON.stringify(whole, null, 1)}\n`
}

function groupOption(text: string): { environment: string; path: string } {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new UsageError(`--group takes NAME=PATH, not "${text}".`, 'runs')
  return { environment: text.slice(0, at), path: text.slice(at + 1) }
}

function numberOption(name: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`${name} takes a number, not "${text}".`, 'runs')
  return Number(text)
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw pathError(path, error)
  }
}

/** Files as they are, of folders every file below that may hold records. Named by their path from the folder given. */
async function recordSources(
  groups: readonly { readonly environment: string | null; readonly path: string }[],
): Promise<RunsSource[]> {
  const lists = await Promise.all(
    groups.map(async ({ environment, path }) => {
      try {
        const found = await stat(path)
        const files = found.isDirectory() ? await below(path) : [{ path, name: basename(path) }]
        if (files.length === 0) {
          throw new InputError(`${path} holds no records (no CSV, JSON or text file).`, 'no-records', basename(path))
        }
        return (await refsOf(files)).map((source) => ({ environment, source }))
      } catch (error) {
        throw error instanceof InputError ? error : pathError(path, error)
      }
    }),
  )
  return lists.flat()
}

/** Small files are read at once: thousands of them could not all be kept open. */
const SMALL = 256 * 1024
const AT_ONCE = 16

async function refsOf(files: readonly { readonly path: string; readonly name: string }[]): Promise<SourceRef[]> {
  const refs: SourceRef[] = []
  for (let i = 0; i < files.length; i += AT_ONCE) {
    const some = files.slice(i, i + AT_ONCE).map(async ({ path, name }): Promise<SourceRef> => {
      const { size } = await stat(path)
      if (size > SMALL) return { kind: 'path', name, size, path }
      const bytes = await readFile(path)
      return { kind: 'bytes', name, size: bytes.length, bytes }
    })
    refs.push(...(await Promise.all(some)))
  }
  return refs
}

async function below(dir: string): Promise<{ path: string; name: string }[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true })
  return entries
    .filter((e) => e.isFile() && RECORDS.test(e.name))
    .map((e) => {
      const path = join(e.parentPath, e.name)
      return { path, name: join(basename(dir), path.slice(dir.length).replace(/^\/+/, '')) }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

import { parseExpectations, unmet } from '../../workers/analysis/runs/expect.js'
import { writeReport } from '../../workers/analysis/runs/write/write.js'
import type { RunsFormat, RunsProgress, RunsReport } from '../../workers/thread/contract.js'
import { version } from '../version.js'
import { readArgs } from './args.js'
import { connect as connectNode, openSession, pairsOf, sourcesOf, type Connect } from './engine.js'
import { UsageError, type Io } from './io.js'
import { progressLine } from './progress.js'
import { ExitCode } from './report.js'
import { askedRuns, readRuns, runsOptions, textOf } from './runs-input.js'

export const runsHelp = `remora runs --host DIR --vm DIR --chain DEF [options]
remora runs --chain DEF [options] FILE.dat...

Describes many runs of the same chain of probes and compares host with VM: figures with intervals, outliers, tests, clusters,
clocks against a pulse per second. The first form reads probe records (CSV, JSON lines, JSON, or lines "SECONDS PROBE"), a folder
with all below it; the second takes the runs from recordings, hosts against guests.

  --host PATH, --vm PATH  files or folders of that group; may repeat
  --group NAME=PATH       of another group; may repeat. Without groups the records' metadata tell (--records PATH)
  --records PATH          files or folders whose metadata name the environment; may repeat
  --chain DEF             "a -> b -> c", or the name of a chain; default: the probes that most runs pass.
                          "host:a -> guest:b" goes from a machine to its guests
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

/** What `remora runs --json` prints: docs/schema/runs.schema.json. */
export interface RunsJson extends RunsReport {
  readonly remora: string
  /** One sentence a bound that does not hold. */
  readonly failures: readonly string[]
}

export async function runsCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('runs', args, {
    ...runsOptions,
    pair: { type: 'string', multiple: true },
    expect: { type: 'string' },
    json: { type: 'boolean' },
    csv: { type: 'boolean' },
    md: { type: 'boolean' },
    html: { type: 'boolean' },
  })
  const wanted = formats.filter((f) => values[f])
  if (wanted.length > 1) throw new UsageError(`--${wanted[0]} and --${wanted[1]} exclude each other.`, 'runs')
  const format: RunsFormat = wanted[0] ?? 'text'
  const expectations =
    values.expect === undefined ? null : parseExpectations(await textOf(values.expect), values.expect)
  const asked = await askedRuns('runs', values, expectations?.chain)
  if (asked.groups.length === 0 && positionals.length === 0) {
    throw new UsageError('Records are missing (--host, --vm), or a recording.', 'runs')
  }
  if (positionals.length > 0 && values.chain === undefined) {
    throw new UsageError('--chain says which events of the recording make a run.', 'runs')
  }
  const connection = await connect()
  const { engine } = connection
  const progress = progressLine(io)
  const show = ({ phase, done, total }: RunsProgress): void => progress.show({ phase, done, total, unit: 'bytes' })
  try {
    if (positionals.length > 0) {
      const traces = await sourcesOf('runs', positionals, io)
      await openSession(connection, traces, { assess: true, pair: pairsOf('runs', values.pair, traces) }, io)
    }
    const query = await readRuns(engine, asked, positionals.length > 0, show, io.signal)
    const report = await engine.runsReport(query, show, io.signal)
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

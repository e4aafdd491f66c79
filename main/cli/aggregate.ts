import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { aggregate, NO_CONFIG, readFlagsConfig, type Aggregate } from '../../workers/analysis/stacks/aggregate.js'
import { version } from '../version.js'
import { pathError } from '../api/files.js'
import { readArgs } from './args.js'
import { UsageError, type Io } from './io.js'
import { readRecordFiles } from './record-files.js'
import { ExitCode } from './report.js'
import { aligned, grouped } from './text.js'

export const aggregateHelp = `remora aggregate --input FILE|DIR [options]

Counts wake-ups by their wake_flags: how many, when, how far apart, how long from the first stage to the last. Final flags count
where they are recorded, those of the call otherwise.

  --input FILE|DIR  records: traces.json of the scripts, JSON lines, the collector's files; may repeat
  --flags FILE      wake_flags.cfg: which constellations to count (docs/records.md); default: each one that occurs
  --kernel VERSION  whose names the flags have; default: the kernel that the configuration or the file names
  --json            one JSON object (docs/schema/aggregate.schema.json)
  -h, --help        this text
`

/** What `remora aggregate --json` prints: docs/schema/aggregate.schema.json. */
export interface AggregateReport extends Aggregate {
  readonly remora: string
  readonly inputs: readonly string[]
}

export async function aggregateCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs('aggregate', args, {
    input: { type: 'string', multiple: true },
    flags: { type: 'string' },
    kernel: { type: 'string' },
    json: { type: 'boolean' },
  })
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is no option.`, 'aggregate')
  if (!values.input) throw new UsageError('--input is missing.', 'aggregate')
  const config = values.flags === undefined ? NO_CONFIG : readFlagsConfig(await textOf(values.flags), values.flags)
  const files = []
  for await (const file of readRecordFiles(values.input, io)) files.push(file)
  const found = aggregate(
    files.map((f) => f.records),
    config,
    values.kernel,
  )
  const report: AggregateReport = { remora: version, inputs: files.map((f) => f.name), ...found }
  await io.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : textOfReport(report))
  return ExitCode.Fine
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw pathError(path, error)
  }
}

function textOfReport({ inputs, count, without, tables, groups }: AggregateReport): string {
  const us = (ns: number | undefined): string => (ns === undefined ? '' : (ns / 1000).toFixed(3))
  const files = inputs.length === 1 ? basename(inputs[0]!) : `${inputs.length} files`
  const rows = groups.map((g) => [
    g.name,
    g.flags === g.name ? '' : g.flags,
    grouped(g.count),
    `${(g.share * 100).toFixed(1)} %`,
    us(g.gaps?.median),
    us(g.deltas?.median),
    us(g.deltas?.mad),
  ])
  const head = ['constellation', 'flags', 'count', 'share', 'gap median us', 'delta median us', 'MAD us']
  const left = without === 0 ? '' : `${grouped(without)} more without flags. `
  return [
    `${grouped(count)} wake-ups with flags in ${files}. ${left}Flags by ${tables.join(', ')}.`,
    '',
    ...aligned([head, ...rows], [2, 3, 4, 5, 6]),
    '',
  ].join('\n')
}

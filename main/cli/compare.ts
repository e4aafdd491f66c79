import { DELTAS, Observations, type DeltaEnd } from '../../workers/analysis/stacks/observe.js'
import { compareSides, type Comparison } from '../../workers/analysis/stacks/report.js'
import { usualSettings } from '../../workers/analysis/stacks/cluster.js'
import { wakeFlagTable } from '../../workers/analysis/wake-flags.js'
import type { WakeRecords } from '../../workers/model/wake-record.js'
import { version } from '../version.js'
import { integerOption, readArgs } from './args.js'
import { comparisonText } from './compare-text.js'
import { UsageError, type Io } from './io.js'
import { readRecordFiles } from './record-files.js'
import { ExitCode } from './report.js'

export const compareHelp = `remora compare --host FILE|DIR --vm FILE|DIR [options]

Sets the wake-ups of a host and of a VM beside each other: clusters of alike stacks, each with its wake_flags, counts, runs and
deltas, and how far the VM's deltas are off the host's. Every file is one run. Reads records: the collector's files, JSON lines,
the scripts' JSON; a directory stands for all *.json, *.jsonl, *.ndjson and *.wire files in it.

  --host, --vm FILE|DIR  runs of each side; may repeat
  --delta END            until when deltas last: first_read, switch_in or wakeup (default: the first that most wake-ups have)
  --comm NAME            only wake-ups of tasks of this name; may repeat
  --pid N                only wake-ups of this task; may repeat
  --cut D                stacks up to this average distance are one cluster, 0..1 (default ${usualSettings.cut})
  --jaccard W            weight of the functions in the distance, the rest is the common beginning, 0..1 (default ${usualSettings.jaccard})
  --prefix END           where a common beginning counts: innermost (default) or outermost
  --kernel VERSION       whose names the flags have; default: the kernel that each file names
  --json                 one JSON object: cluster_a, cluster_b, offset and more (docs/schema/compare.schema.json)
  -h, --help             this text
`

/** What `remora compare --json` prints: docs/schema/compare.schema.json. */
export interface CompareReport extends Comparison {
  readonly remora: string
  readonly inputs: { readonly host: readonly string[]; readonly vm: readonly string[] }
}

export async function compareCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs('compare', args, {
    host: { type: 'string', multiple: true },
    vm: { type: 'string', multiple: true },
    delta: { type: 'string' },
    comm: { type: 'string', multiple: true },
    pid: { type: 'string', multiple: true },
    cut: { type: 'string' },
    jaccard: { type: 'string' },
    prefix: { type: 'string' },
    kernel: { type: 'string' },
    json: { type: 'boolean' },
  })
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" belongs to no side: --host or --vm.`, 'compare')
  if (!values.host || !values.vm) throw new UsageError(`--${values.host ? 'vm' : 'host'} is missing.`, 'compare')
  const prefix = values.prefix ?? usualSettings.prefix
  if (prefix !== 'innermost' && prefix !== 'outermost') {
    throw new UsageError(`--prefix takes innermost or outermost, not "${prefix}".`, 'compare')
  }
  const delta = values.delta as DeltaEnd | undefined
  if (delta !== undefined && !DELTAS.includes(delta)) {
    throw new UsageError(`--delta takes ${DELTAS.join(', ')}, not "${delta}".`, 'compare')
  }
  const kernel = values.kernel === undefined ? undefined : wakeFlagTable(values.kernel)
  if (kernel === null) throw new UsageError(`--kernel takes a version such as 6.12, not "${values.kernel}".`, 'compare')
  const settings = {
    cut: shareOption('--cut', values.cut, usualSettings.cut),
    jaccard: shareOption('--jaccard', values.jaccard, usualSettings.jaccard),
    prefix,
    delta,
  } as const
  const pids = values.pid?.map((text) => integerOption('compare', '--pid', text, 0, 2 ** 31 - 1))
  const observations = new Observations()
  const inputs = { host: [] as string[], vm: [] as string[] }
  for (const [side, key] of (['host', 'vm'] as const).entries()) {
    for await (const { name, records } of readRecordFiles(values[key]!, io)) {
      inputs[key].push(name)
      observations.add(name, side, records, keeper(records, values.comm, pids), kernel)
    }
  }
  const report: CompareReport = { remora: version, inputs, ...compareSides(observations, settings) }
  await io.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : comparisonText(report))
  return ExitCode.Fine
}

/** Which wake-ups of a file are looked at. */
function keeper(
  { wakes, strings }: WakeRecords,
  comms: readonly string[] | undefined,
  pids: readonly number[] | undefined,
): (wake: number) => boolean {
  return (wake) =>
    (!comms || comms.includes(strings[wakes.comm[wake]!] ?? '')) && (!pids || pids.includes(wakes.pid[wake]!))
}

function shareOption(name: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  if (!/^(0(\.\d+)?|1(\.0+)?|\.\d+)$/.test(text)) {
    throw new UsageError(`${name} takes a number from 0 to 1, not "${text}".`, 'compare')
  }
  return Number(text)
}

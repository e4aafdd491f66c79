import { log_task_state } from '../../workers/seeds.js'
import type { TaskState } from '../../workers/seeds.js'
import { readArgs } from './args.js'
import { UsageError, type Io } from './io.js'
import { readRecordFiles } from './record-files.js'
import { ExitCode } from './report.js'

export const recordsHelp = `remora records [options] FILE|DIR...

Lists the wake-ups of files of records (the collector's, JSON lines, the scripts' JSON): id, task, time, flags, migration, and the
stages after the first. A directory stands for all *.json, *.jsonl, *.ndjson and *.wire files in it.

  --kernel VERSION  whose names the wake_flags have; default: the kernel that the file names
  --stacks          print the stack below each wake-up
  --json            one JSON object a line (docs/schema/wake-record.schema.json)
  -h, --help        this text
`

const BATCH = 512

export async function recordsCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs('records', args, {
    kernel: { type: 'string' },
    stacks: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  if (positionals.length === 0) throw new UsageError('A file or a directory is missing.', 'records')
  for await (const { name, records } of readRecordFiles(positionals, io)) {
    if (!values.json && positionals.length > 1) await io.out(`${name}\n`)
    let batch: string[] = []
    for (const state of log_task_state(records, values.kernel ?? records.header.kernel)) {
      batch.push(values.json ? JSON.stringify(state) : lineOf(state, values.stacks ?? false))
      if (batch.length < BATCH) continue
      await io.out(`${batch.join('\n')}\n`)
      batch = []
    }
    if (batch.length > 0) await io.out(`${batch.join('\n')}\n`)
  }
  return ExitCode.Fine
}

function lineOf(s: TaskState, stacks: boolean): string {
  const ns = s.timestamp.padStart(10, '0')
  const id = s.correlation_id === '0000000000000000' ? '-'.padEnd(16) : s.correlation_id
  const stages = Object.entries(s.stages).map(([stage, after]) => `${stage}+${after}`)
  const cpus =
    s.prev_cpu === undefined ? '' : `CPU ${s.prev_cpu}${s.target_cpu === undefined ? '' : `->${s.target_cpu}`}`
  const parts = [
    id,
    `${ns.slice(0, -9)}.${ns.slice(-9)}`,
    `${s.comm ?? '<...>'}-${s.pid}`.padEnd(22),
    cpus.padEnd(10),
    s.flags,
    ...stages,
    s.first_read ?? '',
  ]
  const line = parts
    .filter((p) => p !== '')
    .join('  ')
    .trimEnd()
  return stacks && s.stack ? `${line}\n${s.stack.map((f) => `    ${f}`).join('\n')}` : line
}

import { RequestError } from '../../workers/fault.js'
import type { LatencySummary, WakeupFilter } from '../../workers/thread/contract.js'
import { integerOption, readArgs } from './args.js'
import { connect as connectNode, sessionHelp, sessionOptions, type Connect } from './engine.js'
import { flagOptions, nameWakeFlags } from './flag-names.js'
import { frameOf } from './fused-json.js'
import { rangeOf, rangeOptions } from './fused.js'
import { UsageError, type Io } from './io.js'
import { progressLine } from './progress.js'
import { withSession } from './session.js'
import { entryOf, type WakeupsReport } from './wakeups-json.js'
import { wakeupsText } from './wakeups-text.js'

export const wakeupsHelp = `remora wakeups [options] FILE|DIR...

Lists wake-ups: who was woken by whom, how long it took until it ran, whether it moved to another CPU. A directory stands for all
*.dat, *.jsonl and *.wire files in it.

  --task TEXT             only tasks with this pid, or this in their name
  --from TIME, --to TIME  only those woken from .. to: seconds as printed, or +SECONDS from the first event
  --top N                 the N slowest wake-ups and tasks (default 20)
  --max-latency US        fail when a woken task had to wait for longer than that many microseconds
  --kernel VERSION        whose names wake_flags of records have; default: the kernel that the records or the recording name
${sessionHelp(26)}  --json                  one JSON object (docs/schema/wakeups.schema.json)
  -h, --help              this text

Exit code 1 when the limit is exceeded, or when no wake-up could be held against it.
`

export async function wakeupsCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('wakeups', args, {
    ...rangeOptions,
    ...sessionOptions,
    ...flagOptions,
    task: { type: 'string' },
    top: { type: 'string' },
    'max-latency': { type: 'string' },
    json: { type: 'boolean' },
  })
  const count = integerOption('wakeups', '--top', values.top ?? '20', 0, 100_000)
  const maxLatency = latencyOption(values['max-latency'])
  return withSession({ command: 'wakeups', paths: positionals, values }, io, connect, async ({ engine, session }) => {
    if (maxLatency !== null && session.unit === 'ticks')
      throw new RequestError('--max-latency is in microseconds, and how long a tick of this clock takes is not known.')
    const progress = progressLine(io)
    const survey = await engine.wakeupSurvey(progress.show, io.signal).finally(progress.clear)
    await nameWakeFlags(engine, values.kernel)
    const range = rangeOf(session, values)
    const filter: WakeupFilter = { ...range, ...(values.task === undefined ? {} : { task: values.task }) }
    const { total, latency, rows } = await engine.wakeups({
      ...filter,
      start: 0,
      count,
      sort: 'latency',
      descending: true,
    })
    const { tasks, count: taskCount } = await engine.wakeupTasks(filter, count)
    const { split } = await engine.wakeupLayers(filter)
    const failures = maxLatency === null ? [] : exceeded(latency, maxLatency, rows[0]?.id)
    const report: WakeupsReport = {
      ...frameOf(session),
      ...range,
      total,
      latency,
      tasks,
      taskCount,
      split,
      rows: rows.map(entryOf),
      lacking: survey.lacking,
      maxLatency,
      failures,
    }
    await io.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : wakeupsText(report))
    return failures
  })
}

function exceeded(latency: LatencySummary | null, max: number, slowest: string | undefined): string[] {
  if (!latency) return ['There is no wake-up whose latency could be measured.']
  if (latency.max <= max * 1000) return []
  const which = slowest === undefined ? '' : ` (${slowest})`
  return [`A woken task waited for ${(latency.max / 1000).toFixed(3)} us${which}, longer than the ${max} us allowed.`]
}

function latencyOption(text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--max-latency takes microseconds, not "${text}".`, 'wakeups')
  return Number(text)
}

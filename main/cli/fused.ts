import type { FusedViews } from '../../workers/analysis/views.js'
import type { Intervals } from '../../workers/model/intervals.js'
import type { Session } from '../../workers/model/session.js'
import { TimeWriter } from '../../workers/table/time-text.js'
import { sessionTime } from '../../workers/units.js'
import { readArgs } from './args.js'
import { connect as connectNode, sessionHelp, sessionOptions, type Connect } from './engine.js'
import { fusedReport, intervalsOf } from './fused-json.js'
import { fusedText } from './fused-text.js'
import { subjectsOf } from './fused-subjects.js'
import { UsageError, type Io } from './io.js'
import { timeOf } from './select.js'
import { withSession } from './session.js'

export const fusedHelp = `remora fused [options] FILE|DIR...

Tells what the CPUs of a host really ran: guests, hypervisor, other tasks; what each vCPU waited for; and every guest task by the
layers below it. A directory stands for all *.dat, *.jsonl and *.wire files in it.

  --from TIME, --to TIME  only from .. to: seconds as printed, or +SECONDS from the first event
  --task [MACHINE/]PID    where the time from .. to went for this task, layer by layer; may repeat
  --vcpu [MACHINE/]N      the same for a vCPU
${sessionHelp(26)}  --csv                   every state of every CPU and vCPU, one line each, in place of the totals
  --threads               with --csv: of every thread of hosts and guests as well
  --json                  one JSON object (docs/schema/fused.schema.json)
  --intervals             with --json: every state of every row as well
  -h, --help              this text
`

export const rangeOptions = { from: { type: 'string' }, to: { type: 'string' } } as const

/** The range asked for; absent ends are those of the session. */
export function rangeOf(
  session: Session,
  values: { readonly from?: string | undefined; readonly to?: string | undefined },
): { from: ReturnType<typeof sessionTime>; to: ReturnType<typeof sessionTime> } {
  const end = (name: 'from' | 'to'): ReturnType<typeof sessionTime> => {
    const text = values[name]
    return sessionTime(text === undefined ? session[name] : timeOf(session, `--${name}`, text))
  }
  return { from: end('from'), to: end('to') }
}

export async function fusedCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('fused', args, {
    ...rangeOptions,
    ...sessionOptions,
    task: { type: 'string', multiple: true },
    vcpu: { type: 'string', multiple: true },
    csv: { type: 'boolean' },
    threads: { type: 'boolean' },
    json: { type: 'boolean' },
    intervals: { type: 'boolean' },
  })
  if (values.csv && values.json) throw new UsageError('--csv and --json exclude each other.', 'fused')
  if (values.intervals && !values.json) throw new UsageError('--intervals goes with --json.', 'fused')
  if (values.threads && !values.csv) throw new UsageError('--threads goes with --csv.', 'fused')
  if (values.csv && (values.task || values.vcpu))
    throw new UsageError('--csv prints rows; --task and --vcpu go with the totals or --json.', 'fused')
  return withSession({ command: 'fused', paths: positionals, values }, io, connect, async ({ engine, session }) => {
    const views = await engine.fused()
    const range = rangeOf(session, values)
    if (values.csv) return printCsv(session, views, range, values.threads ?? false, io)
    const subjects = subjectsOf(session, views, values)
    const report = fusedReport(session, views, views.totals(range), values.intervals ?? false, subjects)
    await io.out(values.json ? `${JSON.stringify(report, null, values.intervals ? 0 : 2)}\n` : fusedText(report))
  })
}

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

interface CsvRow {
  readonly id: string
  readonly machine: number
  readonly label: string
  readonly intervals: Intervals
  readonly row: number
}

/** @param threads those of threads as well */
function rowsOf(views: FusedViews, threads: boolean): CsvRow[] {
  const { tracks, intervals } = views.model
  const rows = tracks.map(({ id, machine, label }, row): CsvRow => ({ id, machine, label, intervals, row }))
  if (!threads) return rows
  for (const { id, machine, label, pid } of views.tracks().threads) {
    const own = views.threadsOf(machine)
    rows.push({ id, machine, label, intervals: own.intervals, row: own.rowOf(pid) })
  }
  return rows
}

async function printCsv(
  session: Session,
  views: FusedViews,
  range: { readonly from: number; readonly to: number },
  threads: boolean,
  io: Io,
): Promise<void> {
  const writer = new TimeWriter(session.epoch)
  await io.out('row,machine,name,from,to,length,state,label,inferred\n')
  for (const { id, machine, label, intervals, row } of rowsOf(views, threads)) {
    const head = [id, session.machines[machine]!.name, label].map(quoted).join(',')
    let lines = ''
    for (const i of intervalsOf(views.model, intervals, row, range)) {
      const times = `${writer.shown(i.from, session.unit)},${writer.shown(i.to, session.unit)},${i.to - i.from}`
      lines += `${head},${times},${i.state},${quoted(i.label)},${i.inferred ? 1 : 0}\n`
      if (lines.length < 1 << 16) continue
      await io.out(lines)
      lines = ''
    }
    await io.out(lines)
  }
}

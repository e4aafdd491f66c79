import type { Session } from '../../workers/model/session.js'
import { compileExpression } from '../../workers/table/filter/compile.js'
import { filterPositions } from '../../workers/table/filter/views.js'
import { headerLines } from '../../workers/table/lines.js'
import { readArgs } from './args.js'
import { connect as connectNode, sessionHelp, sessionOptions, type Connect } from './engine.js'
import type { Io } from './io.js'
import { printEvents } from './print-pool.js'
import { progressLine } from './progress.js'
import { filterOf } from './select.js'
import { withSession } from './session.js'

export const eventsHelp = `remora events [options] FILE|DIR...

Prints the events of all files merged on one clock, oldest first, laid out as \`trace-cmd report -t\` does.
A directory stands for all *.dat, *.jsonl and *.wire files in it.

  --from TIME, --to TIME   only from .. to, both included: seconds as printed, or +SECONDS from the first event
  --cpu LIST               only these CPUs: 0,2-3
  --event NAME             only this event: sched_switch, sched:sched_switch, sched:*; more by commas or repeating
  --machine NAME           only this machine: host, or a guest's name (see remora info)
  --filter EXPR            only events for which the expression holds: 'prev_prio < 100 && next_comm ~ "CPU"'
${sessionHelp(27, 'recorded where a file records one')}  --us                     microseconds in place of nanoseconds
  --json                   one JSON object a line (docs/schema/event.schema.json)
  -h, --help               this text
`

export async function eventsCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('events', args, {
    from: { type: 'string' },
    to: { type: 'string' },
    cpu: { type: 'string', multiple: true },
    event: { type: 'string', multiple: true },
    machine: { type: 'string', multiple: true },
    filter: { type: 'string' },
    ...sessionOptions,
    us: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  // A mistake in the expression is said before anything is read.
  if (values.filter !== undefined) compileExpression(values.filter)
  const asked = { command: 'events', paths: positionals, values, assess: false }
  return withSession(asked, io, connect, async ({ sources, info, session }) => {
    const from = info.window?.recorded.from ?? session.from
    const positions = await select(session, filterOf({ ...session, from }, values), io)
    if (!values.json) await io.out(`${headerLines(session).join('\n')}\n`)
    const layout = { json: values.json ?? false, us: values.us ?? false }
    for await (const bytes of printEvents({ session, sources, positions, layout }, io.signal)) await io.out(bytes)
  })
}

/** Positions that pass, null = all. */
async function select(session: Session, spec: ReturnType<typeof filterOf>, io: Io): Promise<Uint32Array | null> {
  if (Object.keys(spec).length === 0) return null
  const progress = progressLine(io)
  try {
    return await filterPositions(session, spec, progress.show, io.signal)
  } finally {
    progress.clear()
  }
}

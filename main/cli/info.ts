import { RECORD_SYSTEM } from '../../workers/readers/records/trace-file.js'
import { readArgs } from './args.js'
import { bundleAmong, type Bundle } from './bundle.js'
import { connect as connectNode, sourcesOf, type Connect } from './engine.js'
import { bundleReport, headsReport, sessionReport, type InfoReport } from './info-json.js'
import { infoText } from './info-text.js'
import { UsageError, type Io } from './io.js'
import { reportUnread } from './report.js'
import { withSession } from './session.js'
import { windowHelp } from './window.js'

export const infoHelp = `remora info [options] FILE|DIR...

Tells what the traces hold: format, clock and kernel of each file; machines and who is whose guest; how the clocks are related
and how far that can be trusted; events per CPU and per type; missed events; faults with file and byte.
A directory stands for all *.dat, *.jsonl and *.wire files in it; a session saved as a file (.remora) for the traces in it, and its
notes and views are told.

  --heads            read the files' heads only: fast, but no counts
  --pair GUEST=HOST  take these two files for a guest and its host, though nothing in them says so; may repeat
${windowHelp(21)}  --json             one JSON object (docs/schema/info.schema.json)
  -h, --help         this text
`

export async function infoCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('info', args, {
    heads: { type: 'boolean' },
    pair: { type: 'string', multiple: true },
    window: { type: 'string' },
    json: { type: 'boolean' },
  })
  if (values.heads && values.window)
    throw new UsageError('--window needs the events, which --heads leaves unread.', 'info')
  if (values.heads && values.pair) throw new UsageError('--pair needs the events, which --heads leaves unread.', 'info')
  if (values.heads) return heads(positionals, values.json ?? false, io, connect)
  const asked = { command: 'info', paths: positionals, values, tellsPart: true }
  return withSession(asked, io, connect, async ({ engine, info, bundle }) => {
    // Joining records with the wake-ups of recordings takes a while: only where there are any.
    const records = info.eventTypes.some((e) => e.system === RECORD_SYSTEM) ? await engine.recordFiles() : []
    await print({ ...sessionReport(info, records), ...bundleOf(bundle) }, values.json ?? false, io)
  })
}

async function heads(paths: readonly string[], json: boolean, io: Io, connect: Connect): Promise<number> {
  const sources = await sourcesOf('info', paths, io, { part: true })
  const bundle = await bundleAmong(paths)
  const { engine, dispose } = await connect()
  try {
    const report = { ...headsReport(await engine.inspect(sources, io.signal)), ...bundleOf(bundle) }
    await print(report, json, io)
    return reportUnread(report, json, io)
  } finally {
    dispose()
  }
}

const bundleOf = (bundle: Bundle | null): Pick<InfoReport, 'bundle'> => (bundle ? { bundle: bundleReport(bundle) } : {})

const print = (report: InfoReport, json: boolean, io: Io): Promise<void> =>
  io.out(json ? `${JSON.stringify(report, null, 2)}\n` : infoText(report))

import { RECORD_SYSTEM } from '../../workers/readers/records/trace-file.js'
import { readArgs } from './args.js'
import { connect as connectNode, openSession, pairsOf, sourcesOf, type Connect, type Connection } from './engine.js'
import { bundleAmong } from './bundle.js'
import { bundleReport, headsReport, sessionReport, type InfoReport } from './info-json.js'
import { infoText } from './info-text.js'
import { UsageError, type Io } from './io.js'
import { windowHelp } from './window.js'
import { reportUnread } from './report.js'

export const infoHelp = `remora info [options] FILE|DIR...

Tells what the traces hold: format, clock and kernel of each file; machines and who is whose guest; how the clocks are related
and how far that can be trusted; events per CPU and per type; missed events; faults with file and byte.
A directory stands for all *.dat, *.jsonl and *.wire files in it; a session saved as a file (.remora) for the traces in it, and its
notes and views are told.

  --heads            read the files' heads only: fast, but no counts
  --pair GUEST=HOST  take these two files for a guest and its host, though nothing in them says so; may repeat
${windowHelp}  --json             one JSON object (docs/schema/info.schema.json)
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
  const sources = await sourcesOf('info', positionals, io, { part: values.heads || values.window !== undefined })
  const connection = await connect()
  try {
    const bundle = await bundleAmong(positionals)
    const pair = [...(bundle?.manifest.pairs ?? []), ...pairsOf('info', values.pair, sources)]
    const { clocks } = bundle?.content.view ?? {}
    const report: InfoReport = {
      ...(values.heads
        ? headsReport(await connection.engine.inspect(sources, io.signal))
        : await loaded(
            connection,
            await openSession(connection, sources, { pair, clocks, assess: true, window: values.window }, io),
          )),
      ...(bundle ? { bundle: bundleReport(bundle) } : {}),
    }
    await io.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : infoText(report))
    return reportUnread(report, values.json ?? false, io)
  } finally {
    connection.dispose()
  }
}

/** Joining records with the wake-ups of recordings takes a while: only where there are any. */
async function loaded({ engine }: Connection, { info }: Opened): Promise<InfoReport> {
  const records = info.eventTypes.some((e) => e.system === RECORD_SYSTEM) ? await engine.recordFiles() : []
  return sessionReport(info, records)
}

type Opened = Awaited<ReturnType<typeof openSession>>

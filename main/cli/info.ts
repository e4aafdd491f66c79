import { readArgs } from './args.js'
import { connect as connectNode, openSession, sourcesOf, type Connect } from './engine.js'
import { headsReport, sessionReport } from './info-json.js'
import { infoText } from './info-text.js'
import type { Io } from './io.js'
import { reportUnread } from './report.js'

export const infoHelp = `remora info [--heads] [--json] FILE|DIR...

Tells what the traces hold: format, clock and kernel of each file; machines and who is whose guest; how the clocks are related
and how far that can be trusted; events per CPU and per type; missed events; faults with file and byte.
A directory stands for all *.dat files in it.

  --heads     read the files' heads only: fast, but no counts
  --json      one JSON object (docs/schema/info.schema.json)
  -h, --help  this text
`

export async function infoCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('info', args, { heads: { type: 'boolean' }, json: { type: 'boolean' } })
  const sources = await sourcesOf('info', positionals)
  const connection = await connect()
  try {
    const report = values.heads
      ? headsReport(await connection.engine.inspect(sources, io.signal))
      : sessionReport((await openSession(connection, sources, undefined, io)).info)
    await io.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : infoText(report))
    return reportUnread(report, values.json ?? false, io)
  } finally {
    connection.dispose()
  }
}

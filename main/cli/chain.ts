import { integerOption, readArgs } from './args.js'
import { connect as connectNode, sessionHelp, sessionOptions, type Connect } from './engine.js'
import { flagOptions, nameWakeFlags } from './flag-names.js'
import { frameOf } from './fused-json.js'
import { UsageError, type Io } from './io.js'
import { progressLine } from './progress.js'
import { withSession } from './session.js'
import { entryOf, type ChainReport } from './wakeups-json.js'
import { chainText } from './wakeups-text.js'

export const chainHelp = `remora chain [options] ID FILE|DIR...

Tells the whole story of one wake-up: what woke the one who woke, across the boundary between host and guest, hop by hop, and where
the time went. IDs are those of \`remora wakeups\`, of a collector's records, and of the links that this command prints.

  --wakeups N        go back over at most N wake-ups (default 8)
  --within US        a waker counts as just woken when it ran no longer than that before it woke the next (default 1000)
  --kernel VERSION   whose names wake_flags of records have; default: the kernel that the records or the recording name
${sessionHelp(21)}  --json             one JSON object (docs/schema/chain.schema.json)
  -h, --help         this text
`

export async function chainCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('chain', args, {
    wakeups: { type: 'string' },
    within: { type: 'string' },
    ...sessionOptions,
    ...flagOptions,
    json: { type: 'boolean' },
  })
  const [id, ...paths] = positionals
  if (id === undefined || !/^(0x)?[0-9a-f]{1,16}$/i.test(id))
    throw new UsageError(`An id comes first, 16 hexadecimal digits${id === undefined ? '' : `, not "${id}"`}.`, 'chain')
  const limits = {
    wakeups: integerOption('chain', '--wakeups', values.wakeups ?? '8', 1, 1000),
    within: integerOption('chain', '--within', values.within ?? '1000', 0, 1e9) * 1000,
  }
  return withSession({ command: 'chain', paths, values }, io, connect, async ({ engine, session }) => {
    await nameWakeFlags(engine, values.kernel)
    const progress = progressLine(io)
    const chain = await engine.wakeupChain({ id }, limits, progress.show, io.signal).finally(progress.clear)
    if (!chain) throw new Error('an id without a chain')
    const { version: _, ...rest } = chain
    const report: ChainReport = { ...frameOf(session), ...rest, wakeups: chain.wakeups.map(entryOf) }
    await io.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : chainText(report))
  })
}

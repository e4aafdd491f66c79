import { RequestError } from '../../workers/fault.js'
import type { ClockHealth, SessionInfo } from '../../workers/thread/contract.js'
import { readArgs } from './args.js'
import { clocksReport, type Limits } from './clocks-json.js'
import { clocksText } from './clocks-text.js'
import { connect as connectNode, type Connect } from './engine.js'
import { UsageError, type Io } from './io.js'
import { withSession } from './session.js'
import { windowHelp } from './window.js'

export const clocksHelp = `remora clocks [options] FILE|DIR...

Tells for each guest how its clock stands to its host's, what the events say about that, and how far its times can be trusted.
A directory stands for all *.dat, *.jsonl and *.wire files in it.

  --method METHOD    judge this method: recorded, compat (as trace-cmd does), events (from the sequence of events), none;
                     default: what is recorded, unless the events contradict it
  --pair GUEST=HOST  take these two files for a guest and its host, though nothing in them says so; may repeat
${windowHelp(21)}  --max-error NS     fail when a guest's times may be off by more, or when no accuracy can be stated (ticks where the clock
                     has no known rate)
  --max-outside N    fail when more of a guest's events lie where its vCPU cannot have run
  --json             one JSON object (docs/schema/clocks.schema.json)
  -h, --help         this text

Exit code 1 when a limit is exceeded. What the numbers mean: docs/accuracy.md
`

export async function clocksCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('clocks', args, {
    method: { type: 'string' },
    pair: { type: 'string', multiple: true },
    window: { type: 'string' },
    'max-error': { type: 'string' },
    'max-outside': { type: 'string' },
    json: { type: 'boolean' },
  })
  const limits: Limits = {
    maxError: limitOption('--max-error', values['max-error']),
    maxOutside: limitOption('--max-outside', values['max-outside']),
  }
  const asked = {
    command: 'clocks',
    paths: positionals,
    values: { ...values, clock: values.method },
    clockName: '--method',
  }
  return withSession(asked, io, connect, async ({ engine, info }) => {
    const cards = await cardsOf(info, (machine) => engine.clockHealth(machine))
    const report = clocksReport(info, cards, limits)
    await io.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : clocksText(report))
    return report.failures
  })
}

async function cardsOf(
  info: SessionInfo,
  health: (machine: ClockHealth['machine']) => Promise<ClockHealth>,
): Promise<ClockHealth[]> {
  const guests = info.machines.filter((m) => m.parent !== null)
  if (guests.length === 0) {
    throw new RequestError(
      'There is no guest whose host is among the files; --pair GUEST=HOST names two that do not know of each other.',
    )
  }
  const cards: ClockHealth[] = []
  for (const { machine } of guests) cards.push(await health(machine))
  return cards
}

/** A limit that is not negative; a whole number is not asked for. */
function limitOption(name: string, text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`${name} takes a number, not "${text}".`, 'clocks')
  return Number(text)
}

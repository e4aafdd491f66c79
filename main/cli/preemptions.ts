import type { VcpuTotals } from '../../workers/thread/contract.js'
import { integerOption, readArgs } from './args.js'
import { connect as connectNode, sessionHelp, sessionOptions, type Connect } from './engine.js'
import { frameOf, type PreemptionsReport } from './fused-json.js'
import { preemptionsText } from './preemptions-text.js'
import { rangeOf, rangeOptions } from './fused.js'
import { UsageError, type Io } from './io.js'
import { withSession } from './session.js'

export const preemptionsHelp = `remora preemptions [options] FILE|DIR...

Lists who took the CPU from a vCPU or from a guest's task, for how long, and whose work stood still. A culprit that is another
guest's vCPU is followed into that guest. A directory stands for all *.dat, *.jsonl and *.wire files in it.

  --top N                 the N longest (default 20)
  --from TIME, --to TIME  only from .. to: seconds as printed, or +SECONDS from the first event
  --max-steal PCT         fail when a vCPU waited for a CPU for more than that share of the time it wanted to run
${sessionHelp(26)}  --json                  one JSON object (docs/schema/preemptions.schema.json)
  -h, --help              this text

Exit code 1 when the limit is exceeded, or when there is no vCPU that could be held against it.
`

export async function preemptionsCommand(
  args: readonly string[],
  io: Io,
  connect: Connect = connectNode,
): Promise<number> {
  const { values, positionals } = readArgs('preemptions', args, {
    ...rangeOptions,
    ...sessionOptions,
    top: { type: 'string' },
    'max-steal': { type: 'string' },
    json: { type: 'boolean' },
  })
  const limit = integerOption('preemptions', '--top', values.top ?? '20', 0, 1e9)
  const maxSteal = stealOption(values['max-steal'])
  return withSession(
    { command: 'preemptions', paths: positionals, values },
    io,
    connect,
    async ({ engine, session }) => {
      const range = rangeOf(session, values)
      const { version: _, ...found } = await engine.preemptions({ ...range, limit })
      const { vcpus } = await engine.fusedTotals(range)
      const name = (v: VcpuTotals): string => `${session.machines[v.machine]!.name} ${v.label}`
      const failures = maxSteal === null ? [] : exceeded(vcpus, maxSteal, name)
      const report: PreemptionsReport = { ...frameOf(session), ...found, vcpus, maxSteal, failures }
      await io.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : preemptionsText(report))
      return failures
    },
  )
}

function exceeded(vcpus: readonly VcpuTotals[], max: number, name: (v: VcpuTotals) => string): string[] {
  if (vcpus.length === 0) return ['There is no vCPU whose steal could be measured.']
  return vcpus
    .filter((v) => v.stealPercent > max)
    .map((v) => `The steal of ${name(v)} is ${v.stealPercent.toFixed(1)} %, more than the ${max} % allowed.`)
}

function stealOption(text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--max-steal takes a number, not "${text}".`, 'preemptions')
  return Number(text)
}

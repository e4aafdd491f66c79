import { correlationBytes, idText, xxh64 } from '../../workers/analysis/correlation-id.js'
import { version } from '../version.js'
import { readArgs } from './args.js'
import { UsageError, type Io } from './io.js'
import { ExitCode } from './report.js'

export const correlationIdHelp = `remora correlation-id --tgid N --pid N --run-seq N --ktime NS [options]

Prints the correlation id of a wake-up: XXH64 over its little-endian bytes (u32 tgid, u32 pid, u64 run_seq, u64 ktime_ns and, if
given, u64 machine_id), as 16 hexadecimal digits. Numbers may be decimal or 0x...

  --machine-id N  also hash this machine's id, where ids of several machines meet
  --json          one JSON object (docs/schema/correlation-id.schema.json)
  -h, --help      this text
`

export async function correlationIdCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs('correlation-id', args, {
    tgid: { type: 'string' },
    pid: { type: 'string' },
    'run-seq': { type: 'string' },
    ktime: { type: 'string' },
    'machine-id': { type: 'string' },
    json: { type: 'boolean' },
  })
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is no option.`, 'correlation-id')
  const parts = {
    tgid: Number(unsigned('--tgid', values.tgid, 32n)),
    pid: Number(unsigned('--pid', values.pid, 32n)),
    runSeq: unsigned('--run-seq', values['run-seq'], 64n),
    ktime: unsigned('--ktime', values.ktime, 64n),
    machineId: values['machine-id'] === undefined ? null : unsigned('--machine-id', values['machine-id'], 64n),
  }
  const bytes = correlationBytes(parts)
  const id = idText(xxh64(bytes))
  if (!values.json) {
    await io.out(`${id}\n`)
    return ExitCode.Fine
  }
  const told = {
    remora: version,
    correlation_id: id,
    tgid: parts.tgid,
    pid: parts.pid,
    run_seq: String(parts.runSeq),
    ktime_ns: String(parts.ktime),
    machine_id: parts.machineId === null ? null : String(parts.machineId),
    bytes: Buffer.from(bytes).toString('hex'),
  }
  await io.out(`${JSON.stringify(told)}\n`)
  return ExitCode.Fine
}

function unsigned(name: string, text: string | undefined, bits: bigint): bigint {
  if (text === undefined) throw new UsageError(`${name} is missing.`, 'correlation-id')
  if (!/^(\d{1,20}|0[xX][0-9a-fA-F]{1,16})$/.test(text) || BigInt(text) >= 1n << bits) {
    throw new UsageError(`${name} takes a whole number below 2^${bits}, not "${text}".`, 'correlation-id')
  }
  return BigInt(text)
}

import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../workers/fault.js'
import { collectorProgram } from '../record/collector.js'
import { enter, finish, finishLeftovers } from '../record/leftovers.js'
import type { Agent, Machine, Way } from '../record/plan.js'
import { preflight } from '../record/preflight.js'
import { presetNamed, presets } from '../record/presets.js'
import { localRunner, sshCommandRunner } from '../record/process-runner.js'
import { quote, type Runner } from '../record/runner.js'
import { recordSession, type Live } from '../record/session.js'
import { isRemote, parseAddress } from '../remote/address.js'
import { Host } from '../remote/host.js'
import { elevate, sshRunner, sudoQuestion } from '../remote/runner.js'
import { integerOption, readArgs } from './args.js'
import { terminalAsker } from './ask-terminal.js'
import { UsageError, type Io } from './io.js'
import { closeAtEnd } from './leftovers.js'
import { liveText, preflightText, recordedText } from './record-text.js'
import { ExitCode } from './report.js'

export const recordHelp = `remora record [options]

Records what the kernel of this machine does, and of its guests, into a folder that Remora opens: a trace.dat for each machine, the
records of probes (wake_flags, stacks, first timekeeping reads, clocksource switches) beside it, and manifest.json. Needs root.
Ctrl-C ends the recording and keeps it.

  -o, --output FOLDER    where to (default: recording-DATE-TIME)
  --preset NAME          what to record (default scheduler):
${presets.map((p) => `                           ${p.name.padEnd(12)}${p.title}\n`).join('')}  -e, --event NAME       these events in place of the preset's: system or system:event; may repeat
  --seconds N            length of the recording, or of each run (default: until Ctrl-C)
  --runs N               that many recordings in a row, each in a folder of its own
  --pause N              seconds between them (default 1)
  --guest [NAME=]HOW     a guest to record too; may repeat. HOW is agent:ADDRESS[:PORT], for a guest where trace-cmd agent runs, or
                         ssh:TARGET, for one that ssh reaches (TARGET as of --on)
  --on TARGET            record another machine: ssh://user@host:port, or user@host by the ssh command
  --ssh COMMAND          that command and its options (default ssh)
  --clock NAME           trace clock of all machines (default mono, which the probes have too)
  --buffer KIB           ring buffer of each CPU (default 16384)
  --stacks               a kernel stack with every event
  --with WAY             auto, trace-cmd or tracefs: what records the events (default auto: trace-cmd where it works)
  --no-probes            events only, whatever the preset
  --probe-options TEXT   further options of remora-collect, such as "--comm qemu --min-latency 50"
  --check                say what can be recorded, and end
  --finish FOLDER        complete a recording that was killed
  --json                 JSON lines: live figures, sentences, and the manifest at the end (docs/schema/record.schema.json)
  -h, --help             this text

Exit code 1 when --check finds that nothing can be recorded.
`

const ways: readonly Way[] = ['auto', 'trace-cmd', 'tracefs']

export async function recordCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs('record', args, {
    output: { type: 'string', short: 'o' },
    preset: { type: 'string' },
    event: { type: 'string', short: 'e', multiple: true },
    seconds: { type: 'string' },
    runs: { type: 'string' },
    pause: { type: 'string' },
    guest: { type: 'string', multiple: true },
    on: { type: 'string' },
    ssh: { type: 'string' },
    clock: { type: 'string' },
    buffer: { type: 'string' },
    stacks: { type: 'boolean' },
    with: { type: 'string' },
    'no-probes': { type: 'boolean' },
    'probe-options': { type: 'string' },
    check: { type: 'boolean' },
    finish: { type: 'string' },
    json: { type: 'boolean' },
  })
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is no option.`, 'record')
  const json = values.json ?? false
  const tell = (object: object): Promise<void> => io.out(`${JSON.stringify(object)}\n`)
  if (values.finish !== undefined) return finishFolder(values.finish, json, io)

  const preset = presetNamed(values.preset ?? 'scheduler')
  const way = wayOf(values.with)
  const number = (name: 'runs' | 'pause' | 'buffer', otherwise: string, min: number): number =>
    integerOption('record', `--${name}`, values[name] ?? otherwise, min, 1e9)
  const seconds = secondsOption(values.seconds)
  const runs = number('runs', '1', 1)
  if (runs > 1 && seconds === null) throw new UsageError('--runs needs --seconds, the length of each run.', 'record')
  const folder = values.output ?? `recording-${stamp(new Date())}`
  const ssh = (values.ssh ?? 'ssh').split(/\s+/).filter(Boolean)
  const guests = (values.guest ?? []).map((text, i) => guestOption(text, i))

  const through = values.on !== undefined && isRemote(values.on) ? hostOf(values.on, io) : undefined
  const host = values.on === undefined ? localRunner() : await runnerOf(values.on, ssh, io, through)
  const runners: { name: string; role: 'host' | 'guest'; runner: Runner }[] = [
    { name: 'host', role: 'host', runner: host },
  ]
  for (const g of guests)
    if (g.how === 'ssh')
      runners.push({
        name: g.name,
        role: 'guest',
        runner: await runnerOf(g.address, ssh, io, isRemote(g.address) ? hostOf(g.address, io, through) : undefined),
      })
  const agents: Agent[] = guests.filter((g) => g.how === 'agent').map(({ name, address }) => ({ name, address }))

  const machines: Machine[] = await Promise.all(
    runners.map(async ({ name, role, runner }) => {
      const traceCmd = role === 'host' ? process.env['REMORA_TRACE_CMD'] : undefined
      const directory = runner.local ? '.' : '/var/tmp'
      const found = await preflight(runner, { directory, signal: io.signal, ...(traceCmd ? { traceCmd } : {}) })
      return { name, role, runner, found }
    }),
  )
  if (values.check) {
    if (json) await tell({ preflight: machines.map(({ name, role, found }) => ({ name, role, ...found })) })
    else await io.out(preflightText(machines))
    return machines.every((m) => m.found.checks.every((c) => c.name === 'eBPF' || c.state !== 'no'))
      ? ExitCode.Fine
      : ExitCode.CheckFailed
  }
  const note = (sentence: string): void => {
    if (json) void tell({ note: sentence })
    else io.err(`${io.terminal ? '\r\u001b[K' : ''}remora: ${sentence}\n`)
  }
  requireRoot(machines)
  const collector = preset.collector !== null && !values['no-probes']
  if (collector) for (const m of machines) if (!m.found.facts.btf) note(`${m.name}: ${ebpfSentence(m)}`)
  const program = collector && machines.some((m) => m.found.facts.btf) ? await collectorProgram() : null
  if (await stat(join(folder, 'manifest.json')).catch(() => null)) {
    throw new InputError(
      `${folder} holds a recording already: name another folder with --output.`,
      'folder-taken',
      folder,
    )
  }
  for (const sentence of await finishLeftovers()) note(sentence)
  const leave = await enter(folder)
  try {
    const manifest = await recordSession({
      folder,
      machines,
      agents,
      program,
      runs,
      seconds,
      pauseSeconds: number('pause', '1', 0),
      command: args,
      signal: io.signal,
      wishes: {
        preset,
        events: values.event ?? null,
        way,
        clock: values.clock ?? 'mono',
        bufferKb: number('buffer', '16384', 4),
        collector,
        collectorMib: 64,
        collectorOptions: (values['probe-options'] ?? '').split(/\s+/).filter(Boolean),
        stacks: values.stacks ?? false,
        session: randomUUID(),
        finishCommand: [process.execPath, process.argv[1] ?? '', 'record', '--finish', folder].map(quote).join(' '),
      },
      onNote: note,
      onLive: json ? (live) => void tell({ live }) : liveLine(io),
    })
    if (io.terminal && !json) io.err('\r\u001b[K')
    await io.out(json ? `${JSON.stringify({ folder, manifest })}\n` : recordedText(folder, manifest))
    return ExitCode.Fine
  } finally {
    await leave()
    for (const { runner } of runners) await runner.close()
  }
}

/** On a terminal the figures stay on one line; in a log there is one line every ten seconds. */
function liveLine(io: Io): (live: Live) => void {
  let last = -Infinity
  return (live) => {
    if (io.terminal) io.err(`\r\u001b[K${liveText(live).slice(0, 200)}`)
    else if (live.phase === 'recording' && performance.now() - last >= 10_000) {
      last = performance.now()
      io.err(`remora: ${liveText(live)}\n`)
    }
  }
}

async function finishFolder(folder: string, json: boolean, io: Io): Promise<number> {
  const files = await finish(folder)
  if (json) await io.out(`${JSON.stringify({ finished: files })}\n`)
  else
    await io.out(files.length > 0 ? files.map((f) => `${f}\n`).join('') : `${folder}: there is nothing to complete\n`)
  return ExitCode.Fine
}

function requireRoot(machines: readonly Machine[]): void {
  const without = machines.find((m) => !m.found.facts.root)
  if (!without) return
  const where = without.runner.local ? 'run it with sudo' : `log in as root on ${without.runner.name}`
  throw new InputError(`Recording what the kernel of ${without.name} does needs root: ${where}.`, 'no-root')
}

const ebpfSentence = (m: Machine): string => m.found.checks.find((c) => c.name === 'eBPF')?.sentence ?? ''

interface GuestOption {
  readonly name: string
  readonly how: 'agent' | 'ssh'
  readonly address: string
}

function guestOption(text: string, index: number): GuestOption {
  const found = /^(?:([\w.-]+)=)?(agent|ssh):(.+)$/.exec(text)
  if (!found) throw new UsageError(`--guest takes [NAME=]agent:ADDRESS or [NAME=]ssh:TARGET, not "${text}".`, 'record')
  const [, name, how, address] = found
  return {
    name: name ?? `guest${index + 1}`,
    how: how as 'agent' | 'ssh',
    address: how === 'agent' ? withPort(address!) : address!.startsWith('//') ? `ssh:${address!}` : address!,
  }
}

/** trace-cmd's agent listens on 823; a vsock address is a number. */
const withPort = (address: string): string => (/:\d+$/.test(address) ? address : `${address}:823`)

/**
 * `ssh://…` through our own connection, which can ask for passwords, that of sudo included; other targets through the ssh command.
 */
async function runnerOf(target: string, ssh: readonly string[], io: Io, host: Host | undefined): Promise<Runner> {
  if (!host) return sshCommandRunner(target, ssh)
  const asker = terminalAsker(io)
  const elevation = await elevate(host, (again) => asker.secret(sudoQuestion(host, again)), io.signal)
  return sshRunner(host, elevation ?? { by: 'nothing' })
}

/** @param via the machine that it is a guest of */
function hostOf(target: string, io: Io, via?: Host): Host {
  const host = new Host(parseAddress(target), { asker: terminalAsker(io), ...(via ? { via } : {}) })
  closeAtEnd(() => host.close())
  return host
}

function wayOf(text: string | undefined): Way {
  const way = ways.find((w) => w === (text ?? 'auto'))
  if (!way) throw new UsageError(`--with takes ${ways.join(', ')}, not "${text}".`, 'record')
  return way
}

function secondsOption(text: string | undefined): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || value > 1e6) {
    throw new UsageError(`--seconds takes a number above 0, not "${text}".`, 'record')
  }
  return value
}

const stamp = (now: Date): string => now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')

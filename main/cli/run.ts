import { version } from '../version.js'
import { type Io, UsageError } from './io.js'
import { closeLeftovers } from './leftovers.js'
import { ExitCode, report } from './report.js'

interface Command {
  readonly run: (args: readonly string[], io: Io) => Promise<number>
  readonly help: string
}

// Loaded when called for: `remora --version` reads no engine and no server.
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  info: () => import('./info.js').then((m) => ({ run: m.infoCommand, help: m.infoHelp })),
  events: () => import('./events.js').then((m) => ({ run: m.eventsCommand, help: m.eventsHelp })),
  clocks: () => import('./clocks.js').then((m) => ({ run: m.clocksCommand, help: m.clocksHelp })),
  fused: () => import('./fused.js').then((m) => ({ run: m.fusedCommand, help: m.fusedHelp })),
  preemptions: () => import('./preemptions.js').then((m) => ({ run: m.preemptionsCommand, help: m.preemptionsHelp })),
  wakeups: () => import('./wakeups.js').then((m) => ({ run: m.wakeupsCommand, help: m.wakeupsHelp })),
  chain: () => import('./chain.js').then((m) => ({ run: m.chainCommand, help: m.chainHelp })),
  render: () => import('./render.js').then((m) => ({ run: m.renderCommand, help: m.renderHelp })),
  report: () => import('./write-report.js').then((m) => ({ run: m.reportCommand, help: m.reportHelp })),
  trim: () => import('./trim.js').then((m) => ({ run: m.trimCommand, help: m.trimHelp })),
  runs: () => import('./runs.js').then((m) => ({ run: m.runsCommand, help: m.runsHelp })),
  records: () => import('./records.js').then((m) => ({ run: m.recordsCommand, help: m.recordsHelp })),
  compare: () => import('./compare.js').then((m) => ({ run: m.compareCommand, help: m.compareHelp })),
  aggregate: () => import('./aggregate.js').then((m) => ({ run: m.aggregateCommand, help: m.aggregateHelp })),
  'correlation-id': () =>
    import('./correlation-id.js').then((m) => ({ run: m.correlationIdCommand, help: m.correlationIdHelp })),
  record: () => import('./record.js').then((m) => ({ run: m.recordCommand, help: m.recordHelp })),
  serve: () => import('./serve.js').then((m) => ({ run: m.serveCommand, help: m.serveHelp })),
  open: () => import('./open.js').then((m) => ({ run: m.openCommand, help: m.openHelp })),
}

export const help = `remora COMMAND [options] [FILE|DIR...]

  info FILE|DIR...    what the traces hold: files, machines, clocks, events, faults
  events FILE|DIR...  the merged events, one line each
  clocks FILE|DIR...  how guests' clocks stand to their host's, and how sure that is
  fused FILE|DIR...   what the CPUs really ran: guests, hypervisor, other tasks
  preemptions FILE|DIR...
                      who took the CPU from a vCPU or a guest's task
  wakeups FILE|DIR... who was woken by whom, and how long it took until it ran
  chain ID FILE|DIR...
                      the whole story of one wake-up, hop by hop, across host and guest
  render FILE|DIR...  the timeline as a picture: SVG, PNG, PDF
  report FILE|DIR...  all of it written down, with pictures: HTML or Markdown
  trim FILE|DIR...    some of the events as trace.dat files again
  runs --host DIR --vm DIR
                      many runs of one chain of probes: figures, and host against VM
  records FILE|DIR... what collectors recorded of wake-ups, one line each
  compare --host H --vm V
                      stack clusters, wake_flags and deltas of host and VM beside each other
  aggregate --input F wake-ups counted by their wake_flags
  correlation-id ...  the id of a wake-up
  record              record this machine, its guests, or another machine
  serve [FILE|DIR...] the screens in your browser
  open [FILE|DIR...]  the desktop window, or the browser where there is none

  -V, --version       print the version
  -h, --help          this text; remora COMMAND --help for one command

Exit code: 0 fine, 1 a check failed, 2 bad use or unreadable input, 3 a mistake in Remora, 130 stopped.
`

/** Runs one command line; every outcome is an exit code, every error one sentence on stderr. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args
  try {
    if (name === undefined) throw new UsageError('A command is missing.')
    if (name === '--version' || name === '-V') {
      await io.out(`remora ${version}\n`)
      return ExitCode.Fine
    }
    if (name === '--help' || name === '-h' || name === 'help') {
      await io.out(help)
      return ExitCode.Fine
    }
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!load) throw new UsageError(`"${name}" is no command.`)
    const command = await load()
    if (rest.includes('--help') || rest.includes('-h')) {
      await io.out(command.help)
      return ExitCode.Fine
    }
    return await command.run(rest, io)
  } catch (error) {
    return report(error, rest.includes('--json'), io)
  } finally {
    await closeLeftovers()
  }
}

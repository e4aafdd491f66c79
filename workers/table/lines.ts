// Events as lines of text, laid out as `trace-cmd report` lays them out, so that scripts and eyes that know it need learn nothing:
//
//           <idle>-0     [000]  2440.747290042: sched_switch:         swapper/0:0 [120] R ==> wl.sh:11585 [120]
//
// Clocks that do not count ns are printed as plain ticks, `[001]6633288872829:`. An event of a type that its file does not
// describe is the one exception: it keeps its task, CPU and time here.

import type { StreamColumns } from '../columns/event-table.js'
import type { Session } from '../model/session.js'
import type { RecordView, TraceFile } from '../readers/types.js'
import { LearnedComms, namesTasks } from './comms.js'
import type { FirstName, NamedTask } from './comms.js'
import { visitPositions } from './records.js'
import { firstRowAtTime, lostBefore } from './rows.js'
import { TimeWriter } from './time-text.js'

export interface LineOptions {
  /** Six decimals, rounded to the nearest, in place of nine. */
  readonly us?: boolean
  /** Plain fields in place of the events' own print formats. */
  readonly raw?: boolean
  /** Only events from .. to, both included, session time. */
  readonly from?: number
  readonly to?: number
  /** firstNames() of the positions, for those who do not print from the first row on. */
  readonly names?: readonly FirstName[]
  readonly signal?: AbortSignal
}

/** Small, so that the pieces of the lines die young. */
const BATCH = 512

/** What is printed before the events: one line a file. */
export function headerLines(session: Session): string[] {
  const many = session.files.length > 1
  let width = Math.max(...session.files.map((f) => f.meta.name.length))
  return session.files.map((file) => {
    const line = `cpus=${file.meta.cpuCount}`
    const prefixed = many ? `${file.meta.name.padStart(width)}: ${line}` : line
    // The names of a file's buffers take part in the width from the next file on.
    width = Math.max(width, ...bufferNames(file).map((name) => name.length))
    return prefixed
  })
}

/**
 * Lines of view rows start..end (`positions` null = the whole session), in batches. A line may hold line breaks (stacks, lost
 * events), as there. Rejects with the signal's reason when it aborts.
 */
export async function* eventLines(
  session: Session,
  positions: Uint32Array | null,
  start: number,
  end: number,
  options: LineOptions = {},
): AsyncGenerator<string[]> {
  const writer = new LineWriter(session, options, start)
  const first = options.from === undefined ? start : Math.max(start, firstRowAtTime(session, positions, options.from))
  for (let row = first; row < end; row += BATCH) {
    const batch = new Uint32Array(Math.min(BATCH, end - row))
    for (let i = 0; i < batch.length; i++) batch[i] = positions ? positions[row + i]! : row + i
    const wanted = withinTime(session, batch, options.to)
    const parts: (string | LineParts)[] = Array.from({ length: wanted.length })
    await visitPositions(
      session,
      wanted,
      (record, i) => {
        parts[i] = writer.parts(wanted[i]!, record)
      },
      options.signal,
    )
    if (parts.length > 0) yield parts.map((part) => (typeof part === 'string' ? part : writer.line(part)))
    if (wanted.length < batch.length) return
  }
}

function withinTime(session: Session, positions: Uint32Array, to: number | undefined): Uint32Array {
  if (to === undefined) return positions
  const past = positions.findIndex((pos) => session.table.time(pos) > to)
  return past < 0 ? positions : positions.subarray(0, past)
}

const bufferNames = (file: TraceFile): string[] => [...new Set(file.meta.streams.map((s) => s.buffer).filter(Boolean))]

interface StreamStyle {
  readonly stream: StreamColumns
  /** File or buffer name, aligned; '' where there is but one source. */
  readonly prefix: string
  readonly ticks: boolean
  /** `            bash-4711  [000]` by pid, of tasks whose name is known. */
  readonly tasks: Map<number, string>
}

interface TypeStyle {
  readonly name: string
  /** `: sched_switch:         `. */
  readonly label: string
  readonly namesTasks: boolean
}

/** A line but for its task, whose name may be learned from the lines before. */
interface LineParts {
  readonly style: StreamStyle
  readonly pid: number
  /** Before and behind the task. */
  readonly head: string
  readonly tail: string
  readonly named: readonly NamedTask[] | null
}

class LineWriter {
  readonly #time: TimeWriter
  readonly #styles: readonly StreamStyle[]
  readonly #comms: readonly LearnedComms[]
  readonly #types: readonly TypeStyle[]

  constructor(
    private readonly session: Session,
    private readonly options: LineOptions,
    start: number,
  ) {
    this.#time = new TimeWriter(session.epoch)
    this.#types = session.eventTypes.map(({ name }) => ({
      name,
      label: `: ${name}: ${' '.repeat(Math.max(0, 20 - name.length))}`,
      // Plain fields are printed without a look at their meaning.
      namesTasks: !options.raw && namesTasks(name),
    }))
    this.#comms = session.files.map((file) => new LearnedComms(file))
    for (const name of options.names ?? []) if (name.row < start) this.#comms[name.file]!.learn(name)
    const many = session.files.length > 1
    const names = session.files.flatMap((f) => [...(many ? [f.meta.name] : []), ...bufferNames(f)])
    const width = Math.max(0, ...names.map((name) => name.length))
    this.#styles = session.table.streams.map((stream) => ({
      stream,
      prefix: names.length > 0 ? sourcePrefix(stream, session.files[stream.file]!, many, width) : '',
      ticks: !countsNanoseconds(session.files[stream.file]!),
      tasks: new Map(),
    }))
  }

  /** What the event itself says, the whole line if it neither needs nor gives the name of an unknown task. In any order. */
  parts(pos: number, record: RecordView): string | LineParts {
    const { table } = this.session
    const id = table.order[pos]!
    const index = table.streamIndexOf(id)
    const style = this.#styles[index]!
    const { stream } = style
    const row = id - table.base[index]!
    const t = stream.t[row]!
    const pid = stream.pid[row]!
    const type = this.#types[stream.types[stream.type[row]!]!]!
    const info = record.info(this.options.raw)
    const head = stream.lost.length > 0 ? style.prefix + lostLine(stream, row) : style.prefix
    const time = style.ticks ? this.#time.ticks(t).padStart(12) : this.#seconds(t)
    const tail = time + type.label + (info.endsWith('\n') ? info.slice(0, -1) : info)
    const comms = this.#comms[stream.file]!
    const named = type.namesTasks ? comms.readFrom(type.name, record) : null
    const task = style.tasks.get(pid)
    if (!named && task !== undefined) return head + task + tail
    return { style, pid, head, tail, named }
  }

  /** The whole line. In the order of the lines. */
  line({ style, pid, head, tail, named }: LineParts): string {
    const line = head + this.#task(style, pid) + tail
    if (named) for (const task of named) this.#comms[style.stream.file]!.learn(task)
    return line
  }

  #seconds(t: number): string {
    const decimals = this.options.us ? 6 : 9
    return ' ' + this.#time.seconds(t, decimals).padStart(6 + decimals)
  }

  #task({ stream, tasks }: StreamStyle, pid: number): string {
    const comms = this.#comms[stream.file]!
    const text =
      tasks.get(pid) ??
      `${comms.comm(pid).padStart(16)}-${String(pid).padEnd(5)} [${String(stream.cpu).padStart(3, '0')}]`
    if (comms.knows(pid)) tasks.set(pid, text)
    return text
  }
}

function sourcePrefix(stream: StreamColumns, file: TraceFile, many: boolean, width: number): string {
  const name = stream.buffer || (many ? file.meta.name : '')
  return name ? `${name.padStart(width)}: ` : ' '.repeat(width + 2)
}

function lostLine(stream: StreamColumns, row: number): string {
  const lost = lostBefore(stream, row)
  if (lost === 0) return ''
  return lost > 0 ? `CPU:${stream.cpu} [${lost} EVENTS DROPPED]\n` : `CPU:${stream.cpu} [EVENTS DROPPED]\n`
}

/** The clocks that trace-cmd knows to count ns; no name means the default clock. */
function countsNanoseconds({ meta }: TraceFile): boolean {
  if (meta.clock === '' || meta.tsc2nsec) return true
  return ['local', 'global', 'uptime', 'perf', 'tsc2nsec', 'tai'].includes(meta.clock) || meta.clock.startsWith('mono')
}

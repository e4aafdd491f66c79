// Events as lines of text, laid out as `trace-cmd report` lays them out, so that scripts and eyes that know it need learn nothing:
//
//           <idle>-0     [000]  2440.747290042: sched_switch:         swapper/0:0 [120] R ==> wl.sh:11585 [120]
//
// Clocks that do not count ns are printed as plain ticks, `[001]6633288872829:`. An event of a type that its file does not
// describe is the one exception: it keeps its task, CPU and time here.

import type { StreamColumns } from '../columns/event-table.js'
import type { Session } from '../model/session.js'
import type { RecordView, TraceFile } from '../readers/types.js'
import { position } from '../units.js'
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
  readonly signal?: AbortSignal
}

const BATCH = 4096

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
  const writer = new LineWriter(session, options)
  const first = options.from === undefined ? start : Math.max(start, firstRowAtTime(session, positions, options.from))
  for (let row = first; row < end; row += BATCH) {
    const batch = new Uint32Array(Math.min(BATCH, end - row))
    for (let i = 0; i < batch.length; i++) batch[i] = positions ? positions[row + i]! : row + i
    const wanted = withinTime(session, batch, options.to)
    const lines: string[] = Array.from({ length: wanted.length })
    await visitPositions(
      session,
      wanted,
      (record, i) => {
        lines[i] = writer.line(wanted[i]!, record)
      },
      options.signal,
    )
    if (lines.length > 0) yield lines
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
  /** File or buffer name, aligned; '' where there is but one source. */
  readonly prefix: string
  readonly ticks: boolean
  /** `            bash-4711  [000]` by pid. */
  readonly tasks: Map<number, string>
}

class LineWriter {
  readonly #time: TimeWriter
  readonly #styles: readonly StreamStyle[]
  /** ` sched_switch:         ` by event type. */
  readonly #names: readonly string[]

  constructor(
    private readonly session: Session,
    private readonly options: LineOptions,
  ) {
    this.#time = new TimeWriter(session.epoch)
    this.#names = session.eventTypes.map(({ name }) => ` ${name}: ${' '.repeat(Math.max(0, 20 - name.length))}`)
    const many = session.files.length > 1
    const names = session.files.flatMap((f) => [...(many ? [f.meta.name] : []), ...bufferNames(f)])
    const width = Math.max(0, ...names.map((name) => name.length))
    this.#styles = session.table.streams.map((stream) => ({
      prefix: names.length > 0 ? sourcePrefix(stream, session.files[stream.file]!, many, width) : '',
      ticks: !countsNanoseconds(session.files[stream.file]!),
      tasks: new Map(),
    }))
  }

  line(pos: number, record: RecordView): string {
    const { table } = this.session
    const id = table.order[position(pos)]!
    const index = table.streamIndexOf(id)
    const stream = table.streams[index]!
    const row = id - table.base[index]!
    const style = this.#styles[index]!
    const t = stream.t[row]!
    const lost = stream.lost.length > 0 ? lostLine(stream, row) : ''
    const info = record.info(this.options.raw)
    return (
      style.prefix +
      lost +
      this.#task(style, stream, stream.pid[row]!) +
      (style.ticks ? this.#time.ticks(t).padStart(12) : this.#seconds(t)) +
      ':' +
      this.#names[stream.types[stream.type[row]!]!]! +
      (info.endsWith('\n') ? info.slice(0, -1) : info)
    )
  }

  #seconds(t: number): string {
    const decimals = this.options.us ? 6 : 9
    return ' ' + this.#time.seconds(t, decimals).padStart(6 + decimals)
  }

  #task(style: StreamStyle, stream: StreamColumns, pid: number): string {
    let text = style.tasks.get(pid)
    if (text === undefined) {
      const comm = this.session.files[stream.file]!.comm(pid).padStart(16)
      text = `${comm}-${String(pid).padEnd(5)} [${String(stream.cpu).padStart(3, '0')}]`
      style.tasks.set(pid, text)
    }
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

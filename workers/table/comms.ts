// Names of tasks that a file's own list of names lacks, learned from the events that carry them, as trace-cmd learns them while it
// prints: an unknown task is `<...>` until the first sched_switch or sched_wakeup that names it has been printed.

import type { Session } from '../model/session.js'
import type { RecordView, TraceFile } from '../readers/types.js'
import { position } from '../units.js'
import { visitPositions } from './records.js'

/** Fields of an event type that pair a pid with a name. */
const NAMING: Readonly<Record<string, readonly (readonly [pid: string, comm: string])[]>> = {
  sched_switch: [
    ['prev_pid', 'prev_comm'],
    ['next_pid', 'next_comm'],
  ],
  sched_wakeup: [['pid', 'comm']],
  sched_wakeup_new: [['pid', 'comm']],
}

/** Whether events of this name carry the names of tasks. */
export const namesTasks = (event: string): boolean => Object.hasOwn(NAMING, event)

export interface NamedTask {
  readonly pid: number
  readonly comm: string
}

/** Tasks that one file did not name. */
export class LearnedComms {
  readonly #names = new Map<number, string>()

  constructor(private readonly file: TraceFile) {}

  /** Unknown tasks that the record of a naming event names, null for none. */
  readFrom(event: string, record: RecordView): NamedTask[] | null {
    let named: NamedTask[] | null = null
    for (const [pidField, commField] of NAMING[event] ?? []) {
      const pid = record.field(pidField)
      if (typeof pid !== 'number' || this.knows(pid)) continue
      const comm = record.field(commField)
      if (typeof comm === 'string') (named ??= []).push({ pid, comm })
    }
    return named
  }

  knows(pid: number): boolean {
    return pid === 0 || this.file.meta.comms.has(pid) || this.#names.has(pid)
  }

  /** The first name of a task stays. */
  learn({ pid, comm }: NamedTask): void {
    if (!this.knows(pid)) this.#names.set(pid, comm)
  }

  comm(pid: number): string {
    return this.#names.get(pid) ?? (this.knows(pid) ? this.file.comm(pid) : '<...>')
  }
}

/** The first event among the printed ones that names a task. */
export interface FirstName extends NamedTask {
  readonly file: number
  /** Row of that event among the printed ones: from the next row on the name is known. */
  readonly row: number
}

const READ_AT_ONCE = 16_384

/**
 * Where each task that its file does not name is first named among `positions` (null = all events). Who prints from the middle
 * begins with the names of the rows before.
 */
export async function firstNames(
  session: Session,
  positions: Uint32Array | null,
  signal?: AbortSignal,
): Promise<FirstName[]> {
  const { table, files, eventTypes } = session
  const naming = eventTypes.map((type) => namesTasks(type.name))
  const learned = files.map((file) => new LearnedComms(file))
  const unknown = unknownPids(session, learned)
  const found: FirstName[] = []
  const count = positions?.length ?? table.count
  let rows: number[] = []
  const read = async (): Promise<void> => {
    const named: { readonly file: number; readonly row: number; readonly tasks: NamedTask[] }[] = []
    const at = Uint32Array.from(rows, (row) => positions?.[row] ?? row)
    const visit = (record: RecordView, i: number): void => {
      const { stream, row } = table.address(position(at[i]!))
      const type = eventTypes[stream.types[stream.type[row]!]!]!
      const tasks = learned[stream.file]!.readFrom(type.name, record)
      if (tasks) named.push({ file: stream.file, row: rows[i]!, tasks })
    }
    await visitPositions(session, at, visit, signal)
    named.sort((a, b) => a.row - b.row)
    for (const { file, row, tasks } of named) {
      for (const task of tasks) {
        if (learned[file]!.knows(task.pid)) continue
        learned[file]!.learn(task)
        unknown[file]!.delete(task.pid)
        found.push({ ...task, file, row })
      }
    }
    rows = []
  }
  for (let row = 0; row < count && unknown.some((pids) => pids.size > 0); row++) {
    const id = table.order[positions?.[row] ?? row]!
    const index = table.streamIndexOf(id)
    const stream = table.streams[index]!
    const type = stream.types[stream.type[id - table.base[index]!]!]!
    if (naming[type] && unknown[stream.file]!.size > 0) rows.push(row)
    if (rows.length === READ_AT_ONCE) await read()
  }
  if (rows.length > 0) await read()
  return found
}

/** Tasks that have events of their own but no name in their file. */
function unknownPids(session: Session, learned: readonly LearnedComms[]): Set<number>[] {
  const unknown = session.files.map(() => new Set<number>())
  for (const s of session.table.streams) {
    let last = 0
    for (let i = 0; i < s.count; i++) {
      const pid = s.pid[i]!
      if (pid === last) continue
      last = pid
      if (!learned[s.file]!.knows(pid)) unknown[s.file]!.add(pid)
    }
  }
  return unknown
}

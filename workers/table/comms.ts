// Names of tasks that a file's own list of names lacks, learned from the events that carry them, as trace-cmd learns them while it
// prints: an unknown task is `<...>` until the first sched_switch or sched_wakeup that names it has been printed.

import type { RecordView, TraceFile } from '../readers/types.js'

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

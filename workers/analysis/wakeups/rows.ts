// Wake-ups as the table shows them: names, moments with their positions, what interrupted whom.

import type { Runs } from '../../model/runs.js'
import { unameOf, type Session } from '../../model/session.js'
import { RecordKind, STAGES, WAKE_STAGES } from '../../model/wake-record.js'
import { visitRows } from '../../table/records.js'
import {
  WakeupMark,
  type Actor,
  type WakeMoment,
  type Waker,
  type WakeRecord,
  type WakeupRow,
} from '../../thread/contract.js'
import { machineIndex, position, sessionTime, type MachineIndex } from '../../units.js'
import { contexts, latencyOf, NONE, NONE_16, type Wakeups } from './columns.js'
import { grades, gradeOf } from './grade.js'
import { recordPosition, type JoinedRecords } from '../records/join.js'
import { describeWake } from '../records/describe.js'
import { decodeWakeFlags } from '../wake-flags.js'
import type { WakeupIds } from './ids.js'
import { stacksBehind } from '../../table/details.js'
import { meaningful } from './stacks/frames.js'
import type { StackIndex } from './stacks/index.js'
import { migratedOf, type Names } from './select.js'
import { interruptAt, interruptLabel, plainLabel } from './waker.js'

/** Rows whose stacks are read one by one, where not all have been read. */
const FEW = 300
/** Functions that stand for a stack in a cell. */
const SHOWN = 3

export interface FirstRead {
  readonly t: number
  readonly cpu: number
  readonly position: number
  readonly function: string
  readonly frames: readonly string[] | null
}

const READ = WAKE_STAGES.indexOf(RecordKind.FirstRead)

export class Rows {
  /** The stacks of all wake-ups, once they are read. */
  stacks: StackIndex | null = null
  readonly #flags = new Map<string, readonly string[]>()

  constructor(
    private readonly session: Session,
    private readonly runs: Runs,
    private readonly w: Wakeups,
    private readonly names: Names,
    private readonly joined: JoinedRecords,
    private readonly ids: WakeupIds,
  ) {}

  /** What a collector's record says of a wake-up; null where none joined. */
  record(i: number): WakeRecord | null {
    const ref = this.joined.of(i)
    if (!ref) return null
    const { meta, wakeRecords } = this.session.files[ref.file]!
    const uname = unameOf(this.session, this.w.machine[i]!)
    return describeWake({ name: meta.name, index: ref.file }, wakeRecords!, ref.wake, uname)
  }

  /** Frames that a collector recorded at a wake-up, innermost first; null where none joined or it has no stack. */
  recordedStack(i: number): readonly string[] | null {
    const ref = this.joined.of(i)
    if (!ref) return null
    const { wakes, stacks, strings } = this.session.files[ref.file]!.wakeRecords!
    const stack = wakes.stack[ref.wake]!
    return stack < 0 ? null : [...stacks[stack]!].map((s) => strings[s]!)
  }

  /** The stack of the record that joined a wake-up, and where that record is among the events; null where there is none. */
  recorded(i: number): { readonly position: number; readonly frames: readonly string[] } | null {
    const ref = this.joined.of(i)
    const frames = this.recordedStack(i)
    if (!ref || !frames) return null
    const first = this.session.files[ref.file]!.wakeRecords!.wakes.first[ref.wake]!
    const at = recordPosition(this.session, ref.file, first)
    return at < 0 ? null : { position: at, frames }
  }

  /** Names of the wake_flags that a collector recorded, at activation and at entry; empty where none joined. */
  flagsOf = (i: number): readonly string[] => {
    const ref = this.joined.of(i)
    if (!ref) return []
    const { flagNames, wakes } = this.session.files[ref.file]!.wakeRecords!
    const table = flagNames.table(unameOf(this.session, this.w.machine[i]!))
    const key = `${table?.name} ${wakes.flagsActivate[ref.wake]} ${wakes.flagsEntry[ref.wake]}`
    const known = this.#flags.get(key)
    if (known) return known
    const named = (value: number): readonly string[] => (value < 0 ? [] : decodeWakeFlags(value, table).names)
    const names = [...new Set([...named(wakes.flagsActivate[ref.wake]!), ...named(wakes.flagsEntry[ref.wake]!)])]
    this.#flags.set(key, names)
    return names
  }

  /** The woken task's first timekeeping read, where the record that joined the wake-up has it. */
  firstRead(i: number): FirstRead | null {
    const ref = this.joined.of(i)
    if (!ref) return null
    const { wakes, records, stacks, strings } = this.session.files[ref.file]!.wakeRecords!
    const record = wakes.stages[ref.wake * STAGES + READ]!
    const at = record < 0 ? -1 : recordPosition(this.session, ref.file, record)
    if (at < 0) return null
    const { stream, row } = this.session.table.address(position(at))
    const stack = wakes.readStack[ref.wake]!
    return {
      t: stream.t[row]!,
      cpu: records.cpu[record]!,
      position: at,
      function: strings[wakes.readFunction[ref.wake]!] ?? '',
      frames: stack < 0 ? null : [...stacks[stack]!].map((s) => strings[s]!),
    }
  }

  actor(machine: MachineIndex, pid: number): Actor {
    return { machine, pid, name: this.names.of(machine, pid) }
  }

  /** Rows of these wake-ups. Reads the records of the interrupts that woke. */
  async describe(of: ArrayLike<number>, signal?: AbortSignal): Promise<WakeupRow[]> {
    const labels = await this.#labels(of, signal)
    const stacks = await this.#stacks(of, signal)
    return Array.from(of, (i, k) => this.#row(i, labels[k]!, stacks[k]!))
  }

  async #stacks(of: ArrayLike<number>, signal?: AbortSignal): Promise<(string | null)[]> {
    const short = (names: readonly string[] | undefined): string | null =>
      names === undefined ? null : names.slice(0, SHOWN).join(' < ')
    const { stacks } = this
    if (stacks) return Array.from(of, (i) => short(stacks.stacks[stacks.of[i]!]))
    const all: (string | null)[] = []
    for (let k = 0; k < of.length; k++) all.push(of.length > FEW ? null : short(await this.#stackOf(of[k]!, signal)))
    return all
  }

  async #stackOf(i: number, signal?: AbortSignal): Promise<readonly string[] | undefined> {
    const { w } = this
    for (const [stream, row] of [
      [w.wakingStream[i]!, w.wakingRow[i]!],
      [w.wakeupStream[i]!, w.wakeupRow[i]!],
    ] as const) {
      if (row === NONE) continue
      const found = await stacksBehind(this.session, this.session.table.streams[stream]!, row, signal)
      const kernel = found.find((s) => s.kind === 'kernel')
      if (kernel) return meaningful(kernel.frames.map((f) => f.symbol || f.address))
    }
    const recorded = this.recordedStack(i)
    return recorded ? meaningful(recorded) : undefined
  }

  #row(i: number, label: string, stack: string | null): WakeupRow {
    const w = this.w
    const machine = machineIndex(w.machine[i]!)
    const marks = w.marks[i]!
    const nan = (x: number): number | null => (x === x ? x : null)
    const ran = (marks & WakeupMark.WhileRunning) === 0
    return {
      wakeup: i,
      id: this.ids.of(i),
      machine,
      wakee: this.actor(machine, w.wakee[i]!),
      waker: this.#waker(i, label),
      waking: this.event(w.wakingStream[i]!, w.wakingRow[i]!),
      activated: w.wakeupRow[i] === NONE ? null : this.event(w.wakeupStream[i]!, w.wakeupRow[i]!),
      running: this.running(i),
      cpuBefore: w.cpuBefore[i]!,
      cpuAfter: w.cpuAfter[i]! < 0 ? this.#ranOn(i) : w.cpuAfter[i]!,
      migrated: migratedOf(w, i),
      latency: nan(latencyOf(w, i)),
      wakingToWakeup: marks & WakeupMark.NoWaking ? null : nan(w.wakeupT[i]! - w.wakingT[i]!),
      wakeupToRunning: ran ? nan(w.runT[i]! - w.wakeupT[i]!) : null,
      marks,
      grade: grades[gradeOf(marks)]!,
      stack,
      record: this.record(i),
    }
  }

  #ranOn(i: number): number {
    const row = this.w.runCpu[i]!
    return row === NONE_16 ? -1 : this.runs.cpus[row]!.cpu
  }

  #waker(i: number, label: string): Waker {
    const machine = machineIndex(this.w.machine[i]!)
    return { task: this.actor(machine, this.w.waker[i]!), context: contexts[this.w.context[i]!]!, label }
  }

  /** The moment of a recorded event. */
  event(stream: number, row: number): WakeMoment {
    const { table } = this.session
    const s = table.streams[stream]!
    return {
      t: sessionTime(s.t[row]!),
      cpu: s.cpu,
      position: position(table.positionOf(stream, row)),
      notBefore: null,
    }
  }

  /** When the task had the CPU; null when it did not, or had it all the while. */
  running(i: number): WakeMoment | null {
    const w = this.w
    const cpuRow = w.runCpu[i]!
    if (cpuRow === NONE_16) return null
    const { cpu, streams } = this.runs.cpus[cpuRow]!
    const t = this.runs.intervals.t[w.runEntry[i]!]!
    for (const s of streams) {
      const k = switchAt(s, t, w.wakee[i]!)
      if (k >= 0) return this.event(this.session.table.streams.indexOf(s), s.switchRow[k]!)
    }
    return { t: sessionTime(t), cpu, position: null, notBefore: sessionTime(this.#lastBefore(cpuRow, t)) }
  }

  /** Time of the last event of a CPU before `t`: an inferred switch lies after it. */
  #lastBefore(cpuRow: number, t: number): number {
    let last = this.session.from
    for (const s of this.runs.cpus[cpuRow]!.streams) {
      let lo = 0
      let hi = s.count
      while (lo < hi) {
        const mid = (lo + hi) >>> 1
        if (s.t[mid]! < t) lo = mid + 1
        else hi = mid
      }
      if (lo > 0) last = Math.max(last, s.t[lo - 1]!)
    }
    return last
  }

  async #labels(of: ArrayLike<number>, signal?: AbortSignal): Promise<string[]> {
    const { session, w } = this
    const labels = Array.from(of, (i) =>
      plainLabel(contexts[w.context[i]!]!, this.names.of(w.machine[i]!, w.waker[i]!)),
    )
    const wanted = new Map<number, { readonly k: number; readonly row: number; readonly name: string }[]>()
    for (let k = 0; k < of.length; k++) {
      const i = of[k]!
      const stream = w.wakingStream[i]!
      const found = interruptAt(session, session.table.streams[stream]!, w.wakingRow[i]!, contexts[w.context[i]!]!)
      if (!found) continue
      const list = wanted.get(stream)
      if (list) list.push({ k, ...found })
      else wanted.set(stream, [{ k, ...found }])
    }
    for (const [stream, list] of wanted) {
      const rows = list.map((l) => l.row)
      await visitRows(
        session,
        session.table.streams[stream]!,
        rows,
        (record, j) => (labels[list[j]!.k] = interruptLabel(list[j]!.name, record)),
        signal,
      )
    }
    return labels
  }
}

/** Index of the switch to `pid` at exactly `t` in a stream's switches, -1 = none. */
function switchAt(s: Runs['cpus'][number]['streams'][number], t: number, pid: number): number {
  let lo = 0
  let hi = s.switches
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (s.t[s.switchRow[mid]!]! < t) lo = mid + 1
    else hi = mid
  }
  for (; lo < s.switches && s.t[s.switchRow[lo]!] === t; lo++) if (s.switchNext[lo] === pid) return lo
  return -1
}

// What each task of a machine does when, from the runs of all its CPUs and from the wake-ups. The states of a task partition
// the machine's time, and no task runs on two CPUs at once.

import { mergeOrder } from '../columns/merge.js'
import { lowerBound, type StreamColumns, wakingsOf } from '../columns/event-table.js'
import { PrevState } from '../readers/types.js'
import { atOnce, type Steps } from '../steps.js'
import { RunState, SpanFlag } from '../thread/contract.js'
import type { MachineIndex } from '../units.js'
import { IntervalWriter, type Intervals } from './intervals.js'
import { PidIndex } from './pids.js'
import { NotRecorded, type Runs } from './runs.js'

/** Row i of `intervals` is the task rowPid(i); use rowOf(pid) for the way back (-1 = no such task). */
export interface TaskIntervals {
  readonly machine: MachineIndex
  readonly intervals: Intervals
  rowOf(pid: number): number
}

const AFTER: Record<number, RunState> = {
  [PrevState.Runnable]: RunState.Runnable,
  [PrevState.Sleeping]: RunState.Sleeping,
  [PrevState.DiskSleep]: RunState.DiskSleep,
  [PrevState.Stopped]: RunState.Stopped,
  [PrevState.Dead]: RunState.Dead,
  [PrevState.Other]: RunState.Sleeping,
  [NotRecorded]: RunState.Unknown,
}

/** Whether a Runnable interval follows a run: switched out though it could go on; else it was woken. */
export const wasPreempted = (x: Intervals, row: number, i: number): boolean =>
  i > x.first[row]! && x.state[i] === RunState.Runnable && x.state[i - 1] === RunState.Running

/** Entries that are worked through from one pause to the next. */
const PACE = 1 << 15
/** And, where there are many lists, of one of them at least. */
const LEAST = 1 << 12

/**
 * Builds the tasks of one machine. `from` and `to` are the ends of its time: a task is Unknown until something says more.
 * A wake-up that was recorded shortly before the switch it undoes (both run at the same time on two CPUs) counts when the task
 * then runs without another one.
 */
export const buildTasks = (...of: Parameters<typeof taskSteps>): TaskIntervals => atOnce(taskSteps(...of))

/** The same with a pause after about `pace` entries each, so that other work can be done between, or no more of this. */
export function* taskSteps(
  machine: MachineIndex,
  runs: Runs,
  streams: readonly StreamColumns[],
  from: number,
  to: number,
  pace = PACE,
): Steps<TaskIntervals> {
  const pids = new PidIndex()
  const log = new TransitionLog(pids, from)
  const cpuRows = runs.cpus.flatMap((c, row) => (c.machine === machine ? [row] : []))
  const { first, t, value, flags } = runs.intervals
  const wakers = streams.filter((s) => s.machine === machine && s.wakes > 0).map((s) => wakingsOf(s))
  const lists = [...wakers.map((w) => w.t), ...cpuRows.map((row) => t.subarray(first[row], first[row + 1]))]
  const at = lists.map(() => 0)
  /** Works through the lists from `at` to `ends`. Returns how much that was. */
  const workTo = (ends: readonly number[]): number => {
    const parts = lists.map((l, k) => l.subarray(at[k], ends[k]))
    const starts: number[] = []
    parts.reduce((n, p) => (starts.push(n), n + p.length), 0)
    const order = mergeOrder(parts.map((p) => ({ t: p, count: p.length })))
    for (let i = 0; i < order.length; i++) {
      const id = order[i]!
      let k = starts.length - 1
      while (starts[k]! > id) k--
      const index = at[k]! + id - starts[k]!
      if (k < wakers.length) {
        log.wake(lists[k]![index]!, wakers[k]!.pid[index]!)
        continue
      }
      const row = cpuRows[k - wakers.length]!
      const entry = first[row]! + index
      const cpu = runs.cpus[row]!.cpu
      const last = entry === first[row + 1]! - 1
      if (index > 0) log.leaves(t[entry]!, cpu, value[entry - 1]!, runs.outcome[entry - 1]!, last, flags[entry]!)
      if (!last) log.enters(t[entry]!, cpu, value[entry]!, flags[entry]!)
    }
    ends.forEach((end, k) => (at[k] = end))
    return order.length
  }
  const ascending = lists.every(ascends)
  let done = 0
  while (lists.some((l, k) => at[k]! < l.length)) {
    done += workTo(ascending ? endsOfStep(lists, at, pace) : lists.map((l) => l.length))
    if (done < pace) continue
    done = 0
    yield
  }
  return { machine, intervals: yield* log.finish(to, pace), rowOf: (pid) => pids.of(pid) }
}

/** Where a step that begins at `at` ends in each list: all entries before some time, about as many as a step has. */
function endsOfStep(lists: readonly Float64Array[], at: readonly number[], pace: number): number[] {
  const least = Math.max(1, Math.min(LEAST, pace))
  for (let size = Math.max(least, Math.floor(pace / lists.length)); ; size *= 2) {
    const bounds = lists.flatMap((l, k) => (at[k]! + size < l.length ? [l[at[k]! + size]!] : []))
    if (bounds.length === 0) return lists.map((l) => l.length)
    const until = Math.min(...bounds)
    const ends = lists.map((l) => lowerBound(l, l.length, until))
    if (ends.some((end, k) => end > at[k]!)) return ends
  }
}

/** Lists that ascend are merged piece by piece; those whose time runs backwards can only be merged as wholes. */
function ascends(t: Float64Array): boolean {
  for (let i = 1; i < t.length; i++) if (t[i]! < t[i - 1]!) return false
  return true
}

/** The current state of every task, and all finished intervals in the order in which they ended. */
class TransitionLog {
  #row = new Int32Array(4096)
  #t = new Float64Array(4096)
  #value = new Int32Array(4096)
  #state = new Uint8Array(4096)
  #flags = new Uint8Array(4096)
  #n = 0
  readonly #since: number[] = []
  readonly #cpu: number[] = []
  readonly #now: RunState[] = []
  readonly #nowFlags: number[] = []
  /** Woken while running, and not switched in since. */
  readonly #early: boolean[] = []

  constructor(
    private readonly pids: PidIndex,
    private readonly from: number,
  ) {}

  wake(t: number, pid: number): void {
    if (pid === 0) return
    const i = this.#task(pid)
    const now = this.#now[i]!
    if (now === RunState.Running) this.#early[i] = true
    else if (now !== RunState.Runnable) this.#enter(i, t, RunState.Runnable, -1, 0)
  }

  enters(t: number, cpu: number, pid: number, flags: number): void {
    if (pid === 0) return
    const i = this.#task(pid)
    const now = this.#now[i]!
    if (this.#early[i] && now >= RunState.Sleeping && now <= RunState.Stopped) this.#now[i] = RunState.Runnable
    this.#early[i] = false
    this.#enter(i, t, RunState.Running, cpu, flags)
  }

  leaves(t: number, cpu: number, pid: number, outcome: number, endOfCpu: boolean, flags: number): void {
    if (pid === 0) return
    const i = this.#task(pid)
    // It has been seen on another CPU meanwhile: what this one says comes too late.
    if (this.#now[i] !== RunState.Running || this.#cpu[i] !== cpu) return
    if (endOfCpu) this.#enter(i, t, RunState.Unknown, -1, 0)
    else this.#enter(i, t, AFTER[outcome] ?? RunState.Unknown, -1, flags & SpanFlag.Inferred)
  }

  /** Ends all intervals at `to` and sorts them by task. */
  *finish(to: number, pace: number): Steps<Intervals> {
    const tasks = this.pids.pids.length
    for (let i = 0; i < tasks; i++) this.#close(i, to)
    const next = new Uint32Array(tasks + 1)
    for (let k = 0; k < this.#n; k++) next[this.#row[k]! + 1]!++
    for (let i = 0; i < tasks; i++) next[i + 1]! += next[i]!
    const sorted = new Uint32Array(this.#n)
    const first = next.slice()
    for (let k = 0; k < this.#n; k++) sorted[next[this.#row[k]!]!++] = k
    const writer = new IntervalWriter(this.#n + tasks)
    for (let i = 0; i < tasks; i++) {
      for (let s = first[i]!; s < first[i + 1]!; s++) {
        if ((s + 1) % pace === 0) yield
        const k = sorted[s]!
        writer.add(this.#t[k]!, this.#value[k]!, this.#state[k]! as RunState, this.#flags[k]!)
      }
      writer.endRow(to)
    }
    return writer.finish()
  }

  #task(pid: number): number {
    const i = this.pids.add(pid)
    if (i === this.#now.length) {
      this.#since.push(this.from)
      this.#cpu.push(-1)
      this.#now.push(RunState.Unknown)
      this.#nowFlags.push(0)
      this.#early.push(false)
    }
    return i
  }

  #enter(i: number, t: number, state: RunState, cpu: number, flags: number): void {
    this.#close(i, t)
    this.#since[i] = Math.max(t, this.#since[i]!)
    this.#now[i] = state
    this.#cpu[i] = cpu
    this.#nowFlags[i] = flags
  }

  /** Writes the current interval down. One without length is left out, unless the task ran: a run is never lost. */
  #close(i: number, t: number): void {
    if (t <= this.#since[i]! && this.#now[i] !== RunState.Running) return
    const k = this.#n++
    if (k === this.#t.length) this.#grow()
    this.#row[k] = i
    this.#t[k] = this.#since[i]!
    this.#value[k] = this.#cpu[i]!
    this.#state[k] = this.#now[i]!
    this.#flags[k] = this.#nowFlags[i]!
  }

  #grow(): void {
    const n = this.#t.length * 2
    const row = new Int32Array(n)
    const t = new Float64Array(n)
    const value = new Int32Array(n)
    const state = new Uint8Array(n)
    const flags = new Uint8Array(n)
    row.set(this.#row)
    t.set(this.#t)
    value.set(this.#value)
    state.set(this.#state)
    flags.set(this.#flags)
    this.#row = row
    this.#t = t
    this.#value = value
    this.#state = state
    this.#flags = flags
  }
}

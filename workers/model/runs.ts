// What each CPU runs when: from sched_switch, and from common_pid where a switch was not recorded. (Kernels exist that never
// record the switch out of idle on some CPU; the next events then carry the pid of a task that was never switched in.)

import type { StreamColumns } from '../columns/event-table.js'
import { RunState, SpanFlag } from '../thread/contract.js'
import type { MachineIndex } from '../units.js'
import { IntervalWriter, type Intervals } from './intervals.js'

/** State of the task that leaves the CPU at the end of a run: a PrevState, or this where no switch was recorded. */
export const NotRecorded = 255

/**
 * After a recorded switch the old task is still "current" for a moment: what the kernel records between the tracepoint and the
 * switch itself (stack, TLB flush, function entries) carries its pid. Time units of the session: ns, or ticks of a TSC.
 */
const TAIL = 2000

export interface CpuOf {
  readonly machine: MachineIndex
  readonly cpu: number
  /** Streams of this CPU: every buffer, every file. */
  readonly streams: readonly StreamColumns[]
}

/** The CPUs of a set of streams, machine after machine, CPU after CPU. */
export function cpusOf(streams: readonly StreamColumns[]): CpuOf[] {
  const cpus = new Map<string, { machine: MachineIndex; cpu: number; streams: StreamColumns[] }>()
  for (const s of streams) {
    const key = `${s.machine}/${s.cpu}`
    const cpu = cpus.get(key) ?? { machine: s.machine, cpu: s.cpu, streams: [] }
    cpu.streams.push(s)
    cpus.set(key, cpu)
  }
  return [...cpus.values()].sort((a, b) => a.machine - b.machine || a.cpu - b.cpu)
}

interface Cursor {
  readonly stream: StreamColumns
  /** File-local types whose events belong to the event before them (stacks). */
  readonly follows: Uint8Array
  row: number
  nextSwitch: number
  nextLost: number
}

/** Finds the runs of one CPU, also piece by piece while its streams grow. */
export class RunBuilder {
  count = 0
  /** Runs begun without a recorded switch, the first and those after lost events left out. */
  inferred = 0
  /** Of those, how many ended idleness. */
  inferredFromIdle = 0
  recorded = 0
  #t = new Float64Array(256)
  #pid = new Int32Array(256)
  #flags = new Uint8Array(256)
  /** PrevState of the task that leaves at the end of the run. */
  #out = new Uint8Array(256)
  #end = -Infinity
  #switchedAt = -Infinity
  #switchedOut = -1
  readonly #cursors: Cursor[]

  /** @param isFollower whether a session event type belongs to the event before it */
  constructor(
    readonly of: CpuOf,
    isFollower: (type: number) => boolean,
  ) {
    this.#cursors = of.streams.map((stream) => ({
      stream,
      follows: Uint8Array.from(stream.types, (type) => (isFollower(type) ? 1 : 0)),
      row: 0,
      nextSwitch: 0,
      nextLost: 0,
    }))
  }

  /**
   * Takes in the rows that were appended since the last call. With several streams, those later than what the slowest has
   * reached wait until `all` says that there is nothing more to come.
   */
  advance(all: boolean): void {
    while (true) {
      let first: Cursor | null = null
      let limit = Infinity
      for (const c of this.#cursors) {
        if (c.row >= c.stream.count) {
          if (all) continue
          if (this.#cursors.length > 1) return
          continue
        }
        const t = c.stream.t[c.row]!
        const best = first === null ? Infinity : first.stream.t[first.row]!
        if (first === null || t < best) {
          limit = Math.min(limit, best)
          first = c
        } else limit = Math.min(limit, t)
      }
      if (!first) return
      this.#walk(first, limit)
    }
  }

  /** Appends the runs as one row. */
  writeTo(writer: IntervalWriter): void {
    for (let i = 0; i < this.count; i++) {
      const pid = this.#pid[i]!
      writer.add(this.#t[i]!, pid, pid === 0 ? RunState.Idle : RunState.Running, this.#flags[i]!)
    }
    writer.endRow(this.#end)
  }

  /** PrevState (or NotRecorded) at the end of each run; the last one's is NotRecorded. */
  outcomes(): Uint8Array {
    return this.#out.slice(0, this.count)
  }

  /** Walks one stream until its time passes `limit`: at least one row. */
  #walk(c: Cursor, limit: number): void {
    const { t, pid, type, switchRow, count, lost, switches } = c.stream
    const follows = c.follows
    let row = c.row
    let switchAt = c.nextSwitch < switches ? switchRow[c.nextSwitch]! : -1
    let lostAt = c.nextLost < lost.length ? lost[c.nextLost]!.row : -1
    let current = this.count > 0 ? this.#pid[this.count - 1]! : -1
    do {
      const p = pid[row]!
      if (row === switchAt || row === lostAt || p !== current) {
        const flag = row === lostAt ? SpanFlag.Lost : 0
        if (flag) {
          if (this.count > 0) this.#flags[this.count - 1]! |= SpanFlag.Lost
          while (c.nextLost < lost.length && lost[c.nextLost]!.row <= row) c.nextLost++
          lostAt = c.nextLost < lost.length ? lost[c.nextLost]!.row : -1
        }
        if (row === switchAt) {
          this.#switch(t[row]!, p, c.stream.switchNext[c.nextSwitch]!, c.stream.switchState[c.nextSwitch]!, flag)
          switchAt = ++c.nextSwitch < switches ? switchRow[c.nextSwitch]! : -1
        } else if (p !== current && follows[type[row]!] === 0) this.#contradiction(t[row]!, p, flag)
        current = this.count > 0 ? this.#pid[this.count - 1]! : -1
      }
      row++
    } while (row < count && t[row]! <= limit)
    this.#end = Math.max(this.#end, t[row - 1]!)
    c.row = row
  }

  #switch(t: number, prev: number, next: number, state: number, flag: number): void {
    const current = this.count > 0 ? this.#pid[this.count - 1]! : -1
    if (prev !== current) {
      // The same switch, recorded into a second buffer.
      if (next === current && this.#isTail(prev, t)) return
      this.#contradiction(t, prev, flag)
    }
    this.recorded++
    this.#switchedAt = t
    this.#switchedOut = prev
    if (next === prev) return
    this.#out[this.count - 1] = state
    this.#start(t, next, 0)
  }

  /** An event of `pid` although another task should be running. */
  #contradiction(t: number, pid: number, flag: number): void {
    if (this.#isTail(pid, t)) return
    const known = this.count > 0
    if (known && flag === 0) {
      this.inferred++
      if (this.#pid[this.count - 1] === 0) this.inferredFromIdle++
    }
    this.#start(t, pid, SpanFlag.Inferred | flag)
  }

  #isTail(pid: number, t: number): boolean {
    return pid === this.#switchedOut && t - this.#switchedAt <= TAIL
  }

  #start(t: number, pid: number, flags: number): void {
    const i = this.count++
    if (i === this.#t.length) this.#grow()
    this.#t[i] = i > 0 ? Math.max(t, this.#t[i - 1]!) : t
    this.#pid[i] = pid
    this.#flags[i] = flags
    this.#out[i] = NotRecorded
  }

  #grow(): void {
    const n = this.#t.length * 2
    const t = new Float64Array(n)
    const pid = new Int32Array(n)
    const flags = new Uint8Array(n)
    const out = new Uint8Array(n)
    t.set(this.#t)
    pid.set(this.#pid)
    flags.set(this.#flags)
    out.set(this.#out)
    this.#t = t
    this.#pid = pid
    this.#flags = flags
    this.#out = out
  }
}

/** The runs of all CPUs of a session: row i belongs to cpus[i]. */
export interface Runs {
  readonly cpus: readonly CpuOf[]
  readonly intervals: Intervals
  /** PrevState or NotRecorded at the end of each interval; same index as intervals.t (0 at the end entries). */
  readonly outcome: Uint8Array
}

/** Row of runs of a machine's CPU, -1 = none. */
export const runRow = (runs: Runs, machine: MachineIndex, cpu: number): number =>
  runs.cpus.findIndex((c) => c.machine === machine && c.cpu === cpu)

/** Brings builders up to date with their streams and puts their runs together. */
export function collectRuns(builders: readonly RunBuilder[], all: boolean): Runs {
  for (const b of builders) b.advance(all)
  const writer = new IntervalWriter(builders.reduce((n, b) => n + b.count + 1, 0))
  for (const b of builders) b.writeTo(writer)
  const intervals = writer.finish()
  const outcome = new Uint8Array(intervals.t.length)
  builders.forEach((b, i) => outcome.set(b.outcomes(), intervals.first[i]))
  return { cpus: builders.map((b) => b.of), intervals, outcome }
}

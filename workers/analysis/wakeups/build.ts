// Wake-ups from their events and from the runs: all of them in one pass in the order of time, with the state of every task at hand.

import { mergeOrder } from '../../columns/merge.js'
import { PidIndex } from '../../model/pids.js'
import { NotRecorded, type Runs } from '../../model/runs.js'
import type { Session } from '../../model/session.js'
import { PrevState, WakeHow } from '../../readers/types.js'
import { Pacer } from '../../table/pause.js'
import { SpanFlag, WakeupMark, type OnProgress } from '../../thread/contract.js'
import { emptyWakeups, NONE, NONE_16, type Wakeups } from './columns.js'
import { contextOf, type WakeSide } from './read.js'

/** Somebody waits for the wake-ups themselves: longer than usual between two pauses, shorter than is felt on the timeline. */
const SLICE_MS = 40

interface Source {
  readonly t: Float64Array
  readonly count: number
  readonly play: (i: number) => void
}

/** Rejects with the signal's reason. */
export async function buildWakeups(
  session: Session,
  runs: Runs,
  sides: readonly WakeSide[],
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<Wakeups> {
  const capacity = sides.reduce((n, s) => n + (s.counts?.length ?? s.columns.wakes), 0)
  const builders = session.machines.map(() => new PidIndex())
  const builder = new Builder(capacity, builders)
  const sources = [
    ...sides.map((side): Source => {
      const { columns, counts } = side
      const count = counts?.length ?? columns.wakes
      const t = new Float64Array(count)
      for (let i = 0; i < count; i++) t[i] = columns.t[columns.wakeRow[counts ? counts[i]! : i]!]!
      return { t, count, play: (i) => builder.event(side, t[i]!, counts ? counts[i]! : i) }
    }),
    ...gapSources(session, builder),
    ...runs.cpus.map((c, row): Source => {
      const { first, t } = runs.intervals
      const from = first[row]!
      const count = Math.max(0, first[row + 1]! - from)
      return { t: t.subarray(from, from + count), count, play: (i) => builder.change(runs, row, c.machine, i) }
    }),
  ]
  await replay(sources, onProgress, signal)
  return builder.finish()
}

/** Entries of all sources in the order of time; of equal times those of the earlier source first. */
async function replay(sources: readonly Source[], onProgress?: OnProgress, signal?: AbortSignal): Promise<void> {
  const order = mergeOrder(sources)
  const starts: number[] = []
  sources.reduce((n, s) => (starts.push(n), n + s.count), 0)
  const pacer = new Pacer(signal, SLICE_MS)
  for (let i = 0; i < order.length; i++) {
    if ((i & 0xfff) === 0xfff && pacer.due()) {
      onProgress?.({ phase: 'analysing', done: i, total: order.length, unit: 'events' })
      await pacer.pause()
    }
    const id = order[i]!
    let lo = 0
    let hi = starts.length - 1
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1
      if (starts[mid]! <= id) lo = mid
      else hi = mid - 1
    }
    // Sources without entries share their start with the next.
    while (sources[lo]!.count === 0) lo--
    sources[lo]!.play(id - starts[lo]!)
  }
}

function gapSources({ table }: Session, builder: Builder): Source[] {
  return table.streams.flatMap((s): Source[] => {
    const rows = s.lost.filter((l) => l.row < s.count)
    if (rows.length === 0) return []
    const t = Float64Array.from(rows, (l) => s.t[l.row]!)
    return [{ t, count: t.length, play: () => builder.gap(s.machine) }]
  })
}

/** Why a task is on no CPU. */
const Off = { Unknown: 0, Runnable: 1, Blocked: 2 } as const

interface Tasks {
  readonly pids: PidIndex
  /** Row of the CPU it runs on, -1 = none. */
  readonly on: number[]
  readonly off: number[]
  /** Its latest wake-up that no run has followed yet, -1 = none. */
  readonly open: number[]
}

class Builder {
  readonly #w
  /** Wake-up of the same task that was open before this one, -1 = none. */
  readonly #before: Int32Array
  readonly #machines: Tasks[]

  constructor(capacity: number, pids: readonly PidIndex[]) {
    this.#w = emptyWakeups(capacity)
    this.#before = new Int32Array(capacity).fill(-1)
    this.#machines = pids.map((p) => ({ pids: p, on: [], off: [], open: [] }))
  }

  /** Ends what is open. */
  finish(): Wakeups {
    const w = this.#w
    for (let i = 0; i < w.count; i++) {
      if (w.runCpu[i] === NONE_16 && (w.marks[i]! & WakeupMark.WhileRunning) === 0) w.marks[i]! |= WakeupMark.NeverRan
      if (w.wakeupRow[i] === NONE) w.marks[i]! |= WakeupMark.NoWakeup
    }
    const n = w.count
    if (n === w.machine.length) return w
    const cut = Object.entries(w).map(([name, a]) => [name, ArrayBuffer.isView(a) ? (a as Uint8Array).slice(0, n) : a])
    return Object.fromEntries(cut) as unknown as Wakeups
  }

  /** Entry i of a stream's wake columns. */
  event(side: WakeSide, t: number, i: number): void {
    const { columns } = side
    const kind = columns.wakeHow[i]! & WakeHow.Kind
    const m = this.#machines[columns.machine]!
    const slot = slotOf(m, columns.wakePid[i]!)
    if (kind === WakeHow.Waking) this.#wake(m, slot, side, i, t)
    else if (kind === WakeHow.Migrate) this.#migrate(m, slot, columns.wakeCpu[i]!)
    else this.#activate(m, slot, side, i, t)
  }

  /** Entry i of a CPU's runs: one task leaves, another enters. */
  change(runs: Runs, row: number, machine: number, i: number): void {
    const { first, value, flags, t } = runs.intervals
    const m = this.#machines[machine]!
    const entry = first[row]! + i
    if (i > 0) this.#leave(m, row, value[entry - 1]!, runs.outcome[entry - 1]!)
    if (entry < first[row + 1]! - 1) this.#enter(m, row, entry, value[entry]!, flags[entry]!, t[entry]!)
  }

  gap(machine: number): void {
    const m = this.#machines[machine]!
    for (const open of m.open) for (let k = open; k >= 0; k = this.#before[k]!) this.#w.marks[k]! |= WakeupMark.Lost
  }

  #wake(m: Tasks, slot: number, { stream, columns }: WakeSide, i: number, t: number): void {
    const w = this.#w
    const k = w.count++
    const running = m.on[slot]! >= 0
    // A wake-up while it ran, and then it slept again all the same: that one only kept it from sleeping once.
    const old = m.open[slot]!
    if (!running && old >= 0 && w.marks[old]! & WakeupMark.WhileRunning) this.#drop(m, slot)
    let marks = 0
    if (running) marks |= WakeupMark.WhileRunning
    else if (m.off[slot] === Off.Runnable) marks |= WakeupMark.WhileRunnable
    if (m.open[slot]! >= 0) marks |= WakeupMark.Repeated
    const row = columns.wakeRow[i]!
    w.machine[k] = columns.machine
    w.wakee[k] = columns.wakePid[i]!
    w.waker[k] = columns.pid[row]!
    w.context[k] = contextOf(columns.wakeHow[i]!)
    w.marks[k] = marks
    w.wakingT[k] = t
    w.wakingStream[k] = stream
    w.wakingRow[k] = row
    w.cpuBefore[k] = columns.wakeCpu[i]!
    w.cpuAfter[k] = -1
    this.#before[k] = m.open[slot]!
    m.open[slot] = k
  }

  #activate(m: Tasks, slot: number, side: WakeSide, i: number, t: number): void {
    const w = this.#w
    const { columns, stream } = side
    const cpu = columns.wakeCpu[i]!
    const isNew = (columns.wakeHow[i]! & WakeHow.Kind) === WakeHow.WakeupNew
    let k = isNew ? -1 : m.open[slot]!
    while (k >= 0 && w.wakeupRow[k] !== NONE) k = this.#before[k]!
    if (k < 0) {
      this.#wake(m, slot, side, i, t)
      k = m.open[slot]!
      w.marks[k]! |= isNew ? WakeupMark.New | WakeupMark.NoWaking : WakeupMark.NoWaking
      w.cpuBefore[k] = -1
    }
    w.wakeupT[k] = t
    w.wakeupStream[k] = stream
    w.wakeupRow[k] = columns.wakeRow[i]!
    w.cpuAfter[k] = cpu
    const from = w.cpuBefore[k]!
    if (from >= 0 && cpu >= 0 && from !== cpu) w.marks[k]! |= WakeupMark.Migrated
    // Still on its CPU when its wake-up is over: it never left.
    if (m.on[slot]! >= 0) this.#drop(m, slot)
  }

  /** Counts as part of a wake-up that is not over. */
  #migrate(m: Tasks, slot: number, to: number): void {
    const w = this.#w
    const k = m.open[slot]!
    if (k < 0 || w.wakeupRow[k] !== NONE) return
    w.marks[k]! |= WakeupMark.Migrated
    w.cpuAfter[k] = to
  }

  /** Nothing that is open had an effect on what the task did. */
  #drop(m: Tasks, slot: number): void {
    for (let k = m.open[slot]!; k >= 0; k = this.#before[k]!) this.#w.marks[k]! |= WakeupMark.WhileRunning
    m.open[slot] = -1
  }

  #leave(m: Tasks, row: number, pid: number, outcome: number): void {
    if (pid <= 0) return
    const slot = slotOf(m, pid)
    // It has been seen on another CPU meanwhile.
    if (m.on[slot] !== row) return
    m.on[slot] = -1
    const runnable = outcome === PrevState.Runnable
    m.off[slot] = runnable ? Off.Runnable : outcome === NotRecorded ? Off.Unknown : Off.Blocked
    const k = m.open[slot]!
    if (k < 0) return
    // Woken while it was on its way out: what follows is that wake-up's work. Still able to run: it needed no wake-up.
    if (runnable || outcome === PrevState.Dead) this.#drop(m, slot)
    else for (let j = k; j >= 0; j = this.#before[j]!) this.#w.marks[j]! &= ~WakeupMark.WhileRunning
  }

  #enter(m: Tasks, row: number, entry: number, pid: number, flags: number, t: number): void {
    if (pid <= 0) return
    const slot = slotOf(m, pid)
    m.on[slot] = row
    const w = this.#w
    for (let k = m.open[slot]!; k >= 0; k = this.#before[k]!) {
      w.runT[k] = t
      w.runCpu[k] = row
      w.runEntry[k] = entry
      if (flags & SpanFlag.Inferred) w.marks[k]! |= WakeupMark.RunInferred
    }
    m.open[slot] = -1
  }
}

function slotOf(m: Tasks, pid: number): number {
  const slot = m.pids.add(pid)
  if (slot === m.on.length) {
    m.on.push(-1)
    m.off.push(Off.Unknown)
    m.open.push(-1)
  }
  return slot
}

// Latencies task by task, as `perf sched latency` sums them.

import type { WakeupTasks } from '../../thread/contract.js'
import { machineIndex, sessionTime } from '../../units.js'
import { latencyOf, type Wakeups } from './columns.js'
import type { Rows } from './rows.js'

interface Sum {
  readonly machine: number
  readonly pid: number
  runs: number
  total: number
  slowest: number
}

export function byTask(w: Wakeups, rows: Rows, selected: Uint32Array, limit: number, version: number): WakeupTasks {
  const sums = new Map<number, Sum>()
  for (const i of selected) {
    const latency = latencyOf(w, i)
    if (latency !== latency) continue
    const machine = w.machine[i]!
    const pid = w.wakee[i]!
    const key = pid * 256 + machine
    const sum = sums.get(key)
    if (!sum) sums.set(key, { machine, pid, runs: 1, total: latency, slowest: i })
    else {
      sum.runs++
      sum.total += latency
      if (latency > latencyOf(w, sum.slowest)) sum.slowest = i
    }
  }
  const sorted = [...sums.values()].sort((a, b) => latencyOf(w, b.slowest) - latencyOf(w, a.slowest))
  return {
    version,
    count: sorted.length,
    tasks: sorted.slice(0, limit).map((s) => ({
      task: rows.actor(machineIndex(s.machine), s.pid),
      runs: s.runs,
      total: s.total,
      mean: s.total / s.runs,
      max: latencyOf(w, s.slowest),
      slowest: s.slowest,
      at: sessionTime(w.wakingT[s.slowest]!),
    })),
  }
}

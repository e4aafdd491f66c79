// The whole session at a glance: events and busy share per column and machine.

import type { EventTable } from '../columns/event-table.js'
import { lastAtOrBefore } from '../model/intervals.js'
import type { Runs } from '../model/runs.js'
import type { Overview } from '../thread/contract.js'
import { sessionTime } from '../units.js'
import { Columns } from './frame.js'
import type { Pyramid } from './pyramid.js'
import { seek } from './seek.js'
import { share } from './spans.js'

export function buildOverview(
  table: EventTable,
  runs: Runs,
  pyramid: Pyramid,
  machines: number,
  columns: Columns,
): Overview {
  const n = columns.count
  const density = new Uint32Array(machines * n)
  for (const s of table.streams) {
    const time = (i: number): number => s.t[i]!
    let at = seek(time, 0, s.count, columns.from)
    while (at < s.count && time(at) <= columns.to) {
      const column = columns.of(time(at))
      const end = column === n - 1 ? Infinity : columns.start(column + 1)
      const next = Math.max(at + 1, seek(time, at, s.count, end))
      density[s.machine * n + column]! += next - at
      at = next
    }
  }
  const active = new Float64Array(machines * n)
  const cpus = new Uint32Array(machines)
  runs.cpus.forEach((cpu, row) => {
    cpus[cpu.machine]!++
    let before = activeBefore(pyramid, row, columns.from)
    for (let c = 0; c < n; c++) {
      const upTo = activeBefore(pyramid, row, columns.start(c + 1))
      active[cpu.machine * n + c]! += upTo - before
      before = upTo
    }
  })
  const busy = new Uint8Array(machines * n)
  for (let i = 0; i < busy.length; i++) {
    busy[i] = share(active[i]!, columns.width * cpus[Math.floor(i / n)]!, active[i]! > 0)
  }
  return { from: sessionTime(columns.from), to: sessionTime(columns.to), columns: n, density, busy }
}

/** Active time of a row before `time`. */
function activeBefore(pyramid: Pyramid, row: number, time: number): number {
  const { first, t } = pyramid.of
  const lo = first[row]!
  const end = first[row + 1]! - 1
  if (end <= lo || time <= t[lo]!) return 0
  const i = lastAtOrBefore(t, lo, end, time)
  const within = pyramid.busy(i) ? Math.min(time, t[i + 1]!) - t[i]! : 0
  return pyramid.busyBefore(row, i) + within
}

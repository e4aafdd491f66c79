// The whole session at a glance: events and busy share per column and machine.

import type { EventTable } from '../columns/event-table.js'
import type { Runs } from '../model/runs.js'
import type { Overview } from '../thread/contract.js'
import { sessionTime } from '../units.js'
import type { BusyTime } from './busy.js'
import type { Columns } from './frame.js'
import { share } from './pyramid.js'
import { seek } from './seek.js'

export function buildOverview(
  table: EventTable,
  runs: Runs,
  busyTime: BusyTime,
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
    let before = busyTime.before(row, columns.from)
    for (let c = 0; c < n; c++) {
      const upTo = busyTime.before(row, columns.start(c + 1))
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

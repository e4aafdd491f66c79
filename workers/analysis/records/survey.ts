// What the files of records of a session hold.

import { unameOf, type Session } from '../../model/session.js'
import type { ClocksourceInfo, RecordFileInfo } from '../../thread/contract.js'
import type { WakeRecords } from '../../model/wake-record.js'
import { machineIndex, sessionTime, type SessionTime } from '../../units.js'
import { recordTimes, type JoinedRecords } from './join.js'

export function surveyRecords(session: Session, joined: JoinedRecords): RecordFileInfo[] {
  return session.files.flatMap((file, f): RecordFileInfo[] => {
    const all = file.wakeRecords
    if (!all) return []
    const machine = session.machines.find((m) => m.files.includes(f))!
    const uname = unameOf(session, machine.machine)
    const report = joined.reports.find((r) => r.file === f)!
    const { wakes: w, header } = all
    const number = (x: number): number | null => (Number.isNaN(x) ? null : x)
    const count = (column: ArrayLike<number>): number => {
      let n = 0
      for (let i = 0; i < w.count; i++) if (column[i]! >= 0) n++
      return n
    }
    return [
      {
        file: f,
        name: file.meta.name,
        machine: machineIndex(machine.machine),
        hostname: header.machine,
        kernel: header.kernel,
        flags: all.flagNames.usual(uname)?.name ?? null,
        chosen: all.flagNames.chosen?.name ?? null,
        records: all.records.count,
        wakes: w.count,
        withId: w.id.reduce((n, id) => (id === 0n ? n : n + 1), 0),
        withEntry: count(w.flagsEntry),
        withActivation: count(w.flagsActivate),
        withStack: count(w.stack),
        withRead: count(w.readFunction),
        expected: report.wakes,
        joined: report.joined,
        near: report.near,
        median: number(report.median),
        p99: number(report.p99),
        absent: header.absent,
        lost: header.lost.reduce((n, l) => n + l.records, 0),
        settings: header.settings,
        clocksources: clocksourcesOf(session, f, all),
      },
    ]
  })
}

function clocksourcesOf(session: Session, file: number, all: WakeRecords): ClocksourceInfo[] {
  if (all.clocksources.length === 0) return []
  const times = recordTimes(session, file, all)
  const at = (record: number): SessionTime | null => {
    const t = record < 0 ? Number.NaN : times[record]!
    return Number.isNaN(t) ? null : sessionTime(t)
  }
  return all.clocksources.map((c) => ({
    to: c.to,
    entry: at(c.entry),
    change: at(c.change),
    firstRead: at(c.firstRead),
    recalculation: at(c.recalculation),
    frames: c.stack < 0 ? [] : [...all.stacks[c.stack]!].map((s) => all.strings[s]!),
    inferred: c.inferred,
  }))
}

// Stack clusters of a selection of a session's wake-ups: stacks of the recording or of records, flags of records, deltas of both.

import { unameOf, type Session } from '../../model/session.js'
import type { ClusterQuery, ClusterShare, DeltaFigures, WakeupClusters } from '../../thread/contract.js'
import { RequestError } from '../../fault.js'
import { machineIndex } from '../../units.js'
import { usualSettings } from '../stacks/cluster.js'
import { DELTAS, deltasOf, Observations } from '../stacks/observe.js'
import { reportClusters, type Share } from '../stacks/report.js'
import type { Figures } from '../statistics/describe.js'
import { latencyOf, type Wakeups } from '../wakeups/columns.js'
import { migratedOf } from '../wakeups/select.js'
import type { StackIndex } from '../wakeups/stacks/index.js'
import type { WakeRecords } from '../../model/wake-record.js'
import { recordTimes, ticksPerNs, type JoinedRecords } from './join.js'

/** Clusters of the wake-ups `selected`, which ascend. */
export function clusterWakeups(
  session: Session,
  w: Wakeups,
  joined: JoinedRecords,
  index: StackIndex,
  selected: Uint32Array,
  query: ClusterQuery,
): WakeupClusters {
  const settings = {
    cut: share('cut', query.cut, usualSettings.cut),
    jaccard: share('jaccard', query.jaccard, usualSettings.jaccard),
    prefix: query.end ?? usualSettings.prefix,
    delta: query.delta,
  }
  const alone = filesAlone(session, w, query.filter)
  const machines = [...new Set([...Array.from(selected, (i) => w.machine[i]!), ...alone.map((a) => a.machine)])]
  machines.sort((a, b) => a - b)
  // Files of records alone whose headers name the same machine are runs of it.
  const named = new Map(alone.map((a) => [a.machine, a.records.header.machine]))
  const keys = machines.map((m) => named.get(machineIndex(m)) || m)
  const sides = [...new Set(keys)]
  const sideOf = (machine: number): number => sides.indexOf(keys[machines.indexOf(machine)]!)
  const observations = new Observations()
  const run = observations.run(session.files.map((f) => f.meta.name).join(' + '))
  const unames = session.machines.map((m) => unameOf(session, m.machine))
  const signatures = index.stacks.map(() => -1)
  const members: number[] = []
  for (const i of selected) {
    const stack = index.of[i]!
    if (stack >= 0 && signatures[stack]! < 0) signatures[stack] = observations.signature(index.stacks[stack]!)
    const side = sideOf(w.machine[i]!)
    const ref = joined.of(i)
    const records = ref && session.files[ref.file]!.wakeRecords!
    const flags = (): number => {
      const derived = migratedOf(w, i)
      const table = records ? records.flagNames.table(unames[w.machine[i]!]) : null
      return observations.constellation(
        records?.wakes.flagsEntry[ref!.wake] ?? -1,
        records?.wakes.flagsActivate[ref!.wake] ?? -1,
        derived === null ? -1 : derived ? 1 : 0,
        table,
      )
    }
    const deltas = (): number[] => {
      const told = records ? deltasOf(records, ref!.wake) : DELTAS.map(() => Number.NaN)
      const perNs = session.unit === 'ns' ? 1 : ticksPerNs(session, w.machine[i]!)
      const traced = [Number.NaN, latencyOf(w, i), w.wakeupT[i]! - w.wakingT[i]!]
      // The recording's own times first: they are in one clock with all else that is shown.
      return told.map((ns, d) => (traced[d]! >= 0 ? traced[d]! : ns * perNs))
    }
    if (stack >= 0) members.push(i)
    observations.observe(run, side, stack < 0 ? -1 : signatures[stack]!, flags, deltas)
  }
  for (const { file, machine, records, keep } of alone) {
    const table = records.flagNames.table()
    observations.add(session.files[file]!.meta.name, sideOf(machine), records, keep, table)
  }
  const names = sides.map((key) => (typeof key === 'string' ? key : session.machines[key]!.name))
  const { clusterOf, ...report } = reportClusters(observations, names, settings)
  const wakeups = report.clusters.map((): number[] => [])
  members.forEach((i, k) => wakeups[clusterOf[observations.all[k]!.signature]!]!.push(i))
  return {
    version: session.version,
    delta: report.delta,
    sides: report.sides.map((s, k) => ({
      ...plain(s),
      machine: machineIndex(machines[keys.indexOf(sides[k]!)]!),
      name: s.name,
      without: s.without,
    })),
    clusters: report.clusters.map((c, k) => ({
      id: c.id,
      name: c.name,
      count: c.count,
      frames: c.frames,
      radius: c.radius,
      stacks: c.stacks,
      flags: c.flags.map((f) => ({ ...f, sides: f.sides.map(plain), deltas: figuresOf(f.deltas) })),
      sides: c.sides.map(plain),
      deltas: figuresOf(c.deltas),
      wakeups: Uint32Array.from(wakeups[k]!),
    })),
  }
}

interface FileAlone {
  readonly file: number
  readonly machine: number
  readonly records: WakeRecords
  readonly keep: (wake: number) => boolean
}

/**
 * Files of records of machines whose recording tells of no wake-up, or that have no recording: their own wake-ups are looked at.
 * Of the filter, machines, range and woken tasks can be held against them; whatever else it asks for they do not pass.
 */
function filesAlone(session: Session, w: Wakeups, filter: ClusterQuery['filter']): FileAlone[] {
  const { machines, from = -Infinity, to = Infinity, wakees, ...other } = filter
  if (Object.values(other).some((v) => v !== undefined)) return []
  const traced = new Set(w.machine.subarray(0, w.count))
  return session.files.flatMap((f, file): FileAlone[] => {
    const machine = session.machines.find((m) => m.files.includes(file))!.machine
    const records = f.wakeRecords
    if (!records || traced.has(machine) || (machines && !machines.includes(machine))) return []
    const times = recordTimes(session, file, records)
    const keep = (wake: number): boolean => {
      const t = times[records.wakes.first[wake]!]!
      const pid = records.wakes.pid[wake]!
      return t >= from && t <= to && (!wakees || wakees.some((x) => x.machine === machine && x.pid === pid))
    }
    return [{ file, machine, records, keep }]
  })
}

const plain = ({ count, share: of, deltas }: Share): ClusterShare => ({ count, share: of, deltas: figuresOf(deltas) })

function figuresOf(f: Figures | null): DeltaFigures | null {
  if (!f) return null
  const { n, mean, sd, median, mad, iqr, min, max, percentiles } = f
  return { n, mean, sd, median, mad, iqr, min, max, percentiles }
}

function share(name: string, value: number | undefined, usual: number): number {
  if (value === undefined) return usual
  if (!(value >= 0 && value <= 1))
    throw new RequestError(`The ${name} of clusters lies between 0 and 1, not at ${value}.`)
  return value
}

// Second pass: all events that change a state, in the order of time, through the handlers into the rows of physical CPUs and
// vCPUs. What it takes is proportional to the changes, not to the events.

import { wakingsOf } from '../../columns/event-table.js'
import { mergeOrder } from '../../columns/merge.js'
import { FusedState } from '../../thread/contract.js'
import type { FusedLabel, FusedTrack } from '../../thread/contract.js'
import type { Steps } from '../../steps.js'
import { machineIndex, type MachineIndex } from '../../units.js'
import { intervalBytes, type Intervals } from '../intervals.js'
import { NotRecorded, type Runs } from '../runs.js'
import type { Session } from '../session.js'
import { commOf, trackId } from '../tracks.js'
import { MarkKind } from './handlers/marks.js'
import { irqEntry, irqExit, softirqEntry, softirqExit } from './handlers/irq.js'
import { entry, exit, nested, run, userExit } from './handlers/kvm.js'
import { gap, gapEnd, migrate, switchTo, wake } from './handlers/sched.js'
import { syscallEnter, syscallExit } from './handlers/syscalls.js'
import { Labels } from './labels.js'
import { RowLog } from './log.js'
import { findRoles, type VcpuRole } from './roles.js'
import type { Side, SideColumns } from './side.js'
import { World, type Cpu, type Vcpu } from './world.js'

export interface FusedVcpu extends VcpuRole {
  readonly row: number
  readonly missing: { readonly entries: number; readonly exits: number }
}
export interface FusedPcpu {
  readonly row: number
  readonly machine: MachineIndex
  readonly cpu: number
}

/** Physical CPUs first, then vCPUs, outer ones before those that run upon them. Each row's states partition from .. to. */
export interface FusedModel {
  readonly from: number
  readonly to: number
  /** state = FusedState, value = index of `labels`, flags = SpanFlag and ExitFlag. */
  readonly intervals: Intervals
  readonly pcpus: readonly FusedPcpu[]
  readonly vcpus: readonly FusedVcpu[]
  /** Row r is drawn as tracks[r]. */
  readonly tracks: readonly FusedTrack[]
  readonly labels: readonly FusedLabel[]
  /** Where further labels come from. */
  readonly labelOf: Labels
  readonly nameOf: (machine: MachineIndex, pid: number) => string
  /** State changes that were looked at. */
  readonly changes: number
  /** Of the rows, and of what they are made from. */
  readonly bytes: number
}

/** Changes from one pause to the next. */
const PACE = 1 << 14

interface Source {
  readonly t: Float64Array
  readonly count: number
  readonly play: (i: number) => void
}

export function* fuse(session: Session, runs: Runs, side: Side): Steps<FusedModel> {
  const { machines, files } = session
  const roles = findRoles(session, runs, side)
  const hosts = new Set(roles.map((r) => r.host))
  const involved = new Set<number>([...hosts, ...roles.flatMap((r) => (r.guest === null ? [] : [r.guest]))])
  const pcpus: FusedPcpu[] = []
  for (const c of runs.cpus) {
    if (hosts.has(c.machine) && machines[c.machine]!.parent === null) {
      pcpus.push({ row: pcpus.length, machine: c.machine, cpu: c.cpu })
    }
  }
  const labels = new Labels(files, machines)
  const log = new RowLog(pcpus.length + roles.length, session.from, FusedState.Unknown)
  const vcpus = roles.map((r, i) => vcpuOf(r, pcpus.length + i))
  const cpus = runs.cpus.map((c): Cpu => {
    const vcpu = vcpus.find((_, i) => roles[i]!.guest === c.machine && roles[i]!.vcpu === c.cpu) ?? null
    const row = pcpus.find((p) => p.machine === c.machine && p.cpu === c.cpu)?.row ?? -1
    const cpu: Cpu = {
      machine: c.machine,
      cpu: c.cpu,
      row,
      vcpu,
      pid: -1,
      inferred: false,
      lost: false,
      seat: null,
      irqs: [],
      softirq: -1,
      waiting: new Set(),
    }
    if (vcpu) vcpu.guest = cpu
    return cpu
  })
  const world = new World(labels, log, side.texts, cpus, vcpus)
  const sources = [
    ...runs.cpus.flatMap((c, row) => (involved.has(c.machine) ? [runSource(world, cpus[row]!, runs, row)] : [])),
    ...wakeSources(world, session, hosts),
    ...side.streams.flatMap((s) =>
      involved.has(session.table.streams[s.stream]!.machine) ? [markSource(world, session, s)] : [],
    ),
    ...runs.cpus.flatMap((c, row) => (involved.has(c.machine) ? [cpuEnd(world, cpus[row]!, runs, row)] : [])),
    ...machineEnds(world, session, runs, hosts),
  ]
  yield
  const changes = yield* replay(sources, log)
  const intervals = log.finish(session.to)
  const fusedVcpus = roles.map((r, i): FusedVcpu => ({ ...r, row: vcpus[i]!.row, missing: vcpus[i]!.missing }))
  return {
    from: session.from,
    to: session.to,
    intervals,
    pcpus,
    vcpus: fusedVcpus,
    tracks: [...pcpus.map(pcpuTrack), ...fusedVcpus.map((v) => vcpuTrack(session, v))],
    labels: labels.all,
    labelOf: labels,
    nameOf: (machine, pid) => labels.name(machine, pid),
    changes,
    bytes: intervalBytes(intervals) + labels.bytes + side.bytes,
  }
}

function vcpuOf(r: VcpuRole, row: number): Vcpu {
  return {
    row,
    host: r.host,
    tid: r.tid,
    owner: r.guest ?? r.host,
    guest: null,
    split: r.split,
    hasRun: r.hasRun,
    on: null,
    off: FusedState.Unknown,
    offBy: -1,
    waitsOn: null,
    mode: !r.split ? 'unsplit' : r.startsInGuest ? 'guest' : 'kernel',
    reason: -1,
    userReason: -1,
    nestedReason: -1,
    nested: 0,
    early: false,
    seen: false,
    lost: 'no',
    missing: { entries: 0, exits: 0 },
  }
}

/** The changes of all sources in the order of time; of equal times those of the earlier source first. */
function* replay(sources: readonly Source[], log: RowLog): Steps<number> {
  const order = mergeOrder(sources)
  yield
  const starts: number[] = []
  let total = 0
  for (const s of sources) {
    starts.push(total)
    total += s.count
  }
  const play = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
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
      const source = sources[lo]!
      const k = id - starts[lo]!
      const t = source.t[k]!
      if (t > log.now) log.now = t
      source.play(k)
    }
  }
  for (let i = 0; i < order.length; i += PACE) {
    play(i, Math.min(order.length, i + PACE))
    yield
  }
  return total
}

/** The runs of one CPU, but for the end of the last. */
function runSource(world: World, cpu: Cpu, { intervals: x, outcome }: Runs, row: number): Source {
  const lo = x.first[row]!
  const hi = Math.max(lo, x.first[row + 1]! - 1)
  return {
    t: x.t.subarray(lo, hi),
    count: hi - lo,
    play: (i) => {
      const before = i === 0 ? NotRecorded : outcome[lo + i - 1]!
      switchTo(world, cpu, x.value[lo + i]!, before, x.flags[lo + i]!)
    },
  }
}

/** After its last event nothing is known of a CPU. */
function cpuEnd(world: World, cpu: Cpu, { intervals: x }: Runs, row: number): Source {
  const last = x.first[row + 1]! - 1
  const some = last >= x.first[row]!
  return {
    t: x.t.subarray(last, some ? last + 1 : last),
    count: some ? 1 : 0,
    play: () => {
      cpu.irqs.length = 0
      cpu.softirq = -1
      switchTo(world, cpu, -1, NotRecorded, 0)
    },
  }
}

/** Where a machine's recording ends, nothing more is known of its threads. */
function machineEnds(world: World, { machines }: Session, runs: Runs, hosts: ReadonlySet<number>): Source[] {
  return machines.flatMap((m): Source[] => {
    if (!hosts.has(m.machine)) return []
    const ends = runs.cpus.flatMap((c, row) => {
      const last = runs.intervals.first[row + 1]! - 1
      return c.machine === m.machine && last >= runs.intervals.first[row]! ? [runs.intervals.t[last]!] : []
    })
    if (ends.length === 0) return []
    const play = (): void => {
      for (const v of world.vcpus) {
        if (v.host !== m.machine || v.on) continue
        v.off = FusedState.Unknown
        v.offBy = -1
        world.changedVcpu(v)
      }
    }
    return [{ t: Float64Array.of(Math.max(...ends)), count: 1, play }]
  })
}

/** Wake-ups of vCPU threads. */
function wakeSources(world: World, { table }: Session, hosts: ReadonlySet<number>): Source[] {
  return table.streams.flatMap((s): Source[] => {
    if (!hosts.has(s.machine)) return []
    const { t, pid } = wakingsOf(s)
    const rows: number[] = []
    for (let i = 0; i < t.length; i++) if (world.seatOf(s.machine, pid[i]!)) rows.push(i)
    if (rows.length === 0) return []
    return [
      {
        t: Float64Array.from(rows, (i) => t[i]!),
        count: rows.length,
        play: (i) => wake(world, world.seatOf(s.machine, pid[rows[i]!]!)!),
      },
    ]
  })
}

function markSource(world: World, { table }: Session, s: SideColumns): Source {
  const stream = table.streams[s.stream]!
  const cpu = world.cpuOf(stream.machine, stream.cpu)!
  const t = new Float64Array(s.count)
  for (let i = 0; i < s.count; i++) t[i] = stream.t[s.row[i]!]!
  const play = (i: number): void => {
    const kind = s.kind[i]!
    const a = s.a[i]!
    const pid = stream.pid[s.row[i]!]!
    switch (kind) {
      case MarkKind.IrqEntry:
        return irqEntry(world, cpu, a)
      case MarkKind.IrqExit:
        return irqExit(world, cpu)
      case MarkKind.SoftirqEntry:
        return softirqEntry(world, cpu, a)
      case MarkKind.SoftirqExit:
        return softirqExit(world, cpu)
      case MarkKind.SyscallEnter:
        return syscallEnter(world, cpu, pid, a)
      case MarkKind.SyscallExit:
        return syscallExit(world, cpu, pid)
      case MarkKind.Migrate:
        return migrate(world, cpu, a, s.b[i]!)
      case MarkKind.Gap:
        return gap(world, cpu)
      case MarkKind.GapEnd:
        return gapEnd(world, cpu, pid)
    }
    const v = world.seatOf(stream.machine, pid)
    if (!v) return
    if (kind === MarkKind.Entry) entry(world, v)
    else if (kind === MarkKind.Exit) exit(world, v, a)
    else if (kind === MarkKind.UserExit) userExit(world, v, a)
    else if (kind === MarkKind.Run) run(world, v)
    else if (kind === MarkKind.NestedEnter) nested(world, v, 2, -1)
    else if (kind === MarkKind.NestedLeave) nested(world, v, 1, a)
  }
  return { t, count: s.count, play }
}

const pcpuTrack = (p: FusedPcpu): FusedTrack => ({
  id: `m${p.machine}/pcpu${p.cpu}`,
  kind: 'pcpu',
  machine: p.machine,
  label: `CPU ${p.cpu}`,
  cpu: p.cpu,
  cpuTrack: trackId({ kind: 'cpu', machine: p.machine, cpu: p.cpu }),
  vcpu: null,
})

function vcpuTrack({ files, machines }: Session, v: FusedVcpu): FusedTrack {
  const name = v.vcpu < 0 ? 'vCPU' : `vCPU ${v.vcpu}`
  const open = v.guest !== null && machines[v.guest]!.cpus.includes(v.vcpu)
  return {
    id: `m${v.host}/vcpu/${v.tid}`,
    kind: 'vcpu',
    machine: v.guest ?? v.host,
    label: v.guest === null ? `${name} (${commOf(files, machines[v.host]!, v.tid)}-${v.tid})` : name,
    cpu: v.vcpu,
    cpuTrack: open ? trackId({ kind: 'cpu', machine: machineIndex(v.guest), cpu: v.vcpu }) : null,
    vcpu: {
      host: v.host,
      tid: v.tid,
      guest: v.guest,
      threadTrack: trackId({ kind: 'task', machine: v.host, pid: v.tid }),
      by: v.by,
      split: v.split,
      level: v.level,
    },
  }
}

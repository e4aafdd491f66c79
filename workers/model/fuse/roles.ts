// First pass: which threads are vCPUs, and of whom. Known before any state is built, so that no early state is lost.

import { gatherEvidence, type Scene } from '../../clocks/estimate/gather.js'
import type { MachineInfo } from '../../thread/contract.js'
import type { MachineIndex } from '../../units.js'
import type { Runs } from '../runs.js'
import type { Session } from '../session.js'
import { MarkKind } from './handlers/marks.js'
import type { Side } from './side.js'

export interface VcpuRole {
  readonly host: MachineIndex
  readonly tid: number
  readonly guest: MachineIndex | null
  /** Number of the vCPU, -1 = not known. */
  readonly vcpu: number
  readonly by: 'GUEST option' | 'thread name' | 'kvm_entry'
  /** 1 = guest of the physical machine, 2 = guest of a guest. */
  readonly level: number
  readonly split: boolean
  readonly hasRun: boolean
  /** Its first kvm event leaves the guest: it was in there from the start. */
  readonly startsInGuest: boolean
}

const VCPU_THREAD = /^CPU (\d+)\/(?:KVM|TCG)$/

/** What the kvm events say of one thread. */
interface Witness {
  vcpu: number
  entries: number
  exits: number
  hasRun: boolean
  first: number
  firstIsExit: boolean
}

export function findRoles(session: Session, runs: Runs, side: Side): VcpuRole[] {
  const { machines, files } = session
  const witnesses = collectWitnesses(session, side)
  const levelOf = (m: MachineIndex): number => {
    const { parent } = machines[m]!
    return parent === null ? 0 : 1 + levelOf(parent)
  }
  const roles: VcpuRole[] = []
  const taken = new Set<string>()
  const add = (host: MachineIndex, tid: number, guest: MachineIndex | null, vcpu: number, by: VcpuRole['by']): void => {
    const key = `${host}/${tid}`
    if (taken.has(key)) return
    taken.add(key)
    const w = witnesses[host]?.get(tid)
    roles.push({
      host,
      tid,
      guest,
      vcpu,
      by,
      level: levelOf(host) + 1,
      split: w !== undefined && w.entries > 0 && w.exits > 0,
      hasRun: w?.hasRun ?? false,
      startsInGuest: w?.firstIsExit ?? false,
    })
  }
  const seatTaken = (guest: MachineIndex, vcpu: number): boolean =>
    roles.some((r) => r.guest === guest && r.vcpu === vcpu)
  const guests = machines.filter((m) => m.parent !== null)
  for (const g of guests)
    for (const v of g.vcpus) if (v.tid > 0) add(g.parent!, v.tid, g.machine, v.cpu, 'GUEST option')
  for (const g of guests) {
    if (g.vcpus.some((v) => v.tid > 0)) continue
    const { threads } = gatherEvidence(sceneOf(session, runs), g, offsetOf(session, g))
    for (const t of threads) if (!seatTaken(g.machine, t.vcpu)) add(g.parent!, t.tid, g.machine, t.vcpu, t.by)
  }
  for (const host of machines) {
    const own = guests.filter((g) => g.parent === host.machine)
    const claim = (tid: number, vcpu: number, by: VcpuRole['by']): void => {
      // Whose it is can be told where one guest alone lacks such a vCPU.
      const open = own.filter((g) => g.cpus.includes(vcpu) && !seatTaken(g.machine, vcpu))
      add(host.machine, tid, own.length === 1 && open.length === 1 ? open[0]!.machine : null, vcpu, by)
    }
    for (const [tid, w] of witnesses[host.machine] ?? []) {
      if (w.entries + w.exits > 0 && !taken.has(`${host.machine}/${tid}`)) claim(tid, w.vcpu, 'kvm_entry')
    }
    const seen = tasksThatRan(runs, host.machine)
    for (const f of host.files) {
      for (const [tid, comm] of files[f]!.meta.comms) {
        const match = VCPU_THREAD.exec(comm)
        // The list of names outlives the threads in it.
        if (match && !taken.has(`${host.machine}/${tid}`) && seen.has(tid)) {
          add(host.machine, tid, null, Number(match[1]), 'thread name')
        }
      }
    }
  }
  return roles.sort(
    (a, b) =>
      a.level - b.level || a.host - b.host || (a.guest ?? 1e9) - (b.guest ?? 1e9) || a.vcpu - b.vcpu || a.tid - b.tid,
  )
}

function tasksThatRan({ cpus, intervals: x }: Runs, machine: MachineIndex): Set<number> {
  const pids = new Set<number>()
  cpus.forEach((c, row) => {
    if (c.machine !== machine) return
    for (let i = x.first[row]!; i < x.first[row + 1]! - 1; i++) pids.add(x.value[i]!)
  })
  return pids
}

function collectWitnesses({ table, machines }: Session, side: Side): Map<number, Witness>[] {
  const witnesses = machines.map(() => new Map<number, Witness>())
  for (const s of side.streams) {
    const stream = table.streams[s.stream]!
    const own = witnesses[stream.machine]!
    for (let i = 0; i < s.count; i++) {
      const kind = s.kind[i]!
      if (kind !== MarkKind.Entry && kind !== MarkKind.Exit && kind !== MarkKind.Run) continue
      const row = s.row[i]!
      const tid = stream.pid[row]!
      let w = own.get(tid)
      if (!w) {
        own.set(tid, (w = { vcpu: -1, entries: 0, exits: 0, hasRun: false, first: Infinity, firstIsExit: false }))
      }
      if (kind === MarkKind.Run) {
        w.hasRun = true
        continue
      }
      if (kind === MarkKind.Entry) {
        w.entries++
        if (w.vcpu < 0) w.vcpu = s.a[i]!
      } else w.exits++
      if (stream.t[row]! < w.first) {
        w.first = stream.t[row]!
        w.firstIsExit = kind === MarkKind.Exit
      }
    }
  }
  return witnesses
}

const sceneOf = (session: Session, runs: Runs): Scene => ({
  files: session.files,
  machines: session.machines,
  streams: session.table.streams,
  eventTypes: session.eventTypes,
  runs,
})

/** Session time minus the guest's ticks in the middle of its trace, by the clocks in use. */
function offsetOf({ table, files }: Session, guest: MachineInfo): number | null {
  const own = table.streams.filter((s) => s.machine === guest.machine && s.count > 0)
  const longest = own.reduce<(typeof own)[number] | null>((a, b) => (a && a.count >= b.count ? a : b), null)
  if (!longest) return null
  const shift = Number(files[longest.file]!.meta.epoch - files[guest.files[0]!]!.meta.epoch)
  const row = longest.count >> 1
  return longest.t[row]! - (longest.ticks[row]! + shift)
}

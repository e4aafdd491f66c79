// Evidence out of records: packets between a guest and its host, writes of the guest's TSC offset, and when the guest left.

import type { StreamColumns } from '../../columns/event-table.js'
import type { MachineInfo } from '../../thread/contract.js'
import type { PacketMark } from '../marks.js'
import type { OffsetWrite, PacketSide, PacketWay } from './evidence.js'
import type { Scene } from './gather.js'

/** Time of a row, in the time of the machine's side of the evidence. */
export type TimeOf = (stream: StreamColumns, row: number) => number

/** Devices of a host that lead to guests; a pair of veths does only where there are none of the others. */
const TAP = /^(tap|vnet|macvtap|vif)/
const VETH = /^veth/

type Way = PacketMark['way']

/** Packets of a machine one way, per device: of the event that is closest to the device. */
function packetsOf(
  scene: Scene,
  machine: number,
  way: Way,
  wanted: (device: string) => boolean,
): Map<string, PacketMark[]> {
  const devices = new Map<string, PacketMark[]>()
  for (const p of scene.marks?.packets ?? []) {
    if (p.way !== way || scene.streams[p.stream]!.machine !== machine || !wanted(p.device)) continue
    const list = devices.get(p.device)
    if (list) list.push(p)
    else devices.set(p.device, [p])
  }
  for (const [device, list] of devices) {
    const closest = list.reduce((r, p) => Math.min(r, p.rank), Infinity)
    devices.set(
      device,
      list.filter((p) => p.rank === closest),
    )
  }
  return devices
}

function sideOf(scene: Scene, marks: readonly PacketMark[], time: TimeOf): PacketSide {
  const all = marks.map((p) => ({ t: time(scene.streams[p.stream]!, p.row), length: p.length, protocol: p.protocol }))
  all.sort((a, b) => a.t - b.t)
  return {
    t: Float64Array.from(all, (p) => p.t),
    length: Int32Array.from(all, (p) => p.length),
    protocol: Int32Array.from(all, (p) => p.protocol),
  }
}

/** When all CPUs of a machine were recorded, and where some of them lost events. */
function recordedTimes(scene: Scene, machine: number, time: TimeOf): Pick<PacketWay, 'span' | 'gaps'> {
  const own = scene.streams.filter((s) => s.machine === machine && s.count > 0)
  const gaps: [number, number][] = []
  let from = Infinity
  let to = -Infinity
  for (const s of own) {
    from = Math.min(from, time(s, 0))
    to = Math.max(to, time(s, s.count - 1))
    for (const { row } of s.lost) {
      const before = row > 0 ? time(s, row - 1) : -Infinity
      gaps.push([before, row < s.count ? time(s, row) : Infinity])
    }
  }
  return { span: [from, to], gaps }
}

/** The ways between a guest and its host: one for every device that received something. */
export function packetWays(scene: Scene, guest: MachineInfo, host: MachineInfo, guestTime: TimeOf): PacketWay[] {
  if (!scene.marks || scene.marks.packets.length === 0) return []
  const hostTime: TimeOf = (s, row) => s.t[row]!
  const outside = (device: string): boolean => device !== 'lo'
  const hostDevices = (way: Way): Map<string, PacketMark[]> => {
    const taps = packetsOf(scene, host.machine, way, (d) => TAP.test(d))
    return taps.size > 0 ? taps : packetsOf(scene, host.machine, way, (d) => VETH.test(d))
  }
  const sentBy = (devices: Map<string, PacketMark[]>, time: TimeOf): PacketSide =>
    sideOf(scene, [...devices.values()].flat(), time)
  const ways: PacketWay[] = []
  const fromHost = hostDevices('sent')
  const toGuest = packetsOf(scene, guest.machine, 'received', outside)
  if (fromHost.size > 0) {
    const sent = sentBy(fromHost, hostTime)
    const recorded = recordedTimes(scene, host.machine, hostTime)
    for (const marks of toGuest.values()) {
      const received = sideOf(scene, marks, guestTime)
      ways.push({ towards: 'guest', sent, received, ...recorded, rivals: toGuest.size - 1 })
    }
  }
  const fromGuest = packetsOf(scene, guest.machine, 'sent', outside)
  const toHost = hostDevices('received')
  if (fromGuest.size > 0) {
    const sent = sentBy(fromGuest, guestTime)
    const recorded = recordedTimes(scene, guest.machine, guestTime)
    for (const marks of toHost.values()) {
      const received = sideOf(scene, marks, hostTime)
      ways.push({ towards: 'host', sent, received, ...recorded, rivals: toHost.size - 1 })
    }
  }
  return ways
}

/** Writes to the vCPUs of one guest follow one another within this time, ns. */
const TOGETHER = 100_000_000

/** Writes of the guest's TSC offset, where its trace clock is the TSC; `scale` turns guest ticks into ns of the evidence. */
export function offsetWrites(
  scene: Scene,
  guest: MachineInfo,
  tids: ReadonlySet<number>,
  scale: (ticks: number) => number,
): OffsetWrite[] {
  const isTsc = guest.files.every((f) => scene.files[f]!.meta.clock === 'x86-tsc')
  if (!isTsc) return []
  const converted = guest.files.some((f) => scene.files[f]!.meta.tsc2nsec !== null)
  const marks = (scene.marks?.writes ?? [])
    .map((w) => ({ ...w, s: scene.streams[w.stream]! }))
    .filter(({ s, row }) => s.machine === guest.parent && tids.has(s.pid[row]!))
    .map(({ s, row, ahead, vcpu }) => ({ t: s.t[row]!, vcpu, by: converted ? null : -scale(Number(ahead)) }))
    .sort((a, b) => a.t - b.t)
  const writes: (OffsetWrite & { readonly vcpus: readonly number[] })[] = []
  for (const { t, vcpu, by } of marks) {
    const last = writes[writes.length - 1]
    if (last && t - last.to < TOGETHER && !last.vcpus.includes(vcpu)) {
      writes[writes.length - 1] = {
        from: last.from,
        to: t,
        by: last.by === by ? by : null,
        vcpus: [...last.vcpus, vcpu],
      }
    } else writes.push({ from: t, to: t, by, vcpus: [vcpu] })
  }
  return writes.map(({ from, to, by }) => ({ from, to, by }))
}

/** How long the host must go on without the guest's threads for them to be gone, ns. */
const ABSENCE = 100_000_000

/** Last host time at which one of the threads was seen, if the host's recording went on without them and lost nothing. */
export function lastSeen(scene: Scene, host: MachineInfo, tids: ReadonlySet<number>): number | null {
  let seen = -Infinity
  let end = -Infinity
  let lost = false
  const own = scene.streams.filter((s) => s.machine === host.machine && s.count > 0)
  for (const s of own) {
    end = Math.max(end, s.t[s.count - 1]!)
    for (let row = s.count - 1; row >= 0 && s.t[row]! > seen; row--) if (tids.has(s.pid[row]!)) seen = s.t[row]!
    for (let i = s.switches - 1; i >= 0; i--) {
      const t = s.t[s.switchRow[i]!]!
      if (t <= seen) break
      if (tids.has(s.switchNext[i]!)) seen = t
    }
  }
  for (const s of own) for (const { row } of s.lost) if (row >= s.count || s.t[row]! > seen) lost = true
  return !lost && Number.isFinite(seen) && end - seen >= ABSENCE ? seen : null
}

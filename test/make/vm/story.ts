// Who lives on the machines of the generated sample, and what they do all day.

import { seeded } from '../random.js'
import { Cpu, type Program, type Task } from './cpu.js'
import { Softirq } from './formats.js'
import type { Device, Kernel } from './machine.js'
import { injectDevice, Vcpu, type Seated } from './vcpu.js'

const MS = 1e6
const START = 5_000_000_000_000n

/** Host clock minus each machine's clock, ns: what the files' TIME_SHIFT say, and the truth. */
export const shifts = { host: 0n, db: 4_321_098_765_432n, lab: 4_700_200_300_400n, inner: 4_800_700_600_500n } as const
export type MachineName = keyof typeof shifts

export interface Story {
  readonly cpus: Readonly<Record<MachineName, readonly Cpu[]>>
  /** Thread of each vCPU in the machine that runs it, by number of the vCPU. */
  readonly seats: Readonly<Record<Exclude<MachineName, 'host'>, readonly Seated[]>>
}

const busy: Program = function* () {
  for (;;) yield { kind: 'work', ns: 50 * MS }
}
/** Works, then sleeps, both about as long as told. */
const nowAndThen = (work: number, pause: number): Program =>
  function* (cpu) {
    for (;;) {
      yield { kind: 'work', ns: cpu.about(work) }
      yield { kind: 'sleep', until: cpu.t + cpu.about(pause) }
    }
  }
const periodic = (period: number, work: number): Program =>
  function* (cpu) {
    for (let next = 2 * period; ; next += period) {
      yield { kind: 'sleep', until: next }
      yield { kind: 'work', ns: cpu.about(work) }
      while (next + period < cpu.t) next += period
    }
  }
/** Reads, thinks, and now and then waits for the next question. */
const database: Program = function* (cpu) {
  for (;;) {
    yield { kind: 'wait' }
    for (let reads = 1 + Math.floor(cpu.kernel.random() * 3); reads > 0; reads--) {
      yield { kind: 'work', ns: cpu.about(260_000) }
      yield { kind: 'disk', ns: cpu.about(110_000) }
      yield { kind: 'work', ns: cpu.about(90_000) }
    }
  }
}
const reader = (work: number, disk: number): Program =>
  function* (cpu) {
    for (;;) {
      yield { kind: 'work', ns: cpu.about(work) }
      yield { kind: 'disk', ns: cpu.about(disk) }
    }
  }
/** Touches new memory and asks for what a hypervisor has to answer. */
const compiler: Program = function* (cpu) {
  for (;;) {
    yield { kind: 'work', ns: cpu.about(380_000) }
    const dice = cpu.kernel.random()
    if (dice < 0.6) yield { kind: 'trap', reason: 'EPT_VIOLATION' }
    else if (dice < 0.7) yield { kind: 'trap', reason: 'IO_INSTRUCTION' }
    else if (dice < 0.8) yield { kind: 'trap', reason: 'CPUID' }
    else if (dice < 0.9) yield { kind: 'disk', ns: cpu.about(150_000) }
  }
}
/** The thread of a hypervisor that hands a guest's requests to the disk and the answers back. */
const iothread = (seat: () => Seated): Program =>
  function* (cpu) {
    for (;;) {
      const { vcpu } = seat()
      const request = vcpu.requests.shift()
      if (!request) {
        yield { kind: 'wait' }
        continue
      }
      yield { kind: 'work', ns: cpu.about(5_000) }
      yield { kind: 'disk', ns: request.ns }
      yield { kind: 'work', ns: cpu.about(3_500) }
      injectDevice(cpu, seat(), vcpu.guest.kernel.devices.disk, request.done)
    }
  }
/** The kernel thread that hands packets to a guest, which wake `to` there. */
const vhost = (seat: () => Seated, to: () => Task): Program =>
  function* (cpu) {
    for (;;) {
      yield { kind: 'wait' }
      yield { kind: 'work', ns: cpu.about(6_000) }
      const { guest } = seat().vcpu
      const { net } = guest.kernel.devices
      injectDevice(cpu, seat(), net, () => {
        if (to().waits === 'wait') guest.wake(to(), net.path)
      })
    }
  }

const rt = { prio: 9, rank: 0 } as const
const helper = { prio: 120, rank: 1 } as const
const normal = { prio: 120, rank: 2 } as const

/** @param ms how long it goes on */
export function tellStory(ms: number, seed: number): Story {
  const random = seeded(seed)
  const real = {
    disk: { irq: 41, name: 'nvme0q1', vector: 0x31, path: 'disk', softirq: null },
    net: { irq: 57, name: 'eth0-rx-0', vector: 0x33, path: 'net', softirq: Softirq.NetRx },
  } as const satisfies Record<string, Device>
  const virtio = {
    disk: { irq: 26, name: 'virtio2-req.0', vector: 0x22, path: 'virtioDisk', softirq: null },
    net: { irq: 28, name: 'virtio0-input.0', vector: 0x23, path: 'virtioNet', softirq: Softirq.NetRx },
  } as const satisfies Record<string, Device>
  const kernel = (name: MachineName): Kernel => ({
    name,
    shift: shifts[name],
    start: START,
    tick: name === 'host' ? MS : 4 * MS,
    random,
    end: ms * MS,
    devices: name === 'host' ? real : virtio,
  })
  const [host, db, lab, inner] = [kernel('host'), kernel('db'), kernel('lab'), kernel('inner')]
  const cpus = {
    host: [0, 1, 2].map((id) => new Cpu(host, id, false)),
    db: [0, 1].map((id) => new Cpu(db, id, true)),
    lab: [0, 1].map((id) => new Cpu(lab, id, true)),
    inner: [new Cpu(inner, 0, true)],
  }
  const [db0, db1] = [cpus.db[0]!, cpus.db[1]!]
  const [lab0, lab1] = [cpus.lab[0]!, cpus.lab[1]!]
  const [cpu0, cpu1, cpu2] = [cpus.host[0]!, cpus.host[1]!, cpus.host[2]!]
  const in0 = cpus.inner[0]!

  // The guest's guest.
  in0.add({ pid: 210, comm: 'python3', ...normal }, reader(420_000, 90_000), 1.1 * MS)
  in0.add({ pid: 214, comm: 'collector', ...normal }, periodic(3 * MS, 60_000))
  in0.add({ pid: 15, comm: 'ksoftirqd/0', ...normal }, nowAndThen(9_000, 11 * MS), 6 * MS)

  // The guests.
  const postgres = db0.add({ pid: 612, comm: 'postgres', ...normal }, database, 0.6 * MS)
  db0.add({ pid: 640, comm: 'walwriter', ...normal }, nowAndThen(70_000, 4 * MS), 2 * MS)
  db0.add({ pid: 15, comm: 'ksoftirqd/0', ...normal }, nowAndThen(12_000, 9 * MS), 5 * MS)
  db1.add({ pid: 701, comm: 'cyclictest', ...rt }, periodic(MS, 9_000))
  db1.add({ pid: 655, comm: 'pgbench', ...normal }, nowAndThen(1.6 * MS, 1.2 * MS), 0.9 * MS)
  db1.add({ pid: 23, comm: 'kworker/1:1', ...normal }, nowAndThen(15_000, 7 * MS), 3 * MS)
  const seat = (cpu: Cpu, pid: number, guest: Cpu, wakeAt: number): Seated => {
    const vcpu = new Vcpu(guest)
    return { vcpu, thread: cpu.add({ pid, comm: `CPU ${guest.id}/KVM`, ...normal }, vcpu, wakeAt) }
  }
  const innerSeat = seat(lab0, 451, in0, 0.4 * MS)
  innerSeat.vcpu.iothread = lab0.add(
    { pid: 448, comm: 'IO iothread1', ...helper },
    iothread(() => innerSeat),
    Infinity,
  )
  lab0.add({ pid: 520, comm: 'rsync', ...normal }, nowAndThen(1.1 * MS, 3 * MS), 4 * MS)
  lab1.add({ pid: 533, comm: 'cc1', ...normal }, compiler, 0.3 * MS)
  lab1.add({ pid: 530, comm: 'make', ...normal }, nowAndThen(120_000, 5 * MS), 1.5 * MS)
  lab1.add({ pid: 536, comm: 'ld', ...normal }, nowAndThen(2.2 * MS, 9 * MS), 7 * MS)

  // The host.
  const dbSeats = [seat(cpu0, 2101, db0, 0.1 * MS), seat(cpu1, 2102, db1, 0.15 * MS)]
  const labSeats = [seat(cpu0, 2201, lab0, 0.2 * MS), seat(cpu2, 2202, lab1, 0.25 * MS)]
  const io = (cpu: Cpu, pid: number, of: Seated): void => {
    of.vcpu.iothread = cpu.add(
      { pid, comm: 'IO iothread1', ...helper },
      iothread(() => of),
      Infinity,
    )
  }
  io(cpu0, 2098, dbSeats[0]!)
  io(cpu0, 2198, labSeats[0]!)
  io(cpu2, 2199, labSeats[1]!)
  const packets = cpu0.add(
    { pid: 2097, comm: 'vhost-2090', ...helper },
    vhost(
      () => dbSeats[0]!,
      () => postgres,
    ),
    0.5 * MS,
  )
  cpu0.add({ pid: 16, comm: 'ksoftirqd/0', ...normal }, nowAndThen(14_000, 8 * MS), 3.3 * MS)
  cpu1.add({ pid: 900, comm: 'busyloop', ...normal }, busy, 12 * MS)
  cpu1.add({ pid: 62, comm: 'kworker/1:1', ...normal }, nowAndThen(35_000, 13 * MS), 5 * MS)
  cpu2.add({ pid: 960, comm: 'backup', ...normal }, reader(900_000, 1.6 * MS), 20 * MS)
  cpu2.add({ pid: 63, comm: 'kworker/2:1', ...normal }, nowAndThen(30_000, 10 * MS), 4 * MS)
  for (let at = 1.7 * MS; at < ms * MS; at += cpu0.about(2.1 * MS)) {
    cpu0.raise(real.net, at, () => cpu0.wake(packets, real.net.path))
  }
  for (const cpu of cpus.host)
    if (!cpu.run().next().done) throw new Error('a physical CPU has no hypervisor to exit to')
  return { cpus, seats: { db: dbSeats, lab: labSeats, inner: [innerSeat] } }
}

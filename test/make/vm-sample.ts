// A host and two guests as trace-cmd would have recorded them: vCPUs that share CPUs with each other and with a busy task of the
// host, exits of several reasons, halts and wake-ups. Made, not recorded; durations are like those of real machines. Run as a
// program it writes the three files into a folder.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Format } from './event-format.js'
import { knownFormats, kvmEntry, kvmExit } from './known-formats.js'
import { guest as guestOption, timeShift, traceId, uname } from './options.js'
import { seeded } from './random.js'
import type { EventItem } from './ring-buffer.js'
import { switchTo, task, wakeup, waking, type Task } from './scenario.js'
import { writeTraceDat } from './trace-dat.js'

export interface VmSample {
  /** `host.dat`, `host-web.dat`, `host-batch.dat`. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[]
  readonly events: number
  /** What was made, ns; index = vCPU thread. */
  readonly truth: ReadonlyMap<number, VcpuTruth>
}

export interface VcpuTruth {
  guest: number
  vmm: number
  preempted: number
  ready: number
  blocked: number
  readonly exits: Map<string, number>
}

const userspaceExit: Format = {
  system: 'kvm',
  name: 'kvm_userspace_exit',
  id: 412,
  fields: [
    { kind: 'int', name: 'reason', type: '__u32', size: 4, signed: false },
    { kind: 'int', name: 'errno', type: 'int', size: 4, signed: true },
  ],
  printFmt: '"reason %u errno %d", REC->reason, REC->errno',
}
const softirq = (name: string, id: number): Format => ({
  system: 'irq',
  name,
  id,
  fields: [{ kind: 'int', name: 'vec', type: 'unsigned int', size: 4, signed: false }],
  printFmt: '"vec=%u", REC->vec',
})
const softirqEntry = softirq('softirq_entry', 430)
const softirqExit = softirq('softirq_exit', 431)
const formats = [...knownFormats, kvmEntry, kvmExit, userspaceExit, softirqEntry, softirqExit]

const START = 5_000_000_000_000n
/** Host clock minus guest clock. */
const SHIFT = [4_321_000_000_000n, 4_700_000_000_000n] as const
const HOST_ID = 0x51n
const GUEST_IDS = [0x52n, 0x53n] as const
const SLICE = 3_000_000
const EXIT_IO = 2n

const host = (ns: number): bigint => START + BigInt(Math.round(ns))

interface Thread extends Task {
  /** Nothing to do until then; Infinity = until the other side wakes it. */
  wakeAt: number
  /** When it last left the CPU, and why. */
  leftAt: number
  left: 'new' | 'preempted' | 'blocked' | 'woken'
  readonly vcpu: VcpuModel | null
}

interface VcpuModel {
  readonly guest: 0 | 1
  readonly cpu: number
  readonly tasks: readonly Task[]
  current: Task
  /** Switched out though they could go on. */
  readonly waiting: Task[]
  readonly items: EventItem[]
  readonly truth: VcpuTruth
  /** Share of its bursts that end in a halt. */
  readonly idleness: number
}

type GoTo = (ns: number, next: Task, state: number) => void

interface Reason {
  readonly name: string
  readonly code: bigint
  readonly weight: number
  /** Mean time of the hypervisor, ns; of which in user space. */
  readonly kernel: number
  readonly user: number
}
const reasons: readonly Reason[] = [
  { name: 'EXTERNAL_INTERRUPT', code: 1n, weight: 30, kernel: 1_800, user: 0 },
  { name: 'MSR_WRITE', code: 32n, weight: 40, kernel: 900, user: 0 },
  { name: 'EPT_VIOLATION', code: 48n, weight: 12, kernel: 3_500, user: 0 },
  { name: 'IO_INSTRUCTION', code: 30n, weight: 6, kernel: 2_500, user: 22_000 },
  { name: 'CPUID', code: 10n, weight: 4, kernel: 700, user: 0 },
]
const HLT: Reason = { name: 'HLT', code: 12n, weight: 0, kernel: 1_200, user: 0 }

/** @param ms length of the recording */
export function makeVmSample(ms = 400, seed = 7): VmSample {
  const random = seeded(seed)
  const about = (mean: number): number => mean * (0.35 - 0.65 * Math.log(1 - random()))
  const end = ms * 1e6
  const vcpu = (g: 0 | 1, cpu: number, names: readonly string[], idleness: number): VcpuModel => {
    const tasks = names.map((comm, i) => ({ pid: 300 + 10 * cpu + i, comm }))
    const truth = { guest: 0, vmm: 0, preempted: 0, ready: 0, blocked: 0, exits: new Map<string, number>() }
    return { guest: g, cpu, tasks, current: tasks[0]!, waiting: [], items: [], truth, idleness }
  }
  const web0 = vcpu(0, 0, ['nginx', 'php-fpm'], 0.03)
  const web1 = vcpu(0, 1, ['nginx', 'redis-server'], 0.05)
  const batch0 = vcpu(1, 0, ['gcc', 'make', 'ld'], 0.004)
  const models = [web0, web1, batch0]
  const thread = (pid: number, comm: string, v: VcpuModel | null, wakeAt = 0): Thread => ({
    pid,
    comm,
    wakeAt,
    leftAt: 0,
    left: 'new',
    vcpu: v,
  })
  const cpus = [
    [thread(2101, 'CPU 0/KVM', web0), thread(2201, 'CPU 0/KVM', batch0), thread(61, 'kworker/0:1', null, 2e6)],
    [thread(2102, 'CPU 1/KVM', web1), thread(900, 'backup', null, 40e6), thread(62, 'kworker/1:1', null, 5e6)],
  ]
  const hostItems = cpus.map((threads, cpu) => runCpu(threads, cpu))

  function runCpu(threads: readonly Thread[], cpu: number): EventItem[] {
    const items: EventItem[] = []
    let t = 0
    let current: Task = task.idle
    let turn = 0
    const wakeDue = (upTo: number, by: Task): void => {
      for (const th of threads) {
        if (th.left === 'preempted' || th.left === 'woken' || th.wakeAt > upTo) continue
        items.push(waking(host(t), by, th, cpu), wakeup(host(t + 400), by, th, cpu))
        if (th.vcpu && th.left === 'blocked') th.vcpu.truth.blocked += t - th.leftAt
        th.leftAt = t
        th.left = 'woken'
        t += 500
      }
    }
    while (t < end) {
      wakeDue(t, current)
      const able = threads.filter((th) => th.left === 'preempted' || th.left === 'woken')
      if (able.length === 0) {
        if (current.pid !== 0) {
          items.push(switchTo(host(t), current, 1, task.idle))
          current = task.idle
        }
        t = Math.min(end, Math.max(t + 1000, Math.min(...threads.map((th) => th.wakeAt))))
        continue
      }
      const next = able[turn++ % able.length]!
      const stop = Math.min(end, t + SLICE)
      if (next.pid !== current.pid) {
        const leaving = threads.find((th) => th.pid === current.pid)
        items.push(switchTo(host(t), current, leaving && leaving.left !== 'preempted' ? 1 : 0, next))
        if (next.vcpu && next.left !== 'new') {
          next.vcpu.truth[next.left === 'preempted' ? 'preempted' : 'ready'] += t - next.leftAt
        }
        current = next
      }
      const outcome = next.vcpu ? runVcpu(next, next.vcpu, items, t, stop) : runTask(next, t, stop)
      t = outcome.t
      next.leftAt = t
      next.left = outcome.blocked ? 'blocked' : 'preempted'
    }
    return items
  }

  function runTask(th: Thread, t: number, stop: number): { t: number; blocked: boolean } {
    const busy = th.comm === 'backup' ? about(14e6) : about(60_000)
    const done = Math.min(stop, t + busy)
    if (done === stop) return { t: done, blocked: false }
    th.wakeAt = done + about(th.comm === 'backup' ? 9e6 : 12e6)
    return { t: done, blocked: true }
  }

  function runVcpu(
    th: Thread,
    v: VcpuModel,
    items: EventItem[],
    start: number,
    stop: number,
  ): { t: number; blocked: boolean } {
    const item = (t: number, format: Format, values: EventItem['values']): void =>
      void items.push({ kind: 'event', time: host(t), pid: th.pid, format, values })
    let t = start
    const kernel = (ns: number): void => {
      v.truth.vmm += ns
      t += ns
    }
    kernel(Math.round(about(1_500)))
    while (true) {
      item(t, kvmEntry, { vcpu_id: BigInt(v.cpu), rip: 0xffffffff81000000n, immediate_exit: 0n })
      const halts = v.waiting.length === 0 && random() < v.idleness
      const burst = Math.round(about(90_000)) + 4_000
      const last = t + burst >= stop
      const out = last ? Math.max(t + 4_000, stop) : t + burst
      runGuest(v, t, out, halts && !last)
      v.truth.guest += out - t
      t = out
      const reason = last ? reasons[0]! : halts ? HLT : pick()
      v.truth.exits.set(reason.name, (v.truth.exits.get(reason.name) ?? 0) + 1)
      item(t, kvmExit, {
        exit_reason: reason.code,
        guest_rip: 0xffffffff81000000n,
        isa: 1n,
        info1: 0n,
        info2: 0n,
        intr_info: 0n,
        error_code: 0n,
        vcpu_id: BigInt(v.cpu),
      })
      kernel(Math.round(about(reason.kernel)))
      if (reason.user > 0) {
        item(t, userspaceExit, { reason: EXIT_IO, errno: 0n })
        kernel(Math.round(about(reason.user)))
      }
      if (reason === HLT) {
        th.wakeAt = t + Math.round(about(1_500_000))
        return { t, blocked: true }
      }
      if (last) return { t, blocked: false }
    }
  }

  function pick(): Reason {
    let at = random() * reasons.reduce((n, r) => n + r.weight, 0)
    return reasons.find((r) => (at -= r.weight) < 0) ?? reasons[0]!
  }

  /** What the guest's kernel records between an entry and an exit. */
  function runGuest(v: VcpuModel, from: number, to: number, halts: boolean): void {
    const at = (ns: number): bigint => host(ns) - SHIFT[v.guest]
    const put = (ns: number, format: Format, values: EventItem['values']): void =>
      void v.items.push({ kind: 'event', time: at(ns), pid: v.current.pid, format, values })
    const goTo: GoTo = (ns, next, state) => {
      v.items.push(switchTo(at(ns), v.current, state, next))
      v.current = next
    }
    let t = from + 700
    if (v.current.pid === 0) {
      const next = v.tasks[Math.floor(random() * v.tasks.length)]!
      put(t, softirqEntry, { vec: 1n })
      v.items.push(waking(at(t + 300), task.idle, next, v.cpu), wakeup(at(t + 600), task.idle, next, v.cpu))
      put(t + 900, softirqExit, { vec: 1n })
      t += 1_200
      goTo(t, next, 0)
    } else if (!halts && random() < 0.2) {
      const middle = from + (to - from) * random() * 0.6 + 900
      if (middle < to - 2_000) turn(v, middle, goTo)
    }
    if (halts && to - 800 > t) goTo(to - 800, task.idle, 1)
  }

  /** Another task of the guest runs: one that waits, or one that is woken and takes the CPU. */
  function turn(v: VcpuModel, t: number, goTo: GoTo): void {
    const waiting = v.waiting.shift()
    if (waiting) return goTo(t, waiting, 1)
    const others = v.tasks.filter((k) => k !== v.current)
    const next = others[Math.floor(random() * others.length)]!
    const at = host(t - 500) - SHIFT[v.guest]
    v.items.push(waking(at, v.current, next, v.cpu), wakeup(at + 200n, v.current, next, v.cpu))
    v.waiting.push(v.current)
    goTo(t, next, 0)
  }

  const hostComms = Object.fromEntries(cpus.flat().map((th) => [th.pid, th.comm]))
  const of = (guest: 0 | 1): VcpuModel[] => models.filter((m) => m.guest === guest)
  const tidOf = (v: VcpuModel): number => cpus.flat().find((th) => th.vcpu === v)!.pid
  const names = ['web', 'batch'] as const
  const kernel = uname('Linux generated 6.1.0 (made by test/make/vm-sample.ts, not recorded)')
  const hostFile = writeTraceDat({
    formats,
    compression: 'none',
    comms: hostComms,
    buffers: [{ name: '', cpus: hostItems.map((items, cpu) => ({ cpu, items: sorted(items) })) }],
    options: [
      traceId(HOST_ID),
      kernel,
      ...([0, 1] as const).map((g) =>
        guestOption(
          names[g],
          GUEST_IDS[g],
          of(g).map((v) => ({ cpu: v.cpu, tid: tidOf(v) })),
        ),
      ),
    ],
  })
  const guestFiles = ([0, 1] as const).map((g) => {
    const own = of(g)
    const samples = own.map(() => [0, end].map((ns) => ({ time: host(ns) - SHIFT[g], offset: SHIFT[g], scaling: 1n })))
    const { bytes } = writeTraceDat({
      formats,
      compression: 'none',
      comms: Object.fromEntries(own.flatMap((v) => v.tasks.map((k) => [k.pid, k.comm]))),
      buffers: [{ name: '', cpus: own.map((v) => ({ cpu: v.cpu, items: sorted(v.items) })) }],
      options: [traceId(GUEST_IDS[g]), kernel, timeShift(HOST_ID, true, samples)],
    })
    return { name: `host-${names[g]}.dat`, bytes }
  })
  return {
    files: [{ name: 'host.dat', bytes: hostFile.bytes }, ...guestFiles],
    events: hostItems.reduce((n, i) => n + i.length, 0) + models.reduce((n, m) => n + m.items.length, 0),
    truth: new Map(models.map((m) => [tidOf(m), m.truth])),
  }
}

const sorted = (items: readonly EventItem[]): EventItem[] =>
  [...items].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dir = process.argv[2] ?? 'samples/host-and-two-guests-generated'
  mkdirSync(dir, { recursive: true })
  for (const { name, bytes } of makeVmSample(Number(process.argv[3] ?? 400)).files)
    writeFileSync(join(dir, name), bytes)
}

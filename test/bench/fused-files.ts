// A host and a guest of two vCPUs whose kvm, scheduler and interrupt events are as dense as they get.

import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { guest, timeShift, traceId } from '../make/options.js'
import type { EventItem } from '../make/ring-buffer.js'
import { switchTo, waking } from '../make/scenario.js'
import { writeTraceDat } from '../make/trace-dat.js'
import { kvmEntry, kvmExit, sampleFormats, softirqEntry, softirqExit } from '../make/vm/formats.js'

export interface FusedFiles {
  readonly paths: readonly string[]
  readonly bytes: number
}

const VCPUS = 2
/** Brackets that are written down; they repeat. */
const ROUND = 2_000
const START = 1_000_000_000n
const SHIFT = 700_000_000n
/** Fields that nothing reads. */
const NOTHING = {
  rip: 0n,
  guest_rip: 0n,
  immediate_exit: 0n,
  info1: 0n,
  info2: 0n,
  intr_info: 0n,
  error_code: 0n,
}
const REASONS = [1n, 10n, 12n, 30n, 32n, 48n]

/** Makes the two files in `dir`, with at least so many events together. */
export function makeFusedFiles(dir: string, events: number): FusedFiles {
  const cpus = [...Array.from({ length: VCPUS }).keys()].map(round)
  const perRound = cpus.reduce((n, c) => n + c.host.length + c.guest.length, 0)
  const times = Math.ceil(events / perRound)
  const samples = [START, START + 1_000_000_000_000n].map((time) => ({
    time: time - SHIFT,
    offset: SHIFT,
    scaling: 1n,
  }))
  const file = (
    name: string,
    items: (c: (typeof cpus)[number]) => EventItem[],
    options: Parameters<typeof writeTraceDat>[0]['options'],
  ): string => {
    const path = join(dir, name)
    const buffers = [
      { name: '', cpus: cpus.map((c, cpu) => ({ cpu, items: items(c), repeat: { times, period: c.period } })) },
    ]
    writeFileSync(path, writeTraceDat({ formats: sampleFormats, compression: 'none', buffers, options }).bytes)
    return path
  }
  const vcpus = cpus.map((_, cpu) => ({ cpu, tid: 2101 + cpu }))
  const paths = [
    file('fused-host.dat', (c) => c.host, [traceId(1n), guest('guest', 2n, vcpus)]),
    file('fused-guest.dat', (c) => c.guest, [
      traceId(2n),
      timeShift(
        1n,
        true,
        cpus.map(() => samples),
      ),
    ]),
  ]
  return { paths, bytes: paths.reduce((n, p) => n + statSync(p).size, 0) }
}

/** Some brackets of one vCPU: two entries each, two guest tasks in turn, and now and then another task of the host. */
function round(_: unknown, cpu: number): { host: EventItem[]; guest: EventItem[]; period: bigint } {
  const thread = { pid: 2101 + cpu, comm: `CPU ${cpu}/KVM` }
  const rival = { pid: 900 + cpu, comm: 'backup' }
  const tasks = [...Array.from({ length: 20 }).keys()].map((i) => ({ pid: 300 + 100 * cpu + i, comm: `work-${i}` }))
  const host: EventItem[] = []
  const inside: EventItem[] = []
  let t = START
  const put = (time: bigint, format: EventItem['format'], values: EventItem['values']): void =>
    void host.push({ kind: 'event', time, pid: thread.pid, format, values })
  const enter = (): void => put(t, kvmEntry, { vcpu_id: BigInt(cpu), ...NOTHING })
  const exit = (reason: bigint): void =>
    put(t, kvmExit, { exit_reason: reason, isa: 1n, vcpu_id: BigInt(cpu), ...NOTHING })
  for (let i = 0; i < ROUND; i++) {
    const [a, b] = [tasks[i % tasks.length]!, tasks[(i + 1) % tasks.length]!]
    enter()
    const softirq = (time: bigint, format: EventItem['format']): void =>
      void inside.push({ kind: 'event', time: time - SHIFT, pid: a.pid, format, values: { vec: 1n } })
    softirq(t + 900n, softirqEntry)
    inside.push(waking(t + 1_200n - SHIFT, a, b, cpu))
    softirq(t + 1_600n, softirqExit)
    inside.push(switchTo(t + 2_000n - SHIFT, a, i % 3 ? 1 : 0, b))
    t += 9_000n
    exit(REASONS[i % REASONS.length]!)
    t += 1_400n
    enter()
    t += 12_000n
    exit(1n)
    t += 700n
    if (i % 4 === 0) {
      host.push(switchTo(t, thread, 0, rival))
      t += 30_000n
      host.push(switchTo(t, rival, 1, thread))
      t += 900n
    }
  }
  return { host, guest: inside, period: t - START }
}

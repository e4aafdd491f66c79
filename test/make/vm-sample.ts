// A host, its two guests and a guest of one of them, as trace-cmd would have recorded them: vCPUs that share CPUs with each other
// and with tasks of the host, exits of many reasons, interrupts that travel from a device through the host into a guest's task.
// Made, not recorded; every file says so.

import { GENERATED } from '../../workers/model/machines.js'
import { guest as guestOption, timeShift, traceId, tracerVersion, uname } from './options.js'
import { writeTraceDat } from './trace-dat.js'
import type { Cpu } from './vm/cpu.js'
import { sampleFormats, symbols } from './vm/formats.js'
import { shifts, tellStory, type MachineName } from './vm/story.js'
import type { Truth } from './vm/vcpu.js'

export interface VmSample {
  /** `host.dat`, `host-db.dat`, `host-lab.dat`, `host-lab-inner.dat`. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[]
  readonly events: number
  /** What was made, by the host's vCPU threads. */
  readonly truth: ReadonlyMap<number, Truth>
}

const machines = {
  host: { id: 0x51n, file: 'host.dat', guests: ['db', 'lab'], parent: null },
  db: { id: 0x52n, file: 'host-db.dat', guests: [], parent: 'host' },
  lab: { id: 0x53n, file: 'host-lab.dat', guests: ['inner'], parent: 'host' },
  inner: { id: 0x54n, file: 'host-lab-inner.dat', guests: [], parent: 'lab' },
} as const

/** @param ms length of the recording */
export function makeVmSample(ms = 118, seed = 7): VmSample {
  const { cpus, seats } = tellStory(ms, seed)
  const files = (Object.keys(machines) as MachineName[]).map((name) => {
    const { id, file, guests, parent } = machines[name]
    const own = cpus[name]
    const span = own.flatMap((c) => (c.items.length > 0 ? [c.items[0]!.time, c.items.at(-1)!.time] : []))
    const offset = parent === null ? 0n : shifts[name] - shifts[parent]
    const ends = [span.reduce((a, b) => (a < b ? a : b)), span.reduce((a, b) => (a > b ? a : b))]
    const samples = ends.map((time) => ({ time, offset, scaling: 1n }))
    const { bytes } = writeTraceDat({
      formats: sampleFormats,
      comms: Object.fromEntries(own.flatMap((c) => c.tasks.map((task) => [task.pid, task.comm]))),
      kallsyms: symbols,
      buffers: [{ name: '', cpus: own.map((c) => ({ cpu: c.id, items: c.items })) }],
      options: [
        traceId(id),
        uname(`Linux ${name} 6.12.0-generated x86_64`),
        tracerVersion(GENERATED),
        ...guests.map((g) =>
          guestOption(
            g,
            machines[g].id,
            seats[g].map(({ thread }, cpu) => ({ cpu, tid: thread.pid })),
          ),
        ),
        ...(parent === null
          ? []
          : [
              timeShift(
                machines[parent].id,
                true,
                own.map(() => samples),
              ),
            ]),
      ],
    })
    return { name: file, bytes }
  })
  const events = Object.values(cpus)
    .flat()
    .reduce((n: number, c: Cpu) => n + c.items.length, 0)
  const truth = new Map([...seats.db, ...seats.lab].map(({ thread, vcpu }) => [thread.pid, vcpu.truth]))
  return { files, events, truth }
}

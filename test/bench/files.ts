import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { functionEntry } from '../make/known-formats.js'
import type { Item } from '../make/ring-buffer.js'
import { switchTo, waking } from '../make/scenario.js'
import { sharedData } from '../make/tools.js'
import { writeTraceDat } from '../make/trace-dat.js'

export interface BenchFile {
  readonly label: string
  readonly path: string
  /** Bytes on disk. */
  readonly size: number
}

const wanted = [
  { recorded: 'large-2M.dat', events: 3_200_000 },
  { recorded: 'large-10M.dat', events: 15_700_000 },
] as const

/** The two large recordings, or, where they are absent, files like them made in `dir`. */
export function benchFiles(dir: string, say: (line: string) => void): BenchFile[] {
  return wanted.map(({ recorded, events }) => {
    const real = sharedData && join(sharedData, 'own/large', recorded)
    if (real && existsSync(real)) return { label: recorded, path: real, size: statSync(real).size }
    const label = `made-${(events / 1e6).toFixed(1)}M.dat`
    const path = join(dir, label)
    say(`${recorded} is not here; making ${label}`)
    const bytes = make(events)
    writeFileSync(path, bytes)
    return { label, path, size: bytes.length }
  })
}

const CPUS = 2
const ROUND = 40_000

/** Busy CPUs: tasks in turn, each woken, run for some function calls and put to sleep. */
function make(events: number): Uint8Array {
  const times = Math.round(events / CPUS / ROUND)
  const cpus = [...Array.from({ length: CPUS }).keys()].map((cpu) => {
    const tasks = [...Array.from({ length: 40 }).keys()].map((i) => ({
      pid: 1000 * (cpu + 1) + i,
      comm: `work-${cpu}-${i}`,
    }))
    const items: Item[] = []
    let time = 1_000_000_000n
    for (let i = 0; items.length < ROUND; i++) {
      const a = tasks[i % tasks.length]!
      const b = tasks[(i + 1) % tasks.length]!
      items.push(waking((time += 700n), a, b, cpu))
      for (let k = 0n; k < 6n; k++) {
        const values = { ip: 0xffffffff81000000n + k * 64n, parent_ip: 0xffffffff81100000n }
        items.push({ kind: 'event', time: (time += 300n), pid: a.pid, format: functionEntry, values })
      }
      items.push(switchTo((time += 500n), a, i % 3 ? 1 : 0, b))
    }
    return { cpu, items, repeat: { times, period: time - 1_000_000_000n + 1000n } }
  })
  return writeTraceDat({ buffers: [{ name: '', cpus }] }).bytes
}

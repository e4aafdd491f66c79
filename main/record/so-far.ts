// What is recorded so far, as a file that can be read while the recording goes on: its pages are left where they are, and those
// on another machine are brought here piece by piece, none of them twice.

import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { latestPages, type Extent } from './latest-pages.js'
import type { SoFar } from './recorder.js'
import { quote, type FilePart, type Runner } from './runner.js'
import { cmdlinesOf } from './tracefs-script.js'
import { layTraceDat, type GuestOption, type HeadFiles } from './trace-dat-v7.js'

export interface SoFarOptions {
  readonly runner: Runner
  readonly tracefs: string
  /** The recording's file, when it will be there. */
  readonly to: string
}

/** Where a recording stands: what its recorder has told last of all its CPUs in one go. */
export interface Standing {
  readonly files: HeadFiles
  /** Content of trace_clock. */
  readonly clock: string
  readonly pageSize: number
  readonly traceId: bigint
  readonly guests: readonly GuestOption[]
  /** A list of tasks at the start, on that machine; null = there is none. */
  readonly comms: string | null
  readonly cpus: readonly { readonly cpu: number; readonly path: string; readonly bytes: number }[]
}

/** The pages of a recording that goes on, as they grow. */
export class GrowingPages {
  /** What is here of pages of another machine. */
  readonly #here = new Map<number, { readonly from: number; readonly to: number }>()
  readonly #directory: string
  #comms: string | null = null
  #bringing: Promise<void> = Promise.resolve()

  constructor(private readonly o: SoFarOptions) {
    this.#directory = seenOf(o.to)
  }

  /** About `limit` bytes at most, the latest. Rejects (InputError) when the machine cannot be reached. */
  async soFar(name: string, now: Standing, limit: number): Promise<SoFar> {
    const whole = now.cpus.map((c) => ({ ...c, bytes: c.bytes - (c.bytes % now.pageSize) }))
    const extents = this.o.runner.local
      ? whole.map(({ cpu, path, bytes }) => ({ cpu, path, from: 0, to: bytes }))
      : await this.#brought(whole, now.pageSize, limit)
    const { extents: latest, since } = await latestPages(extents, now.pageSize, limit, pageTime)
    const source = await layTraceDat({
      ...now,
      files: { ...now.files, cmdlines: await this.#cmdlines(now) },
      uname: (now.files['uname'] ?? '').trim(),
      cpuCount: Math.max(0, ...latest.map((e) => e.cpu + 1)),
      cpus: latest.map((e) => ({ cpu: e.cpu, pages: e.path, stats: '', from: e.from, to: e.to })),
    }).open(name)
    return { source, bytes: latest.reduce((n, e) => n + e.to - e.from, 0), since }
  }

  /** Gives the pages that are here already to `to`, where these are the first ones of a CPU; returns how many bytes that are. */
  async handOver(cpu: number, to: string): Promise<number> {
    await this.#bringing.catch(() => undefined)
    const here = this.#here.get(cpu)
    if (!here || here.from > 0 || here.to === 0) return 0
    await rename(this.#fileOf(cpu), to)
    return here.to
  }

  async close(): Promise<void> {
    await this.#bringing.catch(() => undefined)
    await rm(this.#directory, { recursive: true, force: true })
  }

  #fileOf(cpu: number): string {
    return join(this.#directory, `cpu${cpu}.raw`)
  }

  /** Brings what is new; of more than `limit` bytes only the latest. */
  async #brought(cpus: Standing['cpus'], pageSize: number, limit: number): Promise<Extent[]> {
    // One after the other: what the first brings the second need not.
    await (this.#bringing = this.#bringing.catch(() => undefined).then(() => this.#bring(cpus, pageSize, limit)))
    return cpus.map(({ cpu }) => ({ cpu, path: this.#fileOf(cpu), ...(this.#here.get(cpu) ?? { from: 0, to: 0 }) }))
  }

  async #bring(cpus: Standing['cpus'], pageSize: number, limit: number): Promise<void> {
    await mkdir(this.#directory, { recursive: true })
    const due = cpus.map(({ cpu, path, bytes }) => ({ cpu, path, bytes, have: this.#here.get(cpu)?.to ?? 0 }))
    const fresh = due.reduce((n, d) => n + Math.max(0, d.bytes - d.have), 0)
    const share = Math.min(1, limit / Math.max(1, fresh))
    const parts: FilePart[] = []
    const after = new Map<number, { readonly from: number; readonly to: number }>()
    for (const { cpu, path, bytes, have } of due) {
      if (bytes <= have && this.#here.has(cpu)) continue
      const length = Math.ceil(((bytes - have) * share) / pageSize) * pageSize
      const offset = Math.max(have, bytes - length)
      after.set(cpu, { from: offset > have ? offset : (this.#here.get(cpu)?.from ?? 0), to: bytes })
      parts.push({ from: path, to: this.#fileOf(cpu), offset, length: bytes - offset })
    }
    await this.o.runner.fetchParts(parts)
    for (const [cpu, range] of after) this.#here.set(cpu, range)
  }

  /** Of another machine's tasks those known at first: switches tell the others, and each look there costs it something. */
  async #cmdlines({ comms, files }: Standing): Promise<string> {
    const saved = 'saved_cmdlines'
    if (this.o.runner.local) {
      this.#comms ??= comms === null ? '' : await readFile(comms, 'utf8').catch(() => '')
      const now = await readFile(join(this.o.tracefs, saved), 'utf8').catch(() => '')
      return cmdlinesOf(now, this.#comms)
    }
    this.#comms ??= comms === null ? '' : (await this.o.runner.exec(`cat ${quote(comms)}`)).stdout
    return cmdlinesOf(files[saved] ?? '', this.#comms)
  }
}

/** Directory here of the pages that were brought while a recording of another machine goes on. */
export const seenOf = (to: string): string => `${to}.seen`

/** A page begins with its time. */
async function pageTime({ path }: Extent, at: number): Promise<bigint> {
  const file = await open(path, 'r')
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, at)
    return buffer.readBigUInt64LE()
  } finally {
    await file.close()
  }
}

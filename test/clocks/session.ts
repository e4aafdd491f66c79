// Sessions of recordings whose true clock relation is known, through the whole engine.

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, expect } from 'vitest'
import type { ClockHealth, OpenRequest, SessionInfo } from '../../workers/thread/contract.js'
import { connectNode, type NodeConnection } from '../../workers/thread/node.js'
import { machineIndex } from '../../workers/units.js'
import { HOST_EPOCH, makePair, type MadePair, type PairedGuest, type PairOptions } from '../make/clock-pair.js'

/** Of this file's recordings. */
export const dir = mkdtempSync(join(tmpdir(), 'remora-clocks-'))
afterAll(() => rmSync(dir, { recursive: true }))
let connection: NodeConnection | null = null
afterEach(() => {
  connection?.dispose()
  connection = null
})

/** The engine of the session that is open. */
export function engine(): NodeConnection['engine'] {
  if (!connection) throw new Error('no session is open')
  return connection.engine
}

export async function open(paths: readonly string[], more: Partial<OpenRequest> = {}): Promise<SessionInfo> {
  connection?.dispose()
  connection = connectNode({ threads: 0 })
  const sources = paths.map(
    (path) => ({ kind: 'path', name: basename(path), path, size: statSync(path).size }) as const,
  )
  return connection.engine.open({ sources, assess: true, ...more })
}

export const health = (machine: number): Promise<ClockHealth> => engine().clockHealth(machineIndex(machine))

export const plain = (more: Partial<PairedGuest['truth']> = {}): PairedGuest['truth'] => ({
  seed: 1,
  duration: 2e9,
  vcpus: 2,
  offset: 5_000_000_000,
  ppm: 20,
  bracketMean: 300_000,
  pauseMean: 1_000_000,
  ...more,
})
export const guest = (more: Partial<PairedGuest> = {}): PairedGuest => ({ name: 'vm', truth: plain(), ...more })

export interface Opened {
  readonly made: MadePair
  readonly info: SessionInfo
}

export async function openPair(options: PairOptions, more: Partial<OpenRequest> = {}): Promise<Opened> {
  const made = makePair(options)
  const paths = [made.host, ...made.guests.map((g) => g.bytes)].map((bytes, i) => {
    const path = join(dir, i === 0 ? 'host.dat' : `${options.guests[i - 1]!.name}.dat`)
    writeFileSync(path, bytes)
    return path
  })
  return { made, info: await open(paths, more) }
}

/** Largest error of the guest's times as the session shows them, over all events or those a filter keeps, ns. */
export function worstError({ made, info }: Opened, machine = 1, keep: (host: number) => boolean = () => true): number {
  const session = engine().session()!
  const { files } = session.machines[machine]!
  const truth = made.guests.find((g) => g.name === info.machines[machine]!.name)!
  const base = session.epoch - HOST_EPOCH
  let worst = 0
  let n = 0
  for (const s of session.table.streams) {
    if (s.machine !== machine || !files.includes(s.file)) continue
    const { epoch } = session.files[s.file]!.meta
    for (let i = 0; i < s.count; i += 7) {
      const host = truth.hostOf(epoch + BigInt(s.ticks[i]!), s.cpu)
      if (!keep(host)) continue
      worst = Math.max(worst, Math.abs(Number(base + BigInt(s.t[i]!)) - host))
      n++
    }
  }
  expect(n).toBeGreaterThan(500)
  return worst
}

/** Rounding: guest times are whole, and so are offsets. */
export const ROUNDING = 3

/** With the scheduling of the vCPUs' threads alone. */
export const sched = plain({ kind: 'sched', gapFloor: 2000, gapMedian: 8000 })

// Records of a collector beside real recordings of the same seconds, on a host and in its guest.

import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { sharedData } from '../../../test/make/tools.js'
import { memorySource, type SourceRef } from '../../bytes.js'
import { inlinePool } from '../../columns/load.js'
import { createEngine, type Engine } from '../../engine.js'
import type { SessionInfo } from '../../thread/contract.js'

const set = sharedData === null ? '' : join(sharedData, 'own/pair-tcg-1guest-ebpf')
const here = existsSync(set)
if (!here) console.warn('records/recordings.test.ts: no records beside the repository, the tests on them are skipped')

const open = (ref: SourceRef) => {
  if (ref.kind !== 'bytes') throw new Error('these tests keep their files in memory')
  return memorySource(ref.name, ref.bytes)
}

async function load(
  names: readonly string[],
  edit: (text: string) => string = (text) => text,
): Promise<{ engine: Engine; info: SessionInfo }> {
  const engine = createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 })
  const sources = names.map((name): SourceRef => {
    const bytes = new Uint8Array(readFileSync(join(set, name)))
    const plain = name.endsWith('.gz') ? new TextEncoder().encode(edit(gunzipSync(bytes).toString('utf8'))) : bytes
    return { kind: 'bytes', name: basename(name).replace(/\.gz$/, ''), size: plain.length, bytes: plain }
  })
  return { engine, info: await engine.open({ sources }) }
}

/** Share of the wake-ups of the recording's tracepoints that a record joined. */
async function joined(engine: Engine, machine: number, from?: number): Promise<number> {
  const query = {
    machines: [machine],
    start: 0,
    count: 100_000,
    ...(from === undefined ? {} : { from: from as never }),
  }
  const { rows } = await engine.wakeups(query)
  const wakings = rows.filter((r) => (r.marks & 1) === 0 && (r.marks & 2) === 0)
  return wakings.filter((r) => r.record !== null).length / wakings.length
}

describe.skipIf(!here)('records and tracepoints of the same wake-ups', () => {
  test('are on one machine, in one time, and joined', async () => {
    const { engine, info } = await load(['host.dat', 'host-10.9.1.2.dat', 'host-ebpf.jsonl.gz', 'guest-ebpf.jsonl.gz'])
    expect(info.machines.map((m) => m.files)).toEqual([
      [0, 2],
      [1, 3],
    ])
    expect(info.faults.filter((f) => f.code === 'records-assigned')).toHaveLength(2)
    // The collector began with the recording and ended with it.
    expect(await joined(engine, 0)).toBeGreaterThan(0.999)
    const { rows } = await engine.wakeups({ machines: [1], start: 0, count: 100_000 })
    const flags = rows.flatMap((r) => (r.record?.entry ? [r.record.entry] : []))
    expect(flags.length).toBeGreaterThan(1000)
    // The guest's kernel is 6.1, as its recording says.
    expect(new Set(flags.map((f) => f.text))).toEqual(new Set(['0', 'SYNC']))
    expect(flags.some((f) => f.ambiguous)).toBe(false)
  }, 60_000)

  test('are joined also where their clock has to be found among the wake-ups', async () => {
    // Another base, and 20 ppm faster.
    const base = 4_093_000_000_000n
    const other = (text: string): string =>
      `{"ev":"header","clock":"boot","kernel":"6.18.44-fc-v595"}\n${text.replace(/^\{"ts":(\d+)/gm, (_, ts: string) => {
        const t = BigInt(ts)
        return `{"ts":${t + 777_000_000_000n + ((t - base) * 20n) / 1_000_000n}`
      })}`
    const { engine, info } = await load(['host.dat', 'host-ebpf.jsonl.gz'], other)
    const told = info.faults.find((f) => f.code === 'records-clock')!
    expect(told.message).toMatch(
      /^The records count in boot, the recording in mono; they are related by 4913\d of 49133 wake-ups that both have, half of which agree to \d+\.\d us and 99 % to \d+\.\d us\.$/,
    )
    expect(await joined(engine, 0)).toBeGreaterThan(0.999)
  }, 60_000)
})

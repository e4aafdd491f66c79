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
    // Before 5.8 the bit of SYNC in 6.1 had no name.
    const spelled = async (): Promise<Set<string>> => {
      const again = (await engine.wakeups({ machines: [1], start: 0, count: 100_000 })).rows
      return new Set(again.flatMap((r) => (r.record?.entry ? [`${r.record.entry.text} ${r.record.entry.raw}`] : [])))
    }
    await engine.chooseWakeFlags(3, '5.4')
    expect(await spelled()).toEqual(new Set(['0 0x0', '0x10 0x10']))
    await engine.chooseWakeFlags(3, null)
    expect(await spelled()).toEqual(new Set(['0 0x0', 'SYNC 0x10']))
    await expect(engine.chooseWakeFlags(3, 'mine')).rejects.toThrow('"mine" is neither')
    await expect(engine.chooseWakeFlags(0, '6.1')).rejects.toThrow('host.dat holds no records')

    const files = await engine.recordFiles()
    expect(files.map((f) => [f.name, f.machine, f.flags])).toEqual([
      ['host-ebpf.jsonl', 0, '>=6.12'],
      ['guest-ebpf.jsonl', 1, '6.0-6.5'],
    ])
    // host: 49133 eBPF against 49152 of trace.dat, median 4.7 us, 99 % within 23 us (README.txt of the set).
    expect(files[0]!.joined / files[0]!.expected).toBeGreaterThan(0.999)
    expect(files[0]!.median).toBeCloseTo(4700, -3)
    expect(files[0]!.p99).toBeLessThan(25_000)
    // The guest's clocksource went to acpi_pm and back.
    expect(files[1]!.clocksources.map((c) => [c.to, c.entry !== null, c.change !== null, c.inferred])).toEqual([
      ['acpi_pm', true, true, false],
      ['hpet', true, true, false],
    ])

    // Neither recording has stacks of its own: they come from the records, and so do the clusters.
    const clusters = await engine.wakeupClusters({ filter: {} })
    expect(clusters.sides.map((s) => s.name)).toEqual(['host', '10.9.1.2'])
    const members = clusters.clusters.flatMap((c) => [...c.wakeups])
    expect(new Set(members).size).toBe(members.length)
    expect(members.length).toBe(clusters.sides.reduce((n, s) => n + s.count, 0))
    const timer = clusters.clusters.find((c) => c.frames[0] === 'hrtimer_wakeup')!
    const { rows: woken } = await engine.wakeups({ start: timer.wakeups[0]!, count: 1 })
    expect(woken[0]!.stack).toMatch(/^hrtimer_wakeup < /)
    const chain = await engine.wakeupChain({ wakeup: timer.wakeups[0]! })
    const hop = chain!.hops.find((h) => h.wakeup === timer.wakeups[0] && h.kind === 'waking')!
    expect(hop.stack!.frames[hop.stack!.folded]!.symbol).toBe('hrtimer_wakeup')
    expect((await engine.details(hop.stack!.position)).event).toMatch(/^(waking|ttwu)$/)

    // From try_to_wake_up to the first timekeeping read: the chain ends with it.
    const { rows: guests } = await engine.wakeups({ machines: [1], start: 0, count: 100_000 })
    const reader = guests.find((r) => r.record?.fields.some((f) => f.name === 'first_read after'))!
    const told = (await engine.wakeupChain({ wakeup: reader.wakeup }))!
    const own = told.hops.filter((h) => h.wakeup === told.wakeups.at(-1)!.wakeup)
    expect(own.at(-1)).toMatchObject({ kind: 'read', label: `${reader.wakee.name} reads the time first: ktime_get` })
    expect(own.at(-1)!.t).toBeGreaterThanOrEqual(own.at(-2)!.t)
    expect((await engine.details(own.at(-1)!.position!)).event).toBe('first_read')
  }, 60_000)

  test('are clustered by themselves where nothing else was recorded', async () => {
    const { engine } = await load(['guest-ebpf.jsonl.gz'])
    const { sides, clusters, delta } = await engine.wakeupClusters({ filter: {} })
    expect(sides).toMatchObject([{ name: 'guest-ebpf', count: 1694, without: 5 }])
    expect(delta).toBe('switch_in')
    expect(clusters.reduce((n, c) => n + c.count, 0)).toBe(1694)
    // The file has no header, so what the flags mean is not known, but for none.
    const flags = clusters.flatMap((c) => c.flags.map((f) => f.text.replace(/,.*/, '')))
    expect(new Set(flags)).toEqual(new Set(['0 at entry', 'ambiguous 0x10 at entry', 'flags not recorded']))
    const pid = 981
    const one = await engine.wakeupClusters({ filter: { wakees: [{ machine: 0, pid }] } })
    expect(one.sides[0]!.count).toBeLessThan(sides[0]!.count)
    expect((await engine.wakeupClusters({ filter: { migrated: true } })).sides).toEqual([])
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

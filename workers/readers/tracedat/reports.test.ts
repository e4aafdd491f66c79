// The reader against trace-cmd's own reports of recordings from several kernels, versions, compressions and byte widths: per buffer
// and CPU the same events in the same order, with the same time, pid and name.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../../bytes.js'
import { decodeBlock, openTrace } from '../registry.js'
import type { DecodedBlock, TraceFile } from '../types.js'

const shared = process.env.REMORA_SHARED ?? join(import.meta.dirname, '../../../../shared')
const data = join(shared, 'data')

interface Line {
  readonly time: string
  readonly pid: number
  readonly name: string
  /** Events lost just before this one, -1 = unknown how many. */
  readonly lost: number
}

/** `buffer cpu` -> events in the order of the report. */
function parseReport(text: string): Map<string, Line[]> {
  const out = new Map<string, Line[]>()
  const line = /^(?:(\S+): +)?\s*.+-(\d+)\s+\[(\d+)\]\s*(?:\S{4,5}\s+)?(\d+(?:\.\d+)?):\s+([\w.-]+):/
  let lost = 0
  for (const row of text.split('\n')) {
    const dropped = /CPU:\d+ \[(?:(\d+) )?EVENTS DROPPED\]/.exec(row)
    if (dropped) lost = Number(dropped[1] ?? -1)
    const m = line.exec(row)
    if (!m) continue
    const key = `${m[1] ?? ''} ${Number(m[3])}`
    const list = out.get(key) ?? []
    out.set(key, list)
    list.push({ pid: Number(m[2]), time: m[4]!, name: m[5]!, lost })
    lost = 0
  }
  return out
}

/** A report's time as the raw one: ns (or ticks), or us rounded, to which `sameTime` compares. */
function sameTime(raw: bigint, text: string): boolean {
  const [whole, fraction] = text.split('.')
  if (fraction === undefined) return raw === BigInt(whole!)
  if (fraction.length === 9) return raw === BigInt(whole! + fraction)
  return (raw + 500n) / 1000n === BigInt(whole! + fraction)
}

/** Some records must say of themselves what the columns say of them. */
async function expectRecords(file: TraceFile, stream: number, d: DecodedBlock): Promise<void> {
  const rows = Array.from({ length: Math.ceil(d.count / 97) }, (_, i) => i * 97)
  await file.records.load(
    stream,
    rows.map((i) => d.where[i]!),
  )
  for (const i of rows) {
    const { type, pid } = file.records.at(stream, d.where[i]!)
    if (type !== d.type[i] || pid !== d.pid[i]) expect({ i, type, pid }).toEqual({ i, type: d.type[i], pid: d.pid[i] })
  }
}

async function readAll(
  name: string,
  bytes: Uint8Array,
): Promise<{ file: TraceFile; events: Map<string, Line[]>; faults: number }> {
  const source = memorySource(name, bytes)
  const file = await openTrace(source)
  const events = new Map<string, Line[]>()
  let faults = 0
  const layout = await file.layOut()
  faults += file.faults.filter((f) => f.severity === 'error').length
  for (const block of layout.blocks) {
    const d = await decodeBlock(layout.plan, block, source)
    const { cpu, buffer } = file.meta.streams[block.stream]!
    const list = events.get(`${buffer} ${cpu}`) ?? []
    events.set(`${buffer} ${cpu}`, list)
    const lost = new Map(d.lost.map((l) => [l.row, l.events]))
    for (let i = 0; i < d.count; i++) {
      const time = String(file.meta.epoch + file.meta.dateOffset + BigInt(d.ticks[i]!))
      list.push({ time, pid: d.pid[i]!, name: file.meta.eventTypes[d.type[i]!]!.name, lost: lost.get(i) ?? 0 })
    }
    await expectRecords(file, block.stream, d)
    faults += d.faults.filter((f) => f.severity === 'error').length
  }
  return { file, events, faults }
}

/** Where the report and the columns part, null where they agree. */
function firstDifference(report: Map<string, Line[]>, events: Map<string, Line[]>, times: boolean): string | null {
  for (const key of new Set([...report.keys(), ...events.keys()])) {
    const a = report.get(key) ?? []
    const b = events.get(key) ?? []
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      const x = a[i]
      const y = b[i]
      const same =
        x &&
        y &&
        x.pid === y.pid &&
        x.name === y.name &&
        x.lost === y.lost &&
        (!times || sameTime(BigInt(y.time), x.time))
      if (!same) return `stream ${key}, event ${i}: report ${JSON.stringify(x)}, read ${JSON.stringify(y)}`
    }
  }
  return null
}

interface Case {
  readonly name: string
  readonly path: string
  readonly report: string
}

function casesOf(dir: string, reportOf: (base: string) => string): Case[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    const path = join(dir, e.name)
    if (e.isDirectory()) return casesOf(path, reportOf)
    const base = /^(.*)\.dat(?:\.gz)?$/.exec(e.name)?.[1]
    if (base === undefined) return []
    const report = join(dir, reportOf(base))
    return existsSync(report) ? [{ name: `${basename(dir)}/${base}`, path, report }] : []
  })
}

const load = (path: string): Uint8Array => {
  const bytes = readFileSync(path)
  return new Uint8Array(path.endsWith('.gz') ? gunzipSync(bytes) : bytes)
}

const cases = [
  ...casesOf(join(data, 'own'), (base) => `${base}.report.txt.gz`),
  ...['07-ftrace-dat-v6-arm', '08-ftrace-dat-v6-32bit-guests'].flatMap((set) =>
    casesOf(join(data, 'public', set), (base) => `golden/${base}.report-N-t.txt.gz`),
  ),
  ...casesOf(join(data, 'public', '14-schedviz-raw'), () => 'golden/schedviz-test.report-N-t.txt.gz'),
]

/** One CPU of this recording holds pages that really are garbage; the other one must still be read whole. */
const damaged = new Set(['pair-tcg-2guests-tsc-badshift/host-10.9.2.2'])

describe.skipIf(cases.length === 0)('as trace-cmd reports it', () => {
  test.each(cases)('$name', async ({ name, path, report }) => {
    const expected = parseReport(gunzipSync(readFileSync(report)).toString('utf8'))
    const { file, events, faults } = await readAll(basename(path), load(path))
    expect(expected.size).toBeGreaterThan(0)
    if (damaged.has(name)) {
      expected.delete(' 0')
      events.delete(' 0')
    } else {
      expect(faults).toBe(0)
    }
    // trace-cmd applies clock samples to what it prints; times of guests are compared by the raw reports below.
    expect(firstDifference(expected, events, file.meta.timeShift === null)).toBeNull()
  })
})

const hasTraceCmd = ((): boolean => {
  try {
    execFileSync('trace-cmd', ['-h'], { stdio: 'ignore' })
    return true
  } catch (e) {
    // Its help ends with a failure code; only a missing program counts.
    return !(e instanceof Error && 'code' in e && e.code === 'ENOENT')
  }
})()

/** Guests, whose reports hold corrected times, and recordings without a report beside them. */
const raws = [
  ...cases.filter((c) => /host-10\./.test(c.name)),
  ...casesOf(join(data, 'own', 'pair-tcg-2guests-tsc-badshift'), (base) => `${base}.dat`).filter(
    (c) => !/host-10\./.test(c.name),
  ),
]
describe.skipIf(!hasTraceCmd || raws.length === 0)('raw times as trace-cmd reports them', () => {
  test.each(raws)('$name', async ({ name, path }) => {
    const text = execFileSync('trace-cmd', ['report', '-t', '--raw-ts', path], {
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const expected = parseReport(text.toString('utf8'))
    const { events } = await readAll(basename(path), load(path))
    if (damaged.has(name)) {
      expected.delete(' 0')
      events.delete(' 0')
    }
    expect(firstDifference(expected, events, true)).toBeNull()
  })
})

const large = join(data, 'own', 'large')
describe.skipIf(!existsSync(large))('large recordings', () => {
  test.each([
    ['large-2M.dat', 3_214_418],
    ['large-10M.dat', 15_706_545],
  ])('%s', async (name, count) => {
    const source = memorySource(name, load(join(large, name)))
    const file = await openTrace(source)
    let n = 0
    const layout = await file.layOut()
    for (const block of layout.blocks) {
      const d = await decodeBlock(layout.plan, block, source)
      n += d.count
      expect(d.faults).toEqual([])
    }
    expect(n).toBe(count)
    expect(file.faults).toEqual([])
  })

  test('do not fill the memory when all records are looked at', async () => {
    const source = memorySource('large-2M.dat', load(join(large, 'large-2M.dat')))
    const file = await openTrace(source)
    const layout = await file.layOut()
    const first = (await decodeBlock(layout.plan, layout.blocks[0]!, source)).where[0]!
    await file.records.load(0, [first])
    expect(file.records.has(0, first)).toBe(true)
    for (let where = first; where < 18 << 20; where += 1 << 15) await file.records.load(0, [where])
    expect(file.records.has(0, first)).toBe(false)
  })
})

const sound = join(data, 'own', 'pair-tcg-1guest-tsc', 'host.dat')
describe.skipIf(!existsSync(sound))('a recording that was cut', () => {
  test.each([0.9, 0.7, 0.6])('at %d of its length shows all that is there', async (share) => {
    const bytes = load(sound)
    const whole = await readAll('host.dat', bytes)
    const cut = await readAll('host.dat', bytes.slice(0, Math.floor(bytes.length * share)))
    expect(cut.faults).toBeGreaterThan(0)
    const counts = [...cut.events.values()].map((l) => l.length)
    expect(Math.max(...counts)).toBeGreaterThan(1000)
    for (const [key, list] of cut.events) {
      const expected = new Map([[key, whole.events.get(key)!.slice(0, list.length)]])
      expect(firstDifference(expected, new Map([[key, list]]), true)).toBeNull()
    }
  })
})

const shifted = join(data, 'own', 'pair-tcg-2guests-tsc-badshift', 'host-10.9.2.2.dat')
describe.skipIf(!existsSync(shifted))('a recording whose CPU 0 has a page written in part', () => {
  test('goes on behind it', async () => {
    const { events, file } = await readAll('guest.dat', load(shifted))
    const list = events.get(' 0')!
    expect(list.length).toBe(47_670)
    expect(list.every((e) => e.name !== 'unknown')).toBe(true)
    expect(list.every((e, i) => i === 0 || BigInt(e.time) >= BigInt(list[i - 1]!.time))).toBe(true)
    expect(file.meta.timeShift).toMatchObject({ repaired: true, interpolate: true })
    expect(file.meta.timeShift!.cpus.map((c) => c.time.length)).toEqual([7, 6])
    expect(file.meta.timeShift!.cpus[0]!.offset.at(-1)).toBe(6460308225924n)
    expect(file.faults.map((f) => f.code)).toContain('time-shift-counts')
  })
})

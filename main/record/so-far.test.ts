import { execFileSync } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { formatText } from '../../test/make/event-format.js'
import { schedWaking } from '../../test/make/known-formats.js'
import { encodeRingBuffer, type Item } from '../../test/make/ring-buffer.js'
import { waking } from '../../test/make/scenario.js'
import { hasTraceCmd, traceCmdReport } from '../../test/make/tools.js'
import { decodeBlock, openTrace } from '../../workers/readers/registry.js'
import type { HeldSource } from '../piece-source.js'
import { latestPages, type Extent } from './latest-pages.js'
import { localRunner } from './process-runner.js'
import type { FilePart, Runner } from './runner.js'
import { traceCmdRecorder, type AgentGuest } from './trace-cmd.js'
import { GrowingPages, seenOf, type Standing } from './so-far.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-so-far-'))
afterAll(() => rmSync(dir, { recursive: true }))

const PAGE = 4096
const encoding = { bigEndian: false, longSize: 8 as const }
const a = { pid: 5, comm: 'a', prio: 120 }

/** A CPU's ring buffer: its bytes, and for each event its time and its page. */
function cpuOf(times: readonly bigint[]): { readonly bytes: Uint8Array; readonly at: { t: bigint; page: number }[] } {
  const items: Item[] = times.map((t) => waking(t, a, { ...a, pid: 6 }, 1))
  const ring = encodeRingBuffer(items, encoding, PAGE)
  return { bytes: ring.bytes, at: ring.events.map((e) => ({ t: e.item.time, page: e.page })) }
}

const files = {
  'events/header_page':
    '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n' +
    '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n',
  'events/header_event': 'x',
  'events/sched/sched_waking/format': formatText(schedWaking, 8),
  uname: 'Linux lab 6.1.0 x86_64\n',
}
const standing = (cpus: Standing['cpus'], comms: string | null = null): Standing => ({
  files,
  clock: 'local [mono]',
  pageSize: PAGE,
  traceId: 78n,
  guests: [{ name: 'g', traceId: 9n, vcpus: [{ cpu: 0, tid: 7 }] }],
  comms,
  cpus,
})

/** Times of the events of each CPU, as the reader tells them. */
async function timesOf(source: HeldSource): Promise<bigint[][]> {
  const file = await openTrace(source)
  expect(file.faults.filter((f) => f.severity === 'error')).toEqual([])
  const { plan, blocks } = await file.layOut()
  const times: bigint[][] = file.meta.streams.map(() => [])
  for (const block of blocks) {
    const got = await decodeBlock(plan, block, source)
    times[block.stream]!.push(...[...got.ticks.subarray(0, got.count)].map((t) => BigInt(t) + file.meta.epoch))
  }
  return times
}

/** Two CPUs, the second of which is idle most of the time. */
const busy = cpuOf(Array.from({ length: 2000 }, (_, i) => BigInt(1_000_000 + i * 1000)))
const idle = cpuOf([1_000_500n, 1_900_500n, 2_990_500n])

describe('a look at a recording that goes on', () => {
  test('is a trace of all that is on the disk, wherever that was cut off', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(busy.bytes.length), fc.nat(idle.bytes.length), async (n, m) => {
        const folder = mkdtempSync(join(dir, 'cut-'))
        const paths = [busy, idle].map((cpu, i) => {
          const path = join(folder, `cpu${i}.raw`)
          writeFileSync(path, cpu.bytes.subarray(0, i === 0 ? n : m))
          return path
        })
        const growing = new GrowingPages({ runner: localRunner(), tracefs: folder, to: join(folder, 'host.dat') })
        const cpus = paths.map((path, cpu) => ({ cpu, path, bytes: cpu === 0 ? n : m }))
        const { source, since } = await growing.soFar('host.dat', standing(cpus), 1e9)
        try {
          expect(since).toBeNull()
          const whole = (cpu: typeof busy, bytes: number): bigint[] =>
            cpu.at.filter((e) => e.page < Math.floor(bytes / PAGE)).map((e) => e.t)
          const expected = [whole(busy, n), whole(idle, m)]
          if (expected.flat().length > 0) expect((await timesOf(source!)).flat()).toEqual(expected.flat())
        } finally {
          await source!.close()
        }
      }),
      { numRuns: 25 },
    )
  })

  async function threePages(folder: string): Promise<HeldSource> {
    const path = join(folder, 'cpu0.raw')
    writeFileSync(path, busy.bytes.subarray(0, 3 * PAGE))
    writeFileSync(join(folder, 'saved_cmdlines'), '5 <...>\n6 woken\n')
    writeFileSync(join(folder, 'comms'), '5 waker\n')
    const growing = new GrowingPages({ runner: localRunner(), tracefs: folder, to: join(folder, 'host.dat') })
    const now = standing([{ cpu: 0, path, bytes: 3 * PAGE }], join(folder, 'comms'))
    return (await growing.soFar('host.dat', now, 1e9)).source!
  }

  test('names tasks, guests and the clock', async () => {
    const source = await threePages(mkdtempSync(join(dir, 'names-')))
    const file = await openTrace(source)
    expect(file.meta).toMatchObject({ clock: 'mono', uname: 'Linux lab 6.1.0 x86_64', cpuCount: 1, traceId: 78n })
    expect(file.comm(5)).toBe('waker')
    expect(file.meta.guests.map((g) => g.traceId)).toEqual([9n])
    await source.close()
  })

  test.skipIf(!hasTraceCmd)('is read by trace-cmd (skipped where it is not installed)', async () => {
    const folder = mkdtempSync(join(dir, 'read-'))
    const source = await threePages(folder)
    const path = join(folder, 'host.dat')
    writeFileSync(path, await source.read(0, source.size))
    await source.close()
    const lines = traceCmdReport(['-i', path])
      .split('\n')
      .filter((l) => l.includes('sched_waking:'))
    expect(lines).toHaveLength(busy.at.filter((e) => e.page < 3).length)
    expect(lines[0]).toMatch(/waker-5 +\[000\].* 0\.001000/)
  })

  test('brings of another machine what is new, and of too much the latest', async () => {
    const step = fc.tuple(fc.nat(busy.bytes.length >> 1), fc.nat(idle.bytes.length), fc.boolean())
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        const folder = mkdtempSync(join(dir, 'far-'))
        const there = join(folder, 'there')
        mkdirSync(there)
        const asked: FilePart[] = []
        const far: Runner = {
          ...localRunner(),
          local: false,
          fetchParts: (parts) => (asked.push(...parts), localRunner().fetchParts(parts)),
        }
        const to = join(folder, 'host.dat')
        const growing = new GrowingPages({ runner: far, tracefs: there, to })
        const ends = [0, 0]
        const all = [busy, idle]
        for (const [n, m, tight] of steps) {
          for (const [i, more] of [n, m].entries()) {
            const next = Math.min(all[i]!.bytes.length, ends[i]! + more)
            appendFileSync(join(there, `cpu${i}.raw`), all[i]!.bytes.subarray(ends[i], next))
            ends[i] = next
          }
          const cpus = ends.map((bytes, cpu) => ({ cpu, path: join(there, `cpu${cpu}.raw`), bytes }))
          const limit = tight ? 4 * PAGE : 1e9
          const { source, since } = await growing.soFar('host.dat', standing(cpus), limit)
          try {
            const due = all.map((cpu, i) => cpu.at.filter((e) => e.page < Math.floor(ends[i]! / PAGE)).map((e) => e.t))
            if (due.flat().length === 0) continue
            const got = new Set((await timesOf(source!)).flat())
            const written = new Set(due.flat())
            expect([...written].filter((t) => (since === null || t >= since) && !got.has(t))).toEqual([])
            expect([...got].filter((t) => !written.has(t))).toEqual([])
            expect(got.size).toBeGreaterThan(0)
            // A page beyond the limit for each CPU and one to round up, and what describes the kernel.
            if (tight) expect(source!.size).toBeLessThan(limit + 4 * PAGE + 16_384)
          } finally {
            await source!.close()
          }
        }
        for (const i of [0, 1]) {
          const parts = asked.filter((p) => p.from.endsWith(`cpu${i}.raw`)).map((p) => [p.offset, p.offset + p.length])
          // Nothing is brought twice.
          for (let k = 1; k < parts.length; k++) expect(parts[k]![0]).toBeGreaterThanOrEqual(parts[k - 1]![1]!)
          const kept = join(folder, `kept${i}`)
          const had = await growing.handOver(i, kept)
          if (had > 0) {
            copyFileSync(kept, join(folder, 'check'))
            expect(execFileSync('cmp', ['-n', String(had), kept, join(there, `cpu${i}.raw`)]).length).toBe(0)
          }
        }
        await growing.close()
        expect(readdirSync(folder)).not.toContain(seenOf('host.dat'))
      }),
      { numRuns: 12 },
    )
  })
})

test('what trace-cmd has written of its pages is read too, and what it says of agents', async () => {
  const folder = mkdtempSync(join(dir, 'trace-cmd-'))
  const head = Object.entries(files).map(([name, text]) => `@@file ${name}\n${text}\n@@end\n`)
  const scripts: string[] = []
  const runner: Runner = {
    ...localRunner(),
    exec: (command) => {
      scripts.push(command)
      return Promise.resolve({ code: 0, stdout: head.join(''), stderr: '' })
    },
    start: (_, { onLine } = {}) => {
      mkdirSync(join(folder, 'host.dat.parts'), { recursive: true })
      // In the midst of the third page.
      writeFileSync(join(folder, 'host.dat.parts/host.dat.cpu1'), busy.bytes.subarray(0, 2 * PAGE + 7))
      for (const line of ['@page 4096', `@pages 1 ${2 * PAGE + 7}`, '@all', '@on']) onLine?.(line, 'stdout')
      const done = Promise.resolve({ code: 0 })
      return Promise.resolve({ done, say: () => undefined, endInput: () => undefined, interrupt: () => undefined })
    },
  }
  const recorder = (agents: readonly AgentGuest[]): ReturnType<typeof traceCmdRecorder> =>
    traceCmdRecorder({
      runner,
      label: 'host',
      program: 'trace-cmd',
      tracefs: folder,
      events: ['sched'],
      clock: 'mono',
      bufferKb: 64,
      stacks: false,
      agents,
      to: join(folder, 'host.dat'),
    })
  const alone = recorder([])
  expect(await alone.soFar(1e9, [])).toBeNull()
  await alone.start()
  const { source, note } = (await alone.soFar(1e9, []))!
  expect((await timesOf(source!)).flat()).toEqual(busy.at.filter((e) => e.page < 2).map((e) => e.t))
  expect(note).toBeUndefined()
  await source!.close()
  // Symbols are read for stacks alone.
  expect(scripts.filter((s) => s.includes('kallsyms'))).toEqual([])
  const asked = recorder([{ name: 'g1', address: '10.9.1.2:823', events: ['sched'], to: join(folder, 'g1.dat') }])
  await asked.start()
  const withAgent = (await asked.soFar(1e9, []))!
  expect(withAgent.note).toBe('What the agent of g1 records is seen when the recording ends.')
  await withAgent.source!.close()
})

test('the latest pages are about the limit, and lack nothing from one moment on', async () => {
  const cpu = fc.array(fc.nat(1000), { maxLength: 400 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(cpu, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 300 }),
      async (all, pages) => {
        const times = all.map((gaps) => gaps.reduce<number[]>((t, gap) => [...t, (t.at(-1) ?? 0) + gap], []))
        const extents: Extent[] = times.map((t, i) => ({ cpu: i, path: String(i), from: 0, to: t.length * PAGE }))
        const timeAt = (e: Extent, at: number): Promise<bigint> => Promise.resolve(BigInt(times[e.cpu]![at / PAGE]!))
        const limit = pages * PAGE
        const { extents: kept, since } = await latestPages(extents, PAGE, limit, timeAt)
        const total = times.reduce((n, t) => n + t.length, 0)
        if (total <= pages) {
          expect(since).toBeNull()
          expect(kept).toEqual(extents)
        }
        let sum = 0
        for (const [i, e] of kept.entries()) {
          expect(e.to).toBe(extents[i]!.to)
          expect(e.from % PAGE).toBe(0)
          sum += e.to - e.from
          const left = times[i]!.slice(0, e.from / PAGE)
          // A page left out ends before the next begins.
          if (left.length > 0 && since !== null)
            expect(times[i]![e.from / PAGE] ?? Infinity).toBeLessThanOrEqual(Number(since))
          // Of every CPU that has pages one is there.
          if (times[i]!.length > 0) expect(e.from).toBeLessThan(e.to)
        }
        const look = Math.ceil(pages / 64) + 1
        expect(sum).toBeLessThanOrEqual(limit + times.length * look * PAGE)
      },
    ),
    { numRuns: 200 },
  )
})

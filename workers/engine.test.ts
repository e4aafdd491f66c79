// The engine against recordings: everything between a file's bytes and a frame.

import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sharedData } from '../test/make/tools.js'
import { memorySource, type ByteSource, type SourceRef } from './bytes.js'
import { inlinePool, type DecodePool } from './columns/load.js'
import { createEngine, type Engine } from './engine.js'
import { InputError, RequestError } from './fault.js'
import type { ClockMethod, Progress, SessionInfo } from './thread/contract.js'
import { machineIndex, position, sessionTime, viewRow } from './units.js'

const own = sharedData === null ? '' : join(sharedData, 'own')
const here = existsSync(own)
const data = describe.skipIf(!here)
if (!here) console.warn('engine.test.ts: no recordings beside the repository, the tests on them are skipped')

function sourceOf(path: string): SourceRef {
  const raw = readFileSync(join(own, path))
  const bytes = new Uint8Array(path.endsWith('.gz') ? gunzipSync(raw) : raw)
  return { kind: 'bytes', name: basename(path, '.gz'), size: bytes.length, bytes }
}

const text = (path: string): string => gunzipSync(readFileSync(join(own, path))).toString('utf8')

function open(ref: SourceRef): ByteSource {
  if (ref.kind !== 'bytes') throw new Error('these tests keep their files in memory')
  return memorySource(ref.name, ref.bytes)
}

const quick = inlinePool(open)

/** Takes its time over one block, so that whoever is told while loading is told. */
const pausing: DecodePool = {
  ...quick,
  async decode(file, plan, block, source, signal) {
    if (block.index === 2) await new Promise((resolve) => setTimeout(resolve, 500))
    return quick.decode(file, plan, block, source, signal)
  },
}

const newEngine = (pool = quick): Engine => createEngine({ open, pool, defaultBudget: 2 ** 30 })

const pair = (): SourceRef[] => ['host.dat', 'host-10.9.1.2.dat'].map((f) => sourceOf(`pair-tcg-1guest-tsc/${f}`))
const host = (): SourceRef => sourceOf('kvm-tiny-2vcpu/host.dat')
const junk: SourceRef = { kind: 'bytes', name: 'notes.txt', size: 5, bytes: new TextEncoder().encode('hello') }

const methods = (method: ClockMethod) => Object.fromEntries([1, 2].map((machine) => [machine, { method }]))

/** `file cpu pid time event` of every event that trace-cmd printed, in its order. */
function reported(report: string): string[] {
  const line = /^(?: *(\S+): )? *.+-(\d+) +\[(\d+)\] *(?:\S{4,5} +)?(\d+(?:\.\d+)?): +([\w.-]+):/
  return report.split('\n').flatMap((row) => {
    const m = line.exec(row)
    return m ? [`${m[1] ?? ''} ${Number(m[3])} ${m[2]} ${m[4]} ${m[5]}`] : []
  })
}

/** The same of every row of the engine; a file's other buffers go by their own names, as there. */
async function rowsOf(engine: Engine, info: SessionInfo): Promise<string[]> {
  const rows = await engine.rows(0, viewRow(0), info.count)
  const timeText = (t: number): string => {
    const raw = BigInt(info.epoch) + BigInt(t)
    if (info.unit === 'ticks') return String(raw)
    const us = (raw + 500n) / 1000n
    return `${us / 1_000_000n}.${String(us % 1_000_000n).padStart(6, '0')}`
  }
  return rows.map((r) => {
    const file = info.files[info.streams[r.stream]!.file]!.name
    const prefix = r.buffer || (info.files.length > 1 ? file : '')
    return `${prefix} ${r.cpu} ${r.pid} ${timeText(r.t)} ${r.event}`
  })
}

data('merged order', () => {
  const sets: [string, string[], string, ClockMethod][] = [
    ['host and guest', ['host.dat', 'host-10.9.1.2.dat'], 'pair-tcg-1guest-tsc', 'compat'],
    ['two guests', ['host.dat', 'host-10.9.1.2.dat', 'host-10.9.2.2.dat'], 'pair-tcg-2guests-tsc', 'compat'],
    ['unrelated files', ['host.dat', 'guest.dat'], 'pair-tcg-1guest-independent', 'none'],
  ]
  it.each(sets)('is the one of trace-cmd report: %s', async (_, files, set, method) => {
    const engine = newEngine()
    const sources = files.map((f) => sourceOf(`${set}/${f}`))
    const info = await engine.open({ sources, clocks: methods(method) })
    const mine = await rowsOf(engine, info)
    const theirs = reported(text(`${set}/merged.report.txt.gz`))
    expect(mine.length).toBe(theirs.length)
    // Event by event: a diff of two lists of this length would never end.
    const differs = mine.findIndex((row, i) => row !== theirs[i])
    expect([mine[differs], theirs[differs]]).toEqual([undefined, undefined])
  })

  it('is the one of trace-cmd report: several buffers', async () => {
    const engine = newEngine()
    const info = await engine.open({ sources: [sourceOf('formats/v7-buffers.dat')] })
    const mine = await rowsOf(engine, info)
    const theirs = reported(text('formats/v7-buffers.report.txt.gz'))
    expect(mine.length).toBe(theirs.length)
    const differs = mine.findIndex((row, i) => row !== theirs[i])
    expect([mine[differs], theirs[differs]]).toEqual([undefined, undefined])
  })
})

data('a host and its guest', () => {
  const engine = newEngine()
  let opened: Promise<SessionInfo> | null = null
  const once = () => (opened ??= engine.open({ sources: pair() }))
  afterAll(() => engine.close())

  it('are one family before anything is decoded', async () => {
    const family = await engine.inspect(pair())
    expect(family.machines.map((m) => [m.name, m.role, m.parent])).toEqual([
      ['host', 'host', null],
      ['10.9.1.2', 'guest', 0],
    ])
  })

  it('come with all counts', async () => {
    const info = await once()
    expect(info.count).toBe(143_380)
    expect(info.streams.reduce((n, s) => n + s.count, 0)).toBe(info.count)
    expect(info.eventTypes.reduce((n, t) => n + t.count, 0)).toBe(info.count)
    for (const kind of ['machine', 'cpu'] as const) {
      expect(info.tracks.filter((t) => t.kind === kind).reduce((n, t) => n + t.events, 0)).toBe(info.count)
    }
    const switches = reported(text('pair-tcg-1guest-tsc/merged.report.txt.gz')).filter((l) =>
      l.endsWith(' sched_switch'),
    )
    expect(info.eventTypes.find((t) => t.name === 'sched_switch')!.count).toBe(switches.length)
    expect(info.partial).toBeNull()
    expect(info.tracks.filter((t) => t.label === 'CPU 0/TCG-12891').map((t) => t.id)).toEqual(['m0/task/12891'])
    expect(info.tracks.some((t) => t.pid === 0)).toBe(false)
  })

  it('tell that CPU 1 of the host never recorded a switch out of idle', async () => {
    const faults = (await once()).faults.filter((f) => f.code === 'switch-inferred' && f.cpu === 1)
    expect(faults.map((f) => f.file)).toEqual(['host.dat'])
    expect(faults[0]!.message).toContain('4798 of them out of idle')
  })

  it('show on each row what each event says about its CPU', async () => {
    const info = await once()
    const rows = await engine.rows(0, viewRow(0), info.count)
    // Between two events of one CPU that carry one pid, and without a switch between them, that pid runs.
    const before = new Map<string, (typeof rows)[number]>()
    let checked = 0
    for (const [i, row] of rows.entries()) {
      const key = `m${row.machine}/cpu${row.cpu}`
      const last = before.get(key)
      before.set(key, row)
      if (i % 97 !== 0 || !last || last.pid !== row.pid || last.event === 'sched_switch' || last.t === row.t) continue
      const { span } = await engine.hover(key, last.t, 0)
      expect([span!.value, span!.from <= last.t, span!.to >= row.t]).toEqual([row.pid, true, true])
      checked++
    }
    expect(checked).toBeGreaterThan(500)
  })

  it('keep their events when a clock is chosen anew', async () => {
    const before = await once()
    const first = await engine.rows(0, viewRow(0), 1)
    const { view } = await engine.createView({ machines: [1] })
    const moved = await engine.setClock(machineIndex(1), { method: 'recorded', offset: '1000000000000' })
    expect(moved.version).toBeGreaterThan(before.version)
    expect([moved.count, moved.clocks[1]!.offset]).toEqual([before.count, '1000000000000'])
    expect(moved.to - before.to).toBeGreaterThan(9e11)
    expect((await engine.rows(0, viewRow(moved.count - 1), 1))[0]!.machine).toBe(1)
    await expect(engine.rows(view, viewRow(0), 1)).rejects.toThrow(RequestError)
    await expect(engine.setClock(machineIndex(9), { method: 'none' })).rejects.toThrow(RequestError)
    await expect(engine.setClock(machineIndex(0), { method: 'recorded' })).rejects.toThrow(RequestError)
    const back = await engine.setClock(machineIndex(1), { method: 'recorded' })
    expect([back.from, back.to, back.epoch]).toEqual([before.from, before.to, before.epoch])
    expect(await engine.rows(0, viewRow(0), 1)).toEqual(first)
  })

  it('tell where events would lie under another clock, and change nothing', async () => {
    const info = await once()
    const guest = machineIndex(1)
    const { method, methods } = await engine.clockHealth(guest)
    const now = methods.find((m) => m.method === method)!
    const same = await engine.clockPlaces(guest, info.clocks[1]!)
    expect(same).toEqual({ inside: now.inside, outside: now.outside, beyond: now.beyond })
    const moved = await engine.clockPlaces(guest, { method, offset: '50000000' })
    expect(moved.outside).toBeGreaterThan(same.outside + 1000)
    expect(moved.inside + moved.outside + moved.beyond).toBe(same.inside + same.outside + same.beyond)
    expect(await engine.clockHealth(guest)).toMatchObject({ method, methods: [now, ...methods.slice(1)] })
    await expect(engine.clockPlaces(machineIndex(0), { method: 'none' })).rejects.toThrow(RequestError)
  })

  it('step from event to event of a row', async () => {
    const info = await once()
    const events = (await engine.rows(0, viewRow(0), 3000)).filter((r) => r.machine === 1 && r.cpu === 1).slice(0, 50)
    let at = await engine.step('m1/cpu1', { position: null, t: sessionTime(info.from - 1) }, 1)
    for (const expected of events) {
      expect(at).toEqual(expected)
      at = await engine.step('m1/cpu1', { position: at!.position, t: at!.t }, 1)
    }
    expect(await engine.step('m1/cpu1', { position: events[0]!.position, t: events[0]!.t }, -1)).toBeNull()
    expect((await engine.details(position(0))).position).toBe(0)
  })
})

data('opening', () => {
  it('goes on without a file that cannot be read, and says so', async () => {
    const info = await newEngine().open({ sources: [junk, host()] })
    expect(info.files.map((f) => f.name)).toEqual(['host.dat'])
    expect(info.faults.filter((f) => f.file === 'notes.txt')).toMatchObject([{ severity: 'error' }])
  })

  it('fails where nothing can be read', async () => {
    const engine = newEngine()
    await expect(engine.open({ sources: [junk] })).rejects.toThrow(InputError)
    await expect(engine.open({ sources: [] })).rejects.toThrow(InputError)
    await expect(engine.overview(10)).rejects.toThrow('No recording is open')
  })

  it('tells of two files with one trace id', async () => {
    const sources = [sourceOf('pair-tcg-1guest-tsc/host.dat'), sourceOf('pair-tcg-1guest-tsc/host.dat')]
    const family = await newEngine().inspect(sources)
    expect(family.faults.some((f) => f.code === 'same-trace-id')).toBe(true)
  })

  it('stops at the budget with a sentence', { timeout: 120_000 }, async () => {
    const engine = newEngine()
    const info = await engine.open({ sources: [sourceOf('large/large-2M.dat')], budget: 20 * 2 ** 20 })
    expect(info.partial).toMatch(
      /^Opened the first [\d.]+ s of about [\d.]+ s: the columns of [\d.,]+ (million )?events fill the 20 MiB set aside/,
    )
    expect(info.count).toBeGreaterThan(400_000)
    expect(info.count).toBeLessThan(1_000_000)
    const last = await Promise.all(
      ['m0/cpu0', 'm0/cpu1'].map((track) => engine.step(track, { position: null, t: sessionTime(info.to + 1) }, -1)),
    )
    expect(Math.abs(last[0]!.t - last[1]!.t)).toBeLessThan((info.to - info.from) / 100)
  })

  it('can be cancelled', async () => {
    const engine = newEngine()
    const abort = new AbortController()
    const stop = (p: Progress): void => {
      if (p.phase === 'decoding') abort.abort(new Error('enough'))
    }
    await expect(engine.open({ sources: [host()] }, stop, undefined, abort.signal)).rejects.toThrow('enough')
    await expect(engine.overview(10)).rejects.toThrow(RequestError)
  })

  it('gives up when something else is opened or everything is closed meanwhile', async () => {
    const engine = newEngine()
    const first = engine.open({ sources: [host()] })
    const second = engine.open({ sources: [sourceOf('formats/v7-zstd-mono.dat')] })
    await expect(first).rejects.toThrow('Another recording was opened')
    expect((await second).files[0]!.name).toBe('v7-zstd-mono.dat')
    await engine.close()
    await expect(engine.rows(0, viewRow(0), 1)).rejects.toThrow('No recording is open')
  })

  it('answers from what is open until what is loaded beside it is there, and goes on where that fails', async () => {
    const engine = newEngine()
    const before = await engine.open({ sources: [host()] })
    const row = await engine.rows(0, viewRow(0), 1)
    const other = sourceOf('formats/v7-zstd-mono.dat')
    const partial: SessionInfo[] = []
    let meanwhile: ReturnType<Engine['rows']> | null = null
    const ask = (p: Progress): void => {
      if (p.phase === 'decoding') meanwhile ??= engine.rows(0, viewRow(0), 1)
    }
    const after = await engine.open({ sources: [other], beside: true }, ask, (info) => partial.push(info))
    expect(await meanwhile).toEqual(row)
    expect(partial).toEqual([])
    expect(after.version).toBeGreaterThan(before.version)
    expect((await engine.overview(1)).density).toEqual(Uint32Array.of(after.count))
    await expect(engine.open({ sources: [junk], beside: true })).rejects.toThrow(InputError)
    expect((await engine.overview(1)).density).toEqual(Uint32Array.of(after.count))
  })

  it('shows CPU rows while it loads', { timeout: 120_000 }, async () => {
    const path = 'large/large-2M.dat'
    const engine = newEngine(pausing)
    const shown: { info: SessionInfo; frame: ReturnType<Engine['lod']> }[] = []
    const info = await engine.open({ sources: [sourceOf(path)] }, undefined, (partial) => {
      const { from, to } = partial
      shown.push({ info: partial, frame: engine.lod({ tracks: ['m0/cpu0', 'm0/cpu1'], from, to, pixels: 500 }) })
    })
    expect(info.count).toBe(3_214_418)
    expect(shown.length).toBeGreaterThan(0)
    const last = shown.at(-1)!
    expect(last.info.partial).not.toBeNull()
    // The last picture may hold all events already; the first cannot.
    expect(shown[0]!.info.count).toBeLessThan(info.count)
    expect(last.info.count).toBeLessThanOrEqual(info.count)
    const frame = await last.frame
    expect([frame.version, frame.spanStart.at(-1)! > 0]).toEqual([last.info.version, true])
    expect(frame.tickCount.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(info.count)
    expect(Math.abs(last.info.to - info.to)).toBeLessThan((info.to - info.from) / 10)
    expect(info.memory.perEvent).toBeLessThan(32)
  })
})

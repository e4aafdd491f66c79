import { describe, expect, it } from 'vitest'
import { drawnBlock, drawnBuilder, type DrawnEvent } from '../../test/fixtures/draw.js'
import { fakeFile } from '../../test/fixtures/fake-file.js'
import type { DecodedBlock, DecodeLayout, TraceFile } from '../readers/types.js'
import type { Progress } from '../thread/contract.js'
import { sessionTime } from '../units.js'
import { loadColumns, type DecodePool, type LoadRequest } from './load.js'

const BLOCK = 10

/** A file of two CPUs: CPU 0 has an event every 10 ns, CPU 1 every 30 ns; blocks of ten events, one byte an event. */
function recording(counts: readonly number[] = [300, 100]) {
  const streams = counts.map((n, cpu) =>
    Array.from({ length: n }, (_, i): DrawnEvent => ({ t: i * (cpu === 0 ? 10 : 30), pid: cpu + 1 })),
  )
  const file: TraceFile = {
    ...fakeFile({ name: 'drawn.dat', streams: [] }),
    span: (stream) => ({ first: 0n, last: BigInt(streams[stream]!.at(-1)!.t) }),
  }
  const layout: DecodeLayout = {
    plan: { format: 'drawn', fileName: 'drawn.dat', data: null },
    blocks: streams.flatMap((events, stream) =>
      Array.from({ length: Math.ceil(events.length / BLOCK) }, (_, index) => ({
        stream,
        index,
        bytes: events.slice(index * BLOCK, (index + 1) * BLOCK).length,
        at: null,
      })),
    ),
    faults: [],
  }
  const decode = (stream: number, index: number): DecodedBlock =>
    drawnBlock(streams[stream]!.slice(index * BLOCK, (index + 1) * BLOCK))
  const plans = streams.map((events, cpu) => ({ ...drawnBuilder({ cpu, events }, cpu).plan, file: 0 }))
  return { file, layout, decode, plans, streams }
}

interface Seen {
  asked: [number, number][]
  flying: number
  most: number
}

/** A pool that answers after a while, later blocks often before earlier ones. */
function poolOf(decode: (stream: number, index: number) => DecodedBlock, size = 3): { pool: DecodePool; seen: Seen } {
  const seen: Seen = { asked: [], flying: 0, most: 0 }
  const pool: DecodePool = {
    size,
    async decode(_file, _plan, block) {
      seen.asked.push([block.stream, block.index])
      seen.most = Math.max(seen.most, ++seen.flying)
      await new Promise<void>((resolve) => setTimeout(resolve, (block.index * 7 + block.stream * 3) % 5))
      seen.flying--
      return decode(block.stream, block.index)
    },
    dispose: () => {},
  }
  return { pool, seen }
}

function requestFor(r: ReturnType<typeof recording>, pool: DecodePool, more: Partial<LoadRequest> = {}): LoadRequest {
  return {
    files: [r.file],
    layouts: [r.layout],
    sources: [{ kind: 'bytes', name: 'drawn.dat', size: 0, bytes: new Uint8Array(0) }],
    plans: r.plans,
    pool,
    allocate: (bytes) => new ArrayBuffer(bytes),
    budget: 1e9,
    ...more,
  }
}

describe('loading', () => {
  it('brings all events in the order of their streams, whatever the order of the answers', async () => {
    const r = recording()
    const { pool, seen } = poolOf(r.decode)
    const progress: Progress[] = []
    const { streams, faults, stoppedAt } = await loadColumns(
      requestFor(r, pool, { onProgress: (p) => progress.push(p) }),
    )
    expect(streams.map((s) => [...s.columns.t])).toEqual(r.streams.map((events) => events.map((e) => e.t)))
    expect(streams.map((s) => [...new Set(s.columns.pid)])).toEqual([[1], [2]])
    expect([faults, stoppedAt]).toEqual([[], null])
    expect(seen.most).toBe(6)
    expect(progress.at(-1)).toEqual({ phase: 'decoding', done: 400, total: 400, unit: 'bytes', events: 400 })
  })

  it('asks for blocks fairly in time', async () => {
    const r = recording()
    const { pool, seen } = poolOf(r.decode, 1)
    await loadColumns(requestFor(r, pool))
    // CPU 1 has a third as many events in the same time: after any number of requests the two are level within a block or two.
    const next = [0, 0]
    for (const [stream, index] of seen.asked) {
      expect(index).toBe(next[stream]!++)
      if (next[0]! < 30 && next[1]! < 10) expect(Math.abs(next[0]! * 100 - next[1]! * 300)).toBeLessThanOrEqual(400)
    }
  })

  it('stops at the budget, with all CPUs cut at one time that all have reached', async () => {
    const r = recording()
    const { pool } = poolOf(r.decode)
    const { streams, stoppedAt } = await loadColumns(requestFor(r, pool, { budget: 22 * 150 }))
    const count = streams.reduce((n, s) => n + s.columns.count, 0)
    expect(count).toBeGreaterThan(60)
    expect(count).toBeLessThanOrEqual(170)
    expect(stoppedAt).toBeGreaterThan(0)
    streams.forEach((s, k) => {
      const expected = r.streams[k]!.map((e) => e.t).filter((t) => t <= stoppedAt!)
      expect([...s.columns.t.subarray(0, s.columns.count)]).toEqual(expected)
    })
  })

  it('keeps the events of a window, and only those', async () => {
    const r = recording()
    const { pool } = poolOf(r.decode)
    const window = { from: sessionTime(415), to: sessionTime(1200) }
    const { streams } = await loadColumns(requestFor(r, pool, { window }))
    streams.forEach((s, k) => {
      const expected = r.streams[k]!.map((e) => e.t).filter((t) => t >= 415 && t <= 1200)
      expect([...s.columns.t.subarray(0, s.columns.count)]).toEqual(expected)
    })
  })

  it('does not hold back for a stream that has ended', async () => {
    const r = recording([300, 10])
    const { pool } = poolOf(r.decode)
    const { streams } = await loadColumns(requestFor(r, pool, { budget: 22 * 200 }))
    expect(streams[0]!.columns.count).toBeGreaterThan(100)
    expect(streams[1]!.columns.count).toBe(10)
  })

  it('goes on past a block that cannot be decoded, and says so', async () => {
    const r = recording()
    const { pool } = poolOf((stream, index) => {
      if (stream === 1 && index === 4) throw new Error('the chunk is torn')
      return r.decode(stream, index)
    })
    const { streams, faults } = await loadColumns(requestFor(r, pool))
    expect(streams.map((s) => s.columns.count)).toEqual([300, 90])
    expect(streams[1]!.columns.lost).toEqual([{ row: 40, events: -1 }])
    expect(faults).toMatchObject([{ severity: 'error', code: 'block-unreadable', file: 'drawn.dat', cpu: 1 }])
    expect(faults[0]!.message).toContain('the chunk is torn')
  })

  it('fails when no block at all can be decoded', async () => {
    const r = recording()
    const { pool } = poolOf(() => {
      throw new Error('the decoding thread died')
    })
    await expect(loadColumns(requestFor(r, pool))).rejects.toThrow(/Nothing of drawn.dat .* the decoding thread died/)
  })

  it('names the file and the CPU of faults that the decoder found', async () => {
    const r = recording()
    const { pool } = poolOf((stream, index) => {
      const block = r.decode(stream, index)
      if (stream === 0 && index === 2) return { ...block, faults: [{ severity: 'warning', code: 'x', message: 'y.' }] }
      return block
    })
    const { faults } = await loadColumns(requestFor(r, pool))
    expect(faults).toEqual([{ severity: 'warning', code: 'x', message: 'y.', file: 'drawn.dat', cpu: 0 }])
  })

  it('stops when the signal aborts', async () => {
    const r = recording()
    const { pool, seen } = poolOf(r.decode)
    const abort = new AbortController()
    const loading = loadColumns(requestFor(r, pool, { signal: abort.signal }))
    setTimeout(() => abort.abort(new Error('enough')), 3)
    await expect(loading).rejects.toThrow('enough')
    const asked = seen.asked.length
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(seen.asked.length).toBe(asked)
    expect(asked).toBeLessThan(40)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawnBlock, drawnBuilder, drawnColumns, type DrawnEvent } from '../../test/fixtures/draw.js'
import { columnBytes, StreamBuilder } from './builder.js'
import type { StreamColumns } from './event-table.js'

const event = fc.record<DrawnEvent>(
  {
    t: fc.nat(5),
    pid: fc.nat(9),
    next: fc.option(fc.nat(9), { nil: undefined }),
    wakes: fc.option(fc.nat(9), { nil: undefined }),
    lost: fc.option(fc.constantFrom(-1, 7), { nil: undefined }),
  },
  { requiredKeys: ['t', 'pid'] },
)
const events = fc.array(event, { maxLength: 60 }).map((list) => {
  let t = 0
  return list.map((e): DrawnEvent => ({ ...e, t: (t += e.t) }))
})

/** The columns without room to spare, comparable. */
const seen = (c: StreamColumns) => ({
  t: [...c.t.subarray(0, c.count)],
  ticks: [...c.ticks.subarray(0, c.count)],
  pid: [...c.pid.subarray(0, c.count)],
  type: [...c.type.subarray(0, c.count)],
  where: [...c.where.subarray(0, c.count)],
  switches: [...c.switchRow.subarray(0, c.switches)].map((row, i) => [row, c.switchNext[i], c.switchState[i]]),
  wakes: [...c.wakeRow.subarray(0, c.wakes)].map((row, i) => [row, c.wakePid[i], c.wakeCpu[i], c.wakeHow[i]]),
  lost: c.lost,
})

describe('stream builder', () => {
  it('makes the same columns however the stream is cut into blocks', () => {
    fc.assert(
      fc.property(events, fc.array(fc.nat(60), { maxLength: 8 }), (list, cuts) => {
        const bounds = [0, ...cuts.map((c) => Math.min(c, list.length)).sort((a, b) => a - b), list.length]
        const builder = drawnBuilder({ cpu: 0, events: list })
        bounds.slice(1).forEach((end, i) => {
          const part = list.slice(bounds[i], end)
          const block = drawnBlock(part)
          const where = Uint32Array.from(part.keys(), (row) => row + bounds[i]!)
          builder.append({ ...block, where }, part.length)
        })
        const grown = seen(builder.columns)
        builder.trim()
        expect(grown).toEqual(seen(drawnColumns({ cpu: 0, events: list })))
        expect(seen(builder.columns)).toEqual(grown)
        expect(columnBytes(builder.columns)).toBe(builder.bytesUsed)
      }),
    )
  })

  it('cuts after a time, side tables included', () => {
    fc.assert(
      fc.property(events, fc.nat(120), (list, time) => {
        const builder = drawnBuilder({ cpu: 0, events: list })
        builder.append(drawnBlock(list), list.length)
        builder.cut(time)
        expect(seen(builder.columns)).toEqual(seen(drawnColumns({ cpu: 0, events: list.filter((e) => e.t <= time) })))
      }),
    )
  })

  it('keeps ticks beside mapped times', () => {
    const { plan } = drawnBuilder({ cpu: 0, events: [] })
    const clock = {
      identity: false,
      apply: (ticks: Float64Array, n: number, out: Float64Array) => {
        for (let i = 0; i < n; i++) out[i] = ticks[i]! * 2 - 3
      },
    }
    const builder = new StreamBuilder({ ...plan, clock }, (bytes) => new ArrayBuffer(bytes))
    builder.append(drawnBlock([{ t: 10, pid: 1 }]), 1)
    builder.append(drawnBlock([{ t: 20, pid: 1 }]), 1)
    expect(seen(builder.columns)).toMatchObject({ t: [17, 37], ticks: [10, 20] })
    expect(builder.reached).toBe(37)
  })

  it('reserves room for the rest of the stream, so that it seldom grows', () => {
    const { plan } = drawnBuilder({ cpu: 0, events: [] })
    let allocations = 0
    const builder = new StreamBuilder({ ...plan, bytes: 100_000 }, (bytes) => {
      allocations++
      return new ArrayBuffer(bytes)
    })
    const block = drawnBlock(Array.from({ length: 50 }, (_, i) => ({ t: i, pid: 1, next: 2, wakes: 3 })))
    for (let i = 0; i < 1000; i++) builder.append(block, 100)
    expect(builder.columns.count).toBe(50_000)
    // One a column.
    expect(allocations).toBeLessThanOrEqual(11)
  })
})

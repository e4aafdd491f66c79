import { describe, expect, it } from 'vitest'
import type { RecordLive } from '../remote-api.js'
import { COLUMNS, greatestRate, grown, rateOf, type Strip } from './record-strip.js'

const figures = { events: null, perSecond: null, lost: null, fill: null, bytes: null }
const live = (at: number, events: readonly number[], lost = 0): RecordLive => ({
  phase: 'recording',
  seconds: 0,
  recorders: [
    { label: 'host', figures, counts: { at, cpus: events.map((n, cpu) => ({ cpu: cpu * 2, events: n, lost })) } },
    { label: 'host, probes', figures, counts: null },
  ],
})
const all = (...lives: RecordLive[]): Strip => lives.reduce<readonly Strip[]>(grown, [])[0]!

describe('the strip of a recording', () => {
  it('has a column between two readings, and none for figures that come between', () => {
    const strip = all(live(1000, [5, 0]), live(1000, [5, 0]), live(1500, [55, 10], 3), live(2500, [55, 110], 3))
    expect(strip.cpus).toEqual([0, 2])
    expect(strip.columns).toEqual([
      { from: 0, to: 500, events: [50, 10], lost: [3, 3] },
      { from: 500, to: 1500, events: [0, 100], lost: [0, 0] },
    ])
    expect(rateOf(strip.columns[0]!, 0)).toBe(100)
    expect(greatestRate(strip)).toBe(100)
  })

  it('is not there for a recorder that counts no CPUs', () => {
    expect(grown([], live(0, [])).length).toBe(0)
    expect(grown([], live(0, [1])).map((s) => s.label)).toEqual(['host'])
  })

  it('holds a long recording in few columns, whose events stay all', () => {
    let strips: readonly Strip[] = []
    for (let n = 0; n <= 5000; n++) strips = grown(strips, live(n * 500, [n * 3, n]))
    const [{ columns }] = strips as [Strip]
    expect(columns.length).toBeLessThanOrEqual(COLUMNS)
    expect(columns.length).toBeGreaterThan(COLUMNS / 4)
    expect(columns.reduce((n, c) => n + c.events[0]!, 0)).toBe(15000)
    expect([columns[0]!.from, columns.at(-1)!.to]).toEqual([0, 2_500_000])
    for (const [i, c] of columns.entries()) expect(c.from).toBe(columns[i - 1]?.to ?? 0)
  })
})

// Clocks held against kvm_entry and kvm_exit.

import { describe, expect, it } from 'vitest'
import type { ClockHealth } from '../../workers/thread/contract.js'
import { machineIndex } from '../../workers/units.js'
import { HOST_EPOCH } from '../make/clock-pair.js'
import { ROUNDING, engine, guest, health, openPair, plain, sched, worstError } from './session.js'

describe('a guest with kvm events', () => {
  it('keeps what was recorded when the events confirm it, and states an accuracy that holds', async () => {
    const opened = await openPair({ guests: [guest()] })
    const card = await health(1)
    expect(card).toMatchObject({ method: 'recorded', verdict: 'GUARANTEED', recommended: 'recorded', kind: 'kvm' })
    expect(card.sentence).toMatch(
      /^As trace-cmd recorded it: all \d+ events of vm lie between kvm_entry and kvm_exit; its times are right to within \d+ ticks\.$/,
    )
    expect(card.threads.map((t) => t.by)).toEqual(['GUEST option', 'GUEST option'])
    expect(card.worst).toEqual([])
    expect(card.accuracy!).toBeLessThan(5000)
    expect(worstError(opened)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
    expect(opened.info.clocks[1]).toMatchObject({ method: 'recorded', verdict: 'GUARANTEED', accuracy: card.accuracy })
  })

  it.each([-300_000, 40_000, 3_000_000, 700_000_000])('repairs a recorded shift that is %d ns off', async (by) => {
    const opened = await openPair({ guests: [guest({ recorded: { by } })] })
    const card = await health(1)
    expect(card).toMatchObject({ method: 'events', verdict: 'GUARANTEED', recommended: 'events' })
    expect(card.methods.map((m) => m.method)).toEqual(['events', 'recorded', 'compat'])
    expect(card.methods[0]!.outside).toBe(0)
    expect(card.methods[1]).toMatchObject({ verdict: 'INFEASIBLE' })
    expect(card.methods[1]!.outside).toBeGreaterThan(100)
    expect(Math.abs(card.methods[1]!.error! - by)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
    expect(card.methods[1]!.accuracy!).toBeGreaterThanOrEqual(Math.abs(by) - ROUNDING)
    expect(worstError(opened)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
    // Who asks for what was recorded gets it, with what is wrong about it.
    const info = await engine().setClock(machineIndex(1), { method: 'recorded' })
    expect(info.clocks[1]).toMatchObject({ method: 'recorded', verdict: 'INFEASIBLE' })
    const recorded = await health(1)
    expect(recorded.recommended).toBe('events')
    expect(recorded.worst).toHaveLength(20)
    expect(worstError({ ...opened, info })).toBeLessThanOrEqual(Math.abs(by) + ROUNDING)
  })

  it.each([
    ['of the first CPU', 0],
    ['of the other CPU', 1],
  ])('states an accuracy for a recorded relation %s that bends between its ends', async (_, cpu) => {
    const opened = await openPair({ guests: [guest({ recorded: { by: 0, bend: { cpu, ns: 40_000 } } })] })
    const info = await engine().setClock(machineIndex(1), { method: 'recorded' })
    const card = await health(1)
    expect(card.accuracy!).toBeGreaterThan(39_000)
    expect(worstError({ ...opened, info })).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
    expect(Math.min(...card.bounds.map((b) => b.lower))).toBeLessThanOrEqual(-39_000)
  })

  it('finds the relation where none is recorded', async () => {
    const opened = await openPair({ guests: [guest({ recorded: 'nothing' })] })
    const card = await health(1)
    expect(card).toMatchObject({ method: 'events', verdict: 'GUARANTEED' })
    expect(card.methods.map((m) => m.method)).toEqual(['events'])
    expect(worstError(opened)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
    const [lo, hi] = card.drift!
    expect(lo).toBeLessThan(20)
    expect(hi).toBeGreaterThan(20)
  })

  it('finds it for two files that know nothing of each other, once told that they belong together', async () => {
    const options = { guests: [guest({ related: false })] }
    const alone = await openPair(options)
    expect(alone.info.machines.map((m) => m.role)).toEqual(['alone', 'alone'])
    await expect(health(1)).rejects.toThrow(
      'vm is no guest of an opened host, so there is nothing to hold its clock against.',
    )
    const opened = await openPair(options, { pair: [{ guest: 1, host: 0 }] })
    expect(opened.info.machines[1]).toMatchObject({ name: 'vm', role: 'guest', parent: 0, pairedBy: 'none' })
    const card = await health(1)
    expect(card).toMatchObject({ method: 'events', verdict: 'GUARANTEED' })
    expect(card.threads.map((t) => t.by)).toEqual(['thread name', 'thread name'])
    expect(worstError(opened)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
  })

  it('tells two guests apart by their events where threads have only names', async () => {
    const opened = await openPair({
      guests: [
        guest({ name: 'a', threads: false, recorded: 'nothing' }),
        guest({
          name: 'b',
          threads: false,
          recorded: { by: 60_000 },
          truth: plain({ seed: 2, offset: -3e9, ppm: -35 }),
        }),
      ],
    })
    for (const [machine, tids] of [
      [1, [1000, 1001]],
      [2, [1100, 1101]],
    ] as const) {
      const card = await health(machine)
      expect(card.threads.map((t) => t.tid)).toEqual(tids)
      expect(card).toMatchObject({ method: 'events', verdict: 'GUARANTEED' })
      expect(worstError(opened, machine)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
    }
  })

  it('sees a step, and says where and how high', async () => {
    const opened = await openPair({
      guests: [guest({ recorded: 'nothing', truth: plain({ ppm: 0, steps: [{ at: 1e9, by: -50_000_000 }] }) })],
    })
    const card = await health(1)
    expect(card.breaks).toHaveLength(1)
    const [{ from, to, step }] = card.breaks as [ClockHealth['breaks'][0]]
    expect(step[0]).toBeLessThanOrEqual(-50_000_000 + ROUNDING)
    expect(step[1]).toBeGreaterThanOrEqual(-50_000_000 - ROUNDING)
    const base = Number(BigInt(opened.info.epoch) - HOST_EPOCH)
    expect(Math.min(from, to) + base).toBeLessThan(1e9 + 60e6)
    expect(Math.max(from, to) + base).toBeGreaterThan(1e9 - 60e6)
    const away = (host: number): boolean => Math.abs(host - 1e9) > 100e6
    expect(worstError(opened, 1, away)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
  })

  it('never guarantees a clock that is slewed, and covers it with the accuracy it states', async () => {
    const slews = [
      { at: 2e9, ppm: 8 },
      { at: 4e9, ppm: -8 },
    ]
    const opened = await openPair({ guests: [guest({ truth: plain({ duration: 6e9, slews }), recorded: 'nothing' })] })
    const card = await health(1)
    expect(card.verdict).toBe('CONDITIONAL')
    expect(worstError(opened)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
  })

  it('holds the truth when entries and exits are missing, and counts them', async () => {
    const opened = await openPair({ guests: [guest({ recorded: 'nothing', truth: plain({ lost: 0.05 }) })] })
    const card = await health(1)
    expect(['GUARANTEED', 'CONDITIONAL']).toContain(card.verdict)
    expect(card.brackets.open).toBe(opened.made.guests[0]!.truth.open)
    expect(worstError(opened)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
  })

  it('holds the truth when the host lost events', async () => {
    const opened = await openPair({ guests: [guest()], overrunEvery: 300 })
    const card = await health(1)
    expect(opened.info.streams.some((s) => s.lost > 0)).toBe(true)
    expect(['GUARANTEED', 'CONDITIONAL']).toContain(card.verdict)
    expect(card.methods[0]!.outside).toBe(0)
    expect(worstError(opened)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
  })

  it('undoes the scaling of a TSC exactly, where trace-cmd does not', async () => {
    const scaling = { ratio: 309_622_474_381_721n, fraction: 48n }
    const opened = await openPair({ guests: [guest({ scaling, truth: plain({ ppm: 0 }) })] })
    expect(worstError(opened)).toBeLessThanOrEqual(ROUNDING)
    const card = await health(1)
    const by = (method: string) => card.methods.find((m) => m.method === method)!
    expect(card).toMatchObject({ method: 'recorded', verdict: 'GUARANTEED' })
    expect(card.accuracy!).toBeLessThan(1000)
    expect(by('compat').verdict).not.toBe('GUARANTEED')
    // 2^48 / ratio - 1
    expect(card.drift![0]).toBeLessThan(-90_909.09)
    expect(card.drift![1]).toBeGreaterThan(-90_909.1)
    const info = await engine().setClock(machineIndex(1), { method: 'events' })
    expect(info.clocks[1]).toMatchObject({ method: 'events', verdict: 'GUARANTEED' })
    expect(worstError({ ...opened, info })).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
  })
})

describe('De Venuto’s table', () => {
  it.each([1, 2] as const)('has the moments of the true delays (instruction set %d)', async (isa) => {
    const { made } = await openPair({ guests: [guest()], isa })
    const card = await health(1)
    expect(card.deltas.map((d) => d.sequence)).toEqual(['timer -> MSR_WRITE', 'idle -> HLT'])
    for (const { sequence, n, mean, variance, sd } of card.deltas) {
      const all = made.guests[0]!.delays.filter((d) => d.sequence === sequence).map((d) => d.ns)
      const expected = all.reduce((a, b) => a + b, 0) / all.length
      const squares = all.reduce((a, b) => a + (b - expected) ** 2, 0) / (all.length - 1)
      expect(n).toBe(all.length)
      expect(Math.abs(mean - expected)).toBeLessThan(2)
      expect(Math.abs(variance / squares - 1)).toBeLessThan(0.01)
      expect(sd).toBeCloseTo(Math.sqrt(variance), 6)
    }
  })

  it('counts nothing without kvm events', async () => {
    await openPair({ guests: [guest({ truth: sched })], events: 'sched' })
    expect((await health(1)).deltas).toEqual([])
  })
})

// Clocks where other events than entries and exits tell, or none; and another choice of clock.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { machineIndex, viewRow } from '../../workers/units.js'
import { HOST_EPOCH, makePair } from '../make/clock-pair.js'
import { ROUNDING, dir, engine, guest, health, open, openPair, plain, sched, worstError } from './session.js'

describe('what cannot be known is not stated', () => {
  it('is loose with the scheduling of the threads alone', async () => {
    const opened = await openPair({ guests: [guest({ truth: sched })], events: 'sched' })
    const card = await health(1)
    expect(card).toMatchObject({ verdict: 'LOOSE', kind: 'sched' })
    expect(card.sentence).toMatch(/no closer without kvm_entry and kvm_exit/)
    expect(worstError(opened)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
  })

  it.each(['entries', 'exits'] as const)('states no accuracy with %s alone', async (events) => {
    await openPair({ guests: [guest()], events })
    const card = await health(1)
    expect(card).toMatchObject({
      verdict: 'ONE-SIDED',
      accuracy: null,
      halfWidth: null,
      drift: null,
      method: 'recorded',
    })
    expect(card.sentence).toBe(
      `Only ${events} were recorded, so the relation is bounded on one side and no accuracy can be stated.`,
    )
    expect(card.methods.map((m) => m.accuracy)).toEqual(card.methods.map(() => null))
  })

  it('says that nothing is known without entries, exits and switches', async () => {
    const { info } = await openPair({ guests: [guest()], events: 'neither' })
    const card = await health(1)
    expect(card).toMatchObject({ verdict: 'NONE', accuracy: null, halfWidth: null, drift: null, method: 'recorded' })
    expect(card.sentence).toMatch(/^The host's trace says nothing about when the vCPUs of vm ran: it needs kvm_entry/)
    expect(info.clocks[1]!.accuracy).toBeNull()
    await expect(engine().setClock(machineIndex(1), { method: 'events' })).rejects.toThrow(card.sentence)
  })

  it('says so when guest and host contradict each other, and makes up no number', async () => {
    // The guest's file of another hour.
    const made = makePair({ guests: [guest()] })
    const other = makePair({
      guests: [guest({ truth: plain({ seed: 77, bracketMean: 900_000, pauseMean: 200_000 }) })],
    })
    const paths = [join(dir, 'h.dat'), join(dir, 'vm.dat')]
    writeFileSync(paths[0]!, made.host)
    writeFileSync(paths[1]!, other.guests[0]!.bytes)
    const info = await open(paths)
    const card = await health(1)
    expect(card.verdict).toBe('INFEASIBLE')
    expect(card.accuracy).toBeNull()
    expect(card.sentence).toMatch(/lie at times when its vCPU cannot have run\.$/)
    expect(info.clocks[1]).toMatchObject({ method: 'recorded', accuracy: null })
    expect(card.worst.length).toBeGreaterThan(0)
  })

  it('does not guarantee what a local clock shows', async () => {
    await openPair({ guests: [guest()], clock: 'local' })
    const card = await health(1)
    expect(card.verdict).toBe('CONDITIONAL')
    expect(card.sentence).toMatch(
      /if the CPUs' clocks agree; nothing says so, because the trace clock of vm and host is local\.$/,
    )
    // Each vCPU's clock on its own: the estimate follows.
    const apart = plain({ vcpuOffset: [0, 10_000] })
    const opened = await openPair({
      guests: [guest({ truth: apart, recorded: 'nothing' })],
      guestClock: 'local',
      clock: 'mono',
    })
    const own = await health(1)
    expect(own).toMatchObject({ method: 'events', verdict: 'CONDITIONAL' })
    expect(worstError(opened)).toBeLessThanOrEqual(own.accuracy! + ROUNDING)
  })
})

describe('what records tell beside entries and exits', () => {
  const packets = { mean: 10_000_000, lengths: 1400 }

  it('takes packets for evidence where nothing tells when the vCPUs ran', async () => {
    for (const recorded of ['truth', { by: 40_000_000 }] as const) {
      const opened = await openPair({ guests: [guest({ truth: plain({ packets }), recorded })], events: 'neither' })
      const card = await health(1)
      expect(card).toMatchObject({ method: recorded === 'truth' ? 'recorded' : 'events', verdict: 'LOOSE' })
      expect(card.packets.used).toBeGreaterThan(100)
      expect(card.sentence).toMatch(/network packets were sent before they were received; that bounds the error by/)
      expect(worstError(opened)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
    }
    await openPair({
      guests: [guest({ truth: plain({ packets: { ...packets, ways: ['guest'] } }) })],
      events: 'neither',
    })
    expect(await health(1)).toMatchObject({ verdict: 'ONE-SIDED', accuracy: null })
  })

  it('cuts where the host wrote the TSC offset, and knows the height', async () => {
    const steps = [{ at: 1e9, by: -700_000 }]
    const opened = await openPair({
      guests: [guest({ recorded: 'nothing', truth: plain({ ppm: 0, steps }) })],
      writes: true,
    })
    const card = await health(1)
    expect(card.breaks).toMatchObject([{ step: [-700_000, -700_000], cause: 'kvm_write_tsc_offset' }])
    const base = Number(BigInt(opened.info.epoch) - HOST_EPOCH)
    expect(card.rebases.map((t) => t + base)).toEqual([1e9])
    expect(worstError(opened, 1, (h) => Math.abs(h - 1e9) > 2e6)).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
  })

  it('relates nothing after a live migration', async () => {
    const opened = await openPair({ guests: [guest({ truth: plain({ leaves: 1.2e9 }) })] })
    const card = await health(1)
    const base = Number(BigInt(opened.info.epoch) - HOST_EPOCH)
    expect(card.leftAt! + base).toBeGreaterThan(1.15e9)
    expect(card.leftAt! + base).toBeLessThan(1.21e9)
    expect(card.sentence).toMatch(/as after a live migration: nothing relates its later times\.$/)
    expect(card.breaks).toEqual([])
  })
})

describe('another choice of clock', () => {
  it('re-times columns, order, rows and timeline together', async () => {
    const opened = await openPair({ guests: [guest({ recorded: { by: 500_000 } })] })
    const api = engine()
    const all = opened.info.count
    const versions = new Set([opened.info.version])
    for (const method of ['recorded', 'none', 'compat', 'events', 'from-start', 'events'] as const) {
      const info = await api.setClock(machineIndex(1), { method })
      expect(versions.has(info.version)).toBe(false)
      versions.add(info.version)
      expect(info).toMatchObject({ count: all, clocks: [{}, { method }] })
      const rows = await api.rows(0, viewRow(0), 400)
      const times = rows.map((r) => r.t as number)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(rows[0]!.t).toBe(info.from)
      const firstGuest = (await api.createView({ machines: [1] })).view
      const [row] = await api.rows(firstGuest, viewRow(0), 1)
      const details = await api.details(row!.position)
      expect(BigInt(details.time) - BigInt(info.epoch)).toBe(BigInt(row!.t))
      const frame = await api.lod({ tracks: ['m1/cpu0'], from: info.from, to: info.to, pixels: 500 })
      expect(frame.version).toBe(info.version)
      const ticks = [...frame.tickT]
      const session = api.session()!
      const own = session.table.streams.find((s) => s.machine === 1 && s.cpu === 0)!
      expect(Math.abs(ticks[0]! - own.t[0]!)).toBeLessThanOrEqual((info.to - info.from) / 500 + 1)
      if (method === 'events') {
        const card = await health(1)
        expect(worstError({ ...opened, info })).toBeLessThanOrEqual(card.accuracy! + ROUNDING)
      }
    }
  })
})

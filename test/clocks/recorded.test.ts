// Clocks of recorded pairs.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { machineIndex } from '../../workers/units.js'
import { sharedData } from '../make/tools.js'
import { engine, health, open } from './session.js'

const real = (set: string, ...files: string[]): string[] => files.map((f) => join(sharedData!, 'own', set, f))

describe.skipIf(!sharedData)('recorded pairs (needs ../shared/data)', () => {
  it.each([
    ['pair-tcg-1guest-tsc', ['host-10.9.1.2.dat'], 1, [0.88, 0.93]],
    ['pair-tcg-2guests-tsc', ['host-10.9.1.2.dat', 'host-10.9.2.2.dat'], 1, [0.85, 0.92]],
    ['pair-tcg-2guests-tsc-badshift', ['host-10.9.1.2.dat', 'host-10.9.2.2.dat'], 1, [0.6, 0.82]],
    ['pair-tcg-1guest-ebpf', ['host-10.9.1.2.dat'], 0.98, [0.7, 0.8]],
  ] as const)('%s: the events repair what was recorded', async (set, guests, least, recordedShare) => {
    const info = await open(real(set, 'host.dat', ...guests))
    for (const { machine, parent } of info.machines) {
      if (parent === null) continue
      const card = await health(machine)
      const share = ({ inside, outside }: { inside: number; outside: number }): number => inside / (inside + outside)
      const by = (method: string) => card.methods.find((m) => m.method === method)!
      expect(card).toMatchObject({ method: 'events', recommended: 'events', kind: 'sched' })
      expect(by('recorded').verdict).toBe('INFEASIBLE')
      expect(share(by('recorded'))).toBeGreaterThan(recordedShare[0])
      expect(share(by('recorded'))).toBeLessThan(recordedShare[1])
      expect(by('events').inside).toBeGreaterThan(10_000)
      expect(share(by('events'))).toBeGreaterThanOrEqual(least)
      expect(card.verdict).toBe(least === 1 ? 'LOOSE' : 'CONDITIONAL')
      // Threads as the recorder noted them: 12891 and 12894 of the first guest, 12890 and 12893 of the second.
      expect(card.threads.map((t) => t.tid)).toEqual(machine === 1 ? [12891, 12894] : [12890, 12893])
    }
  })

  it('pair-tcg-2guests-tsc-badshift: the corrupt option is recognised, impossible samples are left out', async () => {
    const info = await open(real('pair-tcg-2guests-tsc-badshift', 'host.dat', 'host-10.9.1.2.dat', 'host-10.9.2.2.dat'))
    expect(info.files.map((f) => f.timeShift?.repaired ?? null)).toEqual([null, false, true])
    expect(info.files[2]!.timeShift!.samples).toEqual([7, 6])
    expect(info.faults.map((f) => f.code)).toContain('time-shift-counts')
    const recorded = await engine().setClock(machineIndex(2), { method: 'recorded' })
    expect(recorded.faults.map((f) => f.code)).toContain('time-shift-outlier')
  })

  it('pair-tcg-1guest-independent: unrelated until told, then found within the accuracy stated', async () => {
    const paths = real('pair-tcg-1guest-independent', 'host.dat', 'guest.dat')
    const alone = await open(paths)
    expect(alone.machines.map((m) => [m.role, m.pairedBy])).toEqual([
      ['alone', 'none'],
      ['alone', 'none'],
    ])
    expect(alone.clocks.map((c) => c.method)).toEqual(['none', 'from-start'])
    await open(paths, { pair: [{ guest: 1, host: 0 }] })
    const card = await health(1)
    expect(card.method).toBe('events')
    expect(card.threads.map((t) => t.tid)).toEqual([12891, 12894])
    const [events] = card.methods
    expect(events!.inside / (events!.inside + events!.outside)).toBeGreaterThan(0.98)
    // The offset as it was measured by other means, minutes apart.
    expect(Number(events!.offset)).toBeGreaterThan(2_498_636_260_000 - card.accuracy!)
    expect(Number(events!.offset)).toBeLessThan(2_498_636_340_000 + card.accuracy!)
    // An emulated guest: what its clock did while it was steered is part of the accuracy.
    expect(card.accuracy!).toBeLessThan(55_000)
    expect(card.covered).toBeGreaterThan(0.7)
  })
})

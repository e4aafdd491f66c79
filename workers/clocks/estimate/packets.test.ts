import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeTruth, type PacketOptions, type Truth, type TruthOptions } from '../../../test/make/clock-truth.js'
import { estimate, type Estimate } from './estimate.js'
import { boundsAtTime } from './pieces.js'
import type { Evidence } from './evidence.js'

const make = (seed: number, packets: PacketOptions, more: Partial<TruthOptions> = {}): Truth =>
  makeTruth({
    seed,
    duration: 4e9,
    vcpus: 1,
    offset: 5_000_000_000,
    ppm: 30,
    bracketMean: 300_000,
    pauseMean: 1_000_000,
    packets,
    ...more,
  })

/** Nothing but packets. */
const alone = ({ evidence }: Truth): Evidence => ({
  ...evidence,
  kind: 'sched',
  vcpus: evidence.vcpus.map((v) => ({ ...v, entry: new Float64Array(0), exit: new Float64Array(0) })),
})

const anchorOf = (truth: Truth, by = 0) => ({ g: -3e9, offset: Math.round(truth.offsetAt(-3e9)) + by })

function expectTruth(truth: Truth, e: Estimate): void {
  for (const p of e.pieces) {
    for (const g of [p.from, (p.from + p.to) / 2, p.to]) {
      const [lo, hi] = boundsAtTime(e, g)
      const d = truth.offsetAt(g)
      // The generator rounds to whole ns.
      if (!(d >= lo - 2 && d <= hi + 2)) expect(`${d} at ${g}`).toBe(`in ${lo}..${hi}`)
    }
  }
}

describe('packets', () => {
  it('bound the relation on both sides where nothing is known of the vCPUs', () => {
    const truth = make(1, { mean: 20_000_000, lengths: 1400 })
    for (const anchor of [undefined, anchorOf(truth, 300_000)]) {
      const e = estimate(alone(truth), { anchor })
      expect(e.verdict).toBe('LOOSE')
      expect(e.packets.used).toBeGreaterThan(200)
      expect(e.halfWidth!).toBeLessThan(50_000)
      expectTruth(truth, e)
    }
  })

  it.each(['guest', 'host'] as const)('say one side when only those towards the %s are known', (way) => {
    const truth = make(2, { mean: 20_000_000, lengths: 1400, ways: [way] })
    for (const anchor of [undefined, anchorOf(truth)]) {
      const e = estimate(alone(truth), { anchor })
      expect(e).toMatchObject({ verdict: 'ONE-SIDED', accuracy: null, halfWidth: null })
      expect(e.packets.used).toBeGreaterThan(100)
    }
  })

  it('give the side that entries alone leave open', () => {
    const truth = make(3, { mean: 20_000_000, lengths: 1400, ways: ['host'] })
    const vcpus = truth.evidence.vcpus.map((v) => ({ ...v, exit: v.exit.map(() => Infinity) }))
    const options = { anchor: anchorOf(truth, 10_000) }
    expect(estimate({ ...truth.evidence, vcpus, ways: [] }, options).verdict).toBe('ONE-SIDED')
    const e = estimate({ ...truth.evidence, vcpus }, options)
    expect(e.packets.used).toBeGreaterThan(100)
    expect(e.halfWidth).not.toBeNull()
    expect(['LOOSE', 'CONDITIONAL']).toContain(e.verdict)
    expectTruth(truth, e)
  })

  it('never widen what brackets say', () => {
    for (const kind of ['kvm', 'sched'] as const) {
      const truth = make(4, { mean: 5_000_000, lengths: 1400, floor: 100, median: 500 }, { kind, gapMedian: 8000 })
      const e = estimate(truth.evidence)
      const without = estimate({ ...truth.evidence, ways: [] })
      expect(e.verdict).toBe(kind === 'kvm' ? 'GUARANTEED' : 'LOOSE')
      expect(e.halfWidth!).toBeLessThanOrEqual(without.halfWidth! + 1)
      expect(e.packets.used).toBeGreaterThan(100)
      expectTruth(truth, e)
    }
  })

  it('count for nothing when they are all alike, or when their senders were not recorded', () => {
    const alike = estimate(alone(make(5, { mean: 20_000_000, lengths: 1 })), {
      anchor: anchorOf(make(5, { mean: 2e7, lengths: 1 })),
    })
    expect(alike.packets.used).toBe(0)
    expect(alike.accuracy).toBeNull()
    const unseen = make(6, { mean: 20_000_000, lengths: 1400, unseen: 0.1 })
    expect(estimate(alone(unseen), { anchor: anchorOf(unseen) }).verdict).toBe('NONE')
    expect(estimate(unseen.evidence)).toMatchObject({ verdict: 'GUARANTEED', packets: { used: 0 } })
  })

  it('never exclude the truth, whatever is lost, overtakes another or looks alike', () => {
    const share = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.4, noNaN: true }))
    const packets = fc.record({
      mean: fc.integer({ min: 1_000_000, max: 60_000_000 }),
      lengths: fc.integer({ min: 1, max: 300 }),
      median: fc.integer({ min: 6000, max: 20_000_000 }),
      dropped: share,
      unseen: share,
    })
    let said = 0
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), packets, fc.boolean(), (seed, p, brackets) => {
        const truth = make(seed, p)
        const evidence = brackets ? truth.evidence : alone(truth)
        const e = estimate(evidence, { anchor: anchorOf(truth, (seed % 1_000_000) - 500_000) })
        if (!brackets && e.accuracy !== null) said++
        if (e.accuracy !== null) expectTruth(truth, e)
      }),
      { numRuns: 60 },
    )
    expect(said).toBeGreaterThan(3)
  })
})

describe('what the host says of the relation’s end', () => {
  const brackets = { mean: 1e12, lengths: 1 }
  it.each([-50_000_000, -300_000, -700])('cuts where the TSC offset was written, %d ns', (by) => {
    const truth = make(7, brackets, { steps: [{ at: 2e9, by }] })
    const e = estimate({ ...truth.evidence, writes: [{ from: 2e9, to: 2e9, by }] })
    expect(e.breaks).toMatchObject([{ step: [by, by], cause: 'kvm_write_tsc_offset' }])
    expect(e.pieces.map((p) => p.segment)).toEqual([0, 1])
    expect(e.halfWidth!).toBeLessThan(1500)
    expect(e.covered).toBeGreaterThan(0.98)
    expectTruth(truth, e)
  })

  it('cuts at every write, and starts anywhere', () => {
    const steps = [1e9, 2e9, 3e9].map((at) => ({ at, by: -1_000_000 }))
    const truth = make(8, brackets, { steps })
    const writes = steps.map(({ at, by }) => ({ from: at, to: at, by }))
    for (const g of [-4.5e9, -3.5e9, -2.5e9, -1.5e9]) {
      const e = estimate({ ...truth.evidence, writes }, { anchor: { g, offset: Math.round(truth.offsetAt(g)) } })
      expect(e.pieces.map((p) => p.segment)).toEqual([0, 1, 2, 3])
      expect(e.breaks.map((b) => b.step[0])).toEqual([-1e6, -1e6, -1e6])
      expectTruth(truth, e)
    }
  })

  it('relates nothing after the guest left', () => {
    const truth = make(9, brackets, { leaves: 2.5e9 })
    const [v] = truth.evidence.vcpus
    const e = estimate({ ...truth.evidence, goneAt: v!.exit[v!.exit.length - 1]! })
    expect(e.pieces).toHaveLength(1)
    expect(e.leftAt! + truth.offsetAt(e.leftAt!)).toBeLessThanOrEqual(2.51e9)
    expect(e.leftAt! + truth.offsetAt(e.leftAt!)).toBeGreaterThan(2.4e9)
    expect(e.pieces[0]!.to).toBe(e.leftAt)
    expectTruth(truth, e)
    // Who is merely idle has not left.
    const idle = make(9, brackets)
    const last = idle.evidence.vcpus[0]!
    expect(estimate({ ...idle.evidence, goneAt: last.exit[last.exit.length - 1]! }).leftAt).toBeNull()
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeTruth, random, type Truth, type TruthOptions } from '../../../test/make/clock-truth.js'
import { estimate, type Estimate } from './estimate.js'
import { boundsAtTime, offsetAt } from './pieces.js'

const TEN_SECONDS = 1e10

const plain = (seed: number, more: Partial<TruthOptions> = {}): TruthOptions => ({
  seed,
  duration: TEN_SECONDS,
  vcpus: 2,
  offset: 5_000_000_000,
  ppm: 0,
  bracketMean: 300_000,
  pauseMean: 1_000_000,
  ...more,
})

/** With the scheduling of the vCPUs' threads alone. */
const bySched = { kind: 'sched', gapFloor: 2000, gapMedian: 8000 } as const

/** The rate changes at host time `t`, and half a second later once more. */
const slewTwice = (t: number, a: number, b: number): Pick<TruthOptions, 'slews'> => ({
  slews: [
    { at: t, ppm: a },
    { at: t + 5e8, ppm: b },
  ],
})

/** Guest times across the whole trace. */
function* moments(truth: Truth, n: number, seed: number): Generator<number> {
  const next = random(seed)
  const guest = truth.evidence.vcpus.flatMap((v) => [v.guest[0]!, v.guest[v.guest.length - 1]!])
  const from = Math.min(...guest)
  const to = Math.max(...guest)
  for (let i = 0; i < n; i++) yield Math.round(from + next() * (to - from))
}

function expectTruthInside(truth: Truth, e: Estimate, n: number, seed: number): void {
  for (const g of moments(truth, n, seed)) {
    const [lo, hi] = boundsAtTime(e, g)
    const d = truth.offsetAt(g)
    // The generator rounds guest times to whole ns.
    if (!(d >= lo - 1 && d <= hi + 1)) expect(`${d} at ${g}`).toBe(`in ${lo}..${hi}`)
  }
}

describe('estimate', () => {
  it('holds the truth at every time, whatever the drift, and leaves no event outside', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: -500, max: 500 }), (seed, ppm) => {
        const truth = makeTruth(plain(seed, { ppm }))
        const e = estimate(truth.evidence)
        expect(e.verdict).toBe('GUARANTEED')
        expectTruthInside(truth, e, 1000, seed)
        expect(e.after!.outside).toBe(0)
        expect(e.pieces).toHaveLength(1)
      }),
      { numRuns: 100 },
    )
  })

  it('is as narrow as the gaps allow: 0.8 us and 0.5 ppm over 10 s', () => {
    const truth = makeTruth(plain(7, { ppm: 100, bracketMean: 60_000, pauseMean: 100_000 }))
    const e = estimate(truth.evidence)
    expect(e.halfWidth!).toBeLessThanOrEqual(800)
    const [lo, hi] = e.pieces[0]!.deltaRange
    expect((hi - lo) * 1e6).toBeLessThanOrEqual(0.5)
  })

  it('starts from a recorded offset that is tens of microseconds off', () => {
    const truth = makeTruth(plain(3, { ppm: 20 }))
    const g = truth.evidence.vcpus[0]!.guest[100]!
    const e = estimate(truth.evidence, { anchor: { g, offset: Math.round(truth.offsetAt(g)) + 80_000 } })
    expect(e.verdict).toBe('GUARANTEED')
    expectTruthInside(truth, e, 200, 3)
  })

  it('finds a 50 ms step: two pieces, the height within bounds, the place within a bracket', () => {
    const at = 5e9
    const by = -50_000_000
    const truth = makeTruth(plain(11, { steps: [{ at, by }] }))
    const e = estimate(truth.evidence)
    expect(e.pieces).toHaveLength(2)
    expect(e.breaks).toHaveLength(1)
    const b = e.breaks[0]!
    expect(b.step[0]).toBeLessThanOrEqual(by + 1)
    expect(b.step[1]).toBeGreaterThanOrEqual(by - 1)
    // Guest time of the step, seen from before it; a bracket with its pause is 1.3 ms long on average.
    const place = at - 5_000_000_000
    expect(b.from).toBeLessThan(place + 5_000_000)
    expect(b.to).toBeGreaterThan(place - 5_000_000)
    expect(b.to - b.from).toBeLessThan(60_000_000)
    expect(e.verdict).not.toBe('INFEASIBLE')
  })

  it('does not guarantee what an unseen step of 800 ns falsifies, and states an accuracy that covers it', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const truth = makeTruth(plain(seed, { ppm: 50, steps: [{ at: 5e9, by: -800 }] }))
      const e = estimate(truth.evidence)
      expect(e.verdict).toBe('CONDITIONAL')
      expect(e.accuracy!).toBeGreaterThanOrEqual(404)
      for (const g of moments(truth, 500, seed)) {
        expect(Math.abs(offsetAt(e.pieces, g) - truth.offsetAt(g))).toBeLessThanOrEqual(e.accuracy! + 1)
      }
    }
  })

  it('sees a 200 ns step in the corridor', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const e = estimate(makeTruth(plain(seed, { steps: [{ at: 5e9, by: -200 }] })).evidence)
      const { change, failed } = e.pieces[0]!.check
      expect(failed).toBe(true)
      expect(change!.by).toBeGreaterThan(-260)
      expect(change!.by).toBeLessThan(-140)
    }
  })

  it('states no middle when only one side is known', () => {
    const truth = makeTruth(plain(5))
    for (const side of ['entry', 'exit'] as const) {
      const vcpus = truth.evidence.vcpus.map((v) => ({
        ...v,
        [side]: v[side].map(() => (side === 'entry' ? -Infinity : Infinity)),
      }))
      const g = vcpus[0]!.guest[10]!
      const e = estimate({ ...truth.evidence, vcpus }, { anchor: { g, offset: Math.round(truth.offsetAt(g)) } })
      expect(['ONE-SIDED', 'LOOSE']).toContain(e.verdict)
      if (e.verdict === 'ONE-SIDED') expect(e.accuracy).toBeNull()
    }
  })

  it('is loose, and never narrower, with the scheduling of the threads alone', () => {
    const kvm = makeTruth(plain(9, { ppm: -30 }))
    const sched = makeTruth(plain(9, { ppm: -30, kind: 'sched', gapFloor: 2000, gapMedian: 8000 }))
    const e = estimate(sched.evidence)
    expect(e.verdict).toBe('LOOSE')
    expect(e.halfWidth!).toBeGreaterThanOrEqual(estimate(kvm.evidence).halfWidth!)
    expectTruthInside(sched, e, 500, 9)
  })

  it('keeps the truth when 5 % of the entries and exits are lost, and counts the open brackets', () => {
    for (const seed of [21, 22, 23]) {
      const truth = makeTruth(plain(seed, { ppm: 80, lost: 0.05 }))
      const e = estimate(truth.evidence)
      expect(['GUARANTEED', 'CONDITIONAL']).toContain(e.verdict)
      expect(e.brackets.open).toBe(truth.open)
      expect(truth.open).toBeGreaterThan(100)
      expectTruthInside(truth, e, 1000, seed)
    }
  })

  it('tells vCPUs whose clocks are 10 us apart, under one drift', () => {
    const truth = makeTruth(plain(31, { ppm: 40, vcpuOffset: [0, 10_000] }))
    const e = estimate(truth.evidence)
    expect(e.pieces.map((p) => p.vcpu)).toEqual([0, 1])
    const [a, b] = e.pieces
    expect(Math.max(a!.deltaRange[0], b!.deltaRange[0])).toBeLessThanOrEqual(
      Math.min(a!.deltaRange[1], b!.deltaRange[1]),
    )
    for (const vcpu of [0, 1]) {
      const [lo, hi] = boundsAtTime(e, 1e9, vcpu)
      const d = truth.offsetAt(1e9, vcpu)
      expect(d).toBeGreaterThanOrEqual(lo - 1)
      expect(d).toBeLessThanOrEqual(hi + 1)
    }
  })

  it('states an accuracy that covers its error, whatever the clock does', () => {
    const at = fc.integer({ min: 5e8, max: 3e9 })
    const rate = fc.integer({ min: -400, max: 400 })
    const clock = fc.oneof(
      fc.record({ at, by: fc.integer({ min: -3000, max: 0 }) }).map((step) => ({ steps: [step] })),
      fc.record({ at, by: fc.integer({ min: -100_000_000, max: 0 }) }).map((step) => ({ steps: [step] })),
      fc.record({ at, ppm: rate }).map((slew) => ({ slews: [slew] })),
      fc.tuple(at, rate, rate).map(([t, a, b]) => slewTwice(t, a / 40, b / 40)),
      fc.constant({}),
    )
    const seen = fc.oneof(
      fc.constant({}),
      fc.record({ lost: fc.double({ min: 0, max: 0.2, noNaN: true }) }),
      fc.constant(bySched),
    )
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), clock, seen, (seed, moves, records) => {
        const truth = makeTruth(plain(seed, { duration: 4e9, ppm: 30, ...moves, ...records }))
        const e = estimate(truth.evidence)
        if (e.accuracy === null) {
          // To state nothing is honest, but no way out where most entries and exits were recorded.
          expect('lost' in records ? records.lost : 0).toBeGreaterThan(0.1)
          return
        }
        let covered = 0
        let all = 0
        truth.evidence.vcpus.forEach(({ guest }, vcpu) => {
          for (let i = 0; i < guest.length; i += 11) {
            const g = guest[i]!
            all++
            if (!e.pieces.some((p) => (p.vcpu ?? vcpu) === vcpu && g >= p.from && g <= p.to)) continue
            covered++
            // The generator rounds guest times to whole ns.
            expect(Math.abs(offsetAt(e.pieces, g, vcpu) - truth.offsetAt(g, vcpu))).toBeLessThanOrEqual(e.accuracy! + 2)
          }
        })
        expect(covered / all).toBeGreaterThan(0.9)
        expect(covered / all).toBeGreaterThan(e.covered - 0.01)
        // What is guaranteed moved by no more than the corridor can hide.
        if (e.verdict === 'GUARANTEED' || e.verdict === 'LOOSE') expect(e.pieces).toHaveLength(1)
      }),
      {
        numRuns: 40,
        // A counterexample is a handful of numbers as it is; a second a run is too much to shrink it further.
        endOnFailure: true,
        examples: [
          // The first line began across the change of rate; its one window could not show that it was wrong.
          [417471724, { slews: [{ at: 2_878_133_114, ppm: -132 }] }, bySched],
          // With many entries and exits lost the later line ran on for 100 ms before the change, beyond where the two were compared.
          [1119248995, { slews: [{ at: 1_357_064_701, ppm: 48 }] }, { lost: 0.17414581063203516 }],
          // The earlier line, drawn out into the part that both fit, contradicted itself and was lost.
          [1046070491, slewTwice(716_146_229, -7.075, -4.125), { lost: 0.09299263046123088 }],
          // Much was left to neither of two lines that hardly differ.
          [1965437015, slewTwice(2_648_654_279, 0.15, 10), bySched],
          // The only vote was taken across the change, and no line agreed with it.
          [62920772, { slews: [{ at: 1_127_054_560, ppm: 305 }] }, {}],
          // The last events before a break lay further off than the middle of the last window.
          [1135770580, { slews: [{ at: 2_666_745_763, ppm: 350 }] }, bySched],
          // The same within the wide corridor of threads, where no check sees it.
          [631571937, slewTwice(2_493_337_402, -4.95, 9.825), bySched],
          // A line fitted through a double bend, whose corridor's best step was lost in the noise.
          [236751257, slewTwice(1_604_803_681, -2, 1.4), {}],
          // Nothing agreed right behind the first line's end.
          [1774078146, slewTwice(1_669_130_805, 2.25, 0.05), { lost: 0.16572678992524745 }],
          // A later line of seven events bounded so little further off that nothing contradicted it, and it got all.
          [1128747008, slewTwice(2_281_573_512, 2.3, -1.125), { lost: 0.09994674460031093 }],
          // The only vote lay beside brackets that were lost whole.
          [1167455691, { slews: [{ at: 2_002_437_643, ppm: -50 }] }, { lost: 0.09853975623846055 }],
          // Brackets of which one end was lost reach so far that some held the events of the time before the step.
          [1185960198, { steps: [{ at: 1_010_899_667, by: -46_808_126 }] }, { lost: 0.08885124672669918 }],
          // The later line, which began half a second behind the step, was not drawn out to it.
          [382900107, { steps: [{ at: 2_792_018_541, by: -1726 }] }, { lost: 0.0793438639258966 }],
        ],
      },
    )
  })

  it('ends no line where another one was begun across the change', () => {
    const slews = [{ at: 2_878_133_114, ppm: -132 }]
    const e = estimate(makeTruth(plain(417471724, { duration: 4e9, ppm: 30, slews, ...bySched })).evidence)
    expect(e.pieces).toHaveLength(2)
    const [a, b] = e.pieces
    expect(a!.deltaRange[0]).toBeLessThan(30e-6)
    expect(a!.deltaRange[1]).toBeGreaterThan(30e-6)
    expect(b!.deltaRange[0]).toBeLessThan(-102e-6)
    expect(b!.deltaRange[1]).toBeGreaterThan(-102e-6)
  })

  it('looks for movement in short recordings too, as far as their brackets go', () => {
    const busy = { duration: 5e7, bracketMean: 60_000, pauseMean: 40_000 }
    const still = estimate(makeTruth(plain(51, busy)).evidence)
    expect(still.verdict).toBe('GUARANTEED')
    expect(still.pieces[0]!.check.windows.length).toBeGreaterThanOrEqual(4)
    for (const w of still.pieces[0]!.check.windows) expect(w.n).toBeGreaterThanOrEqual(25)
    const moved = estimate(makeTruth(plain(51, { ...busy, steps: [{ at: 2.5e7, by: -700 }] })).evidence)
    expect(moved.verdict).toBe('CONDITIONAL')
    expect(moved.accuracy!).toBeGreaterThanOrEqual(350)
    const few = estimate(makeTruth(plain(51, { duration: 2e7, bracketMean: 300_000 })).evidence)
    expect(few.pieces[0]!.check).toMatchObject({ checked: false, windows: [{}] })
    expect(few.verdict).toBe('CONDITIONAL')
    expect(few.accuracy!).toBeGreaterThan(few.halfWidth!)
  })

  it('states an accuracy that covers its error in recordings too short to see a clock move', () => {
    const drawn = fc.record({
      duration: fc.integer({ min: 40, max: 300 }),
      place: fc.double({ min: 0.15, max: 0.85, noNaN: true }),
      step: fc.oneof(fc.constant(0), fc.integer({ min: -3000, max: 0 }), fc.integer({ min: -100_000_000, max: 0 })),
      ppm: fc.integer({ min: -400, max: 400 }),
      sched: fc.boolean(),
      off: fc.integer({ min: -50_000, max: 50_000 }),
    })
    let stated = 0
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), drawn, (seed, { duration, place, step, ppm, sched, off }) => {
        const at = duration * 1e6 * place
        const moves = step === 0 ? { slews: [{ at, ppm }] } : { steps: [{ at, by: step }] }
        const more = { duration: duration * 1e6, ppm: 30, ...moves, ...(sched ? bySched : {}) }
        const truth = makeTruth(plain(seed, more))
        const middle = Math.round(-5e9 + (duration * 1e6) / 2)
        const e = estimate(truth.evidence, { anchor: { g: middle, offset: Math.round(truth.offsetAt(middle)) + off } })
        if (e.accuracy === null) return
        stated++
        truth.evidence.vcpus.forEach(({ guest }, vcpu) => {
          for (const g of guest) {
            if (!e.pieces.some((p) => (p.vcpu ?? vcpu) === vcpu && g >= p.from && g <= p.to)) continue
            expect(Math.abs(offsetAt(e.pieces, g, vcpu) - truth.offsetAt(g, vcpu))).toBeLessThanOrEqual(e.accuracy! + 2)
          }
        })
      }),
      {
        numRuns: 40,
        endOnFailure: true,
        examples: [
          // One line through a slew of 43 ppm, guaranteed to half of its error: no window told of it.
          [1419616662, { duration: 87, place: 0.42, step: 0, ppm: -43, sched: false, off: -46_280 }],
          // A vote on what lies before a step counted what lies behind it: single events were taken for relations.
          [1091988680, { duration: 279, place: 0.37, step: -91_815_898, ppm: 0, sched: false, off: 10_000 }],
          // The longest line had begun across the change.
          [1408203786, { duration: 160, place: 0.57, step: 0, ppm: -103, sched: false, off: -39_727 }],
        ],
      },
    )
    expect(stated).toBeGreaterThan(30)
  })

  it('takes no guess for a relation, and what contradicts it for no contradiction', () => {
    // Pauses shorter than the guest's own silences: what the longest silences agree on is chance.
    const busy = { duration: 4e9, ppm: 30, bracketMean: 265_000, pauseMean: 47_000 }
    const steps = [{ at: 2_064_313_374, by: -2743 }]
    const e = estimate(makeTruth(plain(524376842, { ...busy, ...bySched, steps })).evidence)
    expect(e).toMatchObject({ verdict: 'NONE', accuracy: null, anchor: { vague: true } })
  })

  it('keeps the truth beside short pauses where brackets were lost whole', () => {
    for (const [seed, lost] of [
      [1708044954, 0.038],
      [961761349, 0.053],
    ] as const) {
      const truth = makeTruth(plain(seed, { duration: 2e9, ppm: 30, lost, pauseMean: 35_000 }))
      const offset = Math.round(truth.offsetAt(-4e9)) + 40_000
      const e = estimate(truth.evidence, { anchor: { g: -4e9, offset } })
      expect(e.verdict).toBe('CONDITIONAL')
      expect(e.covered).toBeGreaterThan(0.95)
      for (const g of moments(truth, 500, seed)) {
        expect(Math.abs(offsetAt(e.pieces, g) - truth.offsetAt(g))).toBeLessThanOrEqual(e.accuracy! + 1)
      }
    }
  })

  it('says so when nothing agrees, and when there is nothing', () => {
    const a = makeTruth(plain(41)).evidence
    const b = makeTruth(plain(42)).evidence
    const mixed = {
      ...a,
      vcpus: a.vcpus.map((v, i) => ({
        ...v,
        guest: b.vcpus[i]!.guest.map((g, k) => g + ((k * 7919) % 13) * 1_000_003).sort(),
      })),
    }
    expect(['INFEASIBLE', 'NONE']).toContain(estimate(mixed).verdict)
    expect(estimate({ kind: 'kvm', vcpus: [] }).verdict).toBe('NONE')
    const none = { vcpu: 0, entry: new Float64Array(0), exit: new Float64Array(0), guest: Float64Array.of(1, 2, 3) }
    expect(estimate({ kind: 'kvm', vcpus: [none] }).verdict).toBe('NONE')
  })
})

// A study whose truth is known: everything planted is found, and nothing else.

import { beforeAll, describe, expect, it } from 'vitest'
import { makeStudy, studyChain, studySteps, studyTruth, type StudyFile } from '../../../test/make/study.js'
import { memorySource, type SourceRef } from '../../bytes.js'
import type { RunsReport, RunsSource } from '../../thread/contract.js'
import { Random } from '../statistics/random.js'
import { parseExpectations, unmet } from './expect.js'
import { runsService } from './service.js'

const open = (ref: SourceRef) => {
  if (ref.kind !== 'bytes') throw new Error('bytes only')
  return memorySource(ref.name, ref.bytes)
}
const sourcesOf = (files: readonly StudyFile[]): RunsSource[] =>
  files.map(({ path, text }) => {
    const bytes = new TextEncoder().encode(text)
    return { environment: null, source: { kind: 'bytes', name: path, size: bytes.length, bytes } }
  })
const query = { chain: studyChain, stratify: ['phase'] }
const reportOn = async (files: readonly StudyFile[]): Promise<RunsReport> => {
  const api = runsService(open, () => null)
  await api.runsOpen(sourcesOf(files), true)
  return api.runsReport(query)
}
const [entry, read, recalc, done] = studySteps
const firstSegment = `${entry} -> ${read}`
const lastSegment = `${recalc} -> ${done}`

describe('the study', () => {
  let r: RunsReport
  beforeAll(async () => {
    r = await reportOn(makeStudy())
  })

  it('is read whole', () => {
    expect(r.groups.map((g) => [g.environment, g.runs, g.incomplete])).toEqual([
      ['host', 300, 0],
      ['vm', 300, 0],
    ])
    expect(r.faults).toEqual([])
  })

  it('has a constant offset between the clocks, by every way to see it', () => {
    expect(r.offsets.map((o) => o.by)).toEqual(['PPS', 'PPS', 'paired runs'])
    for (const o of r.offsets) {
      expect(Math.abs(Number(o.offset) - studyTruth.offset), o.sentence).toBeLessThan(50)
      expect(o.constant, o.sentence).toBe(true)
      expect(o.sentence).toContain('1.111 000 0')
    }
  })

  it('has five lost edges, each named', () => {
    const lost = (environment: string) =>
      r.pps.filter((p) => p.environment === environment).flatMap((p) => p.lost.map((l) => l.edge))
    expect(lost('host')).toEqual(studyTruth.lost.host)
    expect(lost('vm')).toEqual(studyTruth.lost.vm)
    for (const p of r.pps) {
      expect(p.residualSd).toBeLessThan(80)
      expect(Math.abs(p.ppm)).toBeLessThan(0.001)
      // A run is in a gap where the edge before or after it is lost.
      expect(p.runsInGaps).toBe(2 * p.lost.length)
    }
  })

  it('places runs by the pulse, and none in a gap', async () => {
    const api = runsService(open, () => null)
    await api.runsOpen(sourcesOf(makeStudy()), true)
    const aligned = new Map<string, { edge: number; ns: number } | null>()
    for (let i = 0; i < 300; i++) {
      const run = await api.runsRun(query, i)
      aligned.set(run.id, run.aligned)
    }
    // The host lost edges 41 and 187; run k begins in second k - 1.
    expect([41, 42, 187, 188].map((id) => aligned.get(String(id)))).toEqual([null, null, null, null])
    for (const [id, at] of aligned) {
      if (!at) continue
      expect(at.edge).toBe(Number(id) - 1)
      expect(Math.abs(at.ns - 535_400_000)).toBeLessThan(1e6)
    }
    expect([...aligned.values()].filter((a) => a === null)).toHaveLength(4)
  })

  it('has two clusters with their flags', () => {
    expect(r.clusters.map((c) => [c.name, c.flags.map((f) => f.constellation)])).toEqual([
      ['A', ['SYNC|MIGRATED (0x30)']],
      ['B', ['SYNC (0x10)']],
    ])
    expect(r.clusters[0]!.stacks).toBe(2)
  })

  it('differs between the clusters in the first segment, by what was planted', () => {
    for (const environment of ['host', 'vm']) {
      const c = r.comparisons.find(
        (x) =>
          x.kind === 'strata' &&
          x.a.stratum === 'cluster=A' &&
          x.a.environment === environment &&
          x.measure === firstSegment,
      )!
      expect([c.location, c.spread]).toEqual(['differs', 'differs'])
      const { interval } = c.difference
      const truth = studyTruth.ways.second[0] - studyTruth.ways.first[0]
      expect(interval!.low).toBeLessThan(truth)
      expect(interval!.high).toBeGreaterThan(truth)
    }
  })

  it('scatters more in I/O phases, in the last segment, around the same median', () => {
    for (const environment of ['host', 'vm']) {
      const c = r.comparisons.find(
        (x) =>
          x.kind === 'strata' &&
          x.a.stratum === 'phase=io' &&
          x.a.environment === environment &&
          x.measure === lastSegment,
      )!
      expect([c.location, c.spread]).toEqual(['not shown', 'differs'])
      expect(c.sentence).toContain('the spread of phase io is larger than that of phase quiet')
    }
  })

  it('has nothing else', () => {
    const differing = r.comparisons.filter((c) => c.location !== 'not shown' || c.spread !== 'not shown')
    const planted = (c: RunsReport['comparisons'][number]): boolean =>
      c.kind === 'strata' &&
      (c.a.stratum.startsWith('cluster=') ? ['total', firstSegment] : ['total', lastSegment]).includes(c.measure)
    expect(differing.filter((c) => !planted(c) && c.location !== 'too few').map((c) => c.sentence)).toEqual([])
    expect(r.categories.filter((c) => c.differs)).toEqual([])
    const kinds = r.findings.map((f) => f.kind)
    expect(kinds.filter((k) => k === 'offset')).toHaveLength(3)
    expect(kinds.filter((k) => k === 'lost-edges')).toHaveLength(4)
    expect(kinds.filter((k) => k === 'clusters')).toHaveLength(1)
    expect(r.findings).toHaveLength(differing.filter(planted).length + 8)
  })

  it('has shares of variance that sum to one', () => {
    for (const s of r.shares) expect(Math.abs(s.segments.reduce((n, g) => n + g.share, 0) - 1)).toBeLessThan(1e-12)
  })

  it('puts every warning where its number stands', () => {
    for (const s of r.samples) {
      for (const e of [s.median, s.mean, s.sd, s.mad]) {
        expect(e.interval === null).toBe(e.warnings.some((w) => w.code === 'no-interval'))
        if (e.interval) expect(e.warnings.map((w) => w.code)).toContain('few-resamples')
      }
    }
  })
})

it('the same study gives the same report whatever the order of its files and rows', async () => {
  const files = makeStudy({ runs: 60 })
  const random = new Random(3)
  const shuffled = files
    .map(({ path, text }) => {
      if (path.endsWith('.json')) return { path, text }
      const lines = text.trimEnd().split('\n')
      const [head, rows] = path.endsWith('.csv') ? [[lines[0]!], lines.slice(1)] : [[], lines]
      for (let i = rows.length - 1; i > 0; i--) {
        const j = random.below(i + 1)
        ;[rows[i], rows[j]] = [rows[j]!, rows[i]!]
      }
      return { path, text: `${[...head, ...rows].join('\n')}\n` }
    })
    .reverse()
  const [one, other] = [await reportOn(files), await reportOn(shuffled)]
  expect({ ...other, faults: [] }).toEqual({ ...one, faults: [] })
  expect(other.faults.every((f) => f.code === 'unsorted')).toBe(true)
})

it('host and VM that are the same differ in nothing', async () => {
  const files = makeStudy({ runs: 80 }).filter((f) => f.path.startsWith('host'))
  const twin = files.map((f) => ({ path: f.path.replace('host', 'vm'), text: f.text.replaceAll('"host"', '"vm"') }))
  const api = runsService(open, () => null)
  const of = (list: readonly StudyFile[], environment: string) => sourcesOf(list).map((s) => ({ ...s, environment }))
  await api.runsOpen([...of(files, 'host'), ...of(twin, 'vm')], true)
  const r = await api.runsReport({ ...query, margin: 5000 })
  const pairs = r.comparisons.filter((c) => c.kind === 'environments' && c.location !== 'too few')
  expect(pairs.length).toBeGreaterThan(4)
  for (const c of pairs) {
    expect(c).toMatchObject({
      cliffsDelta: 0,
      hodgesLehmann: 0,
      difference: { value: 0 },
      mannWhitney: { p: 1 },
      brownForsythe: { p: 1 },
    })
    expect(c.kolmogorovSmirnov.statistic).toBe(0)
  }
  expect(pairs.find((c) => c.measure === 'total' && c.a.stratum === '')!.location).toBe('equivalent')
  for (const c of r.categories) expect(c).toMatchObject({ totalVariation: 0, jensenShannon: 0, permutation: 1 })
})

it('what has one value divides nothing, and of many values the most frequent are compared', async () => {
  const api = runsService(open, () => null)
  await api.runsOpen(sourcesOf(makeStudy({ runs: 40 })), true)
  const r = await api.runsReport({ chain: studyChain, stratify: ['governor', 'phase'] })
  expect(r.warnings.map((w) => w.text)).toContain('All runs have governor performance: it divides nothing.')
  expect(r.samples.some((s) => s.stratum.includes('governor'))).toBe(false)
  const rows = Array.from(
    { length: 160 },
    (_, i) => `${i * 1000},a,s,0,${i},${i % 20 === 9 ? 'rare' : `v${i % 8}`}\n${i * 1000 + 100 + i},b,s,0,${i},\n`,
  )
  const text = `timestamp_ns,probe_name,session_id,cpu_id,delta_chain_id,kind\n${rows.join('')}`
  await api.runsOpen(sourcesOf([{ path: 'host.csv', text }]), true)
  const many = await api.runsReport({ chain: 'a -> b', stratify: ['kind'] })
  expect(many.warnings.map((w) => w.text)).toContain(
    'kind has 9 values: within a group the 6 with the most runs are compared with each other.',
  )
  expect(many.comparisons).toHaveLength(15)
  expect(many.comparisons.every((c) => c.a.n >= 19 && c.b.n >= 19)).toBe(true)
})

it('a slower VM is found, by how much, and nothing in the other segments', async () => {
  const r = await reportOn(makeStudy({ slower: 900 }))
  const of = (measure: string) =>
    r.comparisons.find((c) => c.kind === 'environments' && c.a.stratum === '' && c.measure === measure)!
  expect(of(firstSegment)).toMatchObject({ location: 'differs', spread: 'not shown' })
  expect(of(firstSegment).sentence).toMatch(
    /^do_clocksource_switch_entry -> first_read: the medians differ by \d+(\.\d+)? (ns|us), VM is longer than host \(VM - host, interval .* \(95 %\)\); a difference in spread is not shown\.$/,
  )
  expect(of(`${read} -> ${recalc}`).location).toBe('not shown')
  expect(of(lastSegment).location).toBe('not shown')
})

describe('expectations', () => {
  it('hold, or say which does not', async () => {
    const r = await reportOn(makeStudy())
    const check = (expect_: unknown) => unmet(r, parseExpectations(JSON.stringify({ expect: expect_ }), 'bounds.json'))
    expect(
      check([
        { figure: 'runs', min: 300 },
        { figure: 'median', group: 'host', max: 30_000 },
        { figure: 'p99', measure: lastSegment, max: 20_000 },
        { figure: 'difference', a: 'host', b: 'vm', min: -1000, max: 1000 },
        { figure: 'medians', a: 'cluster=A', b: 'cluster=B', is: 'differs' },
        { figure: 'lost edges', min: 5, max: 5 },
        { figure: 'offset', a: 'host', b: 'vm', min: 1_110_999_000, max: 1_111_001_000 },
        { figure: 'faults', max: 0 },
      ]),
    ).toEqual([])
    expect(check([{ figure: 'lost edges', group: 'host', max: 1 }])).toEqual([
      'The lost edges of host is 2, more than the 1 expected.',
    ])
    expect(check([{ figure: 'median', group: 'xen', max: 1 }])).toEqual(['Nothing in the report is median of xen.'])
    for (const [bad, why] of [
      ['{"expect":[{"figure":"median"}]}', 'bound 1 has neither "min" nor "max" nor "is"'],
      ['{"expect":[{"figure":"madian","max":1}]}', 'bound 1 names the figure "madian"'],
      ['{"expect":[{"figure":"median","max":"1"}]}', 'bound 1 has a "max" that is no number'],
      ['{"expect":[]}', 'needs "expect"'],
    ] as const) {
      expect(() => parseExpectations(bad, 'bounds.json'), bad).toThrow(why)
    }
  })
})

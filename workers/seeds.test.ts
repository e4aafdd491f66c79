import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeStudy, wayA, wayB } from '../test/make/record-runs.js'
import type { WakeRecords } from './model/wake-record.js'
import {
  aggregate_traces,
  analyze_ttwu_stacks,
  generate_correlation_id,
  log_task_state,
  read_records,
} from './seeds.js'

let host: WakeRecords[] = []
let vm: WakeRecords[] = []

beforeAll(async () => {
  const study = makeStudy()
  host = await Promise.all(study.host.map((text) => read_records(text)))
  vm = await Promise.all(study.vm.map((text) => read_records(text)))
})

it('generate_correlation_id hashes the golden wake-up', () => {
  expect(generate_correlation_id(1234, 1234, 1, 171223534912180n)).toBe('64f75f545c354bbd')
  expect(generate_correlation_id(1234, 1234, 1n, 171223534912180n, 7n)).toBe('265c98452c364b08')
})

it('log_task_state tells every wake-up', async () => {
  const [first] = [...log_task_state(host[0]!)]
  expect(first).toMatchObject({ tgid: 1234, pid: 1234, comm: 'probe', run_seq: 1 })
  expect(first!.correlation_id).toBe(generate_correlation_id(1234, 1234, 1, BigInt(first!.timestamp)))
  expect(Object.keys(first!.stages)).toEqual(['waking', 'activate', 'wakeup', 'switch_in', 'first_read'])
  expect(first!.migrated).toBe(first!.flags === 'TTWU|SYNC|MIGRATED')
  const bare = await read_records('{"correlation_id":"aa","tgid":1,"pid":2,"timestamp":5}')
  expect([...log_task_state(bare)]).toEqual([
    expect.objectContaining({ correlation_id: '00000000000000aa', tgid: 1, pid: 2, timestamp: '5', migrated: null }),
  ])
})

describe('analyze_ttwu_stacks', () => {
  it('finds the planted clusters with their flags and spreads in 30 host and 30 VM runs', () => {
    const found = analyze_ttwu_stacks(host, vm)
    expect(found.clusters).toHaveLength(2)
    const { cluster_a: a, cluster_b: b } = found
    expect(a!.frames).toEqual(wayA)
    expect(b!.frames).toEqual(wayB)
    expect(a!.flags.map((f) => [f.text, f.raw, f.migrated])).toEqual([['TTWU|SYNC|MIGRATED', '0x38', true]])
    expect(b!.flags.map((f) => [f.text, f.raw, f.migrated])).toEqual([['TTWU', '0x8', false]])
    expect(a!.sides.map((s) => s.runs)).toEqual([30, 30])
    // Tight and wide, on both sides.
    for (const side of [0, 1]) {
      const [tight, wide] = [a!.sides[side]!.deltas!, b!.sides[side]!.deltas!]
      expect(tight.sd / tight.median).toBeLessThan(0.01)
      expect(wide.sd / wide.median).toBeGreaterThan(0.2)
    }
    expect(b!.sides[0]!.share).toBeCloseTo(0.3, 1)
    expect(b!.sides[1]!.share).toBeCloseTo(0.5, 1)
    const perCluster = (c: typeof a): number => c!.sides[1]!.deltas!.median - c!.sides[0]!.deltas!.median
    expect(perCluster(a)).toBeGreaterThan(6_900)
    expect(perCluster(a)).toBeLessThan(7_100)
    expect(found.delta).toBe('first_read')
    expect(BigInt(found.offset!)).toBeGreaterThan(6_500n)
    expect(found.clusterShift.p).toBeLessThan(1e-6)
    expect(found.warnings).toEqual([])
  })

  it('says nothing of identical sides but that they are identical', () => {
    const found = analyze_ttwu_stacks(host, host)
    expect(found).toMatchObject({ offset: '0', location: { delta: 0 } })
    expect(found.clusterShift).toMatchObject({ totalVariation: 0, jensenShannon: 0 })
    expect(found.flagShift).toMatchObject({ totalVariation: 0, jensenShannon: 0 })
  })

  it('does not depend on the order of the runs', () => {
    const told = JSON.stringify(analyze_ttwu_stacks(host, vm))
    const shuffles = fc.tuple(
      fc.shuffledSubarray(host, { minLength: host.length }),
      fc.shuffledSubarray(vm, { minLength: vm.length }),
    )
    fc.assert(
      fc.property(shuffles, ([h, v]) => {
        expect(JSON.stringify(analyze_ttwu_stacks(h, v))).toBe(told)
      }),
      { numRuns: 5 },
    )
  })

  it('warns of what a few runs cannot bear', () => {
    expect(analyze_ttwu_stacks(host.slice(0, 2), []).warnings).toEqual([
      'The host has 2 runs; that is too few to tell how runs vary.',
      'No wake-up of the VM has a stack.',
    ])
  })
})

describe('aggregate_traces', () => {
  const config = `
# what the study looks at
constellation moved = MIGRATED|*
constellation plain = TTWU
`
  it('counts by the constellations of a wake_flags.cfg', () => {
    const found = aggregate_traces(host, config)
    expect(found).toMatchObject({ count: 1200, without: 0, tables: ['6.0-6.5'] })
    expect(found.groups.map((g) => g.name)).toEqual(['moved', 'plain'])
    expect(found.groups.reduce((n, g) => n + g.count, 0)).toBe(1200)
    expect(found.groups[0]!.traces[0]).toMatchObject({
      flags: '0x38',
      trace_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
  })

  it('counts by flags without one, the most frequent first', () => {
    expect(aggregate_traces(host).groups.map((g) => g.name)).toEqual(['TTWU|SYNC|MIGRATED', 'TTWU'])
  })

  it('reads the scripts’ traces, with flags of one’s own', async () => {
    const traces = await read_records(
      JSON.stringify([
        { trace_id: 'a1', flags: '0x101', timestamp: '1.5' },
        { trace_id: 'a2', flags: 0, timestamp: '2.500000001' },
        { trace_id: 'a3', flags: '0x100', timestamp: 3_500_000_001 },
        { trace_id: 'a4', timestamp: 4 },
      ]),
    )
    const own = 'flag HURRY = 0x100\nconstellation hurried = HURRY|*\nconstellation calm = 0'
    const found = aggregate_traces([traces], own)
    expect(found).toMatchObject({ count: 3, without: 1 })
    expect(found.groups[0]).toMatchObject({ name: 'hurried', count: 2, first: '1500000000', last: '3500000001' })
    expect(found.groups[0]!.gaps!.median).toBe(2_000_000_001)
    expect(found.groups[1]).toMatchObject({ name: 'calm', count: 1, gaps: null })
  })

  it('names the line of a configuration that it cannot use', () => {
    const refuse = (text: string): string => {
      try {
        aggregate_traces([], text)
        return 'taken'
      } catch (e) {
        return String((e as Error).message)
      }
    }
    expect(refuse('kernel = 6.12\nlunch')).toMatch(/^Line 2 of wake_flags.cfg cannot be used: it is neither/)
    expect(refuse('kernel = new')).toMatch(/"new" is no kernel version/)
    expect(refuse('flag X = 1e3')).toMatch(/"1e3" is no bit/)
    expect(refuse('constellation = SYNC')).toMatch(/has no name/)
    expect(refuse('constellation a = SYNC&FORK')).toMatch(/"SYNC&FORK" is neither/)
    expect(refuse('constellation a = 0\nconstellation a = 0')).toMatch(/^Line 2 .* two constellations a/)
  })
})

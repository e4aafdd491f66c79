import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tell, type StoryMachine } from '../../../test/fixtures/vm-story.js'
import type { Session } from '../../model/session.js'
import type { Run } from './chains.js'
import { chainOf, defaultDefinitions } from './definitions.js'
import { resolveChain, takeChain, type VcpuThread } from './from-trace.js'
import { makeReport } from './report.js'
import { clustersOf } from './clusters.js'
import { routesOf } from './places.js'

const pair = (accuracy: number | null): StoryMachine[] => [
  { name: 'host' },
  { name: 'g1', parent: 0, vcpus: { 0: 31, 1: 32 }, accuracy },
]
const threadsOf = (s: Session): VcpuThread[] =>
  s.machines.flatMap((m) => m.vcpus.map((v) => ({ host: m.parent!, tid: v.tid, guest: m.machine, vcpu: v.cpu })))

async function take(text: string, chain: string, accuracy: number | null = 2, machines = pair(accuracy)) {
  const { session } = tell(machines, text)
  const resolved = resolveChain(session, chainOf(chain, defaultDefinitions), defaultDefinitions)
  const taken = await takeChain(session, resolved, () => Promise.resolve(threadsOf(session)))
  return { ...taken, times: taken.found.runs.map((r) => [...r.times]) }
}

const enter = 'host:kvm_entry -> guest:sched_switch'
const STORY = `
  0 sw 30->31 | 10 entry 0 by 31 | 30 G sw 0->131 | 60 exit 32 by 31 | 80 entry 0 by 31 | 100 G sw 131->0 | 130 exit 32 by 31
  5 0.1 sw 30->32 | 15 0.1 entry 1 by 32 | 40 1.1 sw 0->132 | 70 0.1 exit 32 by 32 | 400 end`

describe('a chain from host to guest', () => {
  it('goes from an entry to the next event of that vCPU, whatever the others do', async () => {
    const { times, found, faults } = await take(STORY, enter)
    expect(times).toEqual([
      [10, 30],
      [15, 40],
      [80, 100],
    ])
    expect(found.runs.map((r) => [r.environment, r.session, r.attributes.get('order')])).toEqual(
      Array.from({ length: 3 }, () => ['vm', 'g1', 'certain']),
    )
    expect(faults).toEqual([])
  })

  it('goes back, and on within a machine', async () => {
    const { times } = await take(STORY, 'host:kvm_entry -> guest:sched_switch -> host:kvm_exit')
    expect(times).toEqual([
      [10, 30, 60],
      [15, 40, 70],
      [80, 100, 130],
    ])
    const within = await take(STORY, 'host:kvm_entry -> kvm_exit')
    expect(within.times).toContainEqual([10, 60])
    expect(within.found.runs.every((r) => r.across === null && r.session === 'host')).toBe(true)
  })

  it('asserts no order below the accuracy, and leaves out what cannot be told from another', async () => {
    // 20 ns lie between entry and switch; 20 between the exit's switch and the next entry.
    const rough = await take(STORY, enter, 12)
    expect(rough.found.runs.map((r) => r.attributes.get('order'))).toEqual(['not certain', 'certain', 'not certain'])
    const worse = await take(STORY.replace('80 entry', '48 entry'), enter, 12)
    expect(worse.times).toEqual([
      [10, 30],
      [15, 40],
    ])
    expect(worse.faults.map((f) => f.message)).toEqual([
      '1 run of g1 cannot be told from another: an event that would have been part of it lies before, closer than the clocks are known; left out.',
    ])
    expect(worse.found.incomplete.get('vm')).toBe(1)
  })

  it('takes nothing where no clock relation or no vCPU is known', async () => {
    const none = await take(STORY, enter, null)
    expect(none.times).toEqual([])
    expect(none.faults.map((f) => f.message).join()).toContain('How well the clock of g1 is related')
    const nobody = await take(STORY, enter, 1, [{ name: 'host' }, { name: 'g1', parent: 0, accuracy: 1 }])
    expect(nobody.faults.map((f) => f.message).join()).toContain('Which threads of the host are the vCPUs of g1')
  })

  it('states the accuracy beside the figures that cross, and beside no other', async () => {
    const { found } = await take(STORY, 'host:kvm_entry -> guest:sched_switch -> host:kvm_exit', 12)
    const clustered = clustersOf(found.runs)
    const input = { version: 1, unit: 'ns' as const, found: { ...found, clustered }, book: null, faults: [] }
    const report = await makeReport(input, { chain: 'x -> y' })
    expect(report.samples.map((s) => [s.measure, s.clocks])).toEqual([
      ['total', null],
      ['host:kvm_entry -> guest:sched_switch', { accuracy: 12, notCertain: 2 }],
      ['guest:sched_switch -> host:kvm_exit', { accuracy: 12, notCertain: 0 }],
    ])
    expect(report.samples[1]!.warnings.map((w) => w.code)).toContain('two-clocks')
    expect(report.samples[0]!.warnings.map((w) => w.code)).not.toContain('two-clocks')
  })
})

describe('groups told by two clocks', () => {
  const runsOf = (guest: string, stratum: string, shift: number, accuracy: number): Run[] =>
    Array.from({ length: 60 }, (_, i) => ({
      environment: 'vm',
      session: guest,
      id: `${stratum}${i}`,
      attributes: new Map([['kind', stratum]]),
      stack: null,
      times: Float64Array.of(0, 1000 + shift + ((i * 37) % 50)),
      epoch: 0,
      place: null,
      positions: null,
      across: { machines: [0, 1], accuracy },
    }))
  const compare = async (a: readonly Run[], b: readonly Run[], margin?: number) => {
    const clustered = clustersOf([...a, ...b])
    const found = { chain: chainOf('host:a -> guest:b'), runs: clustered.runs, incomplete: new Map(), clustered }
    const input = { version: 1, unit: 'ns' as const, found, book: null, faults: [] }
    const report = await makeReport(input, {
      chain: 'host:a -> guest:b',
      stratify: ['kind'],
      ...(margin === undefined ? {} : { margin }),
    })
    return report.comparisons.find((c) => c.kind === 'strata')!
  }

  it('differ only by more than both clocks may be off, unless both are off alike', async () => {
    const location = async (guest: string, shift: number): Promise<string> =>
      (await compare(runsOf('g1', 'x', 0, 100), runsOf(guest, 'y', shift, 100))).location
    expect(await location('g2', 150)).toBe('not shown')
    expect(await location('g2', 300)).toBe('differs')
    expect(await location('g1', 150)).toBe('differs')
    const { sentence, warnings } = await compare(runsOf('g1', 'x', 0, 100), runsOf('g2', 'y', 150, 100))
    expect(sentence).toContain('Two clocks tell these times: 200 ns may be theirs alone.')
    expect(warnings.map((w) => w.code)).toContain('two-clocks')
  })

  it('are equivalent only within what the clocks leave of the margin', async () => {
    const same = (accuracy: number): Promise<string> =>
      compare(runsOf('g1', 'x', 0, accuracy), runsOf('g2', 'y', 0, accuracy), 100).then((c) => c.location)
    expect(await same(10)).toBe('equivalent')
    expect(await same(60)).toBe('not shown')
  })
})

describe('places', () => {
  const machines = tell(
    [{ name: 'box' }, { name: 'a', parent: 0 }, { name: 'b', parent: 0 }, { name: 'inner', parent: 1 }],
    '0 work',
  ).session
  const ways = (...steps: string[]): string[] =>
    routesOf(machines, steps, {}).routes.map((r) => `${r.name} ${r.machines.join('')} ${r.guest}`)

  it('are host, guest, or a machine by name; without one a step is where the one before is', () => {
    expect(ways('x', 'y')).toEqual(['box 00 null', 'a 11 null', 'b 22 null', 'inner 33 null'])
    expect(ways('host:x', 'guest:y', 'z')).toEqual(['a 011 1', 'b 022 2', 'inner 133 3'])
    expect(ways('x', 'b:y', 'host:z')).toEqual(['b 220 2'])
    expect(ways('box:x', 'guest:y')).toEqual(['a 01 1', 'b 02 2'])
    expect(ways('guest:x', 'y')).toEqual(['a 11 null', 'b 22 null', 'inner 33 null'])
    expect(ways('host:x', 'y')).toEqual(['box 00 null'])
    // Systems of events are no places.
    expect(ways('sched:x', 'kvm:y')).toHaveLength(4)
  })

  it('that are not next to one another are refused', () => {
    expect(() => ways('box:x', 'inner:y')).toThrow('there is box, a on box, b on box, inner on a.')
    expect(() => ways('a:x', 'b:y')).toThrow('No run can go by a and b')
  })
})

it('whatever the clocks do within their accuracy, no run that is called certain is wrong by more than it', async () => {
  const gap = fc.integer({ min: 1, max: 40 })
  const rounds = fc.array(fc.record({ outside: gap, before: gap, inside: gap }), { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(
      rounds,
      fc.integer({ min: -8, max: 8 }),
      fc.integer({ min: 0, max: 4 }),
      async (list, error, more) => {
        let t = 100
        const truth = new Map<number, number>()
        const steps = ['0 sw 30->31']
        for (const { outside, before, inside } of list) {
          t += outside
          const entry = t
          t += before
          truth.set(entry, t)
          // The guest's time is off by an error that does not change.
          steps.push(`${entry} entry 0 by 31`, `${t + error} G sw 0->131`)
          t += inside
          steps.push(`${t} exit 32 by 31`)
        }
        const accuracy = Math.abs(error) + more
        const { times, found, faults } = await take([...steps, `${t + 50} end`].join(' | '), enter, accuracy)
        for (const [i, [entry, event]] of times.entries()) {
          const right = truth.get(entry!)! - entry!
          // Below twice the accuracy it is not even certain that the two belong together, and that is what it says.
          if (found.runs[i]!.attributes.get('order') === 'certain')
            expect(Math.abs(event! - entry! - right)).toBeLessThanOrEqual(accuracy)
          else expect(event! - entry!).toBeLessThan(2 * accuracy)
        }
        expect(times.length + (found.incomplete.get('vm') ?? 0)).toBe(list.length)
        if (accuracy === 0) expect(faults).toEqual([])
      },
    ),
    { numRuns: 200 },
  )
})

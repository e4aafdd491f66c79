import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { guest, host, oracle } from '../../../test/fixtures/vm-oracle.js'
import { family, soup } from '../../../test/fixtures/vm-soup.js'
import { storySession, tell, threadSpans, toldThread, type StoryMachine } from '../../../test/fixtures/vm-story.js'
import { FusedState } from '../../thread/contract.js'
import { sessionTime } from '../../units.js'

describe('threads by all layers', () => {
  test('a guest task: really running, hypervisor, taken with its vCPU, preempted by its own kernel, asleep', async () => {
    const story = tell([host, guest], oracle)
    await story.views()
    expect(toldThread(story, 1, 131)).toEqual([
      '20..60 GuestTask any-131',
      '60..70 VmmKernel EXTERNAL_INTERRUPT',
      '70..170 Preempted other-30',
      '170..180 VmmKernel EXTERNAL_INTERRUPT',
      '180..190 GuestTask any-131',
      '190..220 TaskPreempted app-132',
      '220..240 GuestTask any-131',
      '240..245 VmmKernel MSR_WRITE',
      '245..260 GuestTask any-131',
      '260..385 TaskBlocked asleep',
      '385..390 TaskReady',
      '390..400 GuestTask any-131',
    ])
  })

  test('a task of the host is taken from by its own kernel only', async () => {
    const text = `
0 sw 0->30 | 10 irq 7 | 12 irqend | 20 call read | 22 sw 30(S)->31 | 40 waking 30 | 50 sw 31(R)->30 | 55 callend read
60 sw 30(R)->32 | 70 sw 32(S)->30 | 80 end`
    const story = tell([host, guest], text)
    const { threads } = (await story.views()).tracks()
    expect(toldThread(story, 0, 30)).toEqual([
      '0..10 HostTask other-30',
      '10..12 HostIrq irq 7 disk',
      '12..20 HostTask other-30',
      '20..22 HostSyscall other-30/read',
      '22..40 TaskBlocked asleep in read',
      '40..50 TaskReady',
      '50..55 HostSyscall other-30/read',
      '55..60 HostTask other-30',
      '60..70 TaskPreempted <...>-32',
      '70..80 HostTask other-30',
    ])
    // The thread that is a vCPU has its row among the vCPUs.
    expect(threads.filter((t) => t.machine === 0).map((t) => [t.id, t.running])).toEqual([
      ['m0/thread/30', 42],
      ['m0/thread/32', 10],
    ])
  })

  test('where the vCPU below is not known, neither is whether the task ran', async () => {
    const anonymous: StoryMachine = { name: 'host' }
    const unseated: StoryMachine = { name: 'guest', parent: 0 }
    const story = tell([anonymous, unseated], '0 sw 0->31 | 10 G sw 0->131 | 20 G sw 131(S)->0 | 30 end | 30 G end')
    await story.views()
    expect(() => toldThread(story, 9, 131)).toThrow('There is no machine 9 in this session.')
    expect(toldThread(story, 1, 131)).toEqual(['10..20 Unknown', '20..30 TaskBlocked asleep'])
  })
})

test('whatever the events, the rows of threads say what the totals and the deltas say', async () => {
  await fc.assert(
    fc.asyncProperty(soup, fc.nat(100), fc.nat(100), async (events, a, b) => {
      const story = storySession(family, events)
      const views = await story.views()
      const { from: start, to: end } = story.session
      const [from, to] = [Math.min(a, b), Math.max(a, b)].map((x) => start + Math.round((x / 100) * (end - start)))
      const range = { from: sessionTime(from!), to: sessionTime(to!) }
      const { tasks } = views.totals(range)
      const { threads, tracks } = views.tracks()
      for (const { subjects, delta } of [
        views.deltaByLayer(range),
        views.deltaByLayer({
          ...range,
          tracks: [...threads.map((t) => t.id), ...tracks.flatMap((t) => (t.vcpu ? [t.id] : []))],
        }),
      ]) {
        for (const s of subjects) expect(s.parts.reduce((n, p) => n + p.time, 0)).toBeCloseTo(delta, 6)
      }
      for (const t of tasks) {
        const thread = threads.find((x) => x.taskTrack === t.track)
        // What is a vCPU itself has a row of its own kind.
        if (!thread) continue
        const sums = new Map<number, number>()
        for (const { state, from: x, to: y } of threadSpans(story, t.machine, t.pid)) {
          const time = Math.min(y, range.to) - Math.max(x, range.from)
          if (time > 0) sums.set(state, (sums.get(state) ?? 0) + time)
        }
        const sum = (...states: number[]): number => states.reduce((n, s) => n + (sums.get(s) ?? 0), 0)
        expect(sum(FusedState.TaskPreempted)).toBeCloseTo(t.preempted, 6)
        expect(sum(FusedState.TaskReady)).toBeCloseTo(t.ready, 6)
        expect(sum(FusedState.TaskBlocked)).toBeCloseTo(t.blocked, 6)
        expect(sum(FusedState.VmmKernel, FusedState.VmmUser)).toBeCloseTo(t.vmm, 6)
        expect(sum(FusedState.Preempted)).toBeCloseTo(t.hostPreempted, 6)
        expect(sum(FusedState.Ready)).toBeCloseTo(t.vcpuReady, 6)
        const guestMode = Array.from({ length: 6 }, (_, i) => FusedState.Guest + i)
        expect(sum(...guestMode)).toBeCloseTo(t.guestMode, 6)
        const parts = views.deltaByLayer({ ...range, tracks: [t.track] }).subjects[0]!.parts
        const part = (phase: string, layer?: string): number =>
          parts.filter((p) => p.phase === phase && (!layer || p.layer === layer)).reduce((n, p) => n + p.time, 0)
        expect(part('running')).toBeCloseTo(t.running, 6)
        expect(part('running', 'hypervisor')).toBeCloseTo(t.vmm, 6)
        expect(part('running', 'vcpuPreempted')).toBeCloseTo(t.hostPreempted, 6)
        expect(part('preempted')).toBeCloseTo(t.preempted, 6)
        expect(part('ready')).toBeCloseTo(t.ready, 6)
        expect(part('blocked')).toBeCloseTo(t.blocked, 6)
      }
    }),
    { numRuns: 200 },
  )
})

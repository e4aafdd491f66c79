import { describe, expect, test } from 'vitest'
import { guest, host } from '../../../test/fixtures/vm-oracle.js'
import { storyEvents, storySession, told, toldThread } from '../../../test/fixtures/vm-story.js'
import { SpanFlag } from '../../thread/contract.js'
import { sessionTime } from '../../units.js'

/** A story in which events were lost just before those marked with `!`. */
function tellLosing(text: string): ReturnType<typeof storySession> {
  const marked = new Set([...text.matchAll(/(\d+)!/g)].map((m) => Number(m[1])))
  const events = storyEvents(text.replaceAll('!', ''))
  return storySession(
    [host, guest],
    events.map((e) => (marked.has(e.t) ? { ...e, lost: 5 } : e)),
  )
}

describe('what happened while events were lost is not known', () => {
  test('on the CPU that lost them, and of who waited for it; what follows says what they did since', async () => {
    const views = await tellLosing(`
0 sw 0->31 | 5 entry | 10 exit 1 | 20 sw 31(R)->30 | 30 work | 60! work | 70 sw 30->31 | 75 entry | 80 exit 1 | 81 entry
90 work | 110! work | 115 exit 12 | 120 entry | 130 end`).views()
    expect(told(views, 'm0/vcpu/31').slice(2)).toEqual([
      '10..20 VmmKernel EXTERNAL_INTERRUPT',
      '20..30 Preempted other-30',
      '30..60 Unknown',
      // Switched in without being woken: it waited for the CPU.
      '60..70 Ready',
      '70..75 VmmKernel',
      '75..80 Guest not known',
      '80..81 VmmKernel EXTERNAL_INTERRUPT',
      '81..90 Guest not known',
      '90..115 Unknown',
      '115..120 VmmKernel HLT',
      '120..130 Guest not known',
    ])
    expect(told(views, 'm0/pcpu0').filter((l) => /Unknown|Task/.test(l))).toEqual([
      '20..30 HostTask other-30',
      '30..60 Unknown',
      '60..70 HostTask other-30',
      '90..115 Unknown',
    ])
    expect(views.preemptions({ limit: 9 }).lost).toBe(10)
    const { first, t, flags } = views.model.intervals
    const torn = (row: number): number[] =>
      [...t.keys()].filter((i) => i >= first[row]! && i < first[row + 1]! && (flags[i]! & SpanFlag.Lost) !== 0)
    expect(views.model.tracks.map((track, row) => [track.id, ...torn(row).map((i) => t[i])])).toEqual([
      ['m0/pcpu0', 30, 90],
      ['m0/vcpu/31', 30, 60, 90],
    ])
    expect(views.lacking.find((l) => l.sentence.startsWith('Events'))).toMatchObject({
      sentence:
        'Events of host were lost 2 times (CPU 0), 50 ns in all: what those CPUs ran meanwhile is not known, nor what the tasks and vCPUs did that were not running elsewhere.',
      command: expect.stringMatching(/^trace-cmd record -b 65536 .* -A guest -b 65536 /),
    })
  })

  const elsewhere = (more: string): string => `
0 sw 0->31 | 0 0.1 sw 0->40 | 5 entry | 10 exit 12 | 20 sw 31(S)->0 | 30 0.1 work | 60! 0.1 work
${more} | 82 sw 0->31 | 85 entry | 90 end | 90 0.1 end | 90 G end`

  test('of a vCPU that was on no CPU, for it may have run where events were lost', async () => {
    const woken = await tellLosing(elsewhere('80 waking 31 by 0')).views()
    expect(told(woken, 'm0/vcpu/31').slice(2)).toEqual([
      '10..20 VmmKernel HLT',
      '20..30 Blocked halted',
      '30..60 Unknown',
      // Woken: it was asleep.
      '60..80 Blocked waiting',
      '80..82 Ready',
      '82..85 VmmKernel',
      '85..90 Guest not known',
    ])
    const early = await tellLosing(elsewhere('40 waking 31 by 0')).views()
    expect(told(early, 'm0/vcpu/31').slice(3, 6)).toEqual(['20..30 Blocked halted', '30..60 Unknown', '60..82 Ready'])
  })

  test('but not of one that ran on another CPU all the while, until it leaves that', async () => {
    const views = await tellLosing(`
0 sw 0->31 | 0 0.1 sw 0->40 | 5 entry | 30 0.1 work | 40 exit 12 | 45 sw 31(S)->0 | 60! 0.1 work | 90 end | 90 0.1 end`).views()
    expect(told(views, 'm0/vcpu/31')).toEqual([
      '0..5 VmmKernel',
      '5..40 Guest not known',
      '40..45 VmmKernel HLT',
      '45..60 Unknown',
      '60..90 Unknown',
    ])
  })

  test('of the tasks of a guest that lost them', async () => {
    const story = tellLosing(`
0 sw 0->31 | 5 entry | 8 G sw 0->132 | 10 G sw 132(S)->131 | 30 G work | 60! G work | 80 G sw 131(S)->132 | 90 G end
100 end`)
    const views = await story.views()
    expect(told(views, 'm0/vcpu/31').slice(1, 6)).toEqual([
      '8..10 GuestTask app-132',
      '10..30 GuestTask any-131',
      '30..60 Guest not known',
      '60..80 GuestTask any-131',
      '80..90 GuestTask app-132',
    ])
    expect(toldThread(story, 1, 131).slice(-4)).toEqual([
      '10..30 GuestTask any-131',
      '30..60 Unknown',
      '60..80 GuestTask any-131',
      '80..90 TaskBlocked asleep',
    ])
    expect(toldThread(story, 1, 132)).toEqual([
      '8..10 GuestTask app-132',
      '10..30 TaskBlocked asleep',
      '30..60 Unknown',
      '60..80 TaskBlocked asleep',
      '80..90 GuestTask app-132',
    ])
    const range = { from: sessionTime(20), to: sessionTime(70) }
    expect(views.totals(range).tasks.find((t) => t.pid === 131)).toMatchObject({
      running: 20,
      guestMode: 20,
      unknown: 30,
    })
    expect(views.deltaByLayer({ ...range, tracks: ['m1/task/131'] }).subjects[0]!.parts).toMatchObject([
      { phase: 'running', layer: 'task', time: 20 },
      { phase: 'unknown', layer: 'unknown', time: 30 },
    ])
    expect(views.layersAt(40).cpus[0]!.layers.map((l) => l.task.name)).toEqual(['CPU 0/KVM-31', 'not known'])
    expect(views.lacking.some((l) => l.sentence.startsWith('Events of guest were lost once (CPU 0), 30 ns'))).toBe(true)
  })
})

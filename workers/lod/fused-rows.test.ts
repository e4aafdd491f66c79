import { describe, expect, test } from 'vitest'
import { guest, host, oracle } from '../../test/fixtures/vm-oracle.js'
import { tell, type StoryMachine } from '../../test/fixtures/vm-story.js'
import { FusedState } from '../thread/contract.js'
import { sessionTime } from '../units.js'

describe('rows that must be made first', () => {
  test('are left out of a frame in a hurry, and come one at least with each that is not', async () => {
    const story = tell([host, guest], oracle)
    await story.views()
    const tracks = ['m1/thread/131', 'm0/vcpu/31', 'm1/task/131', 'm1/thread/132', 'm1/cpu0']
    const ask = (patience?: number) => {
      const window = { from: sessionTime(0), to: sessionTime(400), pixels: 100 }
      const f = story.timeline.frame({ tracks, ...window, ...(patience === undefined ? {} : { patience }) })
      return { rows: f.tracks, missing: f.missing }
    }
    expect(ask(0)).toEqual({ rows: ['m0/vcpu/31', 'm1/cpu0'], missing: 3 })
    expect(ask(0)).toEqual({ rows: ['m0/vcpu/31', 'm1/cpu0'], missing: 3 })
    for (let left = 3; left > 0;) {
      const { missing = 0 } = ask(0.001)
      expect(missing).toBeLessThan(left)
      left = missing
    }
    expect(ask(0)).toEqual({ rows: tracks, missing: undefined })
  })

  test('all come where nobody is in a hurry', async () => {
    const story = tell([host, guest], oracle)
    await story.views()
    const tracks = ['m1/thread/131', 'm1/task/131']
    const frame = story.timeline.frame({ tracks, from: sessionTime(0), to: sessionTime(400), pixels: 100 })
    expect(frame.tracks).toEqual(tracks)
    expect(frame).not.toHaveProperty('missing')
  })
})

describe('preempted spans of fused rows', () => {
  const second: StoryMachine = { name: 'other', parent: 0, vcpus: { 0: 41 }, comms: { 200: 'hog', 201: 'mouse' } }
  const text = `
0 sw 0->31 | 0 2.0 sw 0->200 | 5 entry | 10 G sw 0->131 | 20 exit 1 | 22 sw 31(R)->41 | 25 entry | 30 2.0 sw 200->201
35 2.0 sw 201->200 | 60 exit 1 | 62 sw 41(R)->31 | 65 entry | 80 sw 31(R)->30 | 85 sw 30->31 | 90 end | 90 G end | 90 2.0 end`
  const story = tell([host, guest, second], text)
  const frame = async (track: string, pixels: number) => {
    await story.views()
    const f = story.timeline.frame({ tracks: [track], from: sessionTime(0), to: sessionTime(90), pixels })
    return Array.from(f.t0, (t0, i) => ({ t0, state: f.state[i], label: f.labels?.[f.value[i]!] })).filter(
      (s) => s.state === FusedState.Preempted,
    )
  }

  test('carry the guest task that had the CPU the longest, where it was a vCPU that took it', async () => {
    for (const track of ['m0/vcpu/31', 'm1/thread/131']) {
      expect(await frame(track, 900)).toMatchObject([
        { t0: 22, label: { text: '<...>-41', pid: 41, behind: { machine: 2, pid: 200, name: 'hog-200' } } },
        { t0: 80, label: { text: 'other-30', pid: 30 } },
      ])
      expect((await frame(track, 900))[1]!.label).not.toHaveProperty('behind')
    }
  })

  test('do not ask for it where no label would fit', async () => {
    const [first] = await frame('m0/vcpu/31', 90)
    expect(first!.label).toHaveProperty('behind')
    const [narrow] = await frame('m0/vcpu/31', 9)
    expect(narrow!.label).not.toHaveProperty('behind')
  })

  test('say so under the pointer', async () => {
    await story.views()
    expect(story.timeline.spanAt('m0/vcpu/31', sessionTime(40))).toMatchObject({
      task: 'hog-200 (<...>-41)',
      value: 41,
    })
    expect(story.timeline.spanAt('m0/vcpu/31', sessionTime(82))).toMatchObject({ task: 'other-30', value: 30 })
  })
})

import { describe, expect, test } from 'vitest'
import { guest, host } from '../../test/fixtures/vm-oracle.js'
import { tell, type StoryMachine } from '../../test/fixtures/vm-story.js'
import { FusedState } from '../thread/contract.js'
import { sessionTime } from '../units.js'

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

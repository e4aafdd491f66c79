import { describe, expect, test } from 'vitest'
import { guest, host } from '../../test/fixtures/vm-oracle.js'
import { tell } from '../../test/fixtures/vm-story.js'
import type { GuestView } from '../thread/contract.js'
import { sessionTime } from '../units.js'

// The guest's task is current from 20 to 140; meanwhile its vCPU is preempted from 42 to 82.
const story = `
0 sw 0->31 | 10 entry | 20 G sw 0->131 | 40 exit 1 | 42 sw 31(R)->30 | 82 sw 30(S)->31 | 84 entry
140 G sw 131(S)->0 | 150 exit 12 | 152 sw 31(S)->0 | 170 end | 170 G end`

const viewOf = async (more: string, from = 0, to = 170): Promise<GuestView> => {
  const views = await tell([host, guest], `${story} | ${more}`).views()
  return views.totals({ from: sessionTime(from), to: sessionTime(to) }).vcpus[0]!.guestView!
}

describe("steal beside the guest's own figure", () => {
  test('what a task was not charged for although it was current is what the guest counts as stolen', async () => {
    const view = await viewOf('30 G charged 131 10 | 100 G charged 131 31 | 139 G charged 131 39')
    expect(view).toMatchObject({
      source: 'sched_stat_runtime',
      event: 'sched_stat_runtime',
      samples: 3,
      // 119 current, 80 charged
      steal: 39,
      hostSteal: 40,
      believed: 120,
      really: 20 + 56,
      command: null,
    })
    expect(view.sentence).toBe(
      'By its sched_stat_runtime guest counts 39 ns as stolen; its host took 40 ns in the same time. By its own sched_switch it ran tasks for 120 ns, of which it really had 76 ns.',
    )
  })

  test('only what the events of the range speak of is compared', async () => {
    const view = await viewOf('30 G charged 131 10 | 100 G charged 131 31 | 139 G charged 131 39', 25, 120)
    expect(view).toMatchObject({ samples: 1, steal: 39, hostSteal: 40, believed: 95 })
    const none = await viewOf('30 G charged 131 10', 40, 60)
    expect(none).toMatchObject({ source: null, samples: 0 })
    expect(none.sentence).toContain('is not recorded: it has no sched_stat_runtime in this range.')
  })

  test('an event about steal itself is believed first, be it what was added or the total', async () => {
    const charged = '30 G charged 131 10'
    expect(await viewOf(`${charged} | 35 G stolen 5 | 90 G stolen 38 | 130 G stolen 0`)).toMatchObject({
      source: 'steal event',
      event: 'account_steal_time',
      samples: 3,
      steal: 38,
      hostSteal: 40,
    })
    expect(await viewOf(`${charged} | 35 G steals 1000 | 90 G steals 1041`)).toMatchObject({
      event: 'kvm_steal_time',
      steal: 41,
      hostSteal: 40,
    })
  })

  test('a guest that records nothing of the kind is told how to', async () => {
    const view = await viewOf('160 G work')
    expect(view).toMatchObject({ source: null, event: null, believed: 120, really: 76 })
    expect(view.command).toMatch(/ -A guest .*-e sched_stat_runtime$/)
  })

  test('only of the time that the host tells of', async () => {
    const views = await tell([host, guest], `${story} | 400 G work by 131 | 500 G end by 131`).views()
    expect(views.totals().vcpus[0]!.guestView).toMatchObject({ believed: 120, really: 76 })
  })

  test('where the recording of the guest is not open there is nothing to compare', async () => {
    const views = await tell([host], '0 sw 0->31 | 10 entry | 20 exit 1 | 30 end').views()
    expect(views.totals().vcpus[0]!.guestView).toBe(null)
  })
})

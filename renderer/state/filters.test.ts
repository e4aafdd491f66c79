import { describe, expect, it } from 'vitest'
import { describeFilter, hideEvent, isEmptyFilter, onlyEvent, onlyTracks, tidyFilter } from './filters.js'

const names = { machine: (m: number) => ['host', 'guest'][m]!, track: (id: string) => id.toUpperCase() }

describe('filters', () => {
  it('are empty when no part says anything', () => {
    expect(isEmptyFilter({ events: [], notEvents: [], expression: '  ', tracks: undefined })).toBe(true)
    expect(isEmptyFilter({ pids: [0] })).toBe(false)
    expect(tidyFilter({ expression: ' a == 1 ', machines: [] })).toEqual({ expression: 'a == 1' })
  })
  it('hide an event once, however often it is asked', () => {
    const once = hideEvent({}, 'sched:sched_switch')
    expect(hideEvent(once, 'sched:sched_switch')).toEqual({ notEvents: ['sched:sched_switch'] })
  })
  it('hide one of the chosen events by choosing it no longer', () => {
    expect(hideEvent({ events: ['a:b', 'c:d'] }, 'a:b')).toEqual({ events: ['c:d'] })
  })
  it('hide the only chosen event without showing all others', () => {
    expect(hideEvent({ events: ['a:b'] }, 'a:b')).toEqual({ notEvents: ['a:b'] })
  })
  it('show a hidden event again when only it is wanted, and keep the other parts', () => {
    expect(onlyEvent({ notEvents: ['a:b', 'c:d'], pids: [3] }, 'a:b')).toEqual({
      events: ['a:b'],
      notEvents: ['c:d'],
      pids: [3],
    })
    expect(onlyTracks({ pids: [3], expression: 'x == 1' }, ['m0/cpu1'])).toEqual({
      tracks: ['m0/cpu1'],
      expression: 'x == 1',
    })
  })
})

describe('describeFilter', () => {
  it('names few things and counts many', () => {
    const spec = { events: ['sched:sched_switch'], machines: [1], tracks: ['m0/cpu0', 'm0/cpu1', 'm0/cpu2'] }
    expect(describeFilter(spec, names).map((p) => p.text)).toEqual(['only sched_switch', 'only guest', 'only 3 rows'])
  })
  it('takes exactly one part away with each chip', () => {
    const spec = tidyFilter({ events: ['kvm:*'], expression: 'a == 1', from: 3 as never, to: 9 as never })
    const left = describeFilter(spec, names).map((p) => Object.keys(p.without).sort())
    expect(left).toEqual([
      ['expression', 'from', 'to'],
      ['events', 'from', 'to'],
      ['events', 'expression'],
    ])
  })
})

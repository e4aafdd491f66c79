import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { position, sessionTime } from '../../workers/units.js'
import {
  chosenPlace,
  filter,
  markers,
  moveTimes,
  range,
  rangeSelection,
  selection,
  setMarker,
} from './session-state.js'

const at = sessionTime
const all = () => ({
  range: range.peek(),
  chosen: rangeSelection.peek(),
  selected: selection.peek(),
  place: chosenPlace.peek(),
  markers: markers.peek(),
  filter: filter.peek(),
})

describe('times that count from another moment', () => {
  beforeEach(() => {
    range.value = { from: at(100), to: at(200) }
    rangeSelection.value = { from: at(110), to: at(120) }
    selection.value = { position: position(3), t: at(150), track: 'm0/cpu1', origin: 'table' }
    chosenPlace.value = null
    setMarker('a', at(101))
    setMarker('b', null)
    filter.value = { events: ['sched:*'], from: at(90), to: at(300) }
  })

  it('move all that is shown and chosen, and what has no time stays', () => {
    moveTimes(-40)
    expect(all()).toEqual({
      range: { from: 60, to: 160 },
      chosen: { from: 70, to: 80 },
      selected: { position: 3, t: 110, track: 'm0/cpu1', origin: 'table' },
      place: null,
      markers: { a: 61, b: null },
      filter: { events: ['sched:*'], from: 50, to: 260 },
    })
  })

  it('come back where they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (by) => {
        const before = all()
        moveTimes(by)
        if (by !== 0) expect(range.peek()).not.toEqual(before.range)
        moveTimes(-by)
        expect(all()).toEqual(before)
      }),
    )
  })
})

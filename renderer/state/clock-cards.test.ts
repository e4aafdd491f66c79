import { describe, expect, it } from 'vitest'
import type { ClockHealth } from '../../workers/thread/contract.js'
import { sessionTime } from '../../workers/units.js'
import { statedBounds } from './clock-cards.js'

const health = (accuracy: number | null, halfWidth: number | null) => ({
  bounds: [{ t: sessionTime(5), lower: -100, upper: 200 }],
  methods: [{ method: 'events', accuracy }] as unknown as ClockHealth['methods'],
  halfWidth,
})

describe('statedBounds', () => {
  it('states the bounds of a model that holds', () => {
    expect(statedBounds(health(150, 150))).toEqual([{ t: 5, lower: -100, upper: 200 }])
  })
  it('claims no more than the accuracy of one that does not hold everywhere', () => {
    expect(statedBounds(health(1150, 150))).toEqual([{ t: 5, lower: -1100, upper: 1200 }])
  })
  it('states none where no accuracy can be stated', () => {
    expect(statedBounds(health(null, 150))).toEqual([])
    expect(statedBounds({ ...health(150, 150), methods: [] })).toEqual([])
  })
})

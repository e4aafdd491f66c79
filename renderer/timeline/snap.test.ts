import { describe, expect, it } from 'vitest'
import { sched, withTicks } from './paint/drawn-frame.js'
import { snapInFrame } from './snap.js'

describe('snapping', () => {
  const frame = withTicks(sched('A B - m m C', 'A A'), [
    { t: 14, count: 1 },
    { t: 45, count: 3 },
  ])
  it('takes the nearest boundary within reach', () => {
    expect(snapInFrame(frame, 0, 8, 3)).toBe(10)
    expect(snapInFrame(frame, 0, 11, 3)).toBe(10)
    expect(snapInFrame(frame, 0, 17, 2)).toBeNull()
  })
  it('takes an event that is nearer than any boundary', () => expect(snapInFrame(frame, 0, 13, 5)).toBe(14))
  it('takes nothing from merged spans and ticks, whose times are not exact', () => {
    expect(snapInFrame(frame, 0, 41, 3)).toBeNull()
    expect(snapInFrame(frame, 0, 45, 3)).toBeNull()
    expect(snapInFrame(frame, 0, 49, 3)).toBeNull()
    expect(snapInFrame(frame, 0, 31, 3)).toBeNull()
  })
  it('looks at its own row only', () => {
    expect(snapInFrame(frame, 1, 14, 3)).toBeNull()
    expect(snapInFrame(frame, 1, 19, 3)).toBe(20)
    expect(snapInFrame(frame, 1, 45, 10)).toBeNull()
  })
})

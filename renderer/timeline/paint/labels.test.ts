import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sessionTime } from '../../../workers/units.js'
import { LABEL_MIN } from '../geometry.js'
import { sched, UNIT } from './drawn-frame.js'
import { ellipsize, fitLabel, placeLabels } from './labels.js'

/** Letters six pixels wide. */
const measure = (s: string) => s.length * 6
const scaleOf = (from: number, to: number, width: number) => ({ from: sessionTime(from), to: sessionTime(to), width })

describe('fitting', () => {
  it('shortens with an ellipsis', () => {
    expect(ellipsize('qemu-system', 66, measure)).toBe('qemu-system')
    expect(ellipsize('qemu-system', 65, measure)).toBe('qemu-syst…')
    expect(ellipsize('CPU 0/KVM', 30, measure)).toBe('CPU…')
    expect(ellipsize('qemu', 23, measure)).toBe('')
    expect(ellipsize('qemus', 24, measure)).toBe('qem…')
  })
  it('prefers a shorter name to a cut one', () => {
    expect(fitLabel(['bash-4711', 'bash'], 54, measure)).toBe('bash-4711')
    expect(fitLabel(['bash-4711', 'bash'], 53, measure)).toBe('bash')
    expect(fitLabel(['kworker/0:1-52', 'kworker/0:1'], 40, measure)).toBe('kwork…')
    expect(fitLabel([], 20, measure)).toBe('')
  })
  it('never exceeds its room', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), fc.integer({ min: 0, max: 200 }), (text, room) => {
        expect(measure(ellipsize(text, room, measure))).toBeLessThanOrEqual(room)
      }),
    )
  })
})

describe('placing', () => {
  it('labels running spans from the least width on, in what is visible of them', () => {
    const frame = sched('A B m - r')
    const at = (width: number, from = 0) =>
      placeLabels(frame, 0, scaleOf(from, from + 5 * UNIT, width), () => ['name'], measure)
    expect(at(5 * LABEL_MIN - 5)).toEqual([])
    expect(at(5 * 40).map((l) => [l.span, l.x])).toEqual([
      [0, 4],
      [1, 44],
    ])
    expect(at(5 * 40, 2).map((l) => [l.span, l.x, l.text])).toEqual([
      [0, 4, 'name'],
      [1, 36, 'name'],
    ])
  })
  it('never lets two labels touch', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('A', 'B', '-', 'm'), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 50, max: 2000 }),
        fc.integer({ min: 0, max: 300 }),
        (letters, width, from) => {
          const frame = sched(letters.join(''))
          const labels = placeLabels(frame, 0, scaleOf(from, from + 100, width), () => ['a-long-name-4711'], measure)
          let end = 0
          for (const l of labels) {
            expect(l.x).toBeGreaterThanOrEqual(end)
            end = l.x + measure(l.text)
            expect(end).toBeLessThanOrEqual(width)
          }
        },
      ),
    )
  })
})

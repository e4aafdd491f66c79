import { describe, expect, it } from 'vitest'
import { axisTime, chartScales, lengthUnit } from './axes.js'

const base = { unit: 'ns', epoch: '4000000000000', from: 1e9 } as const
const box = { left: 40, right: 240, top: 0, bottom: 100 }
const points = [
  { t: 2e9, lower: -1500, upper: 900 },
  { t: 4e9, lower: -400, upper: 2300 },
]

describe('chartScales', () => {
  const scales = chartScales(points, [2e9, 4e9], box, base, 'relative')!
  it('spreads the time over the box', () => {
    expect([scales.x(2e9), scales.x(3e9), scales.x(4e9)]).toEqual([40, 140, 240])
    expect(scales.x.invert(140)).toBe(3e9)
  })
  it('writes what it draws: both scales of an axis agree', () => {
    expect(scales.unit).toBe('us')
    for (const v of [-1.5, 0, 2]) expect(scales.y(v * 1e3)).toBeCloseTo(scales.writtenY(v), 9)
    expect(scales.writtenX(axisTime(3e9, base, 'relative'))).toBe(140)
  })
  it('always shows zero', () => {
    const above = chartScales([{ t: 0, lower: 5, upper: 6 }], [0, 0], box, base, 'relative')!
    expect(above.y(0)).toBe(100)
    expect(above.unit).toBe('ns')
  })
  it('draws nothing of nothing', () => expect(chartScales([], null, box, base, 'relative')).toBeNull())
  it('has room for a clock that is exact', () => {
    const flat = chartScales([{ t: 0, lower: 0, upper: 0 }], [0, 9], box, base, 'relative')!
    expect(flat.y(0)).toBe(100)
  })
})

describe('units of the axes', () => {
  it.each([
    [999, 'ns'],
    [1000, 'us'],
    [2.5e6, 'ms'],
    [3e9, 's'],
  ])('writes %d ns in %s', (length, name) => expect(lengthUnit(length, 'ns').name).toBe(name))
  it('leaves ticks alone', () => expect(lengthUnit(1e12, 'ticks')).toEqual({ name: 'ticks', size: 1 }))
  it('counts times as the user has chosen', () => {
    expect(axisTime(3e9, base, 'relative')).toBe(2)
    expect(axisTime(3e9, base, 'trace')).toBe(4003)
    expect(axisTime(7, { unit: 'ticks', epoch: '100', from: 5 }, 'trace')).toBe(107)
  })
})

import { describe, expect, it } from 'vitest'
import { sessionTime } from '../../workers/units.js'
import { formatTime } from './format.js'
import { movedWindow, windowOf } from './window.js'

const range = (from: number, to: number) => ({ from: sessionTime(from), to: sessionTime(to) })

describe('a window of a recording', () => {
  it('is typed as a beginning and a length', () => {
    expect(windowOf('1.5', '2', 1e9)).toEqual({
      from: { value: '1500000000', since: 'start' },
      to: { value: '3500000000', since: 'start' },
    })
    expect(windowOf('0', '0,25', 1e9)?.to.value).toBe('250000000')
    for (const [from, length] of [
      ['', '1'],
      ['1', ''],
      ['1', '0'],
      ['-1', '2'],
      ['1', 'x'],
    ] as const) {
      expect(windowOf(from, length, 1e9)).toBe(null)
    }
  })

  it('moves by its own length and stays inside', () => {
    const recorded = range(100, 1100)
    expect(movedWindow(range(300, 500), recorded, 1)).toEqual({ from: 400, to: 600 })
    expect(movedWindow(range(300, 500), recorded, -1)).toEqual({ from: 0, to: 200 })
    expect(movedWindow(range(200, 400), recorded, -1)).toEqual({ from: 0, to: 200 })
    expect(movedWindow(range(950, 1150), recorded, 1)).toEqual({ from: 800, to: 1000 })
  })

  it('counts times from the start of the recording', () => {
    const base = { unit: 'ns', epoch: '0', from: 5e9, window: { recorded: { from: 1e9 } } } as const
    expect(formatTime(6e9, base, 'relative').replaceAll('\u202f', '')).toBe('5.000000000 s')
  })
})

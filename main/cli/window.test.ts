import { describe, expect, it } from 'vitest'
import { windowOption } from './window.js'

const seconds = { files: [{ clock: 'mono', tsc2nsec: null }] } as unknown as Parameters<typeof windowOption>[1]
const ticks = { files: [{ clock: 'x86-tsc', tsc2nsec: null }] } as unknown as Parameters<typeof windowOption>[1]

describe('--window', () => {
  it('takes times of the trace clock and times since the start', () => {
    expect(windowOption('6633.3..6633.4', seconds)).toEqual({
      from: { value: '6633300000000', since: 'clock' },
      to: { value: '6633400000000', since: 'clock' },
    })
    expect(windowOption('+0..+1.5', seconds)).toEqual({
      from: { value: '0', since: 'start' },
      to: { value: '1500000000', since: 'start' },
    })
    expect(windowOption('-1.000000001..+2', seconds).from).toEqual({ value: '-1000000001', since: 'clock' })
  })

  it('takes ticks where the clock has no known rate', () => {
    expect(windowOption('123..+456', ticks)).toEqual({
      from: { value: '123', since: 'clock' },
      to: { value: '456', since: 'start' },
    })
    expect(() => windowOption('1.5..2', ticks)).toThrow(/in ticks/)
  })

  it.each(['', '1', '1..', '..2', '1..2..3', 'a..b', '1.2.3..4', '+-1..2'])('refuses %s', (text) =>
    expect(() => windowOption(text, seconds)).toThrow(/--window takes 6633.3..6633.4 in seconds/),
  )
})

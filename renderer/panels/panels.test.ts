import { describe, expect, it } from 'vitest'
import type { ClockState } from '../../workers/thread/contract.js'
import { columns, columnsFor, layoutColumns, minColumnWidth } from './events/columns.js'
import { narrowDump } from './hex.js'
import { progressText } from './progress-text.js'
import { verdict } from './verdict.js'

const sum = (n: readonly number[]) => n.reduce((a, b) => a + b, 0)
const work = (title: string, progress: object | null) => ({ title, progress, cancel: () => undefined }) as never
const clock = (method: ClockState['method'], offset = '0', says: ClockState['verdict'] = null) => ({
  method,
  offset,
  verdict: says,
  accuracy: says ? 1500 : null,
})

const hex = (from: number, n: number) =>
  Array.from({ length: n }, (_, i) => (from + i).toString(16).padStart(2, '0')).join(' ')

describe('verdict', () => {
  it('says nothing of a host on its own clock', () => expect(verdict(clock('none'), 'host', 'ns')).toBeNull())
  it('warns of guests whose clock is not related', () => {
    expect(verdict(clock('none'), 'guest', 'ns')?.caution).toBe(true)
    expect(verdict(clock('from-start'), 'guest', 'ns')?.caution).toBe(true)
    expect(verdict(clock('recorded'), 'guest', 'ns')).toEqual({ text: 'recorded sync', caution: false })
  })
  it('lets what the events prove speak before the method', () => {
    expect(verdict(clock('recorded', '0', 'GUARANTEED'), 'guest', 'ns')).toEqual({
      text: 'proven ±1.50 us',
      caution: false,
    })
    expect(verdict(clock('recorded', '0', 'INFEASIBLE'), 'guest', 'ns')?.caution).toBe(true)
    expect(verdict(clock('from-start', '0', 'NONE'), 'guest', 'ns')?.text).toBe('not related')
    expect(verdict(clock('recorded', '7', 'LOOSE'), 'guest', 'ns')?.text).toBe('moved, bounded ±1.50 us')
  })
  it('says when a clock was moved by hand', () => {
    expect(verdict(clock('recorded', '5'), 'guest', 'ns')).toEqual({ text: 'recorded sync, moved', caution: true })
    expect(verdict(clock('none', '5'), 'host', 'ns')).toEqual({ text: 'own clock, moved', caution: true })
  })
})

describe('layoutColumns', () => {
  it('lets the last column fill the width, or hold its longest text', () => {
    expect(layoutColumns(columns, {}, 0, 2000).total).toBe(2000)
    const wide = layoutColumns(columns, {}, 5000, 2000)
    expect(wide.widths.at(-1)).toBe(5000)
    expect(sum(wide.widths)).toBe(wide.total)
  })
  it('leaves the machine out where there is only one', () => {
    expect(columnsFor(1).map((c) => c.name)).not.toContain('machine')
    expect(columnsFor(2).map((c) => c.name)).toContain('machine')
  })
  it('keeps narrowed columns wide enough to be widened again', () => {
    const { widths } = layoutColumns(columns, { task: 1 }, 0, 0)
    expect(widths[columns.findIndex((c) => c.name === 'task')]).toBe(minColumnWidth)
  })
})

describe('progressText', () => {
  it('says what is done of how much', () => {
    expect(
      progressText(work('Loading', { phase: 'decoding', done: 5e6, total: 1e7, unit: 'bytes', events: 1234 })),
    ).toBe('Loading: decoding 50 %, 5.00 MB of 10.0 MB, 1\u202f234 events')
    expect(progressText(work('Filtering', { phase: 'filtering', done: 1, total: 4, unit: 'events' }))).toBe(
      'Filtering 25 %, 1 of 4 events',
    )
    expect(progressText(work('Loading', null))).toBe('Loading')
  })
})

describe('narrowDump', () => {
  it('breaks every line in two and loses nothing', () => {
    const dump = `0000  ${hex(0x41, 16)}  ABCDEFGHIJKLMNOP\n0010  ${hex(0x61, 9).padEnd(47)}  abcdefghi`
    expect(narrowDump(dump).split('\n')).toEqual([
      '0000  41 42 43 44 45 46 47 48  ABCDEFGH',
      '0008  49 4a 4b 4c 4d 4e 4f 50  IJKLMNOP',
      '0010  61 62 63 64 65 66 67 68  abcdefgh',
      '0018  69                       i',
    ])
  })
  it('has nothing to say of no bytes', () => expect(narrowDump('')).toBe(''))
})

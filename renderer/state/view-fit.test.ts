import { describe, expect, it } from 'vitest'
import type { SessionInfo } from '../../workers/thread/contract.js'
import { contentKey, nameKey, tracesOfNameKey } from '../store/db.js'
import type { SavedView } from '../store/db.js'
import { applySettings } from './settings.js'
import { drawerTab, treeWidth } from './settings.js'
import { clampRange, theme } from './session-state.js'
import { fitView, ownClocks } from './view-fit.js'

const info = {
  from: 0,
  to: 1000,
  count: 50,
  tracks: [{ id: 'm0/cpu0' }, { id: 'm0/task/1' }],
  clocks: [
    { machine: 0, method: 'none', offset: '0' },
    { machine: 1, method: 'recorded', offset: '0' },
  ],
} as unknown as SessionInfo
const saved: SavedView = {
  range: { from: 100, to: 200 },
  markers: { a: 150, b: 5000 },
  pinned: ['m0/task/1', 'm7/cpu0'],
  hidden: ['m0/cpu0', 'm7/cpu1'],
  toggled: [],
  filter: { pids: [1] },
  clocks: {},
  selected: 49,
}

describe('fitView', () => {
  it('keeps what the session still has and drops the rest', () => {
    const fit = fitView(saved, info)
    expect(fit.range).toEqual({ from: 100, to: 200 })
    expect(fit.markers).toEqual({ a: 150, b: null })
    expect(fit.pinned).toEqual(['m0/task/1'])
    expect(fit.hidden).toEqual(['m0/cpu0'])
    expect(fit.selected).toBe(49)
    expect(fit.filter).toEqual({ pids: [1] })
  })
  it('shows everything where the stored range lies outside', () => {
    expect(fitView({ ...saved, range: { from: 5000, to: 6000 } }, info).range).toEqual({ from: 0, to: 1000 })
    expect(fitView({ ...saved, selected: 50 }, info).selected).toBeNull()
  })
})

describe('fitView of a part of the recording', () => {
  it('moves times with the beginning that they count from', () => {
    const part = { ...info, epoch: '1100' } as SessionInfo
    const fit = fitView({ ...saved, epoch: '1000', chosen: { from: 110, to: 120 } }, part)
    expect(fit.range).toEqual({ from: 0, to: 100 })
    expect(fit.markers).toEqual({ a: 50, b: null })
    expect(fit.chosen).toEqual({ from: 10, to: 20 })
  })
})

describe('ownClocks', () => {
  it('keeps only what the user changed', () => {
    const now = {
      ...info,
      clocks: [info.clocks[0], { ...info.clocks[1], offset: '-12500' }],
    } as unknown as SessionInfo
    expect(ownClocks(now, info)).toEqual({ 1: { method: 'recorded', offset: '-12500' } })
    expect(ownClocks(info, info)).toEqual({})
  })
})

describe('clampRange', () => {
  const all = { from: 0, to: 1000 } as never
  it('keeps a range within the session and its margin', () => {
    expect(clampRange({ from: -500, to: -400 } as never, all)).toEqual({ from: -20, to: 80 })
    expect(clampRange({ from: 5000, to: 5100 } as never, all)).toEqual({ from: 920, to: 1020 })
    expect(clampRange({ from: -1e9, to: 1e9 } as never, all)).toEqual({ from: -20, to: 1020 })
  })
  it('does not zoom in without end', () => {
    const r = clampRange({ from: 500, to: 500 } as never, all)
    expect(r.to - r.from).toBe(10)
  })
})

describe('settings', () => {
  it('takes what is valid and leaves the rest as it is', () => {
    treeWidth.value = 240
    drawerTab.value = 'events'
    applySettings(
      new Map<string, unknown>([
        ['theme', 'light'],
        ['treeWidth', Number.NaN],
        ['drawerTab', 7],
        ['nonsense', 1],
      ]),
    )
    expect(theme.value).toBe('light')
    expect(treeWidth.value).toBe(240)
    expect(drawerTab.value).toBe('events')
  })
})

describe('keys of sessions', () => {
  it('do not depend on the order of files, nor on their names', () => {
    expect(contentKey(['a', 'b'])).toBe(contentKey(['b', 'a']))
    expect(contentKey(['a', 'b'])).not.toBe(contentKey(['a', 'c']))
  })
  it('know declared pairs by their files', () => {
    expect(contentKey(['a', 'b'], [{ guest: 0, host: 1 }])).toBe(contentKey(['b', 'a'], [{ guest: 1, host: 0 }]))
    expect(contentKey(['a', 'b'], [{ guest: 0, host: 1 }])).not.toBe(contentKey(['a', 'b']))
    expect(contentKey(['a', 'b'], [{ guest: 0, host: 1 }])).not.toBe(contentKey(['a', 'b'], [{ guest: 1, host: 0 }]))
  })
  it('of schema 1 tell the trace ids', () => {
    const a = { name: 'host:9:.dat', size: 10, traceId: 'abc' }
    const files = [{ name: 'guest.dat', size: 20, traceId: '012' }, a]
    expect(tracesOfNameKey(nameKey(files, [{ guest: 0, host: 1 }]))).toBe('012 abc')
    expect(tracesOfNameKey(nameKey([{ ...a, traceId: null }]))).toBe('')
  })
})

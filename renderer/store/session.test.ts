import { describe, expect, it } from 'vitest'
import { readContent, SCHEMA, StoredProblem } from './session.js'

const view = {
  range: { from: 1, to: 2 },
  markers: { a: null, b: 3 },
  pinned: ['m0/cpu0'],
  hidden: [],
  toggled: [],
  filter: { pids: [1] },
  clocks: { 1: { method: 'recorded', offset: '5' } },
  selected: null,
}
const problem = (value: unknown, schema: unknown): StoredProblem => {
  try {
    readContent(value, schema)
  } catch (e) {
    if (e instanceof StoredProblem) return e
  }
  throw new Error('it was read')
}

describe('stored sessions', () => {
  it('of schema 1 are brought to the present one', () => {
    expect(readContent({ view }, 1)).toEqual({ view, views: [] })
    expect(readContent({ view: null }, 1)).toEqual({ view: null, views: [] })
  })

  it('come back as they are', () => {
    const named = {
      id: 'a',
      name: 'Late',
      caption: '',
      from: '1',
      to: '2',
      rows: [],
      pinned: [],
      hidden: [],
      toggled: [],
      filter: {},
      scroll: 0,
    }
    const full = {
      view: { ...view, epoch: '100', scroll: 20, chosen: { from: 1, to: 2 }, drawer: null, inspector: true },
      views: [named],
    }
    expect(readContent(full, SCHEMA)).toEqual(full)
  })

  it('lose a harmed way back, and nothing else with it', () => {
    const read = readContent({ view: { ...view, history: { notes: 7 } }, views: [] }, SCHEMA)
    expect(read.view).toEqual({ ...view, history: undefined })
  })

  it('of a newer Remora, or harmed, are told apart and say what is wrong', () => {
    expect(problem({ view, views: [] }, SCHEMA + 1)).toMatchObject({ newer: true })
    expect(problem({ view, views: [] }, undefined)).toMatchObject({ newer: false })
    expect(problem({ view: { ...view, range: { from: 1 } }, views: [] }, SCHEMA).message).toContain('view.range.to')
    expect(problem({ view: { ...view, notes: [{}] }, views: [] }, SCHEMA).message).toContain('view.notes.0')
    expect(problem({ view, views: 7 }, SCHEMA).message).toContain('views')
    expect(problem(null, SCHEMA)).toMatchObject({ newer: false })
  })
})

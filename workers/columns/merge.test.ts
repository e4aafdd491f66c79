import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeOrder, surveyTimes } from './merge.js'

const list = (times: readonly number[]) => ({ t: Float64Array.from(times), count: times.length })
const monotone = fc.array(fc.nat(40), { maxLength: 30 }).map((a) => a.sort((x, y) => x - y))

/** As `trace-cmd report` merges: the smallest head wins, the first of equal ones. */
function byHeads(lists: readonly (readonly number[])[]): number[] {
  const at = lists.map(() => 0)
  const base = lists.map((_, i) => lists.slice(0, i).reduce((n, l) => n + l.length, 0))
  const order: number[] = []
  for (;;) {
    let next = -1
    lists.forEach((l, i) => {
      if (at[i]! < l.length && (next < 0 || l[at[i]!]! < lists[next]![at[next]!]!)) next = i
    })
    if (next < 0) return order
    order.push(base[next]! + at[next]!++)
  }
}

describe('merged order', () => {
  it('is a stable sort by time of lists that are sorted', () => {
    fc.assert(
      fc.property(fc.array(monotone, { maxLength: 9 }), (lists) => {
        const all = lists.flat()
        const sorted = [...all.keys()].sort((a, b) => all[a]! - all[b]! || a - b)
        expect([...mergeOrder(lists.map(list))]).toEqual(sorted)
      }),
    )
  })

  it('keeps the order of a list whose time runs backwards, as a merge by heads does', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(20), { maxLength: 12 }), { maxLength: 9 }), (lists) => {
        expect([...mergeOrder(lists.map(list))]).toEqual(byHeads(lists))
      }),
    )
  })

  it('gives equal times to the lower list', () => {
    expect([...mergeOrder([list([5, 5]), list([]), list([5, 6]), list([4, 5])])]).toEqual([4, 0, 1, 2, 5, 3])
  })

  it('ignores room beyond the count', () => {
    expect([...mergeOrder([{ t: Float64Array.of(1, 9, 0), count: 2 }, list([2])])]).toEqual([0, 2, 1])
  })
})

describe('survey of times', () => {
  it('finds the ends and the steps back', () => {
    expect(surveyTimes(list([3, 5, 4, 4, 1, 9]))).toEqual({ from: 1, to: 9, backwards: 2 })
    expect(surveyTimes(list([]))).toEqual({ from: Infinity, to: -Infinity, backwards: 0 })
  })
})

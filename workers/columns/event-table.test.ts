import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawnColumns } from '../../test/fixtures/draw.js'
import { position } from '../units.js'
import { EventTable } from './event-table.js'
import { mergeOrder } from './merge.js'

const times = fc.array(fc.nat(12), { maxLength: 25 })

function tableOf(lists: readonly (readonly number[])[]): EventTable {
  const streams = lists.map((list, cpu) => drawnColumns({ cpu, events: list.map((t) => ({ t, pid: 1 })) }, cpu))
  return new EventTable(streams, mergeOrder(streams))
}

describe('positions', () => {
  it('and addresses are two names of one event, even where time runs backwards', () => {
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 6 }), (lists) => {
        const table = tableOf(lists)
        for (let p = 0; p < table.count; p++) {
          const { stream, row } = table.address(position(p))
          expect(table.positionOf(stream.stream, row)).toBe(p)
          expect(table.time(p)).toBe(lists[stream.stream]![row])
        }
      }),
    )
  })

  it('of a time are the first at or after it, and the first after it', () => {
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 6 }), fc.integer({ min: -1, max: 13 }), (lists, t) => {
        const table = tableOf(lists.map((list) => list.toSorted((a, b) => a - b)))
        const all = lists.flat()
        expect(table.positionAtTime(t)).toBe(all.filter((x) => x < t).length)
        expect(table.positionAfterTime(t)).toBe(all.filter((x) => x <= t).length)
      }),
    )
  })
})

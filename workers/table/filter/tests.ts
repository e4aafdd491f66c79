// What is left of a filter for the events of one type in one stream, once everything that type and stream decide is folded away.

import type { RecordView } from '../../readers/types.js'

/** Answer of a test that looks at the columns alone. */
export const Quick = { No: 0, Yes: 1, NeedsRecord: 2 } as const
export type Quick = (typeof Quick)[keyof typeof Quick]

export interface RowTest {
  /** Looks at the columns of `row` only. */
  quick(row: number): Quick
  /** Asked only where quick() answered NeedsRecord. */
  full(record: RecordView, row: number): boolean
}
export type Test = boolean | RowTest

export function quickly(test: Test, row: number): Quick {
  if (typeof test === 'boolean') return test ? Quick.Yes : Quick.No
  return test.quick(row)
}

export function fully(test: Test, record: RecordView, row: number): boolean {
  return typeof test === 'boolean' ? test : test.full(record, row)
}

/** A test of the columns alone. */
export function columnTest(holds: (row: number) => boolean): RowTest {
  return { quick: (row) => (holds(row) ? Quick.Yes : Quick.No), full: (_record, row) => holds(row) }
}

export function allOf(tests: readonly Test[]): Test {
  if (tests.includes(false)) return false
  return combine(tests, Quick.No, Quick.Yes)
}

export function anyOf(tests: readonly Test[]): Test {
  if (tests.includes(true)) return true
  return combine(tests, Quick.Yes, Quick.No)
}

/** `decides` by any part settles the whole; when all parts answer `rest`, so does the whole. */
function combine(tests: readonly Test[], decides: Quick, rest: Quick): Test {
  const parts = tests.filter((t) => typeof t !== 'boolean')
  if (parts.length === 0) return rest === Quick.Yes
  if (parts.length === 1) return parts[0]!
  return {
    quick: (row) => {
      let answer: Quick = rest
      for (const part of parts) {
        const one = part.quick(row)
        if (one === decides) return decides
        if (one === Quick.NeedsRecord) answer = one
      }
      return answer
    },
    full: (record, row) => {
      const wanted = decides === Quick.Yes
      for (const part of parts) {
        const one = part.quick(row)
        const holds = one === Quick.NeedsRecord ? part.full(record, row) : one === Quick.Yes
        if (holds === wanted) return wanted
      }
      return !wanted
    },
  }
}

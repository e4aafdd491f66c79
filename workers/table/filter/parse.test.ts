import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RequestError } from '../../fault.js'
import { compileExpression } from './compile.js'
import { parseExpression } from './parse.js'
import type { Expression } from './parse.js'

/** The expression with every bracket written. */
function spelled(e: Expression): string {
  if (e.kind === 'not') return `!${spelled(e.part)}`
  if (e.kind !== 'comparison') return `(${e.parts.map(spelled).join(e.kind === 'and' ? ' && ' : ' || ')})`
  const values = e.values.map((v) => (v.integer === null ? JSON.stringify(v.text) : String(v.integer)))
  return `${e.name} ${e.operator} ${e.operator === 'in' ? `(${values.join(', ')})` : values[0]!}`
}

function mistake(text: string): { message: string; at: number | undefined } {
  try {
    compileExpression(text)
  } catch (error) {
    if (error instanceof RequestError) return { message: error.message, at: error.at }
    throw error
  }
  throw new Error(`accepted: ${text}`)
}

describe('the filter language', () => {
  it.each([
    ['prev_state == 0 && next_comm ~ "CPU .*"', '(prev_state == 0 && next_comm ~ "CPU .*")'],
    ['a==1||b!=2&&c<3', '(a == 1 || (b != 2 && c < 3))'],
    ['!(a>=0x1F || !b<=-7)', '!(a >= 31 || !b <= -7)'],
    ['flags&4 && comm =~ bash', '(flags & 4 && comm ~ "bash")'],
    ["pid in (1, 2,-3) && comm !~ 'it\"s'", '(pid in (1, 2, -3) && comm !~ "it\\"s")'],
    ['event == sched:sched_switch', 'event == "sched:sched_switch"'],
    ['v == 18446744073709551615', 'v == 18446744073709551615'],
    ['comm == kworker/0:1-events', 'comm == "kworker/0:1-events"'],
    ['name == 9p', 'name == "9p"'],
    ['name ~ "a\\d\\"b"', 'name ~ "a\\\\d\\"b"'],
  ])('reads %s', (text, expected) => {
    expect(spelled(parseExpression(text))).toBe(expected)
  })

  it.each([
    ['', 0, /name of a field, found the end/],
    ['a = 1', 2, /Write ==/],
    ['a == 1 | b == 2', 7, /Write \|\|/],
    ['a == ', 5, /Expected a value, found the end/],
    ['a == 1 b == 2', 7, /Expected && or \|\| before b/],
    ['(a == 1', 0, /never closed/],
    ['(a == 1 b', 8, /Expected \)/],
    ['a == "x', 5, /quotation mark/],
    ['"a" == 1', 0, /name of a field/],
    ['a in 3', 5, /list/],
    ['a in (1', 5, /never closed/],
    ['comm ~ "*bash"', 7, /not a regular expression\. Write \.\*/],
    ['comm ~ "("', 7, /not a regular expression/],
    ['cpu == zero', 7, /whole number/],
    ['prev_prio == 1.5', 13, /whole numbers/],
    ['time == soon', 8, /not a time/],
    ['time == 1.0123456789', 8, /nine decimals/],
    ['time ~ 1', 0, /Times are compared/],
    ['3 == 3', 0, /name of a field/],
    ['a-b == 3', 0, /cannot be the name/],
    ['a == 1 ; b', 7, /sign ;/],
    [`${'('.repeat(1000)}a == 1`, 200, /nested/],
  ])('refuses %j and points at the mistake', (text, at, message) => {
    expect(mistake(text)).toEqual({ message: expect.stringMatching(message), at })
  })

  it('throws nothing but RequestErrors, whose column lies in the text, whatever is typed', () => {
    const piece = fc.oneof(
      fc.constantFrom('(', ')', '&&', '||', '!', '==', '!=', '~', '!~', '<', '&', 'in', ',', '"', "'", '\\', ' '),
      fc.constantFrom('pid', 'time', 'comm', 'event', 'lost', '1', '-0x1', '1.5', '.pid', '__proto__', 'constructor'),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    )
    let refused = 0
    let accepted = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        try {
          compileExpression(text)
          accepted++
        } catch (error) {
          refused++
          expect(error).toBeInstanceOf(RequestError)
          const { at } = error as RequestError
          expect(at).toBeGreaterThanOrEqual(0)
          expect(at).toBeLessThanOrEqual(text.length)
        }
      }),
      { numRuns: 3000, examples: [[['pid', '==', '1']], [['__proto__', '==', '1']]] },
    )
    expect(refused).toBeGreaterThan(0)
    expect(accepted).toBeGreaterThan(0)
  })
})

// How one value of an event is compared with what the expression says.

import { RequestError } from '../../fault.js'
import type { Comparison, Literal } from './parse.js'

/** Compares one value; `text` of a number is asked for only when the expression compares with text. */
export interface Matcher {
  number(value: number | bigint, text: () => string): boolean
  text(value: string): boolean
}

/** Throws RequestError for a regular expression that is none. */
export function matcher(comparison: Comparison): Matcher {
  const { operator, values } = comparison
  const [value] = values
  switch (operator) {
    case 'in': {
      const each = values.map((v) => matcher({ ...comparison, operator: '==', values: [v] }))
      return {
        number: (x, text) => each.some((m) => m.number(x, text)),
        text: (x) => each.some((m) => m.text(x)),
      }
    }
    case '~':
    case '!~': {
      const pattern = regularExpression(value!)
      const wanted = operator === '~'
      return {
        number: (_x, text) => pattern.test(text()) === wanted,
        text: (x) => pattern.test(x) === wanted,
      }
    }
    case '&':
      return { number: bitTest(value!), text: (x) => hasFlag(x, value!.text) }
    default: {
      const holds = ORDER[operator]
      const wanted = value!.text
      const textual = (x: string): boolean => holds(x < wanted ? -1 : x > wanted ? 1 : 0)
      const integer = value!.integer
      if (integer === null) return { number: (_x, text) => textual(text()), text: textual }
      const near = Number(integer)
      // Every number that a record gives as a number is exact, so that a literal beyond 2^53 can be compared with it as it is.
      return { number: (x) => holds(typeof x === 'number' ? compare(x, near) : compare(x, integer)), text: textual }
    }
  }
}

const ORDER = {
  '==': (c: number) => c === 0,
  '!=': (c: number) => c !== 0,
  '<': (c: number) => c < 0,
  '<=': (c: number) => c <= 0,
  '>': (c: number) => c > 0,
  '>=': (c: number) => c >= 0,
}

const compare = <T extends number | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

function regularExpression(literal: Literal): RegExp {
  try {
    return new RegExp(literal.text)
  } catch {
    const hint = literal.text.startsWith('*') ? ' Write .* for any text.' : ''
    throw new RequestError(`${literal.text} is not a regular expression.${hint}`, literal.at)
  }
}

function bitTest(value: Literal): Matcher['number'] {
  const mask = value.integer
  if (mask === null) return (_x, text) => hasFlag(text(), value.text)
  const small = mask >= 0n && mask < 0x8000_0000n ? Number(mask) : null
  return (x) =>
    small !== null && typeof x === 'number' && x >= 0 && x < 0x8000_0000 ? (x & small) !== 0 : (BigInt(x) & mask) !== 0n
}

/** Flags as libtraceevent prints them: `GFP_KERNEL|__GFP_ZERO`. */
const hasFlag = (text: string, flag: string): boolean => text.split('|').includes(flag)

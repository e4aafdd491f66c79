// Constant parts of print formats, computed while parsing.

import type { Node } from './node.js'
import { PrintFormatError } from './tokens.js'
import { parseNumber } from './value.js'

/** The bits of a cast's type that libtraceevent keeps; 64 for every type it does not know. */
export function castBits(type: string, ofPointer = false): 8 | 16 | 32 | 64 {
  if (type.length < 2) return 64
  if (ofPointer) return type.endsWith('*') ? castBits(type.slice(0, -2)) : 64
  if (type.endsWith('*') || type.startsWith('struct')) return 64
  switch (type.startsWith('unsigned ') ? type.slice(9) : type) {
    case 'char':
      return 8
    case 'short':
      return 16
    case 'int':
      return 32
  }
  switch (type) {
    case 'u8':
    case 's8':
      return 8
    case 'u16':
    case 's16':
      return 16
    case 'u32':
    case 's32':
      return 32
    default:
      return 64
  }
}

const signed = (v: bigint): bigint => BigInt.asIntN(64, v)
const truth = (b: boolean): bigint => (b ? 1n : 0n)

function number(node: Node | undefined): bigint {
  if (node?.kind === 'atom') return signed(BigInt(parseNumber(node.text)))
  if (node?.kind === 'type') {
    const bits = castBits(node.text)
    const v = number(node.left)
    return bits === 64 ? v : BigInt.asUintN(bits, v)
  }
  if (node?.kind !== 'op') throw new PrintFormatError('A constant expected')
  const right = (): bigint => number(node.right)
  const left = (): bigint => number(node.left)
  const lone = node.left?.kind === 'null'
  switch (node.text) {
    case '|':
      return left() | right()
    case '||':
      return truth(left() !== 0n || right() !== 0n)
    case '&':
      return left() & right()
    case '&&':
      return truth(left() !== 0n && right() !== 0n)
    case '<':
      return truth(left() < right())
    case '<<':
      return signed(left() << (right() & 63n))
    case '<=':
      return truth(left() <= right())
    case '>':
      return truth(left() > right())
    case '>>':
      return left() >> (right() & 63n)
    case '>=':
      return truth(left() >= right())
    case '==':
      return truth(left() === right())
    case '!=':
      return truth(left() !== right())
    case '-':
      return signed((lone ? 0n : left()) - right())
    case '+':
      return signed((lone ? 0n : left()) + right())
    case '~':
      return ~right()
    default:
      throw new PrintFormatError(`Operator ${node.text} in a constant`)
  }
}

/** Value or name of a `{ value, name }` pair as text. */
export function evaluateConstant(node: Node): string {
  if (node.kind === 'atom') return node.text
  if (node.kind === 'type' && node.left) return evaluateConstant(node.left)
  return number(node).toString()
}

function fold(op: string, a: bigint, b: bigint): bigint | undefined {
  switch (op) {
    case '>>':
      return a >> (b & 63n)
    case '>=':
      return truth(a >= b)
    case '>':
      return truth(a > b)
    case '<<':
      return a << (b & 63n)
    case '<=':
      return truth(a <= b)
    case '<':
      return truth(a < b)
    case '&&':
      return truth(a !== 0n && b !== 0n)
    case '&':
      return a & b
    case '||':
      return truth(a !== 0n || b !== 0n)
    case '|':
      return a | b
    case '-':
      return a - b
    case '+':
      return a + b
    case '*':
      return a * b
    case '^':
      return a ^ b
    case '/':
      return b === 0n ? undefined : a / b
    case '%':
      return b === 0n ? undefined : a % b
    case '==':
      return truth(a === b)
    case '!=':
      return truth(a !== b)
    default:
      return undefined
  }
}

/** Replaces operators of two written numbers by their result. */
export function foldConstants(node: Node): void {
  if (node.kind !== 'op') return
  if (node.left) foldConstants(node.left)
  if (node.right) foldConstants(node.right)
  if (node.left?.kind !== 'atom' || node.right?.kind !== 'atom') return
  const v = fold(node.text, BigInt(parseNumber(node.left.text)), BigInt(parseNumber(node.right.text)))
  if (v === undefined) return
  node.kind = 'atom'
  node.text = signed(v).toString()
  node.left = node.right = undefined
}

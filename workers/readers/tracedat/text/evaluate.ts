// Expressions of print formats as closures that compute a number from a record.

import { castBits } from './constants.js'
import type { TextContext } from './context.js'
import { dynamicExtent, elementSizeOf } from './fields.js'
import type { FieldFormat } from './format.js'
import { callFunction, payloadBase } from './plugins/functions.js'
import type { Node } from './node.js'
import { fromNumber, join64, parseNumber, read32, readUnsigned, wrap, type Value } from './value.js'

export type Evaluate = (p: Uint8Array, c: TextContext) => Value

/** What the formats of one file have in common. */
export interface Machine {
  readonly bigEndian: boolean
  readonly longSize: number
}

const zero: Evaluate = () => 0

/** Reader of a field as an unsigned number; 0 when the record is too short. */
function fieldReader(field: FieldFormat, m: Machine): Evaluate {
  const { offset, size } = field
  const end = offset + size
  const { bigEndian } = m
  if (size === 1) return (p) => p[offset] ?? 0
  if (size === 4) return (p) => (end <= p.length ? read32(p, offset, bigEndian) : 0)
  return (p) => (end <= p.length ? readUnsigned(p, offset, size, bigEndian) : 0)
}

function cast(inner: Evaluate, bits: 8 | 16 | 32 | 64): Evaluate {
  if (bits === 64) return inner
  const mask = 2 ** bits - 1
  return (p, c) => {
    const v = inner(p, c)
    return typeof v === 'number' ? (v & mask) >>> 0 : Number(BigInt.asUintN(bits, v))
  }
}

function bitwise(a: Value, b: Value, small: (a: number, b: number) => number): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    if (a <= 0xffffffff && b <= 0xffffffff) return small(a, b) >>> 0
    return join64(small(Math.floor(a / 2 ** 32), Math.floor(b / 2 ** 32)) >>> 0, small(a, b) >>> 0)
  }
  const x = BigInt(a)
  const y = BigInt(b)
  const hi = small(Number(x >> 32n), Number(y >> 32n)) >>> 0
  return join64(hi, small(Number(BigInt.asUintN(32, x)), Number(BigInt.asUintN(32, y))) >>> 0)
}

const isSafe = Number.isSafeInteger
const truth = (b: boolean): Value => (b ? 1 : 0)

const operators: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  '!': (_, b) => truth(b === 0),
  '~': (_, b) => wrap(~BigInt(b)),
  '!=': (a, b) => truth(a !== b),
  '==': (a, b) => truth(a === b),
  '<': (a, b) => truth(a < b),
  '<=': (a, b) => truth(a <= b),
  '>': (a, b) => truth(a > b),
  '>=': (a, b) => truth(a >= b),
  '||': (a, b) => truth(a !== 0 || b !== 0),
  '&&': (a, b) => truth(a !== 0 && b !== 0),
  '|': (a, b) => bitwise(a, b, (x, y) => x | y),
  '&': (a, b) => bitwise(a, b, (x, y) => x & y),
  '<<': (a, b) => {
    const n = Number(BigInt.asUintN(6, BigInt(b)))
    const quick = typeof a === 'number' ? a * 2 ** n : Infinity
    return isSafe(quick) ? quick : wrap(BigInt(a) << BigInt(n))
  },
  '>>': (a, b) => {
    const n = typeof b === 'number' ? b % 64 : Number(b & 63n)
    return typeof a === 'number' ? Math.floor(a / 2 ** n) : wrap(a >> BigInt(n))
  },
  '-': (a, b) => (typeof a === 'number' && typeof b === 'number' ? fromNumber(a - b) : wrap(BigInt(a) - BigInt(b))),
  '+': (a, b) => {
    const quick = typeof a === 'number' && typeof b === 'number' ? a + b : Infinity
    return isSafe(quick) ? quick : wrap(BigInt(a) + BigInt(b))
  },
  '*': (a, b) => {
    const quick = typeof a === 'number' && typeof b === 'number' ? a * b : Infinity
    return isSafe(quick) ? quick : wrap(BigInt(a) * BigInt(b))
  },
  // Division by zero would end trace-cmd; here the result is 0.
  '/': (a, b) => {
    if (b === 0) return 0
    return typeof a === 'number' && typeof b === 'number' ? (a - (a % b)) / b : wrap(BigInt(a) / BigInt(b))
  },
  '%': (a, b) => {
    if (b === 0) return 0
    return typeof a === 'number' && typeof b === 'number' ? a % b : wrap(BigInt(a) % BigInt(b))
  },
}

/** `a[i]`; undefined when `a` is nothing that can be indexed. */
function element(node: Node, m: Machine): Evaluate | undefined {
  let base = node.left
  const bits = base?.kind === 'type' ? castBits(base.text, true) : 64
  while (base?.kind === 'type') base = base.left
  const index = compileNumber(node.right, m)
  const field = base?.field
  if (!field || (base?.kind !== 'dynamicArray' && base?.kind !== 'field')) return undefined
  const { bigEndian } = m
  const size = elementSizeOf(field, m.longSize)
  const read = (p: Uint8Array, at: number, length: number): Value =>
    at >= 0 && at + length <= p.length ? readUnsigned(p, at, length, bigEndian) : 0
  if (base.kind === 'field') return cast((p, c) => read(p, field.offset + Number(index(p, c)) * size, size), bits)
  // The index of a dynamic array counts bytes.
  return cast((p, c) => read(p, dynamicExtent(field, p, c).offset + Number(index(p, c)), size || m.longSize), bits)
}

function operation(node: Node, m: Machine): Evaluate {
  if (node.text === '[') {
    const indexed = element(node, m)
    if (indexed) return indexed
  }
  const left = compileNumber(node.left, m)
  if (node.text === '?') {
    const yes = compileNumber(node.right?.left, m)
    const no = compileNumber(node.right?.right, m)
    return (p, c) => (left(p, c) !== 0 ? yes(p, c) : no(p, c))
  }
  const right = compileNumber(node.right, m)
  const apply = Object.hasOwn(operators, node.text) ? operators[node.text] : undefined
  return apply ? (p, c) => apply(left(p, c), right(p, c)) : zero
}

/** The closure for an expression. Operators and operands that have no number are 0. */
export function compileNumber(node: Node | undefined, m: Machine): Evaluate {
  switch (node?.kind) {
    case 'atom': {
      const v = parseNumber(node.text)
      return () => v
    }
    case 'slot':
      return () => (typeof node.value === 'string' ? 0 : node.value)
    case 'field':
      return node.field ? fieldReader(node.field, m) : zero
    case 'type':
      return cast(compileNumber(node.left, m), castBits(node.text))
    case 'func': {
      const args = node.args.map((a) => compileNumber(a, m))
      return (p, c) =>
        callFunction(
          node.text,
          args.map((a) => a(p, c)),
          p,
        ).value
    }
    case 'op':
      return operation(node, m)
    case 'dynamicLength': {
      const { field } = node
      return field ? (p, c) => dynamicExtent(field, p, c).length : zero
    }
    case 'dynamicArray': {
      const { field } = node
      if (!field) return zero
      return (p, c) => {
        const { offset } = dynamicExtent(field, p, c)
        return payloadBase + (offset > p.length ? 0 : offset)
      }
    }
    default:
      return zero
  }
}

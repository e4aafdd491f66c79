// The tree of a print format.

import type { FieldFormat } from './format.js'
import type { Value } from './value.js'

export type NodeKind =
  | 'null'
  | 'atom'
  | 'field'
  | 'flags'
  | 'symbol'
  | 'hex'
  | 'hexString'
  | 'intArray'
  | 'type'
  | 'string'
  | 'slot'
  | 'bitmask'
  | 'cpumask'
  | 'dynamicArray'
  | 'dynamicLength'
  | 'op'
  | 'func'

/** A node of the tree. Which members count depends on `kind`; the parser changes nodes in place while it groups operators. */
export class Node {
  kind: NodeKind = 'null'
  /** atom: as written; op: the operator; type: the type's name; func: the function's. */
  text = ''
  field: FieldFormat | undefined = undefined
  /** op: operands; type, flags, symbol, hex, intArray: the inner expression in `left`, size or count in `right`. */
  left: Node | undefined = undefined
  right: Node | undefined = undefined
  /** intArray: size of an element. */
  third: Node | undefined = undefined
  /** op: precedence, 0 = done. */
  prio = 0
  /** flags, symbol: value (as text) and name. */
  items: { readonly value: string; readonly name: string }[] = []
  delimiter: string | undefined = undefined
  args: Node[] = []
  /** slot: an argument that differs from record to record (binary printk). */
  value: Value | string = 0

  copyOf(other: Node): this {
    return Object.assign(this, other)
  }
}

/** What is inside casts. */
export function innermost(node: Node): Node {
  let inner = node
  while (inner.kind === 'type' && inner.left) inner = inner.left
  return inner
}

const priorities: Readonly<Record<string, number>> = {
  '~': 4,
  '!': 4,
  '*': 6,
  '/': 6,
  '%': 6,
  '+': 7,
  '-': 7,
  '<': 9,
  '>': 9,
  '&': 11,
  '^': 12,
  '|': 13,
  '?': 16,
  '++': 3,
  '--': 3,
  '>>': 8,
  '<<': 8,
  '>=': 9,
  '<=': 9,
  '==': 10,
  '!=': 10,
  '&&': 14,
  '||': 15,
}
/** How loosely an operator binds; -1 = it is none of these. */
export const priority = (op: string): number => (Object.hasOwn(priorities, op) ? priorities[op]! : -1)

// libtraceevent's numbers of argument kinds, which its messages about %p show.
const numbers: Readonly<Record<NodeKind, number>> = {
  null: 0,
  atom: 1,
  slot: 1,
  field: 2,
  flags: 3,
  symbol: 4,
  hex: 5,
  intArray: 6,
  type: 7,
  string: 8,
  dynamicArray: 10,
  op: 11,
  func: 12,
  bitmask: 13,
  dynamicLength: 14,
  hexString: 15,
  cpumask: 16,
}

export const argumentNumber = (node: Node): number => numbers[node.kind]

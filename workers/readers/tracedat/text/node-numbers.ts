import type { Node, NodeKind } from './parse.js'

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

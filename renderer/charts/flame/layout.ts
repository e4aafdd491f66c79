// A tree of stacks as boxes: as wide as what it stands for, callers on one side of those they call. Pure.

import type { StackTree } from '../../../workers/thread/contract.js'

export type Weight = 'count' | 'latency'

export interface Box {
  readonly node: number
  /** 0 = root. */
  readonly depth: number
  /** 0..1 of the width. */
  readonly x0: number
  readonly x1: number
}

export const weightsOf = (tree: StackTree, weight: Weight): ArrayLike<number> =>
  weight === 'count' ? tree.count : tree.latency

/** The nodes from the root to `node`, both included. */
export function pathTo(tree: Pick<StackTree, 'parent'>, node: number): number[] {
  const path: number[] = []
  for (let n = node; n >= 0; n = tree.parent[n]!) path.unshift(n)
  return path
}

/**
 * Boxes of what lies below `zoomed`, and of the nodes above it in full width. Children follow each other from the heaviest on;
 * boxes narrower than `least` (0..1) are left out with all below them.
 */
export function layoutBoxes(tree: StackTree, weight: Weight, zoomed: number, least: number): Box[] {
  const weights = weightsOf(tree, weight)
  const children: number[][] = []
  for (let n = 1; n < tree.parent.length; n++) (children[tree.parent[n]!] ??= []).push(n)
  const path = pathTo(tree, zoomed)
  const boxes: Box[] = path.map((node, depth) => ({ node, depth, x0: 0, x1: 1 }))
  const whole = weights[zoomed]!
  if (!(whole > 0)) return boxes
  const below = (node: number, depth: number, x0: number) => {
    let x = x0
    for (const child of (children[node] ?? []).sort((a, b) => weights[b]! - weights[a]! || a - b)) {
      const x1 = x + weights[child]! / whole
      if (x1 - x >= least) {
        boxes.push({ node: child, depth, x0: x, x1 })
        below(child, depth + 1, x)
      }
      x = x1
    }
  }
  below(zoomed, path.length, 0)
  return boxes
}

/** Share of everything in whose stacks a function is found, 0..1, and the names that it is found in. */
export function found(
  tree: StackTree,
  weight: Weight,
  text: string,
): { readonly share: number; readonly names: Uint8Array } {
  const wanted = text.trim().toLowerCase()
  const names = Uint8Array.from(tree.names, (n, i) =>
    i > 0 && wanted !== '' && n.toLowerCase().includes(wanted) ? 1 : 0,
  )
  const weights = weightsOf(tree, weight)
  const within = new Uint8Array(tree.parent.length)
  let sum = 0
  for (let n = 1; n < tree.parent.length; n++) {
    const above = within[tree.parent[n]!] === 1
    if (above || names[tree.name[n]!] === 1) within[n] = 1
    // The outermost match stands for all below it.
    if (!above && names[tree.name[n]!] === 1) sum += weights[n]!
  }
  return { share: weights[0]! > 0 ? sum / weights[0]! : 0, names }
}

/** Whether a stack (innermost function first) passes through a node: its outer functions are those of the node's path. */
export function passes(tree: StackTree, node: number, frames: readonly string[]): boolean {
  const path = pathTo(tree, node).slice(1)
  return path.length <= frames.length && path.every((n, i) => tree.names[tree.name[n]!] === frames.at(-1 - i))
}

// The stacks of a selection put together: as a list, and as a tree for flame graphs.

import type { StackTree, WakeupStacks } from '../../../thread/contract.js'
import { latencyOf, type Wakeups } from '../columns.js'
import { latenciesOf, summarise } from '../latency.js'
import type { StackIndex } from './index.js'

/** Distinct stacks of the selection, most frequent first. */
export function stackList(
  w: Wakeups,
  selected: Uint32Array,
  { of, stacks }: StackIndex,
  limit: number,
  version: number,
): WakeupStacks {
  const own = new Map<number, number[]>()
  let without = 0
  for (const i of selected) {
    const stack = of[i]!
    if (stack < 0) without++
    else if (own.has(stack)) own.get(stack)!.push(i)
    else own.set(stack, [i])
  }
  const sorted = [...own].sort(([a, x], [b, y]) => y.length - x.length || a - b)
  return {
    version,
    distinct: sorted.length,
    without,
    stacks: sorted.slice(0, limit).map(([stack, wakeups]) => ({
      stack,
      frames: stacks[stack]!,
      count: wakeups.length,
      latency: summarise(latenciesOf(w, Uint32Array.from(wakeups))),
    })),
  }
}

export function stackTree(w: Wakeups, selected: Uint32Array, { of, stacks }: StackIndex, version: number): StackTree {
  const names: string[] = ['all']
  const nameOf = new Map<string, number>([['all', 0]])
  const parent: number[] = [-1]
  const name: number[] = [0]
  const counts = new Float64Array(stacks.length)
  const latencies = new Float64Array(stacks.length)
  let withStack = 0
  for (const i of selected) {
    const stack = of[i]!
    if (stack < 0) continue
    withStack++
    counts[stack]!++
    const latency = latencyOf(w, i)
    if (latency === latency) latencies[stack]! += latency
  }
  const children: Map<number, number>[] = [new Map()]
  const count: number[] = [0]
  const latency: number[] = [0]
  const add = (node: number, stack: number): void => {
    count[node]! += counts[stack]!
    latency[node]! += latencies[stack]!
  }
  for (const [stack, frames] of stacks.entries()) {
    if (counts[stack] === 0) continue
    let node = 0
    add(node, stack)
    for (let f = frames.length - 1; f >= 0; f--) {
      let n = nameOf.get(frames[f]!)
      if (n === undefined) nameOf.set(frames[f]!, (n = names.push(frames[f]!) - 1))
      let child = children[node]!.get(n)
      if (child === undefined) {
        child = parent.push(node) - 1
        name.push(n)
        children.push(new Map())
        count.push(0)
        latency.push(0)
        children[node]!.set(n, child)
      }
      node = child
      add(node, stack)
    }
  }
  return {
    version,
    parent: Int32Array.from(parent),
    name: Int32Array.from(name),
    names,
    count: Uint32Array.from(count),
    latency: Float64Array.from(latency),
    withStack,
    without: selected.length - withStack,
  }
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StackTree } from '../../../workers/thread/contract.js'
import { found, layoutBoxes, passes, pathTo } from './layout.js'

/** all: irq (6) over timer (4) and net (2); sys (4) over timer (4). */
const tree: StackTree = {
  version: 1,
  parent: Int32Array.of(-1, 0, 1, 1, 0, 4),
  name: Int32Array.of(0, 1, 2, 3, 4, 2),
  names: ['all', 'irq', 'timer', 'net', 'sys'],
  count: Uint32Array.of(10, 6, 4, 2, 4, 4),
  latency: Float64Array.of(100, 10, 5, 5, 90, 90),
  withStack: 10,
  without: 0,
}

describe('a tree of stacks as boxes', () => {
  it('gives each node its share of the width, the heaviest first', () => {
    const boxes = layoutBoxes(tree, 'count', 0, 0)
    expect(boxes.map((b) => [b.node, b.depth, b.x0, b.x1])).toEqual([
      [0, 0, 0, 1],
      [1, 1, 0, 0.6],
      [2, 2, 0, 0.4],
      [3, 2, 0.4, 0.6000000000000001],
      [4, 1, 0.6, 1],
      [5, 2, 0.6, 1],
    ])
    expect(layoutBoxes(tree, 'latency', 0, 0)[1]!.node).toBe(4)
  })
  it('zooms: what lies above stays in full width, the rest is gone', () => {
    const boxes = layoutBoxes(tree, 'count', 1, 0)
    expect(boxes.map((b) => b.node)).toEqual([0, 1, 2, 3])
    expect(boxes[1]).toEqual({ node: 1, depth: 1, x0: 0, x1: 1 })
  })
  it('leaves out what is too narrow', () => {
    expect(layoutBoxes(tree, 'count', 0, 0.25).map((b) => b.node)).toEqual([0, 1, 2, 4, 5])
  })
  it('never draws a child beyond its parent, nor two at a place', () => {
    const arbitrary = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 50 })), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(arbitrary, (nodes) => {
        const parent = [-1]
        const count = [0]
        for (const [p, n] of nodes) {
          parent.push(p % parent.length)
          count.push(n)
        }
        for (let i = parent.length - 1; i > 0; i--) count[parent[i]!]! += count[i]!
        const any = { ...tree, parent: Int32Array.from(parent), name: Int32Array.from(parent, () => 0) }
        const boxes = layoutBoxes({ ...any, count: Uint32Array.from(count) }, 'count', 0, 0)
        const of = new Map(boxes.map((b) => [b.node, b]))
        expect(of.size).toBe(parent.length)
        for (const b of boxes.slice(1)) {
          const above = of.get(parent[b.node]!)!
          expect(b.x0).toBeGreaterThanOrEqual(above.x0 - 1e-9)
          expect(b.x1).toBeLessThanOrEqual(above.x1 + 1e-9)
          const beside = boxes.filter((o) => o !== b && o.depth === b.depth)
          for (const o of beside) expect(o.x1 <= b.x0 + 1e-9 || o.x0 >= b.x1 - 1e-9).toBe(true)
        }
      }),
    )
  })
  it('finds a function wherever it was called from, and counts each stack once', () => {
    expect(found(tree, 'count', 'timer').share).toBeCloseTo(0.8)
    expect(found(tree, 'count', 'IRQ').share).toBeCloseTo(0.6)
    expect(found(tree, 'count', '').share).toBe(0)
  })
  it('knows which stacks pass through a node', () => {
    expect(pathTo(tree, 5)).toEqual([0, 4, 5])
    expect(passes(tree, 5, ['x', 'timer', 'sys'])).toBe(true)
    expect(passes(tree, 5, ['timer', 'irq'])).toBe(false)
    expect(passes(tree, 0, [])).toBe(true)
  })
})

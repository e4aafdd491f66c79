import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clusterSignatures, letters, usualSettings, type Signature } from './cluster.js'
import { averageLinkage, cutAt } from './linkage.js'
import { signatureOf, stackDistance } from './signature.js'

interface Golden {
  readonly cases: readonly {
    readonly stacks: readonly (readonly string[])[]
    readonly weights: readonly number[]
    readonly heights: readonly number[]
    readonly cuts: Readonly<Record<string, readonly number[]>>
  }[]
}

/** scipy's linkage and fcluster of the same stacks, each repeated by its weight: test/golden/stacks/make.py. */
const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/stacks/linkage.json', import.meta.url), 'utf8'),
) as Golden

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const stacks = fc.uniqueArray(fc.array(names, { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 25,
  selector: (s) => s.join(),
})
const signatures = stacks.chain((all) =>
  fc.tuple(...all.map((frames) => fc.record({ frames: fc.constant(frames), count: fc.integer({ min: 1, max: 9 }) }))),
)

describe('the distance of stacks', () => {
  it('is that of the definition', () => {
    expect(stackDistance(['w', 'x', 'y'], ['w', 'x', 'y'])).toBe(0)
    expect(stackDistance(['w'], ['x'])).toBe(1)
    // Jaccard 2 of 4; one of three frames in common at the beginning.
    expect(stackDistance(['w', 'x', 'y'], ['w', 'y', 'z'])).toBeCloseTo(0.5 * 0.5 + 0.5 * (2 / 3), 15)
    expect(stackDistance(['x', 'w'], ['y', 'w'], { jaccard: 0, prefix: 'outermost' })).toBe(0.5)
    expect(stackDistance([], [])).toBe(0)
  })

  it('does not see offsets, modules, copies by the compiler and the tracing', () => {
    const plain = signatureOf(['try_to_wake_up', 'finish_task_switch', 'vcpu_run'])
    const noisy = [
      'bpf_prog_de765b952d8618d9_x',
      'bpf_trace_run1',
      'try_to_wake_up+0x4/0x9',
      'finish_task_switch.isra.0',
      'vcpu_run [kvm]',
    ]
    expect(signatureOf(noisy)).toEqual(plain)
  })

  it('is symmetric and between 0 and 1', () => {
    const frames = fc.array(names, { maxLength: 8 })
    fc.assert(
      fc.property(frames, frames, (a, b) => {
        const d = stackDistance(a, b)
        expect(d).toBe(stackDistance(b, a))
        expect(d).toBeGreaterThanOrEqual(0)
        expect(d).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('average linkage', () => {
  it.each(golden.cases)("equals scipy's", ({ stacks: all, weights, heights, cuts }) => {
    const merges = averageLinkage(all.length, weights, (i, j) => stackDistance(all[i]!, all[j]!))
    merges.forEach((m, i) => expect(m.height).toBeCloseTo(heights[i]!, 12))
    for (const [cut, clusters] of Object.entries(cuts)) {
      expect([...cutAt(all.length, merges, Number(cut))]).toEqual(clusters)
    }
  })

  it('merges everything in ascending height', () => {
    fc.assert(
      fc.property(signatures, (all) => {
        const weights = all.map((s) => s.count)
        const merges = averageLinkage(all.length, weights, (i, j) => stackDistance(all[i]!.frames, all[j]!.frames))
        expect(merges).toHaveLength(all.length - 1)
        merges.forEach((m, i) => expect(m.height).toBeGreaterThanOrEqual((merges[i - 1]?.height ?? 0) - 1e-12))
        if (merges.length > 0) expect(merges.at(-1)!.weight).toBe(weights.reduce((a, b) => a + b, 0))
      }),
    )
  })
})

describe('clusters of stacks', () => {
  const told = (all: readonly Signature[]): unknown =>
    clusterSignatures(all).map((c) => ({ ...c, members: c.members.map((i) => all[i]!.frames.join()) }))

  it('do not depend on the order of the stacks', () => {
    fc.assert(
      fc.property(
        signatures.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(told(shuffled)).toEqual(told(all))
        },
      ),
    )
  })

  it('hold every stack once', () => {
    fc.assert(
      fc.property(signatures, fc.double({ min: 0, max: 1, noNaN: true }), (all, cut) => {
        const clusters = clusterSignatures(all, { ...usualSettings, cut })
        expect(clusters.flatMap((c) => c.members).sort((a, b) => a - b)).toEqual(all.map((_, i) => i))
        expect(clusters.reduce((n, c) => n + c.count, 0)).toBe(all.reduce((n, s) => n + s.count, 0))
      }),
    )
  })

  it('have names by size and ids by their most frequent stack', () => {
    const all = [
      { frames: ['a', 'b', 'c', 'd', 'e', 'f'], count: 3 },
      { frames: ['x', 'y'], count: 9 },
      { frames: ['a', 'b', 'c', 'd', 'e', 'g'], count: 1 },
    ]
    const [first, second] = clusterSignatures(all)
    expect(first).toMatchObject({ name: 'A', count: 9, members: [1], radius: 0 })
    expect(second).toMatchObject({ name: 'B', count: 4, members: [0, 2] })
    expect(clusterSignatures([all[0]!])[0]!.id).toBe(second!.id)
    expect([0, 25, 26, 27, 702].map(letters)).toEqual(['A', 'Z', 'AA', 'AB', 'AAA'])
  })
})

// Runs that passed the same way: by the cluster that the records name, or by the stacks that they carry.

import type { RunsCluster } from '../../thread/contract.js'
import { SMALL_CLUSTER } from './categories.js'
import type { Run } from './chains.js'
import { environmentsOf } from './strata.js'

export interface ClusteredRuns {
  /** With an attribute `cluster` wherever one is known. */
  readonly runs: readonly Run[]
  readonly clusters: readonly RunsCluster[]
}

/** Stacks less alike than this are apart. */
const CUT = 0.3
/** More ways than these are not compared with each other; the rarest stay alone. */
const MOST_STACKS = 400

export function clustersOf(runs: readonly Run[]): ClusteredRuns {
  if (runs.some((r) => r.attributes.has('cluster')) || !runs.some((r) => r.stack !== null)) {
    return { runs, clusters: describe(runs) }
  }
  const counts = tally(runs.flatMap((r) => (r.stack === null ? [] : [signatureOf(r.stack)])))
  const names = nameClusters(counts.slice(0, MOST_STACKS))
  const named = runs.map((run): Run => {
    const cluster = run.stack === null ? undefined : names.get(signatureOf(run.stack))
    return cluster === undefined ? run : { ...run, attributes: new Map([...run.attributes, ['cluster', cluster]]) }
  })
  return { runs: named, clusters: describe(named) }
}

/** Functions without offsets and without what the compiler appends to its copies. */
const signatureOf = (stack: string): string =>
  stack
    .split(';')
    .map((frame) =>
      frame
        .trim()
        .replace(/[+\s].*$/, '')
        .replace(/\.(isra|constprop|part|cold)\b.*$/, ''),
    )
    .filter((frame) => frame !== '')
    .join(';')

/** Agglomerative, average linkage; clusters are named by size, then by their commonest stack, so that input order means nothing. */
function nameClusters(counts: readonly (readonly [signature: string, count: number])[]): Map<string, string> {
  let groups = counts.map(([signature, count]) => ({ members: [signature], size: count }))
  const frames = new Map(counts.map(([s]) => [s, s.split(';')]))
  const apart = (a: readonly string[], b: readonly string[]): number => {
    let sum = 0
    for (const x of a) for (const y of b) sum += stackDistance(frames.get(x)!, frames.get(y)!)
    return sum / (a.length * b.length)
  }
  for (;;) {
    let best: { i: number; j: number; d: number } | null = null
    for (let i = 0; i < groups.length; i++) {
      for (let j = i + 1; j < groups.length; j++) {
        const d = apart(groups[i]!.members, groups[j]!.members)
        if (d <= CUT && (!best || d < best.d)) best = { i, j, d }
      }
    }
    if (!best) break
    const [a, b] = [groups[best.i]!, groups[best.j]!]
    groups = groups.filter((g) => g !== a && g !== b)
    groups.push({ members: [...a.members, ...b.members].sort(), size: a.size + b.size })
  }
  groups.sort((a, b) => b.size - a.size || (a.members[0]! < b.members[0]! ? -1 : 1))
  return new Map(groups.flatMap((g, i) => g.members.map((m) => [m, letter(i)] as const)))
}

/** Half by the functions that only one has, half by how far they go together from the inside. */
function stackDistance(a: readonly string[], b: readonly string[]): number {
  const [x, y] = [new Set(a), new Set(b)]
  const both = [...x].filter((f) => y.has(f)).length
  let together = 0
  while (together < a.length && together < b.length && a[together] === b[together]) together++
  return 0.5 * (1 - both / (x.size + y.size - both)) + 0.5 * (1 - together / Math.max(a.length, b.length))
}

/** A .. Z, AA ... */
const letter = (i: number): string =>
  i < 26 ? String.fromCharCode(65 + i) : letter(Math.floor(i / 26) - 1) + letter(i % 26)

function describe(runs: readonly Run[]): RunsCluster[] {
  const members = new Map<string, Run[]>()
  for (const run of runs) {
    const name = run.attributes.get('cluster')
    if (name === undefined) continue
    const list = members.get(name)
    if (list) list.push(run)
    else members.set(name, [run])
  }
  return [...members]
    .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
    .map(([name, own]) => {
      const stacks = tally(own.flatMap((r) => (r.stack === null ? [] : [signatureOf(r.stack)])))
      return {
        name,
        runs: own.length,
        stacks: stacks.length,
        top: stacks[0]?.[0].split(';').slice(0, 5) ?? [],
        flags: tally(own.flatMap((r) => r.attributes.get('wake_flags') ?? [])).map(([constellation, count]) => ({
          constellation,
          count,
        })),
        byEnvironment: environmentsOf(own).map((environment) => ({
          environment,
          count: own.filter((r) => r.environment === environment).length,
        })),
        warnings:
          own.length < SMALL_CLUSTER
            ? [
                {
                  code: 'small-cluster' as const,
                  text: `Fewer than ${SMALL_CLUSTER} runs: no cluster to be relied on.`,
                },
              ]
            : [],
      }
    })
}

function tally(texts: readonly string[]): [text: string, count: number][] {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
}

// Runs that passed the same way: by the cluster that the records name, or by the stacks that they carry.

import type { RunsCluster } from '../../thread/contract.js'
import { SMALL_CLUSTER } from './categories.js'
import type { Run } from './chains.js'
import { environmentsOf } from './strata.js'
import { clusterSignatures } from '../stacks/cluster.js'
import { signatureOf, signatureText } from '../stacks/signature.js'

export interface ClusteredRuns {
  /** With an attribute `cluster` wherever one is known. */
  readonly runs: readonly Run[]
  readonly clusters: readonly RunsCluster[]
}

/** Clusters that are told apart; the rarer ones are one, about which nothing is said but how many they are. */
const MOST_CLUSTERS = 6
export const OTHERS = 'others'

export function clustersOf(runs: readonly Run[]): ClusteredRuns {
  const signatures = new Signatures()
  if (runs.some((r) => r.attributes.has('cluster')) || !runs.some((r) => r.stack !== null)) {
    return { runs, clusters: describe(runs, signatures) }
  }
  const counts = tally(runs.flatMap((r) => (r.stack === null ? [] : [signatures.text(r.stack)])))
  const all = counts.map(([text, count]) => ({ frames: signatures.frames(text), count }))
  const names = new Map(
    clusterSignatures(all).flatMap((c, rank) => {
      const name = rank < MOST_CLUSTERS ? c.name : OTHERS
      return c.members.map((m) => [counts[m]![0], name] as const)
    }),
  )
  const named = runs.map((run): Run => {
    if (run.stack === null) return run
    const cluster = names.get(signatures.text(run.stack))!
    return { ...run, attributes: new Map([...run.attributes, ['cluster', cluster]]) }
  })
  return { runs: named, clusters: describe(named, signatures) }
}

/** Stacks as the records write them, to signatures; each once. */
class Signatures {
  readonly #texts = new Map<string, string>()
  readonly #frames = new Map<string, readonly string[]>()

  text(stack: string): string {
    const known = this.#texts.get(stack)
    if (known !== undefined) return known
    const frames = signatureOf(
      stack
        .split(';')
        .map((frame) => frame.trim())
        .filter((frame) => frame !== ''),
    )
    const text = signatureText(frames)
    this.#texts.set(stack, text)
    this.#frames.set(text, frames)
    return text
  }
  frames(text: string): readonly string[] {
    return this.#frames.get(text)!
  }
}

function describe(runs: readonly Run[], signatures: Signatures): RunsCluster[] {
  const members = new Map<string, Run[]>()
  for (const run of runs) {
    const name = run.attributes.get('cluster')
    if (name === undefined) continue
    const list = members.get(name)
    if (list) list.push(run)
    else members.set(name, [run])
  }
  return [...members]
    .sort(([a, x], [b, y]) => Number(a === OTHERS) - Number(b === OTHERS) || y.length - x.length || (a < b ? -1 : 1))
    .map(([name, own]) => {
      const stacks = tally(own.flatMap((r) => (r.stack === null ? [] : [signatures.text(r.stack)])))
      return {
        name,
        runs: own.length,
        stacks: stacks.length,
        top: stacks[0] && name !== OTHERS ? signatures.frames(stacks[0][0]).slice(0, 5) : [],
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

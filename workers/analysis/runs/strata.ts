// Groups of runs and what they are divided by.

import type { Run } from './chains.js'
import { byEnvironment } from './words.js'

/** Settings of the machine that are always controlled where they vary, asked for or not. */
export const CONTROLLED = ['max_cstate', 'governor'] as const

export interface Part {
  readonly environment: string
  /** Keys it is divided by; none = the whole group. */
  readonly keys: readonly string[]
  /** '' for the whole group; `governor=performance`. */
  readonly stratum: string
  readonly runs: readonly Run[]
}

export const valueAt = (run: Run, key: string): string => run.attributes.get(key) ?? '(none)'

export const environmentsOf = (runs: readonly Run[]): string[] =>
  [...new Set(runs.map((r) => r.environment))].sort(byEnvironment)

/** What has one value divides nothing. */
export const varies = (runs: readonly Run[], key: string): boolean =>
  runs.some((r) => valueAt(r, key) !== valueAt(runs[0]!, key))

/** Groups whole, then divided by each key that varies, then by all of `stratify` together. */
export function partsOf(runs: readonly Run[], stratify: readonly string[]): Part[] {
  const varying = [...new Set([...stratify, ...CONTROLLED])].filter((key) => varies(runs, key))
  const together = stratify.filter((key) => varying.includes(key))
  const divisions = [[], ...varying.map((key) => [key]), ...(together.length > 1 ? [together] : [])]
  return divisions.flatMap((keys) => environmentsOf(runs).flatMap((environment) => divide(runs, environment, keys)))
}

function divide(runs: readonly Run[], environment: string, keys: readonly string[]): Part[] {
  const strata = new Map<string, Run[]>()
  for (const run of runs) {
    if (run.environment !== environment) continue
    const stratum = keys.map((key) => `${key}=${valueAt(run, key)}`).join(', ')
    const list = strata.get(stratum)
    if (list) list.push(run)
    else strata.set(stratum, [run])
  }
  return [...strata]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([stratum, own]) => ({ environment, keys, stratum, runs: own }))
}

/** Attributes with more than one value, and few enough to divide by. */
export function strataKeys(attributes: Iterable<ReadonlyMap<string, string>>): { key: string; values: number }[] {
  const values = new Map<string, Set<string>>()
  for (const map of attributes) {
    for (const [key, value] of map) {
      let set = values.get(key)
      if (!set) values.set(key, (set = new Set()))
      if (set.size <= 50) set.add(value)
    }
  }
  return [...values]
    .filter(([, set]) => set.size > 1 && set.size <= 50)
    .map(([key, set]) => ({ key, values: set.size }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

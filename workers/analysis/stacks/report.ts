// Stack clusters with their flags and their spread, of one side or of host and VM beside each other.

import { chiSquare, jensenShannon, totalVariation } from '../statistics/counts.js'
import { brownForsythe, mannWhitney } from '../statistics/compare.js'
import { figures, sorted, type Figures } from '../statistics/describe.js'
import { clusterSignatures, usualSettings, type ClusterSettings } from './cluster.js'
import { DELTAS, type Constellation, type DeltaEnd, type Observations } from './observe.js'

export interface ReportSettings extends ClusterSettings {
  /** Absent = the first of DELTAS that at least half of the wake-ups have. */
  readonly delta?: DeltaEnd
}

/** How often, in how many runs, and the deltas in ns (null where none was recorded). */
export interface Share {
  readonly count: number
  /** Of the side's wake-ups with a stack, 0..1. */
  readonly share: number
  readonly runs: number
  readonly deltas: Figures | null
}

interface ReportedFlags extends Constellation {
  readonly count: number
  readonly sides: readonly Share[]
  readonly deltas: Figures | null
}

interface ReportedCluster {
  readonly id: string
  readonly name: string
  readonly count: number
  /** Functions of the most frequent stack, innermost first. */
  readonly frames: readonly string[]
  readonly radius: number
  readonly stacks: readonly { readonly frames: readonly string[]; readonly count: number }[]
  /** Most frequent first. */
  readonly flags: readonly ReportedFlags[]
  readonly sides: readonly Share[]
  readonly deltas: Figures | null
}

interface ClusterReport {
  readonly settings: ClusterSettings
  /** What the deltas are: from the first stage of a wake-up to this. */
  readonly delta: DeltaEnd
  readonly sides: readonly (Share & { readonly name: string; readonly without: number })[]
  readonly clusters: readonly ReportedCluster[]
}

/**
 * Clusters of all wake-ups. `sides` names the sides that the observations number.
 * @returns also the cluster of each signature
 */
export function reportClusters(
  observations: Observations,
  sides: readonly string[],
  { delta: wanted, ...settings }: ReportSettings = usualSettings,
): ClusterReport & { readonly clusterOf: Int32Array } {
  const { all, signatures, constellations } = observations
  const delta =
    wanted ?? DELTAS.find((_, d) => all.filter((o) => o.deltas[d]! >= 0).length * 2 >= all.length) ?? DELTAS[0]
  const at = DELTAS.indexOf(delta)
  const clusters = clusterSignatures(signatures, settings)
  const clusterOf = new Int32Array(signatures.length)
  clusters.forEach((c, i) => c.members.forEach((m) => (clusterOf[m] = i)))

  const totals = sides.map(() => new Tally())
  const perCluster = clusters.map(() => new Group(sides.length))
  const perFlags = clusters.map(() => new Map<number, Group>())
  for (const o of all) {
    const cluster = clusterOf[o.signature]!
    const value = o.deltas[at]!
    totals[o.side]!.add(o.run, value)
    perCluster[cluster]!.add(o.side, o.run, value)
    const flags = perFlags[cluster]!
    const group = flags.get(o.constellation) ?? new Group(sides.length)
    flags.set(o.constellation, group)
    group.add(o.side, o.run, value)
  }
  const counts = totals.map((t) => t.count)
  return {
    clusterOf,
    settings,
    delta,
    sides: sides.map((name, s) => ({ name, without: observations.without[s] ?? 0, ...totals[s]!.share(counts[s]!) })),
    clusters: clusters.map((c, i) => {
      const group = perCluster[i]!
      return {
        id: c.id,
        name: c.name,
        count: c.count,
        frames: signatures[c.members[0]!]!.frames,
        radius: c.radius,
        stacks: c.members.map((m) => ({ frames: signatures[m]!.frames, count: signatures[m]!.count })),
        flags: [...perFlags[i]!]
          .map(([f, g]) => ({ ...constellations[f]!, count: g.count, sides: g.shares(counts), deltas: g.deltas() }))
          .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1)),
        sides: group.shares(counts),
        deltas: group.deltas(),
      }
    }),
  }
}

class Tally {
  count = 0
  readonly #runs = new Set<number>()
  readonly values: number[] = []

  add(run: number, value: number): void {
    this.count++
    this.#runs.add(run)
    if (value >= 0) this.values.push(value)
  }

  share(of: number): Share {
    const { count, values } = this
    return { count, share: of === 0 ? 0 : count / of, runs: this.#runs.size, deltas: described(values) }
  }
}

/** Tallies of every side. */
class Group {
  readonly #sides: readonly Tally[]

  constructor(sides: number) {
    this.#sides = Array.from({ length: sides }, () => new Tally())
  }

  add(side: number, run: number, value: number): void {
    this.#sides[side]!.add(run, value)
  }

  get count(): number {
    return this.#sides.reduce((n, s) => n + s.count, 0)
  }

  shares(of: readonly number[]): Share[] {
    return this.#sides.map((s, i) => s.share(of[i]!))
  }

  deltas(): Figures | null {
    return described(this.#sides.flatMap((s) => s.values))
  }
}

const described = (values: readonly number[]): Figures | null => (values.length === 0 ? null : figures(sorted(values)))

/** A cluster with how far the VM is off the host in it. */
interface ComparedCluster extends ReportedCluster {
  /** VM median minus host median of the deltas within the cluster, as Comparison.offset. */
  readonly offset: string | null
}

/** Host and VM beside each other. */
export interface Comparison extends ClusterReport {
  readonly clusters: readonly ComparedCluster[]
  /**
   * VM median minus host median of all deltas, whole ns as decimal text; null where one side has none. Where the sides take the
   * clusters in different shares, the offsets within the clusters say more.
   */
  readonly offset: string | null
  /** The two most frequent clusters; null where there are fewer. */
  readonly cluster_a: ComparedCluster | null
  readonly cluster_b: ComparedCluster | null
  /** Do the clusters, and the flag constellations, occur in different shares? */
  readonly clusterShift: Shift
  readonly flagShift: Shift
  /** Of the deltas: does one side tend to be longer (Mann-Whitney), does it spread more (Brown-Forsythe)? null = too few. */
  readonly location: { readonly p: number; readonly delta: number } | null
  readonly spread: { readonly p: number; readonly w: number } | null
  /** Sentences: what these numbers cannot bear. */
  readonly warnings: readonly string[]
}

export interface Shift {
  readonly totalVariation: number
  /** Square root of the divergence in bits, 0..1. */
  readonly jensenShannon: number
  /** Chi-square; of wake-ups, which are no independent draws within a run. */
  readonly p: number
  readonly cramersV: number
}

/** Compares side 0 (host) with side 1 (VM). */
export function compareSides(observations: Observations, settings: ReportSettings = usualSettings): Comparison {
  const { clusterOf: _, ...report } = reportClusters(observations, ['host', 'VM'], settings)
  const at = DELTAS.indexOf(report.delta)
  const values = [0, 1].map((side) =>
    sorted(observations.all.flatMap((o) => (o.side === side && o.deltas[at]! >= 0 ? [o.deltas[at]!] : []))),
  )
  const [host, vm] = [values[0]!, values[1]!]
  const clusters = report.clusters.map((c): ComparedCluster => ({ ...c, offset: offsetOf(c.sides) }))
  const enough = host.length >= 2 && vm.length >= 2
  const test = enough ? mannWhitney(host, vm) : null
  const spread = enough ? brownForsythe([host, vm]) : null
  return {
    ...report,
    clusters,
    offset: offsetOf(report.sides),
    cluster_a: clusters[0] ?? null,
    cluster_b: clusters[1] ?? null,
    clusterShift: shiftOf(report.clusters.map((c) => c.sides)),
    flagShift: shiftOf(flagSides(report)),
    location: test && { p: test.p, delta: test.delta },
    spread: spread && { p: spread.p, w: spread.statistic },
    warnings: warningsOf(report),
  }
}

function offsetOf([host, vm]: readonly Share[]): string | null {
  return host?.deltas && vm?.deltas ? String(Math.round(vm.deltas.median - host.deltas.median)) : null
}

/** Counts of each constellation, whatever the cluster. */
function flagSides(report: ClusterReport): (readonly { readonly count: number }[])[] {
  const byText = new Map<string, number[]>()
  for (const c of report.clusters) {
    for (const f of c.flags) {
      const counts = byText.get(f.text) ?? report.sides.map(() => 0)
      f.sides.forEach((s, i) => (counts[i]! += s.count))
      byText.set(f.text, counts)
    }
  }
  return [...byText.values()].map((counts) => counts.map((count) => ({ count })))
}

function shiftOf(rows: readonly (readonly { readonly count: number }[])[]): Shift {
  const table = { a: rows.map((r) => r[0]!.count), b: rows.map((r) => r[1]!.count) }
  const test = rows.length > 1 ? chiSquare(table) : { p: 1, cramersV: 0 }
  return {
    totalVariation: totalVariation(table),
    jensenShannon: Math.sqrt(jensenShannon(table)),
    p: test.p,
    cramersV: test.cramersV,
  }
}

function warningsOf(report: ClusterReport): string[] {
  const warnings: string[] = []
  for (const s of report.sides) {
    if (s.count === 0) warnings.push(`No wake-up of the ${s.name} has a stack.`)
    else if (s.runs < 10)
      warnings.push(
        `The ${s.name} has ${s.runs} ${s.runs === 1 ? 'run' : 'runs'}; that is too few to tell how runs vary.`,
      )
  }
  const small = report.clusters.filter((c) => c.count < 5).length
  if (small > 0) warnings.push(`${small} ${small === 1 ? 'cluster has' : 'clusters have'} fewer than 5 members.`)
  if (report.clusters.some((c) => c.flags.some((f) => f.captured === 'none')))
    warnings.push('Some records hold no wake_flags; whether a task migrated follows from the CPUs alone.')
  return warnings
}

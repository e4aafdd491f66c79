import type { Share } from '../../workers/analysis/stacks/report.js'
import type { CompareReport } from './compare.js'
import { aligned, grouped, plural } from './text.js'

/** More clusters, and flags of one cluster, are counted instead of listed. */
const MOST_LISTED = 12
const MOST_FLAGS = 6

/** A comparison as a person reads it. */
export function comparisonText(report: CompareReport): string {
  const { sides, clusters, offset, delta } = report
  const lines: string[] = []
  for (const s of sides) {
    const without = s.without > 0 ? `, ${grouped(s.without)} more without a stack` : ''
    lines.push(`${s.name.padEnd(4)}  ${plural(s.runs, 'run')}, ${plural(s.count, 'wake-up')} with a stack${without}`)
  }
  lines.push('', `Deltas are from the first stage of a wake-up to ${delta}, in us.`)
  const table = [['', 'n', 'median', 'MAD', 'SD', 'p5', 'p95'], ...sides.map((s) => [s.name, ...deltaCells(s)])]
  lines.push(...aligned(table, [1, 2, 3, 4, 5, 6]))
  if (offset !== null) lines.push(`offset (VM median - host median)  ${us(Number(offset))} us`)
  if (report.location && report.spread) {
    lines.push(
      `Cliff's delta of the VM against the host ${(-report.location.delta).toFixed(3)} (Mann-Whitney p ${p(report.location.p)}); spread: Brown-Forsythe p ${p(report.spread.p)}`,
    )
  }
  const { clusterShift: c, flagShift: f } = report
  lines.push(
    `Shares of clusters differ by ${(c.totalVariation * 100).toFixed(1)} % (chi-square p ${p(c.p)}), of flags by ${(f.totalVariation * 100).toFixed(1)} % (p ${p(f.p)}).`,
  )
  for (const cluster of clusters.slice(0, MOST_LISTED)) {
    const off = cluster.offset === null ? '' : `, offset ${us(Number(cluster.offset))} us`
    const size = `${plural(cluster.count, 'wake-up')}, ${plural(cluster.stacks.length, 'distinct stack')}`
    lines.push('', `Cluster ${cluster.name}  ${cluster.id}  ${size}${off}`, `  ${cluster.frames.join(' < ')}`)
    const rows = [
      ['', 'count', 'share', 'runs', 'median', 'MAD', 'SD', 'p5', 'p95'],
      ...cluster.sides.map((s, i) => [sides[i]!.name, ...shareCells(s)]),
      ...cluster.flags
        .slice(0, MOST_FLAGS)
        .flatMap((g) =>
          g.sides.flatMap((s, i) =>
            s.count === 0 ? [] : [[`${g.raw ?? ''} ${g.text}, ${sides[i]!.name}`.trim(), ...shareCells(s)]],
          ),
        ),
    ]
    lines.push(...aligned(rows, [1, 2, 3, 4, 5, 6, 7, 8]).map((l) => `  ${l}`))
    const rest = cluster.flags.length - MOST_FLAGS
    if (rest > 0) lines.push(`  and ${plural(rest, 'flag constellation')} more`)
  }
  if (clusters.length > MOST_LISTED)
    lines.push('', `and ${plural(clusters.length - MOST_LISTED, 'cluster')} more (--json lists all)`)
  if (report.warnings.length > 0) lines.push('', ...report.warnings.map((w) => `Note: ${w}`))
  return `${lines.join('\n')}\n`
}

const us = (ns: number): string => (ns / 1000).toFixed(3)
const p = (value: number): string => (value < 0.0001 ? '< 0.0001' : value.toFixed(4))

function deltaCells({ deltas }: Share): string[] {
  if (!deltas) return ['0', '', '', '', '', '']
  const percentile = (i: number): string => us(deltas.percentiles[i]!)
  const sd = deltas.n < 2 ? '' : us(deltas.sd)
  return [grouped(deltas.n), us(deltas.median), us(deltas.mad), sd, percentile(1), percentile(7)]
}

const shareCells = (s: Share): string[] => [
  grouped(s.count),
  `${(s.share * 100).toFixed(1)} %`,
  grouped(s.runs),
  ...deltaCells(s).slice(1),
]

// The report as one long table: a figure a line, so that any tool can pick what it needs. Lengths in ns (ticks), not rounded.

import type { RunsEstimate, RunsReport, RunsWarning } from '../../../thread/contract.js'

const HEAD = 'section,environment,stratum,against,measure,figure,value,low,high,p,p_holm,p_bh,warnings'

type Row = readonly (string | number | null | undefined)[]

const text = (value: string | number | null | undefined): string => {
  if (value === null || value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return ''
  const plain = String(value)
  return /[",\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
const codes = (warnings: readonly RunsWarning[]): string => warnings.map((w) => w.code).join(' ')

export function csv(r: RunsReport): string {
  return `${[HEAD, ...Array.from(rows(r), (row) => row.map(text).join(','))].join('\n')}\n`
}

function* rows(r: RunsReport): Generator<Row> {
  for (const s of r.samples) {
    const at = ['sample', s.environment, s.stratum, '', s.measure] as const
    const estimate = (name: string, e: RunsEstimate): Row => [
      ...at,
      name,
      e.value,
      e.interval?.low,
      e.interval?.high,
      '',
      '',
      '',
      codes(e.warnings),
    ]
    yield [...at, 'n', s.n, '', '', '', '', '', codes(s.warnings)]
    if (s.clocks) {
      yield [...at, 'clock accuracy', s.clocks.accuracy, '', '', '', '', '', '']
      yield [...at, 'order not certain', s.clocks.notCertain, '', '', '', '', '', '']
    }
    yield estimate('median', s.median)
    if (s.medianByRanks)
      yield [...at, 'median by ranks', s.median.value, s.medianByRanks.low, s.medianByRanks.high, '', '', '', '']
    yield estimate('mean', s.mean)
    yield estimate('sd', s.sd)
    yield estimate('mad', s.mad)
    const plain = { iqr: s.iqr, min: s.min, max: s.max, skewness: s.skewness, ties: s.ties }
    for (const [name, value] of Object.entries(plain)) yield [...at, name, value, '', '', '', '', '', '']
    for (const p of s.percentiles) yield [...at, `p${p.percent}`, p.value, '', '', '', '', '', '']
    for (const [rule, o] of Object.entries(s.outliers)) {
      yield [...at, `outliers ${rule}`, o.rejected, o.low, o.high, '', '', '', codes(o.warnings)]
      for (const [name, value] of Object.entries(o.without ?? {}))
        yield [...at, `${name} without ${rule}`, value, '', '', '', '', '', '']
    }
    const { from, width, counts } = s.histogram
    for (const [i, count] of counts.entries())
      yield [...at, 'bin', count, from + i * width, from + (i + 1) * width, '', '', '', '']
  }
  for (const c of r.comparisons) {
    const side = (x: typeof c.a): string => (x.stratum ? `${x.environment} ${x.stratum}` : x.environment)
    const at = [c.kind, c.a.environment, c.a.stratum, side(c.b), c.measure] as const
    const d = c.difference
    yield [
      ...at,
      'median difference',
      d.value,
      d.interval?.low,
      d.interval?.high,
      '',
      '',
      '',
      codes([...d.warnings, ...c.warnings]),
    ]
    yield [...at, 'Hodges-Lehmann', c.hodgesLehmann, '', '', '', '', '', '']
    const { mannWhitney: u, brownForsythe: w, kolmogorovSmirnov: k } = c
    yield [...at, 'Mann-Whitney U', u.statistic, '', '', u.p, u.holm, u.benjaminiHochberg, '']
    yield [...at, "Cliff's delta", c.cliffsDelta, '', '', '', '', '', '']
    yield [...at, 'Brown-Forsythe W', w.statistic, '', '', w.p, w.holm, w.benjaminiHochberg, '']
    yield [...at, 'Kolmogorov-Smirnov D', k.statistic, '', '', k.p, '', '', '']
    if (c.equivalence) {
      const { margin, interval, p, holm } = c.equivalence
      yield [
        ...at,
        'equivalence margin',
        margin,
        interval?.low,
        interval?.high,
        p,
        holm,
        '',
        c.equivalence.equivalent ? 'equivalent' : '',
      ]
    }
    yield [...at, 'medians', c.location, '', '', '', '', '', '']
    yield [...at, 'spread', c.spread, '', '', '', '', '', '']
  }
  for (const c of r.categories) {
    const at = ['categories', c.a.environment, '', c.b.environment, c.by] as const
    for (const k of c.categories) yield [...at, `count ${k.name}`, '', k.a, k.b, '', '', '', '']
    yield [...at, 'total variation', c.totalVariation, '', '', c.permutation, '', '', codes(c.warnings)]
    yield [...at, 'Jensen-Shannon distance', c.jensenShannon, '', '', '', '', '', '']
    const { chiSquare: x } = c
    yield [...at, 'chi-square', x.statistic, '', '', x.p, x.holm, x.benjaminiHochberg, '']
    if (c.fisher !== null) yield [...at, 'Fisher', '', '', '', c.fisher, '', '', '']
  }
  for (const s of r.shares) {
    for (const g of s.segments)
      yield [
        'shares',
        s.environment,
        '',
        '',
        g.measure,
        'share of variance',
        g.share,
        g.interval?.low,
        g.interval?.high,
        '',
        '',
        '',
        codes(s.warnings),
      ]
  }
  for (const p of r.pps) {
    const at = ['pps', p.environment, '', '', p.session] as const
    const plain = {
      edges: p.edges,
      lost: p.lost.length,
      ppm: p.ppm,
      'residual sd': p.residualSd,
      'residual max': p.residualMax,
      'runs in gaps': p.runsInGaps,
    }
    for (const [name, value] of Object.entries(plain)) yield [...at, name, value, '', '', '', '', '', '']
    for (const l of p.lost) yield [...at, 'lost edge', l.edge, '', '', '', '', '', '']
  }
  for (const o of r.offsets)
    yield ['offset', o.a, '', o.b, o.by, 'offset', o.offset, '', '', '', '', '', o.constant ? 'constant' : 'drifts']
}

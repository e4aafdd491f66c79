// The plots of runs: what each makes of the series that are shown.

import { area, curveStepAfter, line, scaleLinear } from 'd3'
import type { RunsPps, RunsSample, RunsShares } from '../../../workers/thread/contract.js'
import { formatShort } from '../../state/format.js'
import { environmentName, type Series } from '../../state/runs.js'
import { lengthUnit } from '../axes.js'
import type { Drawn, PlotBox, PlotPoint } from './frame.js'
import { boxOf, densityOf, domainOf, jitter, normalPairs, quantilePairs } from './shapes.js'

export interface PlotInput {
  readonly series: readonly Series[]
  readonly samples: readonly RunsSample[]
  readonly unit: 'ns' | 'ticks'
  /** All values, or the middle 98 %. */
  readonly tails: boolean
}

interface Across {
  readonly x: Drawn['x']
  /** Of data in ns (ticks) to pixels. */
  readonly at: (value: number) => number
  readonly domain: readonly [number, number]
  readonly title: string
}

/** The horizontal axis of lengths, in the unit in which the longest is at least 1. */
function across({ series, unit, tails }: PlotInput, box: PlotBox): Across {
  const domain = domainOf(
    series.map((s) => s.values),
    tails,
  )
  const { name, size } = lengthUnit(Math.max(Math.abs(domain[0]), Math.abs(domain[1])), unit)
  const x = scaleLinear([domain[0] / size, domain[1] / size], [box.left, box.right])
  return { x, at: (value) => x(value / size), domain, title: name }
}

const told = (s: Series, i: number, unit: 'ns' | 'ticks'): string =>
  `${s.name}: ${formatShort(s.values[i]!, unit)}; click for the run`

function pointsOf(
  { series, unit }: PlotInput,
  place: (s: Series, i: number, k: number) => readonly [number, number],
  box: PlotBox,
): PlotPoint[] {
  return series.flatMap((s, k) =>
    Array.from(s.values, (_, i): PlotPoint => {
      const [x, y] = place(s, i, k)
      return { x, y, series: k, run: s.runs[i]!, text: told(s, i, unit) }
    }).filter((p) => p.x >= box.left - 1 && p.x <= box.right + 1),
  )
}

/** Shares per bin of all series over each other; below them a tick a run. */
export function histogram(input: PlotInput, box: PlotBox): Drawn | null {
  const { series, samples } = input
  if (series.length === 0 || samples.length !== series.length) return null
  const { x, at, domain, title } = across(input, box)
  const rug = 7 * series.length
  const bottom = box.bottom - rug
  const visible = samples.map((s) => s.histogram.counts.map((c) => c / Math.max(1, s.n)))
  const y = scaleLinear([0, 100 * Math.max(0.01, ...visible.flat())], [bottom, box.top]).nice(4)
  const shapes = samples.map((s, k) => {
    const { from, width, counts } = s.histogram
    const steps = [
      ...counts.map((_, i) => ({ at: from + i * width, share: 100 * visible[k]![i]! })),
      { at: from + counts.length * width, share: 0 },
    ]
    const of = area<{ at: number; share: number }>()
      .x((p) => at(p.at))
      .y0(y(0))
      .y1((p) => y(p.share))
      .curve(curveStepAfter)
    return of(steps.filter((p) => p.at >= domain[0] - width && p.at <= domain[1] + width)) ?? ''
  })
  const height = (k: number): number => bottom + 7 * k + 3.5
  return {
    x,
    y,
    xTitle: title,
    yTitle: 'share of runs, %',
    points: pointsOf(input, (s, i, k) => [at(s.values[i]!), height(k)], box),
    dots: false,
    marks: (
      <>
        {shapes.map((d, k) => (
          <path key={k} class={`plot-area series-${k}`} d={d} />
        ))}
        {series.map((s, k) => (
          <path
            key={`rug-${k}`}
            class={`plot-rug series-${k}`}
            d={Array.from(s.values, (v) => `M${at(v).toFixed(1)} ${height(k) - 2.5}v5`).join('')}
          />
        ))}
        {samples.map((s, k) => (
          <line
            key={`median-${k}`}
            class={`plot-line series-${k}`}
            x1={at(s.median.value)}
            x2={at(s.median.value)}
            y1={box.top}
            y2={bottom}
          />
        ))}
      </>
    ),
  }
}

/** Share of runs that are no longer than that. */
export function ecdf(input: PlotInput, box: PlotBox): Drawn | null {
  const { series } = input
  if (series.length === 0) return null
  const { x, at, title } = across(input, box)
  const y = scaleLinear([0, 100], [box.bottom, box.top])
  const share = (s: Series, i: number): number => (100 * (i + 1)) / s.values.length
  return {
    x,
    y,
    xTitle: title,
    yTitle: 'runs no longer, %',
    points: pointsOf(input, (s, i) => [at(s.values[i]!), y(share(s, i))], box),
    dots: false,
    marks: series.map((s, k) => {
      const steps = [{ v: s.values[0]!, p: 0 }, ...Array.from(s.values, (v, i) => ({ v, p: share(s, i) }))]
      const path = line<{ v: number; p: number }>()
        .x((q) => at(q.v))
        .y((q) => y(q.p))
        .curve(curveStepAfter)
      return <path key={k} class={`plot-line series-${k}`} d={path(steps) ?? ''} />
    }),
  }
}

/** A row a series: density, box, interval of the median, and every run. */
export function boxes(input: PlotInput, box: PlotBox): Drawn | null {
  const { series, samples } = input
  if (series.length === 0 || samples.length !== series.length) return null
  const { x, at, domain, title } = across(input, box)
  const height = (box.bottom - box.top) / series.length
  const middle = (k: number): number => box.top + height * (k + 0.5)
  const half = Math.min(34, height * 0.42)
  return {
    x,
    y: scaleLinear([0, 1], [box.bottom, box.top]),
    xTitle: title,
    yTitle: '',
    rows: series.map((s, k) => ({ y: middle(k), name: s.name })),
    points: pointsOf(input, (s, i, k) => [at(s.values[i]!), middle(k) + half * (0.72 + 0.22 * jitter(i))], box),
    dots: true,
    marks: series.map((s, k) => {
      const b = boxOf(s.values)
      const density = densityOf(s.values, domain)
      const of = area<{ x: number; y: number }>()
        .x((p) => at(p.x))
        .y0(middle(k))
        .y1((p) => middle(k) - p.y * half)
      const c = middle(k) + half * 0.16
      const interval = samples[k]!.median.interval
      return (
        <g key={k} class={`series-${k}`}>
          <path class={`plot-area series-${k}`} d={of(density) ?? ''} />
          <path class="plot-whisker" d={`M${at(b.low)} ${c}H${at(b.q1)}M${at(b.q3)} ${c}H${at(b.high)}`} />
          <rect class="plot-box" x={at(b.q1)} width={Math.max(1, at(b.q3) - at(b.q1))} y={c - 5} height={10} />
          {interval && (
            <rect
              class="plot-interval"
              x={at(interval.low)}
              width={Math.max(1, at(interval.high) - at(interval.low))}
              y={c - 5}
              height={10}
            />
          )}
          <line class="plot-median" x1={at(b.median)} x2={at(b.median)} y1={c - 7} y2={c + 7} />
        </g>
      )
    }),
  }
}

/** The first series against each other one; alone against the normal distribution. */
export function quantiles(input: PlotInput, box: PlotBox): Drawn | null {
  const { series, unit, tails } = input
  const first = series[0]
  if (!first || first.values.length === 0) return null
  const alone = series.length === 1
  const others = alone ? [{ s: first, k: 0 }] : series.slice(1).map((s, i) => ({ s, k: i + 1 }))
  const domain = domainOf(
    series.map((s) => s.values),
    tails,
  )
  const { name, size } = lengthUnit(Math.max(Math.abs(domain[0]), Math.abs(domain[1])), unit)
  const written = [domain[0] / size, domain[1] / size] as const
  const pairs = others.map(({ s, k }) => ({
    s,
    k,
    pairs: alone ? normalPairs(s.values) : quantilePairs(first.values, s.values),
  }))
  const spread = alone ? Math.max(1, ...pairs[0]!.pairs.map((p) => Math.abs(p.x))) * 1.05 : 0
  const x = alone ? scaleLinear([-spread, spread], [box.left, box.right]) : scaleLinear(written, [box.left, box.right])
  const y = scaleLinear(written, [box.bottom, box.top])
  const px = (v: number): number => (alone ? x(v) : x(v / size))
  return {
    x,
    y,
    xTitle: alone ? 'normal distribution, SD' : `${first.name}, ${name}`,
    yTitle: alone ? `${first.name}, ${name}` : `${others.map(({ s }) => s.name).join('; ')}, ${name}`,
    dots: true,
    points: pairs
      .flatMap(({ s, k, pairs: list }) =>
        list.map((p) => ({
          x: px(p.x),
          y: y(p.y / size),
          series: k,
          run: s.runs[p.index]!,
          text: told(s, p.index, unit),
        })),
      )
      .filter((p) => p.x >= box.left && p.x <= box.right && p.y >= box.top && p.y <= box.bottom),
    marks: alone ? null : (
      <line class="chart-zero" x1={x(written[0])} x2={x(written[1])} y1={y(written[0])} y2={y(written[1])} />
    ),
  }
}

/** Cov(segment, total) / Var(total) with intervals, a row a segment and group. */
export function variance(shares: readonly RunsShares[], box: PlotBox): Drawn | null {
  const rows = (shares[0]?.segments ?? []).flatMap((g, i) =>
    shares.flatMap((s, k) =>
      s.segments[i] ? [{ name: `${g.measure}, ${environmentName(s.environment)}`, k, ...s.segments[i] }] : [],
    ),
  )
  if (rows.length === 0) return null
  const ends = rows
    .flatMap((r) => [r.share, r.interval?.low ?? r.share, r.interval?.high ?? r.share])
    .map((v) => 100 * v)
  const x = scaleLinear([Math.min(0, ...ends), Math.max(100, ...ends)], [box.left, box.right])
  const step = (box.bottom - box.top) / rows.length
  const at = (i: number): number => box.top + step * (i + 0.5)
  const thick = Math.min(14, step * 0.6)
  return {
    x,
    y: scaleLinear([0, 1], [box.bottom, box.top]),
    xTitle: 'share of the variance of the total, %',
    yTitle: '',
    rows: rows.map((r, i) => ({ y: at(i), name: r.name })),
    points: [],
    dots: false,
    marks: rows.map((r, i) => (
      <g key={r.name} class={`series-${r.k}`}>
        <rect
          class={`plot-bar series-${r.k}`}
          x={Math.min(x(0), x(100 * r.share))}
          width={Math.abs(x(100 * r.share) - x(0))}
          y={at(i) - thick / 2}
          height={thick}
        />
        {r.interval && (
          <path class="plot-error" d={`M${x(100 * r.interval.low)} ${at(i)}H${x(100 * r.interval.high)}`} />
        )}
      </g>
    )),
  }
}

/** What the fits of the pulse leave over, and where edges are lost. */
export function residuals(pps: readonly RunsPps[], box: PlotBox): Drawn | null {
  if (pps.length === 0) return null
  const edges = pps.flatMap((p) => p.residuals.edge)
  const most = Math.max(1, ...pps.map((p) => p.residualMax))
  const { name, size } = lengthUnit(most, 'ns')
  const x = scaleLinear([Math.min(...edges), Math.max(...edges) || 1], [box.left, box.right])
  const y = scaleLinear([-most / size, most / size], [box.bottom, box.top]).nice(4)
  const groups = [...new Set(pps.map((p) => p.environment))]
  return {
    x,
    y,
    xTitle: pps[0]!.numbered ? 'edge of the pulse' : 'second',
    yTitle: `distance from the fitted line, ${name}; lost edges marked`,
    points: [],
    dots: false,
    marks: (
      <>
        <line class="chart-zero" x1={box.left} x2={box.right} y1={y(0)} y2={y(0)} />
        {pps.map((p) => {
          const k = groups.indexOf(p.environment)
          return (
            <g key={`${p.environment} ${p.session}`}>
              {p.lost.map((l) => (
                <line
                  key={l.edge}
                  class={`plot-lost series-${k}`}
                  x1={x(l.edge)}
                  x2={x(l.edge)}
                  y1={box.top}
                  y2={box.bottom}
                />
              ))}
              <path
                class={`plot-dots series-${k}`}
                d={p.residuals.edge
                  .map((e, i) => `M${x(e).toFixed(1)} ${y(p.residuals.ns[i]! / size).toFixed(1)}h0`)
                  .join('')}
              />
            </g>
          )
        })}
      </>
    ),
  }
}

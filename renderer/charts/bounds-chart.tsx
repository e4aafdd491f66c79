// A chart of a lower and an upper bound along time. The pointer or the arrow keys read it off, and its times are those of the
// timeline: the cross-hair is shared, a click goes there.

import { useSignal } from '@preact/signals'
import { area, axisBottom, axisLeft, bisector, line, pointer, select } from 'd3'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import type { SessionInfo } from '../../workers/thread/contract.js'
import { sessionTime } from '../../workers/units.js'
import type { BoundPoint } from '../state/bounds.js'
import { formatTime } from '../state/format.js'
import { extent, hoverTime, range, revealTime, timeFormat } from '../state/session-state.js'
import { chartScales } from './axes.js'
import './charts.css'

export interface BoundsChartProps {
  readonly info: SessionInfo
  readonly title: string
  /** What the title leaves open, for the tooltip. */
  readonly about: string
  readonly runs: readonly (readonly BoundPoint[])[]
  /** First and last time of the axis; null without points. */
  readonly span: readonly [number, number] | null
  /** Draws the middle between the bounds as a line. */
  readonly middle: boolean
  /** What is said where there is nothing to draw. */
  readonly none: string
  /** What a point says, in words. */
  readonly read: (p: BoundPoint) => string
}

const HEIGHT = 118
const MARGIN = { left: 40, right: 8, top: 6, bottom: 20 } as const

const byTime = bisector((p: BoundPoint) => p.t)

export function BoundsChart(props: BoundsChartProps) {
  const { info, runs, middle } = props
  const width = useSignal(320)
  /** Index of the point that is read off. */
  const at = useSignal<number | null>(null)
  const figure = useRef<HTMLElement>(null)
  const svg = useRef<SVGSVGElement>(null)
  const titleId = useId()
  useLayoutEffect(() => {
    const element = figure.current!
    const observer = new ResizeObserver(() => (width.value = Math.max(160, element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const points = runs.flat()
  const box = { left: MARGIN.left, right: width.value - MARGIN.right, top: MARGIN.top, bottom: HEIGHT - MARGIN.bottom }
  const scales = chartScales(points, props.span, box, info, timeFormat.value)
  const format = timeFormat.value
  useLayoutEffect(() => {
    if (!scales || !svg.current) return
    const root = select(svg.current)
    const unit = info.unit === 'ns' ? 's' : ''
    const ticks = Math.max(2, Math.floor((box.right - box.left) / 80))
    const text = info.unit === 'ns' ? scales.writtenX.tickFormat(ticks) : scales.writtenX.tickFormat(ticks, '~s')
    const yText = scales.writtenY.tickFormat(4, info.unit === 'ns' ? undefined : '~s')
    root.select<SVGGElement>('.chart-x').call(
      axisBottom(scales.writtenX)
        .ticks(ticks)
        .tickSize(4)
        .tickSizeOuter(0)
        .tickFormat((v) => `${text(v)}${unit && '\u00a0'}${unit}`),
    )
    root.select<SVGGElement>('.chart-y').call(
      axisLeft(scales.writtenY)
        .ticks(4)
        .tickSize(box.left - box.right)
        .tickSizeOuter(0)
        .tickPadding(6)
        .tickFormat((v) => (v === 0 ? '0' : yText(v).replace(',', '\u202f'))),
    )
  }, [runs, props.span, width.value, format, info.epoch])

  const chosen = at.value === null ? undefined : points[at.value]
  const nearest = (t: number) => byTime.center(points, t)
  const choose = (i: number | null) => {
    at.value = i === null ? null : Math.max(0, Math.min(points.length - 1, i))
    const p = at.value === null ? undefined : points[at.value]
    hoverTime.value = p ? sessionTime(p.t) : null
  }
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.ctrlKey || e.altKey || e.metaKey || e.shiftKey) return
    const from = at.peek()
    if (e.key === 'ArrowRight') choose(from === null ? 0 : from + 1)
    else if (e.key === 'ArrowLeft') choose(from === null ? points.length - 1 : from - 1)
    else if (e.key === 'Home') choose(0)
    else if (e.key === 'End') choose(points.length - 1)
    else if (e.key === 'Enter' && from !== null) revealTime(points[from]!.t, true)
    else return
    e.preventDefault()
    e.stopPropagation()
  }
  const place = (e: PointerEvent | MouseEvent) => scales!.x.invert(pointer(e, svg.current)[0])
  const shape = scales && {
    band: area<BoundPoint>()
      .x((p) => scales.x(p.t))
      .y0((p) => scales.y(p.lower))
      .y1((p) => scales.y(p.upper)),
    edge: (of: (p: BoundPoint) => number) =>
      line<BoundPoint>()
        .x((p) => scales.x(p.t))
        .y((p) => scales.y(of(p))),
  }
  const inside = (t: number) => Math.max(box.left, Math.min(box.right, scales?.x(t) ?? 0))
  const hover = hoverTime.value
  const all = extent.value
  const seen = range.value
  const partly = seen.from > all.from || seen.to < all.to
  return (
    <figure
      ref={figure}
      class="chart"
      tabIndex={0}
      role="group"
      aria-labelledby={titleId}
      title={props.about}
      onKeyDown={onKeyDown}
      onBlur={() => choose(null)}
    >
      <figcaption id={titleId}>
        {props.title}
        {scales && <span class="muted">, {scales.unit}</span>}
      </figcaption>
      {scales && shape ? (
        <svg
          ref={svg}
          width={width.value}
          height={HEIGHT}
          aria-hidden="true"
          onPointerMove={(e) => choose(nearest(place(e)))}
          onPointerLeave={() => choose(null)}
          onClick={(e) => revealTime(place(e), true)}
        >
          {partly && (
            <rect
              class="chart-view"
              x={inside(seen.from)}
              width={Math.max(1, inside(seen.to) - inside(seen.from))}
              y={box.top}
              height={box.bottom - box.top}
            />
          )}
          <g class="chart-y" transform={`translate(${box.left},0)`} />
          <g class="chart-x" transform={`translate(0,${box.bottom})`} />
          {runs.map((run, i) => (
            <g key={i}>
              <path class="chart-band" d={shape.band(run) ?? ''} />
              <path class="chart-edge" d={shape.edge((p) => p.lower)(run) ?? ''} />
              <path class="chart-edge" d={shape.edge((p) => p.upper)(run) ?? ''} />
              {middle && <path class="chart-middle" d={shape.edge((p) => (p.lower + p.upper) / 2)(run) ?? ''} />}
            </g>
          ))}
          {runs
            .filter((run) => run.length === 1)
            .map(([p]) => (
              <line
                key={p!.t}
                class="chart-lone"
                x1={scales.x(p!.t)}
                x2={scales.x(p!.t)}
                y1={scales.y(p!.lower)}
                y2={scales.y(p!.upper)}
              />
            ))}
          {middle &&
            points
              .filter((p) => p.lower > p.upper)
              .map((p) => (
                <line
                  key={p.t}
                  class="chart-wrong"
                  x1={scales.x(p.t)}
                  x2={scales.x(p.t)}
                  y1={scales.y(p.lower)}
                  y2={scales.y(p.upper)}
                />
              ))}
          <line class="chart-zero" x1={box.left} x2={box.right} y1={scales.y(0)} y2={scales.y(0)} />
          {hover !== null && hover >= props.span![0] && hover <= props.span![1] && (
            <line class="chart-cross" x1={scales.x(hover)} x2={scales.x(hover)} y1={box.top} y2={box.bottom} />
          )}
          {chosen && (
            <g>
              <circle class="chart-dot" cx={scales.x(chosen.t)} cy={scales.y(chosen.upper)} r="2.5" />
              <circle class="chart-dot" cx={scales.x(chosen.t)} cy={scales.y(chosen.lower)} r="2.5" />
            </g>
          )}
        </svg>
      ) : (
        <p class="chart-none muted">{props.none}</p>
      )}
      <p class="chart-read" aria-live="polite">
        {chosen ? (
          <>
            {formatTime(chosen.t, info, format)}: {props.read(chosen)}
          </>
        ) : (
          ''
        )}
      </p>
    </figure>
  )
}

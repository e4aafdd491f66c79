// The frame of a plot: its size, its axes, and its points, which can be reached by pointer and by keys.

import { useSignal } from '@preact/signals'
import { axisBottom, axisLeft, pointer, select, type ScaleLinear } from 'd3'
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import '../charts.css'

export interface PlotBox {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** A point that stands for a run, in pixels. */
export interface PlotPoint {
  readonly x: number
  readonly y: number
  readonly series: number
  readonly run: number
  /** What is read off. */
  readonly text: string
}

export interface Drawn {
  readonly x: ScaleLinear<number, number>
  readonly y: ScaleLinear<number, number>
  readonly xTitle: string
  readonly yTitle: string
  /** Names instead of numbers on the vertical axis, at their heights. */
  readonly rows?: readonly { readonly y: number; readonly name: string }[]
  readonly marks: ComponentChildren
  readonly points: readonly PlotPoint[]
  /** Points are drawn as dots; else the marks show where they are. */
  readonly dots: boolean
}

interface Props {
  readonly title: string
  /** Room left of the axis for names. */
  readonly left: number
  readonly draw: (box: PlotBox) => Drawn | null
  readonly empty: string
  readonly onChoose: (run: number) => void
  readonly chosen: number | null
}

const MARGIN = { right: 20, top: 22, bottom: 34 } as const
/** How far from a point the pointer may be, px. */
const REACH = 14

export function PlotFrame({ title, left, draw, empty, onChoose, chosen }: Props) {
  const size = useSignal({ width: 480, height: 200 })
  const at = useSignal<number | null>(null)
  const figure = useRef<HTMLElement>(null)
  const svg = useRef<SVGSVGElement>(null)
  const titleId = useId()
  useLayoutEffect(() => {
    const element = figure.current!
    const observer = new ResizeObserver(() => {
      size.value = { width: Math.max(200, element.clientWidth), height: Math.max(110, element.clientHeight - 18) }
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const { width, height } = size.value
  const box = { left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom }
  const drawn = draw(box)
  useLayoutEffect(() => {
    if (!drawn || !svg.current) return
    const root = select(svg.current)
    root.select<SVGGElement>('.chart-x').call(
      axisBottom(drawn.x)
        .ticks(Math.max(2, Math.floor((box.right - box.left) / 90)))
        .tickSize(4)
        .tickSizeOuter(0),
    )
    const y = root.select<SVGGElement>('.chart-y')
    if (drawn.rows) y.selectAll('*').remove()
    else
      y.call(
        axisLeft(drawn.y)
          .ticks(4)
          .tickSize(box.left - box.right)
          .tickSizeOuter(0)
          .tickPadding(6),
      )
  })
  const points = drawn?.points ?? []
  const nearest = (e: PointerEvent | MouseEvent): number | null => {
    const [px, py] = pointer(e, svg.current)
    let best: number | null = null
    let least = REACH * REACH
    points.forEach((p, i) => {
      const d = (p.x - px) ** 2 + (p.y - py) ** 2
      if (d <= least) {
        least = d
        best = i
      }
    })
    return best
  }
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.ctrlKey || e.altKey || e.metaKey || e.shiftKey || points.length === 0) return
    const from = at.peek()
    const move = (i: number) => (at.value = Math.max(0, Math.min(points.length - 1, i)))
    if (e.key === 'ArrowRight') move(from === null ? 0 : from + 1)
    else if (e.key === 'ArrowLeft') move(from === null ? points.length - 1 : from - 1)
    else if (e.key === 'Home') move(0)
    else if (e.key === 'End') move(points.length - 1)
    else if (e.key === 'Enter' && from !== null && points[from]) onChoose(points[from].run)
    else return
    e.preventDefault()
    e.stopPropagation()
  }
  const read = at.value === null ? undefined : points[at.value]
  const dots = (series: number) =>
    points
      .filter((p) => p.series === series)
      .map((p) => `M${p.x.toFixed(1)} ${p.y.toFixed(1)}h0`)
      .join('')
  const series = drawn?.dots ? [...new Set(points.map((p) => p.series))] : []
  return (
    <figure
      ref={figure}
      class="chart plot"
      tabIndex={0}
      role="group"
      aria-labelledby={titleId}
      onKeyDown={onKeyDown}
      onBlur={() => (at.value = null)}
    >
      <figcaption id={titleId} class="sr-only">
        {title}
      </figcaption>
      {drawn ? (
        <svg
          ref={svg}
          width={width}
          height={height}
          class={at.value === null ? '' : 'over-point'}
          aria-hidden="true"
          onPointerMove={(e) => (at.value = nearest(e))}
          onPointerLeave={() => (at.value = null)}
          onClick={(e) => {
            const i = nearest(e)
            if (i !== null) onChoose(points[i]!.run)
          }}
        >
          <g class="chart-y" transform={`translate(${box.left},0)`} />
          <g class="chart-x" transform={`translate(0,${box.bottom})`} />
          {drawn.rows?.map((r) => (
            <text key={r.name} class="plot-row" x={box.left - 8} y={r.y} dy="0.32em" text-anchor="end">
              {r.name}
            </text>
          ))}
          <text class="plot-axis" x={box.right} y={height - 3} text-anchor="end">
            {drawn.xTitle}
          </text>
          <text class="plot-axis" x={8} y={13}>
            {drawn.yTitle}
          </text>
          <svg x={box.left} y={0} width={Math.max(0, box.right - box.left)} height={height} class="plot-clip">
            <g transform={`translate(${-box.left},0)`}>
              {drawn.marks}
              {series.map((s) => (
                <path key={s} class={`plot-dots series-${s}`} d={dots(s)} />
              ))}
            </g>
          </svg>
          {points
            .filter((p) => p.run === chosen)
            .slice(0, 1)
            .map((p) => (
              <circle key="chosen" class="plot-chosen" cx={p.x} cy={p.y} r="5" />
            ))}
          {read && <circle class="plot-read" cx={read.x} cy={read.y} r="4" />}
        </svg>
      ) : (
        <p class="chart-none muted">{empty}</p>
      )}
      <p class="chart-read" aria-live="polite">
        {read ? read.text : ''}
      </p>
    </figure>
  )
}

// Wake-ups by time and latency. Dragging over it chooses a stretch of time on the timeline, and of latencies.

import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { LatencyHeat, SessionInfo } from '../../../workers/thread/contract.js'
import { sessionTime } from '../../../workers/units.js'
import { formatShort, formatTime, plural } from '../../state/format.js'
import { hoverTime, paintTheme, timeFormat } from '../../state/session-state.js'
import type { TimeRange } from '../../state/session-state.js'
import { mix, parseColour } from '../../timeline/paint/colour.js'
import { binPlace, binTicks, limitsOf, shownBins, strength } from './bins.js'

interface HeatProps {
  readonly of: LatencyHeat
  readonly info: SessionInfo
  readonly chosenTime: TimeRange | null
  readonly chosenLatency: readonly [number, number] | null
  /** `latency` null = all of them. */
  readonly choose: (time: TimeRange | null, latency: readonly [number, number] | null) => void
}

const MARGIN = { left: 52, right: 8, top: 16, bottom: 20 } as const
/** The least that is seen on the ground. */
const FAINT = 0.35
/** A drag that stays within so many CSS pixels of height is about time alone. */
const FLAT = 14

interface Place {
  readonly x: number
  readonly y: number
}

export function HeatMap({ of, info, chosenTime, chosenLatency, choose }: HeatProps) {
  const { columns, counts, edges, longest } = of
  const bins = edges.length - 1
  const size = useSignal({ width: 600, height: 150 })
  const at = useSignal<Place | null>(null)
  const from = useRef<Place | null>(null)
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const element = box.current!
    const observer = new ResizeObserver(() => {
      size.value = { width: element.clientWidth, height: element.clientHeight }
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const { width, height } = size.value
  const inner = {
    width: Math.max(1, width - MARGIN.left - MARGIN.right),
    height: Math.max(1, height - MARGIN.top - MARGIN.bottom),
  }
  const [first, end] = shownRows(counts, columns, bins)
  const tall = inner.height / Math.max(1, end - first)
  const x = (t: number) => MARGIN.left + ((t - of.from) / (of.to - of.from || 1)) * inner.width
  const y = (latency: number) => MARGIN.top + inner.height - (binPlace(edges, latency) - first) * tall

  useLayoutEffect(() => {
    const ctx = canvas.current?.getContext('2d')
    if (!ctx) return
    const style = getComputedStyle(canvas.current!)
    const colour = (name: string, otherwise: string) =>
      parseColour(style.getPropertyValue(name).trim()) ?? parseColour(otherwise)!
    paint(ctx, of, first, end, colour('--canvas', '#14171c'), colour('--accent', '#5aa9ff'))
  }, [of, first, end, paintTheme.value])

  const placeOf = (e: PointerEvent): Place => {
    const area = box.current!.getBoundingClientRect()
    return { x: e.clientX - area.left, y: e.clientY - area.top }
  }
  const timeAt = (px: number) => {
    const share = Math.min(1, Math.max(0, (px - MARGIN.left) / inner.width))
    return sessionTime(Math.round(of.from + share * (of.to - of.from)))
  }
  const binAt = (py: number) =>
    Math.min(end - 1, Math.max(first, first + Math.floor((MARGIN.top + inner.height - py) / tall)))
  const brush = (a: Place, b: Place) => {
    const [t0, t1] = [timeAt(Math.min(a.x, b.x)), timeAt(Math.max(a.x, b.x))]
    const flat = Math.abs(a.y - b.y) < FLAT
    const time = t1 > t0 ? { from: t0, to: t1 } : null
    choose(time, flat ? null : limitsOf(edges, binAt(a.y), binAt(b.y)))
  }
  const words = ({ x: px, y: py }: Place) => {
    const column = Math.min(columns - 1, Math.max(0, Math.floor(((px - MARGIN.left) / inner.width) * columns)))
    const bin = binAt(py)
    const time = formatTime(timeAt(px), info, timeFormat.value)
    const span = `${formatShort(edges[bin]!, info.unit)} to ${formatShort(edges[bin + 1]!, info.unit)}`
    const most = longest[column]! > 0 ? `; longest here ${formatShort(longest[column]!, info.unit)}` : ''
    return `${time}, ${span}: ${plural(counts[bin * columns + column]!, 'wake-up')}${most}`
  }
  const hover = hoverTime.value
  return (
    <div
      ref={box}
      class="latency-chart heat"
      role="group"
      tabIndex={0}
      aria-label="Wake-ups by time and latency. Drag to choose a part."
      onKeyDown={(e) => {
        if (e.key !== 'Escape' || (!chosenTime && !chosenLatency)) return
        e.stopPropagation()
        choose(null, null)
      }}
    >
      <canvas
        ref={canvas}
        width={columns}
        height={Math.max(1, end - first)}
        style={{
          left: `${MARGIN.left}px`,
          top: `${MARGIN.top}px`,
          width: `${inner.width}px`,
          height: `${inner.height}px`,
        }}
      />
      <svg
        width={width}
        height={height}
        onPointerDown={(e) => {
          if (e.button !== 0) return
          from.current = placeOf(e)
          ;(e.currentTarget as Element).setPointerCapture(e.pointerId)
        }}
        onPointerMove={(e) => {
          const place = placeOf(e)
          at.value = place
          hoverTime.value = timeAt(place.x)
          if (from.current && Math.abs(place.x - from.current.x) + Math.abs(place.y - from.current.y) > 3)
            brush(from.current, place)
        }}
        onPointerUp={() => (from.current = null)}
        onPointerLeave={() => {
          at.value = null
          hoverTime.value = null
        }}
        onDblClick={() => choose(null, null)}
      >
        {(chosenTime ?? chosenLatency) && (
          <rect
            class="heat-brush"
            x={chosenTime ? Math.max(MARGIN.left, x(chosenTime.from)) : MARGIN.left}
            width={
              chosenTime
                ? Math.max(
                    2,
                    Math.min(width - MARGIN.right, x(chosenTime.to)) - Math.max(MARGIN.left, x(chosenTime.from)),
                  )
                : inner.width
            }
            y={chosenLatency ? Math.max(MARGIN.top, y(chosenLatency[1] + 1)) : MARGIN.top}
            height={
              chosenLatency
                ? Math.max(
                    2,
                    Math.min(MARGIN.top + inner.height, y(chosenLatency[0])) -
                      Math.max(MARGIN.top, y(chosenLatency[1] + 1)),
                  )
                : inner.height
            }
          />
        )}
        {binTicks(edges, first, end).map((t) => (
          <g key={t}>
            <line class="heat-grid" x1={MARGIN.left - 4} x2={MARGIN.left} y1={y(t)} y2={y(t)} />
            <text x={MARGIN.left - 7} y={y(t) + 4} text-anchor="end">
              {formatShort(t, info.unit)}
            </text>
          </g>
        ))}
        {hover !== null && hover >= of.from && hover <= of.to && (
          <line class="chart-cross" x1={x(hover)} x2={x(hover)} y1={MARGIN.top} y2={MARGIN.top + inner.height} />
        )}
        <text x={MARGIN.left} y={height - 6}>
          {formatTime(of.from, info, timeFormat.value)}
        </text>
        <text x={width - MARGIN.right} y={height - 6} text-anchor="end">
          {formatTime(of.to, info, timeFormat.value)}
        </text>
        <text x={MARGIN.left} y={11}>
          {at.value ? words(at.value) : 'by time and latency, over what is visible; drag to choose'}
        </text>
      </svg>
    </div>
  )
}

/** Rows of bins that hold something in any column. */
function shownRows(counts: Uint32Array, columns: number, bins: number): readonly [number, number] {
  const perBin = new Uint32Array(bins)
  for (let bin = 0; bin < bins; bin++)
    for (let c = 0; c < columns; c++) if (counts[bin * columns + c]! > 0) perBin[bin]!++
  return shownBins(perBin)
}

type Rgb = NonNullable<ReturnType<typeof parseColour>>

/** One pixel a column and bin: the page scales them. */
function paint(
  ctx: CanvasRenderingContext2D,
  of: LatencyHeat,
  first: number,
  end: number,
  ground: Rgb,
  ink: Rgb,
): void {
  const { columns, counts } = of
  const rows = Math.max(1, end - first)
  const image = ctx.createImageData(columns, rows)
  let most = 1
  for (const n of counts) if (n > most) most = n
  for (let bin = first; bin < end; bin++) {
    const line = (rows - 1 - (bin - first)) * columns
    for (let c = 0; c < columns; c++) {
      const { r, g, b } = mix(ground, ink, strength(counts[bin * columns + c]!, most, FAINT))
      image.data.set([r, g, b, 255], (line + c) * 4)
    }
  }
  ctx.putImageData(image, 0, 0)
}

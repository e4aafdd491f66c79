// How many wake-ups waited how long. Dragging over the bars chooses a stretch of latencies.

import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { LatencyHistogram } from '../../../workers/thread/contract.js'
import { formatCount, formatShort, plural } from '../../state/format.js'
import { binPlace, binTicks, limitsOf, shownBins, strength } from './bins.js'

interface HistogramProps {
  readonly of: LatencyHistogram
  readonly unit: 'ns' | 'ticks'
  /** The stretch that is chosen, in session units. */
  readonly chosen: readonly [number, number] | null
  readonly choose: (limits: readonly [number, number] | null) => void
}

const MARGIN = { left: 24, right: 16, top: 16, bottom: 20 } as const

export function Histogram({ of, unit, chosen, choose }: HistogramProps) {
  const { counts, edges, latency } = of
  const size = useSignal({ width: 320, height: 150 })
  const at = useSignal<number | null>(null)
  const from = useRef<number | null>(null)
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = box.current!
    const observer = new ResizeObserver(() => {
      size.value = { width: element.clientWidth, height: element.clientHeight }
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const { width, height } = size.value
  const [first, end] = shownBins(counts)
  const step = (width - MARGIN.left - MARGIN.right) / Math.max(1, end - first)
  const floor = height - MARGIN.bottom
  const most = counts.reduce((a, b) => Math.max(a, b), 0)
  const x = (place: number) => MARGIN.left + (place - first) * step
  const binAt = (e: PointerEvent) => {
    const left = box.current!.getBoundingClientRect().left
    return Math.max(first, Math.min(end - 1, first + Math.floor((e.clientX - left - MARGIN.left) / step)))
  }
  const words = (bin: number) =>
    `${formatShort(edges[bin]!, unit)} to ${formatShort(edges[bin + 1]!, unit)}: ${plural(counts[bin]!, 'wake-up')}`
  const marks = latency
    ? ([
        ['p50', latency.p50],
        ['p99', latency.p99],
        ['max', latency.max],
      ] as const)
    : []
  return (
    <div
      ref={box}
      class="latency-chart histogram"
      role="group"
      tabIndex={0}
      aria-label="Wake-ups by latency. Drag to choose a stretch."
      onKeyDown={(e) => {
        if (e.key !== 'Escape' || !chosen) return
        e.stopPropagation()
        choose(null)
      }}
    >
      <svg
        width={width}
        height={height}
        onPointerDown={(e) => {
          if (e.button !== 0) return
          from.current = binAt(e)
          ;(e.currentTarget as Element).setPointerCapture(e.pointerId)
          choose(limitsOf(edges, from.current, from.current))
        }}
        onPointerMove={(e) => {
          const bin = binAt(e)
          at.value = bin
          if (from.current !== null) choose(limitsOf(edges, from.current, bin))
        }}
        onPointerUp={() => (from.current = null)}
        onPointerLeave={() => (at.value = null)}
        onDblClick={() => choose(null)}
      >
        {chosen && (
          <rect
            class="chart-view"
            x={x(binPlace(edges, chosen[0]))}
            width={Math.max(2, x(binPlace(edges, chosen[1] + 1)) - x(binPlace(edges, chosen[0])))}
            y={MARGIN.top}
            height={Math.max(0, floor - MARGIN.top)}
          />
        )}
        {Array.from({ length: end - first }, (_, k) => {
          const bin = first + k
          const tall = strength(counts[bin]!, most) * (floor - MARGIN.top)
          const out = chosen && (edges[bin + 1]! <= chosen[0] || edges[bin]! > chosen[1])
          return (
            <rect
              key={bin}
              class={`histogram-bar ${out ? 'out' : ''} ${at.value === bin ? 'at' : ''}`}
              x={x(bin) + 0.5}
              width={Math.max(1, step - 1)}
              y={floor - tall}
              height={tall}
            />
          )
        })}
        <line class="histogram-foot" x1={MARGIN.left} x2={width - MARGIN.right} y1={floor + 0.5} y2={floor + 0.5} />
        {binTicks(edges, first, end).map((t) => (
          <text key={t} x={x(binPlace(edges, t))} y={height - 6} text-anchor="middle">
            {formatShort(t, unit)}
          </text>
        ))}
        {marks.map(([name, t]) => (
          <line
            key={name}
            class="histogram-mark"
            x1={x(binPlace(edges, t))}
            x2={x(binPlace(edges, t))}
            y1={MARGIN.top}
            y2={floor}
          />
        ))}
        <text x={MARGIN.left} y={11}>
          {at.value !== null && at.value < counts.length
            ? words(at.value)
            : `how many waited how long, at most ${formatCount(most)}; p50, p99, max`}
        </text>
      </svg>
    </div>
  )
}

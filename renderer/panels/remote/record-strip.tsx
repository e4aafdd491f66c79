// The recording as it grows: events per second of each CPU, a row for each, all on one scale.

import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { formatCount } from '../../state/format.js'
import { greatestRate, rateOf, type Strip } from '../../state/record-strip.js'
import { paintTheme } from '../../state/session-state.js'

const LABEL = 48
/** Rows of few CPUs are tall enough for their names. */
const rowHeightOf = (cpus: number): number => (cpus <= 8 ? 22 : cpus <= 32 ? 14 : 5)

export function RecordStrip({ strip }: { readonly strip: Strip }) {
  const width = useSignal(600)
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const element = box.current!
    const observer = new ResizeObserver(() => (width.value = element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const row = rowHeightOf(strip.cpus.length)
  const height = row * strip.cpus.length
  const most = greatestRate(strip)
  const seconds = (strip.columns.at(-1)?.to ?? 0) / 1000

  useLayoutEffect(() => {
    const element = canvas.current!
    const ratio = devicePixelRatio || 1
    element.width = Math.round(width.value * ratio)
    element.height = Math.round(height * ratio)
    const ctx = element.getContext('2d')
    if (!ctx) return
    ctx.scale(ratio, ratio)
    paint(ctx, strip, most, width.value, row, getComputedStyle(element))
  }, [strip, width.value, row, paintTheme.value])

  return (
    <figure class="record-strip">
      <figcaption>
        <b>{strip.label}</b>
        <span class="muted">events per second of each CPU; a row is full at {formatCount(most)}</span>
        <span class="fill" />
        <span class="muted">{seconds.toFixed(1)} s</span>
      </figcaption>
      <div class="record-rows">
        <div ref={box}>
          <canvas
            ref={canvas}
            style={{ height: `${height}px` }}
            role="img"
            aria-label={`Events per second of ${strip.cpus.length} CPUs over ${seconds.toFixed(1)} s, at most ${formatCount(most)}`}
          />
        </div>
      </div>
    </figure>
  )
}

function paint(
  ctx: CanvasRenderingContext2D,
  { cpus, columns }: Strip,
  most: number,
  width: number,
  row: number,
  style: CSSStyleDeclaration,
): void {
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const end = columns.at(-1)?.to ?? 1
  // Whole pixels: columns stand side by side without a seam.
  const x = (ms: number): number => Math.round(LABEL + (ms / end) * (width - LABEL))
  ctx.clearRect(0, 0, width, row * cpus.length)
  ctx.font = `11px ${style.fontFamily}`
  ctx.textBaseline = 'middle'
  const named = Math.max(1, Math.ceil(12 / row))
  for (const [place, cpu] of cpus.entries()) {
    const floor = (place + 1) * row - 1
    if (place % named === 0) {
      ctx.fillStyle = colour('--muted')
      ctx.fillText(`CPU ${cpu}`, 0, place * row + Math.max(row, 12) / 2)
    }
    ctx.fillStyle = colour('--hairline')
    ctx.fillRect(LABEL, floor, width - LABEL, 1)
    for (const column of columns) {
      const [left, right] = [x(column.from), x(column.to)]
      const rate = rateOf(column, place)
      // What happened is seen, however little it is.
      const tall = rate === 0 ? 0 : Math.max(1, (rate / most) * (row - 3))
      ctx.fillStyle = colour('--accent')
      ctx.fillRect(left, floor - tall, right - left, tall)
      if (column.lost[place]! > 0) {
        ctx.fillStyle = colour('--error')
        ctx.fillRect(left, place * row, Math.max(1, right - left), 2)
      }
    }
  }
}

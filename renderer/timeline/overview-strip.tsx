import { effect, signal as newSignal, untracked } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Overview } from '../../workers/thread/contract.js'
import * as state from '../state/session-state.js'
import { formatDelta } from '../state/format.js'
import { holdAt, type Hold } from './hold.js'
import { LatestOnly } from './latest.js'
import { followMatches, sessionMarks } from './match-marks.js'
import { paintOverview } from './paint/overview.js'
import { onThemeChange, paintTheme } from './paint/theme.js'
import { lengthOf, timeAt, xOf, zoomAt, type Scale } from './scale.js'
import { wheelFactor } from './wheel.js'
import './timeline.css'

/** The whole session in 48 pixels; fills its parent's width. */
export function OverviewStrip() {
  const host = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => (host.current && canvas.current ? attach(host.current, canvas.current) : undefined), [])
  const session = state.session.value
  const { from, to } = state.range.value
  const label = session
    ? `${formatDelta(to - from, session.unit)} of ${formatDelta(session.to - session.from, session.unit)} in view`
    : ''
  return (
    <div class="overview" ref={host} role="group" aria-label={`Overview of the session. ${label}`} title={label}>
      <canvas ref={canvas} />
    </div>
  )
}

function attach(host: HTMLElement, canvas: HTMLCanvasElement): () => void {
  const ctx = canvas.getContext('2d', { alpha: false })!
  const off = new AbortController()
  const { signal } = off
  let overview: Overview | null = null
  let refresh = 0
  let width = 1
  const stripWidth = newSignal(1)
  let hold: { readonly what: Hold; readonly x: number; readonly window: state.TimeRange } | null = null

  const scale = (): Scale => ({ ...state.extent.peek(), width })
  const paint = () => {
    refresh = 0
    const style = getComputedStyle(host)
    const ratio = canvas.width / width
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    untracked(() =>
      paintOverview(ctx, {
        scale: scale(),
        height: host.clientHeight,
        theme: paintTheme(state.paintTheme.value === 'dark', (name) => style.getPropertyValue(name).trim()),
        machines: state.session.value?.machines ?? [],
        overview,
        window: state.range.value,
        range: state.rangeSelection.value,
        markers: state.markers.value,
        selection: state.selection.value?.t ?? null,
        hover: state.hoverTime.value,
        matches: sessionMarks.value,
      }),
    )
  }
  const invalidate = () => void (refresh ||= requestAnimationFrame(paint))

  const asking = new LatestOnly<number, Overview | null>(
    (columns) => state.engine.peek()?.overview(columns) ?? Promise.resolve(null),
    (answer) => {
      overview = answer
      invalidate()
    },
  )
  const ask = () => {
    if (state.session.peek()) asking.ask(Math.max(1, Math.round(width / 2)))
    else overview = null
  }
  const resized = new ResizeObserver(() => {
    width = Math.max(1, host.clientWidth)
    stripWidth.value = width
    canvas.width = Math.round(width * devicePixelRatio)
    canvas.height = Math.round(host.clientHeight * devicePixelRatio)
    ask()
    invalidate()
  })
  resized.observe(host)

  const stops = [
    followMatches(
      sessionMarks,
      () => state.extent.value,
      () => stripWidth.value,
    ),
    onThemeChange(invalidate),
    effect(() => {
      void state.session.value
      untracked(ask)
    }),
    effect(() => {
      void [state.range.value, state.extent.value, state.rangeSelection.value, state.markers.value]
      void [state.selection.value, state.hoverTime.value, sessionMarks.value]
      invalidate()
    }),
  ]

  const placeOf = (e: MouseEvent) => e.clientX - host.getBoundingClientRect().left
  const holdOf = (x: number): Hold => {
    const { from, to } = state.range.peek()
    return holdAt(x, xOf(scale(), from), xOf(scale(), to))
  }

  const down = (e: PointerEvent) => {
    if (e.button !== 0) return
    const x = placeOf(e)
    state.markRange()
    let what = holdOf(x)
    if (what === 'outside') {
      const { from, to } = state.range.peek()
      const t = timeAt(scale(), x)
      state.setRange(t - (to - from) / 2, t + (to - from) / 2)
      what = 'inside'
    }
    hold = { what, x, window: state.range.peek() }
    host.setPointerCapture(e.pointerId)
  }
  const move = (e: PointerEvent) => {
    const x = placeOf(e)
    if (!hold) {
      const what = holdOf(x)
      host.style.cursor = what === 'inside' ? 'grab' : what === 'outside' ? 'default' : 'ew-resize'
      state.hoverTime.value = timeAt(scale(), x)
      return
    }
    const by = lengthOf(scale(), x - hold.x)
    const { from, to } = hold.window
    if (hold.what === 'inside') state.setRange(from + by, to + by)
    else {
      // An edge that is pulled past the other one takes its place.
      const [a, b] = hold.what === 'left' ? [from + by, to] : [from, to + by]
      state.setRange(Math.min(a, b), Math.max(a, b))
    }
  }
  const up = () => (hold = null)
  const wheel = (e: WheelEvent) => {
    e.preventDefault()
    const view = { ...state.range.peek(), width }
    const next = zoomAt(view, timeAt(scale(), placeOf(e)), wheelFactor(e.deltaY, e.deltaMode))
    state.setRange(next.from, next.to)
  }
  host.addEventListener('pointerdown', down, { signal })
  host.addEventListener('pointermove', move, { signal })
  host.addEventListener('pointerup', up, { signal })
  host.addEventListener('pointercancel', up, { signal })
  host.addEventListener('pointerleave', () => (state.hoverTime.value = null), { signal })
  host.addEventListener('wheel', wheel, { signal, passive: false })

  return () => {
    off.abort()
    resized.disconnect()
    for (const stop of stops) stop()
    cancelAnimationFrame(refresh)
  }
}

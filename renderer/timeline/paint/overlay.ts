// What moves with the pointer or the selection, on a canvas of its own: drawing it repaints no row.

import type { SessionTime } from '../../../workers/units.js'
import type { TimeRange } from '../../state/session-state.js'
import type { Row } from '../../state/rows.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { xOf, type Scale } from '../scale.js'
import { css, textOn, type Rgb } from './colour.js'
import type { PaintTheme } from './theme.js'
import type { MatchMarks } from '../match-marks.js'
import { paintMatches } from './matches.js'
import { paintBand, type BoundsOf } from './uncertainty.js'

export interface OverlayPaint {
  /** In CSS pixels. */
  readonly scale: Scale
  readonly height: number
  readonly theme: PaintTheme
  readonly scroll: number
  readonly activeRow: Row | null
  readonly hoverRow: Row | null
  readonly hover: { readonly t: SessionTime; readonly label: string } | null
  readonly selection: { readonly t: SessionTime; readonly row: Row | null } | null
  readonly range: (TimeRange & { readonly label: string; readonly zooms: boolean }) | null
  readonly markers: Readonly<Record<'a' | 'b', SessionTime | null>>
  /** Distance from A to B. */
  readonly delta: string
  /** A machine's clock under the hand. */
  readonly align: { readonly label: string; readonly x: number; readonly y: number } | null
  /** Rows on screen, and the bounds of their true times. */
  readonly rows: readonly Row[]
  readonly boundsOf: (row: Row) => BoundsOf | null
  /** Where the search has found something. */
  readonly matches: MatchMarks | null
}

/** Top of the flags on the axis: above the labels of its ticks, so that these stay readable. */
const FLAG_Y = 1

type Ctx = CanvasRenderingContext2D

const crisp = (x: number) => Math.round(x) + 0.5

function line(ctx: Ctx, x: number, y0: number, y1: number, colour: string, dash: readonly number[] = []): void {
  ctx.strokeStyle = colour
  ctx.lineWidth = 1
  ctx.setLineDash([...dash])
  ctx.beginPath()
  ctx.moveTo(crisp(x), y0)
  ctx.lineTo(crisp(x), y1)
  ctx.stroke()
  ctx.setLineDash([])
}

/** A text on a filled ground, kept inside the canvas; `x` is its middle. Returns its left and right ends. */
function pill(ctx: Ctx, text: string, x: number, y: number, width: number, fill: Rgb, font: string): [number, number] {
  ctx.font = font
  const w = Math.ceil(ctx.measureText(text).width) + 10
  const left = Math.round(Math.min(Math.max(x - w / 2, 2), width - w))
  ctx.fillStyle = css(fill)
  ctx.beginPath()
  ctx.roundRect(left, y, w, 16, 3)
  ctx.fill()
  ctx.fillStyle = css(textOn(fill))
  ctx.textBaseline = 'middle'
  ctx.fillText(text, left + 5, y + 8.5)
  return [left, left + w]
}

function rowTint(ctx: Ctx, row: Row, p: OverlayPaint, alpha: number): void {
  ctx.fillStyle = css(p.theme.text, alpha)
  ctx.fillRect(0, AXIS_HEIGHT + row.y - p.scroll, p.scale.width, row.height - 1)
}

/** Draws the overlay on a cleared context that is scaled to CSS pixels, axis included. */
export function paintOverlay(ctx: Ctx, p: OverlayPaint): void {
  const { theme, scale, height } = p
  const { width } = scale
  const inView = (t: number) => t >= scale.from && t <= scale.to
  const plain = `11px ${theme.font}`
  const bold = `600 11px ${theme.font}`

  ctx.save()
  ctx.beginPath()
  ctx.rect(0, AXIS_HEIGHT, width, height - AXIS_HEIGHT)
  ctx.clip()
  if (p.activeRow) rowTint(ctx, p.activeRow, p, 0.07)
  if (p.hoverRow && p.hoverRow !== p.activeRow) rowTint(ctx, p.hoverRow, p, 0.035)
  ctx.restore()

  if (p.range) {
    const x0 = Math.max(-1, xOf(scale, p.range.from))
    const x1 = Math.min(width + 1, xOf(scale, p.range.to))
    if (x1 > 0 && x0 < width) {
      ctx.fillStyle = css(theme.accent, p.range.zooms ? 0.24 : 0.15)
      ctx.fillRect(x0, AXIS_HEIGHT, x1 - x0, height - AXIS_HEIGHT)
      ctx.fillStyle = css(theme.accent, 0.6)
      ctx.fillRect(x0, AXIS_HEIGHT - 3, x1 - x0, 3)
      line(ctx, x0, AXIS_HEIGHT - 3, height, css(theme.accent))
      line(ctx, x1, AXIS_HEIGHT - 3, height, css(theme.accent))
    }
  }

  if (p.matches) paintMatches(ctx, p.matches, scale, AXIS_HEIGHT - 6, 6, theme.match)
  const marked = [
    [p.hover?.t, theme.text],
    [p.markers.a, theme.markerA],
    [p.markers.b, theme.markerB],
    [p.selection?.t, theme.accent],
  ] as const
  for (const [t, colour] of marked) if (t !== null && t !== undefined) paintBand(ctx, t, colour, p)

  if (p.selection && inView(p.selection.t)) {
    const x = xOf(scale, p.selection.t)
    line(ctx, x, AXIS_HEIGHT - 6, height, css(theme.accent, 0.9))
    const { row } = p.selection
    if (row) {
      const top = AXIS_HEIGHT + row.y - p.scroll
      if (top + row.height > AXIS_HEIGHT && top < height) {
        ctx.fillStyle = css(theme.accent)
        ctx.beginPath()
        ctx.moveTo(x - 4, top)
        ctx.lineTo(x + 5, top)
        ctx.lineTo(x + 0.5, top + 6)
        ctx.fill()
        ctx.fillRect(Math.round(x) - 1, top, 3, row.height - 1)
      }
    }
  }

  for (const name of ['a', 'b'] as const) {
    const t = p.markers[name]
    if (t === null || !inView(t)) continue
    const colour = name === 'a' ? theme.markerA : theme.markerB
    line(ctx, xOf(scale, t), FLAG_Y + 8, height, css(colour), name === 'a' ? [] : [5, 3])
  }
  paintDelta(ctx, p, plain)
  if (p.hover && inView(p.hover.t)) line(ctx, xOf(scale, p.hover.t), FLAG_Y + 8, height, css(theme.text, 0.45))

  // Flags last, so that no line crosses a text.
  if (p.range) {
    const middle = (Math.max(p.range.from, scale.from) + Math.min(p.range.to, scale.to)) / 2
    if (inView(middle)) pill(ctx, p.range.label, xOf(scale, middle), AXIS_HEIGHT + 3, width, theme.accent, plain)
  }
  for (const name of ['a', 'b'] as const) {
    const t = p.markers[name]
    if (t === null || !inView(t)) continue
    const colour = name === 'a' ? theme.markerA : theme.markerB
    pill(ctx, name.toUpperCase(), xOf(scale, t), FLAG_Y, width, colour, bold)
  }
  if (p.hover && inView(p.hover.t)) {
    pill(ctx, p.hover.label, xOf(scale, p.hover.t), FLAG_Y, width, theme.text, plain)
  }
  if (p.align) pill(ctx, p.align.label, p.align.x, p.align.y - 24, width, theme.accent, bold)
}

/** The distance of the markers, written between their lines just below the axis when there is room. */
function paintDelta(ctx: Ctx, p: OverlayPaint, font: string): void {
  const { a, b } = p.markers
  if (a === null || b === null) return
  const { scale, theme } = p
  const x0 = Math.max(0, xOf(scale, Math.min(a, b)))
  const x1 = Math.min(scale.width, xOf(scale, Math.max(a, b)))
  ctx.font = font
  const spare = x1 - x0 - ctx.measureText(p.delta).width
  if (spare < 16) return
  const y = p.height - 14
  const [left, right] = pill(ctx, p.delta, (x0 + x1) / 2, y - 8, scale.width, theme.text, font)
  if (spare < 40) return
  ctx.strokeStyle = css(theme.text, 0.7)
  ctx.lineWidth = 1
  ctx.beginPath()
  for (const [from, to, tip] of [
    [left - 2, x0 + 1, 1],
    [right + 2, x1 - 1, -1],
  ] as const) {
    ctx.moveTo(from, y + 0.5)
    ctx.lineTo(to, y + 0.5)
    ctx.moveTo(to + 4 * tip, y - 3.5)
    ctx.lineTo(to, y + 0.5)
    ctx.lineTo(to + 4 * tip, y + 4.5)
  }
  ctx.stroke()
}

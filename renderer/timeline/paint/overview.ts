// The strip of the whole session: how much happens where, one band a machine, and which part of it is in view.

import type { MachineInfo, Overview } from '../../../workers/thread/contract.js'
import type { SessionTime } from '../../../workers/units.js'
import type { TimeRange } from '../../state/session-state.js'
import { xOf, type Scale } from '../scale.js'
import { css } from './colour.js'
import type { MatchMarks } from '../match-marks.js'
import { paintMatches } from './matches.js'
import { machineColour, type PaintTheme } from './theme.js'

/** Free pixels above and below the bands: room for the window's handles and the markers' heads. */
const EDGE = 5

const MATCH_HEIGHT = 4

export interface OverviewPaint {
  /** All of the session over the strip's width, CSS pixels. */
  readonly scale: Scale
  readonly height: number
  readonly theme: PaintTheme
  readonly machines: readonly MachineInfo[]
  readonly overview: Overview | null
  readonly window: TimeRange
  readonly range: TimeRange | null
  readonly markers: Readonly<Record<'a' | 'b', SessionTime | null>>
  readonly selection: SessionTime | null
  readonly hover: SessionTime | null
  /** Where the search has found something. */
  readonly matches: MatchMarks | null
}

/** Height of a bar, 0..1: events spread over decades, so their count is shown by its logarithm. */
export const barHeight = (events: number, most: number): number =>
  events === 0 || most === 0 ? 0 : 0.12 + 0.88 * (Math.log1p(events) / Math.log1p(most))

export function paintOverview(ctx: CanvasRenderingContext2D, p: OverviewPaint): void {
  const { scale, theme, height } = p
  const { width } = scale
  ctx.fillStyle = css(theme.background)
  ctx.fillRect(0, 0, width, height)
  if (p.overview) paintDensity(ctx, p.overview, p)

  const x0 = xOf(scale, p.window.from)
  const x1 = xOf(scale, p.window.to)
  // What is out of view recedes; the window itself keeps the data's own colours.
  ctx.fillStyle = css(theme.background, 0.5)
  if (x0 > 0) ctx.fillRect(0, 0, x0, height)
  if (x1 < width) ctx.fillRect(x1, 0, width - x1, height)
  if (p.range) {
    const r0 = xOf(scale, p.range.from)
    ctx.fillStyle = css(theme.accent, 0.28)
    ctx.fillRect(r0, 0, Math.max(1, xOf(scale, p.range.to) - r0), height)
  }
  if (p.matches) paintMatches(ctx, p.matches, scale, height - MATCH_HEIGHT, MATCH_HEIGHT, theme.match)
  const bar = (t: SessionTime | null, colour: string) => {
    if (t === null) return
    ctx.fillStyle = colour
    ctx.fillRect(Math.round(xOf(scale, t)), 0, 1, height)
  }
  bar(p.hover, css(theme.text, 0.4))
  bar(p.selection, css(theme.accent))
  for (const name of ['a', 'b'] as const) {
    const t = p.markers[name]
    if (t === null) continue
    const colour = css(name === 'a' ? theme.markerA : theme.markerB)
    bar(t, colour)
    const x = Math.round(xOf(scale, t)) + 0.5
    ctx.beginPath()
    ctx.moveTo(x - 4, 0)
    ctx.lineTo(x + 4, 0)
    ctx.lineTo(x, 6)
    ctx.fill()
  }

  // However far in the view is, its window keeps a width that can be seen and caught.
  const left = Math.round(Math.min(x0, (x0 + x1) / 2 - 2)) + 0.5
  const right = Math.round(Math.max(x1, (x0 + x1) / 2 + 2)) - 0.5
  ctx.strokeStyle = css(theme.accent)
  ctx.lineWidth = 1
  ctx.strokeRect(left, 0.5, right - left, height - 1)
  ctx.fillStyle = css(theme.accent)
  for (const x of [left, right]) ctx.fillRect(Math.round(x - 1.5), height / 2 - 8, 3, 16)
}

function paintDensity(ctx: CanvasRenderingContext2D, o: Overview, p: OverviewPaint): void {
  const count = Math.max(1, p.machines.length)
  const band = (p.height - 2 * EDGE) / count
  const column = p.scale.width / o.columns
  for (const m of p.machines) {
    const row = o.density.subarray(m.machine * o.columns, (m.machine + 1) * o.columns)
    const most = row.reduce((a, b) => Math.max(a, b), 0)
    const bottom = EDGE + band * (m.machine + 1)
    const colour = machineColour(p.machines, m.machine)
    ctx.fillStyle = css(colour, p.theme.dark ? 0.8 : 0.9)
    ctx.beginPath()
    for (let c = 0; c < o.columns; c++) {
      const tall = barHeight(row[c]!, most) * (band - 1)
      if (tall > 0) ctx.rect(c * column, bottom - tall, column + 0.3, tall)
    }
    ctx.fill()
  }
}

// A chain of wake-ups over the rows: what is not part of it dimmed, its hops numbered and joined by lines.

import type { Part } from '../../state/chain-rows.js'
import type { Row } from '../../state/rows.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { xOf, type Scale } from '../scale.js'
import { css, textOn, type Rgb } from './colour.js'
import type { PaintContext } from './context.js'
import type { PaintTheme } from './theme.js'

/** How much of what is not part of the chain is covered: labels keep 3:1 in the mean of all colours, 2.6:1 at least. */
export const VEIL = 0.4
/** A part is at least so wide, and has so much air at its ends, CSS pixels. */
const AIR = 6
/** Half of a badge's height; numbers closer than its width share one. */
const RADIUS = 7
const APART = 15

/** Stretches [x0, x1) of a row that no part covers, within the canvas. */
export function uncovered(parts: readonly Part[], scale: Scale): readonly (readonly [number, number])[] {
  const out: [number, number][] = []
  let x = 0
  for (const p of parts) {
    const from = xOf(scale, p.from) - AIR
    const to = xOf(scale, p.to) + AIR
    if (to <= x) continue
    if (from >= scale.width) break
    if (from > x) out.push([x, from])
    x = to
  }
  if (x < scale.width) out.push([x, scale.width])
  return out
}

/** Covers what does not belong to the chain on every row. */
export function paintVeil(
  ctx: PaintContext,
  rows: readonly Row[],
  partsOf: (row: Row) => readonly Part[],
  view: { readonly scale: Scale; readonly scroll: number; readonly height: number; readonly theme: PaintTheme },
): void {
  const { scale, scroll, height, theme } = view
  ctx.fillStyle = css(theme.background, VEIL)
  for (const row of rows) {
    const y0 = Math.max(AXIS_HEIGHT, AXIS_HEIGHT + row.y - scroll)
    const y1 = Math.min(height, AXIS_HEIGHT + row.y + row.height - scroll)
    if (y1 <= y0) continue
    for (const [x0, x1] of uncovered(partsOf(row), scale)) ctx.fillRect(x0, y0, x1 - x0, y1 - y0)
  }
}

/** A hop on the canvas, in CSS pixels: `y` is the middle of its row. */
export interface HopSpot {
  readonly index: number
  readonly number: number
  readonly x: number
  readonly y: number
  /** Which of it and the hop before came first is certain. */
  readonly certain: boolean
}

export interface Badge {
  readonly x: number
  readonly y: number
  readonly text: string
  /** Indices of the hops that it stands for. */
  readonly hops: readonly number[]
}

/** Numbers of hops that lie close together on a row share a badge: `3–5`. */
export function badgesOf(spots: readonly HopSpot[]): Badge[] {
  const groups: HopSpot[][] = []
  for (const s of [...spots].sort((a, b) => a.y - b.y || a.x - b.x || a.index - b.index)) {
    const group = groups.at(-1)
    const before = group?.at(-1)
    if (group && before && before.y === s.y && s.x - group[0]!.x < APART + 6 * (group.length - 1)) group.push(s)
    else groups.push([s])
  }
  return groups.map((group) => ({
    x: (group[0]!.x + group.at(-1)!.x) / 2,
    y: group[0]!.y,
    text: runsOf(group.map((s) => s.number)),
    hops: group.map((s) => s.index).sort((a, b) => a - b),
  }))
}

/** `1, 3–5`. */
export function runsOf(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last && n === last[1] + 1) last[1] = n
    else runs.push([n, n])
  }
  return runs.map(([a, b]) => (a === b ? `${a}` : b === a + 1 ? `${a}, ${b}` : `${a}–${b}`)).join(', ')
}

/** Lines from hop to hop, dashed where their order is not certain. */
export function paintHopLines(ctx: PaintContext, spots: readonly HopSpot[], colour: Rgb): void {
  ctx.strokeStyle = css(colour, 0.9)
  ctx.lineWidth = 1.5
  spots.forEach((s, i) => {
    const before = spots[i - 1]
    if (!before || (before.y === s.y && Math.abs(before.x - s.x) < 2)) return
    ctx.setLineDash(s.certain ? [] : [4, 3])
    ctx.beginPath()
    ctx.moveTo(before.x, before.y)
    ctx.lineTo(s.x, s.y)
    ctx.stroke()
  })
  ctx.setLineDash([])
}

const badgeWidth = (text: string): number => Math.max(2 * RADIUS, 6 + 6 * text.length)
export const inBadge = (b: Badge, x: number, y: number): boolean =>
  Math.abs(x - b.x) <= badgeWidth(b.text) / 2 + 2 && Math.abs(y - b.y) <= RADIUS + 2

export function paintBadge(ctx: PaintContext, b: Badge, current: boolean, theme: PaintTheme): void {
  const fill = current ? theme.accent : theme.text
  const width = badgeWidth(b.text)
  ctx.fillStyle = css(theme.background)
  ctx.beginPath()
  ctx.roundRect(b.x - width / 2 - 1.5, b.y - RADIUS - 1.5, width + 3, 2 * RADIUS + 3, RADIUS + 1.5)
  ctx.fill()
  ctx.fillStyle = css(fill)
  ctx.beginPath()
  ctx.roundRect(b.x - width / 2, b.y - RADIUS, width, 2 * RADIUS, RADIUS)
  ctx.fill()
  ctx.font = `600 10px ${theme.font}`
  ctx.fillStyle = css(textOn(fill))
  ctx.textBaseline = 'middle'
  ctx.fillText(b.text, b.x - ctx.measureText(b.text).width / 2, b.y + 0.5)
}

// Annotations as they are drawn, on the screen and in pictures alike.

import { formatDelta } from '../state/format.js'
import { AXIS_HEIGHT } from '../timeline/geometry.js'
import { css, mix, parseColour, textOn, type Rgb } from '../timeline/paint/colour.js'
import type { PaintContext } from '../timeline/paint/context.js'
import type { Stamp } from '../timeline/paint/stamps.js'
import type { PaintTheme } from '../timeline/paint/theme.js'
import type { ChainShape } from './chain-shape.js'
import type { Annotation, Ink } from './model.js'
import { BRACKET_Y, CALLOUT_RADIUS, frameOf, middle, noteAt, type Shape } from './shapes.js'

const colours: Readonly<Record<Ink, readonly [light: string, dark: string]>> = {
  blue: ['#0072b2', '#56b4e9'],
  orange: ['#b35900', '#f0a540'],
  green: ['#00694d', '#2fc08f'],
  red: ['#b3261e', '#ff8a80'],
  purple: ['#8a3f74', '#e29bcb'],
  grey: ['#4a5361', '#b6bfcc'],
}
const inkColour = (ink: Ink, dark: boolean): Rgb => parseColour(colours[ink][dark ? 1 : 0])!

/** What an ink looks like in a theme, in words of the canvas: hundreds of notes are painted with every frame. */
interface Pen {
  readonly line: string
  readonly faint: string
  readonly shade: string
  readonly highlight: string
  readonly chain: string
  readonly ground: string
  readonly text: string
  readonly number: string
}
const pens = new WeakMap<PaintTheme, Map<Ink, Pen>>()
function penOf(ink: Ink, theme: PaintTheme): Pen {
  let known = pens.get(theme)
  if (!known) pens.set(theme, (known = new Map()))
  let pen = known.get(ink)
  if (!pen) {
    const colour = inkColour(ink, theme.dark)
    pen = {
      line: css(colour),
      faint: css(colour, 0.06),
      shade: css(colour, 0.08),
      highlight: css(colour, 0.16),
      chain: css(colour, 0.24),
      ground: css(mix(theme.background, colour, 0.12)),
      text: css(theme.text),
      number: css(textOn(colour)),
    }
    known.set(ink, pen)
  }
  return pen
}

export interface AnnotationPaint {
  readonly theme: PaintTheme
  readonly width: number
  readonly height: number
  readonly unit: 'ns' | 'ticks'
  readonly chosen: string | null
  readonly length: (a: Annotation) => number
  /** Where there are texts and numbers already, which others make way for; absent: each stands where it was put. */
  readonly taken?: TextBox[]
  /** Puts small pictures that were painted before; absent: all is painted anew, as lines and letters. */
  readonly stamp?: Stamp
}

/** Where a text stands. */
export interface TextBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const SIZE = 11
const LINE = 14
const PAD = 5
/** Texts are broken to about this width. */
const TEXT_WIDTH = 220

const fontOf = (theme: PaintTheme, bold = false): string => `${bold ? '600 ' : ''}${SIZE}px ${theme.font}`

/** What was measured on a context, by font and text: hundreds of notes are painted with every frame, and their texts stay. */
const measured = new WeakMap<PaintContext, Map<string, LaidOut>>()
const MOST_MEASURED = 4000

interface LaidOut {
  readonly lines: readonly string[]
  readonly width: number
}

/** A text broken into lines, and its width. */
function laidOut(ctx: PaintContext, text: string, font: string): LaidOut {
  let known = measured.get(ctx)
  if (!known || known.size > MOST_MEASURED) measured.set(ctx, (known = new Map()))
  const key = `${font}\n${text}`
  let laid = known.get(key)
  if (!laid) {
    ctx.font = font
    const lines = linesOf(ctx, text, TEXT_WIDTH)
    laid = { lines, width: Math.ceil(Math.max(...lines.map((l) => ctx.measureText(l).width))) }
    known.set(key, laid)
  }
  return laid
}

function linesOf(ctx: PaintContext, text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    let line = ''
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`
      if (line !== '' && ctx.measureText(longer).width > width) {
        lines.push(line)
        line = word
      } else line = longer
    }
    return [...lines, line]
  })
}

/** Draws one; answers where its text stands, for the pointer. */
export function paintAnnotation(ctx: PaintContext, s: Shape, p: AnnotationPaint): TextBox | null {
  const { of } = s
  const pen = penOf(of.ink, p.theme)
  ctx.strokeStyle = pen.line
  ctx.fillStyle = pen.line
  ctx.lineWidth = of.id === p.chosen ? 2 : 1.5
  switch (of.kind) {
    case 'note':
      return paintNote(ctx, s, pen, p)
    case 'callout':
      return paintCallout(ctx, s, pen, p)
    case 'arrow':
      return paintArrow(ctx, s, pen, p)
    case 'box': {
      const { left, right, top, bottom } = frameOf(s)
      ctx.fillStyle = pen.shade
      ctx.fillRect(left, top, right - left, bottom - top)
      ctx.strokeRect(left, top, right - left, bottom - top)
      handles(ctx, p, of, [
        [left, top],
        [right, bottom],
      ])
      return textBox(ctx, of, of.text, left, Math.max(AXIS_HEIGHT, top - boxHeight(1)), pen, p)
    }
    case 'range':
      return paintRange(ctx, s, pen, p)
    case 'highlight': {
      const left = of.to ? Math.min(s.x0, s.x1) : 0
      const right = of.to ? Math.max(s.x0, s.x1) : p.width
      const [top, bottom] = s.y0
      ctx.fillStyle = pen.highlight
      ctx.fillRect(left, top, right - left, bottom - top - 1)
      ctx.fillStyle = pen.line
      ctx.fillRect(left, top, 3, bottom - top - 1)
      return textBox(ctx, of, of.text, Math.max(6, left + 6), middle(s.y0) - boxHeight(1) / 2, pen, p)
    }
  }
}

/** A chain of wake-ups: what of the rows belongs to it, and the way from hop to hop. */
export function paintChain(ctx: PaintContext, { of, tints, hops }: ChainShape, p: AnnotationPaint): TextBox | null {
  const pen = penOf(of.ink, p.theme)
  const chosen = of.id === p.chosen
  ctx.fillStyle = pen.chain
  for (const t of tints) ctx.fillRect(t.left, t.top, t.right - t.left, t.bottom - t.top)
  ctx.strokeStyle = pen.line
  ctx.lineWidth = chosen ? 2.5 : 1.5
  hops.forEach((hop, i) => {
    const before = hops[i - 1]
    if (!before) return
    ctx.setLineDash(hop.certain ? [] : [4, 3])
    ctx.beginPath()
    ctx.moveTo(before.x, before.y)
    ctx.lineTo(hop.x, hop.y)
    ctx.stroke()
  })
  ctx.setLineDash([])
  ctx.fillStyle = pen.line
  for (const hop of hops) dot(ctx, hop.x, hop.y, chosen ? 3.5 : 2.5)
  const at = hops.find((h) => h.x >= 0 && h.x <= p.width)
  return at ? textBox(ctx, of, of.text, at.x + 8, at.y - boxHeight(1) - 6, pen, p) : null
}

const boxHeight = (lines: number): number => lines * LINE + 4

/** The place nearest to where a box is to be, above or below, that no other one has; where it is to be if there is none. */
function freeTop(box: TextBox, taken: readonly TextBox[], height: number): number {
  const across = taken.filter((t) => t.x < box.x + box.width + 2 && t.x + t.width + 2 > box.x)
  const free = (top: number): boolean =>
    top >= AXIS_HEIGHT + 2 &&
    top + box.height <= height - 2 &&
    across.every((t) => t.y >= top + box.height + 2 || t.y + t.height + 2 <= top)
  const places = [box.y, ...across.flatMap((t) => [t.y - box.height - 2, t.y + t.height + 2])]
  return places.toSorted((a, b) => Math.abs(a - box.y) - Math.abs(b - box.y)).find(free) ?? box.y
}

/** A text on a ground of its own, kept inside the canvas; null for none. */
function textBox(
  ctx: PaintContext,
  of: Annotation,
  text: string,
  x: number,
  y: number,
  pen: Pen,
  p: AnnotationPaint,
): TextBox | null {
  if (text === '') return null
  const font = fontOf(p.theme)
  const { lines, width: wide } = laidOut(ctx, text, font)
  const width = wide + 2 * PAD
  const height = boxHeight(lines.length)
  const left = Math.round(Math.max(2, Math.min(x, p.width - width - 2)))
  const wanted = Math.round(Math.max(AXIS_HEIGHT + 2, Math.min(y, p.height - height - 2)))
  const top = p.taken ? freeTop({ x: left, y: wanted, width, height }, p.taken, p.height) : wanted
  p.taken?.push({ x: left, y: top, width, height })
  const paint = (on: PaintContext, x0: number, y0: number): void => {
    on.font = font
    on.fillStyle = pen.ground
    on.beginPath()
    on.roundRect(x0, y0, width, height, 3)
    on.fill()
    on.strokeStyle = pen.line
    on.lineWidth = 1
    on.stroke()
    on.fillStyle = pen.text
    on.textBaseline = 'middle'
    lines.forEach((line, i) => on.fillText(line, x0 + PAD, y0 + 2 + LINE * (i + 0.5)))
  }
  // Half of the line lies outside.
  const put = p.stamp?.(of, pen, width + 2, height + 2, left - 1, top - 1, (on) => paint(on, 1, 1))
  if (!put) paint(ctx, left, top)
  return { x: left, y: top, width, height }
}

function paintNote(ctx: PaintContext, s: Shape, pen: Pen, p: AnnotationPaint): TextBox | null {
  const at = noteAt(s)
  const box = textBox(ctx, s.of, s.of.text || 'Note', at.x, at.y, pen, p)
  if (!box) return null
  const [x, y] = [s.x0, middle(s.y0)]
  ctx.strokeStyle = pen.line
  ctx.fillStyle = pen.line
  ctx.lineWidth = 1
  // From the nearest point of the text's edge to the anchor.
  const nx = Math.max(box.x, Math.min(x, box.x + box.width))
  const ny = Math.max(box.y, Math.min(y, box.y + box.height))
  ctx.beginPath()
  ctx.moveTo(nx, ny)
  ctx.lineTo(x, y)
  ctx.stroke()
  dot(ctx, x, y, s.of.id === p.chosen ? 4 : 3)
  return box
}

function paintCallout(ctx: PaintContext, s: Shape, pen: Pen, p: AnnotationPaint): TextBox | null {
  const [x, y] = [s.x0, middle(s.y0)]
  const radius = s.of.id === p.chosen ? CALLOUT_RADIUS + 1 : CALLOUT_RADIUS
  const number = String(s.of.number ?? '')
  const font = fontOf(p.theme, true)
  const paint = (on: PaintContext, x0: number, y0: number): void => {
    on.fillStyle = pen.line
    dot(on, x0, y0, radius)
    on.font = font
    on.fillStyle = pen.number
    on.textBaseline = 'middle'
    on.fillText(number, x0 - on.measureText(number).width / 2, y0 + 0.5)
  }
  const half = radius + 1
  const size = 2 * half
  const put =
    s.of.id !== p.chosen && p.stamp?.(s.of, pen, size, size, x - half, y - half, (on) => paint(on, half, half))
  if (!put) paint(ctx, x, y)
  return null
}

function paintArrow(ctx: PaintContext, s: Shape, pen: Pen, p: AnnotationPaint): TextBox | null {
  const [x0, y0, x1, y1] = [s.x0, middle(s.y0), s.x1, middle(s.y1)]
  const length = Math.hypot(x1 - x0, y1 - y0) || 1
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length]
  ctx.beginPath()
  ctx.moveTo(x0, y0)
  ctx.lineTo(x1 - 6 * ux, y1 - 6 * uy)
  ctx.stroke()
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x1 - 9 * ux - 4 * uy, y1 - 9 * uy + 4 * ux)
  ctx.lineTo(x1 - 9 * ux + 4 * uy, y1 - 9 * uy - 4 * ux)
  ctx.closePath()
  ctx.fill()
  handles(ctx, p, s.of, [[x0, y0]])
  return textBox(ctx, s.of, s.of.text, (x0 + x1) / 2 + 6, (y0 + y1) / 2 - boxHeight(1) / 2, pen, p)
}

function paintRange(ctx: PaintContext, s: Shape, pen: Pen, p: AnnotationPaint): TextBox | null {
  const [left, right] = [Math.min(s.x0, s.x1), Math.max(s.x0, s.x1)]
  ctx.fillStyle = pen.faint
  ctx.fillRect(left, AXIS_HEIGHT, right - left, p.height - AXIS_HEIGHT)
  ctx.beginPath()
  for (const x of [left, right]) {
    ctx.moveTo(x, AXIS_HEIGHT + 2)
    ctx.lineTo(x, AXIS_HEIGHT + 16)
  }
  ctx.moveTo(left, BRACKET_Y)
  ctx.lineTo(right, BRACKET_Y)
  ctx.stroke()
  handles(ctx, p, s.of, [
    [left, BRACKET_Y],
    [right, BRACKET_Y],
  ])
  const duration = formatDelta(p.length(s.of), p.unit)
  const text = s.of.text === '' ? duration : `${s.of.text}, ${duration}`
  const width = laidOut(ctx, text, fontOf(p.theme)).width + 2 * PAD
  return textBox(ctx, s.of, text, (Math.max(left, 0) + Math.min(right, p.width) - width) / 2, AXIS_HEIGHT + 2, pen, p)
}

function dot(ctx: PaintContext, x: number, y: number, r: number): void {
  ctx.beginPath()
  ctx.roundRect(x - r, y - r, 2 * r, 2 * r, r)
  ctx.fill()
}

/** What a hand can take hold of, on the chosen one. */
function handles(
  ctx: PaintContext,
  p: AnnotationPaint,
  of: Annotation,
  places: readonly (readonly [number, number])[],
): void {
  if (of.id !== p.chosen) return
  for (const [x, y] of places) {
    ctx.beginPath()
    ctx.rect(x - 3, y - 3, 6, 6)
    ctx.fill()
  }
}

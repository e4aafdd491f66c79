// A canvas that remembers: painters draw on it as on the screen's, and what they drew comes out as marks of a picture.

import type { FontMetrics, GroupMark, PathStep, PictureFont, PictureMark } from '../../workers/thread/picture.js'
import type { PaintContext } from '../timeline/paint/context.js'

export type Fonts = Readonly<Record<PictureFont, FontMetrics>>

/** Width of a text in CSS pixels. */
export function textWidth(text: string, size: number, metrics: FontMetrics): number {
  let units = 0
  for (const c of text) units += metrics.advances[c.codePointAt(0)!] ?? metrics.missing
  return (units * size) / metrics.unitsPerEm
}

/** Lines that fit, broken at blanks. */
export function wrap(words: string, width: number, size: number, fonts: Fonts): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && textWidth(longer, size, fonts.sans) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return line === '' ? lines : [...lines, line]
}

interface Paint {
  readonly colour: string
  readonly opacity: number | undefined
}

/** `#rrggbb`, `rgb(1 2 3)` and `rgb(1 2 3 / 0.5)`, which are what painters say. Throws for anything else. */
export function parsePaint(style: unknown): Paint {
  const text = String(style)
  if (/^#[\da-f]{6}$/i.test(text)) return { colour: text.toLowerCase(), opacity: undefined }
  const m = /^rgb\((\d+) (\d+) (\d+)(?: \/ ([\d.]+))?\)$/.exec(text)
  if (!m) throw new Error(`a picture cannot be painted with ${text}`)
  const hex = [m[1], m[2], m[3]].map((v) => Number(v).toString(16).padStart(2, '0')).join('')
  const alpha = m[4] === undefined ? 1 : Number(m[4])
  return { colour: `#${hex}`, opacity: alpha >= 1 ? undefined : alpha }
}

/** `600 11px system-ui`: which of a picture's fonts, and its size. */
function parseFont(font: string): { readonly name: PictureFont; readonly size: number } {
  const m = /^(?:(\d+|bold|normal) )?([\d.]+)px (.*)$/.exec(font)
  if (!m) throw new Error(`a picture has no font ${font}`)
  const bold = m[1] === 'bold' || Number(m[1] ?? 400) >= 600
  return { name: /mono/.test(m[3]!) ? 'mono' : bold ? 'bold' : 'sans', size: Number(m[2]) }
}

/** Middle of the letters above the baseline, as a share of their size: between that of capitals and that of small letters. */
const MIDDLE = 0.32

interface State {
  fillStyle: string
  strokeStyle: string
  lineWidth: number
  font: string
  textBaseline: CanvasTextBaseline
  dash: readonly number[]
  marks: PictureMark[]
}

export class Recorder implements PaintContext {
  #state: State = {
    fillStyle: '#000000',
    strokeStyle: '#000000',
    lineWidth: 1,
    font: '10px sans-serif',
    textBaseline: 'alphabetic',
    dash: [],
    marks: [],
  }
  readonly #marks = this.#state.marks
  readonly #saved: State[] = []
  #steps: PathStep[] = []
  /** The path so far, as long as it is one rectangle and no more: all that painters clip to. */
  #box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | null = null

  /**
   * @param x place of this canvas' origin on the picture
   * @param y
   */
  constructor(
    private readonly fonts: Fonts,
    private readonly x = 0,
    private readonly y = 0,
  ) {}

  /** What was painted so far. */
  get marks(): readonly PictureMark[] {
    return this.#marks
  }

  get fillStyle(): string {
    return this.#state.fillStyle
  }
  set fillStyle(style: string | CanvasGradient | CanvasPattern) {
    this.#state.fillStyle = String(style)
  }
  get strokeStyle(): string {
    return this.#state.strokeStyle
  }
  set strokeStyle(style: string | CanvasGradient | CanvasPattern) {
    this.#state.strokeStyle = String(style)
  }
  get lineWidth(): number {
    return this.#state.lineWidth
  }
  set lineWidth(width: number) {
    this.#state.lineWidth = width
  }
  get font(): string {
    return this.#state.font
  }
  set font(font: string) {
    this.#state.font = font
  }
  get textBaseline(): CanvasTextBaseline {
    return this.#state.textBaseline
  }
  set textBaseline(baseline: CanvasTextBaseline) {
    this.#state.textBaseline = baseline
  }
  setLineDash(dash: Iterable<number>): void {
    this.#state.dash = [...dash]
  }

  save(): void {
    this.#saved.push({ ...this.#state })
  }
  restore(): void {
    const before = this.#saved.pop()
    if (before) this.#state = before
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const { colour, opacity } = parsePaint(this.#state.fillStyle)
    this.#put({ kind: 'rect', x: this.x + x, y: this.y + y, width, height, fill: colour, opacity })
  }
  strokeRect(x: number, y: number, width: number, height: number): void {
    this.#put({ kind: 'rect', x: this.x + x, y: this.y + y, width, height, ...this.#line() })
  }

  beginPath(): void {
    this.#steps = []
    this.#box = null
  }
  moveTo(x: number, y: number): void {
    this.#steps.push(['M', this.x + x, this.y + y])
  }
  lineTo(x: number, y: number): void {
    this.#steps.push(['L', this.x + x, this.y + y])
  }
  closePath(): void {
    this.#steps.push(['Z'])
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.#box = this.#steps.length === 0 ? { x: this.x + x, y: this.y + y, width, height } : null
    this.moveTo(x, y)
    this.lineTo(x + width, y)
    this.lineTo(x + width, y + height)
    this.lineTo(x, y + height)
    this.closePath()
  }
  roundRect(x: number, y: number, width: number, height: number, radii?: unknown): void {
    const r = Math.min(typeof radii === 'number' ? radii : 0, width / 2, height / 2)
    // A quarter of a circle as a Bézier curve: its handles reach this far.
    const h = r * 0.5523
    const [left, top, right, bottom] = [this.x + x, this.y + y, this.x + x + width, this.y + y + height]
    this.#steps.push(
      ['M', left + r, top],
      ['L', right - r, top],
      ['C', right - r + h, top, right, top + r - h, right, top + r],
      ['L', right, bottom - r],
      ['C', right, bottom - r + h, right - r + h, bottom, right - r, bottom],
      ['L', left + r, bottom],
      ['C', left + r - h, bottom, left, bottom - r + h, left, bottom - r],
      ['L', left, top + r],
      ['C', left, top + r - h, left + r - h, top, left + r, top],
      ['Z'],
    )
    this.#box = null
  }
  fill(): void {
    if (this.#steps.length === 0) return
    const { colour, opacity } = parsePaint(this.#state.fillStyle)
    this.#put({ kind: 'path', steps: this.#steps, fill: colour, opacity })
    this.#steps = [...this.#steps]
  }
  stroke(): void {
    if (this.#steps.length === 0) return
    this.#put({ kind: 'path', steps: this.#steps, ...this.#line() })
    this.#steps = [...this.#steps]
  }
  /** Only to a single rectangle. Throws for any other path. */
  clip(): void {
    if (!this.#box) throw new Error('a picture is clipped to rectangles only')
    const group: GroupMark & { marks: PictureMark[] } = { kind: 'group', clip: this.#box, marks: [] }
    this.#put(group)
    this.#state.marks = group.marks
  }

  fillText(text: string, x: number, y: number): void {
    if (text === '') return
    const { colour, opacity } = parsePaint(this.#state.fillStyle)
    const { name, size } = parseFont(this.#state.font)
    const middle = this.#state.textBaseline === 'middle' ? MIDDLE * size : 0
    this.#put({
      kind: 'text',
      x: this.x + x,
      y: this.y + y + middle,
      text,
      size,
      font: name,
      fill: colour,
      opacity,
    })
  }
  measureText(text: string): TextMetrics {
    const { name, size } = parseFont(this.#state.font)
    // Nothing but the width is asked for by any painter.
    return { width: textWidth(text, size, this.fonts[name]) } as TextMetrics
  }

  #line(): Pick<PictureMark & { kind: 'path' }, 'stroke' | 'strokeWidth' | 'dash' | 'opacity'> {
    const { colour, opacity } = parsePaint(this.#state.strokeStyle)
    const { lineWidth, dash } = this.#state
    return { stroke: colour, strokeWidth: lineWidth, dash: dash.length > 0 ? dash : undefined, opacity }
  }

  #put(mark: PictureMark): void {
    this.#state.marks.push(mark)
  }
}

// Text inside spans: where it fits, shortened where it must be, never over its neighbour.

import type { LodFrame } from '../../../workers/thread/contract.js'
import { sessionTime } from '../../../workers/units.js'
import { isLayered, type Row, type RowHeight, type RowTrack } from '../../state/rows.js'
import { rowParts } from '../geometry.js'
import type { Scale } from '../scale.js'
import { css, mix, textOn, unpack, type Pixel } from './colour.js'
import { labelStretches } from './label-stretches.js'
import { bandHeight, isHatched, lookOf } from './looks.js'
import type { TaskNames } from './palette.js'
import type { PaintTheme } from './theme.js'
import type { PaintContext } from './context.js'

const PADDING = 4

/** Width of a text in CSS pixels. */
export type Measure = (text: string) => number

/** Fewer letters than this before an ellipsis say nothing. */
const LETTERS_MIN = 3

/** The longest beginning of `text` that fits with an ellipsis; '' when hardly a letter does. */
export function ellipsize(text: string, width: number, measure: Measure): string {
  if (measure(text) <= width) return text
  let lo = 0
  let hi = text.length
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1
    if (measure(`${text.slice(0, mid).trimEnd()}…`) <= width) lo = mid
    else hi = mid - 1
  }
  return lo < LETTERS_MIN ? '' : `${text.slice(0, lo).trimEnd()}…`
}

/** The first of `choices` (longest first) that fits whole, else the last one shortened. */
export function fitLabel(choices: readonly string[], width: number, measure: Measure): string {
  for (const c of choices) if (measure(c) <= width) return c
  return ellipsize(choices.at(-1) ?? '', width, measure)
}

export interface PlacedLabel {
  readonly text: string
  readonly x: number
  /** Span of the frame that it stands in. */
  readonly span: number
  /** It stands over what is not that span's own. */
  readonly broken: boolean
}

/** Labels of one row. `scale` in CSS pixels; a stretch that reaches out of the view is labelled in its visible part. */
export function placeLabels(
  frame: LodFrame,
  row: number,
  scale: Scale,
  textOf: (span: number) => readonly string[],
  measure: Measure,
  layered = false,
): PlacedLabel[] {
  return labelStretches(frame, row, scale, layered).flatMap(({ x0, x1, span, broken }) => {
    const text = fitLabel(textOf(span), x1 - x0 - 2 * PADDING, measure)
    return text ? [{ text, x: x0 + PADDING, span, broken }] : []
  })
}

export interface LabelPaint {
  readonly frame: LodFrame
  readonly rowOf: ReadonlyMap<string, number>
  readonly colours: Uint32Array
  readonly dimmed: Uint8Array | null
  /** In CSS pixels. */
  readonly scale: Scale
  /** As for the rows. */
  readonly shift: (row: Row) => number
  readonly theme: PaintTheme
  readonly names: TaskNames
  /** Width of a text in the font that is set, whose size is `fontSize`. */
  readonly measure: (text: string, fontSize: number) => number
}

const withoutPid = (text: string, pid: number): string =>
  text.endsWith(`-${pid}`) ? text.slice(0, -`-${pid}`.length) : text

const textsOf = (track: RowTrack, frame: LodFrame, value: number, names: TaskNames): readonly string[] => {
  if (isLayered(track)) {
    const label = frame.labels?.[value]
    if (!label) return []
    if (label.behind) {
      const { name, pid } = label.behind
      return [`${name} (${label.text})`, name, withoutPid(name, pid)]
    }
    const short = label.pid !== null && label.pid > 0 ? withoutPid(label.text, label.pid) : label.text
    return label.detail === null ? [label.text, short] : [`${label.text} ${label.detail}`, label.text, short]
  }
  if (track.kind === 'task') return value >= 0 ? [`CPU ${value}`, String(value)] : []
  const name = names.of(track.machine, value)
  return name.startsWith('pid ') ? [name, String(value)] : [`${name}-${value}`, name]
}

/** Draws the labels of `rows`. The context is scaled to CSS pixels with its origin at the top of the row area. */
export function paintLabels(ctx: PaintContext, rows: readonly Row[], scroll: number, p: LabelPaint): void {
  ctx.textBaseline = 'middle'
  let fontSize = 0
  const measure: Measure = (text) => p.measure(text, fontSize)
  for (const row of rows) {
    const { track } = row
    const index = track ? p.rowOf.get(track.id) : undefined
    if (!track || index === undefined || row.kind === 'machine') continue
    const parts = rowParts[row.height as RowHeight]
    if (parts.font !== fontSize) {
      fontSize = parts.font
      ctx.font = `${fontSize}px ${p.theme.font}`
    }
    const band = isLayered(track) ? bandHeight(row.height) : 0
    const y = row.y - scroll + (parts.barTop + band + parts.barBottom) / 2 + 0.5
    const by = p.shift(row)
    const scale = { from: sessionTime(p.scale.from - by), to: sessionTime(p.scale.to - by), width: p.scale.width }
    const labels = placeLabels(
      p.frame,
      index,
      scale,
      (i) => textsOf(track, p.frame, p.frame.value[i]!, p.names),
      measure,
      isLayered(track),
    )
    for (const label of labels) {
      const faint = p.dimmed?.[label.span] === 1
      const colour = p.colours[label.span]!
      const look = lookOf(p.frame.state[label.span]!, p.frame.flags[label.span])
      const hatched = isHatched(p.frame.state[label.span]!)
      if (hatched || label.broken || look === 'unsplit') {
        // Text over lines reads badly: it gets a ground.
        ctx.fillStyle = hatched ? css(p.theme.background, 0.9) : css(unpack(colour))
        ctx.fillRect(label.x - 2, y - fontSize / 2 - 0.5, measure(label.text) + 4, fontSize)
      }
      if (hatched) ctx.fillStyle = css(faint ? p.theme.muted : p.theme.text)
      else ctx.fillStyle = inkOn(colour, faint)
      ctx.fillText(label.text, label.x, y)
    }
  }
}

const inks = new Map<number, string>()
/** The text colour on a fill, as the canvas wants it; what is dimmed keeps its texts back as well. */
function inkOn(fill: Pixel, faint: boolean): string {
  const key = fill * 2 + (faint ? 1 : 0)
  let ink = inks.get(key)
  if (ink === undefined) {
    const on = unpack(fill)
    inks.set(key, (ink = css(faint ? mix(on, textOn(on), 0.6) : textOn(on))))
  }
  return ink
}

// The timeline as a picture for a report: rows, captions, axis, and around them what makes it stand alone. Pure: what comes out
// depends on the arguments alone, so that screens and command line make the same picture.

import type { LodFrame, MachineInfo, SessionInfo } from '../../workers/thread/contract.js'
import type { Picture, PictureMark } from '../../workers/thread/picture.js'
import type { ReportSection } from '../../workers/thread/report.js'
import type { MachineIndex } from '../../workers/units.js'
import { formatShort } from '../state/format.js'
import type { Row } from '../state/rows.js'
import { AXIS_HEIGHT } from '../timeline/geometry.js'
import { paintAxis } from '../timeline/paint/axis.js'
import { css, pack, type Rgb } from '../timeline/paint/colour.js'
import type { PaintContext } from '../timeline/paint/context.js'
import { ellipsize, paintLabels } from '../timeline/paint/labels.js'
import { dimmedSpans, takesPart, type Highlight } from '../timeline/paint/emphasis.js'
import { spanColours, type TaskNames } from '../timeline/paint/palette.js'
import { Raster } from '../timeline/paint/raster.js'
import { paintRows } from '../timeline/paint/rows.js'
import { machineColour, type PaintTheme } from '../timeline/paint/theme.js'
import type { BoundsOf } from '../timeline/paint/uncertainty.js'
import { lengthOf, type Scale } from '../timeline/scale.js'
import { axisOf, niceStep } from '../timeline/ticks.js'
import { legendItems, paintSwatch } from './legend.js'
import { meshOf } from './mesh.js'
import { panelMarks } from './panels.js'
import { parsePaint, Recorder, textWidth, wrap, type Fonts } from './recorder.js'

export interface PictureRequest {
  readonly session: SessionInfo
  /** Rows from top to bottom, `y` counted from the first one. */
  readonly rows: readonly Row[]
  /** Has the rows' tracks, at least as fine as the picture. */
  readonly frame: LodFrame
  /** Range over the width of the rows, CSS pixels. */
  readonly scale: Scale
  /** Width of the captions, CSS pixels. */
  readonly captions: number
  readonly theme: PaintTheme
  readonly fonts: Fonts
  readonly names: TaskNames
  readonly highlight: Highlight | null
  /** What session time 0 is on the axis, decimal. */
  readonly axisEpoch: string
  readonly boundsOf: (row: Row) => BoundsOf | null
  readonly boundsOfMachine: (machine: MachineIndex) => BoundsOf | null
  /** Paints over the rows, on a context as wide as they, axis included. */
  readonly over?: (ctx: PaintContext, theme: PaintTheme) => void
  readonly title: string
  readonly legend: boolean
  /** Below the timeline; absent = none. */
  readonly panels?: readonly ReportSection[]
  /** Lines at the foot: clocks, files, version. */
  readonly notes: readonly string[]
}

const PAD = 16
const TITLE_SIZE = 15
const NOTE_SIZE = 9
const NOTE_LINE = 13
/** Device pixels a CSS pixel that rows are painted with before they become rectangles. */
const RATIO = 2

export function makePicture(p: PictureRequest): Picture {
  const { theme, scale, rows, captions, fonts } = p
  const rowsHeight = rows.reduce((n, r) => Math.max(n, r.y + r.height), 0)
  const width = PAD + captions + scale.width + PAD
  const marks: PictureMark[] = []
  let y = PAD
  if (p.title !== '') {
    marks.push(text(PAD, y + TITLE_SIZE, p.title, TITLE_SIZE, theme.text, 'bold'))
    y += TITLE_SIZE + 10
  }
  const left = PAD + captions
  marks.push(...rowMarks(p, left, y + AXIS_HEIGHT, rowsHeight), ...captionMarks(p, PAD, y + AXIS_HEIGHT))
  const ctx = new Recorder(fonts, left, y)
  paintAxis(ctx, axisOf(scale, p.axisEpoch, p.session.unit), scale, theme)
  ctx.save()
  ctx.beginPath()
  ctx.rect(0, 0, scale.width, AXIS_HEIGHT + rowsHeight)
  ctx.clip()
  p.over?.(ctx, theme)
  ctx.restore()
  marks.push(...ctx.marks)
  y += AXIS_HEIGHT + rowsHeight + 10
  marks.push(...scaleBar(p, left, y))
  y += 22
  if (p.legend) y = legendMarks(p, y, width, marks)
  if (p.panels && p.panels.length > 0) {
    const panels = panelMarks(p.panels, { x: PAD, y: y + 4, width: width - 2 * PAD, theme, fonts })
    marks.push(...panels.marks)
    y = panels.end
  }
  for (const note of p.notes.flatMap((n) => wrap(n, width - 2 * PAD, NOTE_SIZE, fonts))) {
    marks.push(text(PAD, y + NOTE_SIZE, note, NOTE_SIZE, theme.muted, 'sans'))
    y += NOTE_LINE
  }
  return {
    width,
    height: Math.ceil(y + PAD - 4),
    background: parsePaint(css(theme.background)).colour,
    title: p.title || p.session.name,
    description: p.notes.join(' '),
    marks,
  }
}

const text = (
  x: number,
  y: number,
  words: string,
  size: number,
  colour: Rgb,
  font: 'sans' | 'bold',
  anchor?: 'end' | 'middle',
): PictureMark => ({ kind: 'text', x, y, text: words, size, font, fill: parsePaint(css(colour)).colour, anchor })

/** Rows and the labels in them. */
function rowMarks(p: PictureRequest, x: number, y: number, height: number): PictureMark[] {
  const { frame, rows, scale, theme, session } = p
  const machine = colours(session.machines)
  const rowOf = new Map(frame.tracks.map((id, i) => [id, i]))
  const tracks = new Map(rows.flatMap((r) => (r.track ? [[r.track.id, r.track] as const] : [])))
  const spans = spanColours(frame, tracks, p.names, theme, p.highlight, machine)
  const dimmed = dimmedSpans(frame, tracks, p.highlight)
  const raster = new Raster(Math.round(scale.width * RATIO), Math.round(height * RATIO))
  const axis = axisOf(scale, p.axisEpoch, session.unit)
  paintRows(raster, rows, 0, {
    frame,
    rowOf,
    colours: spans,
    dimmed,
    dims: (row) => p.highlight?.alone === true && row.track !== null && !takesPart(row.track, p.highlight),
    scale: { ...scale, width: raster.width },
    shift: () => 0,
    ratio: RATIO,
    theme,
    strongType: null,
    machine,
    boundsOf: p.boundsOf,
    boundsOfMachine: p.boundsOfMachine,
    grid: axis.major.map((t) => t.t),
  })
  const place = { ratio: RATIO, x, y }
  const ground = pack(theme.background)
  const marks = rows.flatMap((r) =>
    meshOf(raster, Math.round(r.y * RATIO), Math.round((r.y + r.height) * RATIO), ground, place),
  )
  const ctx = new Recorder(p.fonts, x, y)
  paintLabels(ctx, rows, 0, {
    frame,
    rowOf,
    colours: spans,
    dimmed,
    scale,
    shift: () => 0,
    theme,
    names: p.names,
    measure: (words, size) => textWidth(words, size, p.fonts.sans),
  })
  return [...marks, ...ctx.marks]
}

const colours =
  (machines: readonly MachineInfo[]) =>
  (m: MachineIndex): Rgb =>
    machineColour(machines, m)

/** Names of the rows, with the band of their machine, as in the tree beside the canvas. */
function captionMarks(p: PictureRequest, x: number, y: number): PictureMark[] {
  const { theme, fonts, session } = p
  const machine = colours(session.machines)
  const raised = parsePaint(css(theme.raised)).colour
  const hairline = parsePaint(css(theme.hairline)).colour
  return p.rows.flatMap((row): PictureMark[] => {
    const top = y + row.y
    const header = row.kind === 'machine' || row.track === null
    const indent = 10 + row.depth * 12
    const size = row.height < 20 ? 10 : 11
    const owner = session.machines.find((m) => m.machine === row.machine)?.name ?? ''
    const caption = row.pinned ? `${owner} ${row.label}` : row.label
    const font = header ? fonts.bold : fonts.sans
    const room = p.captions - indent - 8
    const shown = ellipsize(caption, room, (words) => textWidth(words, size, font))
    const band = parsePaint(css(machine(row.machine))).colour
    return [
      ...(header ? [{ kind: 'rect' as const, x, y: top, width: p.captions, height: row.height, fill: raised }] : []),
      { kind: 'rect', x, y: top, width: 4, height: row.height, fill: band },
      { kind: 'rect', x, y: top + row.height - 0.5, width: p.captions, height: 0.5, fill: hairline },
      text(x + indent, top + row.height / 2 + size * 0.35, shown, size, theme.text, header ? 'bold' : 'sans'),
    ]
  })
}

/** A bar of a round length of time. */
function scaleBar(p: PictureRequest, x: number, y: number): PictureMark[] {
  const { scale, theme, session } = p
  const step = niceStep(lengthOf(scale, 90))
  const length = (step * scale.width) / (scale.to - scale.from)
  if (!(length > 8) || length > scale.width) return []
  const ink = parsePaint(css(theme.text)).colour
  const end = x + scale.width
  return [
    {
      kind: 'path',
      steps: [
        ['M', end - length, y],
        ['L', end - length, y + 8],
        ['M', end - length, y + 4],
        ['L', end, y + 4],
        ['M', end, y],
        ['L', end, y + 8],
      ],
      stroke: ink,
      strokeWidth: 1,
    },
    text(end - length - 6, y + 8, formatShort(step, session.unit), 10, theme.text, 'sans', 'end'),
  ]
}

/** What colours and patterns mean, and whose they are; as many lines as it takes. Returns where it ends. */
function legendMarks(p: PictureRequest, top: number, width: number, marks: PictureMark[]): number {
  const { theme, fonts, session } = p
  const size = 10
  let x = PAD
  let y = top
  for (const item of legendItems(p.rows, p.frame, session.machines)) {
    const needs = 22 + textWidth(item.words, size, fonts.sans) + 16
    if (x > PAD && x + needs > width - PAD) {
      x = PAD
      y += 18
    }
    marks.push(...paintSwatch(item, x, y, theme))
    marks.push(text(x + 22, y + 10, item.words, size, theme.text, 'sans'))
    x += needs
  }
  return x > PAD || y > top ? y + 24 : top
}

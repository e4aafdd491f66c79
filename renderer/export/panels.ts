// Panels below the timeline of a picture: sections of sentences and tables, set in the picture's fonts. Pure.

import type { DeltaByLayer, SessionInfo, WakeupChain } from '../../workers/thread/contract.js'
import type { PathStep, PictureMark } from '../../workers/thread/picture.js'
import type { ReportSection, ReportTable } from '../../workers/thread/report.js'
import type { MachineIndex } from '../../workers/units.js'
import { hookWords, type Annotation } from '../annotate/model.js'
import { partText } from '../panels/delta-text.js'
import { formatDelta, formatTime } from '../state/format.js'
import { css, type Rgb } from '../timeline/paint/colour.js'
import { ellipsize } from '../timeline/paint/labels.js'
import type { PaintTheme } from '../timeline/paint/theme.js'
import { parsePaint, textWidth, wrap, type Fonts } from './recorder.js'

const HEADING = 12
const TEXT = 10
const CELL = 9.5
const LINE = 14
const GAP = 14
/** No column of text is narrowed below this. */
const NARROWEST = 60

export interface PanelPlace {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly theme: PaintTheme
  readonly fonts: Fonts
}

/** Between two columns of panels. */
const GUTTER = 24
/** Panels stand in two columns from this width on. */
const TWO = 900

/** The marks of the sections, and where they end: in two columns where there is room, those that need all of it across both. */
export function panelMarks(
  sections: readonly ReportSection[],
  place: PanelPlace,
): { marks: PictureMark[]; end: number } {
  const marks: PictureMark[] = []
  const { x, y, width } = place
  const half = width >= TWO ? (width - GUTTER) / 2 : width
  const ends = [y, y]
  for (const section of sections) {
    if (width < TWO || needs(section, place.fonts) > half) {
      ends.fill(sectionMarks(section, { ...place, y: Math.max(...ends) }, marks))
      continue
    }
    const column = ends[1]! < ends[0]! ? 1 : 0
    ends[column] = sectionMarks(
      section,
      { ...place, x: x + column * (half + GUTTER), y: ends[column]!, width: half },
      marks,
    )
  }
  return { marks, end: Math.max(...ends) }
}

/** Width that nothing of a section must be shortened for. */
const needs = ({ picture, tables = [] }: ReportSection, fonts: Fonts): number =>
  Math.max(picture?.picture.width ?? 0, ...tables.map((t) => columnWidths(t, fonts).reduce((n, w) => n + w, -AIR)))

function sectionMarks(section: ReportSection, place: PanelPlace, marks: PictureMark[]): number {
  const { x, width, theme, fonts } = place
  const { heading, paragraphs = [], picture, tables = [] } = section
  let { y } = place
  const write = (words: string, size: number, colour: Rgb, font: 'sans' | 'bold' = 'sans'): void => {
    for (const line of wrap(words, width, size, fonts)) {
      marks.push({ kind: 'text', x, y: y + size, text: line, size, font, fill: parsePaint(css(colour)).colour })
      y += Math.max(LINE, size + 3)
    }
  }
  marks.push(hairline(x, y, width, theme))
  y += 10
  write(heading, HEADING, theme.text, 'bold')
  for (const words of paragraphs) write(words, TEXT, theme.text)
  if (picture && picture.picture.width <= width) {
    marks.push(...picture.picture.marks.map((m) => moved(m, x, y)))
    y += picture.picture.height
  }
  for (const table of tables) {
    y += 4
    if (table.caption) write(table.caption, TEXT, theme.muted)
    y = tableMarks(table, { ...place, y }, marks)
    for (const note of table.notes ?? []) write(note, CELL, theme.muted)
  }
  return y + GAP
}

const hairline = (x: number, y: number, width: number, theme: PaintTheme): PictureMark => ({
  kind: 'rect',
  x,
  y,
  width,
  height: 0.5,
  fill: parsePaint(css(theme.hairline)).colour,
})

/** To the right of each column. */
const AIR = 14
const linesOf = ({ columns, rows }: ReportTable): (readonly string[])[] => [columns.map((c) => c.label), ...rows]

const columnWidths = (table: ReportTable, fonts: Fonts): number[] =>
  table.columns.map(
    (_, i) => Math.max(...linesOf(table).map((cells) => textWidth(cells[i] ?? '', CELL, fonts.sans))) + AIR,
  )

/** Columns as wide as what they hold; where that is more than there is, those of text are narrowed and their words shortened. */
function tableMarks(table: ReportTable, { x, y: top, width, theme, fonts }: PanelPlace, marks: PictureMark[]): number {
  const measure = (words: string): number => textWidth(words, CELL, fonts.sans)
  const all = linesOf(table)
  const widths = columnWidths(table, fonts)
  let over = widths.reduce((n, w) => n + w, -AIR) - width
  // The widest text gives way first.
  while (over > 0) {
    const widest = widths.reduce((w, own, i) => (!table.columns[i]!.right && own > (widths[w] ?? 0) ? i : w), -1)
    if (widest < 0 || widths[widest]! <= NARROWEST) break
    const cut = Math.min(over, Math.max(1, widths[widest]! * 0.1), widths[widest]! - NARROWEST)
    widths[widest]! -= cut
    over -= cut
  }
  const starts = widths.map((_, i) => x + widths.slice(0, i).reduce((n, w) => n + w, 0))
  // What still does not fit is left out to the right, whole columns at a time.
  const shown = widths.map((w, i) => starts[i]! + w - AIR <= x + width + 1)
  let y = top
  all.forEach((cells, row) => {
    const fill = parsePaint(css(row === 0 ? theme.muted : theme.text)).colour
    cells.forEach((words, i) => {
      if (!shown[i]) return
      const text = ellipsize(words, widths[i]! - AIR + 0.5, measure)
      const right = table.columns[i]!.right === true
      const at = right ? starts[i]! + widths[i]! - AIR : starts[i]!
      if (text !== '')
        marks.push({
          kind: 'text',
          x: at,
          y: y + CELL,
          text,
          size: CELL,
          font: 'sans',
          fill,
          ...(right ? { anchor: 'end' } : {}),
        })
    })
    y += LINE
    if (row === 0) {
      marks.push(hairline(x, y - 1, Math.min(width, starts.at(-1)! + widths.at(-1)! - AIR - x), theme))
      y += 2
    }
  })
  return y + 4
}

/** A mark elsewhere. */
function moved(mark: PictureMark, dx: number, dy: number): PictureMark {
  if (mark.kind === 'group') {
    const { clip } = mark
    const marks = mark.marks.map((m) => moved(m, dx, dy))
    return { ...mark, marks, ...(clip ? { clip: { ...clip, x: clip.x + dx, y: clip.y + dy } } : {}) }
  }
  if (mark.kind !== 'path') return { ...mark, x: mark.x + dx, y: mark.y + dy }
  const steps = mark.steps.map((step): PathStep => {
    switch (step[0]) {
      case 'Z':
        return step
      case 'C':
        return ['C', step[1] + dx, step[2] + dy, step[3] + dx, step[4] + dy, step[5] + dx, step[6] + dy]
      default:
        return [step[0], step[1] + dx, step[2] + dy]
    }
  })
  return { ...mark, steps }
}

// ---- what the screens know and the engine does not -----------------------------------------------------------------------

type Info = Pick<SessionInfo, 'unit' | 'epoch' | 'from' | 'machines'>

/** The notes that say something, in the order of time: the words to the numbers. */
export function notesSection(
  notes: readonly Annotation[],
  info: Info,
  timeOf: (p: Annotation['from']) => number,
  rowName: (id: string) => string,
): ReportSection {
  const said = notes.filter((a) => a.text !== '' || a.kind === 'callout' || a.on)
  const rows = said
    .toSorted((a, b) => timeOf(a.from) - timeOf(b.from))
    .map((a) => [
      a.number === null ? '' : String(a.number),
      formatTime(timeOf(a.from), info, 'relative'),
      hookWords(a) ?? (a.from.row === null ? '' : rowName(a.from.row)),
      a.to && a.kind !== 'arrow' ? formatDelta(Math.abs(timeOf(a.to) - timeOf(a.from)), info.unit) : '',
      a.text.replaceAll('\n', ' '),
    ])
  const columns = [
    { label: 'no.', right: true },
    { label: 'time', right: true },
    { label: 'on' },
    { label: 'length', right: true },
    { label: 'text' },
  ]
  return { heading: 'Notes', paragraphs: rows.length > 0 ? [] : ['None with words.'], tables: some({ columns, rows }) }
}

/** The chain of wake-ups that is lit, hop by hop. */
export function chainSection(chain: WakeupChain, info: Info): ReportSection {
  const nameOf = (m: number): string => info.machines[m]?.name ?? `machine ${m}`
  const asked = chain.wakeups.find((w) => w.wakeup === chain.selected) ?? chain.wakeups.at(-1)!
  return {
    heading: `Chain of wake-ups to ${asked.wakee.name}`,
    paragraphs: [
      `${formatDelta(chain.to - chain.from, info.unit)} from the first hop to the last; ${chain.grade}. Correlation id ${asked.id}.`,
      ...chain.notes,
    ],
    tables: [
      {
        columns: [
          { label: 'hop', right: true },
          { label: 'since', right: true },
          { label: 'what' },
          { label: 'layer' },
          { label: 'where' },
        ],
        rows: chain.hops.map((h) => [
          String(h.number),
          h.since === null ? '' : formatDelta(h.since, info.unit),
          h.orderCertain ? h.label : `${h.label} (order not certain)`,
          h.layer,
          `${nameOf(h.machine)} CPU ${h.cpu}`,
        ]),
      },
    ],
  }
}

/** What the time between two instants went to. */
export function deltaSection(delta: DeltaByLayer, info: Info, limit: number): ReportSection {
  const nameOf = (m: MachineIndex): string => info.machines[m]?.name ?? `machine ${m}`
  return {
    heading: `From A to B: ${formatDelta(delta.delta, info.unit)}`,
    tables: delta.subjects.slice(0, limit).map((s) => ({
      caption: `${nameOf(s.machine)} ${s.label}`,
      columns: [{ label: 'time', right: true }, { label: 'share', right: true }, { label: 'what' }],
      rows: s.parts
        .toSorted((a, b) => b.time - a.time)
        .slice(0, limit)
        .map((p) => [
          formatDelta(p.time, info.unit),
          `${((100 * p.time) / (delta.delta || 1)).toFixed(1)} %`,
          partText(p, s.track, nameOf),
        ]),
    })),
  }
}

const some = (table: ReportTable): ReportTable[] => (table.rows.length > 0 ? [table] : [])

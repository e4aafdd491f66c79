// The comparison of runs as sections of a report: what was found, a picture and the figures of each measure, tests and the rest.

import { documentOf, Notes, type Block, type Cell, type Picture, type Table } from '../analysis/runs/write/document.js'
import { environmentName, lengthOf } from '../analysis/runs/words.js'
import type { RunsReport } from '../thread/contract.js'
import type { Picture as Drawing, PictureMark } from '../thread/picture.js'
import type { ReportSection, ReportTable } from '../thread/report.js'

/** Findings and tests first, then a section a measure. */
export function runsSections(report: RunsReport): ReportSection[] {
  const blocks = documentOf(report)
  const pictures = blocks.filter((b) => b.kind === 'picture')
  const figures = (b: Block): boolean => b.kind === 'table' && pictures.some((p) => b.title === `${p.title}: figures`)
  const lists = blocks.filter((b) => b.kind === 'list')
  return [
    {
      heading: `Run comparison: ${report.chain.steps.join(' -> ')}`,
      paragraphs: lists.flatMap((l, i) => {
        // What was found is said once.
        const items = i === 0 ? l.items : l.items.filter((item) => !lists[0]!.items.some((f) => f.text === item.text))
        if (items.length === 0) return []
        return [
          ...(i === 0 ? [] : [`${l.title}:`]),
          ...withNotes((mark) => items.map((item) => item.text + mark(item))),
        ]
      }),
      tables: blocks.flatMap((b) => (b.kind === 'table' && !figures(b) ? [tableOf(b)] : [])),
    },
    ...pictures.flatMap((p) => {
      const own = blocks.find((b): b is Table => b.kind === 'table' && b.title === `${p.title}: figures`)
      const drawn = histograms(p, report)
      return drawn || own
        ? [{ heading: `Runs: ${p.title}`, ...(drawn ? { picture: drawn } : {}), tables: own ? [tableOf(own)] : [] }]
        : []
    }),
  ]
}

/** Sentences, and below them the warnings that their marks stand for. */
function withNotes(write: (mark: (cell: Cell) => string) => string[]): string[] {
  const notes = new Notes()
  const lines = write((cell) => (cell.warnings?.length ? ` ${notes.mark(cell.warnings)}` : ''))
  return [...lines, ...notes.texts.map((text, i) => `[${i + 1}] ${text}`)]
}

function tableOf({ title, heads, left, rows }: Table): ReportTable {
  const notes = new Notes()
  const mark = (cell: Cell): string => (cell.warnings?.length ? ` ${notes.mark(cell.warnings)}` : '')
  return {
    caption: title,
    columns: heads.map((label, i) => (left.includes(i) ? { label } : { label, right: true })),
    rows: rows.map((row) => row.map((cell) => cell.text + mark(cell))),
    notes: notes.texts.map((text, i) => `[${i + 1}] ${text}`),
  }
}

const WIDTH = 880
const HEIGHT = 130
const GAP = 10
const PAD = 16
const INK = '#1c2128'
const MUTED = '#56606f'
/** Groups in turn, as on the screens' charts in light. */
const GROUPS = ['#4d6a8f', '#b35900', '#00694d', '#8a3f74', '#4a5361', '#b3261e'] as const

/** Histograms of the groups above one axis, as shares, so that groups of different sizes can be compared. */
function histograms({ title, samples }: Picture, { unit, chain }: RunsReport): ReportSection['picture'] | null {
  const shown = samples.filter((s) => s.n > 0)
  const [first] = shown
  if (!first) return null
  const { from, width, counts } = first.histogram
  const to = from + width * counts.length
  const x = (v: number): number => PAD + ((v - from) / (to - from)) * WIDTH
  const most = Math.max(...shown.flatMap((s) => s.histogram.counts.map((c) => c / s.n)))
  const words = (at: number, y: number, said: string, anchor?: 'middle' | 'end'): PictureMark => ({
    kind: 'text',
    x: at,
    y,
    text: said,
    size: 11,
    font: 'sans',
    fill: MUTED,
    ...(anchor ? { anchor } : {}),
  })
  const line = (x0: number, y0: number, x1: number, y1: number, stroke: string, dash?: readonly number[]) => ({
    kind: 'path' as const,
    steps: [['M', x0, y0] as const, ['L', x1, y1] as const],
    stroke,
    strokeWidth: 1,
    ...(dash ? { dash } : {}),
  })
  const marks = shown.flatMap((s, i): PictureMark[] => {
    const top = PAD + i * (HEIGHT + GAP)
    const base = top + HEIGHT
    const median = x(s.median.value)
    return [
      words(PAD, top + 10, `${environmentName(s.environment)}, n ${s.n}, median ${lengthOf(s.median.value, unit)}`),
      ...s.histogram.counts.flatMap((c, k): PictureMark[] => {
        const height = (c / s.n / most) * (HEIGHT - 18)
        const fill = GROUPS[i % GROUPS.length]!
        const bar = { x: x(from + k * width), y: base - height, width: WIDTH / counts.length, height }
        return c === 0 ? [] : [{ kind: 'rect', ...bar, fill }]
      }),
      line(PAD, base, PAD + WIDTH, base, MUTED),
      line(median, top + 16, median, base, INK, [3, 2]),
    ]
  })
  const bottom = PAD + shown.length * (HEIGHT + GAP) + 6
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((q) =>
    words(
      PAD + q * WIDTH,
      bottom,
      lengthOf(from + q * (to - from), unit),
      q === 0 ? undefined : q === 1 ? 'end' : 'middle',
    ),
  )
  const picture: Drawing = {
    width: WIDTH + 2 * PAD,
    height: bottom + 8,
    background: '#ffffff',
    title: `Histograms of ${title}`,
    description: `Shares of the runs of ${chain.name} by ${title}, one histogram a group; dashed: the median.`,
    marks: [...marks, ...ticks],
  }
  return { picture, caption: `Shares of each group’s runs by ${title}; dashed: the median.` }
}

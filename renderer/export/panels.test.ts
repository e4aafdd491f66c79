import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fontMetrics } from '../../main/export/fonts.js'
import type { SessionInfo } from '../../workers/thread/contract.js'
import type { PictureMark } from '../../workers/thread/picture.js'
import type { ReportSection } from '../../workers/thread/report.js'
import type { Annotation } from '../annotate/model.js'
import { paintTheme } from '../timeline/paint/theme.js'
import { notesSection, panelMarks } from './panels.js'
import { textWidth } from './recorder.js'

const fonts = fontMetrics()
const theme = paintTheme(false, () => '')

interface Box {
  readonly text: string
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}
const boxOf = (m: Extract<PictureMark, { kind: 'text' }>): Box => {
  const width = textWidth(m.text, m.size, fonts[m.font])
  const left = m.anchor === 'end' ? m.x - width : m.anchor === 'middle' ? m.x - width / 2 : m.x
  return { text: m.text, left, right: left + width, top: m.y - m.size * 0.75, bottom: m.y + m.size * 0.2 }
}
const textsOf = (marks: readonly PictureMark[]): Box[] => marks.flatMap((m) => (m.kind === 'text' ? [boxOf(m)] : []))

const words = fc.string({ maxLength: 40, unit: fc.constantFrom(...'abc WM-12 µ/→é') })
const table = fc.integer({ min: 1, max: 8 }).chain((n) =>
  fc.record({
    columns: fc.array(fc.record({ label: words, right: fc.boolean() }), { minLength: n, maxLength: n }),
    rows: fc.array(fc.array(words, { minLength: n, maxLength: n }), { maxLength: 6 }),
    caption: words,
  }),
)
const section: fc.Arbitrary<ReportSection> = fc.record({
  heading: words,
  paragraphs: fc.array(words, { maxLength: 3 }),
  tables: fc.array(table, { maxLength: 3 }),
})

describe('panels of a picture', () => {
  it('keep their texts apart, and within their width and height', () => {
    fc.assert(
      fc.property(fc.array(section, { maxLength: 5 }), fc.constantFrom(360, 700, 1168), (sections, width) => {
        const { marks, end } = panelMarks(sections, { x: 16, y: 100, width, theme, fonts })
        const texts = textsOf(marks).filter((b) => b.text.trim() !== '')
        const outside = texts.filter((b) => b.left < 15.9 || b.right > 17 + width || b.top < 100 || b.bottom > end)
        const apart = (a: Box, b: Box): boolean =>
          a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top
        const met = texts.flatMap((a, i) => texts.slice(i + 1).flatMap((b) => (apart(a, b) ? [] : [[a.text, b.text]])))
        expect({ outside, met }).toEqual({ outside: [], met: [] })
      }),
      { numRuns: 60 },
    )
  })

  it('tell the notes in the order of time, with their numbers and what they hang on', () => {
    const note = (over: Partial<Annotation>): Annotation => ({
      id: 'a',
      kind: 'note',
      text: '',
      ink: 'blue',
      from: { t: '100', row: 'm0/cpu0' },
      to: null,
      dx: 0,
      dy: 0,
      number: null,
      ...over,
    })
    const info = { unit: 'ns', epoch: '0', from: 0, machines: [] } as unknown as SessionInfo
    const all = [
      note({ text: 'late', from: { t: '300', row: null }, to: { t: '1300', row: null }, kind: 'range' }),
      note({ kind: 'callout', number: 2 }),
      note({ kind: 'box' }),
      note({ text: 'why', on: { kind: 'chain', id: '0123456789abcdef', of: 'python3-311' } }),
    ]
    const { tables } = notesSection(
      all,
      info,
      (p) => Number(p.t),
      (id) => `row ${id}`,
    )
    expect(tables![0]!.rows.map((r) => [r[0], r[2], r[3], r[4]])).toEqual([
      ['2', 'row m0/cpu0', '', ''],
      ['', 'chain of python3-311, 0123456789abcdef', '', 'why'],
      ['', '', expect.stringMatching(/^1\.000\sus$/), 'late'],
    ])
  })
})

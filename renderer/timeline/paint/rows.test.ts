import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SpanFlag, type LodFrame, type TrackInfo } from '../../../workers/thread/contract.js'
import { eventTypeIndex, machineIndex, sessionTime } from '../../../workers/units.js'
import type { Row } from '../../state/rows.js'
import { rowParts } from '../geometry.js'
import { mix, pack, taskColour, unpack } from './colour.js'
import { Columns, columnsOf } from './columns.js'
import { sched, withTicks } from './drawn-frame.js'
import { spanColours, TaskNames } from './palette.js'
import { Raster } from './raster.js'
import { paintRows, type RowPaint } from './rows.js'
import { paintTheme } from './theme.js'

const theme = paintTheme(true, () => '')
const machine = machineIndex(0)
const slate = { r: 122, g: 134, b: 153 }
const cpu = (i: number): TrackInfo => ({
  id: `m0/cpu${i}`,
  kind: 'cpu',
  parent: 'm0',
  machine,
  label: `CPU ${i}`,
  cpu: i,
  events: 0,
})
const task = (pid: number, name: string): TrackInfo => ({
  id: `m0/task/${pid}`,
  kind: 'task',
  parent: 'm0',
  machine,
  label: `${name}-${pid}`,
  pid,
  events: 0,
})
const names = new TaskNames([task(1, 'alpha'), task(2, 'beta')])
const tracks = new Map([0, 1].map((i) => [`m0/cpu${i}`, cpu(i)]))
const alpha = pack(taskColour('alpha', true, 'muted', theme.background))
const beta = pack(taskColour('beta', true, 'muted', theme.background))
const row = (i: number, height = 22): Row => ({
  id: `m0/cpu${i}`,
  kind: 'cpu',
  track: cpu(i),
  machine,
  label: '',
  depth: 1,
  y: i * height,
  height,
  pinned: false,
  expanded: null,
  children: 0,
})
const scaleOf = (from: number, to: number, width: number) => ({ from: sessionTime(from), to: sessionTime(to), width })

const basics = (frame: LodFrame, width: number): RowPaint => ({
  frame,
  rowOf: new Map(frame.tracks.map((id, i) => [id, i])),
  colours: spanColours(frame, tracks, names, theme, null),
  scale: scaleOf(frame.from, frame.to, width),
  shift: () => 0,
  ratio: 1,
  theme,
  strongType: null,
  boundsOf: () => null,
  boundsOfMachine: () => null,
  dimmed: null,
  dims: () => false,
  machine: () => slate,
  grid: [],
})
function paint(frame: LodFrame, width: number, more: Partial<RowPaint> = {}): Raster {
  const raster = new Raster(width, 44)
  paintRows(raster, [row(0), row(1)], 0, { ...basics(frame, width), ...more })
  return raster
}
const barHeight = (r: Raster, x: number, colour: number, top = 0): number => {
  let n = 0
  for (let y = top; y < top + 22; y++) if (r.at(x, y) === colour) n++
  return n
}
const { barTop, barBottom, tickTop } = rowParts[22]
const full = barBottom - barTop

describe('columns', () => {
  it('add up what is narrower than a pixel, exactly', () => {
    // Ten pixels, each covered by 1, 2 or 3 of four spans.
    const frame = sched('A--- AA-- AAA- ---- BBAB')
    const out = new Columns(5)
    columnsOf(frame, 0, spanColours(frame, tracks, names, theme, null), scaleOf(0, 200, 5), out)
    expect([...out.fill].map((f) => +f.toFixed(3))).toEqual([0.25, 0.5, 0.75, 0, 1])
    expect(out.colour[4]).toBe(beta)
    expect(out.colour[3]).toBe(0)
  })
  it('never fill more than the pixel and never lose a running span', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('A', 'B', '-', 'm', 'r'), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 80 }),
        (letters, width) => {
          const frame = sched(letters.join(''))
          const out = new Columns(width)
          columnsOf(frame, 0, spanColours(frame, tracks, names, theme, null), scaleOf(0, frame.to, width), out)
          expect(out.fill.every((f) => f >= 0 && f <= 1.000001)).toBe(true)
          letters.forEach((c, i) => {
            if (c === '-' || c === 'r') return
            const x = Math.min(width - 1, Math.floor(((i + 0.5) / letters.length) * width))
            expect(out.fill[x]).toBeGreaterThan(0)
          })
        },
      ),
    )
  })
})

describe('rows', () => {
  it('show the running task over the whole bar and nothing for idle', () => {
    const r = paint(sched('AAAA ---- BBBB', '---- AAAA ----'), 120)
    expect(barHeight(r, 15, alpha)).toBe(full)
    expect(barHeight(r, 60, alpha) + barHeight(r, 60, beta)).toBe(0)
    expect(barHeight(r, 105, beta)).toBe(full)
    expect(barHeight(r, 60, alpha, 22)).toBe(full)
  })
  it('stand on a foot where a CPU was recorded, idle or not', () => {
    const foot = pack(theme.foot)
    const r = paint(sched('A--', 'A'), 30)
    expect(barHeight(r, 25, foot)).toBe(1)
    expect(barHeight(r, 25, foot, 22)).toBe(0)
  })
  it('grow with the busy share where spans are merged', () => {
    const r = paint(sched('m'), 10)
    expect(barHeight(r, 5, alpha)).toBe(Math.round((full * 128) / 255))
  })
  it('keep a trace of the shortest run on a long idle', () => {
    const frame = sched(`A${'-'.repeat(999)}`)
    expect(barHeight(paint(frame, 2), 0, alpha)).toBeGreaterThanOrEqual(2)
  })
  it('draw waiting as a thin line', () => {
    const amber = pack(theme.runnable)
    const r = paint(sched('r'), 10)
    expect(barHeight(r, 5, amber)).toBe(2)
  })
  it('dot uninterruptible sleep', () => {
    const dots = paint(sched('d'), 40)
    const marked = Array.from({ length: 40 }, (_, x) => barHeight(dots, x, pack(theme.blocked)))
    expect(new Set(marked)).toEqual(new Set([0, 1]))
  })
  it('tear the edge of what is inferred and the line of what is lost', () => {
    const torn = pack(theme.torn)
    const inferred = paint(sched('---i'), 160)
    const seen = Array.from({ length: 160 }, (_, x) => barHeight(inferred, x, torn))
    expect(seen.findIndex((n) => n > 0)).toBe(120)
    expect(seen.slice(126).every((n) => n === 0)).toBe(true)
    const lost = paint(sched('-~--'), 160)
    expect(Array.from({ length: 160 }, (_, x) => barHeight(lost, x, torn) > 0).filter(Boolean)).toHaveLength(40)
  })
  it('mark where events were lost among merged spans', () => {
    const frame = sched('mmmm')
    frame.flags[2]! |= SpanFlag.Lost
    const r = paint(frame, 40)
    const torn = Array.from({ length: 40 }, (_, x) => barHeight(r, x, pack(theme.torn)) > 0)
    expect(torn.indexOf(true)).toBe(20)
    expect(torn.filter(Boolean)).toHaveLength(10)
  })
  it('put ticks on top, brighter where more happens, taller for the chosen type', () => {
    const frame = withTicks(sched('----------'), [
      { t: 10, count: 1 },
      { t: 50, count: 100 },
      { t: 90, count: 1, type: 4 },
    ])
    const r = paint(frame, 100, { strongType: eventTypeIndex(4) })
    const [one, many, chosen] = [10, 50, 90].map((x) => unpack(r.at(x, tickTop)).g)
    expect(one).toBeGreaterThan(theme.background.g)
    expect(many).toBeGreaterThan(one!)
    expect(chosen).toBe(255)
    expect(barHeight(r, 90, pack(theme.tickStrong))).toBeGreaterThan(barHeight(r, 50, r.at(50, tickTop)))
  })
  it('sum up a collapsed machine, taller where more happens', () => {
    const frame = withTicks({ ...sched('----------'), tracks: ['m0'] }, [
      { t: 10, count: 1 },
      { t: 50, count: 1000 },
    ])
    const header: Row = { ...row(0), id: 'm0', kind: 'machine', track: { ...cpu(0), id: 'm0', kind: 'machine' } }
    const heights = (expanded: boolean) => {
      const raster = new Raster(100, 22)
      paintRows(raster, [{ ...header, expanded }], 0, { ...basics(frame, 100), rowOf: new Map([['m0', 0]]) })
      const fill = pack(mix(theme.raised, slate, 0.75))
      return [10, 50, 90].map((x) => barHeight(raster, x, fill))
    }
    const [one, many, none] = heights(false)
    expect(one).toBeGreaterThan(0)
    expect(many).toBeGreaterThan(2 * one!)
    expect(none).toBe(0)
    expect(heights(true)).toEqual([0, 0, 0])
  })
  it('move a machine’s rows while its clock is being dragged', () => {
    const r = paint(sched('AAAA --------'), 120, { shift: () => 40 })
    expect(barHeight(r, 20, alpha)).toBe(0)
    expect(barHeight(r, 60, alpha)).toBe(full)
  })
  it('are empty before the first frame, and dim all but the chosen task', () => {
    const empty = paint(sched('A'), 10, { frame: null })
    expect(empty.at(5, 12)).toBe(pack(theme.background))
    const frame = sched('AAAA BBBB')
    const colours = spanColours(frame, tracks, names, theme, { machine, pid: 2, alone: true })
    expect(unpack(colours[0]!)).toEqual(taskColour('alpha', true, 'dimmed', theme.background))
    expect(unpack(colours[4]!)).toEqual(taskColour('beta', true, 'full', theme.background))
  })
})

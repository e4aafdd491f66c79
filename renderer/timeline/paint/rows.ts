// Rows of the timeline as pixels. Pure: what comes out depends on the arguments alone.

import { RunState, SpanFlag, type LodFrame } from '../../../workers/thread/contract.js'
import { sessionTime, type EventTypeIndex, type MachineIndex } from '../../../workers/units.js'
import { isLayered, type Row, type RowHeight } from '../../state/rows.js'
import { rowParts } from '../geometry.js'
import { xOf, type Scale } from '../scale.js'
import { mix, pack, unpack, type Rgb } from './colour.js'
import { Columns, columnsOf, firstSpanAfter, firstTickAt } from './columns.js'
import { FusedColumns, fusedColumns, paintFused, paintFusedEdges } from './fused.js'
import { DIMMED } from './looks.js'
import type { Raster } from './raster.js'
import type { PaintTheme } from './theme.js'
import { paintFusedMargins, paintMargins, type BoundsOf } from './uncertainty.js'
import { zigzagAlong, zigzagDown } from './zigzag.js'

export interface RowPaint {
  /** null until the first one has come: rows are empty. */
  readonly frame: LodFrame | null
  /** Row of the frame by track id. */
  readonly rowOf: ReadonlyMap<string, number>
  /** From spanColours. */
  readonly colours: Uint32Array
  /** From dimmedSpans. */
  readonly dimmed: Uint8Array | null
  /** Whether nothing on a row is what was chosen. */
  readonly dims: (row: Row) => boolean
  /** In device pixels, as wide as the raster. */
  readonly scale: Scale
  /** How much later than the frame says a row is drawn, session units. */
  readonly shift: (row: Row) => number
  /** Device pixels per CSS pixel. */
  readonly ratio: number
  readonly theme: PaintTheme
  /** Ticks of this type stand out; null = none. */
  readonly strongType: EventTypeIndex | null
  /** Colour of a machine. */
  readonly machine: (m: MachineIndex) => Rgb
  /** Bounds of the true times of a row; null where they are exact, or not known. */
  readonly boundsOf: (row: Row) => BoundsOf | null
  /** The same of all that a machine's own clock timed, on rows that show several machines. */
  readonly boundsOfMachine: (machine: MachineIndex) => BoundsOf | null
  /** Session times of the vertical hairlines. */
  readonly grid: readonly number[]
}

/** What one row needs: its frame, and the scale with the row's shift. */
interface OneRow extends RowPaint {
  readonly frame: LodFrame
  readonly index: number
  readonly foot: boolean
  /** The whole row is dimmed. */
  readonly faint: boolean
}

/** Width from which a span is set off from its successor and its torn edges are drawn, CSS pixels. */
const DETAIL_MIN = 5
/** Height of the margin of uncertainty along a row's foot, CSS pixels. */
const MARGIN_HEIGHT = 3
/** Columns of a busy share of nearly nothing stay this visible. */
const FILL_MIN = 0.12

/** Paints `rows` at their place, scrolled by `scroll` CSS pixels. Rows that the frame does not have stay empty. */
export function paintRows(raster: Raster, rows: readonly Row[], scroll: number, p: RowPaint): void {
  const { theme, ratio, scale } = p
  raster.pixels.fill(pack(theme.background))
  const gridColour = pack(theme.hairline)
  const gridAt = p.grid.map((t) => Math.floor(xOf(scale, t)))
  if (columns.width !== raster.width) columns = new Columns(raster.width)
  if (fused.width !== raster.width) fused = new FusedColumns(raster.width)
  for (const row of rows) {
    const top = Math.round((row.y - scroll) * ratio)
    const bottom = Math.round((row.y + row.height - scroll) * ratio)
    const header = row.kind === 'machine' || row.track === null
    if (header) raster.fill(0, top, raster.width, bottom, pack(theme.raised))
    else for (const x of gridAt) raster.column(x, top, bottom, gridColour)
    const faint = p.dims(row)
    const faded = (c: Rgb) => (faint ? mix(theme.raised, c, DIMMED) : c)
    const index = row.track ? p.rowOf.get(row.track.id) : undefined
    if (p.frame && index !== undefined && row.kind === 'machine') {
      if (!row.expanded)
        paintSummary(raster, index, top, bottom - 1, faded(p.machine(row.machine)), { ...p, frame: p.frame })
    } else if (p.frame && index !== undefined && row.track && isLayered(row.track)) {
      const parts = rowParts[row.height as RowHeight]
      const [from, to] = [parts.barTop, parts.barBottom].map((cssY) => top + Math.round(cssY * ratio)) as [
        number,
        number,
      ]
      const how = {
        scale,
        ratio,
        theme,
        rowHeight: row.height,
        machine: p.machine,
        colours: p.colours,
        dimmed: p.dimmed,
      }
      if (fusedColumns(p.frame, index, p.colours, scale, fused, p.dimmed)) paintFused(raster, fused, from, to, how)
      paintFusedEdges(raster, p.frame, index, from, to, how)
      const foot = [to - Math.round(MARGIN_HEIGHT * ratio), to] as const
      paintFusedMargins(raster, p.frame, index, scale, foot, theme.text, p.boundsOfMachine)
      const one: OneRow = { ...p, frame: p.frame, index, foot: false, faint }
      paintTicks(raster, top + Math.round(parts.tickTop * ratio), top + Math.round(parts.tickBottom * ratio), one)
    } else if (p.frame && index !== undefined) {
      const by = p.shift(row)
      const shifted = { from: sessionTime(scale.from - by), to: sessionTime(scale.to - by), width: scale.width }
      const one: OneRow = { ...p, frame: p.frame, index, scale: shifted, foot: row.kind === 'cpu', faint }
      const at = (cssY: number) => top + Math.round(cssY * ratio)
      const parts = rowParts[row.height as RowHeight]
      if (columnsOf(one.frame, index, p.colours, shifted, columns, p.dimmed)) {
        paintColumns(raster, columns, at(parts.barTop), at(parts.barBottom), one)
      }
      paintEdges(raster, at(parts.barTop), at(parts.barBottom), one)
      const bounds = p.boundsOf(row)
      if (bounds) {
        const foot = [at(parts.barBottom - MARGIN_HEIGHT), at(parts.barBottom)] as const
        paintMargins(raster, one.frame, index, shifted, foot, theme.text, bounds)
      }
      paintTicks(raster, at(parts.tickTop), at(parts.tickBottom), one)
    }
    raster.fill(0, bottom - 1, raster.width, bottom, gridColour)
  }
}

function paintColumns(raster: Raster, c: Columns, top: number, bottom: number, p: OneRow): void {
  const { theme } = p
  const height = bottom - top
  const line = Math.max(1, Math.round(2 * p.ratio))
  const middle = Math.round((top + bottom) / 2)
  const ink = (of: Rgb) => [pack(of), pack(mix(theme.background, of, DIMMED))] as const
  const amber = ink(theme.runnable)
  const dot = ink(theme.blocked)
  const torn = pack(theme.torn)
  const foot = pack(theme.foot)
  const thin = Math.max(1, Math.round(p.ratio))
  const pitch = Math.max(3, Math.round(4 * p.ratio))
  // Dots stand still in time, not on the screen: a pattern that swims while panning reads as motion in the data.
  const phase = Math.round((p.scale.from * p.scale.width) / (p.scale.to - p.scale.from)) % pitch
  const { known, fill, colour, runnable, blocked, lost, dim, width } = c
  for (let x = 0, end = 0; x < width; x = end) {
    // Columns that look alike are painted in one piece.
    end = x + 1
    while (
      end < width &&
      known[end] === known[x] &&
      fill[end] === fill[x] &&
      colour[end] === colour[x] &&
      runnable[end] === runnable[x] &&
      blocked[end] === blocked[x] &&
      lost[end] === lost[x] &&
      dim[end] === dim[x]
    )
      end++
    const faded = dim[x] === 1 ? 1 : 0
    const full = fill[x]!
    if (p.foot && known[x] === 1) raster.fill(x, bottom - thin, end, bottom, foot)
    const tall = full >= 0.995 ? height : full > 0 ? Math.max(2, Math.round(height * Math.max(FILL_MIN, full))) : 0
    if (runnable[x]! > 0 && tall > 0 && tall < height) {
      // Upon what ran, as much as it waited.
      const wait = Math.min(height - tall, Math.max(thin, Math.round(height * runnable[x]!)))
      raster.fill(x, bottom - tall - wait, end, bottom - tall, amber[faded])
    } else if (runnable[x]! > 0 && tall === 0) {
      const half = runnable[x]! < 0.5 ? 1 : line
      raster.fill(x, middle - (half >> 1), end, middle - (half >> 1) + half, amber[faded])
    } else if (blocked[x]! > 0 && tall < height) {
      for (let at = x; at < end; at++) {
        if ((at + phase) % pitch < pitch / 2) raster.column(at, middle, middle + thin, dot[faded])
      }
    }
    if (tall > 0) raster.fill(x, bottom - tall, end, bottom, colour[x]!)
    if (lost[x] === 1) raster.fill(x, top, end, top + line, torn)
  }
}

/** Gaps between neighbouring spans, and the torn edges of what is inferred or lost. */
function paintEdges(raster: Raster, top: number, bottom: number, p: OneRow): void {
  const { frame, index, scale, ratio, theme } = p
  const end = frame.spanStart[index + 1]!
  const shortest = (DETAIL_MIN * ratio * (scale.to - scale.from)) / scale.width
  const torn = pack(theme.torn)
  const ground = pack(theme.background)
  for (let i = firstSpanAfter(frame, frame.spanStart[index]!, end, scale.from); i < end; i++) {
    const t0 = frame.t0[i]!
    if (t0 >= scale.to) break
    const flags = frame.flags[i]!
    if (frame.t1[i]! - t0 < shortest || flags & SpanFlag.Mixed) continue
    const x0 = Math.round(xOf(scale, t0))
    const x1 = Math.round(xOf(scale, frame.t1[i]!))
    const running = frame.state[i] === RunState.Running
    if (running) {
      const colour = pack(mix(unpack(p.colours[i]!), theme.background, 0.55))
      raster.fill(x1 - Math.max(1, Math.round(ratio)), top, x1, bottom, colour)
    }
    if (flags & SpanFlag.Lost && frame.state[i] === RunState.Unknown) {
      zigzagAlong(raster, x0, x1, Math.round((top + bottom) / 2), Math.round(3 * ratio), torn)
    } else if (flags & (SpanFlag.Inferred | SpanFlag.Lost) && x0 >= 0) {
      zigzagDown(raster, x0, top, bottom, Math.round(3 * ratio), torn, running ? ground : null)
    }
  }
}

/** Fewest events that fill a summary's column to the top, so that single ones stay low. */
const SUMMARY_FULL = 16

/** A collapsed machine: how much happens when, on all of its rows together. */
function paintSummary(
  raster: Raster,
  index: number,
  top: number,
  bottom: number,
  colour: Rgb,
  p: RowPaint & { readonly frame: LodFrame },
): void {
  const { counts } = eventCounts(raster.width, index, p.frame, p.scale, null)
  const most = mostEvents(p.frame, index, SUMMARY_FULL)
  const fill = pack(mix(p.theme.raised, colour, 0.75))
  const room = bottom - top - Math.round(4 * p.ratio)
  for (let x = 0; x < raster.width; x++) {
    if (counts[x] === 0) continue
    const tall = Math.max(2, Math.round((room * Math.log1p(counts[x]!)) / Math.log1p(most)))
    raster.column(x, bottom - Math.min(tall, room), bottom, fill)
  }
}

const fullest = new WeakMap<LodFrame, Uint32Array>()

/** Events of the row's fullest tick, at least `least`: over the whole frame, so that shades hold still while panning. */
function mostEvents(frame: LodFrame, index: number, least: number): number {
  let rows = fullest.get(frame)
  if (!rows) {
    rows = new Uint32Array(frame.tracks.length)
    for (let r = 0; r < rows.length; r++) {
      let most = 0
      for (let i = frame.tickStart[r]!; i < frame.tickStart[r + 1]!; i++) most = Math.max(most, frame.tickCount[i]!)
      rows[r] = most
    }
    fullest.set(frame, rows)
  }
  return Math.max(least, rows[index]!)
}

/** Reused from row to row, paint to paint: fresh arrays for each would keep the garbage collector busy while panning. */
let columns = new Columns(0)
let fused = new FusedColumns(0)
let scratch = { counts: new Float32Array(0), ofType: new Uint8Array(0) }

/** Events in each column (valid until the next call), and where those of one type are. */
function eventCounts(
  width: number,
  index: number,
  frame: LodFrame,
  scale: Scale,
  type: EventTypeIndex | null,
): { readonly counts: Float32Array; readonly ofType: Uint8Array } {
  if (scratch.counts.length < width) scratch = { counts: new Float32Array(width), ofType: new Uint8Array(width) }
  const { counts, ofType } = scratch
  counts.fill(0)
  ofType.fill(0)
  const end = frame.tickStart[index + 1]!
  for (let i = firstTickAt(frame, frame.tickStart[index]!, end, scale.from); i < end; i++) {
    const t = frame.tickT[i]!
    if (t > scale.to) break
    const x = Math.floor(xOf(scale, t))
    if (x < 0 || x >= width) continue
    counts[x]! += frame.tickCount[i]!
    if (frame.tickType[i] === type) ofType[x] = 1
  }
  return { counts, ofType }
}

/** Share of a row's columns from which on ticks of the selected type get no tails. */
const WALL = 0.1

function paintTicks(raster: Raster, top: number, bottom: number, p: OneRow): void {
  const { frame, index, scale, theme } = p
  const { counts, ofType: strong } = eventCounts(raster.width, index, frame, scale, p.strongType)
  // Alone, an event is plain to see; where every pixel has some, the busiest of the row stand out.
  const most = Math.log2(mostEvents(frame, index, 8))
  const loud = p.faint ? 2 * DIMMED : 1
  const shades = Array.from({ length: 8 }, (_, k) =>
    pack(mix(theme.background, theme.tick, (0.25 + (0.75 * k) / 7) * loud)),
  )
  const alone = frame.tickStart[index + 1]! - frame.tickStart[index]! < raster.width / 2
  const bright = pack(theme.tickStrong)
  const thick = Math.max(1, Math.round(p.ratio))
  // Where nearly every column has one, nothing would stand out but a wall.
  const wall = strong.reduce((n, s) => n + s, 0) > raster.width * WALL
  for (let x = 0; x < raster.width; x++) {
    const n = counts[x]!
    if (n === 0) continue
    const shade = strong[x] ? bright : shades[Math.min(7, Math.round((7 * Math.log2(n)) / most) + (alone ? 4 : 0))]!
    const tail = strong[x] && !wall ? Math.round(3 * p.ratio) : 0
    for (let k = 0; k < thick; k++) raster.column(x + k, top, bottom + tail, shade)
  }
}

// Rows of the fused views as pixels. Patterns follow from pixel coordinates, so that neighbouring columns fit together, and
// stand still in time while panning.

import { FusedState, SpanFlag, type LodFrame } from '../../../workers/thread/contract.js'
import type { MachineIndex } from '../../../workers/units.js'
import { xOf, type Scale } from '../scale.js'
import { mix, pack, unpack, type Pixel, type Rgb } from './colour.js'
import { firstSpanAfter, NARROW } from './columns.js'
import { bandHeight, crossInk, DIMMED, lookCode, lookOf, looks } from './looks.js'
import type { Hatch, Raster } from './raster.js'
import type { PaintTheme } from './theme.js'
import { zigzagDown } from './zigzag.js'

/**
 * One row's spans turned into columns of device pixels: what ran the most in each, how much of it was busy, and of that how much was
 * taken by the machine below or spent waiting.
 */
export class FusedColumns {
  /** Places in `looks`. */
  readonly look: Uint8Array
  readonly colour: Uint32Array
  readonly machine: Int16Array
  /** Shares of the column; `taken` and `waits` are parts of `fill`. */
  readonly fill: Float32Array
  readonly taken: Float32Array
  readonly waits: Float32Array
  /** Share of the span that is shown; 2 = it fills the column. */
  readonly longest: Float32Array
  readonly known: Uint8Array
  /** 1 where something else was chosen. */
  readonly dim: Uint8Array

  constructor(readonly width: number) {
    this.look = new Uint8Array(width)
    this.colour = new Uint32Array(width)
    this.machine = new Int16Array(width)
    this.fill = new Float32Array(width)
    this.taken = new Float32Array(width)
    this.waits = new Float32Array(width)
    this.longest = new Float32Array(width)
    this.known = new Uint8Array(width)
    this.dim = new Uint8Array(width)
  }

  clear(): void {
    this.look.fill(0)
    this.dim.fill(0)
    this.machine.fill(-1)
    this.fill.fill(0)
    this.taken.fill(0)
    this.waits.fill(0)
    this.longest.fill(0)
    this.known.fill(0)
  }
}

/** Shares of a column below this are rounding. */
const SOME = 0.004
const NOTHING = looks.indexOf('nothing')
const IDLE = looks.indexOf('idle')

const machinesByFrame = new WeakMap<LodFrame, Int16Array>()
/** The machine of each label of a frame. */
function machinesOf(frame: LodFrame): Int16Array {
  let machines = machinesByFrame.get(frame)
  if (!machines) machinesByFrame.set(frame, (machines = Int16Array.from(frame.labels ?? [], (l) => l.machine)))
  return machines
}

/** Fills `out` with row `row` of the frame. `scale` in device pixels, as wide as `out`. Returns whether anything is drawn. */
export function fusedColumns(
  frame: LodFrame,
  row: number,
  colours: Uint32Array,
  scale: Scale,
  out: FusedColumns,
  dimmed: Uint8Array | null = null,
): boolean {
  out.clear()
  const end = frame.spanStart[row + 1]!
  const machines = machinesOf(frame)
  const perUnit = scale.width / (scale.to - scale.from)
  const { look, colour, machine, fill, taken, waits, longest, known, dim, width } = out
  let any = false
  for (let i = firstSpanAfter(frame, frame.spanStart[row]!, end, scale.from); i < end; i++) {
    const t0 = frame.t0[i]!
    if (t0 >= scale.to) break
    const state = frame.state[i]!
    if (state === FusedState.Unknown) continue
    any = true
    const x0 = (t0 - scale.from) * perUnit
    const x1 = (frame.t1[i]! - scale.from) * perUnit
    const flags = frame.flags[i]!
    const mixed = (flags & SpanFlag.Mixed) !== 0
    const busy = frame.busy[i]! / 255
    const took = frame.taken[i]! / 255
    const waited = frame.waits[i]! / 255
    const wide = x1 - x0 >= NARROW && !mixed
    const first = Math.max(0, wide ? Math.round(x0) : Math.floor(x0))
    const stop = Math.min(width, wide ? Math.max(Math.round(x0) + 1, Math.round(x1)) : Math.ceil(x1))
    for (let c = first; c < stop; c++) {
      known[c] = 1
      const share = wide ? 1 : Math.min(x1, c + 1) - Math.max(x0, c)
      fill[c] = Math.min(1, fill[c]! + share * busy)
      taken[c] = Math.min(1, taken[c]! + share * took)
      waits[c] = Math.min(1, waits[c]! + share * waited)
      // What was kept from running never hides what ran: it has its own part. What is idle, asleep or not known hides neither.
      const ran = busy - took - waited
      const weight = wide
        ? 2
        : ran > SOME
          ? Math.max(share * ran, 1e-4)
          : busy > 0
            ? Math.max(share * busy * 9e-5, 2e-6)
            : share * 1e-6
      if (weight <= longest[c]!) continue
      longest[c] = weight
      look[c] = lookCode(state, flags)
      colour[c] = colours[i]!
      machine[c] = machines[frame.value[i]!] ?? -1
      dim[c] = dimmed?.[i] ?? 0
    }
  }
  return any
}

export interface FusedPaint {
  readonly scale: Scale
  readonly ratio: number
  readonly theme: PaintTheme
  readonly rowHeight: number
  readonly machine: (m: MachineIndex) => Rgb
}

/** Busy pixels of a share of nearly nothing stay this visible. */
const FILL_MIN = 0.12
/** Distance of the lines of a hatch, CSS pixels; those over what is guest or hypervisor are wider apart. */
const PITCH = 6
const PITCH_UNSPLIT = 12

/** A function of whole numbers that remembers: colours are few, columns many. */
function kept(make: (key: number) => Pixel): (key: number) => Pixel {
  const known = new Map<number, Pixel>()
  return (key) => {
    let pixel = known.get(key)
    if (pixel === undefined) known.set(key, (pixel = make(key)))
    return pixel
  }
}

/** Paints the columns of one row between `top` and `bottom`, device pixels. */
export function paintFused(raster: Raster, c: FusedColumns, top: number, bottom: number, p: FusedPaint): void {
  const { theme, ratio, scale } = p
  const thin = Math.max(1, Math.round(ratio))
  const band = Math.round(bandHeight(p.rowHeight) * ratio)
  const line = Math.max(1, Math.round(1.5 * ratio))
  const shift = Math.round((scale.from * scale.width) / (scale.to - scale.from))
  const hatchOf = (pitch: number, width: number): Hatch => {
    const whole = Math.max(4, Math.round(pitch * ratio))
    return { pitch: whole, line: width, phase: ((shift % whole) + whole) % whole }
  }
  const hatch = hatchOf(PITCH, line)
  const sparse = hatchOf(PITCH_UNSPLIT, thin)
  const faint = (ink: Rgb) => pack(mix(theme.background, ink, DIMMED))
  const ink = (of: Rgb): readonly [bright: Pixel, dim: Pixel] => [pack(of), faint(of)]
  const foot = pack(theme.foot)
  const amber = ink(theme.runnable)
  const strong = ink(theme.tick)
  const crowd = ink(theme.crowd)
  const red = ink(theme.preempted)
  const redGround = ink(mix(theme.background, theme.preempted, 0.35))
  const amberGround = ink(mix(theme.background, theme.runnable, 0.35))
  const bandOf = kept((key) => (key & 1 ? faint : pack)(p.machine((key >> 1) as MachineIndex)))
  const softOf = kept((colour) => pack(mix(theme.background, unpack(colour), 0.16)))
  const lineOf = kept((colour) => pack(mix(unpack(colour), theme.background, 0.6)))
  const middle = Math.round((top + band + bottom) / 2)
  const body = bottom - top - band
  const { known, look, colour, machine, fill, taken, waits, longest, dim, width } = c
  for (let x = 0, end = 0; x < width; x = end) {
    // Columns that look alike are painted in one piece.
    end = x + 1
    while (
      end < width &&
      known[end] === known[x] &&
      look[end] === look[x] &&
      colour[end] === colour[x] &&
      machine[end] === machine[x] &&
      fill[end] === fill[x] &&
      taken[end] === taken[x] &&
      waits[end] === waits[x] &&
      longest[end] === longest[x] &&
      dim[end] === dim[x]
    )
      end++
    if (known[x] === 0 || look[x] === NOTHING) continue
    const faded = dim[x] === 1 ? 1 : 0
    raster.fill(x, bottom - thin, end, bottom, foot)
    if (machine[x]! >= 0) raster.fill(x, top, end, top + band, bandOf(machine[x]! * 2 + faded))
    if (look[x] === IDLE) continue
    const how = looks[look[x]!]!
    const whole = longest[x] === 2
    if (how === 'line' && (whole || fill[x]! - waits[x]! < SOME)) {
      raster.fill(x, middle - thin, end, middle + thin, amber[faded])
      continue
    }
    const share = whole || fill[x]! >= 0.995 ? 1 : Math.max(FILL_MIN, fill[x]!)
    const from = bottom - Math.max(2, Math.round(body * share))
    // From the foot up: what ran, what waited, what was taken. No part that there is vanishes, none takes the place of all.
    let ran = from
    if (!whole) {
      const { took, waited } = stacked(bottom - from, thin, body, fill[x]!, taken[x]!, waits[x]!)
      if (took > 0) {
        raster.fill(x, from, end, from + took, redGround[faded])
        raster.hatch(x, from, end, from + took, red[faded], hatch, 'rises')
        raster.hatch(x, from, end, from + took, red[faded], hatch, 'falls')
        raster.fill(x, from, end, from + thin, red[faded])
      }
      ran = from + took + waited
      if (waited > 0) {
        raster.fill(x, from + took, end, ran, amberGround[faded])
        raster.fill(x, from + took, end, from + took + thin, amber[faded])
      }
      if (ran >= bottom) continue
    }
    if (!whole && (how === 'cross' || how === 'line')) raster.fill(x, ran, end, bottom, crowd[faded])
    else if (how === 'solid') raster.fill(x, ran, end, bottom, colour[x]!)
    else if (how === 'unsplit') {
      raster.fill(x, ran, end, bottom, colour[x]!)
      raster.hatch(x, ran, end, bottom, lineOf(colour[x]!), sparse, 'rises')
    } else if (how === 'interrupt') {
      raster.fill(x, ran, end, bottom, colour[x]!)
      raster.fill(x, ran, end, ran + Math.max(2, Math.round(body / 3)), strong[faded])
    } else {
      raster.fill(x, ran, end, bottom, softOf(colour[x]!))
      if (how !== 'back') raster.hatch(x, ran, end, bottom, colour[x]!, hatch, 'rises')
      if (how !== 'hatch') raster.hatch(x, ran, end, bottom, colour[x]!, hatch, 'falls')
    }
  }
}

/**
 * Pixels of a bar `room` tall for what was taken and what waited; the rest is for what ran. A share of 1 is `body` tall; what there
 * is gets `thin` at least, and leaves as much to the others.
 */
function stacked(
  room: number,
  thin: number,
  body: number,
  fill: number,
  taken: number,
  waits: number,
): { readonly took: number; readonly waited: number } {
  const tall = (share: number): number => (share > 0 ? Math.max(thin, Math.round(body * share)) : 0)
  const least = fill - taken - waits > SOME ? thin : 0
  const took = Math.max(0, Math.min(tall(taken), room - least - (waits > 0 ? thin : 0)))
  const waited = Math.max(0, Math.min(tall(waits), room - least - took))
  if (least > 0 || taken + waits === 0) return { took, waited }
  return taken > 0 ? { took: room - waited, waited } : { took, waited: room }
}

/** The red edges of preemptions, gaps between neighbours, and the torn edges of what is inferred. */
export function paintFusedEdges(
  raster: Raster,
  frame: LodFrame,
  row: number,
  top: number,
  bottom: number,
  p: FusedPaint & { readonly colours: Uint32Array; readonly dimmed?: Uint8Array | null },
): void {
  const { ratio, theme, scale } = p
  const edge = Math.max(1, Math.round(1.5 * ratio))
  const shortest = (5 * ratio * (scale.to - scale.from)) / scale.width
  const end = frame.spanStart[row + 1]!
  const band = Math.round(bandHeight(p.rowHeight) * ratio)
  const ground = pack(theme.background)
  for (let i = firstSpanAfter(frame, frame.spanStart[row]!, end, scale.from); i < end; i++) {
    const t0 = frame.t0[i]!
    if (t0 >= scale.to) break
    if (frame.t1[i]! - t0 < shortest || frame.flags[i]! & SpanFlag.Mixed) continue
    const x0 = Math.round(xOf(scale, t0))
    const x1 = Math.round(xOf(scale, frame.t1[i]!))
    const look = lookOf(frame.state[i]!, frame.flags[i]!)
    if (look === 'cross') {
      const bright = crossInk(frame.state[i]!, theme)
      const ink = pack(p.dimmed?.[i] ? mix(theme.background, bright, DIMMED) : bright)
      raster.fill(x0, top, x0 + edge, bottom, ink)
      raster.fill(x1 - edge, top, x1, bottom, ink)
      raster.fill(x0, bottom - edge, x1, bottom, ink)
    } else if (look === 'solid' || look === 'unsplit') {
      const colour = pack(mix(unpack(p.colours[i]!), theme.background, 0.55))
      raster.fill(x1 - Math.max(1, Math.round(ratio)), top + band, x1, bottom, colour)
    }
    const flags = frame.flags[i]!
    if (look !== 'nothing' && flags & (SpanFlag.Inferred | SpanFlag.Lost) && x0 >= 0) {
      const under = look === 'solid' || look === 'unsplit' ? ground : null
      zigzagDown(raster, x0, top + band, bottom, Math.round(3 * ratio), pack(theme.torn), under)
    }
  }
}
